"""`scripts/manual.sh`: write the manual's page of steps from the models' tables, as Odoo's registry has them."""

from __future__ import annotations

from . import databases
from .odoo import Odoo
from .once import locked
from .processes import Crew
from .say import note
from .settings import REPO, Settings
from .setup import prepare

DATABASE = "manual"
PAGE = REPO / "docs" / "steps.md"


def main(settings: Settings, arguments: list[str]) -> int:
    """Write docs/steps.md. It works in the tests' databases, so it waits for tests that are running."""
    if arguments:
        note(f"Unknown: {', '.join(arguments)}. Usage: scripts/manual.sh")
        return 2
    settings.make_folders()
    with locked(settings.home / "test.lock", "the test databases"), Crew(settings.home) as crew:
        tools = prepare(settings)
        cluster = databases.ensure_cluster(tools, "test", durable=False)
        cluster.start(crew)
        odoo = Odoo(tools, cluster, "test", 1, ours=True, folder=databases.filestores(tools, "test"))
        odoo.write_conf()
        databases.clone(tools, cluster, databases.ensure_addon(tools, cluster, odoo, demo=False), odoo, DATABASE)
        (text,) = odoo.within([{"database": DATABASE, "module": "manual", "data": {}}], "Reading the tables of steps")
        cluster.drop(DATABASE)
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        PAGE.write_text(text, encoding="utf-8")
        print(f"Written: {PAGE.relative_to(REPO)}")
    return 0

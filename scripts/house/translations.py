"""`scripts/i18n.sh [FILE …]`: the addons' translations follow their terms."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from . import databases
from .commands import run
from .odoo import Odoo, Tools
from .once import locked
from .processes import Crew
from .say import Trouble, note
from .settings import REPO, Settings
from .setup import prepare

LANGUAGE = databases.LANGUAGE


def main(settings: Settings, arguments: list[str]) -> int:
    """Export, fill in from the given files, list what is missing. Returns 1 when a term has no translation."""
    given = [Path(name).resolve() for name in arguments]
    for path in given:
        if not path.is_file():
            raise Trouble(f"{path} is not there. Give files with lines “English<TAB>translation”.")
    settings.make_folders()
    missing = ""
    with locked(settings.home / "test.lock", "the test databases"), Crew(settings.home) as crew:
        tools = prepare(settings)
        cluster = databases.ensure_cluster(tools, "test", durable=False)
        cluster.start(crew)
        odoo = Odoo(tools, cluster, "test", 1, ours=True, folder=databases.filestores(tools, "test"))
        odoo.write_conf()
        database = databases.ensure_addon(tools, cluster, odoo, demo=False)
        missing += _follow(tools, odoo, database, databases.ADDON, given)
        bridges = databases.bridges(tools)
        if bridges:
            database = databases.ensure_bridged(tools, cluster, odoo)
        for name in bridges:
            missing += _follow(tools, odoo, database, name, given)
    if missing:
        note(f"Without a translation to {LANGUAGE}:\n{missing}")
    return 1 if missing else 0


def _follow(tools: Tools, odoo: Odoo, database: str, addon: str, given: list[Path]) -> str:
    """Export one addon's terms and fill in their translations. Returns the terms without one, a line each."""
    settings = tools.settings
    folder = REPO / "addons" / addon / "i18n"
    before = settings.home / "before.po"
    if (folder / f"{LANGUAGE}.po").is_file():
        shutil.copyfile(folder / f"{LANGUAGE}.po", before)
    else:
        before.write_text('msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n', encoding="utf-8")
    odoo.run(
        "i18n", "export", "-c", odoo.conf, "-d", database, addon, "-l", "pot", LANGUAGE, what="Exporting the terms",
    )  # fmt: skip
    report = settings.home / "untranslated.txt"
    command = [
        tools.venv.python, REPO / "scripts/house/po_fill.py",
        folder / f"{addon}.pot", folder / f"{LANGUAGE}.po", before, report, *given,
    ]  # fmt: skip
    run(command, log=settings.log / "i18n.log", env=tools.env(), cwd=REPO, what="Filling in")
    catalogues = sorted(folder.glob("*.po*"))
    subprocess.run([tools.venv.program("oca-checks-po"), "--fix", *catalogues], cwd=REPO, capture_output=True)
    return report.read_text(encoding="utf-8")

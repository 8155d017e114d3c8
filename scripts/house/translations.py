"""`scripts/i18n.sh [FILE …]`: the addon's translations follow its terms."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from . import databases
from .commands import run
from .odoo import Odoo
from .once import locked
from .processes import Crew
from .say import Trouble, note
from .settings import REPO, Settings
from .setup import prepare

LANGUAGE = databases.LANGUAGE
FOLDER = REPO / "addons" / databases.ADDON / "i18n"


def main(settings: Settings, arguments: list[str]) -> int:
    """Export, fill in from the given files, list what is missing. Returns 1 when a term has no translation."""
    given = [Path(name).resolve() for name in arguments]
    for path in given:
        if not path.is_file():
            raise Trouble(f"{path} is not there. Give files with lines “English<TAB>translation”.")
    settings.make_folders()
    with locked(settings.home / "test.lock", "the test databases"), Crew(settings.home) as crew:
        tools = prepare(settings)
        cluster = databases.ensure_cluster(tools, "test", durable=False)
        cluster.start(crew)
        odoo = Odoo(tools, cluster, "test", 1, ours=True, folder=databases.filestores(tools, "test"))
        odoo.write_conf()
        database = databases.ensure_addon(tools, cluster, odoo, demo=False)
        before = settings.home / "before.po"
        shutil.copyfile(FOLDER / f"{LANGUAGE}.po", before)
        odoo.run(
            "i18n", "export", "-c", odoo.conf, "-d", database, databases.ADDON, "-l", "pot", LANGUAGE,
            what="Exporting the terms",
        )  # fmt: skip
        report = settings.home / "untranslated.txt"
        command = [
            tools.venv.python, REPO / "scripts/house/po_fill.py",
            FOLDER / f"{databases.ADDON}.pot", FOLDER / f"{LANGUAGE}.po", before, report, *given,
        ]  # fmt: skip
        run(command, log=settings.log / "i18n.log", env=tools.env(), cwd=REPO, what="Filling in")
        catalogues = sorted(FOLDER.glob("*.po*"))
        subprocess.run([tools.venv.program("oca-checks-po"), "--fix", *catalogues], cwd=REPO, capture_output=True)
    missing = report.read_text(encoding="utf-8")
    if missing:
        note(f"Without a translation to {LANGUAGE} (also in {report}):\n{missing}")
    return 1 if missing else 0

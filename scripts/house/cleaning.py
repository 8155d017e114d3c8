"""`scripts/clean.sh`: stop what runs from this home, remove the home. Refuses to remove what doesn't look like one."""

from __future__ import annotations

from pathlib import Path

from .once import remove_tree
from .processes import end_leftovers
from .say import Trouble, note
from .settings import REPO, Settings

OURS = {
    "cache", "log", "run", "odoo-path", "pg-demo", "pg-test", "odoo-demo", "odoo-test", "secrets.json", "demo.lock",
    "test.lock", "worker.lock", "pytest_cache", "e2e", "statements",
}  # fmt: skip
OURS_BY_START = ("pg-", "odoo-", "worker-", "e2e-")


def main(settings: Settings, arguments: list[str]) -> int:
    """Clean. With --keep-cache, downloads stay."""
    if unknown := set(arguments) - {"--keep-cache"}:
        note(f"Unknown: {', '.join(unknown)}. Usage: scripts/clean.sh [--keep-cache]")
        return 2
    home = settings.home
    refuse_suspicious(home)
    for command in end_leftovers(home):
        note(f"Stopped: {command[:100]}")
    if not home.exists():
        note(f"{home} is not there: nothing to remove.")
        return 0
    for entry in home.iterdir():
        if not (entry.name == "cache" and "--keep-cache" in arguments):
            remove_tree(entry)
    if not any(home.iterdir()):
        home.rmdir()
    note(f"Removed {home}." if not home.exists() else f"Removed all of {home} but the cache.")
    if settings.cache.exists() and not settings.cache.is_relative_to(home):
        note(f"The cache is elsewhere and may be shared; it stays: {settings.cache}")
    return 0


def refuse_suspicious(home: Path) -> None:
    """Raise Trouble unless `home` is a folder that these scripts made and nothing else is in it."""
    advice = "Check AFTERSALES_HOME; remove the folder yourself if you are sure."
    resolved = home.resolve()
    if home.is_symlink() or resolved in (Path("/"), Path.home().resolve(), REPO) or REPO.is_relative_to(resolved):
        raise Trouble(f"{home} is a link, a home folder or holds this checkout, so it is not removed. {advice}")
    if home.exists():
        strange = [
            entry.name
            for entry in home.iterdir()
            if entry.name not in OURS and not entry.name.startswith(OURS_BY_START)
        ]
        if strange:
            raise Trouble(f"{home} holds files that are not ours ({', '.join(strange[:5])}), so it stays. {advice}")

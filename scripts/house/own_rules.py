"""What no other tool checks: no file too long to read in one sitting, no path of one machine, no index host in locks."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
LONGEST = 450  # lines of a Python or JavaScript file
HOST_IN_LOCK = re.compile(r"^\s*(?:--(?:index-url|extra-index-url|find-links)|[^#]*https?://)", re.MULTILINE)


def tracked() -> list[Path]:
    """Files that are in git, or would be with `git add`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.splitlines() if (path := REPO / name).is_file()]


def complaints(path: Path, shown: str, text: str, checkout: Path) -> list[str]:
    """What is wrong with one file."""
    found = []
    lines = text.count("\n")
    if path.suffix in (".py", ".js") and lines > LONGEST:
        found.append(f"{shown}: {lines} lines; split it by subject, {LONGEST} are the most.")
    if path.suffix == ".lock" and HOST_IN_LOCK.search(text):
        found.append(f"{shown}: names a package index; write it anew with scripts/lock.sh.")
    places = {str(checkout), str(Path.home())} - {"/", "/root", "/app", "/src"}
    return found + [f"{shown}: contains {place}, a path of one machine." for place in places if f"{place}/" in text]


def main() -> int:
    """Command line: exit 1 when something is wrong."""
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # pictures, fonts
        found += complaints(path, str(path.relative_to(REPO)), text, REPO)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""`scripts/lint.sh [--fix]`: every check of style and convention; each is one line of the totals."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .commands import clean_env
from .say import note
from .settings import REPO, Settings
from .venv import Venv, ensure_venv

# Of pylint-odoo's messages, these are not for us.
PYLINT_OFF = (
    "manifest-required-author",  # ours is no OCA addon
    "missing-readme",  # readme/*.md is the source; README.rst is generated on publishing
    "consider-merging-classes-inherited",  # one subject a file, as in Odoo's own addons
)
# Of the OCA hooks' checks, this is not for us: Odoo's own files begin with a lower-case "utf-8" too.
OCA_OFF = "xml-header-wrong"
PYTHON = ("addons", "scripts", "tests", "worker")


@dataclass(frozen=True)
class Check:
    """One tool with its arguments."""

    name: str
    command: list[str | Path]


def main(settings: Settings, arguments: list[str]) -> int:
    """Run all checks; returns 0 when all are content."""
    if unknown := set(arguments) - {"--fix"}:
        note(f"Unknown: {', '.join(unknown)}. Usage: scripts/lint.sh [--fix]")
        return 2
    settings.make_folders()
    passed, failed = check(ensure_venv(settings), fix="--fix" in arguments)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def check(venv: Venv, *, fix: bool) -> tuple[int, int]:
    """Returns how many checks were content and how many were not."""
    passed = failed = 0
    # Without a cache of its own, pylint would write below the person's home folder.
    env = clean_env({"PYLINTHOME": str(venv.path / "pylint"), "PATH": f"{venv.path / 'bin'}:/usr/bin:/bin"})
    for one in checks(venv, fix=fix):
        done = subprocess.run([str(part) for part in one.command], cwd=REPO, env=env, capture_output=True, text=True)
        if done.returncode == 0:
            passed += 1
            note(f"  ok   {one.name}")
        else:
            failed += 1
            note(f"  BAD  {one.name}\n{done.stdout}{done.stderr}".rstrip())
    return passed, failed


def checks(venv: Venv, *, fix: bool) -> list[Check]:
    """The checks that apply to what is in the checkout."""
    python = [name for name in PYTHON if (REPO / name).is_dir()]
    ruff = venv.program("ruff")
    found = [
        Check("ruff", [ruff, "check", "--no-cache", *(["--fix"] if fix else []), *python]),
        Check("ruff format", [ruff, "format", "--no-cache", *([] if fix else ["--check", "--diff"]), *python]),
        Check("odoo 19 gate", [venv.python, "scripts/house/odoo19_gate.py", "addons"]),
        Check("house rules", [venv.python, "scripts/house/own_rules.py"]),
        Check("access follows its table", ["sh", "scripts/access.sh", "--check"]),
    ]
    addons = sorted((REPO / "addons").glob("*/__manifest__.py"))
    if addons:
        modules = [path.parent.relative_to(REPO) for path in addons]
        found.append(
            Check(
                "pylint-odoo",
                [
                    venv.program("pylint"),
                    "--rcfile=pyproject.toml",
                    "--disable=all",
                    "--enable=odoolint",
                    f"--disable={','.join(PYLINT_OFF)}",
                    *modules,
                ],
            )
        )
        found.append(
            Check(
                "oca-checks-odoo-module",
                [venv.program("oca-checks-odoo-module"), f"--disable={OCA_OFF}", *(["--fix"] if fix else []), *modules],
            )
        )
        translations = [
            path.relative_to(REPO) for module in modules for path in sorted((REPO / module).glob("i18n/*.po*"))
        ]
        if translations:
            found.append(
                Check("oca-checks-po", [venv.program("oca-checks-po"), *(["--fix"] if fix else []), *translations])
            )
    dockerfiles = [path.relative_to(REPO) for path in sorted((REPO / "docker").rglob("*Dockerfile*"))]
    if dockerfiles:
        config = ["--config", "docker/hadolint.yaml"]
        found.append(Check("hadolint", [venv.program("hadolint"), *config, *dockerfiles]))
        found.append(Check("compose rules", [venv.python, "scripts/house/compose_rules.py", "docker/compose.yaml"]))
    shells = sorted(path.relative_to(REPO) for path in (REPO / "scripts").glob("*.sh"))
    found += [Check(f"sh -n {path.name}", ["sh", "-n", path]) for path in [*shells, Path(".ci/run")]]
    if shellcheck := shutil.which("shellcheck"):
        found.append(Check("shellcheck", [shellcheck, "-x", *shells]))
    return found

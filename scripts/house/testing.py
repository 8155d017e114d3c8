"""`scripts/test.sh [group …] [pytest arguments]`: set up what the tests need, run them, print totals."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import databases, linting, worker
from .commands import guarded
from .odoo import Odoo, Tools
from .once import locked
from .ports import choose
from .processes import Crew
from .real_claims import ensure_real_claims
from .say import Trouble, note
from .settings import REPO, Settings
from .setup import prepare

TEST_DATABASE = "test_addon"
BRIDGE_DATABASE = "test_bridge"
INSTALLING = ("tests/e2e/test_bench.py", "tests/e2e/test_life_cycle.py")
PYTEST_NOTHING_COLLECTED = 5


@dataclass
class Result:
    """What one group of tests came to."""

    group: str
    passed: int
    failed: int
    seconds: float


def main(settings: Settings, arguments: list[str]) -> int:
    """Run the named groups, or all. Returns 0 when everything ran and passed, else 1."""
    groups: dict[str, Callable[[Tools, Crew, list[str]], tuple[int, int]]] = {
        "lint": lint, "house": house, "unit": unit, "addon": addon, "bridge": bridge, "e2e": e2e,
    }  # fmt: skip
    chosen = []
    while arguments and arguments[0] in groups:
        chosen.append(arguments.pop(0))
    if arguments and not chosen:
        note(f"Name the group that '{' '.join(arguments)}' is for: {', '.join(groups)}.")
        return 2
    chosen = chosen or list(groups)
    settings.make_folders()
    results = []
    # The crew stops whatever runs when somebody stops us.
    with locked(settings.home / "test.lock", "the test databases"), Crew(settings.home) as crew:
        began = time.monotonic()
        tools = prepare(settings, browser=bool({"addon", "bridge", "e2e"} & set(chosen)) and needs_browser(settings))
        set_up = time.monotonic() - began
        for name in chosen:
            note(f"\n== {name}")
            began = time.monotonic()
            try:
                passed, failed = groups[name](tools, crew, arguments)
            except Trouble as trouble:
                note(str(trouble))
                passed, failed = 0, 1
            results.append(Result(name, passed, failed, time.monotonic() - began))
    return report(results, set_up)


def report(results: list[Result], set_up: float) -> int:
    """Print a table of times and, last, the plain line of totals."""
    print(f"\n{'set-up':10} {'':>16} {set_up:8.1f} s")
    for result in results:
        print(f"{result.group:10} {result.passed:5} ok {result.failed:4} bad {result.seconds:8.1f} s")
    failed = sum(result.failed for result in results)
    passed = sum(result.passed for result in results)
    print(f"{'all':10} {'':>16} {set_up + sum(result.seconds for result in results):8.1f} s\n")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


def needs_browser(settings: Settings) -> bool:
    """Do any tests drive a browser? (Odoo's tests skip without one, and a skip is a failure here.)"""
    tests = [*settings.addons.glob("*/tests/**/*.py"), *(settings.repo / "tests").glob("**/*.py")]
    return any(word in path.read_text(encoding="utf-8") for path in tests for word in ("start_tour(", "browser_js("))


def narrow(arguments: list[str]) -> bool:
    """Do these arguments of pytest choose some tests, or say how they run? Then one process runs them."""
    return bool({"-k", "-n", "-x", "-p", "--pdb"}.intersection(arguments)) or any("::" in word for word in arguments)


def run_pytest(tools: Tools, name: str, arguments: list[str], env: dict[str, str], extra: list[str]) -> tuple[int, int]:
    """One pytest run. Returns (passed, failed); a run without tests, or one that broke off, counts as a failure."""
    process = start_pytest(tools, name, arguments, env, extra)
    try:
        code = process.wait()
    finally:
        process.kill()  # where somebody stopped us: its databases stop next
    return totals_of(tools, name, code, extra)


def start_pytest(
    tools: Tools, name: str, arguments: list[str], env: dict[str, str], extra: list[str], output: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start pytest, which says what it has to say here or in the file `output`."""
    totals = _totals(tools, name)
    totals.unlink(missing_ok=True)
    env = {**env, "HOUSE_TOTALS": str(totals)}
    env["PYTHONPATH"] = ":".join([*filter(None, [env.get("PYTHONPATH")]), str(REPO / "scripts")])
    command = [
        tools.venv.python,
        "-m",
        "pytest",
        "-c",
        REPO / "pyproject.toml",
        "-p",
        "house.strict",
        *arguments,
        *extra,
    ]
    if output is None:
        return subprocess.Popen(guarded(command), cwd=REPO, env=env)
    with output.open("wb") as said:
        return subprocess.Popen(guarded(command), cwd=REPO, env=env, stdout=said, stderr=subprocess.STDOUT)


def totals_of(tools: Tools, name: str, code: int, extra: list[str]) -> tuple[int, int]:
    """(passed, failed) of a pytest run that ended with this exit code."""
    totals = _totals(tools, name)
    count = json.loads(totals.read_text()) if totals.exists() else {"passed": 0, "failed": 0}
    if code == PYTEST_NOTHING_COLLECTED:
        note(f"The group {name} has no test{' that matches' if extra else ''}, and every group must have some.")
    if code and not count["failed"]:
        count["failed"] = 1
    return count["passed"], count["failed"]


def _totals(tools: Tools, name: str) -> Path:
    return tools.settings.home / "run" / f"totals-{name}.json"


def lint(tools: Tools, _crew: Crew, _arguments: list[str]) -> tuple[int, int]:
    """Style, Odoo conventions, what Odoo 19 drops silently."""
    return linting.check(tools.venv, fix=False)


def house(tools: Tools, _crew: Crew, arguments: list[str]) -> tuple[int, int]:
    """Tests of these scripts themselves."""
    return run_pytest(tools, "house", ["-p", "no:odoo", "tests/house"], tools.env(), arguments)


def unit(tools: Tools, _crew: Crew, arguments: list[str]) -> tuple[int, int]:
    """The worker's tests: no Odoo in reach."""
    # Libraries and fonts of the letters that the e-mail connector prints.
    env = worker.python_env(tools.settings, tools.venv, tools.sysroot.env())
    return run_pytest(tools, "unit", ["-p", "no:odoo", "tests/worker"], env, arguments)


def addon(tools: Tools, crew: Crew, arguments: list[str]) -> tuple[int, int]:
    """The addon's tests, by pytest-odoo, in a fresh clone of a database with the addon and what it depends on, no more."""
    env = {"HOUSE_REAL_CLAIMS": str(ensure_real_claims(tools.settings, tools.venv))}
    folders = [*_folders(tools, [databases.ADDON]), "tests/addon"]
    return _in_odoo(tools, crew, arguments, "addon", TEST_DATABASE, folders, env)


def bridge(tools: Tools, crew: Crew, arguments: list[str]) -> tuple[int, int]:
    """The bridge addons' tests, in a database that has the modules of Odoo's which they bridge to."""
    return _in_odoo(tools, crew, arguments, "bridge", BRIDGE_DATABASE, _folders(tools, databases.bridges(tools)), {})


def _folders(tools: Tools, addons: list[str]) -> list[str]:
    """Addons as pytest arguments."""
    return [str((tools.settings.addons / name).relative_to(REPO)) for name in addons]


def _in_odoo(
    tools: Tools, crew: Crew, arguments: list[str], group: str, database: str, folders: list[str], env: dict[str, str]
) -> tuple[int, int]:
    settings = tools.settings
    cluster = databases.ensure_cluster(tools, "test", durable=False)
    cluster.start(crew)
    try:
        odoo = Odoo(
            tools, cluster, "test", choose(settings.port_our, "the addon's tests", "PORT_OUR"), ours=True,
            folder=databases.filestores(tools, "test"),
        )  # fmt: skip
        odoo.write_conf()
        if group == "bridge":
            template = databases.ensure_bridged(tools, cluster, odoo)
        else:
            template = databases.ensure_addon(tools, cluster, odoo, demo=False)
        databases.clone(tools, cluster, template, odoo, database)
        # Two at a time, unless told otherwise: pytest-odoo clones the database for each by PostgreSQL's own programs.
        spread = [] if narrow(arguments) or group == "bridge" else ["-n", "2", "--dist", "worksteal"]
        env |= tools.env() | {name: value for name, value in cluster.env.items() if name.startswith("PG")}
        return run_pytest(
            tools, group,
            ["-p", "house.own_files", f"--odoo-config={odoo.conf}", f"--odoo-database={database}", "--odoo-http", *spread,
             *folders],
            env, arguments,
        )  # fmt: skip
    finally:
        cluster.stop(crew)  # the next group starts its own


def e2e(tools: Tools, _crew: Crew, arguments: list[str]) -> tuple[int, int]:
    """End-to-end: all real processes."""
    env = tools.env()
    env["PYTHONPATH"] = ":".join([*map(str, worker.ensure_worker(tools.settings, tools.venv)), env["PYTHONPATH"]])
    plain = ["-p", "no:odoo"]
    if narrow(arguments):
        return run_pytest(tools, "e2e", [*plain, "tests/e2e"], env, arguments)
    # Most of the time one process of Odoo's works while other cores wait, so the two halves go side by side.
    output = tools.settings.log / "test-installing.log"
    beside = start_pytest(
        tools, "e2e-installing", [*plain, *INSTALLING], env | {"E2E_BESIDE": "installing"}, arguments, output
    )
    try:
        others = [f"--ignore={file}" for file in INSTALLING]
        passed, failed = run_pytest(tools, "e2e", [*plain, *others, "tests/e2e"], env, arguments)
        code = beside.wait()
    finally:
        beside.terminate()  # where the first half was stopped
    print(output.read_text(), flush=True)
    more_passed, more_failed = totals_of(tools, "e2e-installing", code, arguments)
    return passed + more_passed, failed + more_failed

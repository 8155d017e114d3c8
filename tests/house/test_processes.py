"""A crew leaves nothing behind, however it ends."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from house.processes import Crew, end_leftovers, leftovers
from house.say import Trouble

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
SLEEP = [sys.executable, "-c", "import time; time.sleep(300)"]
# Starts a grandchild and then sleeps, as the worker and the browser tests do.
WITH_CHILD = [
    sys.executable, "-c",
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)']); time.sleep(300)",
]  # fmt: skip
STUBBORN = [
    sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(300)",
]  # fmt: skip


@pytest.fixture
def home(tmp_path):
    (tmp_path / "run").mkdir()
    yield tmp_path
    end_leftovers(tmp_path, 3)


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not come to pass in time."
        time.sleep(0.05)


def test_stops_in_the_opposite_order(home):
    ended = home / "ended"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n    open(sys.argv[1], 'a').write(sys.argv[2]); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(300)\n"
    )
    with Crew(home) as crew:
        for name in "abc":
            log = home / f"{name}.log"
            crew.start(
                name, [sys.executable, "-c", code, ended, name], log=log, ready=lambda log=log: log.read_text() != ""
            )
    assert ended.read_text() == "cba"
    assert leftovers(home) == {}


def test_grandchildren_end_too(home):
    with Crew(home) as crew:
        crew.start("parent", WITH_CHILD, log=home / "log")
        until(lambda: len(leftovers(home)) == 2)
    until(lambda: leftovers(home) == {})


def test_a_deaf_process_is_killed(home, capsys):
    with Crew(home) as crew:
        log = home / "log"
        crew.start("Deaf", STUBBORN, log=log, ready=lambda: "deaf" in log.read_text(), patience=0.3)
    assert leftovers(home) == {}
    assert "Deaf did not stop within 0 s and is killed." in capsys.readouterr().err


def test_an_early_end_shows_the_log(home):
    with (
        Crew(home) as crew,
        pytest.raises(Trouble, match=r"(?s)Server ended right after its start \(exit 3\).*no such port"),
    ):
        crew.start(
            "Server", [sys.executable, "-c", "print('no such port'); raise SystemExit(3)"], log=home / "log",
            ready=lambda: False,
        )  # fmt: skip


def test_not_ready_in_time_shows_the_log(home):
    with Crew(home) as crew, pytest.raises(Trouble, match=r"Server was not ready after 1 s"):
        crew.start("Server", SLEEP, log=home / "log", ready=lambda: False, within=1)
    assert leftovers(home) == {}


def test_an_end_in_between_is_noticed(home):
    with Crew(home) as crew:
        crew.start("Server", [sys.executable, "-c", "print('ouch')"], log=home / "log")
        with pytest.raises(Trouble, match=r"(?s)Server ended unexpectedly.*ouch"):
            crew.wait()


def start_supervisor(home):
    """A supervisor in a process of its own, with two children and a grandchild."""
    code = f"""
        import sys
        sys.path.insert(0, {str(SCRIPTS)!r})
        from pathlib import Path
        from house.processes import Crew
        home = Path({str(home)!r})
        with Crew(home) as crew:
            crew.start("one", {SLEEP!r}, log=home / "one.log")
            crew.start("two", {WITH_CHILD!r}, log=home / "two.log")
            crew.wait()
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stderr=subprocess.PIPE)
    until(lambda: len(leftovers(home)) >= 3)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_stop(home, number):
    process = start_supervisor(home)
    process.send_signal(number)
    process.communicate(timeout=20)
    until(lambda: leftovers(home) == {})


def test_killed_supervisor_takes_its_children_along(home):
    process = start_supervisor(home)
    children = [pid for pid in leftovers(home) if parent_of(pid) == process.pid]
    assert len(children) == 2
    process.kill()
    process.communicate(timeout=20)
    until(lambda: not any(pid in leftovers(home) for pid in children))
    # What a killed child had started itself is found by its mark, and ended.
    end_leftovers(home, 3)
    assert leftovers(home) == {}


def parent_of(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("PPid"))


def test_leftovers_of_another_home_are_not_ours(home, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "run").mkdir()
    with Crew(other) as crew:
        crew.start("foreign", SLEEP, log=other / "log")
        until(lambda: len(leftovers(other)) == 1)
        assert end_leftovers(home, 1) == []
        assert crew.members[0].process.poll() is None
    assert os.getpid() not in leftovers(home)

"""Run a crew of processes: start in order, watch, stop in the opposite order, leave nothing behind.

Four nets, one below the other: an ordered stop at the end of the `with` block; the same on SIGINT, SIGTERM and SIGHUP;
the kernel's signal to each child when this process dies in any other way; and a mark in the environment by which
`scripts/clean.sh` finds what might still be there.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from .commands import clean_env, guarded
from .say import Trouble, last_lines, note

MARK = "AFTERSALES_CREW"
"""Environment variable of every child: the home it belongs to."""


class Stopped(BaseException):
    """Somebody asked this process to stop (a BaseException, so that no handler for errors swallows it)."""


@dataclass
class Member:
    """One running process."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals
    patience: float
    """Seconds it may take to stop before it is killed."""


class Crew:
    """Processes that live and die together. Use as a context manager, in the main thread."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.members: list[Member] = []
        self._starting: list[tuple[Member, Callable[[], bool], float]] = []
        self._old: dict[signal.Signals, object] = {}

    def __enter__(self) -> Crew:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._old[number] = signal.signal(number, self._asked)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A second Ctrl-C must not cut the ordered stop short: every member has its own time limit.
        for number in self._old:
            signal.signal(number, signal.SIG_IGN)
        self.stop()
        for number, old in self._old.items():
            signal.signal(number, old)  # type: ignore[arg-type]

    @staticmethod
    def _asked(number: int, _frame: object) -> None:
        raise Stopped(signal.Signals(number).name)

    def start(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        prefix: Sequence[str] = (),
        ready: Callable[[], bool] | None = None,
        wait: bool = True,
        within: float = 60,
        stop_signal: signal.Signals = signal.SIGTERM,
        patience: float = 15,
    ) -> Member:
        """Start a process and wait until `ready()` is true, `within` seconds at most; or later, by `await_all()`.

        `prefix` goes before everything (a change of user). Raises Trouble with the last log lines when the process
        ends early or does not become ready.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        env = {**(env or clean_env()), MARK: str(self.home)}
        with log.open("ab") as out:
            process = subprocess.Popen(
                [*prefix, *guarded(argv, stop_signal.name.removeprefix("SIG"))],
                env=env, cwd=cwd or self.home / "run", stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                # An own process group: Ctrl-C in the terminal reaches us only, and we stop the crew in order.
                start_new_session=True,
            )  # fmt: skip
        member = Member(name, process, log, stop_signal, patience)
        self.members.append(member)
        if ready and wait:
            self._await(member, ready, within)
        elif ready:
            self._starting.append((member, ready, within))
        return member

    def await_all(self) -> None:
        """Wait for the members that were started with `wait=False`."""
        while self._starting:
            self._await(*self._starting.pop(0))

    def _await(self, member: Member, ready: Callable[[], bool], within: float) -> None:
        deadline = time.monotonic() + within
        while not ready():
            if member.process.poll() is not None:
                raise Trouble(
                    f"{member.name} ended right after its start (exit {member.process.returncode}). "
                    f"The end of {member.log}:\n{last_lines(member.log)}"
                )
            if time.monotonic() > deadline:
                raise Trouble(
                    f"{member.name} was not ready after {within:.0f} s. The end of {member.log}:\n{last_lines(member.log)}"
                )
            time.sleep(0.05)

    def check(self) -> None:
        """Raise Trouble when a member has ended by itself."""
        for member in self.members:
            if member.process.poll() is not None:
                raise Trouble(
                    f"{member.name} ended unexpectedly (exit {member.process.returncode}). "
                    f"The end of {member.log}:\n{last_lines(member.log)}"
                )

    def wait(self) -> None:
        """Stay until somebody asks for a stop; raises Trouble when a member ends before."""
        while True:
            self.check()
            time.sleep(0.5)

    def stop_member(self, member: Member) -> None:
        """Stop one member and whatever it started."""
        self.members.remove(member)
        process = member.process
        if process.poll() is None:
            process.send_signal(member.stop_signal)
            try:
                process.wait(member.patience)
            except subprocess.TimeoutExpired:
                note(f"  {member.name} did not stop within {member.patience:.0f} s and is killed.")
        # The rest of its group too: browsers of tests, forks of the worker.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        process.wait()

    def stop(self) -> None:
        """Stop everybody, last started first."""
        while self.members:
            self.stop_member(self.members[-1])


def leftovers(home: Path) -> dict[int, str]:
    """Processes of a crew of this home that run now: pid → command line. Needs no pid files, so it can't be fooled."""
    mark = f"{MARK}={home}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                if command:  # a zombie has none
                    found[int(entry.name)] = command
        except OSError:
            continue  # it has ended, or is another user's
    return found


def end_leftovers(home: Path, patience: float = 10) -> list[str]:
    """Stop processes that a crew of this home left; returns their command lines."""
    ended = leftovers(home)
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + patience
        for pid in leftovers(home):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        while leftovers(home) and time.monotonic() < deadline:
            time.sleep(0.1)
    return list(ended.values())

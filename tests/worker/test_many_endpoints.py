"""Ten thousand suppliers cost what those with work cost (R-G9)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from worker_fakes import FakeSyncApi, MemoryErp

from franchise_sync.queue import ticker as module
from franchise_sync.queue.ticker import LONGEST_LINE, LOOK_BACK, Ticker
from franchise_sync.queue.wakeups import WakeUps
from franchise_sync.runtime import Runtime
from franchise_sync.settings import Settings

MANY = 10_000


class Actor:
    """Counts what is sent; the line is what nobody has taken yet."""

    def __init__(self, line: list[tuple[str, str]], name: str) -> None:
        self.line, self.name = line, name

    def send(self, code: str) -> None:
        self.line.append((self.name, code))


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Rows:
    """Answers of ``pending``, as the addon gives them for so many systems."""

    def __init__(self, api: FakeSyncApi) -> None:
        self.due: set[int] = set()
        self.given: list[bool] = []
        api.pending = self.pending  # type: ignore[method-assign]

    def pending(self, only_due: bool = False) -> list[dict[str, Any]]:
        self.given.append(only_due)
        numbers = sorted(self.due) if only_due else range(MANY)
        return [
            {"code": f"s{n}", "due": int(n in self.due), "awaiting_answer": n % 2 if not only_due else 0,
             "breaker": "closed"}
            for n in numbers
        ]  # fmt: skip


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "monotonic", made)
    return made


@pytest.fixture
def line() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def rows(api: FakeSyncApi) -> Rows:
    return Rows(api)


@pytest.fixture
def ticker(api: FakeSyncApi, rows: Rows, line: list[tuple[str, str]], clock: Clock) -> Ticker:
    runtime = Runtime(Settings(answer_interval=10), erp_factory=lambda _settings: MemoryErp(api))
    actors: Any = {name: Actor(line, name) for name in ("deliver", "collect")}
    return Ticker(runtime, actors, WakeUps(), lambda: len(line))


def test_between_whole_looks_only_what_is_due_is_told(
    ticker: Ticker, rows: Rows, clock: Clock, line: list[tuple[str, str]]
) -> None:
    """R-G9: 10,000 rows every answer interval, not every poll; one call a look, whatever their number."""
    for _ in range(6):
        ticker.tick()
        clock.now += 2
    assert rows.given == [False, True, True, True, True, False]
    line.clear()
    rows.due = {17}
    ticker.tick()
    assert line == [("deliver", "s17")]


def test_the_line_does_not_grow_faster_than_it_is_worked_off(
    ticker: Ticker, rows: Rows, clock: Clock, line: list[tuple[str, str]]
) -> None:
    """R-G9: nobody takes anything for five minutes, and the broker holds no more than it did."""
    rows.due = set(range(2000))
    for _ in range(150):
        ticker.tick()
        clock.now += 2
        assert len(line) <= LONGEST_LINE
    assert all(job == "deliver" for job, _code in line)


def test_everybody_has_a_turn(ticker: Ticker, clock: Clock, line: list[tuple[str, str]]) -> None:
    """R-G9: asked for answers in the order of who was asked longest ago; none is forgotten, none asked too often."""
    asked: Counter[str] = Counter()
    wait = 10 * LOOK_BACK
    rounds = MANY // LONGEST_LINE + 1
    for _ in range(rounds):
        ticker.tick()
        asked.update(code for _job, code in line)
        for job, code in line:
            assert ticker._wake_ups.begin(job, code)
            ticker._wake_ups.worked(job, code)
        line.clear()
        clock.now += 10
    assert len(asked) == MANY
    assert max(asked.values()) <= rounds * 10 / wait + 1

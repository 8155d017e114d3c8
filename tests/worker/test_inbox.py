"""Answers come back exactly once (R-G3)."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from worker_fakes import FakeSyncApi, MemoryErp
from worker_suppliers import FakeConnector

from franchise_sync.delivery.inbox import Collector, SeenAnswers
from franchise_sync.erp.port import Answer
from franchise_sync.errors import TransientError
from franchise_sync.suppliers.port import AnswerPage


def answer(uuid: str, number: str = "1") -> Answer:
    return Answer(f"{uuid}:accepted:{number}", uuid, "accepted", "CNY", Decimal("90.00"), number=number)


def collector(erp: MemoryErp, connector: FakeConnector, seen: SeenAnswers | None = None) -> Collector:
    return Collector(erp, lambda _code: connector, lambda _code: erp.endpoints()[0].poll_cursor, seen)


def test_pages_are_stored_with_their_cursor(erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector) -> None:
    """R-G3: page by page, each with the cursor that is true once it is stored."""
    added = api.add(2)
    connector.supplier.pages = [AnswerPage((answer(added[0]),), "c1"), AnswerPage((answer(added[1]),), "c2")]
    assert collector(erp, connector).collect("nbparts") == Counter(applied=2)
    assert erp.endpoints()[0].poll_cursor == "c2"


def test_polling_again_costs_no_call(erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector) -> None:
    """R-G3: the overlap is read again and not handed over again."""
    connector.supplier.pages = [AnswerPage((answer(api.add(1)[0]),), "c1")]
    seen = SeenAnswers()
    collector(erp, connector, seen).collect("nbparts")
    calls = api.calls.count("receive")
    assert collector(erp, connector, seen).collect("nbparts") == Counter()
    assert api.calls.count("receive") == calls


def test_after_a_restart_they_are_duplicates(erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector) -> None:
    """R-G9: the worker holds no state that matters."""
    connector.supplier.pages = [AnswerPage((answer(api.add(1)[0]),), "c1")]
    collector(erp, connector).collect("nbparts")
    assert collector(erp, connector).collect("nbparts") == Counter(duplicate=1)


def test_a_lost_reply_repeats_the_page(erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector) -> None:
    """R-G3: stored but not confirmed: handed over again, applied once."""
    connector.supplier.pages = [AnswerPage((answer(api.add(1)[0]),), "c1")]
    api.fail_after["receive"] = [TransientError("cut off")]
    seen = SeenAnswers()
    with pytest.raises(TransientError):
        collector(erp, connector, seen).collect("nbparts")
    assert collector(erp, connector, seen).collect("nbparts") == Counter(duplicate=1)
    assert len(api.inbox) == 1


def test_what_was_not_stored_does_not_move_the_cursor(
    erp: MemoryErp, api: FakeSyncApi, connector: FakeConnector
) -> None:
    """R-G3: neither runs ahead of the other."""
    connector.supplier.pages = [AnswerPage((answer(api.add(1)[0]),), "c1")]
    api.fail_before["receive"] = [TransientError("down")]
    with pytest.raises(TransientError):
        collector(erp, connector).collect("nbparts")
    assert erp.endpoints()[0].poll_cursor == ""


def test_the_memory_is_bounded() -> None:
    """R-G9: a long run doesn't grow without end; the oldest are handed over again and are duplicates."""
    from franchise_sync.erp.port import Receipt

    seen = SeenAnswers(size=10)
    seen.add("x", [Receipt(str(number), "applied") for number in range(50)])
    assert len(seen.new("x", tuple(Answer(str(n), "u", "accepted", "CNY", Decimal(1)) for n in range(50)))) == 40

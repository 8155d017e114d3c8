"""Every line about a message carries its key, whatever happens on the way (R-G4, R-G7)."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from worker_fakes import FakeSyncApi, MemoryErp
from worker_suppliers import FakeConnector, FakeSupplier, UnsafeConnector

from franchise_sync.delivery.deliver import Deliverer, Limits
from franchise_sync.delivery.inbox import Collector
from franchise_sync.erp.port import Answer, Endpoint
from franchise_sync.errors import AuthenticationError, SyncError, TransientError, UnknownFate
from franchise_sync.suppliers.port import AnswerPage, ConnectorContext

ERRORS = [TransientError("down"), UnknownFate("cut off"), AuthenticationError("wrong key"), ValueError("strange")]
#: Lines about a call in which no message is known yet: nothing has been leased.
WITHOUT = {("our Odoo did not answer, trying again", "lease")}


def keys_of(line: dict[str, Any]) -> set[str]:
    return {line["uuid"]} if "uuid" in line else set(line.get("uuids", ()))


@settings(max_examples=60)
@given(
    count=st.integers(1, 6),
    refused=st.sets(st.integers(0, 5)),
    damaged=st.booleans(),
    safe=st.booleans(),
    before=st.lists(st.sampled_from(ERRORS), max_size=1),
    after=st.lists(st.sampled_from(ERRORS), max_size=1),
    deaf=st.booleans(),
    finish=st.lists(st.sampled_from([TransientError("Odoo restarts"), UnknownFate("no reply")]), max_size=2),
    strange=st.booleans(),
)
def test_a_whole_delivery(
    count: int, refused: set[int], damaged: bool, safe: bool, before: list, after: list, deaf: bool, finish: list,
    strange: bool,
) -> None:  # fmt: skip
    """R-G7: whatever fails, no line about messages lacks their keys, and each message has a line of its own."""
    api, supplier = FakeSyncApi(), FakeSupplier()
    uuids = api.add(count)
    if damaged:
        uuids += api.add(1, sha256="0" * 64)
    supplier.refuses = {uuids[number]: "Not ours." for number in refused if number < count}
    supplier.fail_before, supplier.fail_after, supplier.deaf = list(before), list(after), deaf
    api.fail_after["finish"] = list(finish)
    make = FakeConnector if safe else UnsafeConnector
    endpoint = Endpoint("nbparts", "NB Parts", "fake", True)
    connector = make(endpoint, ConnectorContext(secret="not-a-real-secret"), supplier)
    answers = tuple(Answer(f"m-{uuid}", uuid, "accepted", "CNY", 1) for uuid in uuids)
    supplier.pages = [AnswerPage(answers, "c1")]
    with capture_logs() as lines:
        try:
            Deliverer(lambda: MemoryErp(api), lambda _code: connector, Limits()).deliver("nbparts")
        except SyncError:
            assert strange or finish
        Collector(MemoryErp(api), lambda _code: connector, lambda _code: "").collect("nbparts")
    bare = [line for line in lines if not keys_of(line) and (line["event"], line.get("step")) not in WITHOUT]
    assert bare == []
    assert set().union(*map(keys_of, lines)) <= set(uuids)
    assert {line["uuid"] for line in lines if "uuid" in line} == set(uuids)

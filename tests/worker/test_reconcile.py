"""Both sides are compared, and what differs is told, repaired or stopped (R-G5)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from rest_process import SECRET, rest_supplier
from subjects.rest import LOOPBACK
from worker_fakes import FakeSyncApi, MemoryErp
from worker_suppliers import FakeConnector, FakeSupplier

from franchise_sync.delivery.compare import accepted_amounts, compare
from franchise_sync.delivery.inbox import Collector, SeenAnswers
from franchise_sync.delivery.reconcile import Comparison, Reconciler
from franchise_sync.erp.port import Answer, Endpoint, Outcome, ReconcileRow
from franchise_sync.errors import TransientError
from franchise_sync.queue.reconciling import Reconciling
from franchise_sync.runtime import Runtime
from franchise_sync.settings import Settings
from franchise_sync.suppliers.port import AnswerPage, Connector, ConnectorContext, RemoteFact
from franchise_sync.suppliers.rest import RestConnector
from franchise_sync.transport.deadline import Deadline

CODE = "nbparts"
KINDS = ("missing_there", "missing_here", "amount", "state", "hash")


def row(**changes) -> ReconcileRow:
    values = {
        "id": 1,
        "uuid": "u",
        "sha256": "a" * 64,
        "state": "delivered",
        "amount": Decimal("90.00"),
        "currency": "CNY",
        "answer_state": "accepted",
        "accepted_amount": Decimal("90.00"),
    }
    return ReconcileRow(**{**values, **changes})


def fact(state: str = "accepted", amount: str | None = "90.00", currency: str = "CNY", sha256: str = "") -> RemoteFact:
    return RemoteFact("doc,1", state, None if amount is None else Decimal(amount), currency, sha256)


@pytest.mark.parametrize(
    ("ours", "theirs", "kinds"),
    [
        (row(), fact(), []),
        (row(accepted_amount=Decimal("90")), fact(amount="90.000"), []),
        (row(answer_state="partial"), fact(), []),
        (row(), fact(amount="89.99"), ["amount"]),
        (row(), fact(currency="USD"), ["amount"]),
        (row(), fact(currency=""), []),
        (row(), fact("rejected", None), ["state"]),
        (row(), fact("acknowledged", None), ["state"]),
        (row(answer_state="rejected", accepted_amount=Decimal(0)), fact(amount="0.00"), []),
        (row(answer_state="acknowledged"), fact(), ["missing_here"]),
        (row(answer_state="acknowledged"), fact("rejected", None), ["missing_here"]),
        (row(answer_state="acknowledged"), fact("acknowledged", None), []),
        (row(answer_state="withdrawn"), fact(), []),
        (row(answer_state="sent", awaits_answer=False), fact(), []),
        (row(), RemoteFact("doc,1"), []),
        (row(), fact(sha256="a" * 64), []),
        (row(), fact(sha256="b" * 64), ["hash"]),
        (row(state="pending"), fact(sha256="b" * 64), ["hash"]),
        (row(state="pending"), None, []),
        (row(state="rejected"), None, []),
        (row(state="dead"), None, []),
        (row(), None, ["missing_there"]),
        (row(state="parked"), None, ["missing_there"]),
        (row(state="parked"), RemoteFact("doc,1"), ["state"]),
        (row(state="dead"), RemoteFact("doc,1"), ["state"]),
    ],
)
def test_what_is_a_difference(ours: ReconcileRow, theirs: RemoteFact | None, kinds: list[str]) -> None:
    """R-G5: keys, hashes, states, amounts; what the other side can't tell is none."""
    assert [drift.kind for drift in compare(ours, theirs)] == kinds


def test_which_amounts_count() -> None:
    """R-G5: totals hold what both sides can tell of."""
    assert accepted_amounts(row(), fact(amount="80.00")) == (Decimal("90.00"), Decimal("80.00"))
    assert accepted_amounts(row(), fact("rejected", "90.00")) == (Decimal("90.00"), Decimal(0))
    assert accepted_amounts(row(), None) == (Decimal("90.00"), Decimal(0))
    assert accepted_amounts(row(), RemoteFact("doc,1")) is None
    assert accepted_amounts(row(state="pending"), fact()) is None
    assert accepted_amounts(row(awaits_answer=False), fact()) is None


class World:
    """Both sides in agreement: what was sent is there and accepted, and our Odoo knows it."""

    def __init__(self, api: FakeSyncApi, supplier: FakeSupplier, connector: Connector) -> None:
        self.api, self.supplier, self.connector = api, supplier, connector
        self.erp = MemoryErp(api)
        self.collects = 0
        #: Called at each collect, with its number.
        self.meanwhile: Callable[[int], None] = lambda _number: None

    def settle(self, count: int, amount: str = "290.10") -> list[str]:
        uuids = self.api.add(count)
        for mine in list(self.api.rows.values())[-count:]:
            mine.update(state="delivered", answer_state="accepted", accepted_amount=amount)
            self.supplier.documents[mine["uuid"]] = f"doc,{mine['id']}"
            told = RemoteFact(f"doc,{mine['id']}", "accepted", Decimal(amount), "CNY", mine["sha256"])
            self.supplier.told[mine["uuid"]] = told
        return uuids

    def ours(self, uuid: str) -> dict:
        return next(mine for mine in self.api.rows.values() if mine["uuid"] == uuid)

    def collect(self) -> None:
        self.collects += 1
        self.meanwhile(self.collects)

    def reconcile(self, *, repair: bool = True, page: int = 100, **more) -> Comparison:
        return Reconciler(self.erp, self.connector, self.collect, page=page, **more).reconcile(CODE, repair=repair)


@pytest.fixture
def world(api: FakeSyncApi, supplier: FakeSupplier, connector: Connector) -> World:
    return World(api, supplier, connector)


def plant(world: World, uuids: list[str], seed: int) -> dict[str, str]:
    """:return: the kind of difference by uuid"""
    planted = dict(zip(random.Random(seed).sample(uuids, 100), KINDS * 20, strict=True))
    for uuid, kind in planted.items():
        told = world.supplier.told[uuid]
        changes = {
            "missing_there": None,
            "missing_here": told,
            "amount": RemoteFact(told.remote_ref, "accepted", Decimal("290.09"), "CNY", told.sha256),
            "state": RemoteFact(told.remote_ref, "rejected", None, "", told.sha256),
            "hash": RemoteFact(told.remote_ref, "accepted", Decimal("290.10"), "CNY", "0" * 64),
        }[kind]
        if changes is None:
            world.supplier.documents.pop(uuid)
        else:
            world.supplier.told[uuid] = changes
        if kind == "missing_here":
            world.ours(uuid).update(answer_state="acknowledged", accepted_amount="")
    return planted


def test_100_of_100_planted_differences_are_found(world: World) -> None:
    """R-G5: among 5,000 messages, each by its kind, nothing else, and the totals show what is missing."""
    planted = plant(world, world.settle(5000), 7)
    done = world.reconcile(page=500)
    assert not done.problem
    assert done.compared == 5000
    assert {drift.uuid: drift.kind for drift in done.drifts} == planted
    assert done.kinds == Counter(dict.fromkeys(KINDS, 20))
    assert done.effects == {"requeued": 20, "reread": 20, "blocked": 60}
    [total] = done.totals
    assert (total.currency, total.messages) == ("CNY", 5000)
    lost = 20 * Decimal("290.10")
    assert total.ours == 5000 * Decimal("290.10") - lost
    # Missing there and rejected there: nothing; 20 accepted a cent less.
    assert total.theirs == 5000 * Decimal("290.10") - 2 * lost - 20 * Decimal("0.01")
    [closed] = world.api.closed
    assert (closed["complete"], closed["compared"], closed["run"]) == (True, 5000, done.run)
    assert closed["totals"][0]["theirs"] == f"{total.theirs:f}"


def test_without_repair_nothing_is_told(world: World) -> None:
    """R-G5: only looked at."""
    plant(world, world.settle(200), 3)
    before = world.api.states()
    done = world.reconcile(repair=False)
    assert done.found == 100
    assert not done.effects
    assert not world.api.drifts
    assert not world.api.closed
    assert world.api.states() == before


def test_what_moved_meanwhile_is_no_difference(world: World) -> None:
    """R-G5: an answer that came between the two looks."""
    [uuid] = world.settle(1)
    world.ours(uuid).update(answer_state="acknowledged", accepted_amount="")

    def answer_comes(number: int) -> None:
        if number == 2:
            world.ours(uuid).update(answer_state="accepted", accepted_amount="290.10")

    world.meanwhile = answer_comes
    done = world.reconcile()
    assert (done.found, world.collects) == (0, 2)
    assert done.totals[0].ours == done.totals[0].theirs


def test_memory_and_calls_stay_bounded(world: World) -> None:
    """R-G5: page by page; one question to each side a page."""
    world.settle(95)
    asked: list[int] = []
    facts = world.connector.facts

    def counted(uuids, deadline):
        asked.append(len(uuids))
        return facts(uuids, deadline)

    world.connector.facts = counted  # type: ignore[method-assign]
    assert world.reconcile(page=10).compared == 95
    assert asked == [10] * 9 + [5]
    assert world.api.calls.count("reconcile_page") == 10


def test_a_supplier_that_fails_midway_leaves_an_incomplete_run(world: World) -> None:
    """R-G5: what was found counts, and nothing of before is settled."""
    uuids = world.settle(30)
    world.supplier.documents.pop(uuids[0])
    facts, calls = world.connector.facts, []

    def failing(asked, deadline):
        calls.append(len(asked))
        if len(calls) == 4:
            raise TransientError("The supplier's system is down.")
        return facts(asked, deadline)

    world.connector.facts = failing  # type: ignore[method-assign]
    done = world.reconcile(page=10)
    assert done.problem == "The supplier's system is down."
    assert (done.found, done.compared) == (1, 20)
    assert world.api.closed[0]["complete"] is False


def test_a_side_that_cant_be_asked_is_not_compared(world: World) -> None:
    """R-G5: a letter that nobody can ask about is not missing."""
    world.settle(3)
    world.connector.can_be_asked = False
    done = world.reconcile()
    assert "can't be asked" in done.problem
    assert not world.api.drifts
    assert not world.api.closed


def test_answers_are_read_again_even_those_that_this_process_knows(api: FakeSyncApi, connector: Connector) -> None:
    """R-G5: our Odoo lost them (a backup was put back); the memory of this process must not hide them."""
    [uuid] = api.add(1)
    answer = Answer("m1", uuid, "accepted", "CNY", Decimal("90.00"))
    connector.supplier.pages = [AnswerPage((answer,), "c1")]  # type: ignore[attr-defined]
    erp = MemoryErp(api)
    collector = Collector(erp, lambda _c: connector, lambda _c: api.systems[0]["poll_cursor"], SeenAnswers())
    assert collector.collect(CODE) == {"applied": 1}
    assert collector.collect(CODE) == {}
    api.inbox.clear()
    erp.report_drift(CODE, "run-12345", [*compare(row(uuid=uuid, answer_state=""), fact())])
    assert collector.collect(CODE) == {"applied": 1}


@pytest.fixture
def runtime(api: FakeSyncApi, supplier: FakeSupplier, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    monkeypatch.setenv("FRANCHISE_SYNC_SECRET_NBPARTS", "not-a-real-secret")
    return Runtime(
        Settings(reconcile_interval=60),
        erp_factory=lambda _settings: MemoryErp(api),
        build_connector=lambda endpoint, context: FakeConnector(endpoint, context, supplier),
    )


def test_the_worker_does_it_by_itself_in_turn(runtime: Runtime, api: FakeSyncApi, supplier: FakeSupplier) -> None:
    """R-G5: what our Odoo hands out is compared and repaired; one that can't be used keeps no other waiting."""
    [uuid] = api.add(1)
    api.rows[1]["state"] = "delivered"
    api.turns = ["gone", CODE]
    Reconciling(runtime).work()
    assert [(drift["uuid"], drift["effect"]) for drift in api.drifts] == [(uuid, "requeued")]
    assert api.turns == []
    assert api.calls.count("reconcile_turn") == 3


def test_100_of_100_against_a_real_supplier(api: FakeSyncApi, tmp_path: Path) -> None:
    """R-G5: the reference supplier as a process of its own, asked over its API; what we sent and it accepted is compared
    with books of ours in which 100 of 400 messages were changed."""
    with rest_supplier(tmp_path, "--answer", "accepted") as process:
        endpoint = Endpoint(CODE, "NB Parts", "rest", True, process.url, options={"many": True})
        connector = RestConnector(endpoint, ConnectorContext(secret=SECRET, policy=LOOPBACK))
        api.add(400)
        lease = MemoryErp(api).lease(CODE, 400, 600, "lease-of-all")
        deliveries = connector.send(lease.messages[20:], Deadline(60))
        assert {delivery.outcome for delivery in deliveries} == {Outcome.ACK}
        for mine in api.rows.values():
            mine.update(state="delivered", answer_state="accepted", accepted_amount="290.10")
        changes = {
            "missing_there": {},
            "missing_here": {"answer_state": "acknowledged", "accepted_amount": ""},
            "amount": {"accepted_amount": "290.00"},
            "state": {"answer_state": "rejected", "accepted_amount": "0.00"},
            "hash": {"sha256": "0" * 64},
        }
        planted = {}
        # The first 20 were never sent: that is how they are missing there.
        for number, mine in enumerate(list(api.rows.values())[:100]):
            kind = KINDS[number // 20]
            planted[mine["uuid"]] = kind
            mine.update(changes[kind])
        reconciler = Reconciler(MemoryErp(api), connector, lambda: None, page=150)
        done = reconciler.reconcile(CODE, repair=True)
        connector.close()
    assert not done.problem
    assert {drift.uuid: drift.kind for drift in done.drifts} == planted
    assert (done.compared, done.found) == (400, 100)
    assert done.totals[0].theirs == 380 * Decimal("290.10")


@pytest.mark.parametrize("theirs", ["rejected", "accepted"])
def test_what_we_dispute_is_no_difference(theirs: str) -> None:
    """R-G5: they refused, or accepted in part, and we don't agree: both sides say the truth."""
    row = ReconcileRow(
        id=1, uuid="u", sha256="", state="delivered", amount=Decimal(100), currency="CNY",
        answer_state="disputed", accepted_amount=Decimal(0), kind="claim_submitted", awaits_answer=True,
    )  # fmt: skip
    assert compare(row, RemoteFact("doc,1", theirs, Decimal(40), "CNY")) == []

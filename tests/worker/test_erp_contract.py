"""What every adapter of the port to our Odoo has to keep. A new adapter adds a line to ADAPTERS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from worker_fakes import FakeSyncApi, MemoryErp
from worker_servers import DATABASE, KEY, LOGIN, odoo_of, serving

from franchise_sync.erp.json2_adapter import Json2Erp
from franchise_sync.erp.odoorpc_adapter import OdooRpcErp
from franchise_sync.erp.port import Answer, Drift, ErpPort, Outcome, Result, Total
from franchise_sync.errors import SyncError, WireError
from franchise_sync.transport.guard import Target, TargetPolicy
from franchise_sync.transport.json2_client import Json2Client
from franchise_sync.transport.odoo_client import OdooClient

FIRST, SECOND = "5c9b9d7e-0000-4000-8000-000000000001", "5c9b9d7e-0000-4000-8000-000000000002"


def memory(api: FakeSyncApi, _stack: ExitStack) -> ErpPort:
    return MemoryErp(api)


def over_odoorpc(api: FakeSyncApi, stack: ExitStack) -> ErpPort:
    server = stack.enter_context(serving(odoo_of(api)))
    policy = TargetPolicy(inside=True)
    return OdooRpcErp(OdooClient(Target.parse(server.url), DATABASE, LOGIN, KEY, policy=policy, deadline=5))


def over_json2(api: FakeSyncApi, stack: ExitStack) -> ErpPort:
    server = stack.enter_context(serving(odoo_of(api)))
    policy = TargetPolicy(inside=True)
    return Json2Erp(Json2Client(Target.parse(server.url), DATABASE, KEY, policy=policy, deadline=5))


ADAPTERS: list[Callable[[FakeSyncApi, ExitStack], ErpPort]] = [memory, over_odoorpc, over_json2]


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def erp(request: pytest.FixtureRequest, api: FakeSyncApi) -> Iterator[ErpPort]:
    with ExitStack() as stack:
        made = request.param(api, stack)
        yield made
        made.close()


def result(message, outcome: Outcome = Outcome.ACK, **changes) -> Result:
    return Result(message.id, message.uuid, outcome, started_at=datetime(2026, 11, 23, 8, tzinfo=UTC), **changes)


def test_endpoints_and_pending(erp: ErpPort, api: FakeSyncApi) -> None:
    """R-G6: what there is to serve."""
    api.add(3)
    [endpoint] = erp.endpoints()
    assert (endpoint.code, endpoint.enabled, endpoint.options) == ("nbparts", True, {})
    [pending] = erp.pending()
    assert (pending.due, pending.awaiting_answer, pending.breaker) == (3, 0, "closed")
    assert erp.server_version() == "19.0"


def test_lease_and_finish(erp: ErpPort, api: FakeSyncApi) -> None:
    """R-G4: a batch is taken once and its results recorded in one call."""
    api.add(5)
    lease = erp.lease("nbparts", 3, 60, FIRST)
    assert len(lease.messages) == 3
    assert lease.lease_until > datetime.now(UTC)
    assert lease.messages[0].attempt == 1
    assert len(erp.lease("nbparts", 10, 60, SECOND).messages) == 2
    finished = erp.finish(FIRST, [result(message) for message in lease.messages])
    assert set(finished.applied) == {message.id for message in lease.messages}
    assert not finished.late


def test_repeated_lease_gives_the_same(erp: ErpPort, api: FakeSyncApi) -> None:
    """R-G4: should only the reply have been lost."""
    api.add(4)
    first = erp.lease("nbparts", 2, 60, FIRST)
    assert erp.lease("nbparts", 2, 60, FIRST).messages == first.messages


def test_late_results_are_named(erp: ErpPort, api: FakeSyncApi) -> None:
    """R-G4: an ack after the lease is still a fact."""
    api.add(1)
    [message] = erp.lease("nbparts", 1, 60, FIRST).messages
    api.rows[message.id]["token"] = SECOND
    assert erp.finish(FIRST, [result(message)]).late == (message.id,)
    assert api.rows[message.id]["state"] == "delivered"


def test_files_of_leased_messages(erp: ErpPort, api: FakeSyncApi) -> None:
    """R-G1: their bytes as they are; only of messages on their way, and as many as fit."""
    keys = api.add(3)
    rows = {"name": "报表.pdf", "mimetype": "application/pdf", "sha256": "0" * 64, "content": "JVBERi0A/w=="}
    api.files = [{"uuid": key, **rows} for key in keys]
    assert erp.attachments(keys) == []
    erp.lease("nbparts", 3, 60, FIRST)
    files = erp.attachments(keys)
    assert [file.uuid for file in files] == keys[:2]
    assert (files[0].name, files[0].content) == ("报表.pdf", b"%PDF-\x00\xff")
    assert "PDF" not in repr(files[0]).replace("报表.pdf", "").replace("application/pdf", "")
    api.files[0]["content"] = "no base64!"
    with pytest.raises(WireError, match="attachments"):
        erp.attachments(keys)


def test_release_gives_back(erp: ErpPort, api: FakeSyncApi) -> None:
    """R-G4: a graceful stop counts no try."""
    api.add(2)
    erp.lease("nbparts", 2, 60, FIRST)
    assert erp.pending()[0].due == 0
    assert erp.release(FIRST) == 2
    assert erp.pending()[0].due == 2


def test_receive_once(erp: ErpPort, api: FakeSyncApi) -> None:
    """R-G3: the same answer twice is a duplicate; the cursor is stored with it."""
    [uuid] = api.add(1)
    answer = Answer("m1", uuid, "accepted", "CNY", Decimal("90.00"), (("1", Decimal("90.00")),), "RBILL/1", "为什么")
    assert [receipt.status for receipt in erp.receive("nbparts", [answer], "c1")] == ["applied"]
    assert [receipt.status for receipt in erp.receive("nbparts", [answer], None)] == ["duplicate"]
    assert erp.endpoints()[0].poll_cursor == "c1"
    stored = api.inbox[("nbparts", "m1")]
    assert stored["amount"] == "90.00"
    assert stored["lines"] == [{"key": "1", "amount": "90.00"}]


def test_reconcile_pages(erp: ErpPort, api: FakeSyncApi) -> None:
    """R-G5: all rows, page by page, amounts as decimals."""
    api.add(5)
    first = erp.reconcile_page("nbparts", 0, 3)
    second = erp.reconcile_page("nbparts", first.next, 3)
    assert len(first.rows) + len(second.rows) == 5
    assert second.next == 0
    assert first.rows[0].amount == Decimal("290.10")
    assert first.rows[0].accepted_amount == 0


def test_status(erp: ErpPort, api: FakeSyncApi) -> None:
    """R-G6: the figures of the monitor."""
    api.add(2)
    status = erp.status()
    assert status.endpoints[0].pending == 2
    assert status.endpoints[0].last_success_at is None
    assert status.time == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_the_channel_of_the_bus(erp: ErpPort) -> None:
    """R-G9: where to listen for the bell."""
    assert erp.wake_channel().startswith("franchise_sync_wake:")


def test_strange_replies_are_named(erp: ErpPort, api: FakeSyncApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-G7: an addon of another version gives a sentence, not a stack."""
    monkeypatch.setattr(api, "pending", lambda **_kwargs: [{"code": "nbparts"}])
    with pytest.raises(WireError, match="versions"):
        erp.pending()


def test_failures_are_typed(erp: ErpPort, api: FakeSyncApi) -> None:
    """R-G4: nothing but SyncError leaves the port."""
    from franchise_sync.errors import Refused

    api.fail_before["finish"] = [Refused("fits no message")]
    with pytest.raises(SyncError, match="fits no message"):
        erp.finish(FIRST, [])


def test_reconciliation(erp: ErpPort, api: FakeSyncApi) -> None:
    """R-G5: differences and totals go over the wire as they are; amounts never as binary fractions."""
    [uuid] = api.add(1)
    api.rows[1].update(state="delivered", answer_state="accepted", accepted_amount="290.10")
    [row] = erp.reconcile_page("nbparts").rows
    assert (row.kind, row.document, row.awaits_answer) == ("claim_submitted", "AFC/1", True)
    assert (row.answer_state, row.accepted_amount) == ("accepted", Decimal("290.10"))
    drift = Drift(uuid, "missing_there", "delivered", "", "doc,1")
    assert erp.report_drift("nbparts", FIRST, [drift]) == ["requeued"]
    assert {**api.drifts[0], "run": ""} == {
        "uuid": uuid, "kind": "missing_there", "ours": "delivered", "theirs": "", "remote_ref": "doc,1", "run": "",
        "effect": "requeued",
    }  # fmt: skip
    total = Total("CNY", 1, Decimal("290.10"), Decimal("1E+3"))
    assert erp.close_reconciliation("nbparts", FIRST, 1, [total], True) == 0
    assert api.closed[0]["totals"] == [{"currency": "CNY", "messages": 1, "ours": "290.10", "theirs": "1000"}]
    api.turns = ["nbparts"]
    assert [erp.reconcile_turn(3600), erp.reconcile_turn(3600)] == ["nbparts", ""]


def test_the_cheap_look_tells_only_what_is_due(erp: ErpPort, api: FakeSyncApi) -> None:
    """R-G9: thousands of suppliers without work are not told of every two seconds."""
    api.systems += [{**api.systems[0], "code": f"idle{number}"} for number in range(50)]
    api.add(2)
    assert len(erp.pending()) == 51
    assert [(row.code, row.due) for row in erp.pending(only_due=True)] == [("nbparts", 2)]
    assert [endpoint.code for endpoint in erp.endpoints("idle7")] == ["idle7"]

"""Notices against a real stock Odoo of a supplier: what a clerk sees there, however often they are sent."""

from __future__ import annotations

import hashlib
import json
import uuid as uuids
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from supplier_books import DEADLINE, claim, clerk_of, connect, cutting, outcomes

from franchise_sync.delivery.classify import classify
from franchise_sync.erp.port import Message, Outcome
from franchise_sync.errors import UnknownFate
from franchise_sync.transport.deadline import Deadline


def notice(**changes: Any) -> Message:
    key = str(uuids.uuid4())
    data = {
        "version": 1,
        "kind": "termination_notice",
        "uuid": key,
        "document": {"number": f"Notice {key[:8]}", "revision": 1},
        "customer": {"name": "Tea & Light 茶里有光", "ref": "HQ"},
        "status": "given",
        "contract": {"number": f"FC/{key[:8]}", "franchisee": "青禾餐饮"},
        "ends_on": "2026-12-31",
        "agreement": {"number": "SA/0003", "decision": "end"},
        "decision_text": "终止",
        "run_off_until": "2027-06-30",
        "outlets": [{"code": "SH-001", "name": "南京路店"}],
        "text": "The contract <b>ends</b> & its outlets close.",
        **changes,
    }
    return message_of(data)


def amendment() -> Message:
    key = str(uuids.uuid4())
    data = {
        "version": 1,
        "kind": "agreement_amended",
        "uuid": key,
        "document": {"number": "SA/0003 version 2", "revision": 1},
        "customer": {"name": "Tea & Light 茶里有光", "ref": "HQ"},
        "agreement": {"number": f"SA/{key[:8]}", "version": 2},
        "date_from": "2027-01-01",
        "changes": ["保修月数: 24 → 12"],
    }
    return message_of(data)


def message_of(data: dict[str, Any]) -> Message:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return Message(1, data["uuid"], data["kind"], "a,1", 1, 1, text, hashlib.sha256(text.encode()).hexdigest())


def left(supplier: Any, message: Message) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The notes and the to-dos about this message on our customer record, as the clerk sees them.

    Their Odoo adds a notification to the clerk of each to-do by itself, which is no comment of ours.
    """
    data = json.loads(message.payload)
    words = data["contract"]["number"] if "contract" in data else data["agreement"]["number"]
    with clerk_of(supplier) as clerk:
        about = [("model", "=", "res.partner"), ("message_type", "=", "comment"), ("subject", "ilike", words)]
        notes = clerk.call("mail.message", "search_read", about, ["res_id", "subject", "body"])
        todo = [("res_model", "=", "res.partner"), ("summary", "ilike", words)]
        return notes, clerk.call("mail.activity", "search_read", todo, ["res_id", "summary", "user_id", "state"])


def test_a_notice_is_a_note_and_a_to_do(supplier_odoo: Any) -> None:
    """R-B4: on our customer record, for its salesperson; the letter's markup is text; repeated, it stays one."""
    connector, sent = connect(supplier_odoo), notice()
    [first] = connector.send([sent], Deadline(DEADLINE))
    assert first.outcome is Outcome.ACK, first
    assert first.detail == ""
    [second] = connector.send([sent], Deadline(DEADLINE))
    assert (second.outcome, second.remote_ref) == (Outcome.ACK, first.remote_ref)
    assert dict(connector.ask([sent.uuid, str(uuids.uuid4())], Deadline(DEADLINE))) == {sent.uuid: first.remote_ref}
    connector.close()
    [note], [todo] = left(supplier_odoo, sent)
    assert note["subject"].startswith("Termination notice: franchise contract FC/")
    assert "&lt;b&gt;ends&lt;/b&gt; &amp; its outlets" in note["body"]
    assert "南京路店" in note["body"]
    assert todo["res_id"] == note["res_id"]
    assert (todo["user_id"][1], todo["state"]) == ("Credit Clerk", "today")


def test_an_amendment_is_a_note(supplier_odoo: Any) -> None:
    """R-C6: with what changed; in one batch with a claim."""
    connector = connect(supplier_odoo)
    sent, money = amendment(), claim()
    assert outcomes(connector.send([money, sent], Deadline(DEADLINE))) == [Outcome.ACK, Outcome.ACK]
    connector.close()
    [note], [_todo] = left(supplier_odoo, sent)
    assert "保修月数: 24 → 12" in note["body"]


@pytest.mark.parametrize("model", ["mail.activity", "mail.message"])
def test_cut_off_between_the_two_calls(supplier_odoo: Any, model: str) -> None:
    """R-G4: the note is the seal: without it, sent again; with it, an ack. One note and one to-do in the end."""
    sent = notice()
    with cutting(supplier_odoo.url, model) as url:
        connector = connect(supplier_odoo, url)
        with pytest.raises(UnknownFate) as caught:
            connector.send([sent], Deadline(DEADLINE))
        [delivery] = classify(caught.value, [sent], connector, DEADLINE)
        assert delivery.outcome is (Outcome.ACK if model == "mail.message" else Outcome.RETRY), delivery
        assert outcomes(connector.send([sent], Deadline(DEADLINE))) == [Outcome.ACK]
        connector.close()
    notes, todos = left(supplier_odoo, sent)
    assert (len(notes), len(todos)) == (1, 1)


def test_a_to_do_that_was_done_does_not_come_back(supplier_odoo: Any) -> None:
    """R-G4: the clerk's work is left alone by a repetition."""
    connector, sent = connect(supplier_odoo), notice()
    connector.send([sent], Deadline(DEADLINE))
    _notes, [todo] = left(supplier_odoo, sent)
    with clerk_of(supplier_odoo) as clerk:
        clerk.call("mail.activity", "action_done", [todo["id"]])
    assert outcomes(connector.send([sent], Deadline(DEADLINE))) == [Outcome.ACK]
    connector.close()
    notes, todos = left(supplier_odoo, sent)
    assert (len(notes), todos) == (1, [])


def test_two_workers_leave_one_note(supplier_odoo: Any) -> None:
    """R-G4: their database decides by the external ids; the loser tries again and finds it."""
    sent = [notice() for _ in range(3)]
    connectors = [connect(supplier_odoo) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda c: c.send(sent, Deadline(DEADLINE)), connectors))
    assert {outcome for deliveries in results for outcome in outcomes(deliveries)} <= {Outcome.ACK, Outcome.RETRY}
    assert set(outcomes(connectors[0].send(sent, Deadline(DEADLINE)))) == {Outcome.ACK}
    for connector in connectors:
        connector.close()
    for message in sent:
        notes, todos = left(supplier_odoo, message)
        assert (len(notes), len(todos)) == (1, 1)

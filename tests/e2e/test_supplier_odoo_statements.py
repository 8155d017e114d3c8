"""Statements against a real stock Odoo of a supplier: what a clerk finds there, and what their answers become."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid as uuids
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from supplier_books import DEADLINE, answers, claim, clerk_of, connect, cutting, outcomes

from franchise_sync.delivery.classify import classify
from franchise_sync.erp.port import Message, MessageFile, Outcome
from franchise_sync.errors import UnknownFate
from franchise_sync.transport.deadline import Deadline

PRINT = b"%PDF-1.7\n\xe2\xe3\xcf\xd3 " + b"statement \x00\xff" * 5000


def files(keys: Sequence[str]) -> list[MessageFile]:
    """Our Odoo as a source of prints: one in a reply."""
    return [MessageFile(key, "x.pdf", "application/pdf", "", PRINT) for key in keys[:1]]


def message_of(kind: str, **data: Any) -> Message:
    key = str(uuids.uuid4())
    common = {"version": 1, "kind": kind, "uuid": key, "customer": {"name": "Tea & Light 茶里有光", "ref": "HQ"}}
    document = {"number": f"ST/{key[:8]}", "revision": 1}
    text = json.dumps({**common, "document": document, **data}, sort_keys=True, separators=(",", ":"))
    return Message(1, key, kind, "a,1", 1, 1, text, hashlib.sha256(text.encode()).hexdigest())


def statement(**changes: Any) -> Message:
    return message_of(
        "settlement_issued",
        **{
            "party": "supplier",
            "type": "final",
            "date_to": "2026-10-31",
            "currency": "CNY",
            "opening_balance": "0.00",
            "amount": "150.00",
            "closing_balance": "150.00",
            "answer_until": "2026-12-24",
            "answer_days": 30,
            "silence": "agree",
            "line_count": 2,
            "lines": [
                {"key": "1", "kind": "recovery", "date": "2026-10-02", "description": "阀门 <b>", "amount": "80.00"},
                {"key": "2", "kind": "recovery", "date": "2026-10-03", "description": "Pump", "amount": "70.00"},
            ],
            "statement": {
                "name": "对账单 2026-10.pdf",
                "mimetype": "application/pdf",
                "size": len(PRINT),
                "sha256": hashlib.sha256(PRINT).hexdigest(),
            },
            **changes,
        },
    )


def left(supplier: Any, message: Message) -> tuple[list[Any], list[Any], list[Any]]:
    """(notes, to-dos, prints) about this statement on our customer record, as the clerk sees them."""
    number = json.loads(message.payload)["document"]["number"]
    with clerk_of(supplier) as clerk:
        about = [("model", "=", "res.partner"), ("message_type", "=", "comment"), ("subject", "ilike", number)]
        notes = clerk.call("mail.message", "search_read", about, ["res_id", "subject", "body", "attachment_ids"])
        todo = [("res_model", "=", "res.partner"), ("summary", "ilike", number)]
        fields = ["res_id", "summary", "note", "user_id", "date_deadline"]
        todos = clerk.call("mail.activity", "search_read", todo, fields)
        found = [file for note in notes for file in note["attachment_ids"]]
        prints = clerk.call("ir.attachment", "read", found, ["name", "datas", "res_model", "res_id", "mimetype"])
    return notes, todos, prints


def done(supplier: Any, message: Message, feedback: str) -> None:
    """The clerk marks the to-do as done, as the button in the chatter does it."""
    _notes, [todo], _prints = left(supplier, message)
    with clerk_of(supplier) as clerk:
        clerk.call("mail.activity", "action_feedback", [todo["id"]], feedback=feedback)


def test_a_statement_arrives_once_with_its_print(supplier_odoo: Any) -> None:
    """R-G1, R-G4: a note with the lines and the print, and a to-do due when the answer is; beside a claim."""
    connector, sent, money = connect(supplier_odoo, files=files), statement(), claim()
    first, other = connector.send([sent, money], Deadline(DEADLINE))
    assert (first.outcome, other.outcome, first.detail) == (Outcome.ACK, Outcome.ACK, ""), (first, other)
    [second] = connector.send([sent], Deadline(DEADLINE))
    assert (second.outcome, second.remote_ref) == (Outcome.ACK, first.remote_ref)
    assert dict(connector.ask([sent.uuid], Deadline(DEADLINE))) == {sent.uuid: first.remote_ref}
    connector.close()
    [note], [todo], [file] = left(supplier_odoo, sent)
    assert "1 | 2026-10-02 | 阀门 &lt;b&gt; | 80.00" in note["body"]
    assert base64.b64decode(file["datas"]) == PRINT
    assert (file["name"], file["mimetype"]) == ("对账单 2026-10.pdf", "application/pdf")
    assert (file["res_model"], file["res_id"]) == ("res.partner", note["res_id"])
    assert (todo["user_id"][1], todo["date_deadline"]) == ("Credit Clerk", "2026-12-24")
    assert "AGREE" in todo["note"]


def test_several_prints_in_one_batch(supplier_odoo: Any) -> None:
    """R-G4: each statement has its own, though our Odoo gives one at a time."""
    connector, sent = connect(supplier_odoo, files=files), [statement() for _ in range(3)]
    assert set(outcomes(connector.send(sent, Deadline(DEADLINE)))) == {Outcome.ACK}
    connector.close()
    for message in sent:
        notes, todos, prints = left(supplier_odoo, message)
        assert (len(notes), len(todos), len(prints)) == (1, 1, 1)


@pytest.mark.parametrize("model", ["ir.attachment", "mail.activity", "mail.message"])
def test_cut_off_after_any_call(supplier_odoo: Any, model: str) -> None:
    """R-G4: the note is the seal: without it, sent again; with it, an ack. One of each in the end."""
    sent = statement()
    with cutting(supplier_odoo.url, model) as url:
        connector = connect(supplier_odoo, url, files)
        with pytest.raises(UnknownFate) as caught:
            connector.send([sent], Deadline(DEADLINE))
        [delivery] = classify(caught.value, [sent], connector, DEADLINE)
        assert delivery.outcome is (Outcome.ACK if model == "mail.message" else Outcome.RETRY), delivery
        assert outcomes(connector.send([sent], Deadline(DEADLINE))) == [Outcome.ACK]
        connector.close()
    notes, todos, prints = left(supplier_odoo, sent)
    assert (len(notes), len(todos), len(prints)) == (1, 1, 1)


def test_two_workers_leave_one_statement(supplier_odoo: Any) -> None:
    """R-G4: their database decides by the external ids."""
    sent = [statement() for _ in range(2)]
    connectors = [connect(supplier_odoo, files=files) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda c: c.send(sent, Deadline(DEADLINE)), connectors))
    assert {outcome for deliveries in results for outcome in outcomes(deliveries)} <= {Outcome.ACK, Outcome.RETRY}
    assert set(outcomes(connectors[0].send(sent, Deadline(DEADLINE)))) == {Outcome.ACK}
    for connector in connectors:
        connector.close()
    for message in sent:
        notes, todos, prints = left(supplier_odoo, message)
        assert (len(notes), len(todos), len(prints)) == (1, 1, 1)


def test_the_to_do_is_the_answer(supplier_odoo: Any) -> None:
    """R-G3: agreed, disputed by line, and words that a person has to read; read again, the same answers."""
    connector = connect(supplier_odoo, files=files)
    agreed, disputed, unclear, seen, waiting = sent = [statement() for _ in range(5)]
    connector.send(sent, Deadline(DEADLINE))
    done(supplier_odoo, agreed, "AGREE")
    done(supplier_odoo, disputed, "DISPUTE\n2 60.50 少一件 <one short>")
    done(supplier_odoo, unclear, "Please call me")
    done(supplier_odoo, seen, "")
    [yes] = answers(connector, agreed)
    assert (yes.state, yes.currency, yes.lines) == ("accepted", "", ())
    [no] = answers(connector, disputed)
    assert (no.state, no.currency, no.lines) == ("disputed", "CNY", (("2", Decimal("60.50")),))
    assert no.line_reasons == (("2", "少一件 <one short>"),)
    assert "Credit Clerk" in no.raw
    [perhaps] = answers(connector, unclear)
    assert (perhaps.state, perhaps.lines, perhaps.reason) == ("disputed", (), "Please call me")
    assert [answer.state for answer in answers(connector, seen)] == ["acknowledged"]
    assert answers(connector, waiting) == []
    assert [answer.message_id for answer in answers(connector, agreed)] == [yes.message_id]
    cursor = [page.cursor for page in connector.answers("")][-1]
    assert [answer.message_id for answer in answers(connector, agreed, cursor)] == [yes.message_id]
    # A repetition doesn't ask again.
    connector.send([agreed], Deadline(DEADLINE))
    assert left(supplier_odoo, agreed)[1] == []
    connector.close()


def test_taken_back(supplier_odoo: Any) -> None:
    """R-G1: the question goes, the word that it no longer holds comes; who answered before keeps their answer."""
    connector = connect(supplier_odoo, files=files)
    open_one, answered = statement(), statement()
    connector.send([open_one, answered], Deadline(DEADLINE))
    done(supplier_odoo, answered, "AGREE")
    taken = [
        message_of("settlement_reversed", original=one.uuid, status="reversed", reason="Twice", currency="CNY")
        for one in (open_one, answered)
    ]
    assert outcomes(connector.send(taken, Deadline(DEADLINE))) == [Outcome.ACK, Outcome.ACK]
    assert outcomes(connector.send(taken, Deadline(DEADLINE))) == [Outcome.ACK, Outcome.ACK]
    assert left(supplier_odoo, open_one)[1] == []
    assert [answer.state for answer in answers(connector, answered)] == ["accepted"]
    connector.close()
    for message in taken:
        notes, todos, _prints = left(supplier_odoo, message)
        assert "no longer holds: reversed" in notes[0]["subject"]
        assert (len(notes), len(todos)) == (1, 1)

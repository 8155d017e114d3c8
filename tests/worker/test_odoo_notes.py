"""Notices at a supplier's stock Odoo: what is worded, and what a delivery that breaks off leaves. No Odoo in here."""

from __future__ import annotations

import hashlib
import uuid as uuids
from typing import Any

import pytest
from worker_books import Client
from worker_fakes import PAYLOADS, amendment_payload, termination_payload

from franchise_sync.erp.port import Endpoint, Message, Outcome
from franchise_sync.errors import PayloadError, UnknownFate
from franchise_sync.suppliers import odoo_note_text as wording
from franchise_sync.suppliers.odoo_books import Books
from franchise_sync.suppliers.odoo_note_text import amendment_note, termination_note
from franchise_sync.suppliers.odoo_notes import CustomerNotes

KEY = "5c9b9d7e-1111-4000-8000-000000000001"


def notes(client: Client, note_of: Any = termination_note) -> CustomerNotes:
    endpoint = Endpoint("x", "X", "odoo", True, "https://erp.example.com", "d", "franchise", {})
    return CustomerNotes(Books(client, endpoint), note_of)  # type: ignore[arg-type]


def message(kind: str = "termination_notice", **changes: Any) -> Message:
    key = str(uuids.uuid4())
    text = PAYLOADS[kind](key, **changes)
    return Message(1, key, kind, "a,1", 1, 1, text, hashlib.sha256(text.encode()).hexdigest())


def test_a_termination_in_words() -> None:
    """R-B4: what ends, when, which outlets, what becomes of the agreement, until when goods are served."""
    note = termination_note(termination_payload(KEY), KEY)
    assert note.summary == "Termination notice: franchise contract FC/2024/0007 ends on 2026-12-31"
    for line in (
        "From: Tea & Light 茶里有光",
        "Franchisee: Qinghe Catering 青禾餐饮",
        "Outlets: SH-001 Nanjing Road; SH-002 Bund",
        "Agreement: SA/0003",
        "The agreement: 终止",
        "Goods sold before are served until: 2027-06-30",
    ):
        assert line in note.text.splitlines()


def test_a_withdrawal_in_words() -> None:
    """R-B4: the supplier must not mistake it for a second termination."""
    note = termination_note(termination_payload(KEY, status="withdrawn"), KEY)
    assert note.summary == "Notice withdrawn: franchise contract FC/2024/0007"


def test_an_amendment_in_words() -> None:
    """R-C6: number, dates, what changed."""
    note = amendment_note(amendment_payload(KEY), KEY)
    assert note.summary == "Agreement SA/0003 amended: version 2 from 2027-01-01"
    assert "Warranty Months: 24 → 12\nCarrier: – → SF" in note.text


def test_the_rows_are_text_not_markup() -> None:
    """R-G2: an internal note on our customer record; nothing of the letter is taken as markup."""
    note = termination_note(termination_payload(KEY), KEY)
    row = dict(zip(wording.NOTE_FIELDS, wording.note_row(note, 8), strict=True))
    assert (row["id"], row["model"], row["res_id"]) == (f"franchise_sync.{KEY}_note", "res.partner", "8")
    assert (row["subtype_id/id"], row["message_id"]) == ("mail.mt_note", f"<{KEY}@franchise-sync>")
    assert "Dear &lt;b&gt;partner&lt;/b&gt;,<br/>the contract &amp; its outlets close." in row["body"]
    todo = dict(zip(wording.TODO_FIELDS, wording.todo_row(note, 8, 4), strict=True))
    assert (todo["id"], todo["user_id/.id"], todo["res_id"]) == (f"franchise_sync.{KEY}_todo", "4", "8")


@pytest.mark.parametrize(
    ("kind", "note_of"), [("termination_notice", termination_note), ("agreement_amended", amendment_note)]
)
def test_delivered_once_however_often(kind: str, note_of: Any) -> None:
    """R-G4: one note and one to-do a uuid; the second time nothing is even loaded."""
    client = Client()
    handler, sent = notes(client, note_of), message(kind)
    first, second = handler.send([sent])[sent.uuid], handler.send([sent])[sent.uuid]
    assert (first.outcome, second.outcome, first.remote_ref) == (Outcome.ACK, Outcome.ACK, second.remote_ref)
    assert client.loads == ["mail.activity", "mail.message"]
    assert dict(handler.ask([sent.uuid, KEY])) == {sent.uuid: first.remote_ref}


@pytest.mark.parametrize("model", ["mail.activity", "mail.message"])
def test_cut_off_after_either_call(model: str) -> None:
    """R-G4: not there until the note is; sent again, it is completed and nothing is doubled."""
    client = Client()
    client.cut[model] = UnknownFate("cut off")
    handler, sent = notes(client), message()
    with pytest.raises(UnknownFate):
        handler.send([sent])
    assert bool(handler.ask([sent.uuid])) == (model == "mail.message")
    assert handler.send([sent])[sent.uuid].outcome is Outcome.ACK
    assert [len(client.rows[left]) for left in ("mail.activity", "mail.message")] == [1, 1]


def test_without_a_salesperson_the_note_says_so() -> None:
    """R-B4: the note is what counts; the log says why nobody is reminded."""
    client, sent = Client(salesperson=0), message()
    delivery = notes(client).send([sent])[sent.uuid]
    assert delivery.outcome is Outcome.ACK
    assert "no salesperson" in delivery.detail
    assert client.loads == ["mail.message"]


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("You are not allowed to create 'Activity' records.", Outcome.ACK),
        ("No activity for this user", Outcome.ACK),
        ("could not serialize access due to concurrent update", Outcome.RETRY),
    ],
)
def test_a_to_do_that_can_not_be_left(words: str, outcome: Outcome) -> None:
    """R-B4: a missing right doesn't keep the notice away; a conflict is tried again."""
    client, sent = Client(), message()
    client.words["mail.activity"] = words
    delivery = notes(client).send([sent])[sent.uuid]
    assert delivery.outcome is outcome
    assert words in delivery.detail
    assert bool(client.rows["mail.message"]) == (outcome is Outcome.ACK)


def test_a_missing_right_waits_and_names_the_group() -> None:
    """R-G8: for this kind only, so that claims of the same batch go on."""
    client, sent = Client(), message()
    client.denied.add("write res.partner")
    delivery = notes(client).send([sent])[sent.uuid]
    assert (delivery.outcome, delivery.retry_after) == (Outcome.RETRY, 600)
    assert "may not write res.partner" in delivery.detail
    assert "Contact: Creation" in delivery.detail
    assert not client.loads


def test_an_unknown_customer_waits_for_a_correction() -> None:
    """R-G4: their customer list or our option is wrong, not the notice."""
    client = Client()
    good, bad = message(), message(customer={"name": "X", "ref": "NOBODY"})
    deliveries = notes(client).send([good, bad])
    assert deliveries[good.uuid].outcome is Outcome.ACK
    assert deliveries[bad.uuid].outcome is Outcome.RETRY
    assert "no customer with the reference 'NOBODY'" in deliveries[bad.uuid].detail


def test_words_of_theirs_and_damaged_payloads() -> None:
    """R-G4: a refusal of the one note is final; what can't be read is parked and never sent."""
    client = Client()
    damaged, refused = message(status="perhaps"), message()
    client.words["mail.message"] = "Invalid body"
    deliveries = notes(client).send([damaged, refused])
    assert (deliveries[damaged.uuid].outcome, deliveries[refused.uuid].outcome) == (Outcome.UNKNOWN, Outcome.REJECT)
    with pytest.raises(PayloadError):
        termination_note(termination_payload(KEY), "another")

"""Statements at a supplier's stock Odoo: what is left there, however often it breaks off. No Odoo in here."""

from __future__ import annotations

import base64
import hashlib
import uuid as uuids
from collections.abc import Sequence
from typing import Any

import pytest
from worker_books import Client
from worker_fakes import PAYLOADS, settlement_payload, settlement_reversal_payload

from franchise_sync.erp.port import Endpoint, Message, MessageFile, Outcome
from franchise_sync.errors import TransientError, UnknownFate
from franchise_sync.suppliers import odoo_statement_text as wording
from franchise_sync.suppliers.odoo_books import Books
from franchise_sync.suppliers.odoo_statements import StatementReversals, Statements

KEY = "5c9b9d7e-1111-4000-8000-000000000001"
PRINT = b"%PDF-1.7 statement"
NAMED = {
    "name": "Statement ST-2026-00003.pdf",
    "mimetype": "application/pdf",
    "size": len(PRINT),
    "sha256": hashlib.sha256(PRINT).hexdigest(),
}


class Prints:
    """Our Odoo as a source of files: at most ``page`` in a reply."""

    def __init__(self, *keys: str, content: bytes = PRINT, page: int = 2) -> None:
        self.files = {key: MessageFile(key, "x.pdf", "application/pdf", "", content) for key in keys}
        self.page = page
        self.asked: list[list[str]] = []

    def __call__(self, keys: Sequence[str]) -> list[MessageFile]:
        self.asked.append(list(keys))
        return [self.files[key] for key in keys if key in self.files][: self.page]


def handler(client: Client, files: Any = None, kind: Any = Statements) -> Any:
    endpoint = Endpoint("x", "X", "odoo", True, "https://erp.example.com", "d", "franchise", {})
    return kind(Books(client, endpoint, files=files or Prints()))  # type: ignore[arg-type]


def message(kind: str = "settlement_issued", **changes: Any) -> Message:
    key = str(uuids.uuid4())
    text = PAYLOADS[kind](key, **changes)
    return Message(1, key, kind, "a,1", 1, 1, text, hashlib.sha256(text.encode()).hexdigest())


def left(client: Client) -> dict[str, int]:
    return {model: len(rows) for model, rows in client.rows.items()}


def test_a_statement_in_words() -> None:
    """R-G1: figures, lines with the numbers to answer by, until when, what silence means, how to answer."""
    note = wording.statement_note(settlement_payload(KEY), KEY)
    assert note.summary == "Statement ST/2026/00003: 290.10 CNY, balance 280.10 CNY"
    words = note.text.splitlines()
    for line in (
        "From: Tea & Light 茶里有光",
        "Opening balance: -10.00 CNY",
        "1 | 2026-10-02 | Valve <b>& wet</b> (AFC/2026/00012, your RBILL/7) | 300.10",
        "2 | 2026-10-31 | Freight 运费 | -10.00",
        "Please answer until 2026-12-24. Without an answer until then it counts as agreed.",
        "2 70.00 one item short",
    ):
        assert line in words
    asked = wording.statement_note(settlement_payload(KEY, silence="escalate"), KEY)
    assert "counts as agreed" not in asked.text


def test_of_a_long_statement_the_note_lists_the_first_lines() -> None:
    """R-G1: a note with thousands of lines is read by nobody; the print has them all."""
    lines = [{"key": str(n), "date": "2026-10-01", "description": "x", "amount": "1.00"} for n in range(1, 301)]
    figures = {"amount": "300.00", "closing_balance": "290.00", "line_count": 300}
    note = wording.statement_note(settlement_payload(KEY, lines=lines, **figures), KEY)
    assert "… 100 more lines: see the attached statement" in note.text
    none = wording.statement_note(settlement_payload(KEY, lines=[], line_count=5000), KEY)
    assert "… 5000 more lines" in none.text


def test_print_to_do_and_note() -> None:
    """R-G1, R-G4: once, however often; the note shows the print, the to-do is due when the answer is."""
    client, sent = Client(), message(statement=NAMED)
    statements = handler(client, Prints(sent.uuid))
    first, second = statements.send([sent])[sent.uuid], statements.send([sent])[sent.uuid]
    assert (first.outcome, second.outcome, first.remote_ref) == (Outcome.ACK, Outcome.ACK, second.remote_ref)
    assert client.loads == ["ir.attachment", "mail.activity", "mail.message"]
    [file] = client.rows["ir.attachment"].values()
    assert base64.b64decode(file["datas"]) == PRINT
    assert (file["name"], file["res_model"], file["res_id"]) == (NAMED["name"], "res.partner", "8")
    [note] = client.rows["mail.message"].values()
    assert note["attachment_ids/.id"] == "1"
    assert "Valve &lt;b&gt;&amp; wet&lt;/b&gt;" in note["body"]
    [todo] = client.rows["mail.activity"].values()
    assert todo["id"] == f"franchise_sync.{sent.uuid}_statement_CNY"
    assert (todo["date_deadline"], todo["user_id/.id"]) == ("2026-12-24", "4")
    assert "DISPUTE" in todo["note"]


@pytest.mark.parametrize("model", ["ir.attachment", "mail.activity", "mail.message"])
def test_cut_off_after_any_call(model: str) -> None:
    """R-G4: not there until the note is; sent again, it is completed and nothing is doubled."""
    client, sent = Client(), message(statement=NAMED)
    client.cut[model] = UnknownFate("cut off")
    statements = handler(client, Prints(sent.uuid))
    with pytest.raises(UnknownFate):
        statements.send([sent])
    assert bool(statements.ask([sent.uuid])) == (model == "mail.message")
    assert statements.send([sent])[sent.uuid].outcome is Outcome.ACK
    assert left(client) == {"ir.attachment": 1, "mail.activity": 1, "mail.message": 1}


def test_prints_are_fetched_some_at_a_time() -> None:
    """R-G4: our Odoo gives as many as fit into a reply; the rest is asked for again."""
    client, sent = Client(), [message(statement=NAMED) for _ in range(5)]
    prints = Prints(*(one.uuid for one in sent))
    deliveries = handler(client, prints).send(sent)
    assert {delivery.outcome for delivery in deliveries.values()} == {Outcome.ACK}
    assert [len(asked) for asked in prints.asked] == [5, 3, 1]
    assert left(client) == {"ir.attachment": 5, "mail.activity": 5, "mail.message": 5}


def test_without_a_print_nothing_is_fetched() -> None:
    client, sent = Client(), message()
    prints = Prints()
    assert handler(client, prints).send([sent])[sent.uuid].outcome is Outcome.ACK
    assert (prints.asked, left(client)["ir.attachment"]) == ([], 0)


def test_a_print_that_can_not_be_had() -> None:
    """R-G4: later, when our Odoo gives none; parked, when it is another than the payload names; others go on."""
    client = Client()
    gone, forged, good = (message(statement=NAMED) for _ in range(3))
    prints = Prints(forged.uuid, good.uuid)
    prints.files[forged.uuid] = MessageFile(forged.uuid, "x.pdf", "application/pdf", "", b"%PDF-1.7 other")
    deliveries = handler(client, prints).send([gone, forged, good])
    assert deliveries[gone.uuid].outcome is Outcome.RETRY
    assert "Our Odoo gave no file" in deliveries[gone.uuid].detail
    assert deliveries[forged.uuid].outcome is Outcome.UNKNOWN
    assert "not the one that the payload names" in deliveries[forged.uuid].detail
    assert deliveries[good.uuid].outcome is Outcome.ACK
    assert left(client) == {"ir.attachment": 1, "mail.activity": 1, "mail.message": 1}


def test_our_odoo_is_away() -> None:
    """R-G4: the batch is tried again; nothing was left."""
    client, sent = Client(), message(statement=NAMED)

    def away(_keys: Sequence[str]) -> list[MessageFile]:
        raise TransientError("our Odoo is away")

    with pytest.raises(TransientError):
        handler(client, away).send([sent])
    assert not client.loads


def test_a_file_that_they_refuse_keeps_the_statement_waiting() -> None:
    """R-G1: a statement without its print is not the statement."""
    client, sent = Client(), message(statement=NAMED)
    client.words["ir.attachment"] = "The file is too large"
    delivery = handler(client, Prints(sent.uuid)).send([sent])[sent.uuid]
    assert (delivery.outcome, delivery.detail) == (Outcome.RETRY, "The file is too large")
    assert client.loads == ["ir.attachment", "ir.attachment"]


def test_a_missing_right_is_named() -> None:
    """R-G8: with the model."""
    client, sent = Client(), message(statement=NAMED)
    client.denied.add("create ir.attachment")
    delivery = handler(client, Prints(sent.uuid)).send([sent])[sent.uuid]
    assert delivery.outcome is Outcome.RETRY
    assert "may not create ir.attachment" in delivery.detail


def test_damaged_payloads_are_parked() -> None:
    client, sent = Client(), message(amount="1.00")
    delivery = handler(client).send([sent])[sent.uuid]
    assert delivery.outcome is Outcome.UNKNOWN
    assert not client.loads


def test_taken_back() -> None:
    """R-G1: a note and a to-do say so, and the question for an answer is taken away, other to-dos are not."""
    client = Client()
    issued, other = message(), message()
    handler(client).send([issued, other])
    taken = message("settlement_reversed", original=issued.uuid)
    delivery = handler(client, kind=StatementReversals).send([taken])[taken.uuid]
    assert delivery.outcome is Outcome.ACK
    assert set(client.rows["mail.activity"]) == {
        f"franchise_sync.{other.uuid}_statement_CNY",
        f"franchise_sync.{taken.uuid}_todo",
    }
    note = client.rows["mail.message"][f"franchise_sync.{taken.uuid}_note"]
    assert note["subject"] == "Statement ST/2026/00003 no longer holds: reversed"
    assert "Reason: Counted twice" in note["body"]


def test_taken_back_after_it_was_answered() -> None:
    """R-G4: what the clerk did stays."""
    client, issued = Client(), message()
    handler(client).send([issued])
    [name] = client.rows["mail.activity"]
    client.done[name] = ("AGREE", "2026-11-23 08:00:00")
    taken = message("settlement_reversed", original=issued.uuid)
    handler(client, kind=StatementReversals).send([taken])
    assert name in client.rows["mail.activity"]


def test_a_reversal_in_words() -> None:
    note = wording.reversal_note(settlement_reversal_payload(KEY, status="withdrawn", reason=""), KEY)
    assert note.text == "Statement ST/2026/00003 no longer holds: withdrawn\nFrom: Tea & Light 茶里有光"

"""What a change or a withdrawal does to the credit note at a supplier's stock Odoo. No Odoo in here."""

from __future__ import annotations

import hashlib
import json
import uuid as uuids
from typing import Any

import pytest
from worker_fakes import PAYLOADS

from franchise_sync.erp.port import Endpoint, Message, Outcome
from franchise_sync.errors import MissingRight, Refused, UnknownFate
from franchise_sync.suppliers import odoo_note_text as wording
from franchise_sync.suppliers.odoo_books import Books
from franchise_sync.suppliers.odoo_claim_changes import ClaimChanges, ClaimWithdrawals

ORIGINAL = "5c9b9d7e-1111-4000-8000-00000000000f"
LINES = {"1": 200.10, "2": 90.0}


class Client:
    """As much of a supplier's Odoo as these kinds need: one credit note with two lines of ours, its notes, its rules."""

    target = "https://erp.example.com"

    def __init__(self, state: str = "draft", lines: dict[str, float] | None = None, *, there: bool = True) -> None:
        self.state, self.there = state, there
        self.lines = {number: dict(zip(("key", "amount"), line, strict=True))
                      for number, line in enumerate((lines or LINES).items(), 11)}  # fmt: skip
        self.notes: dict[str, dict[str, str]] = {}
        self.denied: set[str] = set()
        self.calls: list[str] = []
        self.cut: dict[str, Exception] = {}
        self.words = ""

    def call(self, model: str, method: str, *args: Any, **_kwargs: Any) -> Any:
        self.calls.append(f"{method} {model}")
        if method in ("write", "button_cancel") and self.state == "posted":
            raise Refused("You can't change a posted document.")
        reply = getattr(self, f"_{method}")(model, *args)
        if (error := self.cut.pop(f"{method} {model}", None)) is not None:
            raise error
        return reply

    def _has_access(self, model: str, _ids: list[int], operation: str) -> bool:
        return f"{operation} {model}" not in self.denied

    def _search(self, model: str, domain: list[Any]) -> list[int]:
        if model == "account.move":
            return [7] if self.there and f"franchise:{ORIGINAL}" in domain[1][2] else []
        return [i for i, row in enumerate(self.notes.values(), 1) if row["message_id"] in domain[0][2]]

    def _get_metadata(self, model: str, ids: list[int]) -> list[dict[str, Any]]:
        if model == "mail.message":
            names = list(self.notes)
            return [{"id": i, "xmlids": [{"xmlid": names[i - 1]}]} for i in ids]
        if model == "account.move":
            return [{"id": 7, "xmlids": [{"xmlid": f"franchise_sync.{ORIGINAL}"}]}]
        return [
            {"id": i, "xmlids": [{"xmlid": f"franchise_sync.{ORIGINAL}_{self.lines[i]['key']}"}]}
            if self.lines[i]["key"]
            else {"id": i, "xmlids": []}
            for i in ids
        ]

    def _read(self, model: str, ids: list[int], _fields: list[str]) -> list[dict[str, Any]]:
        if model == "account.move.line":
            return [{"id": i, "price_subtotal": self.lines[i]["amount"]} for i in ids]
        total = sum(line["amount"] for line in self.lines.values())
        return [
            {
                "id": 7,
                "state": self.state,
                "name": "RINV/7",
                "amount_untaxed": total,
                "invoice_line_ids": list(self.lines),
            }
        ]

    def _write(self, _model: str, _ids: list[int], values: dict[str, Any]) -> bool:
        for _command, line, change in values["invoice_line_ids"]:
            json.dumps(change)
            self.lines[line]["amount"] = change["quantity"] * change["price_unit"]
        return True

    def _button_cancel(self, _model: str, _ids: list[int]) -> bool:
        self.state = "cancel"
        return True

    def _load(self, _model: str, fields: list[str], rows: list[list[str]]) -> dict[str, Any]:
        if self.words:
            return {"ids": False, "messages": [{"type": "error", "record": 0, "message": self.words}]}
        for row in rows:
            self.notes.setdefault(row[0], dict(zip(fields, row, strict=True)))
        return {"ids": [list(self.notes).index(row[0]) + 1 for row in rows], "messages": []}

    def amounts(self) -> list[float]:
        return [line["amount"] for line in self.lines.values()]


def books(client: Client) -> Books:
    endpoint = Endpoint("x", "X", "odoo", True, "https://erp.example.com", "d", "franchise", {})
    return Books(client, endpoint)  # type: ignore[arg-type]


def message(kind: str = "claim_changed", **changes: Any) -> Message:
    key = str(uuids.uuid4())
    text = PAYLOADS[kind](key, **changes)
    return Message(1, key, kind, "a,1", 2, 1, text, hashlib.sha256(text.encode()).hexdigest())


def send(client: Client, kind: str = "claim_changed", sent: Message | None = None, **changes: Any) -> Any:
    sent = sent or message(kind, **changes)
    handler = ClaimChanges(books(client)) if kind == "claim_changed" else ClaimWithdrawals(books(client))
    return handler.send([sent])[sent.uuid]


def test_a_draft_is_lowered_and_told() -> None:
    """R-G1: the line that asks less, with a note for the clerk that is text, not markup."""
    client = Client()
    delivery = send(client)
    assert (delivery.outcome, delivery.remote_ref) == (Outcome.ACK, "account.move,7")
    assert client.amounts() == [200.10, 50.0]
    [note] = client.notes.values()
    assert (note["model"], note["res_id"]) == ("account.move", "7")
    assert "Claim AFC/2026/00012 changed: 250.10 CNY is asked now" in note["body"]
    assert "Counted twice &lt;b&gt;&amp;&lt;/b&gt; corrected" in note["body"]


def test_what_their_clerk_lowered_or_added_stays() -> None:
    """R-G1: nothing is ever raised, and lines of their own are theirs."""
    client = Client(lines={"1": 150.0, "2": 40.0, "": -10.0})
    assert send(client).outcome is Outcome.ACK
    assert client.amounts() == [150.0, 40.0, -10.0]
    assert "write account.move" not in client.calls


@pytest.mark.parametrize(
    ("state", "lines", "outcome", "words"),
    [
        ("posted", LINES, Outcome.REJECT, "RINV/7 is posted with 290.1, more than the 250.10"),
        ("posted", {"1": 200.10, "2": 50.0}, Outcome.ACK, ""),
        ("cancel", LINES, Outcome.ACK, ""),
    ],
)
def test_a_change_of_what_is_decided_there(state: str, lines: dict[str, float], outcome: Outcome, words: str) -> None:
    """R-G1: posted with more is a refusal with the reason; what agrees already is only told."""
    client = Client(state, lines)
    delivery = send(client)
    assert delivery.outcome is outcome
    assert words in delivery.detail
    assert client.amounts() == list(lines.values())
    assert len(client.notes) == (outcome is Outcome.ACK)


@pytest.mark.parametrize(
    ("state", "after", "outcome"),
    [
        ("draft", "cancel", Outcome.ACK),
        ("cancel", "cancel", Outcome.ACK),
        ("posted", "posted", Outcome.REJECT),
    ],
)
def test_withdrawn(state: str, after: str, outcome: Outcome) -> None:
    """R-G1: a draft is cancelled; a posted one is theirs, and the refusal says so."""
    client = Client(state)
    delivery = send(client, "claim_withdrawn")
    assert (delivery.outcome, client.state) == (outcome, after)
    assert ("RINV/7 is posted" in delivery.detail) is (outcome is Outcome.REJECT)


def test_a_claim_that_was_never_taken() -> None:
    """R-G1: nothing to take back is done; a change of nothing is refused with the reason."""
    assert send(Client(there=False), "claim_withdrawn").outcome is Outcome.ACK
    refused = send(Client(there=False))
    assert (refused.outcome, "nothing to change" in refused.detail) == (Outcome.REJECT, True)


@pytest.mark.parametrize("kind", ["claim_changed", "claim_withdrawn"])
@pytest.mark.parametrize("cut", ["write account.move", "button_cancel account.move", "load mail.message"])
def test_cut_off_after_any_call_and_sent_again(kind: str, cut: str) -> None:
    """R-G4: the note is the seal; before it everything is repeated without a second effect."""
    client = Client()
    client.cut[cut] = UnknownFate("cut off")
    sent = message(kind)
    own = cut.startswith("load") or (cut.startswith("write") is (kind == "claim_changed"))
    if own:
        with pytest.raises(UnknownFate):
            send(client, kind, sent)
    before = None
    for _time in range(2):
        assert send(client, kind, sent).outcome is Outcome.ACK
        now = (client.amounts(), client.state, len(client.notes))
        assert before in (None, now)
        before = now
    assert before == (([200.10, 50.0], "draft", 1) if kind == "claim_changed" else ([200.10, 90.0], "cancel", 1))


def test_told_once_nothing_is_touched_again() -> None:
    """R-G4: what their clerk does after the change is theirs."""
    client = Client()
    sent = message()
    send(client, sent=sent)
    client.lines[12]["amount"] = 70.0
    again = send(client, sent=sent)
    assert (again.outcome, client.amounts()) == (Outcome.ACK, [200.10, 70.0])
    assert dict(ClaimChanges(books(client)).ask([sent.uuid, ORIGINAL])) == {sent.uuid: "mail.message,1"}


def test_posted_in_this_very_moment_is_tried_again() -> None:
    """R-G4: read as a draft, refused as posted: the next try sees it."""
    client = Client()
    read = client._read

    def posted_after(model: str, ids: list[int], fields: list[str]) -> Any:
        reply = read(model, ids, fields)
        client.state = "posted"
        return reply

    client._read = posted_after  # type: ignore[method-assign]
    assert send(client).outcome is Outcome.RETRY
    assert send(client).outcome is Outcome.REJECT


def test_a_note_that_is_not_taken_is_tried_again() -> None:
    """R-G4: the change is made, but it isn't told yet."""
    client = Client()
    client.words = "deadlock detected"
    delivery = send(client)
    assert (delivery.outcome, delivery.remote_ref) == (Outcome.RETRY, "account.move,7")


def test_a_missing_right_is_named() -> None:
    """R-G8: before anything is touched."""
    client = Client()
    client.denied.add("write account.move")
    with pytest.raises(MissingRight, match=r"write account\.move"):
        send(client)
    assert client.amounts() == list(LINES.values())


def test_a_damaged_payload_is_parked() -> None:
    """R-G4: nobody but a human can tell what it meant."""
    delivery = send(Client(), original="")
    assert (delivery.outcome, wording.note_xmlid(delivery.uuid)) == (
        Outcome.UNKNOWN,
        f"franchise_sync.{delivery.uuid}_note",
    )

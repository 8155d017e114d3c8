"""Kinds ``claim_changed`` and ``claim_withdrawn``: what becomes of the credit note that a claim left there.

While it is a draft, its lines are lowered or it is cancelled. Once it is posted, nobody but the supplier
undoes it: a change that it doesn't fulfil already is refused with the reason. Each message ends with a note
in the document's chatter, which is its seal: where it is, nothing is touched again. Before it, every step
may be repeated: lines are only ever lowered, and what is cancelled stays so.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, Generic, TypeVar

from franchise_sync.erp.port import Message, Outcome
from franchise_sync.errors import PayloadError, Refused
from franchise_sync.payload import (
    ClaimChange,
    ClaimWithdrawal,
    parse_claim_change,
    parse_claim_withdrawal,
)
from franchise_sync.suppliers import odoo_note_text as wording
from franchise_sync.suppliers.odoo_answers import money
from franchise_sync.suppliers.odoo_books import Books, Rights
from franchise_sync.suppliers.odoo_claims import GROUP, find_documents
from franchise_sync.suppliers.odoo_document import key_of_xmlid
from franchise_sync.suppliers.odoo_load import Record, load_each
from franchise_sync.suppliers.odoo_poll import external_ids
from franchise_sync.suppliers.port import Delivery
from franchise_sync.text import one_line

RIGHTS: Rights = (("account.move", "write"), ("account.move.line", "write"), ("mail.message", "create"))
_FIELDS = ["state", "name", "amount_untaxed", "invoice_line_ids"]
T = TypeVar("T", ClaimChange, ClaimWithdrawal)


class ClaimEvents(ABC, Generic[T]):
    """Messages about a claim that is there already; ``T`` is what a message says."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._model = "account.move"

    def check(self) -> str:
        """:raise MissingRight: see :meth:`Books.check_rights`"""
        return self._books.check_rights(RIGHTS, GROUP)

    def send(self, messages: Sequence[Message]) -> dict[str, Delivery]:
        """:return: a delivery by uuid, one for each message"""
        done: dict[str, Delivery] = {}
        events: dict[str, T] = {}
        for message in messages:
            try:
                events[message.uuid] = self._parse(message.payload, message.uuid)
            except PayloadError as error:
                done[message.uuid] = Delivery(message.uuid, Outcome.UNKNOWN, detail=str(error))
        if not events:
            return done
        self.check()
        for uuid, ref in self.ask(events).items():
            words = "It was told already and nothing was touched."
            done[uuid] = Delivery(uuid, Outcome.ACK, ref, words, response=ref)
        new = {uuid: event for uuid, event in events.items() if uuid not in done}
        there = self._find({event.original for event in new.values()}) if new else {}
        told: dict[str, list[int]] = {}
        for uuid, event in new.items():
            ids = there.get(event.original)
            problem = self._do(event, ids) if ids else self._missing(event)
            if problem:
                done[uuid] = problem
            elif ids:
                told[uuid] = ids
        if told:
            self._seal(new, told, done)
        return done

    def ask(self, uuids: Collection[str]) -> Mapping[str, str]:
        """:return: remote reference by uuid, for those that are there completely"""
        by_name = {wording.note_xmlid(uuid): uuid for uuid in uuids}
        domain = [("message_id", "in", [wording.mail_id(uuid) for uuid in uuids])]
        ids = self._books.call("mail.message", "search", domain)
        return {
            by_name[name]: f"mail.message,{note_id}"
            for note_id, names in external_ids(self._books.call, "mail.message", ids).items()
            for name in names
            if name in by_name
        }

    @abstractmethod
    def _parse(self, payload: str, uuid: str) -> T:
        """:raise PayloadError: the payload is damaged"""

    @abstractmethod
    def _missing(self, event: T) -> Delivery:
        """What to say when the claim isn't there. It was refused: messages arrive in order."""

    @abstractmethod
    def _act(self, event: T, move_id: int, row: dict[str, Any]) -> str:
        """Change the document; may be repeated.

        :return: why it can't be done any more, in words; empty when it is done
        """

    @abstractmethod
    def _words(self, event: T) -> str:
        """:return: the note in the document's chatter"""

    def _find(self, uuids: Collection[str]) -> Mapping[str, list[int]]:
        """:return: database ids of the claim's documents by uuid of the message that brought it"""
        return {uuid: [move_id] for uuid, move_id in find_documents(self._books, uuids).items()}

    def _do(self, event: T, ids: list[int]) -> Delivery | None:
        """:return: a delivery when the message is at its end without a note"""
        [move_id] = ids
        [row] = self._books.call("account.move", "read", [move_id], _FIELDS)
        try:
            refusal = self._act(event, move_id, row)
        except Refused as error:
            # Perhaps their clerk posted it in this moment: the next try sees that.
            return Delivery(event.uuid, Outcome.RETRY, detail=one_line(str(error)))
        ref = f"account.move,{move_id}"
        return Delivery(event.uuid, Outcome.REJECT, ref, refusal, response=refusal) if refusal else None

    def _seal(self, events: Mapping[str, T], told: dict[str, list[int]], done: dict[str, Delivery]) -> None:
        records = [
            Record(
                uuid, wording.record_note_rows(uuid, self._model, ids, self._words(events[uuid])), len(ids)
            )
            for uuid, ids in told.items()
        ]
        loaded = load_each(self._books.loader("mail.message", wording.NOTE_FIELDS), records)
        for uuid, words in {**loaded.refused, **loaded.later}.items():
            detail = f"The note could not be added: {words}"
            done[uuid] = Delivery(uuid, Outcome.RETRY, f"{self._model},{told[uuid][0]}", detail)
        for uuid in loaded.ids:
            ref = f"{self._model},{told[uuid][0]}"
            request = one_line(f"{ref}: {self._words(events[uuid])}", 500)
            done[uuid] = Delivery(uuid, Outcome.ACK, ref, request=request, response=ref)


class ClaimChanges(ClaimEvents[ClaimChange]):
    """Lowers the lines of a draft to what is asked now; what their clerk lowered further stays."""

    def _parse(self, payload: str, uuid: str) -> ClaimChange:
        return parse_claim_change(payload, uuid)

    def _missing(self, event: ClaimChange) -> Delivery:
        words = "The claim isn't in the supplier's system: there is nothing to change."
        return Delivery(event.uuid, Outcome.REJECT, detail=words, response=words)

    def _act(self, event: ClaimChange, move_id: int, row: dict[str, Any]) -> str:
        if row["state"] == "draft":
            higher = self._higher(event, row["invoice_line_ids"])
            if higher:
                values = {
                    line: {"quantity": 1, "price_unit": float(amount), "discount": 0}
                    for line, amount in higher.items()
                }
                commands = [[1, line, change] for line, change in values.items()]
                self._books.call("account.move", "write", [move_id], {"invoice_line_ids": commands})
            return ""
        if row["state"] == "posted" and money(row["amount_untaxed"], 6) > event.amount:
            return (
                f"Their credit note {row['name']} is posted with {row['amount_untaxed']}, "
                f"more than the {event.amount} asked now: only they can change it."
            )
        return ""

    def _higher(self, event: ClaimChange, line_ids: list[int]) -> dict[int, Decimal]:
        """:return: amount asked now by database id of the lines that say more"""
        rows = self._books.call("account.move.line", "read", line_ids, ["price_subtotal"])
        names = external_ids(self._books.call, "account.move.line", line_ids)
        higher: dict[int, Decimal] = {}
        for row in rows:
            keys = filter(None, (key_of_xmlid(name, event.original) for name in names.get(row["id"], ())))
            asked = event.lines.get(next(keys, ""))
            if asked is not None and money(row["price_subtotal"], 6) > asked:
                higher[row["id"]] = asked
        return higher

    def _words(self, event: ClaimChange) -> str:
        return _note(f"Claim {event.number} changed: {event.amount:f} {event.currency} is asked now", event)


class ClaimWithdrawals(ClaimEvents[ClaimWithdrawal]):
    """Cancels a draft."""

    def _parse(self, payload: str, uuid: str) -> ClaimWithdrawal:
        return parse_claim_withdrawal(payload, uuid)

    def _missing(self, event: ClaimWithdrawal) -> Delivery:
        words = "The claim isn't in the supplier's system: there is nothing to take back."
        return Delivery(event.uuid, Outcome.ACK, detail=words, response=words)

    def _act(self, event: ClaimWithdrawal, move_id: int, row: dict[str, Any]) -> str:
        if row["state"] == "posted":
            return f"Their credit note {row['name']} is posted: only they can take it back."
        if row["state"] == "draft":
            self._books.call("account.move", "button_cancel", [move_id])
        return ""

    def _words(self, event: ClaimWithdrawal) -> str:
        return _note(f"Claim {event.number} withdrawn: nothing is asked any more", event)


def _note(first: str, event: ClaimChange | ClaimWithdrawal) -> str:
    facts = (("From", event.customer_name), ("Reason", event.reason))
    return "\n".join([first, *(f"{label}: {value}" for label, value in facts if value)])

"""Kinds ``claim_changed`` and ``claim_withdrawn`` by a profile.

While their document is open, the amount in it is lowered, or it is cancelled as the profile says. One that is
accepted is theirs: a change that it doesn't fulfil already is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from franchise_sync.erp.port import Outcome
from franchise_sync.errors import ConfigurationError, Refused
from franchise_sync.payload import ClaimChange, ClaimWithdrawal
from franchise_sync.suppliers.odoo_books import Books, Rights
from franchise_sync.suppliers.odoo_claim_changes import ClaimChanges, ClaimWithdrawals
from franchise_sync.suppliers.odoo_profile_answers import Reading, read_amount, state_answer, verdict
from franchise_sync.suppliers.odoo_profile_poll import reading_of
from franchise_sync.suppliers.odoo_profile_read import Document, Documents
from franchise_sync.suppliers.odoo_profile_rows import lowered_text
from franchise_sync.suppliers.port import Delivery
from franchise_sync.text import one_line


class _ByProfile:
    """What both have in common: finding the records of a claim."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._profile = books.profile
        self._documents = Documents(books)
        self._model = self._profile.model

    def check(self) -> str:
        """:raise SyncError: the profile doesn't fit their database, or our user there may not"""
        self._documents.check()
        rights: Rights = ((self._profile.model, "write"), ("mail.message", "create"))
        return self._books.check_rights(rights, self._profile.group)

    def _find(self, uuids: Collection[str]) -> Mapping[str, list[int]]:
        return {uuid: sorted(records.values()) for uuid, records in self._documents.find(uuids).items()}

    def _read(self, ids: list[int]) -> tuple[list[Document], Reading]:
        read = self._documents.read(self._documents.keys(ids))
        return read, reading_of(self._documents, read)

    def _title(self, document: Document) -> str:
        return f"Their document {document.name} ({self._profile.model},{document.id})"

    def _meaning(self, document: Document) -> str:
        meant = state_answer(self._profile, document)
        return meant.answer if meant else ""


class ProfileChanges(_ByProfile, ClaimChanges):
    """Lowers the amount in documents that are open; what their clerk lowered further stays."""

    def _do(self, event: ClaimChange, ids: list[int]) -> Delivery | None:
        documents, reading = self._read(ids)
        for document in documents:
            said = verdict(self._profile, document, reading)
            asked = self._asked(event, document)
            if said and said.state == "accepted" and asked is not None and said.amount > asked:
                words = (
                    f"{self._title(document)} accepts {said.amount:f}, more than the {asked:f} asked now: "
                    "only they can change it."
                )
                ref = f"{self._profile.model},{document.id}"
                return Delivery(event.uuid, Outcome.REJECT, ref, words, response=words)
        try:
            for document in documents:
                asked = self._asked(event, document)
                if asked is not None and self._meaning(document) not in ("accepted", "rejected"):
                    self._lower(document, asked, reading)
        except Refused as error:
            # Perhaps their clerk decided in this moment: the next try sees that.
            return Delivery(event.uuid, Outcome.RETRY, detail=one_line(str(error)))
        return None

    def _asked(self, event: ClaimChange, document: Document) -> Decimal | None:
        return event.lines.get(document.key) if document.key else event.amount

    def _lower(self, document: Document, asked: Decimal, reading: Reading) -> None:
        if self._profile.lowered == "note":
            return
        values: dict[str, object] = {}
        for amount in self._profile.amounts.values():
            read = read_amount(amount, document, reading)
            if read is None or read[0] <= asked:
                continue
            if amount.text:
                source = str(document.values[amount.text] or "")
                values[amount.text] = lowered_text(source, amount.label, asked)
            elif amount.field and "." not in amount.field:
                values[amount.field] = float(asked)
        if values:
            self._books.call(self._profile.model, "write", [document.id], values)


class ProfileWithdrawals(_ByProfile, ClaimWithdrawals):
    """Cancels documents that are open, as the profile says, or only tells."""

    def _do(self, event: ClaimWithdrawal, ids: list[int]) -> Delivery | None:
        rule = self._profile.withdrawn
        acts = bool(rule.call or rule.write)
        documents, _reading = self._read(ids)
        still = [document for document in documents if self._meaning(document) != "rejected"]
        for document in still:
            beyond = acts and rule.when and not set(rule.when) & set(document.states)
            if beyond or self._meaning(document) == "accepted":
                words = f"{self._title(document)} is {document.state!r} already: only they can take it back."
                ref = f"{self._profile.model},{document.id}"
                return Delivery(event.uuid, Outcome.REJECT, ref, words, response=words)
        if not acts or not still:
            return None
        open_ids = [document.id for document in still]
        try:
            if rule.write:
                self._books.call(self._profile.model, "write", open_ids, self._values())
            if rule.call:
                self._books.call(self._profile.model, rule.call, open_ids)
        except Refused as error:
            return Delivery(event.uuid, Outcome.RETRY, detail=one_line(str(error)))
        return None

    def _values(self) -> dict[str, object]:
        states = self._profile.states.field
        values: dict[str, object] = dict(self._profile.withdrawn.write)
        if states in values and self._documents.type_of(states) == "many2one":
            stage = self._documents.stage(str(values[states]))
            if stage is None:
                raise ConfigurationError(f"{self._profile.model} has no {states} {values[states]!r} there.")
            values[states] = stage
        return values

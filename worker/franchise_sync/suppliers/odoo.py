"""Connector ``odoo``: a supplier's stock Odoo with nothing of ours installed, over odoorpc.

Each kind of message has a handler of its own in ``KINDS``. Options of the endpoint: ``customer_ref`` (our
reference in their customer list; default: the payload's), ``profile`` (what a claim becomes there; default
``account_move``), ``overlap_seconds`` (how far polling looks back,
default 600), ``page_size`` (documents read in one call, default 200).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

from franchise_sync.erp.port import Endpoint, Message, Outcome
from franchise_sync.errors import ConfigurationError, SyncError
from franchise_sync.payload import (
    amendment,
    claim,
    claim_change,
    claim_withdrawal,
    settlement,
    settlement_reversal,
    termination,
)
from franchise_sync.suppliers.cursors import merged
from franchise_sync.suppliers.odoo_books import Books
from franchise_sync.suppliers.odoo_claim_changes import ClaimChanges, ClaimWithdrawals
from franchise_sync.suppliers.odoo_claims import ClaimDocuments
from franchise_sync.suppliers.odoo_document import PROFILE
from franchise_sync.suppliers.odoo_note_text import amendment_note, termination_note
from franchise_sync.suppliers.odoo_notes import notes_of
from franchise_sync.suppliers.odoo_poll import poll
from franchise_sync.suppliers.odoo_profile import DEFAULT, load_profile
from franchise_sync.suppliers.odoo_profile_changes import ProfileChanges, ProfileWithdrawals
from franchise_sync.suppliers.odoo_profile_claims import ProfileClaims
from franchise_sync.suppliers.odoo_profile_poll import poll_documents
from franchise_sync.suppliers.odoo_profile_read import Documents
from franchise_sync.suppliers.odoo_statement_answers import poll_statements
from franchise_sync.suppliers.odoo_statements import StatementReversals, Statements
from franchise_sync.suppliers.port import (
    AnswerPage,
    Connector,
    ConnectorContext,
    Delivery,
    Finding,
    RemoteFact,
)
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import Target
from franchise_sync.transport.odoo_client import OdooClient


class KindHandler(Protocol):
    """One kind of message in a supplier's Odoo."""

    def check(self) -> str:
        """:return: names of the models it writes
        :raise MissingRight: our user there may not
        """
        ...

    def send(self, messages: Sequence[Message]) -> dict[str, Delivery]:
        """:return: a delivery by uuid, one for each message"""
        ...

    def ask(self, uuids: Collection[str]) -> Mapping[str, str]:
        """:return: remote reference by uuid, for those that are there completely"""
        ...


def _claims(books: Books) -> ClaimDocuments | ProfileClaims:
    return ClaimDocuments(books) if _credit_notes(books) else ProfileClaims(books)


def _changes(books: Books) -> KindHandler:
    return ClaimChanges(books) if _credit_notes(books) else ProfileChanges(books)


def _withdrawals(books: Books) -> KindHandler:
    return ClaimWithdrawals(books) if _credit_notes(books) else ProfileWithdrawals(books)


def _credit_notes(books: Books) -> bool:
    return books.profile.strategy == "credit_note"


KINDS: dict[str, Callable[[Books], KindHandler]] = {
    claim.KIND: _claims,
    claim_change.KIND: _changes,
    claim_withdrawal.KIND: _withdrawals,
    termination.KIND: notes_of(termination_note),
    amendment.KIND: notes_of(amendment_note),
    settlement.KIND: Statements,
    settlement_reversal.KIND: StatementReversals,
}


class OdooConnector(Connector):
    """Leaves claims as documents of a profile and notices as notes, follows changes, and reads answers."""

    # The external id is unique in their database (ir.model.data: UNIQUE(module, name)) and is written in the
    # same
    # transaction as the document, so a repeated send finds the document whatever happened to the first one.
    resend_is_safe = True
    # A draft takes about 30 ms there. A batch of this size ends well within the deadline of one call even on
    # a busy machine, and what it has made is safe should the next one fail.
    send_size = 50

    def __init__(self, endpoint: Endpoint, context: ConnectorContext) -> None:
        super().__init__(endpoint, context)
        for name in ("url", "database", "login"):
            if not getattr(endpoint, name):
                raise ConfigurationError(f"The endpoint {endpoint.code!r} has no {name}.")
        self._overlap = _number(endpoint, "overlap_seconds", 600, 0, 86400)
        self._page_size = _number(endpoint, "page_size", 200, 1, 1000)
        profile = load_profile(str(endpoint.options.get("profile") or DEFAULT), context.profiles_dir)
        client = OdooClient(
            Target.parse(endpoint.url),
            endpoint.database,
            endpoint.login,
            context.secret,
            policy=context.policy,
            deadline=context.call_seconds,
            max_bytes=context.max_bytes,
            observer=context.observer,
        )
        self._books = Books(client, endpoint, profile, context.files)
        self._claims = _claims(self._books)
        self.kinds = {kind: make(self._books) for kind, make in KINDS.items()}

    def send(self, messages: Sequence[Message], deadline: Deadline) -> list[Delivery]:
        self._books.deadline = deadline
        by_kind: dict[str, list[Message]] = {}
        for message in messages:
            by_kind.setdefault(message.kind, []).append(message)
        done: dict[str, Delivery] = {}
        for kind, batch in by_kind.items():
            handler = self.kinds.get(kind)
            if handler:
                done.update(handler.send(batch))
            else:
                # Of a newer addon: nothing left the house; a human has to see that this worker is too old.
                words = f"Messages of kind {kind[:60]!r} are unknown to this worker; it was not sent."
                done.update({m.uuid: Delivery(m.uuid, Outcome.UNKNOWN, detail=words) for m in batch})
        return [done[message.uuid] for message in messages]

    def ask(self, uuids: Collection[str], deadline: Deadline) -> Mapping[str, str]:
        self._books.deadline = deadline
        there: dict[str, str] = {}
        for handler in self.kinds.values():
            if missing := [uuid for uuid in uuids if uuid not in there]:
                there.update(handler.ask(missing))
        return there

    def facts(self, uuids: Collection[str], deadline: Deadline) -> Mapping[str, RemoteFact]:
        there = self.ask(uuids, deadline)
        said = {answer.uuid: answer for answer in self._claims.said(there)} if there else {}
        facts = {}
        for uuid, ref in there.items():
            answer = said.get(uuid)
            if (
                answer is None
            ):  # a draft, or of a kind that owes no answer: that it is there is all that it says
                facts[uuid] = RemoteFact(ref)
            else:
                amount = None if answer.state == "rejected" else answer.amount
                facts[uuid] = RemoteFact(ref, answer.state, amount, answer.currency)
        return facts

    def answers(self, cursor: str) -> Iterator[AnswerPage]:
        self._books.deadline = None
        call, uid, looks = self._books.call, self._books.client.uid, (self._overlap, self._page_size)
        return merged(
            {
                "": self._claim_answers,
                "statements": lambda since: poll_statements(call, uid, since, *looks),
            },
            cursor,
        )

    def _claim_answers(self, cursor: str) -> Iterator[AnswerPage]:
        books, profile = self._books, self._books.profile
        if not _credit_notes(books):
            return poll_documents(Documents(books), cursor, self._overlap, self._page_size)
        states = {state: answer.answer for state, answer in profile.states.answers.items()}
        return poll(books.call, books.client.uid, cursor, self._overlap, self._page_size, states)

    def check(self) -> list[Finding]:
        findings: list[Finding] = []

        def step(name: str, sentence: str, probe: Any) -> bool:
            try:
                findings.append(Finding(name, True, sentence.format(probe())))
            except SyncError as error:
                findings.append(Finding(name, False, str(error)))
            return findings[-1].ok

        self._books.deadline = None
        reachable = step("reachable", "answers, version {}", self._books.client.server_version)
        if reachable and step("login", "the API key is accepted (user {})", lambda: self._books.client.uid):
            profile = self._books.profile
            if profile is not PROFILE:
                step("profile", f"{profile.name} fits their {{}}", Documents(self._books).check)
            step("rights", "may create {}", self.kinds[claim.KIND].check)
            step("changes", "may change {}", self.kinds[claim_change.KIND].check)
            step("notices", "may write {}", self.kinds[termination.KIND].check)
            step("statements", "may write {}", self.kinds[settlement.KIND].check)
            ref = str(self.endpoint.options.get("customer_ref") or "")
            if ref:
                step("customer", f"{ref} is their customer number {{}}", lambda: self._books.partner(ref))
        return findings

    def close(self) -> None:
        self._books.client.close()


def _number(endpoint: Endpoint, name: str, default: int, low: int, high: int) -> int:
    value = endpoint.options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigurationError(
            f"The option {name} of {endpoint.code!r} must be a number from {low} to {high}."
        )
    return value

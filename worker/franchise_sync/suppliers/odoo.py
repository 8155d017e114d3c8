"""Connector ``odoo``: a supplier's stock Odoo with nothing of ours installed, over odoorpc.

Options of the endpoint: ``customer_ref`` (our reference in their customer list; default: the payload's),
``overlap_seconds`` (how far polling looks back, default 600), ``page_size`` (documents read in one call,
default 200).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from franchise_sync.erp.port import Endpoint, Message, Outcome
from franchise_sync.errors import ConfigurationError, MissingRight, PayloadError, SyncError
from franchise_sync.payload import Claim, parse_claim
from franchise_sync.suppliers import odoo_document as document
from franchise_sync.suppliers.odoo_answers import money
from franchise_sync.suppliers.odoo_load import Record, load_each
from franchise_sync.suppliers.odoo_poll import document_uuids, external_ids, poll
from franchise_sync.suppliers.port import AnswerPage, Connector, ConnectorContext, Delivery, Finding
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import Target
from franchise_sync.transport.odoo_client import OdooClient

_RIGHTS = (("account.move", "create"), ("account.move.line", "create"), ("mail.message", "create"))


class OdooConnector(Connector):
    """Sends claims as draft customer credit notes and reads what became of them."""

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
        self._client = OdooClient(
            Target.parse(endpoint.url),
            endpoint.database,
            endpoint.login,
            context.secret,
            policy=context.policy,
            deadline=context.call_seconds,
            max_bytes=context.max_bytes,
            observer=context.observer,
        )
        self._rights_seen = False
        self._deadline: Deadline | None = None

    def send(self, messages: Sequence[Message], deadline: Deadline) -> list[Delivery]:
        self._deadline = deadline
        done: dict[str, Delivery] = {}
        claims: dict[str, Claim] = {}
        for message in messages:
            try:
                claims[message.uuid] = parse_claim(message.payload, message.uuid)
            except PayloadError as error:
                # Nothing left the house and the supplier said nothing: a human has to look, not a rule for
                # refusals.
                done[message.uuid] = Delivery(message.uuid, Outcome.UNKNOWN, detail=str(error))
        if claims:
            self._check_rights()
            there = self._find(claims)
            new = {uuid: claim for uuid, claim in claims.items() if uuid not in there}
            fresh = self._create(new, done) if new else {}
            self._explain(claims, {**there, **fresh}, done)
            for uuid, move_id in {**there, **fresh}.items():
                if uuid not in done:
                    done[uuid] = self._acknowledged(claims[uuid], move_id, known=uuid in there)
        return [done[message.uuid] for message in messages]

    def ask(self, uuids: Collection[str], deadline: Deadline) -> Mapping[str, str]:
        self._deadline = deadline
        there = self._find(uuids)
        if not there:
            return {}
        # Complete only with its note: a cut between the two calls must lead to a resend, which adds the note.
        domain = [("model", "=", "account.move"), ("res_id", "in", list(there.values()))]
        notes = self._call("mail.message", "search", domain)
        names = {name for found in external_ids(self._call, "mail.message", notes).values() for name in found}
        return {
            uuid: f"account.move,{move_id}"
            for uuid, move_id in there.items()
            if document.reason_xmlid(uuid) in names
        }

    def answers(self, cursor: str) -> Iterator[AnswerPage]:
        self._deadline = None
        return poll(self._call, self._client.uid, cursor, self._overlap, self._page_size)

    def check(self) -> list[Finding]:
        findings: list[Finding] = []

        def step(name: str, sentence: str, probe: Any) -> bool:
            try:
                findings.append(Finding(name, True, sentence.format(probe())))
            except SyncError as error:
                findings.append(Finding(name, False, str(error)))
            return findings[-1].ok

        self._deadline = None
        reachable = step("reachable", "answers, version {}", self._client.server_version)
        if reachable and step("login", "the API key is accepted (user {})", lambda: self._client.uid):
            step("rights", "may create {}", self._check_rights)
            ref = str(self.endpoint.options.get("customer_ref") or "")
            if ref:
                step("customer", f"{ref} is their customer number {{}}", lambda: self._partner(ref))
        return findings

    def close(self) -> None:
        self._client.close()

    def _create(self, claims: dict[str, Claim], done: dict[str, Delivery]) -> dict[str, int]:
        """:return: database id by uuid of the documents that were made; what was not made is in ``done``"""
        currencies = self._currencies({claim.currency for claim in claims.values()})
        refs = {
            uuid: str(self.endpoint.options.get("customer_ref") or c.customer_ref)
            for uuid, c in claims.items()
        }
        partners = {ref: self._partner_or_error(ref) for ref in set(refs.values())}
        records = []
        for uuid, claim in claims.items():
            partner_id = partners[refs[uuid]]
            if isinstance(partner_id, ConfigurationError):
                # Their customer list or our option is wrong, not the claim: a final no would send the claim
                # on to
                # another payer. So it waits until somebody corrects it.
                done[uuid] = Delivery(uuid, Outcome.RETRY, detail=str(partner_id), retry_after=600)
                continue
            if claim.currency not in currencies:
                done[uuid] = Delivery(
                    uuid,
                    Outcome.REJECT,
                    detail=f"The supplier's system doesn't use the currency {claim.currency}.",
                )
                continue
            currency_id, digits = currencies[claim.currency]
            if any(money(line.amount, digits) != line.amount for line in claim.lines):
                # They would round it, and a draft with another amount would lie in their books.
                done[uuid] = Delivery(
                    uuid,
                    Outcome.UNKNOWN,
                    detail=f"An amount has more than the {digits} decimals that the supplier's system uses "
                    f"for {claim.currency}; it was not sent.",
                )
                continue
            records.append(Record(uuid, document.move_rows(claim, partner_id, currency_id)))
        if not records:
            return {}
        loaded = load_each(self._loader("account.move", document.MOVE_FIELDS), records)
        self._not_loaded(claims, loaded.refused, Outcome.REJECT, done)
        self._not_loaded(claims, loaded.later, Outcome.RETRY, done)
        self._compare(claims, loaded.ids, {name: digits for name, (_id, digits) in currencies.items()}, done)
        return loaded.ids

    def _explain(self, claims: dict[str, Claim], ids: dict[str, int], done: dict[str, Delivery]) -> None:
        """Put the reason into each document's chatter; a note that is there already stays as it is."""
        records = [
            Record(uuid, [document.message_row(claims[uuid], move_id)]) for uuid, move_id in ids.items()
        ]
        if not records:
            return
        loaded = load_each(self._loader("mail.message", document.MESSAGE_FIELDS), records)
        for uuid, words in {**loaded.refused, **loaded.later}.items():
            # The document is there; only its note isn't. Not a refusal of the claim, so it is tried again.
            done.setdefault(
                uuid,
                Delivery(
                    uuid,
                    Outcome.RETRY,
                    f"account.move,{ids[uuid]}",
                    f"The reason could not be added: {words}",
                ),
            )

    def _compare(
        self, claims: dict[str, Claim], ids: dict[str, int], digits: dict[str, int], done: dict[str, Delivery]
    ) -> None:
        """Read the new documents' totals back: their rounding or an automatic tax must not change what we
        claim."""
        if not ids:
            return
        rows = self._call("account.move", "read", list(ids.values()), ["amount_untaxed", "amount_total"])
        by_id = {row["id"]: row for row in rows}
        for uuid, move_id in ids.items():
            claim, row = claims[uuid], by_id.get(move_id, {})
            got = [
                money(row.get(name), digits[claim.currency]) for name in ("amount_untaxed", "amount_total")
            ]
            if any(amount != claim.amount for amount in got):
                done[uuid] = Delivery(
                    uuid,
                    Outcome.UNKNOWN,
                    f"account.move,{move_id}",
                    f"Their document shows {got[0]} without and {got[1]} with taxes, the claim says "
                    f"{claim.amount}: their taxes or rounding changed it.",
                )

    def _find(self, uuids: Collection[str]) -> dict[str, int]:
        """:return: database id by uuid of the documents that are there already"""
        domain = [
            ("move_type", "=", "out_refund"),
            ("invoice_origin", "in", [document.ORIGIN + uuid for uuid in uuids]),
        ]
        ids = self._call("account.move", "search", domain, context={"active_test": False})
        found = {uuid: move_id for move_id, uuid in document_uuids(self._call, ids).items()}
        return {uuid: move_id for uuid, move_id in found.items() if uuid in uuids}

    def _partner(self, ref: str) -> int:
        """:raise ConfigurationError: none or several customers with this reference"""
        if not ref:
            raise ConfigurationError(
                "Neither the endpoint nor the claim names our customer reference at the supplier."
            )
        domain = [("ref", "=", ref), ("parent_id", "=", False)]
        ids = self._call("res.partner", "search", domain, limit=2)
        if len(ids) != 1:
            found = "more than one customer" if ids else "no customer"
            raise ConfigurationError(f"The supplier's system has {found} with the reference {ref!r}.")
        return int(ids[0])

    def _partner_or_error(self, ref: str) -> int | ConfigurationError:
        try:
            return self._partner(ref)
        except ConfigurationError as error:
            return error

    def _currencies(self, names: Collection[str]) -> dict[str, tuple[int, int]]:
        """:return: (database id, decimal places) by name of those that are active there"""
        rows = self._call(
            "res.currency", "search_read", [("name", "in", sorted(names))], ["name", "decimal_places"]
        )
        return {row["name"]: (int(row["id"]), int(row["decimal_places"])) for row in rows}

    def _check_rights(self) -> str:
        """:raise MissingRight: the API user can't do its work; without this, load() would blame each record
        for it"""
        names = ", ".join(model for model, _operation in _RIGHTS)
        if self._rights_seen:
            return names
        for model, operation in _RIGHTS:
            if not self._call(model, "has_access", [], operation):
                raise MissingRight(
                    f"The user {self.endpoint.login!r} at {self._client.target} may not {operation} {model}: "
                    "give it the group Invoicing."
                )
        self._rights_seen = True
        return names

    def _loader(self, model: str, fields: list[str]) -> Any:
        return lambda rows: self._call(model, "load", fields, rows, context=document.LOAD_CONTEXT)

    def _call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._client.call(model, method, *args, deadline=self._deadline, **kwargs)

    def _not_loaded(
        self, claims: dict[str, Claim], words: dict[str, str], outcome: Outcome, done: dict[str, Delivery]
    ) -> None:
        for uuid, sentence in words.items():
            done[uuid] = Delivery(
                uuid, outcome, detail=sentence, request=_summary(claims[uuid]), response=sentence
            )

    def _acknowledged(self, claim: Claim, move_id: int, *, known: bool) -> Delivery:
        ref = f"account.move,{move_id}"
        detail = "It was there already and was left untouched." if known else ""
        return Delivery(claim.uuid, Outcome.ACK, ref, detail, request=_summary(claim), response=ref)


def _summary(claim: Claim) -> str:
    return (
        f"load account.move {document.move_xmlid(claim.uuid)}: out_refund, {claim.number}, "
        f"{claim.amount:f} {claim.currency}, {len(claim.lines)} lines"
    )


def _number(endpoint: Endpoint, name: str, default: int, low: int, high: int) -> int:
    value = endpoint.options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigurationError(
            f"The option {name} of {endpoint.code!r} must be a number from {low} to {high}."
        )
    return value

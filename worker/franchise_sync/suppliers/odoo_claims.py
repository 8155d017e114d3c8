"""Kind ``claim_submitted``: a draft customer credit note with its reason in the chatter."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from franchise_sync.erp.port import Answer, Message, Outcome
from franchise_sync.errors import ConfigurationError, PayloadError
from franchise_sync.payload import Claim, parse_claim
from franchise_sync.suppliers import odoo_document as document
from franchise_sync.suppliers.odoo_answers import money
from franchise_sync.suppliers.odoo_books import Books, Rights
from franchise_sync.suppliers.odoo_load import Record, load_each
from franchise_sync.suppliers.odoo_poll import answers_of, document_uuids, external_ids
from franchise_sync.suppliers.odoo_profile_rows import columns
from franchise_sync.suppliers.port import Delivery

RIGHTS: Rights = (("account.move", "create"), ("account.move.line", "create"), ("mail.message", "create"))
GROUP = "Invoicing"


class ClaimDocuments:
    """Leaves claims as draft credit notes."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def check(self) -> str:
        """:raise MissingRight: see :meth:`Books.check_rights`"""
        return self._books.check_rights(RIGHTS, GROUP)

    def send(self, messages: Sequence[Message]) -> dict[str, Delivery]:
        """:return: a delivery by uuid, one for each message"""
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
            self.check()
            there = self._find(claims)
            new = {uuid: claim for uuid, claim in claims.items() if uuid not in there}
            fresh = self._create(new, done) if new else {}
            self._explain(claims, {**there, **fresh}, done)
            for uuid, move_id in {**there, **fresh}.items():
                if uuid not in done:
                    done[uuid] = self._acknowledged(claims[uuid], move_id, known=uuid in there)
        return done

    def ask(self, uuids: Collection[str]) -> Mapping[str, str]:
        """:return: remote reference by uuid, for those that are there completely"""
        there = self._find(uuids)
        if not there:
            return {}
        # Complete only with its note: a cut between the two calls must lead to a resend, which adds the note.
        domain = [("model", "=", "account.move"), ("res_id", "in", list(there.values()))]
        notes = self._books.call("mail.message", "search", domain)
        names = {
            name for found in external_ids(self._books.call, "mail.message", notes).values() for name in found
        }
        return {
            uuid: f"account.move,{move_id}"
            for uuid, move_id in there.items()
            if document.reason_xmlid(uuid) in names
        }

    def said(self, uuids: Collection[str]) -> list[Answer]:
        """:return: what the supplier answers now to those of these claims that are there and answered"""
        states = {state: meant.answer for state, meant in self._books.profile.states.answers.items()}
        ids = sorted(self._find(uuids).values())
        return answers_of(self._books.call, self._books.client.uid, ids, states)

    def _create(self, claims: dict[str, Claim], done: dict[str, Delivery]) -> dict[str, int]:
        """:return: database id by uuid of the documents that were made; what was not made is in ``done``"""
        currencies = self._currencies({claim.currency for claim in claims.values()})
        refs = {uuid: self._books.customer_ref(claim.customer_ref) for uuid, claim in claims.items()}
        partners = {ref: self._books.partner_or_error(ref) for ref in set(refs.values())}
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
            rows = document.move_rows(claim, partner_id, currency_id, self._books.profile)
            records.append(Record(uuid, rows))
        if not records:
            return {}
        loaded = load_each(self._books.loader("account.move", columns(self._books.profile)), records)
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
        loaded = load_each(self._books.loader("mail.message", document.MESSAGE_FIELDS), records)
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
        rows = self._books.call(
            "account.move", "read", list(ids.values()), ["amount_untaxed", "amount_total"]
        )
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
        return find_documents(self._books, uuids)

    def _currencies(self, names: Collection[str]) -> dict[str, tuple[int, int]]:
        """:return: (database id, decimal places) by name of those that are active there"""
        rows = self._books.call(
            "res.currency", "search_read", [("name", "in", sorted(names))], ["name", "decimal_places"]
        )
        return {row["name"]: (int(row["id"]), int(row["decimal_places"])) for row in rows}

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


def find_documents(books: Books, uuids: Collection[str]) -> dict[str, int]:
    """:return: database id by uuid of the documents that are there already"""
    domain = [
        ("move_type", "=", "out_refund"),
        ("invoice_origin", "in", [document.ORIGIN + uuid for uuid in uuids]),
    ]
    ids = books.call("account.move", "search", domain, context={"active_test": False})
    found = {uuid: move_id for move_id, uuid in document_uuids(books.call, ids).items()}
    return {uuid: move_id for uuid, move_id in found.items() if uuid in uuids}


def _summary(claim: Claim) -> str:
    return (
        f"load account.move {document.move_xmlid(claim.uuid)}: out_refund, {claim.number}, "
        f"{claim.amount:f} {claim.currency}, {len(claim.lines)} lines"
    )

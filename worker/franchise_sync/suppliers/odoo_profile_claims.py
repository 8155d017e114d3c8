"""Kind ``claim_submitted`` by a profile: records of the profile's model, each with a note in its chatter.

The note is written last and is the seal: where it is, the delivery is complete. Records and notes have
external ids, so a delivery cut off between the two calls is completed, not doubled. All records of a
claim are made in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from franchise_sync.erp.port import Answer, Message, Outcome
from franchise_sync.errors import ConfigurationError, PayloadError
from franchise_sync.payload import Claim, parse_claim
from franchise_sync.suppliers import odoo_note_text as wording
from franchise_sync.suppliers.odoo_books import Books, Rights
from franchise_sync.suppliers.odoo_load import Loaded, Record, load_each
from franchise_sync.suppliers.odoo_profile_poll import answers_of
from franchise_sync.suppliers.odoo_profile_read import Documents
from franchise_sync.suppliers.odoo_profile_rows import claim_rows, columns, reason_text
from franchise_sync.suppliers.port import Delivery

_WAIT = 600


class ProfileClaims:
    """Leaves claims as the profile says."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._profile = books.profile
        self._documents = Documents(books)

    def check(self) -> str:
        """:raise ConfigurationError: the profile doesn't fit their database
        :raise MissingRight: our user there may not
        """
        model = self._documents.check()
        rights: Rights = ((model, "create"), (model, "write"), ("mail.message", "create"))
        if self._profile.lines:
            lines = self._documents.fields(model)[self._profile.lines.field]["relation"]
            rights = ((lines, "create"), *rights)
        return self._books.check_rights(rights, self._profile.group)

    def send(self, messages: Sequence[Message]) -> dict[str, Delivery]:
        """:return: a delivery by uuid, one for each message"""
        done: dict[str, Delivery] = {}
        claims: dict[str, Claim] = {}
        for message in messages:
            try:
                claims[message.uuid] = parse_claim(message.payload, message.uuid)
            except PayloadError as error:
                done[message.uuid] = Delivery(message.uuid, Outcome.UNKNOWN, detail=str(error))
        if not claims:
            return done
        self.check()
        for uuid, there in self.ask(claims).items():
            words = "It was there already and was left untouched."
            done[uuid] = Delivery(uuid, Outcome.ACK, there, words, response=there)
        new = {uuid: claim for uuid, claim in claims.items() if uuid not in done}
        made = self._create(new, done) if new else {}
        self._explain(new, made, done)
        for uuid, ids in made.items():
            if uuid not in done:
                ref = self._reference(ids)
                done[uuid] = Delivery(uuid, Outcome.ACK, ref, request=self._summary(new[uuid]), response=ref)
        return done

    def ask(self, uuids: Collection[str]) -> Mapping[str, str]:
        """:return: remote reference by uuid, for those that are there completely"""
        return {
            uuid: self._reference([found[key] for key in sorted(found, key=lambda k: (len(k), k))])
            for uuid, found in self._documents.find(uuids).items()
        }

    def said(self, uuids: Collection[str]) -> list[Answer]:
        """:return: what the supplier answers now to those of these claims that are there and answered"""
        return answers_of(self._documents, uuids)

    def _create(self, claims: dict[str, Claim], done: dict[str, Delivery]) -> dict[str, list[int]]:
        """:return: database ids by uuid of the records that were made; what was not made is in ``done``"""
        refs = {uuid: self._books.customer_ref(claim.customer_ref) for uuid, claim in claims.items()}
        partners = {ref: self._books.partner_or_error(ref) for ref in set(refs.values())}
        currencies = self._currencies(claims)
        products = self._products(claims)
        records = []
        for uuid, claim in claims.items():
            partner_id = partners[refs[uuid]]
            if isinstance(partner_id, ConfigurationError):
                done[uuid] = Delivery(uuid, Outcome.RETRY, detail=str(partner_id), retry_after=_WAIT)
                continue
            if self._profile.uses("currency") and claim.currency not in currencies:
                words = f"The supplier's system doesn't use the currency {claim.currency}."
                done[uuid] = Delivery(uuid, Outcome.REJECT, detail=words)
                continue
            found, problem = self._line_products(claim, products)
            if problem:
                refuse = self._profile.product.unknown == "refuse"
                done[uuid] = Delivery(
                    uuid,
                    Outcome.REJECT if refuse else Outcome.RETRY,
                    detail=problem,
                    retry_after=0 if refuse else _WAIT,
                )
                continue
            rows = claim_rows(self._profile, claim, partner_id, currencies.get(claim.currency), found)
            records.append(Record(uuid, rows, self._count(claim)))
        if not records:
            return {}
        loaded = load_each(self._books.loader(self._profile.model, columns(self._profile)), records)
        self._not_loaded(claims, loaded, done)
        return loaded.all

    def _explain(
        self, claims: dict[str, Claim], made: dict[str, list[int]], done: dict[str, Delivery]
    ) -> None:
        records = [
            Record(
                uuid,
                wording.record_note_rows(uuid, self._profile.model, ids, reason_text(claims[uuid])),
                len(ids),
            )
            for uuid, ids in made.items()
        ]
        if not records:
            return
        loaded = load_each(self._books.loader("mail.message", wording.NOTE_FIELDS), records)
        for uuid, words in {**loaded.refused, **loaded.later}.items():
            # The records are there; only their note isn't. Not a refusal of the claim, so it is tried again.
            detail = f"The reason could not be added: {words}"
            done[uuid] = Delivery(uuid, Outcome.RETRY, self._reference(made[uuid]), detail)

    def _not_loaded(self, claims: dict[str, Claim], loaded: Loaded, done: dict[str, Delivery]) -> None:
        for outcome, found in ((Outcome.REJECT, loaded.refused), (Outcome.RETRY, loaded.later)):
            for uuid, words in found.items():
                request = self._summary(claims[uuid])
                done[uuid] = Delivery(uuid, outcome, detail=words, request=request, response=words)

    def _currencies(self, claims: dict[str, Claim]) -> dict[str, int]:
        if not self._profile.uses("currency"):
            return {}
        names = sorted({claim.currency for claim in claims.values()})
        rows = self._books.call("res.currency", "search_read", [("name", "in", names)], ["name"])
        return {row["name"]: int(row["id"]) for row in rows}

    def _products(self, claims: dict[str, Claim]) -> dict[str, list[int]]:
        """:return: database ids by code, of all codes in these claims and the fallback"""
        if not self._profile.uses("product"):
            return {}
        codes = {line.product_code for claim in claims.values() for line in claim.lines}
        codes = {code for code in codes | {self._profile.product.fallback} if code}
        if not codes:
            return {}
        name = self._profile.product.field
        rows: list[dict[str, Any]] = self._books.call(
            "product.product", "search_read", [(name, "in", sorted(codes))], [name]
        )
        found: dict[str, list[int]] = {}
        for row in rows:
            found.setdefault(str(row[name]), []).append(int(row["id"]))
        return found

    def _line_products(self, claim: Claim, products: Mapping[str, list[int]]) -> tuple[dict[str, str], str]:
        """:return: (database id by key of the line, what is wrong); a line without a code has no product"""
        found: dict[str, str] = {}
        if not self._profile.uses("product"):
            return found, ""
        rule = self._profile.product
        for line in claim.lines:
            if not line.product_code:
                continue
            ids = products.get(line.product_code) or products.get(rule.fallback) or []
            if len(ids) == 1:
                found[line.key] = str(ids[0])
            elif rule.unknown != "empty":
                what = "more than one product" if ids else "no product"
                return {}, (
                    f"The supplier's system has {what} with the code {line.product_code!r} "
                    f"(line {line.key}): correct it there, or name a fallback in the profile "
                    f"{self._profile.name!r}."
                )
        return found, ""

    def _count(self, claim: Claim) -> int:
        return len(claim.lines) if self._profile.records == "line" else 1

    def _reference(self, ids: Sequence[int]) -> str:
        return f"{self._profile.model},{','.join(map(str, ids))}"

    def _summary(self, claim: Claim) -> str:
        return (
            f"load {self._profile.model} {wording.MODULE}.{claim.uuid} (profile {self._profile.name}): "
            f"{claim.number}, {claim.amount:f} {claim.currency}, {len(claim.lines)} lines"
        )

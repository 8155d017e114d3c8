"""What a file says of each kind of message: named fields of the document and its lines, in order. Pure.

One layout serves the CSV and the XML for machines and the table that a person gets by mail. A new kind is
an entry in ``LAYOUTS``; a field that is added goes to the end of its list (docs/connectors.md, "Files").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from franchise_sync.payload import (
    amendment,
    claim,
    claim_change,
    claim_withdrawal,
    settlement,
    settlement_reversal,
    termination,
)

#: Version of both file formats. Raised when a receiver that knows the old one would misread the new one.
VERSION = 1
Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class FileDocument:
    """One message as it goes into a file. All values are texts; amounts are plain decimals, dates ISO 8601.

    :param line_names: names of a line's fields, also where there is no line
    """

    kind: str
    uuid: str
    head: Fields
    line_names: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]

    @property
    def number(self) -> str:
        """Number of the document in our Odoo."""
        return dict(self.head)["number"]

    @property
    def name(self) -> str:
        """Name of its file, without an ending: the same message always has the same."""
        return f"{self.kind}-{self.uuid}"


def document_of(kind: str, payload: str, uuid: str) -> FileDocument | None:
    """:return: None for a kind that has no layout
    :raise PayloadError: the payload is damaged
    """
    layout = LAYOUTS.get(kind)
    return layout(payload, uuid) if layout else None


def _claim(payload: str, uuid: str) -> FileDocument:
    it = claim.parse_claim(payload, uuid)
    head = (
        ("number", it.number),
        ("revision", str(it.revision)),
        ("customer_ref", it.customer_ref),
        ("customer_name", it.customer_name),
        ("outlet", it.outlet),
        ("agreement", it.agreement),
        ("event_date", it.event_date),
        ("cause", it.cause),
        ("reason", it.reason),
        ("currency", it.currency),
        ("amount", f"{it.amount:f}"),
    )
    names = ("key", "line_kind", "product_code", "description", "quantity", "invoice", "share", "line_amount")
    lines = tuple(
        (
            line.key,
            line.kind,
            line.product_code,
            line.description,
            line.quantity,
            line.invoice,
            line.share,
            f"{line.amount:f}",
        )
        for line in it.lines
    )
    return FileDocument(claim.KIND, uuid, head, names, lines)


def _change(payload: str, uuid: str) -> FileDocument:
    it = claim_change.parse_claim_change(payload, uuid)
    head = (
        ("number", it.number),
        ("original", it.original),
        ("customer_name", it.customer_name),
        ("reason", it.reason),
        ("currency", it.currency),
        ("amount", f"{it.amount:f}"),
    )
    lines = tuple((key, f"{amount:f}") for key, amount in it.lines.items())
    return FileDocument(claim_change.KIND, uuid, head, ("key", "line_amount"), lines)


def _withdrawal(payload: str, uuid: str) -> FileDocument:
    it = claim_withdrawal.parse_claim_withdrawal(payload, uuid)
    head = (
        ("number", it.number),
        ("original", it.original),
        ("customer_name", it.customer_name),
        ("reason", it.reason),
    )
    return FileDocument(claim_withdrawal.KIND, uuid, head, (), ())


def _termination(payload: str, uuid: str) -> FileDocument:
    it = termination.parse_termination(payload, uuid)
    head = (
        ("number", it.number),
        ("status", it.status),
        ("customer_ref", it.customer_ref),
        ("customer_name", it.customer_name),
        ("contract", it.contract),
        ("franchisee", it.franchisee),
        ("ends_on", it.ends_on),
        ("agreement", it.agreement),
        ("decision", it.decision),
        ("decision_text", it.decision_text),
        ("run_off_until", it.run_off_until),
        ("text", it.text),
    )
    return FileDocument(termination.KIND, uuid, head, ("outlet",), tuple((outlet,) for outlet in it.outlets))


def _amendment(payload: str, uuid: str) -> FileDocument:
    it = amendment.parse_amendment(payload, uuid)
    head = (
        ("number", it.number),
        ("customer_ref", it.customer_ref),
        ("customer_name", it.customer_name),
        ("agreement", it.agreement),
        ("version", str(it.version)),
        ("date_from", it.date_from),
        ("date_to", it.date_to),
        ("currency", it.currency),
        ("reason", it.reason),
    )
    return FileDocument(amendment.KIND, uuid, head, ("change",), tuple((change,) for change in it.changes))


def _settlement(payload: str, uuid: str) -> FileDocument:
    it = settlement.parse_settlement(payload, uuid)
    head = (
        ("number", it.number),
        ("customer_ref", it.customer_ref),
        ("customer_name", it.customer_name),
        ("party", it.party),
        ("date_to", it.date_to),
        ("currency", it.currency),
        ("opening_balance", f"{it.opening_balance:f}"),
        ("amount", f"{it.amount:f}"),
        ("closing_balance", f"{it.closing_balance:f}"),
        ("answer_until", it.answer_until),
        ("answer_days", str(it.answer_days)),
        ("silence", it.silence),
        ("line_count", str(it.line_count)),
    )
    names = ("key", "line_kind", "date", "reference", "their_reference", "description", "line_amount")
    lines = tuple(
        (
            line.key,
            line.kind,
            line.date,
            line.reference,
            line.their_reference,
            line.description,
            f"{line.amount:f}",
        )
        for line in it.lines
    )
    return FileDocument(settlement.KIND, uuid, head, names, lines)


def _settlement_reversal(payload: str, uuid: str) -> FileDocument:
    it = settlement_reversal.parse_settlement_reversal(payload, uuid)
    head = (
        ("number", it.number),
        ("original", it.original),
        ("status", it.status),
        ("customer_ref", it.customer_ref),
        ("customer_name", it.customer_name),
        ("reason", it.reason),
    )
    return FileDocument(settlement_reversal.KIND, uuid, head, (), ())


LAYOUTS: dict[str, Callable[[str, str], FileDocument]] = {
    claim.KIND: _claim,
    claim_change.KIND: _change,
    claim_withdrawal.KIND: _withdrawal,
    termination.KIND: _termination,
    amendment.KIND: _amendment,
    settlement.KIND: _settlement,
    settlement_reversal.KIND: _settlement_reversal,
}

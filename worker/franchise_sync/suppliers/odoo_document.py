"""From a claim to the rows that a supplier's stock Odoo takes through ``load()``. Pure: no calls in here.

The document is a draft customer credit note (``account.move``, ``out_refund``). Its external id is made of
the
message's uuid, each line's of the uuid and the line's key, the note in the chatter's of the uuid and
``_reason``.
"""

from __future__ import annotations

from franchise_sync.payload import Claim, ClaimLine
from franchise_sync.text import text_to_html

MODULE = "franchise_sync"
ORIGIN = "franchise:"

# "mode: update" with "noupdate" is what makes a repeated load harmless: a record whose external id is known
# and marked
# noupdate is returned but not written (odoo/orm/models.py, _load_records), one that isn't known is created.
# Without it
# a repeated load would put back the lines that the supplier's clerk has lowered, or fail on a posted
# document.
LOAD_CONTEXT = {"mode": "update", "noupdate": True, "lang": "en_US"}

MOVE_FIELDS = [
    "id",
    "move_type",
    "partner_id/.id",
    "currency_id/.id",
    "ref",
    "invoice_origin",
    "invoice_line_ids/id",
    "invoice_line_ids/name",
    "invoice_line_ids/quantity",
    "invoice_line_ids/price_unit",
    # Always an empty cell. Without the column Odoo would compute the taxes of the product or of the company.
    "invoice_line_ids/tax_ids/.id",
]
MESSAGE_FIELDS = ["id", "model", "res_id", "message_type", "subtype_id/id", "body"]


def move_xmlid(uuid: str) -> str:
    return f"{MODULE}.{uuid}"


def line_xmlid(uuid: str, key: str) -> str:
    return f"{MODULE}.{uuid}_{key}"


def reason_xmlid(uuid: str) -> str:
    return f"{MODULE}.{uuid}_reason"


def uuid_of_xmlid(xmlid: str) -> str:
    """:return: the uuid of a document's external id, empty for any other external id"""
    module, _dot, name = xmlid.partition(".")
    return name if module == MODULE and "_" not in name else ""


def key_of_xmlid(xmlid: str, uuid: str) -> str:
    """:return: the key of a line's external id, empty if it isn't a line of that document"""
    prefix = f"{MODULE}.{uuid}_"
    return xmlid[len(prefix) :] if xmlid.startswith(prefix) else ""


def move_rows(claim: Claim, partner_id: int, currency_id: int) -> list[list[str]]:
    """:return: one row a line; the document's own cells stand in the first row only, as ``load()`` wants
    it"""
    head = [
        move_xmlid(claim.uuid),
        "out_refund",
        str(partner_id),
        str(currency_id),
        claim.number,
        ORIGIN + claim.uuid,
    ]
    empty = [""] * len(head)
    return [
        [
            *(empty if index else head),
            line_xmlid(claim.uuid, line.key),
            line_label(line),
            "1",
            f"{line.amount:f}",
            "",
        ]
        for index, line in enumerate(claim.lines)
    ]


def message_row(claim: Claim, move_id: int) -> list[str]:
    """:return: the row that puts the reason into the document's chatter, as an internal note"""
    return [
        reason_xmlid(claim.uuid),
        "account.move",
        str(move_id),
        "comment",
        "mail.mt_note",
        text_to_html(reason_text(claim)),
    ]


def line_label(line: ClaimLine) -> str:
    """:return: what the supplier's clerk reads on the line"""
    label = line.description or line.kind or line.key
    if line.product_code and line.product_code not in label:  # Odoo's own descriptions begin with it
        label = f"[{line.product_code}] {label}"
    facts = []
    if line.quantity:
        facts.append(f"quantity {line.quantity}")
    if line.share:
        facts.append(f"your share {line.share} %")
    if line.invoice:
        facts.append(f"your invoice {line.invoice}")
    return f"{label} ({', '.join(facts)})" if facts else label


def reason_text(claim: Claim) -> str:
    """:return: the note in the chatter; never empty, so that its presence shows a complete delivery"""
    lines = [f"Claim {claim.number}, revision {claim.revision}, {claim.amount:f} {claim.currency}"]
    for label, value in (
        ("Customer", claim.customer_name),
        ("Outlet", claim.outlet),
        ("Agreement", claim.agreement),
        ("Cause", claim.cause),
        ("Event date", claim.event_date),
        ("Reason", claim.reason),
    ):
        if value:
            lines.append(f"{label}: {value}")
    return "\n".join(lines)

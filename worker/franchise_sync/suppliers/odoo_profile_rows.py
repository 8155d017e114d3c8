"""From a claim to rows for ``load()`` by a profile, and the labelled amount in a text. Pure: no calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from franchise_sync.payload import Claim, ClaimLine
from franchise_sync.suppliers.odoo_profile import Cell, Html, Profile, fill, template_of
from franchise_sync.text import text_to_html

MODULE = "franchise_sync"
ORIGIN = "franchise:"
_NUMBER = r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"


def record_xmlid(uuid: str, key: str = "") -> str:
    """:return: external id of a claim's document, or of the document or line of one of its lines"""
    return f"{MODULE}.{uuid}_{key}" if key else f"{MODULE}.{uuid}"


def split_xmlid(xmlid: str) -> tuple[str, str]:
    """:return: (uuid, key of the line or empty); two empty texts for any other external id"""
    module, _dot, name = xmlid.partition(".")
    uuid, _underscore, key = name.partition("_")
    return (uuid, key) if module == MODULE and "_" not in key else ("", "")


def columns(profile: Profile) -> list[str]:
    """:return: the columns of ``load()``, in the order of the cells of :func:`claim_rows`"""
    names = ["id", *profile.record]
    if profile.lines:
        names += [f"{profile.lines.field}/{name}" for name in ("id", *profile.lines.record)]
    return names


def claim_rows(
    profile: Profile,
    claim: Claim,
    customer_id: int,
    currency_id: int | None = None,
    products: Mapping[str, str] | None = None,
) -> list[list[str]]:
    """:param products: database id, or nothing, by key of the claim's line
    :return: a row a record or a row a line; a record's own cells stand in its first row only, as ``load()``
        wants it
    """
    labels = [amount.label for amount in profile.amounts.values() if amount.text]
    head = _tame(head_facts(claim, customer_id, currency_id), labels)
    found = products or {}
    by_line = [
        (line.key, {**head, **_tame(line_facts(line), labels), "product": found.get(line.key, "")})
        for line in claim.lines
    ]
    if profile.records == "line":
        return [[record_xmlid(claim.uuid, key), *_cells(profile.record, facts)] for key, facts in by_line]
    first = [record_xmlid(claim.uuid), *_cells(profile.record, head)]
    if not profile.lines:
        return [first]
    empty = [""] * len(first)
    return [
        [*(empty if n else first), record_xmlid(claim.uuid, key), *_cells(profile.lines.record, facts)]
        for n, (key, facts) in enumerate(by_line)
    ]


def head_facts(claim: Claim, customer_id: int, currency_id: int | None) -> dict[str, str]:
    """:return: what each placeholder of the claim stands for"""
    return {
        "uuid": claim.uuid,
        "key": ORIGIN + claim.uuid,
        "number": claim.number,
        "revision": str(claim.revision),
        "amount": f"{claim.amount:f}",
        "currency": str(currency_id or ""),
        "currency_code": claim.currency,
        "customer": str(customer_id),
        "customer_name": claim.customer_name,
        "outlet": claim.outlet,
        "agreement": claim.agreement,
        "cause": claim.cause,
        "event_date": claim.event_date,
        "reason": claim.reason,
        "text": reason_text(claim),
        "lines": "\n".join(f"{line_label(line)}: {line.amount:f} {claim.currency}" for line in claim.lines),
    }


def line_facts(line: ClaimLine) -> dict[str, str]:
    """:return: what each placeholder of a line stands for"""
    return {
        "line.key": line.key,
        "line.label": line_label(line),
        "line.amount": f"{line.amount:f}",
        "line.product_code": line.product_code,
        "line.description": line.description,
        "line.quantity": line.quantity or "1",
        "line.invoice": line.invoice,
        "line.share": line.share,
        "line.kind": line.kind,
    }


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


def labelled_amount(text: str, label: str) -> tuple[Decimal, str] | None:
    """:param text: plain, a line a paragraph
    :return: amount and currency after the last line that begins with the label, as in ``Accepted amount:
        1,250.00 CNY``; None when there is none, or more than such a number
    """
    lines = _label(label, "[ \t]*").findall(text)
    found = re.fullmatch(rf"{_NUMBER}[ \t\u00a0]*([A-Z]{{3}})[.]?", lines[-1].strip()) if lines else None
    return (Decimal(found[1].replace(",", "")), found[2]) if found else None


def without_label(text: str, label: str) -> str:
    """:return: the text without the lines that hold the amount"""
    return "\n".join(line for line in _label(label, "").sub("", text).splitlines() if line.strip())


def lowered_text(source: str, label: str, amount: Decimal) -> str:
    """:param source: text or HTML as it stands in their field
    :return: the same with the last labelled amount replaced; unchanged where none is found
    """
    found = list(re.finditer(rf"{re.escape(label)}\s*[:：]\s*{_NUMBER}", source))
    if not found:
        return source
    start, end = found[-1].span(1)
    return f"{source[:start]}{amount:f}{source[end:]}"


def _tame(facts: dict[str, str], labels: list[str]) -> dict[str, str]:
    """Words of a claim must not pass for the amount that the clerk accepts."""
    for label in labels:
        words = re.compile(rf"({re.escape(label)})\s*[:：]")
        facts = {name: words.sub(r"\1 –", text) for name, text in facts.items()}
    return facts


def _label(label: str, gap: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*{re.escape(label)}[ \t\u00a0]*[:：]{gap}(.*)$", re.M)


def _cells(cells: Mapping[str, Cell], facts: dict[str, str]) -> list[str]:
    return [_cell(cell, facts) for cell in cells.values()]


def _cell(cell: Cell, facts: dict[str, str]) -> str:
    text = fill(template_of(cell), facts)
    return text_to_html(text) if isinstance(cell, Html) and text else text

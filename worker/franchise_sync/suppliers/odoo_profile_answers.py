"""From what a clerk did with a profile's documents to the supplier's answer. Pure: no calls in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from franchise_sync.erp.port import Answer
from franchise_sync.suppliers.odoo_answers import REASON_BYTES, message_id, money, parse_time
from franchise_sync.suppliers.odoo_profile import COMMENTS, Amount, Profile, StateAnswer
from franchise_sync.suppliers.odoo_profile_read import Document
from franchise_sync.suppliers.odoo_profile_rows import labelled_amount, without_label
from franchise_sync.text import canonical_json, clip, html_to_text

#: (name, decimal places) by database id of a currency of theirs.
Currencies = Mapping[int, tuple[str, int]]
#: Lines below a document: (key of our line or empty, amount as they give it).
Lines = Sequence[tuple[str, Decimal]]
_ZERO = Decimal(0)


@dataclass(frozen=True)
class Verdict:
    """What one document says: an answer's state, and of an acceptance how much."""

    state: str
    amount: Decimal = _ZERO
    currency: str = ""
    number: str = ""
    lines: tuple[tuple[str, Decimal], ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Reading:
    """What belongs to the documents of one page: plain text of HTML, currencies, lines, last comments."""

    is_html: Callable[[str], bool]
    currencies: Currencies
    lines: Mapping[int, Lines]
    comments: Mapping[int, str]


def state_answer(profile: Profile, document: Document) -> StateAnswer | None:
    """:return: what the document's state means, None if it says nothing"""
    answers = profile.states.answers
    return next((answers[name] for name in document.states if name in answers), None)


def verdict(profile: Profile, document: Document, reading: Reading) -> Verdict | None:
    """:return: what the document says, None while it says nothing"""
    meant = state_answer(profile, document)
    if meant is None:
        return None
    if any(_value(document.values.get(path)) != wanted for path, wanted in meant.when.items()):
        return Verdict("acknowledged")
    reason = _reason(profile, document, reading)
    if meant.answer != "accepted":
        return Verdict(meant.answer, reason=reason)
    amount = profile.amount_of(meant)
    read = read_amount(amount, document, reading)
    if read is None:
        where = f"“{amount.label}: 123.45 CNY” in the field {amount.text}" if amount.text else amount.field
        words = f"Their document {document.name} accepts, but the amount can't be read: {where}."
        return Verdict("disputed", reason="\n".join(filter(None, (words, reason))))
    value, currency = read
    number = str(_value(document.values.get(amount.number)) or "") if amount.number else ""
    lines = _attributed(reading.lines.get(document.id, ()), value) if amount.lines else ()
    return Verdict("accepted", value, currency, number, lines, reason)


def read_amount(amount: Amount, document: Document, reading: Reading) -> tuple[Decimal, str] | None:
    """:return: (amount, currency) that stands in the document, None when none can be read"""
    if amount.text:
        return labelled_amount(_text(document, amount.text, reading), amount.label)
    currency = document.values.get(amount.currency or "")
    known = reading.currencies.get(currency[0]) if currency else None
    if known is None:
        return None
    name, digits = known
    if amount.lines:
        given = reading.lines.get(document.id, ())
        return sum((money(value, digits) for _key, value in given), money(0, digits)), name
    found = document.values.get(amount.field or "")
    return (money(found, digits), name) if found is not None and found is not False else None


def to_answer(profile: Profile, documents: Sequence[Document], reading: Reading) -> Answer | None:
    """:param documents: all of one claim
    :return: the answer that their present states are together, None while they say nothing
    """
    ordered = sorted(documents, key=lambda document: (len(document.key), document.key))
    said = [(document, verdict(profile, document, reading)) for document in ordered]
    verdicts = [found for _document, found in said if found]
    if not verdicts:
        return None
    states = {found.state for found in verdicts}
    decided = len(verdicts) == len(said) and states <= {"accepted", "rejected"}
    accepted = [(document, found) for document, found in said if found and found.state == "accepted"]
    total = sum((found.amount for _document, found in accepted), _ZERO)
    currencies = {found.currency for _document, found in accepted}
    reasons = list(dict.fromkeys(found.reason for found in verdicts if found.reason))
    if "disputed" in states or len(currencies) > 1:
        state = "disputed"
    elif not decided:
        state = "acknowledged"
    else:
        state = "accepted" if total > 0 else "rejected"
    return _answer(profile, said, state, total, "\n".join(reasons))


def _answer(
    profile: Profile,
    said: Sequence[tuple[Document, Verdict | None]],
    state: str,
    total: Decimal,
    reason: str,
) -> Answer:
    accepted = [(document, found) for document, found in said if found and found.state == "accepted"]
    whole = state == "accepted"
    lines: tuple[tuple[str, Decimal], ...] = ()
    if whole and profile.records == "line":
        amounts = {document.key: found.amount for document, found in accepted}
        lines = tuple(sorted((document.key, amounts.get(document.key, _ZERO)) for document, _ in said))
    elif whole:
        lines = accepted[0][1].lines
    content = {
        "uuid": said[0][0].uuid,
        "state": state,
        "number": ", ".join(dict.fromkeys(f.number for _, f in accepted if f.number)) if whole else "",
        "currency": accepted[0][1].currency if whole else "",
        "amount": f"{total if whole else _ZERO:f}",
        "lines": [[key, f"{value:f}"] for key, value in lines],
        # While nothing is decided, a comment is no reason.
        "reason": clip(reason, REASON_BYTES) if state != "acknowledged" else "",
    }
    times = max(document.write_date for document, _found in said)
    remote = {f"{profile.model},{document.id}": document.state for document, _found in said}
    return Answer(
        message_id=message_id(content),
        uuid=str(content["uuid"]),
        state=state,
        number=str(content["number"]),
        currency=str(content["currency"]),
        amount=total if whole else _ZERO,
        lines=lines,
        reason=str(content["reason"]),
        occurred_at=parse_time(times),
        raw=canonical_json({**content, "remote_states": remote, "write_date": times}),
    )


def _reason(profile: Profile, document: Document, reading: Reading) -> str:
    """:return: the first place of the profile that says something, without the line that holds the amount"""
    for path in profile.reason:
        if path == COMMENTS:
            text = html_to_text(reading.comments.get(document.id, ""))
        else:
            text = _text(document, path, reading)
        for amount in profile.amounts.values():
            text = without_label(text, amount.label) if amount.text else text
        if text.strip():
            return text.strip()
    return ""


def _text(document: Document, path: str, reading: Reading) -> str:
    value = _value(document.values.get(path))
    return html_to_text(str(value)) if reading.is_html(path) else str(value or "")


def _value(value: object) -> object:
    """:return: the name of a many2one, else the value itself; empty for False"""
    if isinstance(value, list | tuple) and len(value) == 2:
        return value[1]
    return "" if value is False or value is None else value


def _attributed(given: Lines, total: Decimal) -> tuple[tuple[str, Decimal], ...]:
    """A line of the clerk's own has no key: then only the total is certain."""
    by_key: dict[str, Decimal] = {}
    for key, value in given:
        if key:
            by_key[key] = by_key.get(key, _ZERO) + money(value, -int(total.as_tuple().exponent))
    return tuple(sorted(by_key.items())) if sum(by_key.values(), _ZERO) == total else ()

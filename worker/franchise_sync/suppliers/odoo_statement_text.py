"""A settlement's statement in words and rows for a supplier's stock Odoo. Pure: no calls."""

from __future__ import annotations

from dataclasses import dataclass

from franchise_sync.payload import parse_settlement, parse_settlement_reversal
from franchise_sync.payload.settlement import Settlement, SettlementLine
from franchise_sync.suppliers.odoo_document import MODULE
from franchise_sync.suppliers.odoo_note_text import NOTE_FIELDS, TODO_FIELDS, Note, facts
from franchise_sync.text import one_line, text_to_html

FILE_FIELDS = ["id", "name", "res_model", "res_id", "mimetype", "datas"]
STATEMENT_NOTE_FIELDS = [*NOTE_FIELDS, "attachment_ids/.id"]
STATEMENT_TODO_FIELDS = [*TODO_FIELDS, "date_deadline", "note"]
#: Lines that the note lists; a longer statement is read in its print.
NOTE_LINES = 200
HOW_TO_ANSWER = (
    "To answer, mark the to-do of this statement as done and write as feedback: AGREE, or DISPUTE and below "
    "it a line for each line that you see differently: its number, your amount, your reason, for example\n"
    "DISPUTE\n"
    "2 70.00 one item short"
)
_SILENCE = {
    "agree": "Without an answer until then it counts as agreed.",
    "escalate": "",
}


@dataclass(frozen=True)
class StatementNote(Note):
    settlement: Settlement


@dataclass(frozen=True)
class ReversalNote(Note):
    original: str


def statement_note(payload: str, uuid: str) -> StatementNote:
    """:raise PayloadError: the payload is damaged"""
    settlement = parse_settlement(payload, uuid)
    summary = (
        f"Statement {settlement.number}: {settlement.amount:f} {settlement.currency}, "
        f"balance {settlement.closing_balance:f} {settlement.currency}"
    )
    return StatementNote(
        uuid, settlement.customer_ref, one_line(summary, 200), _text(settlement, summary), settlement
    )


def reversal_note(payload: str, uuid: str) -> ReversalNote:
    """:raise PayloadError: the payload is damaged"""
    reversal = parse_settlement_reversal(payload, uuid)
    summary = f"Statement {reversal.number} no longer holds: {reversal.status}"
    text = facts(summary, ("From", reversal.customer_name), ("Reason", reversal.reason))
    return ReversalNote(uuid, reversal.customer_ref, one_line(summary, 200), text, reversal.original)


def file_xmlid(uuid: str) -> str:
    return f"{MODULE}.{uuid}_pdf"


def todo_xmlid(uuid: str, currency: str) -> str:
    """:return: external id of the to-do that is answered; its amounts are in the currency that it names"""
    return f"{MODULE}.{uuid}_statement_{currency}"


def uuid_and_currency(xmlid: str) -> tuple[str, str]:
    """:return: of which statement a to-do is, and its currency; empty texts for any other external id"""
    module, _dot, name = xmlid.partition(".")
    uuid, found, currency = name.partition("_statement_")
    return (uuid, currency) if module == MODULE and found else ("", "")


def file_row(note: StatementNote, partner_id: int, name: str, mimetype: str, content: str) -> list[str]:
    """:param content: base64
    :return: the row that leaves the print on our customer record
    """
    return [file_xmlid(note.uuid), name, "res.partner", str(partner_id), mimetype, content]


def todo_row(base: list[str], note: StatementNote) -> list[str]:
    """:param base: the row of a to-do as any notice has it
    :return: the row of the to-do that is answered, due when the answer is
    """
    settlement = note.settlement
    words = text_to_html(f"{_until(settlement)}\n{HOW_TO_ANSWER}".strip())
    return [todo_xmlid(note.uuid, settlement.currency), *base[1:], settlement.answer_until, words]


def _text(settlement: Settlement, summary: str) -> str:
    listed = settlement.lines[:NOTE_LINES]
    lines = "".join(f"\n{_line(line)}" for line in listed)
    more = settlement.line_count - len(listed)
    if more:
        lines += f"\n… {more} more lines: see the attached statement"
    text = facts(
        summary,
        ("From", settlement.customer_name),
        ("Settled until", settlement.date_to),
        ("Opening balance", f"{settlement.opening_balance:f} {settlement.currency}"),
        ("Movements", f"{settlement.amount:f} {settlement.currency}"),
        ("Closing balance", f"{settlement.closing_balance:f} {settlement.currency}"),
        ("Sign", "positive amounts are owed by you, negative ones by us"),
        ("Lines", lines),
    )
    return "\n".join(filter(None, (text, _until(settlement), HOW_TO_ANSWER)))


def _line(line: SettlementLine) -> str:
    about = ", ".join(filter(None, (line.reference, line.their_reference and f"your {line.their_reference}")))
    described = f"{line.description} ({about})" if about else line.description
    return " | ".join((line.key, line.date, described, f"{line.amount:f}"))


def _until(settlement: Settlement) -> str:
    if not settlement.answer_until:
        return ""
    return f"Please answer until {settlement.answer_until}. {_SILENCE[settlement.silence]}".strip()

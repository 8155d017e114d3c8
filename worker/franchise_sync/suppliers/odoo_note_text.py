"""From what a supplier is told to rows that its stock Odoo takes through ``load()``. Pure: no calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from franchise_sync.payload import parse_amendment, parse_termination
from franchise_sync.suppliers.odoo_document import MODULE
from franchise_sync.text import one_line, text_to_html

NOTE_FIELDS = ["id", "model", "res_id", "message_type", "subtype_id/id", "message_id", "subject", "body"]
TODO_FIELDS = ["id", "res_model_id/id", "res_id", "activity_type_id/id", "summary", "user_id/.id"]


@dataclass(frozen=True)
class Note:
    """What the supplier's clerk reads; ``summary`` is one line, ``text`` plain with line breaks."""

    uuid: str
    customer_ref: str
    summary: str
    text: str


def termination_note(payload: str, uuid: str) -> Note:
    """:raise PayloadError: the payload is damaged"""
    notice = parse_termination(payload, uuid)
    withdrawn = notice.status == "withdrawn"
    subject = f"franchise contract {notice.contract}" if notice.contract else notice.number
    if withdrawn:
        summary = f"Notice withdrawn: {subject}"
    else:
        summary = f"Termination notice: {subject}" + (f" ends on {notice.ends_on}" if notice.ends_on else "")
    return Note(
        uuid,
        notice.customer_ref,
        one_line(summary, 200),
        facts(
            summary,
            ("From", notice.customer_name),
            ("Notice", notice.number),
            ("Franchisee", notice.franchisee),
            ("Last day of the contract", notice.ends_on),
            ("Outlets", "; ".join(notice.outlets)),
            ("Agreement", notice.agreement),
            ("The agreement", notice.decision_text or notice.decision),
            ("Goods sold before are served until", notice.run_off_until),
            ("Letter", f"\n{notice.text}" if notice.text else ""),
        ),
    )


def amendment_note(payload: str, uuid: str) -> Note:
    """:raise PayloadError: the payload is damaged"""
    amendment = parse_amendment(payload, uuid)
    summary = (
        f"Agreement {amendment.agreement} amended: version {amendment.version} from {amendment.date_from}"
    )
    changes = "".join(f"\n{change}" for change in amendment.changes)
    return Note(
        uuid,
        amendment.customer_ref,
        one_line(summary, 200),
        facts(
            summary,
            ("From", amendment.customer_name),
            ("In force until", amendment.date_to),
            ("Currency", amendment.currency),
            ("Reason", amendment.reason),
            ("What changed", changes),
        ),
    )


def note_xmlid(uuid: str) -> str:
    return f"{MODULE}.{uuid}_note"


def todo_xmlid(uuid: str) -> str:
    return f"{MODULE}.{uuid}_todo"


def mail_id(uuid: str) -> str:
    """:return: the note's Message-Id, which can be searched for; external ids can't without a right"""
    return f"<{uuid}@franchise-sync>"


def note_row(note: Note, partner_id: int) -> list[str]:
    """:return: the row that puts the note into our customer record's chatter: internal, mailed to nobody"""
    return [
        note_xmlid(note.uuid),
        "res.partner",
        str(partner_id),
        "comment",
        "mail.mt_note",
        mail_id(note.uuid),
        note.summary,
        text_to_html(note.text),
    ]


def record_note_rows(uuid: str, model: str, ids: Sequence[int], words: str) -> list[list[str]]:
    """:param ids: the records of one claim, in the order of its lines
    :return: a row a record that puts a note into its chatter: internal, mailed to nobody. All have the same
        Message-Id, by which the claim's records are found again; the first one's external id is the seal
    """
    return [
        [
            note_xmlid(f"{uuid}_{number}" if number else uuid),
            model,
            str(record_id),
            "comment",
            "mail.mt_note",
            mail_id(uuid),
            words.partition("\n")[0],
            text_to_html(words),
        ]
        for number, record_id in enumerate(ids)
    ]


def todo_row(note: Note, partner_id: int, user_id: int) -> list[str]:
    """:return: the row of the to-do that leads the salesperson to the note, due today"""
    return [
        todo_xmlid(note.uuid),
        "base.model_res_partner",
        str(partner_id),
        "mail.mail_activity_data_todo",
        note.summary,
        str(user_id),
    ]


def facts(first: str, *known: tuple[str, str]) -> str:
    """:return: the first line, and below it a line for each label with a value"""
    return "\n".join([first, *(f"{label}: {value}" for label, value in known if value)])

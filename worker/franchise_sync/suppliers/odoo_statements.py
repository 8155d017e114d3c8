"""Kinds ``settlement_issued`` and ``settlement_reversed``: statements on our record in a supplier's Odoo.

Left in this order: the print as an attachment, a to-do for the customer's salesperson, and a note with the
lines and the print, which is the seal. Each has an external id made of the uuid. How the to-do is answered:
``odoo_statement_answers``.
"""

from __future__ import annotations

import base64
import hashlib
from typing import cast

from franchise_sync.erp.port import MessageFile, Outcome
from franchise_sync.suppliers import odoo_statement_text as wording
from franchise_sync.suppliers.odoo_books import Books, Rights
from franchise_sync.suppliers.odoo_load import Record, load_each
from franchise_sync.suppliers.odoo_note_text import Note
from franchise_sync.suppliers.odoo_notes import RIGHTS, CustomerNotes
from franchise_sync.suppliers.odoo_poll import external_ids
from franchise_sync.suppliers.odoo_statement_text import ReversalNote, StatementNote
from franchise_sync.suppliers.port import Delivery

_WAIT = 60


class Statements(CustomerNotes):
    """Leaves statements."""

    rights: Rights = (*RIGHTS, ("ir.attachment", "create"))
    note_fields = wording.STATEMENT_NOTE_FIELDS
    todo_fields = wording.STATEMENT_TODO_FIELDS

    def __init__(self, books: Books) -> None:
        super().__init__(books, wording.statement_note)
        self._prints: dict[str, int] = {}

    def _prepare(self, notes: dict[str, Note], partners: dict[str, int], done: dict[str, Delivery]) -> None:
        """Upload the prints, as many at a time as our Odoo gives in one reply."""
        self._prints = {}
        statements = {uuid: cast(StatementNote, note) for uuid, note in notes.items()}
        waiting = [uuid for uuid, note in statements.items() if note.settlement.statement]
        while waiting:
            files = {file.uuid: file for file in self._books.files(waiting) if file.uuid in waiting}
            if not files:
                words = "Our Odoo gave no file for this statement: its lease has ended, or the print is gone."
                done.update(
                    {uuid: Delivery(uuid, Outcome.RETRY, detail=words, retry_after=_WAIT) for uuid in waiting}
                )
                return
            self._upload({uuid: (statements[uuid], file) for uuid, file in files.items()}, partners, done)
            waiting = [uuid for uuid in waiting if uuid not in files]

    def _upload(
        self,
        files: dict[str, tuple[StatementNote, MessageFile]],
        partners: dict[str, int],
        done: dict[str, Delivery],
    ) -> None:
        records = []
        for uuid, (note, file) in files.items():
            promised = note.settlement.statement
            if promised is None or hashlib.sha256(file.content).hexdigest() != promised.sha256:
                words = "The statement's print is not the one that the payload names; nothing was sent."
                done[uuid] = Delivery(uuid, Outcome.UNKNOWN, detail=words)
                continue
            content = base64.b64encode(file.content).decode()
            row = wording.file_row(note, partners[uuid], promised.name, promised.mimetype, content)
            records.append(Record(uuid, [row]))
        if not records:
            return
        loaded = load_each(self._books.loader("ir.attachment", wording.FILE_FIELDS), records)
        self._prints.update(loaded.ids)
        for uuid, words in {**loaded.refused, **loaded.later}.items():
            # Their system doesn't take the file; the statement itself was not judged.
            done[uuid] = Delivery(uuid, Outcome.RETRY, detail=words, response=words)

    def _note_row(self, note: Note, partner_id: int) -> list[str]:
        return [*super()._note_row(note, partner_id), str(self._prints.get(note.uuid, ""))]

    def _todo_row(self, note: Note, partner_id: int, user_id: int) -> list[str]:
        return wording.todo_row(super()._todo_row(note, partner_id, user_id), cast(StatementNote, note))


class StatementReversals(CustomerNotes):
    """Says that a statement no longer holds, and ends the to-do that asked for an answer to it."""

    def __init__(self, books: Books) -> None:
        super().__init__(books, wording.reversal_note)

    def _prepare(self, notes: dict[str, Note], partners: dict[str, int], done: dict[str, Delivery]) -> None:
        originals = {cast(ReversalNote, note).original for note in notes.values()}
        domain = [
            ("create_uid", "=", self._books.client.uid),
            ("res_model", "=", "res.partner"),
            ("res_id", "in", sorted(set(partners.values()))),
        ]
        todo = self._books.call("mail.activity", "search", domain)
        ended = [
            todo_id
            for todo_id, names in external_ids(self._books.call, "mail.activity", todo).items()
            if any(wording.uuid_and_currency(name)[0] in originals for name in names)
        ]
        if ended:
            self._books.call("mail.activity", "unlink", ended)

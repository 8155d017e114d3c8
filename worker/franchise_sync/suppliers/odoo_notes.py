"""Kinds that are told only: a note on our record in the supplier's Odoo, and a to-do for its salesperson.

The note is written last and is the seal: where it is, the delivery is complete and nothing is touched again.
Both have external ids made of the uuid, so a delivery cut off between the calls is completed, not doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from franchise_sync.erp.port import Message, Outcome
from franchise_sync.errors import ConfigurationError, MissingRight, PayloadError
from franchise_sync.suppliers import odoo_note_text as wording
from franchise_sync.suppliers.odoo_books import Books, Rights
from franchise_sync.suppliers.odoo_load import RIGHT_WORDS, Record, load_each
from franchise_sync.suppliers.odoo_note_text import Note
from franchise_sync.suppliers.odoo_poll import external_ids
from franchise_sync.suppliers.port import Delivery

# A message may be left on a record by those who may write the record (Odoo: _mail_post_access).
RIGHTS: Rights = (("mail.message", "create"), ("res.partner", "write"))
GROUP = "Contact: Creation"
_WAIT = 600


class NoteOf(Protocol):
    """Reads a payload and words its note."""

    def __call__(self, payload: str, uuid: str) -> Note:
        """:raise PayloadError: the payload is damaged"""
        ...


class CustomerNotes:
    """Leaves one kind of message as notes."""

    rights: Rights = RIGHTS
    note_fields: list[str] = wording.NOTE_FIELDS
    todo_fields: list[str] = wording.TODO_FIELDS

    def __init__(self, books: Books, note_of: NoteOf) -> None:
        self._books = books
        self._note_of = note_of

    def check(self) -> str:
        """:raise MissingRight: see :meth:`Books.check_rights`"""
        return self._books.check_rights(self.rights, GROUP)

    def send(self, messages: Sequence[Message]) -> dict[str, Delivery]:
        """:return: a delivery by uuid, one for each message"""
        done: dict[str, Delivery] = {}
        notes: dict[str, Note] = {}
        for message in messages:
            try:
                notes[message.uuid] = self._note_of(message.payload, message.uuid)
            except PayloadError as error:
                done[message.uuid] = Delivery(message.uuid, Outcome.UNKNOWN, detail=str(error))
        there = self._find(notes) if notes else {}
        for uuid, note_id in there.items():
            done[uuid] = _acknowledged(notes[uuid], note_id, "It was there already and was left untouched.")
        new = {uuid: note for uuid, note in notes.items() if uuid not in there}
        if new:
            try:
                self.check()
            except MissingRight as error:
                # Claims need other rights; a batch with both must not wait for this one.
                done.update(_later(new, str(error)))
            else:
                self._leave(new, done)
        return done

    def ask(self, uuids: Collection[str]) -> Mapping[str, str]:
        """:return: remote reference by uuid, for those that are there completely"""
        return {uuid: _reference(note_id) for uuid, note_id in self._find(uuids).items()}

    def _leave(self, notes: dict[str, Note], done: dict[str, Delivery]) -> None:
        refs = {uuid: self._books.customer_ref(note.customer_ref) for uuid, note in notes.items()}
        partners: dict[str, int] = {}
        for ref in set(refs.values()):
            found = self._books.partner_or_error(ref)
            if isinstance(found, ConfigurationError):
                # Their customer list or our option is wrong, not the notice.
                done.update(_later([uuid for uuid in notes if refs[uuid] == ref], str(found)))
            else:
                partners[ref] = found
        ready = {uuid: note for uuid, note in notes.items() if uuid not in done}
        if not ready:
            return
        theirs = {uuid: partners[refs[uuid]] for uuid in ready}
        self._prepare(ready, theirs, done)
        ready = {uuid: note for uuid, note in ready.items() if uuid not in done}
        remarks = self._remind(ready, theirs, done) if ready else {}
        records = [
            Record(uuid, [self._note_row(note, theirs[uuid])])
            for uuid, note in ready.items()
            if uuid not in done
        ]
        if not records:
            return
        loaded = load_each(self._books.loader("mail.message", self.note_fields), records)
        for uuid, words in loaded.refused.items():
            done[uuid] = Delivery(uuid, Outcome.REJECT, detail=words, response=words)
        for uuid, words in loaded.later.items():
            done[uuid] = Delivery(uuid, Outcome.RETRY, detail=words, response=words)
        for uuid, note_id in loaded.ids.items():
            done[uuid] = _acknowledged(ready[uuid], note_id, remarks.get(uuid, ""))

    def _prepare(self, notes: dict[str, Note], partners: dict[str, int], done: dict[str, Delivery]) -> None:
        """Hook: what has to be there before the to-do and the note; who can't be served is put into
        ``done``."""

    def _note_row(self, note: Note, partner_id: int) -> list[str]:
        return wording.note_row(note, partner_id)

    def _todo_row(self, note: Note, partner_id: int, user_id: int) -> list[str]:
        return wording.todo_row(note, partner_id, user_id)

    def _remind(
        self, notes: dict[str, Note], partners: dict[str, int], done: dict[str, Delivery]
    ) -> dict[str, str]:
        """A to-do for the customer's salesperson, where there is one and our user may leave one there.

        :return: by uuid why there is none, for the log; what has to be tried again is in ``done``
        """
        rows = self._books.call("res.partner", "read", sorted(set(partners.values())), ["user_id"])
        people = {row["id"]: row["user_id"][0] for row in rows if row["user_id"]}
        remarks, records = {}, []
        for uuid, note in notes.items():
            person = people.get(partners[uuid])
            if person:
                records.append(Record(uuid, [self._todo_row(note, partners[uuid], person)]))
            else:
                remarks[uuid] = "Without a to-do: our customer record there has no salesperson."
        if not records:
            return remarks
        loaded = load_each(self._books.loader("mail.activity", self.todo_fields), records)
        for uuid, words in loaded.refused.items():
            remarks[uuid] = f"Without a to-do: {words}"
        for uuid, words in loaded.later.items():
            if RIGHT_WORDS.search(words):
                remarks[uuid] = f"Without a to-do: {words}"
            else:
                done[uuid] = Delivery(uuid, Outcome.RETRY, detail=words, response=words)
        return remarks

    def _find(self, uuids: Collection[str]) -> dict[str, int]:
        """:return: database id by uuid of the notes that are there already"""
        by_name = {wording.note_xmlid(uuid): uuid for uuid in uuids}
        domain = [("message_id", "in", [wording.mail_id(uuid) for uuid in uuids])]
        ids = self._books.call("mail.message", "search", domain)
        return {
            by_name[name]: note_id
            for note_id, names in external_ids(self._books.call, "mail.message", ids).items()
            for name in names
            if name in by_name
        }


def notes_of(note_of: NoteOf) -> Callable[[Books], CustomerNotes]:
    """:return: makes the handler of a kind that ``note_of`` reads and words"""
    return lambda books: CustomerNotes(books, note_of)


def _later(uuids: Collection[str], words: str) -> dict[str, Delivery]:
    return {uuid: Delivery(uuid, Outcome.RETRY, detail=words, retry_after=_WAIT) for uuid in uuids}


def _acknowledged(note: Note, note_id: int, detail: str) -> Delivery:
    ref = _reference(note_id)
    request = f"load mail.message {wording.note_xmlid(note.uuid)}: {note.summary}"
    return Delivery(note.uuid, Outcome.ACK, ref, detail, request=request, response=ref)


def _reference(note_id: int) -> str:
    return f"mail.message,{note_id}"

"""Reads answers from the documents of a profile: those that changed, with the others of the same claim.

Documents are ours where our user made them and one of our external ids is on them. What stands one many2one
away (``watch``) may change without them: such documents are read first, by the time of the other record,
under the cursor as it was; only then does the cursor move on with the documents' own times.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal

from franchise_sync.erp.port import Answer
from franchise_sync.suppliers.odoo_poll import (
    Domain,
    changed,
    external_ids,
    format_cursor,
    last_comments,
    later,
    looking_back,
    parse_cursor,
)
from franchise_sync.suppliers.odoo_profile_answers import Reading, to_answer
from franchise_sync.suppliers.odoo_profile_read import Document, Documents
from franchise_sync.suppliers.odoo_profile_rows import split_xmlid
from franchise_sync.suppliers.port import AnswerPage


def poll_documents(
    documents: Documents, cursor: str, overlap_seconds: int, page_size: int
) -> Iterator[AnswerPage]:
    """:param cursor: ISO time of the newest document that was read before, empty for the first time
    :return: pages with their cursor
    """
    documents.check()
    newest = parse_cursor(cursor)
    since = looking_back(newest, overlap_seconds)
    call, profile = documents.books.call, documents.profile
    said: set[str] = set()  # a claim with several documents comes up once for each of them

    def page(ids: list[int]) -> tuple[Answer, ...]:
        new = [a for a in answers_of(documents, _uuids(documents, ids)) if a.message_id not in said]
        said.update(answer.message_id for answer in new)
        return tuple(new)

    ours: Domain = [("create_uid", "=", documents.books.client.uid)]
    if since and profile.watch:
        for ids in _watched(documents, ours, since, page_size):
            yield AnswerPage(page(ids), cursor)
    for rows in changed(call, profile.model, ours, ["write_date"], since, page_size):
        newest = later(newest, rows)
        yield AnswerPage(page([row["id"] for row in rows]), format_cursor(newest))


def answers_of(documents: Documents, uuids: Collection[str]) -> list[Answer]:
    """:return: the answer to each of these claims that has one, in their order"""
    found = documents.find(uuids)
    keys = {record_id: (uuid, key) for uuid, records in found.items() for key, record_id in records.items()}
    read = documents.read(keys)
    if not read:
        return []
    reading = reading_of(documents, read)
    by_uuid: dict[str, list[Document]] = {}
    for document in read:
        by_uuid.setdefault(document.uuid, []).append(document)
    answers = (to_answer(documents.profile, by_uuid[uuid], reading) for uuid in uuids if uuid in by_uuid)
    return [answer for answer in answers if answer]


def reading_of(documents: Documents, read: list[Document]) -> Reading:
    """:return: what has to be known beside these documents to understand them"""
    call, profile = documents.books.call, documents.profile
    paths = {amount.currency for amount in profile.amounts.values() if amount.currency}
    linked = {value[0] for document in read for path in paths if (value := document.values.get(path))}
    currencies = {}
    if linked:
        rows = call("res.currency", "read", sorted(linked), ["name", "decimal_places"])
        currencies = {row["id"]: (row["name"], row["decimal_places"]) for row in rows}
    comments = last_comments(call, documents.books.client.uid, profile.model, [d.id for d in read])
    return Reading(
        is_html=lambda path: documents.type_of(path) == "html",
        currencies=currencies,
        lines=_lines(documents, read),
        comments=comments,
    )


def _lines(documents: Documents, read: list[Document]) -> Mapping[int, list[tuple[str, Decimal]]]:
    profile = documents.profile
    names = [amount.lines for amount in profile.amounts.values() if amount.lines]
    if not names or not profile.lines:
        return {}
    model = documents.fields(profile.model)[profile.lines.field]["relation"]
    ids = [line for document in read for line in document.values[profile.lines.field]]
    rows = documents.books.call(model, "read", ids, [names[0]]) if ids else []
    amounts = {row["id"]: row[names[0]] for row in rows}
    keys = {
        line: next((key for uuid, key in map(split_xmlid, found) if uuid), "")
        for line, found in external_ids(documents.books.call, model, ids).items()
    }
    return {
        document.id: [
            (keys.get(line, ""), amounts[line])
            for line in document.values[profile.lines.field]
            if line in amounts
        ]
        for document in read
    }


def _watched(documents: Documents, ours: Domain, since: str, page_size: int) -> Iterator[list[int]]:
    call, profile = documents.books.call, documents.profile
    for name in profile.watch:
        last = 0
        while True:
            domain = [*ours, (f"{name}.write_date", ">=", since), ("id", ">", last)]
            ids: list[int] = call(profile.model, "search", domain, limit=page_size, order="id")
            if ids:
                yield ids
                last = ids[-1]
            if len(ids) < page_size:
                break


def _uuids(documents: Documents, ids: list[int]) -> list[str]:
    return list(dict.fromkeys(uuid for uuid, _key in documents.keys(ids).values()))

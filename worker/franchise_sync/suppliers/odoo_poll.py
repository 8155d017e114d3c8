"""Reads documents that changed in a supplier's stock Odoo, page by page, skipping none.

Why not "everything after the last one": ``write_date`` is the time when the writing transaction *started*,
so a long
transaction commits a document that is older than the newest one already seen. Hence the overlap. And Odoo
gives
times by the second while it stores microseconds, and one transaction stamps all its documents alike. Hence
pages
restart at the last second seen, without the documents of that second that were already read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from franchise_sync.erp.port import Answer
from franchise_sync.suppliers.odoo_answers import STATES, MoveFacts, parse_time, to_answer
from franchise_sync.suppliers.odoo_document import ORIGIN, uuid_of_xmlid
from franchise_sync.suppliers.port import AnswerPage

#: Calls a method of a model of the supplier's Odoo.
Call = Callable[..., Any]
Domain = list[Any]

_FIELDS = ["name", "state", "currency_id", "amount_untaxed", "write_date", "invoice_line_ids"]
_COMMENTS = ["comment", "email", "email_outgoing"]


def poll(
    call: Call,
    uid: int,
    cursor: str,
    overlap_seconds: int,
    page_size: int,
    states: Mapping[str, str] = STATES,
) -> Iterator[AnswerPage]:
    """:param uid: our own user there, whose comments are no answers
    :param cursor: ISO time of the newest document that was read before, empty for the first time
    :param states: answer by state of theirs
    :return: pages with their cursor, oldest first
    """
    newest = parse_cursor(cursor)
    digits: dict[int, tuple[str, int]] = {}
    domain: Domain = [
        ("move_type", "=", "out_refund"),
        ("invoice_origin", "=like", ORIGIN + "%"),
        ("state", "in", list(states)),
    ]
    since = looking_back(newest, overlap_seconds)
    for rows in changed(call, "account.move", domain, _FIELDS, since, page_size):
        newest = later(newest, rows)
        yield AnswerPage(tuple(_answers(call, uid, rows, digits, states)), format_cursor(newest))


def answers_of(call: Call, uid: int, ids: list[int], states: Mapping[str, str] = STATES) -> list[Answer]:
    """:return: the answers that these documents are now; a draft has none"""
    if not ids:
        return []
    return _answers(call, uid, call("account.move", "read", ids, _FIELDS), {}, states)


def changed(
    call: Call, model: str, domain: Domain, fields: list[str], since: str, page_size: int
) -> Iterator[list[dict[str, Any]]]:
    """:param since: their time from which on records are read, empty for all
    :return: pages of records by time of their last write
    """
    last_second: str = ""
    seen: list[int] = []
    while True:
        when: Domain = []
        if last_second:
            when = [("write_date", ">=", last_second), ("id", "not in", seen)]
        elif since:
            when = [("write_date", ">=", since)]
        rows = call(
            model,
            "search_read",
            domain + when,
            fields,
            limit=page_size,
            order="write_date, id",
            context={"active_test": False},
        )
        if not rows:
            return
        second = rows[-1]["write_date"][:19]
        ids = [row["id"] for row in rows if row["write_date"][:19] == second]
        seen = seen + ids if second == last_second else ids
        last_second = second
        yield rows
        if len(rows) < page_size:
            return


def looking_back(newest: datetime | None, overlap_seconds: int) -> str:
    """:return: their time from which on to read; empty for all"""
    if newest is None:
        return ""
    return (newest - timedelta(seconds=overlap_seconds)).strftime("%Y-%m-%d %H:%M:%S")


def later(newest: datetime | None, rows: list[dict[str, Any]]) -> datetime:
    """:return: the time of the last of these rows, unless a later one is known"""
    moment = parse_time(rows[-1]["write_date"][:19])
    return max(newest, moment) if newest else moment


def format_cursor(newest: datetime) -> str:
    return newest.strftime("%Y-%m-%dT%H:%M:%SZ")


def _answers(
    call: Call,
    uid: int,
    rows: list[dict[str, Any]],
    digits: dict[int, tuple[str, int]],
    states: Mapping[str, str],
) -> list[Answer]:
    ids = [row["id"] for row in rows]
    uuids = document_uuids(call, ids)
    line_ids = [line for row in rows for line in row["invoice_line_ids"]]
    subtotals = {
        line["id"]: line["price_subtotal"]
        for line in call("account.move.line", "read", line_ids, ["price_subtotal"])
    }
    xmlids = external_ids(call, "account.move.line", line_ids)
    comments = last_comments(call, uid, "account.move", ids)
    missing = {row["currency_id"][0] for row in rows} - digits.keys()
    if missing:
        for currency in call("res.currency", "read", sorted(missing), ["name", "decimal_places"]):
            digits[currency["id"]] = (currency["name"], currency["decimal_places"])
    answers = []
    for row in rows:
        uuid = uuids.get(row["id"])
        if not uuid:  # a document of theirs that only looks like one of ours
            continue
        name, places = digits[row["currency_id"][0]]
        lines = [
            (_ours(xmlids.get(line, ()), uuid), subtotals.get(line, 0)) for line in row["invoice_line_ids"]
        ]
        answer = to_answer(
            MoveFacts(
                uuid=uuid,
                state=row["state"],
                number=row["name"] or "",
                currency=name,
                digits=places,
                untaxed=row["amount_untaxed"],
                lines=lines,
                comment=comments.get(row["id"], ""),
                write_date=row["write_date"],
            ),
            states,
        )
        if answer:
            answers.append(answer)
    return answers


def document_uuids(call: Call, move_ids: list[int]) -> dict[int, str]:
    """:return: uuid by database id, for the documents that carry one of our external ids"""
    found = external_ids(call, "account.move", move_ids)
    uuids = {move_id: next(filter(None, map(uuid_of_xmlid, names)), "") for move_id, names in found.items()}
    return {move_id: uuid for move_id, uuid in uuids.items() if uuid}


def external_ids(call: Call, model: str, ids: list[int]) -> dict[int, list[str]]:
    """``get_external_id`` gives one of several external ids, whichever; ``get_metadata`` gives them all.
    Neither
    needs a right on ``ir.model.data``, which a plain user may not read."""
    if not ids:
        return {}
    rows = call(model, "get_metadata", ids)
    return {row["id"]: [entry["xmlid"] for entry in row.get("xmlids") or ()] for row in rows}


def _ours(names: list[str] | tuple[()], uuid: str) -> str:
    return next((name for name in names if name.startswith(f"franchise_sync.{uuid}_")), "")


def last_comments(call: Call, uid: int, model: str, ids: list[int]) -> dict[int, str]:
    """:param uid: our own user there, whose comments don't count
    :return: HTML of the last comment by id of the record
    """
    domain = [
        ("model", "=", model),
        ("res_id", "in", ids),
        ("message_type", "in", _COMMENTS),
        ("create_uid", "!=", uid),
    ]
    last: dict[int, str] = {}
    for row in call("mail.message", "search_read", domain, ["res_id", "body"], order="id desc"):
        if row["body"]:
            last.setdefault(row["res_id"], row["body"])
    return last


def parse_cursor(cursor: str) -> datetime | None:
    """:return: the time that a cursor stands for, None to read everything"""
    if not cursor:
        return None
    try:
        moment = datetime.fromisoformat(cursor)
    except ValueError:  # not ours; reading everything again is harmless, skipping something isn't
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

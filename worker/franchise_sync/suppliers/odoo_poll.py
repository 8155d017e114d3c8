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

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from franchise_sync.erp.port import Answer
from franchise_sync.suppliers.odoo_answers import MoveFacts, parse_time, to_answer
from franchise_sync.suppliers.odoo_document import ORIGIN, uuid_of_xmlid
from franchise_sync.suppliers.port import AnswerPage

#: Calls a method of a model of the supplier's Odoo.
Call = Callable[..., Any]

_FIELDS = ["name", "state", "currency_id", "amount_untaxed", "write_date", "invoice_line_ids"]
_COMMENTS = ["comment", "email", "email_outgoing"]


def poll(call: Call, uid: int, cursor: str, overlap_seconds: int, page_size: int) -> Iterator[AnswerPage]:
    """:param uid: our own user there, whose comments are no answers
    :param cursor: ISO time of the newest document that was read before, empty for the first time
    :return: pages with their cursor, oldest first
    """
    newest = parse_cursor(cursor)
    since = newest - timedelta(seconds=overlap_seconds) if newest else None
    last_second: str = ""
    seen: list[int] = []
    digits: dict[int, tuple[str, int]] = {}
    while True:
        domain: list[Any] = [
            ("move_type", "=", "out_refund"),
            ("invoice_origin", "=like", ORIGIN + "%"),
            ("state", "in", ["posted", "cancel"]),
        ]
        if last_second:
            domain += [("write_date", ">=", last_second), ("id", "not in", seen)]
        elif since:
            domain.append(("write_date", ">=", since.strftime("%Y-%m-%d %H:%M:%S")))
        rows = call(
            "account.move",
            "search_read",
            domain,
            _FIELDS,
            limit=page_size,
            order="write_date, id",
            context={"active_test": False},
        )
        if not rows:
            return
        answers = _answers(call, uid, rows, digits)
        second = rows[-1]["write_date"][:19]
        ids = [row["id"] for row in rows if row["write_date"][:19] == second]
        seen = seen + ids if second == last_second else ids
        last_second = second
        moment = parse_time(second)
        newest = max(newest, moment) if newest else moment
        yield AnswerPage(tuple(answers), newest.strftime("%Y-%m-%dT%H:%M:%SZ"))
        if len(rows) < page_size:
            return


def _answers(
    call: Call, uid: int, rows: list[dict[str, Any]], digits: dict[int, tuple[str, int]]
) -> list[Answer]:
    ids = [row["id"] for row in rows]
    uuids = document_uuids(call, ids)
    line_ids = [line for row in rows for line in row["invoice_line_ids"]]
    subtotals = {
        line["id"]: line["price_subtotal"]
        for line in call("account.move.line", "read", line_ids, ["price_subtotal"])
    }
    xmlids = external_ids(call, "account.move.line", line_ids)
    comments = _last_comments(call, uid, ids)
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
            )
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


def _last_comments(call: Call, uid: int, move_ids: list[int]) -> dict[int, str]:
    domain = [
        ("model", "=", "account.move"),
        ("res_id", "in", move_ids),
        ("message_type", "in", _COMMENTS),
        ("create_uid", "!=", uid),
    ]
    last: dict[int, str] = {}
    for row in call("mail.message", "search_read", domain, ["res_id", "body"], order="id desc"):
        if row["body"]:
            last.setdefault(row["res_id"], row["body"])
    return last


def parse_cursor(cursor: str) -> datetime | None:
    """:return: the aware UTC time that a cursor names, None where there is none"""
    if not cursor:
        return None
    try:
        moment = datetime.fromisoformat(cursor)
    except ValueError:  # not ours; reading everything again is harmless, skipping something isn't
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""What a supplier's clerk answered to statements: the to-do that was left with each, marked as done.

A done to-do stays in Odoo 19 as an archived activity with its feedback. Its words are read strictly, for
money depends on them: what isn't exactly AGREE, or DISPUTE with lines that can all be read, goes to our
people as it is, as a dispute without lines, which our Odoo refuses with the words in the reason. Done without
a word means that they have seen it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from franchise_sync.erp.port import Answer
from franchise_sync.suppliers.odoo_answers import REASON_BYTES, message_id, parse_time
from franchise_sync.suppliers.odoo_poll import Call, external_ids, parse_cursor
from franchise_sync.suppliers.odoo_statement_text import uuid_and_currency
from franchise_sync.suppliers.port import AnswerPage
from franchise_sync.text import canonical_json, clip

AGREE = frozenset({"agree", "agreed", "同意", "确认", "无异议"})
DISPUTE = frozenset({"dispute", "disputed", "disagree", "异议", "有异议", "不同意"})
_FIELDS = ["feedback", "write_date", "write_uid"]
_NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?"
_LINE = re.compile(rf"#?([0-9]{{1,9}})[.:：]?\s+({_NUMBER})(?:\s+(.*))?")


class Feedback(NamedTuple):
    """``lines`` and ``reasons`` by the key of the statement's line."""

    state: str
    lines: dict[str, Decimal]
    reasons: dict[str, str]
    words: str


def read_feedback(text: str) -> Feedback:
    """:param text: what the clerk wrote when the to-do was done, plain"""
    words = clip(_printable(text), REASON_BYTES)
    if not words:
        return Feedback("acknowledged", {}, {}, "")
    unread = Feedback("disputed", {}, {}, words)
    parts = [part.strip() for part in re.split(r"[\n;；]", words)]
    parts = [part for part in parts if part]
    if not parts:
        return unread
    first, _space, rest = parts[0].partition(" ")
    word = first.casefold().rstrip(".:,!：，。！")
    said = [*filter(None, [rest.strip()]), *parts[1:]]
    if word in AGREE and not said:
        return Feedback("accepted", {}, {}, "")
    if word not in DISPUTE:
        return unread
    lines: dict[str, Decimal] = {}
    reasons: dict[str, str] = {}
    for sentence in said:
        found = _LINE.fullmatch(sentence)
        if not found or str(int(found[1])) in lines:
            return unread
        key = str(int(found[1]))
        lines[key] = Decimal(found[2])
        if found[3]:
            reasons[key] = found[3]
    return Feedback("disputed", lines, reasons, "")


def _printable(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "".join(c for c in "\n".join(filter(None, lines)) if c == "\n" or c.isprintable())


def poll_statements(
    call: Call, uid: int, cursor: str, overlap_seconds: int, page_size: int
) -> Iterator[AnswerPage]:
    """:param uid: our own user there, who left the to-dos
    :param cursor: ISO time of the newest to-do that was read before, empty for the first time
    :return: pages with their cursor, oldest first
    """
    newest = parse_cursor(cursor)
    since = newest - timedelta(seconds=overlap_seconds) if newest else None
    last_second: str = ""
    seen: list[int] = []
    while True:
        domain: list[Any] = [
            ("create_uid", "=", uid),
            ("res_model", "=", "res.partner"),
            ("active", "=", False),
        ]
        if last_second:
            domain += [("write_date", ">=", last_second), ("id", "not in", seen)]
        elif since:
            domain.append(("write_date", ">=", since.strftime("%Y-%m-%d %H:%M:%S")))
        rows = call(
            "mail.activity",
            "search_read",
            domain,
            _FIELDS,
            limit=page_size,
            order="write_date, id",
            context={"active_test": False},
        )
        if not rows:
            return
        names = external_ids(call, "mail.activity", [row["id"] for row in rows])
        answers = [answer for row in rows if (answer := _answer(row, names.get(row["id"], [])))]
        second = rows[-1]["write_date"][:19]
        ids = [row["id"] for row in rows if row["write_date"][:19] == second]
        seen = seen + ids if second == last_second else ids
        last_second = second
        moment = parse_time(second)
        newest = max(newest, moment) if newest else moment
        yield AnswerPage(tuple(answers), newest.strftime("%Y-%m-%dT%H:%M:%SZ"))
        if len(rows) < page_size:
            return


def _answer(row: dict[str, Any], names: list[str]) -> Answer | None:
    """:return: None for a to-do that is none of a statement"""
    uuid, currency = next((found for found in map(uuid_and_currency, names) if found[0]), ("", ""))
    if not uuid:
        return None
    said = read_feedback(row["feedback"] or "")
    lines = tuple(sorted(said.lines.items(), key=lambda line: int(line[0])))
    content = {
        "uuid": uuid,
        "state": said.state,
        "currency": currency if lines else "",
        "lines": [[key, f"{amount:f}", said.reasons.get(key, "")] for key, amount in lines],
        "reason": said.words,
    }
    return Answer(
        message_id=message_id(content),
        uuid=uuid,
        state=said.state,
        # Who agrees does so to the statement as it is: it is named by its key, and nobody types its amount.
        currency=content["currency"],
        amount=Decimal(0),
        lines=lines,
        reason=said.words,
        occurred_at=parse_time(row["write_date"]),
        raw=canonical_json(
            {
                **content,
                "feedback": row["feedback"] or "",
                "done_by": row["write_uid"][1] if row["write_uid"] else "",
                "write_date": row["write_date"],
            }
        ),
        line_reasons=tuple(sorted(said.reasons.items())),
    )

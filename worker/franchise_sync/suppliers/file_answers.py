"""Reads a supplier's answer and acknowledgement files (formats: docs/connectors.md, "Files"). Pure.

A file is taken whole or not at all: half a file, or one with a row that can't be read, must not settle a
part of a claim.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from franchise_sync.erp.port import Answer
from franchise_sync.errors import PayloadError, SyncError
from franchise_sync.payload import parse_amount
from franchise_sync.suppliers.file_write import END, NAMESPACE
from franchise_sync.text import clip

STATES = ("acknowledged", "accepted", "rejected", "disputed")
#: An acknowledgement says that a file was taken or refused, never an amount.
ACK_STATES = ("acknowledged", "rejected")
#: Our Odoo takes no more in one call.
MAX_ANSWERS = 2000
RAW_BYTES = 64 * 1024
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ENCODING = re.compile(r"""\s*<\?xml[^>]*\bencoding\s*=\s*["']([^"']*)["']""")
_REQUIRED, _ACK = ("uuid", "status"), ("uuid", "status", "reason")
_COLUMNS = (*_REQUIRED, "number", "currency", "amount", "reason", "date", "line", "line_amount")
_TEXT_CHARACTERS = 4000


class BadFile(SyncError):
    """The file is not what was agreed, with a sentence for the supplier."""


class UnfinishedFile(BadFile):
    """The end is missing: it may still be being written."""


def is_acknowledgement(name: str) -> bool:
    """:return: whether a file of this name only says that ours were taken or refused"""
    return name.lower().endswith((".ack", ".ack.csv", ".ack.xml"))


def read_answers(name: str, data: bytes) -> list[Answer]:
    """:param name: of the file; its ending says what it is
    :return: in the file's order; each with an id made of name, content and key, so that reading again gives
    the same
    :raise BadFile: a sentence that says what is wrong
    """
    text = _text(name, data)
    columns = _ACK if is_acknowledgement(name) else _COLUMNS
    rows = _xml_rows(name, text, columns) if name.lower().endswith(".xml") else _csv_rows(name, text, columns)
    file_id = hashlib.sha256(name.encode() + b"\0" + data).hexdigest()[:48]
    answers: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        answers.setdefault(row["uuid"], []).append(row)
    if len(answers) > MAX_ANSWERS:
        raise BadFile(
            f"{name} has {len(answers)} answers, more than the {MAX_ANSWERS} of one file: split it."
        )
    states = ACK_STATES if is_acknowledgement(name) else STATES
    raw = clip(text, RAW_BYTES) if len(answers) == 1 else ""
    return [
        _answer(name, f"file:{file_id}:{uuid}", uuid, group, states, raw) for uuid, group in answers.items()
    ]


def alert(name: str, data: bytes, size: int, problem: str) -> Answer:
    """:return: an answer that answers nothing: our Odoo refuses it with this sentence and tells the owner"""
    about = hashlib.sha256(f"{name}\0{size}\0{problem}\0".encode("utf-8", "replace") + data).hexdigest()[:48]
    shown = data[:2000].decode("utf-8", "replace").replace("\0", "�")
    return Answer(f"file:{about}", "", "unreadable", "", Decimal(0), reason=problem, raw=shown)


def _answer(
    name: str, message_id: str, uuid: str, rows: list[Mapping[str, str]], states: tuple[str, ...], raw: str
) -> Answer:
    first = rows[0]
    where = f"{name}, answer to {uuid[:40] or 'nothing'}"
    if not _UUID.fullmatch(uuid):
        raise BadFile(f"{where}: the uuid is not the one of a message of ours.")
    if first["status"] not in states:
        raise BadFile(f"{where}: the status {first['status'][:40]!r} is none of {', '.join(states)}.")
    said = ("status", "number", "currency", "amount", "reason", "date")
    if any(row.get(column, "") != first.get(column, "") for row in rows for column in said):
        raise BadFile(f"{where}: its rows differ in more than the line.")
    given = [row for row in rows if row.get("line")]
    if len(given) not in (0, len(rows)) or (len(rows) > 1 and not given):
        raise BadFile(f"{where}: it is there more than once, or one of its rows names no line.")
    if len({row["line"] for row in given}) != len(given):
        raise BadFile(f"{where}: a line is named more than once.")
    try:
        amount = parse_amount(first["amount"]) if first.get("amount") else Decimal(0)
        lines = tuple(
            (row["line"], parse_amount(row.get("line_amount") or "", "line_amount")) for row in given
        )
    except PayloadError as error:
        raise BadFile(f"{where}: {str(error).removesuffix('; it was not sent.')}.") from None
    if amount < 0 or any(value < 0 for _key, value in lines):
        raise BadFile(f"{where}: an amount is negative.")
    if lines and first.get("amount") and sum(value for _key, value in lines) != amount:
        raise BadFile(
            f"{where}: the lines add up to {sum(value for _key, value in lines)}, the amount is {amount}."
        )
    if first["status"] == "accepted" and not (first.get("amount") and first.get("currency")):
        raise BadFile(f"{where}: an accepted answer needs an amount and a currency.")
    return Answer(
        message_id,
        uuid,
        first["status"],
        first.get("currency", ""),
        amount,
        lines,
        first.get("number", ""),
        first.get("reason", ""),
        _moment(where, first.get("date", "")),
        raw,
    )


def _text(name: str, data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(f"{name} is not UTF-8 (byte {error.start + 1}).") from None
    if "\0" in text:
        raise BadFile(f"{name} holds a NUL character.")
    return text


def _csv_rows(name: str, text: str, columns: tuple[str, ...]) -> list[Mapping[str, str]]:
    try:
        table = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise UnfinishedFile(f"{name} ends within a quoted cell.") from None
        raise BadFile(f"{name} is not CSV as agreed: {error}.") from None
    if not table:
        raise UnfinishedFile(f"{name} is empty.")
    header, body = table[0], table[1:]
    _check_columns(name, header, columns)
    # A file that was cut off between two rows is perfectly good CSV: the last row shows that nothing is
    # missing.
    if not body or body[-1][0] != END or not text.endswith(("\n", "\r")):
        raise UnfinishedFile(
            f"{name} has no last row '{END},<number of rows>', or it is not ended by a line break."
        )
    end = body.pop()
    if len(end) < 2 or end[1] != str(len(body)) or any(end[2:]):
        raise BadFile(f"{name} says '{','.join(end)[:60]}' at its end, but has {len(body)} rows.")
    if not body:
        raise BadFile(f"{name} has no answer.")
    for number, row in enumerate(body, 2):
        if len(row) != len(header):
            raise BadFile(
                f"{name}, row {number}: {len(row)} cells, the first row names {len(header)} columns."
            )
    return [_row(name, zip(header, row, strict=True)) for row in body]


def _check_columns(name: str, header: list[str], columns: tuple[str, ...]) -> None:
    unknown = [column for column in header if column not in columns]
    if unknown or len(set(header)) != len(header) or not {*_REQUIRED} <= {*header}:
        raise BadFile(
            f"{name}: the columns are {', '.join(header)[:200]!r}; known are {', '.join(columns)}, each "
            "once, and "
            f"{' and '.join(_REQUIRED)} are needed."
        )


def _xml_rows(name: str, text: str, columns: tuple[str, ...]) -> list[Mapping[str, str]]:
    declared = _ENCODING.match(text)
    if declared and declared[1].lower() not in ("utf-8", "utf8"):
        raise BadFile(f"{name} declares the encoding {declared[1][:40]!r}; UTF-8 was agreed.")
    try:
        # No document type, so no entities: neither files of this machine nor a billion laughs.
        root = fromstring(text.encode(), forbid_dtd=True)
    except DefusedXmlException:
        raise BadFile(f"{name} has a document type or entities, which are refused.") from None
    except ParseError as error:
        problem = f"{name} is not well-formed XML: {error}."
        unfinished = any(
            words in str(error) for words in ("no element found", "unclosed token", "unclosed CDATA")
        )
        raise UnfinishedFile(problem) if unfinished else BadFile(problem) from None
    if root.tag != f"{{{NAMESPACE}}}answers" or root.get("version") != "1":
        raise BadFile(f"{name} is not <answers xmlns={NAMESPACE!r} version='1'>.")
    found: list[Mapping[str, str]] = []
    for answer in root:
        head = _attributes(name, answer, "answer", columns[:7])
        lines = [_attributes(name, line, "line", ("key", "amount")) for line in answer]
        if lines and "line" not in columns:
            raise BadFile(f"{name}: an acknowledgement has no lines.")
        rows = [
            {**head, "line": line.get("key", ""), "line_amount": line.get("amount", "")} for line in lines
        ]
        found += [_row(name, row.items()) for row in rows or [head]]
    if not found:
        raise BadFile(f"{name} has no answer.")
    return found


def _attributes(name: str, element: Element, tag: str, known: tuple[str, ...]) -> dict[str, str]:
    if element.tag != f"{{{NAMESPACE}}}{tag}" or not {*element.attrib} <= {*known}:
        raise BadFile(
            f"{name}: <{element.tag.rpartition('}')[2][:40]}> is not a <{tag}> with {', '.join(known)}."
        )
    if (element.text or "").strip() or (tag == "line" and len(element)):
        raise BadFile(f"{name}: <{tag}> has content; all it says stands in its attributes.")
    return dict(element.attrib)


def _row(name: str, cells: Iterable[tuple[str, str]]) -> dict[str, str]:
    row = {"uuid": "", "status": "", **{column: cell.strip() for column, cell in cells}}
    if any(len(cell) > _TEXT_CHARACTERS for cell in row.values()):
        raise BadFile(f"{name}: a cell has more than {_TEXT_CHARACTERS} characters.")
    return row


def _moment(where: str, value: str) -> datetime | None:
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise BadFile(
            f"{where}: the date {value[:40]!r} is not like 2026-12-31 or 2026-12-31T08:00:00Z."
        ) from None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise BadFile(f"{where}: the date {value[:40]!r} is out of range.") from None

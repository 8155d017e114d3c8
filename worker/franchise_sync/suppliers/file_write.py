"""Writes a message as a file: exact for machines (CSV, XML), harmless in a spreadsheet for people. Pure.

The same message always gives the same bytes, also after a restart and from another machine: by their hash a
repetition is told from something else.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from franchise_sync.errors import PayloadError
from franchise_sync.suppliers.file_layout import VERSION, FileDocument

FORMAT = f"franchise-{VERSION}"
NAMESPACE = f"urn:franchise-aftersales:files:{VERSION}"
END = "end"
#: A cell that begins like this is a formula to a spreadsheet (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# What XML 1.0 can't carry, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def machine_csv(document: FileDocument, sha256: str) -> bytes:
    """UTF-8, RFC 4180: names, one row a line (one row if there is no line), and ``end`` with the number of
    rows.

    Cells are exactly the payload's, formula or not: a program reads them, and a changed sign or apostrophe
    would be a
    wrong value there. What a person opens is :func:`human_csv`.

    :param sha256: hash of the payload, for reconciliation
    :raise PayloadError: a text can't be written
    """
    names = [name for name, _value in document.head]
    values = [value for _name, value in document.head]
    rows = document.lines or ((("",) * len(document.line_names)),)
    table = [
        ["format", "kind", "uuid", "sha256", *names, *document.line_names],
        *([FORMAT, document.kind, document.uuid, sha256, *values, *line] for line in rows),
        [END, str(len(rows))],
    ]
    return _encode(_csv(table))


def xml(document: FileDocument, sha256: str) -> bytes:
    """The same as XML, by the schema in ``docs/formats``.

    :raise PayloadError: a text holds a character that XML can't carry
    """
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        f'<message xmlns="{NAMESPACE}" version="{VERSION}" kind={quoteattr(document.kind)} '
        f"uuid={quoteattr(document.uuid)} sha256={quoteattr(sha256)}>\n",
    ]
    parts += [_field(name, value, "  ") for name, value in document.head]
    for line in document.lines:
        parts.append("  <line>\n")
        parts += [_field(name, value, "    ") for name, value in zip(document.line_names, line, strict=True)]
        parts.append("  </line>\n")
    parts.append("</message>\n")
    text = "".join(parts)
    if found := _NOT_XML.search(text):
        raise PayloadError(
            f"The payload holds the character U+{ord(found[0]):04X}, which XML can't carry; it was not sent."
        )
    return _encode(text)


def human_csv(document: FileDocument) -> bytes:
    """For a person's spreadsheet: with a byte order mark, and no cell is a formula.

    :raise PayloadError: a text can't be written
    """
    head = [["field", "value"], *([name, value] for name, value in document.head if value)]
    lines = [[], list(document.line_names), *map(list, document.lines)] if document.lines else []
    return _encode("\ufeff" + _csv([[harmless(cell) for cell in row] for row in (*head, *lines)]))


def harmless(cell: str) -> str:
    """:return: the cell with an apostrophe before it where a spreadsheet would see a formula; numbers stay
    numbers"""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) and not _NUMBER.fullmatch(cell) else cell


def _csv(rows: Iterable[list[str]]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue()


def _field(name: str, value: str, indent: str) -> str:
    # A bare CR would come out of the receiver's parser as a line feed.
    return f"{indent}<field name={quoteattr(name)}>{escape(value, {chr(13): '&#13;'})}</field>\n"


def _encode(text: str) -> bytes:
    if "\0" in text:
        raise PayloadError("The payload holds a NUL character, which no file may carry; it was not sent.")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise PayloadError(
            "The payload holds half a character (a lone surrogate); it was not sent."
        ) from None


#: By the endpoint's option ``file_format``: ending and writer.
FORMATS = {"csv": machine_csv, "xml": xml}

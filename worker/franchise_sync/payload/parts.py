"""What all payloads share: integrity, the envelope, and values checked before anything leaves the house."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from franchise_sync.errors import PayloadError
from franchise_sync.text import load_json

#: Larger than any message by far; a cap so that a mistake can't exhaust the worker. In bytes of UTF-8.
MAX_BYTES = 1024 * 1024
MAX_AMOUNT = Decimal("1e13")
#: Rows of a list, and characters of a text that a person is to read.
MAX_ROWS = 2000
MAX_TEXT = 100_000
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
T = TypeVar("T")


def check_integrity(payload: str, sha256: str, max_bytes: int = MAX_BYTES) -> None:
    """:raise PayloadError: the payload is too large or isn't the one that was frozen in the outbox"""
    data = payload.encode("utf-8", "surrogatepass")
    if len(data) > max_bytes:
        raise PayloadError(
            f"The payload has {len(data)} bytes, more than the {max_bytes} allowed; it was not sent."
        )
    if hashlib.sha256(data).hexdigest() != sha256:
        raise PayloadError(
            "The payload doesn't match its hash: it was changed after it was frozen; it was not sent."
        )


def parse(payload: str, uuid: str, kind: str, read: Callable[[dict[str, Any]], T]) -> T:
    """Read a payload of one kind.

    :param uuid: of the outbox row; the payload must name the same one
    :param read: makes the typed value of the payload's object
    :raise PayloadError: a sentence that says what is wrong
    """
    try:
        data = load_json(payload)
        if data.get("version") != 1 or data.get("kind") != kind:
            raise PayloadError(
                f"Payloads of kind {str(data.get('kind'))[:60]!r}, version {str(data.get('version'))[:10]} "
                f"are not what this message ({kind}) should carry; it was not sent."
            )
        value = read(data)
        named = text(data, "uuid")
    except PayloadError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PayloadError(
            f"The payload can't be read ({error.__class__.__name__}: {error}); it was not sent."
        ) from None
    if named != uuid or not _UUID.fullmatch(named):
        raise PayloadError("The payload names another uuid than its message; it was not sent.")
    return value


def parse_amount(value: Any, name: str = "amount") -> Decimal:
    """:param value: a decimal string such as ``"1234.50"``
    :raise PayloadError: anything else: a float, an exponent, NaN, too many digits
    """
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise PayloadError(f"The {name} {str(value)[:40]!r} is not a plain decimal number; it was not sent.")
    try:
        number = Decimal(value)
    except InvalidOperation:  # pragma: no cover - the pattern above leaves nothing to refuse
        raise PayloadError(f"The {name} is not a number; it was not sent.") from None
    if abs(number) > MAX_AMOUNT:
        raise PayloadError(f"The {name} {value} is out of range; it was not sent.")
    return number


def text(data: dict[str, Any], key: str) -> str:
    """:return: the text under ``key``, empty when there is none
    :raise PayloadError: it is something else, or longer than anybody reads
    """
    value = data.get(key)
    if value is None or value is False:
        return ""
    if not isinstance(value, str):
        raise PayloadError(f"The field {key!r} of the payload is not a text; it was not sent.")
    if len(value) > MAX_TEXT:
        raise PayloadError(
            f"The field {key!r} of the payload has {len(value)} characters, more than {MAX_TEXT}; "
            "it was not sent."
        )
    return value


def original_key(data: dict[str, Any]) -> str:
    """:return: key of the earlier message that this one is about
    :raise PayloadError: there is none
    """
    value = text(data, "original")
    if not _UUID.fullmatch(value):
        raise PayloadError("The payload doesn't name the message that it is about; it was not sent.")
    return value


def day(data: dict[str, Any], key: str) -> str:
    """:return: the date under ``key`` as ISO 8601 text, empty when there is none
    :raise PayloadError: it is no date
    """
    value = text(data, key)
    try:
        return date.fromisoformat(value).isoformat() if value else ""
    except ValueError:
        raise PayloadError(
            f"The field {key!r} of the payload, {value[:40]!r}, is no date; it was not sent."
        ) from None


def rows(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """:return: the objects of the list under ``key``
    :raise PayloadError: it is no list of objects, or too long
    """
    return _entries(data, key, dict)


def texts(data: dict[str, Any], key: str) -> tuple[str, ...]:
    """:return: the texts of the list under ``key``
    :raise PayloadError: it is no list of texts, or too long
    """
    return tuple(text({key: entry}, key) for entry in _entries(data, key, str))


def _entries(data: dict[str, Any], key: str, kind: type[T]) -> list[T]:
    value = data.get(key) or []
    if not isinstance(value, list) or not all(isinstance(entry, kind) for entry in value):
        raise PayloadError(f"The field {key!r} of the payload is not a list of entries; it was not sent.")
    if len(value) > MAX_ROWS:
        raise PayloadError(
            f"The field {key!r} of the payload has {len(value)} entries, more than {MAX_ROWS}; "
            "it was not sent."
        )
    return value


def part(data: dict[str, Any], key: str) -> dict[str, Any]:
    """:return: the object under ``key``, empty when there is none
    :raise PayloadError: it is something else
    """
    value = data.get(key) or {}
    if not isinstance(value, dict):
        raise PayloadError(f"The field {key!r} of the payload is not an object; it was not sent.")
    return value

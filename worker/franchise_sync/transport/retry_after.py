"""The header Retry-After: a number of seconds or a date (RFC 9110, 10.2.3)."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from time import time

#: The longest wait that is believed, in seconds.
MAX_SECONDS = 86400


def retry_after(value: str | None) -> int:
    """:return: seconds to wait, between 0 and a day; 0 without a value or when it can't be read"""
    words = (value or "").strip()
    if words.isdigit() and words.isascii():
        return min(int(words[:9]), MAX_SECONDS)
    try:
        return (
            max(0, min(int(parsedate_to_datetime(words).timestamp() - time()), MAX_SECONDS)) if words else 0
        )
    except (TypeError, ValueError, OverflowError):
        return 0

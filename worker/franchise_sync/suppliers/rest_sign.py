"""Signatures of requests, as Standard Webhooks 1.0 describes them
(github.com/standard-webhooks/standard-webhooks).

Signed is ``{id}.{timestamp}.{content}`` with HMAC-SHA256; the header carries ``v1,<base64>`` once for each
key. The content is the body, or, for a request without one, its path and query below the API's base address:
so a signature of one question can't be used for another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Sequence

from franchise_sync.errors import ConfigurationError
from franchise_sync.text import register_secret

PREFIX = "whsec_"
#: Sizes of a key in bytes that the specification allows.
KEY_BYTES = (24, 64)
#: While a key is replaced, both are used. More would be a mistake.
MAX_KEYS = 2


def parse_keys(secret: str) -> tuple[bytes, ...]:
    """Keys of an endpoint.

    :param secret: ``whsec_`` and base64; during a rotation the new one, white space, the old one
    :return: one or two keys, the newest first
    :raise ConfigurationError: it is something else; the sentence doesn't show it
    """
    words = secret.split()
    if not 1 <= len(words) <= MAX_KEYS:
        raise ConfigurationError(
            f"The signing secret has {len(words)} keys: give one, or two while it is replaced."
        )
    keys = []
    for word in words:
        register_secret(word)
        register_secret(word.removeprefix(PREFIX))
        try:
            key = base64.b64decode(word.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not word.startswith(PREFIX) or not KEY_BYTES[0] <= len(key) <= KEY_BYTES[1]:
            raise ConfigurationError(
                f"The signing secret is not {PREFIX} and the base64 of {KEY_BYTES[0]} to {KEY_BYTES[1]} "
                "random bytes, as Standard Webhooks asks for."
            )
        keys.append(key)
    return tuple(keys)


def signature(key: bytes, message_id: str, timestamp: int, content: bytes) -> str:
    """:return: ``v1,`` and the base64 of the HMAC-SHA256"""
    signed = f"{message_id}.{timestamp}.".encode() + content
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(
    keys: Sequence[bytes], message_id: str, content: bytes, now: float | None = None
) -> dict[str, str]:
    """:param now: seconds since 1970, by default the clock's
    :return: the three headers of a signed request
    """
    timestamp = int(time.time() if now is None else now)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(key, message_id, timestamp, content) for key in keys),
    }

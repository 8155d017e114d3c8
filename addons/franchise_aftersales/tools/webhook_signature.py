"""Signatures of requests as Standard Webhooks 1.0 describes them, and where their keys are found.

Signed is ``{id}.{timestamp}.{body}`` with HMAC-SHA256; the header carries ``v1,<base64>``, several with spaces between
them while a key is replaced (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md). No key is in
the database: this server finds it as the sync worker does, in the variable ``FRANCHISE_SYNC_SECRET_<CODE>`` or in a
file named after the code.
"""

import base64
import binascii
import hashlib
import hmac
import re
from pathlib import Path

TOLERANCE = 300  # seconds that a timestamp may be off
PREFIX = "whsec_"
KEY_BYTES = (24, 64)  # the sizes of a key that the specification allows
MAX_KEYS = 2
MAX_SIGNATURES = 8
CODE = re.compile(r"[a-z][a-z0-9_]{1,31}")
TIMESTAMP = re.compile(r"[0-9]{1,12}")
# Compared with where there is no key, so that no answer comes sooner for a system that doesn't exist.
NO_KEY = b"\0" * 32


def read_secret(code, environ, folder):
    """The signing secret of the system `code`, from the environment or the folder; an empty text when there is none.

    :param environ: mapping of environment variables.
    :param folder: path of the folder with a file per system; None or an empty text when none is set.
    """
    if not CODE.fullmatch(code):
        return ""
    secret = environ.get(f"FRANCHISE_SYNC_SECRET_{code.upper()}", "")
    if not secret and folder:
        try:
            secret = (Path(folder) / code).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""
    return secret.strip()


def parse_keys(secret):
    """One or two keys (bytes) of a secret such as ``whsec_…``; none when it is no such secret."""
    words, keys = secret.split(), []
    for word in words:
        try:
            key = base64.b64decode(word.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            return []
        if not word.startswith(PREFIX) or not KEY_BYTES[0] <= len(key) <= KEY_BYTES[1]:
            return []
        keys.append(key)
    return keys if len(keys) <= MAX_KEYS else []


def sign(key, message_id, timestamp, body):
    """The signature ``v1,<base64>`` (bytes) of a body (bytes) under a name and a time (texts)."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())


def is_signed(keys, message_id, timestamp, signatures, body, now):
    """Is one of the header's `signatures` right under one of the `keys`, and the time within five minutes of `now`?

    Takes as long without a key as with one. `now` in seconds since 1970.
    """
    given = signatures.encode("utf-8", "replace").split()[:MAX_SIGNATURES]
    right = False
    for key in keys or [NO_KEY]:
        expected = sign(key, message_id, timestamp, body)
        for word in given:
            right |= hmac.compare_digest(word, expected)
    fresh = bool(TIMESTAMP.fullmatch(timestamp)) and abs(now - int(timestamp)) <= TOLERANCE
    return bool(keys and message_id and right and fresh)

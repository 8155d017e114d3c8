"""What the pages for signing share: the drawn signature is checked, files go out under one set of headers."""

import base64
import binascii

from odoo.http import content_disposition, request

MAX_SIGNATURE = 1_000_000  # bytes; a drawn signature has some thousands
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
MAX_NAME = 120


def drawn_signature(text):
    """The drawn signature as base64 of a PNG or JPEG picture; None for anything else (SVG could carry scripts)."""
    if not isinstance(text, str) or len(text) > MAX_SIGNATURE * 4 / 3 + 4:
        return None
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return text if content.startswith((PNG, JPEG)) else None


def signer_name(text):
    """The name as it was typed, without surrounding space; None when it is empty, too long, or no text."""
    name = text.strip() if isinstance(text, str) else ""
    return name if 0 < len(name) <= MAX_NAME else None


def pdf_response(content, name, download):
    """A PDF that browsers show, or save when `download` is true; nobody else keeps a copy."""
    return request.make_response(
        content,
        headers=[
            ("Content-Type", "application/pdf"),
            ("Content-Length", str(len(content))),
            ("Content-Disposition", content_disposition(name, disposition_type="attachment" if download else "inline")),
            ("Cache-Control", "private, no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ],
    )

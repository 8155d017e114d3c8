"""Small helpers on text: masking secrets, clipping, HTML to plain text, strict JSON with decimals."""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from html import escape
from html.parser import HTMLParser
from typing import Any

MASK = "***"
_secrets: set[str] = set()
_lock = threading.Lock()


def register_secret(value: str) -> None:
    """From now on :func:`mask` replaces this value wherever it appears. Values under 6 characters are
    ignored."""
    if len(value) >= 6:
        with _lock:
            _secrets.add(value)


def mask(text: str) -> str:
    """:return: the text without any registered secret"""
    for secret in tuple(_secrets):
        if secret in text:
            text = text.replace(secret, MASK)
    return text


def clip(text: str, size: int = 4096) -> str:
    """:return: at most ``size`` UTF-8 bytes of the text, an ellipsis marking a cut"""
    data = text.encode("utf-8", "replace")
    if len(data) <= size:
        return data.decode("utf-8")
    return data[: max(0, size - 3)].decode("utf-8", "ignore") + "…"


def one_line(text: str, size: int = 500) -> str:
    """:return: the text as one clipped, masked line"""
    return clip(mask(" ".join(str(text).split())), size)


class _PlainText(HTMLParser):
    _BREAKS = frozenset(
        {"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "blockquote", "table", "ul", "ol"}
    )
    _SKIPPED = frozenset({"script", "style", "head", "title", "template"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._SKIPPED:
            self._skipping += 1
        elif tag in self._BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif tag in self._BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.parts.append(data)


def html_to_text(html: str) -> str:
    """:return: the words of an HTML fragment: no tags, no scripts, one line a block, no control characters"""
    parser = _PlainText()
    parser.feed(html)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.parts).split("\n"))
    text = "\n".join(line for line in lines if line)
    return "".join(char for char in text if char == "\n" or char.isprintable())


def text_to_html(text: str) -> str:
    """:return: the text as one HTML paragraph, nothing in it taken as markup"""
    return "<p>" + "<br/>".join(escape(line) for line in text.splitlines()) + "</p>"


def load_json(text: str | bytes) -> Any:
    """Parse JSON with fractions as :class:`~decimal.Decimal`.

    :raise ValueError: malformed, too deep, or with NaN or Infinity, which are no JSON
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def canonical_json(value: Any) -> str:
    """:return: the one spelling of a value: sorted keys, no spaces, decimals as strings"""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_decimal, allow_nan=False
    )


def _decimal(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} can't be written as JSON")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number in JSON")

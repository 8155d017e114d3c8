"""One cursor for several streams of answers of the same endpoint, so that none runs ahead of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from franchise_sync.suppliers.port import AnswerPage

#: Reads the answers since the stream's own cursor.
Stream = Callable[[str], Iterator[AnswerPage]]


def merged(streams: Mapping[str, Stream], cursor: str) -> Iterator[AnswerPage]:
    """Read the streams one after the other.

    :param streams: by name (lower-case letters); the first has the empty name: a cursor that an earlier
        version stored is its cursor
    :param cursor: of all of them: ``"2026-11-23T08:00:00Z|statements=2026-11-23T09:00:00Z"``
    :return: pages whose cursor is true for all streams
    """
    own, *others = cursor.split("|")
    cursors = {"": own}
    for entry in others:
        name, _equals, value = entry.partition("=")
        if name in streams:
            cursors[name] = value
    for name, stream in streams.items():
        for page in stream(cursors.get(name, "")):
            cursors[name] = page.cursor
            yield replace(page, cursor=_joined(cursors))


def _joined(cursors: Mapping[str, str]) -> str:
    named = (f"{name}={value}" for name, value in cursors.items() if name and value)
    return "|".join((cursors.get("", ""), *named))

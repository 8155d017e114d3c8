"""``load()`` for a batch in which one bad record must not stop the others.

What Odoo 19's ``load()`` does, and what follows from it:

* It is all or nothing: any error rolls the whole call back (``ids`` is False). So bad records are taken out
  and the rest is loaded again.
* Its blame is not reliable: when the batch as a whole failed, that error is pinned on the first record, and
  after ten errors it stops looking. So a blamed record is only a suspect until it has failed **alone**.
* It swallows database conflicts (two callers with the same external id) and reports them as an error of the
  record. So such words mean "later", not "no".
* An access right that is missing is reported as an error of each record, too. So when nothing of a batch goes
  in and all records fail with the same words, the words are about the system, not about the records.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from franchise_sync.errors import Refused, UnknownFate
from franchise_sync.text import one_line

_CONFLICT_WORDS = r"serializ|concurrent update|deadlock|obtain lock|lock timeout|connection (is|was|has)"
#: What Odoo says when our user may not do something.
RIGHT_WORDS = re.compile(r"not allowed to|access right|security restriction", re.I)
_TRANSIENT_WORDS = re.compile(f"{_CONFLICT_WORDS}|{RIGHT_WORDS.pattern}", re.I)


@dataclass(frozen=True)
class Record:
    """One record to load: its key (the uuid) and its rows (more than one when it has lines)."""

    key: str
    rows: list[list[str]]


@dataclass(frozen=True)
class Loaded:
    """What became of a batch: database id by key, and for the others the supplier's words.

    ``later`` are records that failed for a reason that isn't theirs.
    """

    ids: dict[str, int]
    refused: dict[str, str]
    later: dict[str, str]


#: Calls ``load`` with these rows and returns its reply.
Loader = Callable[[list[list[str]]], dict[str, Any]]


def load_each(load: Loader, records: Sequence[Record]) -> Loaded:
    """Load all records that can be loaded.

    :raise SyncError: whatever ``load`` raises; what was loaded before stays loaded, and a repetition finds it
    """
    ids: dict[str, int] = {}
    suspects: list[Record] = []
    todo = list(records)
    while todo:
        found, blamed = _attempt(load, todo)
        if found is not None:
            ids.update(found)
            break
        suspects += [todo[index] for index in sorted(blamed)]
        todo = [record for index, record in enumerate(todo) if index not in blamed]
    refused: dict[str, str] = {}
    later: dict[str, str] = {}
    for suspect in suspects:
        found, _blamed, words = _alone(load, suspect)
        if found is not None:
            ids.update(found)
        elif _TRANSIENT_WORDS.search(words):
            later[suspect.key] = words
        else:
            refused[suspect.key] = words
    if not ids and len(refused) > 1 and len(set(refused.values())) == 1:
        later.update(refused)
        refused = {}
    return Loaded(ids, refused, later)


def _attempt(load: Loader, records: list[Record]) -> tuple[dict[str, int] | None, set[int]]:
    """:return: (ids by key, nobody) or (None, indexes of those to blame, at least one)"""
    try:
        reply = load([row for record in records for row in record.rows])
    except Refused:
        # Raised instead of reported: nothing says by which record. Halves would cost more calls than they
        # save here.
        return None, set(range(len(records)))
    if reply.get("ids"):
        return _ids(reply, records), set()
    blamed = {
        message["record"]
        for message in reply.get("messages") or ()
        if message.get("type") == "error" and isinstance(message.get("record"), int)
    }
    blamed &= set(range(len(records)))
    return None, blamed or set(range(len(records)))


def _alone(load: Loader, record: Record) -> tuple[dict[str, int] | None, set[int], str]:
    try:
        reply = load(record.rows)
    except Refused as refused:
        return None, {0}, str(refused)
    if reply.get("ids"):
        return _ids(reply, [record]), set(), ""
    words = [str(m.get("message") or "") for m in reply.get("messages") or () if m.get("type") == "error"]
    return (
        None,
        {0},
        one_line("; ".join(dict.fromkeys(filter(None, words))) or "the supplier's system gave no reason"),
    )


def _ids(reply: dict[str, Any], records: list[Record]) -> dict[str, int]:
    ids = reply["ids"]
    if len(ids) != len(records):
        raise UnknownFate(
            f"The supplier's system loaded {len(ids)} records of {len(records)} and gave no reason."
        )
    return {record.key: int(record_id) for record, record_id in zip(records, ids, strict=True)}

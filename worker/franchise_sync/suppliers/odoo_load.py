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
from dataclasses import dataclass, field
from typing import Any

from franchise_sync.errors import Refused, UnknownFate
from franchise_sync.text import one_line

_CONFLICT_WORDS = r"serializ|concurrent update|deadlock|obtain lock|lock timeout|connection (is|was|has)"
#: What Odoo says when our user may not do something.
RIGHT_WORDS = re.compile(r"not allowed to|access right|security restriction|doesn't have '\w+' access", re.I)
_TRANSIENT_WORDS = re.compile(f"{_CONFLICT_WORDS}|{RIGHT_WORDS.pattern}", re.I)


@dataclass(frozen=True)
class Record:
    """What is loaded together or not at all: its key (the uuid), its rows, and how many records they make.

    More rows than records are lines below a record.
    """

    key: str
    rows: list[list[str]]
    count: int = 1


@dataclass(frozen=True)
class Loaded:
    """What became of a batch: database id by key, and for the others the supplier's words.

    ``all`` has every id of a key, in the order of its rows; ``ids`` the first one.
    ``later`` are records that failed for a reason that isn't theirs.
    """

    ids: dict[str, int]
    refused: dict[str, str]
    later: dict[str, str]
    all: dict[str, list[int]] = field(default_factory=dict)


#: Calls ``load`` with these rows and returns its reply.
Loader = Callable[[list[list[str]]], dict[str, Any]]


def load_each(load: Loader, records: Sequence[Record]) -> Loaded:
    """Load all records that can be loaded.

    :raise SyncError: whatever ``load`` raises; what was loaded before stays loaded, and a repetition finds it
    """
    ids: dict[str, list[int]] = {}
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
    return Loaded({key: found[0] for key, found in ids.items()}, refused, later, ids)


def _attempt(load: Loader, records: list[Record]) -> tuple[dict[str, list[int]] | None, set[int]]:
    """:return: (ids by key, nobody) or (None, indexes of those to blame, at least one)"""
    try:
        reply = load([row for record in records for row in record.rows])
    except Refused:
        # Raised instead of reported: nothing says by which record. Halves would cost more calls than they
        # save here.
        return None, set(range(len(records)))
    if reply.get("ids"):
        return _ids(reply, records), set()
    owners = [index for index, record in enumerate(records) for _ in range(record.count)]
    blamed = {
        owners[message["record"]]
        for message in reply.get("messages") or ()
        if message.get("type") == "error"
        and isinstance(message.get("record"), int)
        and 0 <= message["record"] < len(owners)
    }
    return None, blamed or set(range(len(records)))


def _alone(load: Loader, record: Record) -> tuple[dict[str, list[int]] | None, set[int], str]:
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


def _ids(reply: dict[str, Any], records: list[Record]) -> dict[str, list[int]]:
    ids = [int(record_id) for record_id in reply["ids"]]
    expected = sum(record.count for record in records)
    if len(ids) != expected:
        raise UnknownFate(
            f"The supplier's system loaded {len(ids)} records of {expected} and gave no reason."
        )
    given = iter(ids)
    return {record.key: [next(given) for _ in range(record.count)] for record in records}

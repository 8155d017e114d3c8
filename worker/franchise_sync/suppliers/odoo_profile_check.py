"""What of a profile doesn't fit a supplier's database, in sentences. Pure: their fields are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from franchise_sync.suppliers.odoo_profile import COMMENTS, Cell, Html, Profile

Fields = Mapping[str, Mapping[str, Any]]
_NUMBERS = ("monetary", "float", "integer")
_TEXTS = ("char", "text", "html")


def field_problems(profile: Profile, fields: Fields, linked: Mapping[str, Fields]) -> list[str]:
    """:param fields: of the model, as ``fields_get`` gives them
    :param linked: fields of the model behind each many2one that a path follows, and of the lines
    """
    return [
        *_columns(profile.model, profile.record, fields),
        *_lines(profile, fields, linked),
        *_states(profile, fields),
        *_paths(profile, fields, linked),
        *_writes(profile, fields),
    ]


def _columns(model: str, cells: Mapping[str, Cell], fields: Fields) -> Iterator[str]:
    for column, cell in cells.items():
        name, slash, _kind = column.partition("/")
        found = fields.get(name)
        if found is None:
            yield f"{model} has no field {name} there (column {column!r})."
            continue
        relational = found["type"] in ("many2one", "many2many", "one2many")
        if bool(slash) != relational:
            want = f"{name}/.id or {name}/id" if relational else name
            yield f"The column {column!r} must be {want}: the field is {found['type']} there."
        elif found["type"] == "html" and not isinstance(cell, Html) and cell:
            yield f"The field {name} holds HTML there: write the cell as {{ html = … }}."
        elif found["type"] == "selection" and isinstance(cell, str) and cell and "{" not in cell:
            values = [value for value, _label in found.get("selection") or ()]
            if cell not in values:
                yield f"The field {name} has no value {cell!r} there, only {', '.join(map(str, values))}."


def _lines(profile: Profile, fields: Fields, linked: Mapping[str, Fields]) -> Iterator[str]:
    if not profile.lines:
        return
    name = profile.lines.field
    if fields.get(name, {}).get("type") != "one2many":
        yield f"{profile.model} has no lines in a field {name} there."
        return
    model = str(fields[name].get("relation") or name)
    yield from _columns(model, profile.lines.record, linked.get(name, {}))
    for amount in profile.amounts.values():
        kind = str(linked.get(name, {}).get(amount.lines or "", {}).get("type") or "")
        if amount.lines and kind not in _NUMBERS:
            yield f"{model} has no amount in a field {amount.lines} there."


def _states(profile: Profile, fields: Fields) -> Iterator[str]:
    name = profile.states.field
    found = fields.get(name)
    if found is None:
        yield f"{profile.model} has no field {name} there (states)."
    elif found["type"] == "selection":
        values = [value for value, _label in found.get("selection") or ()]
        for state in dict.fromkeys([*profile.states.answers, *profile.withdrawn.when]):
            if state not in values:
                yield f"The field {name} has no state {state!r} there, only {', '.join(map(str, values))}."
    elif found["type"] != "many2one":
        yield f"The field {name} is {found['type']} there: states are read from a selection or a many2one."


def _paths(profile: Profile, fields: Fields, linked: Mapping[str, Fields]) -> Iterator[str]:
    def kind(path: str) -> str:
        head, _dot, tail = path.partition(".")
        found = linked.get(head, {}).get(tail) if tail else fields.get(head)
        return str(found["type"]) if found else ""

    def wrong(path: str, kinds: tuple[str, ...], purpose: str) -> Iterator[str]:
        found = kind(path)
        if not found:
            yield f"{profile.model} has no field {path} there ({purpose})."
        elif kinds and found not in kinds:
            yield f"The field {path} is {found} there, not {' or '.join(kinds)} ({purpose})."

    for name, amount in profile.amounts.items():
        purpose = f"amount {name!r}"
        if amount.text:
            yield from wrong(amount.text, _TEXTS, purpose)
        if amount.field:
            yield from wrong(amount.field, _NUMBERS, purpose)
        if amount.currency:
            yield from wrong(amount.currency, ("many2one",), purpose)
        if amount.number:
            yield from wrong(amount.number, (), purpose)
    for path in profile.reason:
        if path != COMMENTS:
            yield from wrong(path, (), "reason")
    for answer in profile.states.answers.values():
        for path in answer.when:
            yield from wrong(path, (), "when")
    for name in profile.watch:
        yield from wrong(name, ("many2one",), "watch")


def _writes(profile: Profile, fields: Fields) -> Iterator[str]:
    for name in profile.withdrawn.write:
        found = str(fields[name]["type"]) if name in fields else ""
        stage = found == "many2one" and name == profile.states.field
        if not found:
            yield f"{profile.model} has no field {name} there (withdrawn)."
        elif found not in (*_TEXTS, "selection") and not stage:
            yield f"The field {name} is {found} there: withdrawing writes texts, selections and the state."

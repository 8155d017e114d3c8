"""Reads the documents of a profile in a supplier's Odoo: which are ours, what stands in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from franchise_sync.errors import ConfigurationError
from franchise_sync.suppliers import odoo_note_text as wording
from franchise_sync.suppliers.odoo_books import Books
from franchise_sync.suppliers.odoo_poll import external_ids
from franchise_sync.suppliers.odoo_profile import COMMENTS, Profile, States
from franchise_sync.suppliers.odoo_profile_check import field_problems
from franchise_sync.suppliers.odoo_profile_rows import split_xmlid

_FACTS = ["type", "relation", "selection", "readonly"]
_ENGLISH = {"lang": "en_US", "active_test": False}


@dataclass(frozen=True)
class Document:
    """One record of theirs. ``values`` are by path; a many2one is ``[id, name]`` or False."""

    id: int
    uuid: str
    key: str  #: of the claim's line, empty where the record stands for the whole claim
    states: tuple[str, ...]  #: what the state is called: its value, or external ids and name
    values: Mapping[str, Any]
    write_date: str

    @property
    def name(self) -> str:
        return str(self.values.get("display_name") or self.id)

    @property
    def state(self) -> str:
        """:return: the state as their clerk reads it"""
        return self.states[-1] if self.states else ""


class Documents:
    """The records of one profile at one supplier's."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.profile: Profile = books.profile
        self._fields: dict[str, dict[str, Any]] = {}
        self._content = False

    def check(self) -> str:
        """:return: the model's name
        :raise ConfigurationError: their database doesn't fit the profile, with every reason
        """
        if not self._content:
            model = self.profile.model
            problems = field_problems(self.profile, self.fields(model), self._relations())
            problems += self._stage_problems()
            if problems:
                raise ConfigurationError(
                    f"The profile {self.profile.name!r} doesn't fit {self.books.client.target}: "
                    + " ".join(problems)
                )
            self._content = True
        return self.profile.model

    def fields(self, model: str) -> dict[str, Any]:
        """:return: their fields, asked once
        :raise ConfigurationError: they don't have the model
        """
        if model not in self._fields:
            try:
                self._fields[model] = self.books.call(model, "fields_get", [], _FACTS)
            except ConfigurationError as error:
                if "doesn't exist" not in str(error):
                    raise
                raise ConfigurationError(
                    f"{self.books.client.target} has no model {model}: the module {self.profile.module} "
                    f"isn't installed there, or the profile {self.profile.name!r} is not the one for this "
                    "supplier."
                ) from None
        return self._fields[model]

    def find(self, uuids: Collection[str]) -> dict[str, dict[str, int]]:
        """Ours are found by the note that each has in its chatter, and believed by their external id.

        :return: database id by key of the line (empty: the whole claim), by uuid
        """
        if not uuids:
            return {}
        domain = [
            ("message_id", "in", [wording.mail_id(uuid) for uuid in uuids]),
            ("model", "=", self.profile.model),
        ]
        notes = self.books.call("mail.message", "search_read", domain, ["res_id"])
        ids = sorted({note["res_id"] for note in notes if note["res_id"]})
        found: dict[str, dict[str, int]] = {}
        for record_id, (uuid, key) in self.keys(ids).items():
            if uuid in uuids:
                found.setdefault(uuid, {})[key] = record_id
        return found

    def keys(self, ids: list[int]) -> dict[int, tuple[str, str]]:
        """:return: (uuid, key of the line) by database id, for those that carry one of our external ids"""
        names = external_ids(self.books.call, self.profile.model, ids)
        keys = {i: next((k for k in map(split_xmlid, found) if k[0]), ("", "")) for i, found in names.items()}
        return {i: key for i, key in keys.items() if key[0]}

    def read(self, ids: Mapping[int, tuple[str, str]]) -> list[Document]:
        """:param ids: (uuid, key) by database id
        :return: what the profile wants to know of them, in the order of the ids
        """
        if not ids:
            return []
        wanted = self._paths()
        first = sorted({path.partition(".")[0] for path in wanted} | {"display_name", "write_date"})
        rows = self.books.call(self.profile.model, "read", sorted(ids), first, context=_ENGLISH)
        for path in sorted(path for path in wanted if "." in path):
            self._follow(rows, path)
        names = self._state_names(rows)
        return [
            Document(row["id"], *ids[row["id"]], names[row["id"]], row, row["write_date"] or "")
            for row in rows
        ]

    def type_of(self, name: str) -> str:
        """:return: Odoo's name for the type of a field of the model"""
        return str(self.fields(self.profile.model).get(name, {}).get("type") or "")

    def _paths(self) -> set[str]:
        profile = self.profile
        paths = {profile.states.field, *(path for path in profile.reason if path != COMMENTS)}
        for amount in profile.amounts.values():
            paths.update(filter(None, (amount.text, amount.field, amount.currency, amount.number)))
            if amount.lines and profile.lines:
                paths.add(profile.lines.field)
        for answer in profile.states.answers.values():
            paths.update(answer.when)
        return paths

    def _follow(self, rows: list[dict[str, Any]], path: str) -> None:
        """Read what stands one many2one away, and put it into the rows under its path."""
        head, _dot, tail = path.partition(".")
        linked = sorted({row[head][0] for row in rows if row[head]})
        relation = self.fields(self.profile.model)[head]["relation"]
        found = self.books.call(relation, "read", linked, [tail], context=_ENGLISH) if linked else []
        values = {row["id"]: row[tail] for row in found}
        for row in rows:
            row[path] = values.get(row[head][0], False) if row[head] else False

    def _state_names(self, rows: list[dict[str, Any]]) -> dict[int, tuple[str, ...]]:
        states: States = self.profile.states
        if self.type_of(states.field) != "many2one":
            return {row["id"]: (str(row[states.field] or ""),) for row in rows}
        stages = {row[states.field][0]: row[states.field][1] for row in rows if row[states.field]}
        relation = self.fields(self.profile.model)[states.field]["relation"]
        xmlids = external_ids(self.books.call, relation, sorted(stages))
        return {
            row["id"]: (*xmlids.get(row[states.field][0], ()), stages[row[states.field][0]])
            if row[states.field]
            else ()
            for row in rows
        }

    def stage(self, name: str) -> int | None:
        """:param name: external id or English name of a stage
        :return: its database id
        """
        relation = self.fields(self.profile.model)[self.profile.states.field]["relation"]
        ids = self.books.call(relation, "search", [], context=_ENGLISH)
        xmlids = external_ids(self.books.call, relation, ids)
        names = self.books.call(relation, "read", ids, ["display_name"], context=_ENGLISH)
        for row in names:
            if name in (*xmlids.get(row["id"], ()), row["display_name"]):
                return int(row["id"])
        return None

    def _stage_problems(self) -> list[str]:
        """Stages are records of theirs: what the profile names has to be among them."""
        profile = self.profile
        if self.type_of(profile.states.field) != "many2one":
            return []
        named = [*profile.states.answers, *profile.withdrawn.when]
        if target := profile.withdrawn.write.get(profile.states.field):
            named.append(target)
        return [
            f"{profile.model} has no {profile.states.field} {name!r} there."
            for name in dict.fromkeys(named)
            if self.stage(name) is None
        ]

    def _relations(self) -> dict[str, dict[str, Any]]:
        """:return: their fields by field of the profile that leads to another model"""
        fields = self.fields(self.profile.model)
        heads = {path.partition(".")[0] for path in self._paths() if "." in path} | set(self.profile.watch)
        if self.profile.lines:
            heads.add(self.profile.lines.field)
        return {
            head: self.fields(fields[head]["relation"])
            for head in sorted(heads)
            if fields.get(head, {}).get("relation")
        }

"""Profiles: how claims become documents of a model in a supplier's Odoo, as data in TOML files.

Shipped ones are in the folder ``profiles``; an operator's own in the folder that the setting ``PROFILES_DIR``
names. A profile holds no code: a closed set of placeholders, and names of fields, states and buttons. What
each key means is in docs/connectors.md.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from franchise_sync.errors import ConfigurationError

DEFAULT = "account_move"
HEAD_WORDS = frozenset(
    [
        "uuid",
        "key",
        "number",
        "revision",
        "amount",
        "currency",
        "currency_code",
        "customer",
        "customer_name",
        "outlet",
        "agreement",
        "cause",
        "event_date",
        "reason",
        "text",
        "lines",
    ]
)
LINE_WORDS = frozenset(
    [
        "product",
        "line.key",
        "line.label",
        "line.amount",
        "line.product_code",
        "line.description",
        "line.quantity",
        "line.invoice",
        "line.share",
        "line.kind",
    ]
)
COMMENTS = "comments"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_WORD = re.compile(r"\{([^{}]*)\}")

Column = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*(/\.?id)?$")]
FieldName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$")]
Path2 = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$")]
AnswerName = Literal["acknowledged", "accepted", "rejected", "disputed"]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Html(Part):
    """A cell whose text is put into an HTML field; nothing in it is taken as markup."""

    html: str


Cell = str | Html


class Lines(Part):
    """Lines below a record: their one2many field, and their columns."""

    field: FieldName
    record: dict[Column, Cell] = Field(min_length=1)


class Product(Part):
    """How a line's product is found, and what to do when their system doesn't know the code."""

    field: FieldName = "default_code"
    unknown: Literal["wait", "refuse", "empty"] = "wait"
    fallback: str = ""


class StateAnswer(Part):
    """What a state of theirs means; ``when`` names what must be so, else it is only acknowledged."""

    answer: AnswerName
    amount: str = ""
    when: dict[Path2, str] = {}


class States(Part):
    """``answers``: by value of the field; for a many2one by external id or by name in English."""

    field: FieldName
    answers: dict[str, Annotated[StateAnswer, BeforeValidator(lambda v: _answer(v))]] = Field(min_length=1)


class Amount(Part):
    """Where the accepted amount stands: ``text`` after ``label``, or a ``field``, or the sum of ``lines``."""

    text: FieldName | None = None
    label: str = ""
    field: Path2 | None = None
    lines: FieldName | None = None
    currency: Path2 | None = None
    number: Path2 | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in (self.text, self.field, self.lines)) != 1:
            raise ValueError("an amount is read from one place: text, field or lines")
        if bool(self.text) != bool(self.label.strip()):
            raise ValueError("an amount in a text needs a label, and only that one has a label")
        if bool(self.text) == bool(self.currency):
            raise ValueError("an amount in a field needs a currency; in a text it stands beside the amount")
        return self


class Withdrawn(Part):
    """What is done to their document when we take a claim back; without ``call`` and ``write`` a note."""

    when: list[str] = []
    call: Annotated[str, Field(pattern=r"^(|(action|button)_[a-z_]+)$")] = ""
    write: dict[FieldName, str] = {}


class Profile(Part):
    """One mapping; see docs/connectors.md."""

    name: str
    title: str
    model: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")]
    module: str
    group: str
    strategy: Literal["records", "credit_note"] = "records"
    records: Literal["claim", "line"] = "claim"
    record: dict[Column, Cell] = Field(min_length=1)
    lines: Lines | None = None
    product: Product = Product()
    states: States
    amounts: dict[str, Amount] = {}
    reason: list[Path2] = [COMMENTS]
    withdrawn: Withdrawn = Withdrawn()
    lowered: Literal["amount", "note"] = "amount"
    watch: list[FieldName] = []

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = [*self._column_problems(), *self._state_problems()]
        if self.strategy == "credit_note":
            problems += self._credit_note_problems()
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def amount_of(self, state: StateAnswer) -> Amount:
        """:return: where the accepted amount of that state is read"""
        return self.amounts[state.amount or next(iter(self.amounts))]

    def uses(self, *words: str) -> bool:
        """:return: whether a column has one of these placeholders"""
        cells = [*self.record.values(), *(self.lines.record.values() if self.lines else ())]
        return any(word in words for cell in cells for word in _WORD.findall(template_of(cell)))

    def _column_problems(self) -> list[str]:
        by_line = self.records == "line"
        problems = _word_problems(self.record, HEAD_WORDS | LINE_WORDS if by_line else HEAD_WORDS)
        if self.lines:
            if by_line:
                problems.append('[lines] and records = "line" exclude each other')
            problems += _word_problems(self.lines.record, HEAD_WORDS | LINE_WORDS)
            if "id" in self.lines.record:
                problems.append("the column id is the connector's own")
        if "id" in self.record:
            problems.append("the column id is the connector's own")
        if "partner_id/.id" not in self.record and not self.uses("customer"):
            problems.append("no column has {customer}: their document would not say who claims")
        return problems

    def _state_problems(self) -> list[str]:
        answers = self.states.answers
        problems = [
            f"the state {state!r} names the amount {answer.amount!r}, which is not in [amounts]"
            for state, answer in answers.items()
            if answer.amount and answer.amount not in self.amounts
        ]
        accepting = [state for state, answer in answers.items() if answer.answer == "accepted"]
        if not accepting:
            problems.append("no state means accepted")
        if self.strategy == "records" and not self.amounts:
            problems.append("[amounts] says nowhere what is accepted")
        if len(self.amounts) > 1:
            problems += [
                f"the state {state!r} must name one of the amounts {', '.join(self.amounts)}"
                for state in accepting
                if not answers[state].amount
            ]
        if any(amount.lines for amount in self.amounts.values()) and not self.lines:
            problems.append("an amount is the sum of lines, and there are no [lines]")
        problems += [
            f"[withdrawn] names the state {state!r}, which means accepted"
            for state in self.withdrawn.when
            if state in accepting
        ]
        return problems

    def _credit_note_problems(self) -> list[str]:
        fixed = {"move_type": "out_refund", "invoice_origin": "{key}"}
        problems = [
            f"a credit note needs {column} = {value!r}"
            for column, value in fixed.items()
            if self.record.get(column) != value
        ]
        if self.model != "account.move" or not self.lines or self.lines.field != "invoice_line_ids":
            problems.append("the strategy credit_note is for account.move with its invoice_line_ids")
        if self.amounts or self.watch or self.withdrawn != Withdrawn():
            problems.append("the strategy credit_note knows amounts and withdrawing itself")
        return problems


def template_of(cell: Cell) -> str:
    """:return: the text with placeholders of a cell"""
    return cell.html if isinstance(cell, Html) else cell


def load_profile(name: str, folder: Path | None = None) -> Profile:
    """:param folder: the operator's own profiles; one of theirs goes before a shipped one of the same name
    :raise ConfigurationError: there is none, or what is wrong with it, in sentences
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"The profile {name[:60]!r} is not a name of small letters, digits and underscores."
        )
    own = folder / f"{name}.toml" if folder else None
    if own and own.is_file():
        return _parse(name, _read(own), str(own))
    if name in shipped():
        return _builtin(name)
    place = f" nor in {folder}" if folder else "; FRANCHISE_SYNC_PROFILES_DIR can name a folder of your own"
    known = ", ".join(shipped())
    raise ConfigurationError(f"There is no profile {name!r} among the shipped ones ({known}){place}.")


@cache
def shipped() -> tuple[str, ...]:
    """:return: names of the profiles that come with the worker"""
    folder = files("franchise_sync.suppliers") / "profiles"
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


@cache
def _builtin(name: str) -> Profile:
    file = files("franchise_sync.suppliers") / "profiles" / f"{name}.toml"
    return _parse(name, file.read_text(encoding="utf-8"), f"profiles/{name}.toml")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The profile {path} can't be read: {error.__class__.__name__}.") from None


def _parse(name: str, text: str, place: str) -> Profile:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"The profile {place} is not TOML: {error}.") from None
    try:
        return Profile.model_validate({**data, "name": name})
    except ValidationError as error:
        words = " ".join(_sentence(problem) for problem in error.errors(include_url=False))
        raise ConfigurationError(f"The profile {place} can't be used: {words}") from None


def _sentence(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"] if part not in ("str", "Html", "[key]"))
    words = str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{place}: {words}." if place else f"{words}."


def _answer(value: Any) -> Any:
    return {"answer": value} if isinstance(value, str) else value


def _word_problems(cells: dict[str, Cell], known: frozenset[str]) -> list[str]:
    problems = []
    for column, cell in cells.items():
        template = template_of(cell)
        unknown = [word for word in _WORD.findall(template) if word not in known]
        problems += [f"{column} has the placeholder {{{word}}}, which is not known here" for word in unknown]
        if not unknown and set("{}") & set(_WORD.sub("", template)):
            problems.append(f"{column} has a brace that belongs to no placeholder")
    return problems


def fill(template: str, facts: dict[str, str]) -> str:
    """:return: the template with its placeholders replaced; what they stand for is not looked at again"""
    return _WORD.sub(lambda found: facts[found[1]], template)

"""The stock-Odoo connector's own thinking: rows, blame, answers. No Odoo; the real one is in tests/e2e."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worker_fakes import payload

from franchise_sync.errors import UnknownFate
from franchise_sync.payload import parse_claim
from franchise_sync.suppliers import odoo_document as document
from franchise_sync.suppliers.odoo_answers import MoveFacts, message_id, money, to_answer
from franchise_sync.suppliers.odoo_load import Record, load_each
from franchise_sync.suppliers.odoo_poll import poll

KEY = "5c9b9d7e-1111-4000-8000-000000000001"


def test_rows_of_a_claim() -> None:
    """R-G2: the document's cells once, a row a line, taxes always empty."""
    rows = document.move_rows(parse_claim(payload(KEY), KEY), 8, 6)
    first, second = (dict(zip(document.MOVE_FIELDS, row, strict=True)) for row in rows)
    assert first["id"] == f"franchise_sync.{KEY}"
    assert (first["partner_id/.id"], first["currency_id/.id"], first["ref"]) == ("8", "6", "AFC/2026/00012")
    assert first["invoice_origin"] == f"franchise:{KEY}"
    assert second["id"] == second["ref"] == ""
    assert second["invoice_line_ids/id"] == f"franchise_sync.{KEY}_2"
    assert second["invoice_line_ids/name"] == "Labour (your share 80.00 %)"
    assert [row["invoice_line_ids/price_unit"] for row in (first, second)] == ["200.10", "90.00"]
    assert {row["invoice_line_ids/tax_ids/.id"] for row in (first, second)} == {""}


def test_the_note_is_text_not_markup() -> None:
    """R-G2: the reason goes into the chatter as the words it is, and is never empty."""
    claim = parse_claim(payload(KEY), KEY)
    row = dict(zip(document.MESSAGE_FIELDS, document.message_row(claim, 15), strict=True))
    assert row["id"] == f"franchise_sync.{KEY}_reason"
    assert "Reason: Broken &lt;b&gt;&amp; wet&lt;/b&gt;<br/>second line" in row["body"]
    assert document.reason_text(parse_claim(payload(KEY, reason="", cause={}), KEY))


def test_external_ids_read_back() -> None:
    """R-G3: only ours count."""
    assert document.uuid_of_xmlid(f"franchise_sync.{KEY}") == KEY
    assert document.uuid_of_xmlid(f"franchise_sync.{KEY}_1") == ""
    assert document.uuid_of_xmlid(f"__export__.{KEY}") == ""
    assert document.key_of_xmlid(f"franchise_sync.{KEY}_1", KEY) == "1"
    assert document.key_of_xmlid("franchise_sync.other_1", KEY) == ""


class Loader:
    """``load()`` as Odoo 19 has it: all or nothing, blame not always where it belongs."""

    def __init__(self, bad: dict[str, str], *, innocent_first: bool = False, gives_up_after: int = 10) -> None:
        self.bad = bad
        self.innocent_first = innocent_first
        self.gives_up_after = gives_up_after
        self.loaded: dict[str, int] = {}
        self.calls: list[int] = []

    def __call__(self, rows: list[list[str]]) -> dict[str, Any]:
        self.calls.append(len(rows))
        wrong = [(index, row[0]) for index, row in enumerate(rows) if row[0] in self.bad]
        if not wrong:
            return {
                "ids": [self.loaded.setdefault(row[0], len(self.loaded) + 1) for row in rows],
                "messages": [],
            }
        messages = [
            {"type": "error", "record": index, "message": self.bad[name]}
            for index, name in wrong[: self.gives_up_after]
        ]
        if self.innocent_first:
            messages.insert(0, {"type": "error", "record": 0, "message": "something in the batch"})
        return {"ids": False, "messages": messages}


def records(count: int) -> list[Record]:
    return [Record(str(number), [[str(number)]]) for number in range(count)]


def test_one_bad_record_of_fifty() -> None:
    """R-G4: it is refused in the supplier's words; the other 49 are loaded."""
    load = Loader({"20": "no such thing"})
    loaded = load_each(load, records(50))
    assert loaded.refused == {"20": "no such thing"}
    assert len(loaded.ids) == 49
    assert load.calls == [50, 49, 1]


def test_an_innocent_first_record_is_not_refused() -> None:
    """R-G4: Odoo pins a batch's error on its first record; only failing alone convicts."""
    load = Loader({"20": "no such thing"}, innocent_first=True)
    loaded = load_each(load, records(50))
    assert set(loaded.refused) == {"20"}
    assert "0" in loaded.ids


def test_many_bad_ones_over_several_rounds() -> None:
    """R-G4: Odoo stops looking after ten errors."""
    bad = {str(number): f"wrong {number}" for number in range(0, 50, 2)}
    loaded = load_each(Loader(bad), records(50))
    assert set(loaded.refused) == set(bad)
    assert len(loaded.ids) == 25


def test_the_same_words_for_all_are_about_the_system() -> None:
    """R-G4: a journal that is missing there is no refusal of every claim."""
    bad = {str(number): "No journal could be found" for number in range(5)}
    loaded = load_each(Loader(bad), records(5))
    assert not loaded.refused
    assert len(loaded.later) == 5


@pytest.mark.parametrize(
    "words",
    [
        "could not serialize access due to concurrent update",
        "deadlock detected",
        "You are not allowed to create …",
        "Uh-oh! … Sorry, API (id=6) doesn't have 'create' access to: - Sales Order Line (sale.order.line)",
    ],
)
def test_conflicts_and_rights_are_for_later(words: str) -> None:
    """R-G4: load() reports database conflicts and missing rights as errors of the record."""
    loaded = load_each(Loader({"1": words}), records(3))
    assert loaded.later == {"1": words}
    assert not loaded.refused


def test_too_few_ids_are_not_believed() -> None:
    """R-G4: then nobody knows which."""
    with pytest.raises(UnknownFate):
        load_each(lambda rows: {"ids": [1], "messages": []}, records(2))


def facts(**changes: Any) -> MoveFacts:
    lines = ((f"franchise_sync.{KEY}_1", 190.1), (f"franchise_sync.{KEY}_2", 90.0))
    values = {
        "uuid": KEY, "state": "posted", "number": "RINV/2026/00002", "currency": "CNY", "digits": 2,
        "untaxed": 280.1, "lines": lines, "comment": "<p>Ten off</p>", "write_date": "2026-11-23 09:03:19",
        **changes,
    }  # fmt: skip
    return MoveFacts(**values)


def test_a_posted_note_accepts_line_by_line() -> None:
    """R-G3: number, amounts, reason, time."""
    answer = to_answer(facts())
    assert (answer.state, answer.number, answer.amount) == ("accepted", "RINV/2026/00002", Decimal("280.10"))
    assert answer.lines == (("1", Decimal("190.10")), ("2", Decimal("90.00")))
    assert answer.reason == "Ten off"
    assert answer.occurred_at.isoformat() == "2026-11-23T09:03:19+00:00"
    assert len(answer.message_id) <= 128


def test_a_cancelled_note_rejects() -> None:
    """R-G3: with the clerk's words, and no amount."""
    answer = to_answer(facts(state="cancel", number=""))
    assert (answer.state, answer.amount, answer.lines, answer.reason) == (
        "rejected",
        Decimal("0.00"),
        (),
        "Ten off",
    )


def test_a_draft_says_nothing() -> None:
    """R-G3: the clerk hasn't decided."""
    assert to_answer(facts(state="draft")) is None


def test_a_line_of_the_clerks_own_leaves_only_the_total() -> None:
    """R-G3: a flat discount belongs to no line of ours."""
    answer = to_answer(facts(lines=((f"franchise_sync.{KEY}_1", 200.1), ("", -10.0)), untaxed=190.1))
    assert (answer.amount, answer.lines) == (Decimal("190.10"), ())


def test_the_id_of_an_answer_is_its_content() -> None:
    """R-G3: a later write that changes nothing is the same answer; any change of content is another."""
    first = to_answer(facts()).message_id
    assert to_answer(facts(write_date="2026-12-24 10:00:00")).message_id == first
    others = [
        facts(number="RINV/2026/00003"), facts(untaxed=280.11), facts(comment="<p>Other</p>"), facts(state="cancel"),
        facts(currency="USD"),
    ]  # fmt: skip
    assert len({to_answer(other).message_id for other in others} | {first}) == len(others) + 1


@given(st.dictionaries(st.text(), st.text(), max_size=5), st.randoms())
def test_message_id_ignores_the_order_of_keys(content: dict[str, str], shuffler) -> None:
    """R-G3: deterministic in every process."""
    whole = {**content, "uuid": KEY, "state": "accepted"}
    keys = list(whole)
    shuffler.shuffle(keys)
    assert message_id({key: whole[key] for key in keys}) == message_id(whole)


@given(st.integers(min_value=-(10**11), max_value=10**11), st.integers(min_value=0, max_value=3))
def test_money_undoes_the_binary_fraction(units: int, digits: int) -> None:
    """R-E6: what travelled as a JSON number is the amount it stood for, to the smallest unit."""
    amount = Decimal(units).scaleb(-digits)
    assert money(float(amount), digits) == amount
    assert money(Decimal(str(float(amount))), digits) == amount


class Books:
    """Enough of a supplier's Odoo for polling: search, order, limit, times by the second."""

    def __init__(self, stamps: list[str]) -> None:
        self.moves = {
            number: {"id": number, "write_date": stamp, "name": f"R/{number}", "state": "posted",
                     "currency_id": [6, "CNY"], "amount_untaxed": 1.0, "invoice_line_ids": []}
            for number, stamp in enumerate(stamps, 1)
        }  # fmt: skip
        self.reads = 0

    def __call__(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        if (model, method) == ("account.move", "search_read"):
            self.reads += 1
            rows = list(self.moves.values())
            for term in args[0]:
                field, operator, value = term
                if field == "write_date":
                    rows = [row for row in rows if row["write_date"] >= value]
                if field == "id":
                    assert operator == "not in"
                    rows = [row for row in rows if row["id"] not in value]
            rows.sort(key=lambda row: (row["write_date"], row["id"]))
            return [{**row, "write_date": row["write_date"][:19]} for row in rows[: kwargs["limit"]]]
        if method == "get_metadata":
            return [{"id": i, "xmlids": [{"xmlid": f"franchise_sync.{KEY[:-4]}{i:04d}"}]} for i in args[0]]
        if model == "res.currency":
            return [{"id": 6, "name": "CNY", "decimal_places": 2}]
        return []


@given(
    st.lists(st.integers(min_value=0, max_value=4), min_size=0, max_size=30),
    st.integers(min_value=1, max_value=7),
)
def test_polling_skips_none_and_repeats_none(seconds: list[int], page_size: int) -> None:
    """R-G3: any pages, any number of documents stamped with the same second."""
    books = Books([f"2026-11-23 09:00:0{second}.{n:06d}" for n, second in enumerate(seconds)])
    pages = list(poll(books, 5, "", 600, page_size))
    found = [answer.number for page in pages for answer in page.answers]
    assert sorted(found) == sorted(row["name"] for row in books.moves.values())
    assert [page.cursor for page in pages] == sorted(page.cursor for page in pages)


def test_polling_looks_back() -> None:
    """R-G3: a transaction that commits late is older than what was seen; a strange cursor reads everything."""
    books = Books(["2026-11-23 08:00:00", "2026-11-23 08:55:00", "2026-11-23 09:00:00"])
    [page] = poll(books, 5, "2026-11-23T09:00:00Z", 600, 50)
    assert [answer.number for answer in page.answers] == ["R/2", "R/3"]
    [page] = poll(books, 5, "not a time", 600, 50)
    assert len(page.answers) == 3

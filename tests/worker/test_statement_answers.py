"""What clerks write when they have done the to-do of a statement, and what becomes of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worker_books import Client

from franchise_sync.erp import wire
from franchise_sync.suppliers.cursors import merged
from franchise_sync.suppliers.odoo_statement_answers import poll_statements, read_feedback
from franchise_sync.suppliers.port import AnswerPage

KEY = "5c9b9d7e-1111-4000-8000-00000000000{}"


@pytest.mark.parametrize("words", ["AGREE", "agree", " Agreed. ", "同意", "确认。", "无异议", "AGREE\n\n"])
def test_agreed(words: str) -> None:
    """R-G3: the one word, as people write it."""
    assert read_feedback(words) == ("accepted", {}, {}, "")


@pytest.mark.parametrize("words", ["", "  ", "\n\t"])
def test_done_without_a_word_is_seen(words: str) -> None:
    """R-G3: nobody's silence is taken for agreement here."""
    assert read_feedback(words).state == "acknowledged"


@pytest.mark.parametrize(
    ("words", "lines", "reasons"),
    [
        ("DISPUTE\n2 70.00 one item short", {"2": "70.00"}, {"2": "one item short"}),
        ("Dispute: 2 70.00 one item short; 5 0", {"2": "70.00", "5": "0"}, {"2": "one item short"}),
        ("disagree\n#3: -12.5 运费\n10. 0.00", {"3": "-12.5", "10": "0.00"}, {"3": "运费"}),
        ("有异议：\n1 80.00 少一件；2 0 不是我们的", {"1": "80.00", "2": "0"}, {"1": "少一件", "2": "不是我们的"}),
        ("DISPUTE 007 1 x", {"7": "1"}, {"7": "x"}),
    ],
)
def test_disputed_by_line(words: str, lines: dict[str, str], reasons: dict[str, str]) -> None:
    """R-G3, R-E4: line, amount, reason."""
    said = read_feedback(words)
    assert (said.state, said.words) == ("disputed", "")
    assert said.lines == {key: Decimal(amount) for key, amount in lines.items()}
    assert said.reasons == reasons


@pytest.mark.parametrize(
    "words",
    [
        "AGREE except line 2",
        "AGREE\n2 70.00",
        "Agreed, but call me",
        "ok",
        "DISPUTE\n2 70,00 short",
        "DISPUTE\n2 1,070.00 short",
        "DISPUTE\n2 70.00 short\nline 3 is wrong as well",
        "DISPUTE\n2 70.00 a\n2 60.00 b",
        "DISPUTE\n2 NaN",
        "DISPUTE\n2 1e5",
        "we dispute 2 70.00",
        ";;",
    ],
)
def test_anything_else_goes_to_a_person(words: str) -> None:
    """R-G3: half understood is not understood: a line left out would count as agreed."""
    said = read_feedback(words)
    assert (said.state, said.lines) == ("disputed", {})
    assert said.words


@given(st.text(max_size=300))
def test_no_words_break_it(words: str) -> None:
    """R-G3: whatever is typed; agreement is never read out of other words."""
    said = read_feedback(words)
    assert said.state in ("accepted", "acknowledged", "disputed")
    if said.state == "accepted":
        assert len(words.split()) == 1
    assert "\x00" not in said.words


@given(
    st.dictionaries(
        st.integers(1, 10**6).map(str), st.decimals(-(10**9), 10**9, places=2).map(lambda n: f"{n:f}"), min_size=1
    )
)
def test_every_dispute_comes_back_as_it_was_written(lines: dict[str, str]) -> None:
    """R-G3: amounts to the digit."""
    said = read_feedback("DISPUTE\n" + "\n".join(f"{key} {amount} because" for key, amount in lines.items()))
    assert {key: f"{amount:f}" for key, amount in said.lines.items()} == lines
    assert set(said.reasons.values()) == {"because"}


def client(*done: tuple[str, str, str]) -> Client:
    """A supplier's Odoo with to-dos that were done: (external id, feedback, time)."""
    books = Client()
    for name, said, at in done:
        books.rows["mail.activity"][name] = {"id": name}
        books.done[name] = (said, at)
    return books


def statement(number: int) -> str:
    return f"franchise_sync.{KEY.format(number)}_statement_CNY"


def read(books: Client, cursor: str = "", page_size: int = 200) -> list[AnswerPage]:
    return list(poll_statements(books.call, books.uid, cursor, 600, page_size))


def test_answers_with_a_stable_id() -> None:
    """R-G3: what is read again is the same answer; what was written anew is another."""
    books = client(
        (statement(1), "AGREE", "2026-11-23 08:00:00"),
        (statement(2), "DISPUTE\n2 70.00 short", "2026-11-23 08:00:01.25"),
        (f"franchise_sync.{KEY.format(3)}_todo", "AGREE", "2026-11-23 08:00:02"),
        ("__export__.activity_1", "AGREE", "2026-11-23 08:00:03"),
    )
    [page] = read(books)
    agreed, disputed = page.answers
    assert (agreed.uuid, agreed.state, agreed.currency, agreed.amount) == (KEY.format(1), "accepted", "", 0)
    assert (disputed.state, disputed.currency, disputed.lines) == ("disputed", "CNY", (("2", Decimal("70.00")),))
    assert disputed.line_reasons == (("2", "short"),)
    assert wire.answer_to_wire(disputed)["lines"] == [{"key": "2", "amount": "70.00", "reason": "short"}]
    assert '"done_by":"Clerk"' in disputed.raw
    assert page.cursor == "2026-11-23T08:00:03Z"
    assert [answer.message_id for answer in read(books)[0].answers] == [agreed.message_id, disputed.message_id]
    books.done[statement(2)] = ("AGREE", "2026-11-23 09:00:00")
    assert read(books)[0].answers[1].message_id != disputed.message_id
    assert all(len(answer.message_id) <= 128 for answer in page.answers)


def test_pages_skip_nothing_of_the_same_second() -> None:
    """R-G3: a transaction stamps all its to-dos alike."""
    books = client(*((statement(n), "AGREE", f"2026-11-23 08:00:0{n // 6}") for n in range(1, 10)))
    books.page = 2
    pages = read(books, page_size=2)
    found = [answer.uuid for page in pages for answer in page.answers]
    assert sorted(found) == sorted({KEY.format(n) for n in range(1, 10)})
    assert [page.cursor for page in pages] == sorted(page.cursor for page in pages)


def test_polling_looks_back() -> None:
    """R-G3: a long transaction commits a to-do that is older than the newest one seen."""
    books = client((statement(1), "AGREE", "2026-11-23 07:55:00"), (statement(2), "AGREE", "2026-11-23 07:40:00"))
    [page] = read(books, "2026-11-23T08:00:00Z")
    assert [answer.uuid for answer in page.answers] == [KEY.format(1)]
    assert page.cursor == "2026-11-23T08:00:00Z"


def stream(*cursors: str, asked: list[str]) -> Any:
    def since(cursor: str) -> Any:
        asked.append(cursor)
        return (AnswerPage((), one) for one in cursors)

    return since


def test_streams_share_a_cursor() -> None:
    """R-G3: none runs ahead of another; a cursor of an earlier version is the first stream's."""
    asked: list[str] = []
    streams = {"": stream("b", "c", asked=asked), "statements": stream("y", asked=asked)}
    assert [page.cursor for page in merged(streams, "a")] == ["b", "c", "c|statements=y"]
    assert asked == ["a", ""]
    asked.clear()
    later = {"": stream(asked=asked), "statements": stream("z", asked=asked)}
    assert [page.cursor for page in merged(later, "c|statements=y|gone=1")] == ["c|statements=z"]
    assert asked == ["c", "y"]

"""Statements in the outbox: what is checked before anything leaves."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worker_fakes import settlement_payload, settlement_reversal_payload

from franchise_sync.errors import PayloadError
from franchise_sync.payload import parse_settlement, parse_settlement_reversal

KEY = "5c9b9d7e-1111-4000-8000-000000000001"
FILE = {"name": "a.pdf", "mimetype": "application/pdf", "size": 5, "sha256": "0" * 64}


def line(**changes: Any) -> dict[str, Any]:
    return {"key": "1", "date": "2026-10-02", "description": "x", "amount": "290.10", **changes}


def test_read() -> None:
    """R-G1: figures as decimals."""
    settlement = parse_settlement(settlement_payload(KEY, statement=FILE), KEY)
    assert (settlement.number, settlement.amount, settlement.closing_balance) == (
        "ST/2026/00003",
        Decimal("290.10"),
        Decimal("280.10"),
    )
    assert [(one.key, one.amount) for one in settlement.lines] == [("1", Decimal("300.10")), ("2", Decimal("-10.00"))]
    assert settlement.statement is not None
    assert settlement.statement.size == 5
    assert parse_settlement(settlement_payload(KEY), KEY).statement is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": "290.11"}, "add up to 290.10"),
        ({"closing_balance": "1.00"}, "come to 280.10"),
        ({"opening_balance": "NaN"}, "not a plain decimal"),
        ({"amount": 290.1}, "not a plain decimal"),
        ({"currency": "yuan"}, "three-letter code"),
        ({"lines": [line(), line(amount="0.00")], "line_count": 2}, "same key"),
        ({"lines": [line()]}, "1 of 2 lines"),
        ({"lines": [line(key="a;b")], "line_count": 1}, "not a number"),
        ({"lines": [line(amount="1e2")], "line_count": 1}, "not a plain decimal"),
        ({"lines": [line(date="soon")], "line_count": 1}, "is no date"),
        ({"lines": "1"}, "not a list"),
        ({"silence": "whatever"}, "unknown to this worker"),
        ({"answer_days": "30"}, "not a whole number"),
        ({"answer_days": True}, "not a whole number"),
        ({"line_count": -1}, "not a whole number"),
        ({"answer_until": "24.12."}, "is no date"),
        ({"statement": {**FILE, "sha256": "x"}}, "SHA-256"),
        ({"statement": {**FILE, "size": 0}}, "SHA-256"),
        ({"statement": {**FILE, "size": 11 * 1024 * 1024}}, "SHA-256"),
        ({"statement": "a.pdf"}, "not an object"),
        ({"customer": "us"}, "not an object"),
        ({"kind": "claim_submitted"}, "are not what this message"),
        ({"version": 2}, "are not what this message"),
        ({"uuid": "another"}, "another uuid"),
    ],
)
def test_damage_is_named(changes: dict[str, Any], words: str) -> None:
    """R-G1: nothing of it leaves."""
    with pytest.raises(PayloadError, match=words):
        parse_settlement(settlement_payload(KEY, **changes), KEY)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"status": "perhaps"}, "unknown"), ({"original": ""}, "doesn't name"), ({"original": 5}, "not a text")],
)
def test_damaged_reversals(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PayloadError, match=words):
        parse_settlement_reversal(settlement_reversal_payload(KEY, **changes), KEY)


@given(
    st.integers(0, 3).flatmap(
        lambda places: st.tuples(
            st.decimals(-(10**9), 10**9, places=places),
            st.lists(st.decimals(-(10**9), 10**9, places=places), min_size=1, max_size=20),
        )
    )
)
def test_what_adds_up_is_read_to_the_digit(figures: tuple[Decimal, list[Decimal]]) -> None:
    """R-G1, R-E6: currencies with 0 to 3 decimals, both signs; one unit more anywhere is refused."""
    opening, amounts = figures
    total = sum(amounts, Decimal(0))
    lines = [line(key=str(number), amount=f"{amount:f}") for number, amount in enumerate(amounts, 1)]
    known = {
        "opening_balance": f"{opening:f}",
        "amount": f"{total:f}",
        "closing_balance": f"{opening + total:f}",
        "line_count": len(lines),
    }
    settlement = parse_settlement(settlement_payload(KEY, lines=lines, **known), KEY)
    assert [f"{one.amount:f}" for one in settlement.lines] == [one["amount"] for one in lines]
    assert settlement.closing_balance == opening + total
    unit = Decimal(1).scaleb(total.as_tuple().exponent)
    lines[0]["amount"] = f"{amounts[0] + unit:f}"
    with pytest.raises(PayloadError):
        parse_settlement(settlement_payload(KEY, lines=lines, **known), KEY)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ),
    st.sampled_from(sorted(json.loads(settlement_payload(KEY)))),
)
def test_no_damage_breaks_the_reader(value: Any, name: str) -> None:
    """R-G1: whatever stands in a field, it is read or named, never another error."""
    with suppress(PayloadError):
        parse_settlement(settlement_payload(KEY, **{name: value}), KEY)

"""Payloads are checked before anything leaves the house."""

from __future__ import annotations

import hashlib
import json
import uuid as uuids
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worker_fakes import amendment_payload, change_payload, payload, termination_payload, withdrawal_payload

from franchise_sync.errors import PayloadError
from franchise_sync.payload import (
    check_integrity,
    parse_amendment,
    parse_amount,
    parse_claim,
    parse_claim_change,
    parse_claim_withdrawal,
    parse_termination,
)
from franchise_sync.payload.parts import MAX_ROWS, MAX_TEXT
from franchise_sync.text import canonical_json, clip, html_to_text, load_json, text_to_html

KEY = "5c9b9d7e-1111-4000-8000-000000000001"


def test_a_claim() -> None:
    """R-G2: what the connector sends."""
    claim = parse_claim(payload(KEY), KEY)
    assert (claim.number, claim.currency, claim.amount) == ("AFC/2026/00012", "CNY", Decimal("290.10"))
    assert [line.key for line in claim.lines] == ["1", "2"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 2}, "version 2"),
        ({"kind": "claim_withdrawn"}, "claim_withdrawn"),
        ({"amount": "290.11"}, "add up"),
        ({"amount": 290.1}, "plain decimal"),
        ({"amount": "NaN"}, "plain decimal"),
        ({"amount": "1e3"}, "plain decimal"),
        ({"amount": "-290.10"}, "not positive"),
        ({"amount": "0"}, "not positive"),
        ({"amount": "99999999999999"}, "out of range"),
        ({"currency": "cny"}, "three-letter"),
        ({"currency": "CNY\u0000"}, "three-letter"),
        ({"lines": []}, "no line"),
        ({"lines": [{"key": "1", "amount": "145.05"}] * 2}, "same key"),
        ({"lines": [{"key": "a b", "amount": "290.10"}]}, "line key"),
        ({"lines": [{"key": "1.2", "amount": "290.10"}]}, "line key"),
        ({"lines": [{"key": "", "amount": "290.10"}]}, "line key"),
        ({"lines": "none"}, "can't be read"),
        ({"lines": [{"key": "1"}]}, "can't be read"),
        ({"document": None}, "can't be read"),
        ({"reason": {"html": "x"}}, "not a text"),
        ({"uuid": "5c9b9d7e-1111-4000-8000-000000000002"}, "another uuid"),
    ],
)
def test_bad_payloads_say_why(changes: dict, words: str) -> None:
    """R-G2: a sentence, and nothing was sent."""
    with pytest.raises(PayloadError, match=words) as caught:
        parse_claim(payload(KEY, **changes), KEY)
    assert str(caught.value).endswith("it was not sent.")


@pytest.mark.parametrize("parse", [parse_claim, parse_termination, parse_amendment])
@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"version": NaN}', "[" * 100_000, "\x00"])
def test_malformed_json(text: str, parse) -> None:
    """R-G2: broken, empty, NaN, nested without end."""
    with pytest.raises(PayloadError):
        parse(text, KEY)


def test_a_uuid_that_is_none_is_refused() -> None:
    """R-G4: the key becomes an external id in another company's system."""
    with pytest.raises(PayloadError, match="another uuid"):
        parse_claim(payload("x.y z"), "x.y z")


def test_a_termination_notice() -> None:
    """R-B4: who ends what and when, and what becomes of the agreement."""
    notice = parse_termination(termination_payload(KEY), KEY)
    assert (notice.contract, notice.ends_on, notice.decision, notice.run_off_until) == (
        "FC/2024/0007",
        "2026-12-31",
        "end",
        "2027-06-30",
    )
    assert notice.outlets == ("SH-001 Nanjing Road", "SH-002 Bund")
    assert parse_termination(termination_payload(KEY, contract=None, outlets=None, ends_on=""), KEY).contract == ""


def test_an_amendment() -> None:
    """R-C6: number, dates, what changed."""
    amendment = parse_amendment(amendment_payload(KEY), KEY)
    assert (amendment.agreement, amendment.version, amendment.date_from) == ("SA/0003", 2, "2027-01-01")
    assert amendment.changes == ("Warranty Months: 24 → 12", "Carrier: – → SF")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 2}, "version 2"),
        ({"kind": "claim_submitted"}, "claim_submitted"),
        ({"uuid": "5c9b9d7e-1111-4000-8000-000000000002"}, "another uuid"),
        ({"status": "perhaps"}, "status 'perhaps' is unknown"),
        ({"status": None}, "status '' is unknown"),
        ({"agreement": {"decision": "sell"}}, "decision 'sell' is unknown"),
        ({"agreement": ["end"]}, "not an object"),
        ({"ends_on": "31.12.2026"}, "no date"),
        ({"run_off_until": "2026-02-30"}, "no date"),
        ({"outlets": "all"}, "list of entries"),
        ({"outlets": ["SH-001"]}, "list of entries"),
        ({"outlets": [{}] * (MAX_ROWS + 1)}, "more than 2000"),
        ({"text": 7}, "not a text"),
        ({"text": "x" * (MAX_TEXT + 1)}, "more than 100000"),
        ({"document": None}, "can't be read"),
    ],
)
def test_bad_notices_say_why(changes: dict, words: str) -> None:
    """R-B4: a sentence, and nothing was sent."""
    with pytest.raises(PayloadError, match=words) as caught:
        parse_termination(termination_payload(KEY, **changes), KEY)
    assert str(caught.value).endswith("it was not sent.")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "termination_notice"}, "termination_notice"),
        ({"agreement": {"number": "SA/0003"}}, "no number from 1 on"),
        ({"agreement": {"version": 0}}, "no number from 1 on"),
        ({"agreement": {"version": True}}, "no number from 1 on"),
        ({"agreement": {"version": "2"}}, "no number from 1 on"),
        ({"date_from": ""}, "no first day"),
        ({"date_to": "soon"}, "no date"),
        ({"changes": "one"}, "list of entries"),
        ({"changes": [1]}, "list of entries"),
        ({"changes": ["x" * (MAX_TEXT + 1)]}, "more than 100000"),
    ],
)
def test_bad_amendments_say_why(changes: dict, words: str) -> None:
    """R-C6: a sentence, and nothing was sent."""
    with pytest.raises(PayloadError, match=words) as caught:
        parse_amendment(amendment_payload(KEY, **changes), KEY)
    assert str(caught.value).endswith("it was not sent.")


def test_a_change_and_a_withdrawal() -> None:
    """R-G1: what is asked now, line by line, and which message it is about; a withdrawal asks nothing."""
    change = parse_claim_change(change_payload(KEY), KEY)
    assert (change.amount, change.lines) == (Decimal("250.10"), {"1": Decimal("200.10"), "2": Decimal("50.00")})
    assert change.original == "5c9b9d7e-1111-4000-8000-00000000000f"
    assert parse_claim_change(change_payload(KEY, amount="0.00", lines=[]), KEY).lines == {}
    withdrawal = parse_claim_withdrawal(withdrawal_payload(KEY), KEY)
    assert (withdrawal.original, withdrawal.reason) == (change.original, "Our own mistake")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "claim_submitted"}, "claim_submitted"),
        ({"original": ""}, "doesn't name the message"),
        ({"original": "x"}, "doesn't name the message"),
        ({"amount": "250.11"}, "add up to 250.10"),
        ({"amount": 250.1}, "not a plain decimal"),
        ({"amount": "-50.00", "lines": [{"key": "2", "amount": "-50.00"}]}, "negative"),
        ({"lines": [{"key": "1", "amount": "1"}, {"key": "1", "amount": "1"}]}, "same key"),
        ({"lines": [{"key": "1"}]}, "can't be read"),
        ({"lines": "all"}, "list of entries"),
        ({"reason": 7}, "not a text"),
    ],
)
def test_bad_changes_say_why(changes: dict, words: str) -> None:
    """R-G1: a sentence, and nothing was sent."""
    with pytest.raises(PayloadError, match=words) as caught:
        parse_claim_change(change_payload(KEY, **changes), KEY)
    assert str(caught.value).endswith("it was not sent.")
    if "original" in changes:
        with pytest.raises(PayloadError, match=words):
            parse_claim_withdrawal(withdrawal_payload(KEY, **changes), KEY)


def test_integrity() -> None:
    """R-G1: size and hash."""
    text = payload(KEY)
    digest = hashlib.sha256(text.encode()).hexdigest()
    check_integrity(text, digest)
    with pytest.raises(PayloadError, match="hash"):
        check_integrity(text + " ", digest)
    with pytest.raises(PayloadError, match="more than"):
        check_integrity(text, digest, max_bytes=10)


@given(st.decimals(min_value=Decimal("-1e12"), max_value=Decimal("1e12"), places=2))
def test_amounts_keep_every_cent(amount: Decimal) -> None:
    """R-E6: text → Decimal → text is the identity."""
    assert parse_amount(f"{amount:f}") == amount
    assert f"{parse_amount(f'{amount:f}'):f}" == f"{amount:f}"


@given(st.text(max_size=30).filter(lambda text: not text.replace(".", "").replace("-", "").isdigit()))
def test_no_other_text_is_an_amount(text: str) -> None:
    """R-G3: nothing that isn't a plain decimal gets through."""
    with pytest.raises(PayloadError):
        parse_amount(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(json_values)
def test_canonical_json_is_one_spelling(value: object) -> None:
    """R-G3: the same content has the same text, however its keys were ordered."""
    text = canonical_json(value)
    assert canonical_json(json.loads(text)) == text


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=0, max_value=10**9), max_size=8))
def test_split_lines_add_up(amounts: list[Decimal]) -> None:
    """R-E6: whatever the lines, a claim that says their sum is taken, and one that doesn't is not."""
    total = sum(amounts, Decimal("0.00"))
    key = str(uuids.uuid4())
    lines = [{"key": str(number), "amount": f"{amount:f}"} for number, amount in enumerate(amounts)]
    if total > 0:
        assert parse_claim(payload(key, lines=lines, amount=f"{total:f}"), key).amount == total
    with pytest.raises(PayloadError):
        parse_claim(payload(key, lines=lines, amount=f"{total + Decimal('0.01'):f}"), key)


@given(st.text())
def test_text_survives_html(text: str) -> None:
    """R-G2: what a human wrote is never markup at the supplier's, and comes back as the same words."""
    html = text_to_html(text)
    assert "<script" not in html.lower()
    printable = "".join(char if char.isprintable() else " " for char in text)
    assert html_to_text(html).split() == "".join(printable).split() or not text.isprintable()


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Not ours: <b>wet</b> &amp; torn</p>", "Not ours: wet & torn"),
        ("<div>one</div><div>two<br>three</div>", "one\ntwo\nthree"),
        ("<p>a<script>alert(1)</script>b</p><style>p{}</style>", "ab"),
        ("<svg onload=alert(1)>x", "x"),
        ("<p>退货\u202e</p>", "退货"),
        ("", ""),
    ],
)
def test_html_becomes_words(html: str, text: str) -> None:
    """R-G3: a clerk's comment is cleaned of markup and control characters."""
    assert html_to_text(html) == text


@given(st.text(), st.integers(min_value=4, max_value=100))
def test_clip_counts_bytes(text: str, size: int) -> None:
    """R-G6: the log's 4 KB are bytes, and no character is cut in half."""
    assert len(clip(text, size).encode()) <= size


def test_fractions_are_decimals() -> None:
    """R-G3: no binary fraction in between."""
    assert load_json("[0.1, 290.10]") == [Decimal("0.1"), Decimal("290.10")]

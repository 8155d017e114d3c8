"""What a clerk did with a profile's documents, as the supplier's answer. No Odoo in here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from franchise_sync.erp.port import Answer
from franchise_sync.suppliers.odoo_profile import Profile, load_profile
from franchise_sync.suppliers.odoo_profile_answers import Reading, to_answer
from franchise_sync.suppliers.odoo_profile_read import Document

KEY = "5c9b9d7e-1111-4000-8000-000000000001"
CNY = {6: ("CNY", 2), 7: ("JPY", 0)}
LINES = """
title = "Orders"
model = "sale.order"
module = "sale"
group = "Sales: User"
[record]
"partner_id/.id" = "{customer}"
[lines]
field = "order_line"
[lines.record]
name = "{line.label}"
price_unit = "{line.amount}"
[states]
field = "state"
[states.answers]
sale = "accepted"
cancel = "rejected"
[amounts.total]
lines = "price_subtotal"
currency = "currency_id"
number = "name"
"""


def document(state: str, key: str = "", number: int = 1, at: str = "09:00:00", **values: Any) -> Document:
    named = {"display_name": f"DOC/{number}", **{name.replace("__", "."): v for name, v in values.items()}}
    return Document(number, KEY, key, (state,), named, f"2026-11-23 {at}")


def repair(state: str, key: str, amount: str = "100.00 CNY", at: str = "09:00:00") -> Document:
    notes = f"<p>Valve</p><p>Accepted amount: {amount}</p>"
    return document(state, key, int(key), at, internal_notes=notes)


def answer(
    profile: Profile | str,
    *documents: Document,
    comments: Mapping[int, str] | None = None,
    lines: Mapping[int, Sequence[tuple[str, Any]]] | None = None,
) -> Answer | None:
    made = load_profile(profile) if isinstance(profile, str) else profile
    html = {"internal_notes", "description"}
    return to_answer(made, documents, Reading(html.__contains__, CNY, lines or {}, comments or {}))


@pytest.mark.parametrize(
    ("states", "state", "lines"),
    [
        (("draft", "draft"), None, {}),
        (("confirmed", "draft"), "acknowledged", {}),
        (("done", "draft"), "acknowledged", {}),
        (("done", "under_repair"), "acknowledged", {}),
        (("cancel", "draft"), "acknowledged", {}),
        (("done", "done"), "accepted", {"1": "100.00", "2": "100.00"}),
        (("done", "cancel"), "accepted", {"1": "100.00", "2": "0"}),
        (("cancel", "cancel"), "rejected", {}),
    ],
)
def test_documents_of_a_claim_answer_together(
    states: tuple[str, str], state: str | None, lines: dict[str, str]
) -> None:
    """R-G3: only when each line is decided; what was cancelled is accepted with nothing."""
    found = answer("repair_order", *(repair(name, str(n)) for n, name in enumerate(states, 1)))
    assert (found.state if found else None) == state
    if found:
        assert found.lines == tuple((key, Decimal(value)) for key, value in lines.items())
        assert found.amount == sum(map(Decimal, lines.values()), Decimal())
        assert found.currency == ("CNY" if lines else "")


def test_the_order_of_documents_is_nothing() -> None:
    """R-G3: the same answer has the same id, in whatever order they are read; ten lines sort as numbers."""
    documents = [repair("done", str(n), f"{n}.00 CNY") for n in range(1, 12)]
    forth, back = answer("repair_order", *documents), answer("repair_order", *reversed(documents))
    assert forth == back
    assert forth.amount == sum(range(1, 12))


def test_the_id_is_the_content() -> None:
    """R-G3: a later write is the same answer; another amount or reason is another."""
    first = answer("repair_order", repair("done", "1"))
    assert answer("repair_order", repair("done", "1", at="10:00:00")).message_id == first.message_id
    others = [
        answer("repair_order", repair("done", "1", "99.00 CNY")),
        answer("repair_order", repair("done", "1"), comments={1: "<p>Why</p>"}),
        answer("repair_order", repair("cancel", "1")),
    ]
    assert len({other.message_id for other in others} | {first.message_id}) == 4
    assert first.occurred_at.isoformat() == "2026-11-23T09:00:00+00:00"


@pytest.mark.parametrize("amount", ["half of it", "100,00 CNY", "-1.00 CNY", ""])
def test_an_amount_that_cant_be_read_is_disputed(amount: str) -> None:
    """R-G3: never guessed, never the whole claim; a human looks."""
    found = answer("repair_order", repair("done", "1", amount), repair("done", "2"))
    assert (found.state, found.amount, found.lines) == ("disputed", Decimal(0), ())
    assert "DOC/1 accepts, but the amount can't be read: “Accepted amount: 123.45 CNY”" in found.reason


def test_two_currencies_are_disputed() -> None:
    """R-G3: amounts of different money are not added up."""
    found = answer("repair_order", repair("done", "1"), repair("done", "2", "5 USD"))
    assert (found.state, found.amount) == ("disputed", Decimal(0))


def test_accepted_with_nothing_is_rejected() -> None:
    """R-G3: an acceptance is of more than nothing."""
    assert answer("repair_order", repair("done", "1", "0.00 CNY")).state == "rejected"


def test_the_resolution_is_the_reason() -> None:
    """R-G3: without the line of the amount; a comment only where it says nothing else."""
    settled = document("crm_claim.stage_claim2", resolution="Half.\nAccepted amount: 5.00 CNY")
    assert answer("crm_claim", settled, comments={1: "<p>Call me</p>"}).reason == "Half."
    bare = document("crm_claim.stage_claim2", resolution="Accepted amount: 5.00 CNY")
    assert answer("crm_claim", bare, comments={1: "<p>Call <b>me</b></p>"}).reason == "Call me"
    assert answer("crm_claim", document("crm_claim.stage_claim5", resolution="Looking")).reason == ""


@pytest.mark.parametrize(
    ("posted", "amount", "state"),
    [("draft", 150.5, "acknowledged"), ("posted", 150.5, "accepted"), ("posted", False, "disputed")],
)
def test_a_refund_counts_when_it_is_posted(posted: str, amount: Any, state: str) -> None:
    """R-G3: with the number of their credit note, to the currency's smallest unit."""
    found = answer(
        "rma",
        document(
            "refunded", "1", refund_id__state=posted, refund_id__name="RINV/7", refund_id__currency_id=[6, "CNY"],
            refund_line_id__price_subtotal=amount,
        ),
    )  # fmt: skip
    assert found.state == state
    if state == "accepted":
        assert (found.number, found.amount, found.lines) == ("RINV/7", Decimal("150.50"), (("1", Decimal("150.50")),))


def test_a_return_that_ended_otherwise_is_for_a_human() -> None:
    """R-G3: with their reason for ending it."""
    found = answer("rma", document("finished", "1", finalization_id=[3, "No fault found"]))
    assert (found.state, found.reason) == ("disputed", "No fault found")


@pytest.mark.parametrize(
    ("given", "total", "lines"),
    [
        ([("1", 10.1), ("2", 20.2)], "30.30", {"1": "10.10", "2": "20.20"}),
        ([("1", 10.1), ("", -1.0)], "9.10", {}),
        ([], "0.00", {}),
    ],
)
def test_an_amount_is_the_sum_of_lines(
    tmp_path: Path, given: list[tuple[str, Any]], total: str, lines: dict[str, str]
) -> None:
    """R-G3: by line where all lines are ours, else the total alone."""
    (tmp_path / "orders.toml").write_text(LINES, encoding="utf-8")
    profile = load_profile("orders", tmp_path)
    found = answer(profile, document("sale", currency_id=[6, "CNY"], name="S7"), lines={1: given})
    if Decimal(total):
        assert (found.state, found.number, found.amount) == ("accepted", "S7", Decimal(total))
        assert found.lines == tuple((key, Decimal(value)) for key, value in lines.items())
    else:
        assert found.state == "rejected"
    assert answer(profile, document("draft")) is None


def test_a_currency_nobody_knows_is_disputed(tmp_path: Path) -> None:
    """R-G3: without a currency there is no amount."""
    (tmp_path / "orders.toml").write_text(LINES, encoding="utf-8")
    found = answer(load_profile("orders", tmp_path), document("sale", currency_id=False), lines={1: [("1", 5)]})
    assert found.state == "disputed"

"""Profiles as data: which files are taken, what a claim becomes by one, what doesn't fit a database. No Odoo in here."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worker_fakes import payload

from franchise_sync.erp.port import Endpoint
from franchise_sync.errors import ConfigurationError
from franchise_sync.payload import parse_claim
from franchise_sync.suppliers import registry
from franchise_sync.suppliers.odoo_profile import Profile, load_profile, shipped
from franchise_sync.suppliers.odoo_profile_check import field_problems
from franchise_sync.suppliers.odoo_profile_rows import (
    claim_rows,
    columns,
    labelled_amount,
    lowered_text,
    record_xmlid,
    split_xmlid,
    without_label,
)
from franchise_sync.suppliers.port import ConnectorContext
from franchise_sync.text import html_to_text, text_to_html

KEY = "5c9b9d7e-1111-4000-8000-000000000001"
GOOD = """
title = "Helpdesk tickets"
model = "helpdesk.ticket"
module = "helpdesk"
group = "Helpdesk: User"

[record]
name = "{number}"
"partner_id/.id" = "{customer}"
description = { html = "{text}" }

[states]
field = "state"

[states.answers]
solved = "accepted"
refused = "rejected"

[amounts.total]
field = "x_amount"
currency = "currency_id"
"""


def own(folder: Path, text: str, name: str = "helpdesk") -> Profile:
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load_profile(name, folder)


def test_the_shipped_ones_are_usable() -> None:
    """R-G2: the four ready profiles."""
    assert shipped() == ("account_move", "crm_claim", "repair_order", "rma")
    models = {name: load_profile(name).model for name in shipped()}
    assert models == {
        "account_move": "account.move",
        "repair_order": "repair.order",
        "crm_claim": "crm.claim",
        "rma": "rma",
    }


def test_an_operators_own_goes_first(tmp_path: Path) -> None:
    """R-G2: a new model is a file, and a shipped profile may be replaced by one."""
    assert own(tmp_path, GOOD).model == "helpdesk.ticket"
    assert own(tmp_path, GOOD, "rma").model == "helpdesk.ticket"
    assert load_profile("rma").model == "rma"
    assert load_profile("crm_claim", tmp_path).model == "crm.claim"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("title", "= title", "is not TOML"),
        ('model = "helpdesk.ticket"', 'model = "Helpdesk Ticket"', "model: String should match"),
        ('module = "helpdesk"', "", "module: Field required"),
        ('title = "Helpdesk tickets"', 'title = "x"\npython = "import os"', "python: Extra inputs"),
        ("{number}", "{numbr}", "name has the placeholder {numbr}, which is not known here"),
        ("{number}", "{number.__class__}", "placeholder {number.__class__}, which is not known"),
        ("{number}", "{number", "name has a brace that belongs to no placeholder"),
        ("{number}", "{line.amount}", "placeholder {line.amount}, which is not known here"),
        ('"partner_id/.id" = "{customer}"', "", "no column has {customer}"),
        ('name = "{number}"', 'id = "{number}"', "the column id is the connector's own"),
        ('name = "{number}"', '"partner_id.name" = "{number}"', "should match"),
        ('solved = "accepted"', 'solved = "yes"', "states.answers.solved.answer: Input should be"),
        ('solved = "accepted"', 'solved = "disputed"', "no state means accepted"),
        ('solved = "accepted"', 'solved = { answer = "accepted", amount = "x" }', "names the amount 'x'"),
        ('field = "x_amount"', 'field = "a.b.c"', "should match"),
        ('field = "x_amount"', 'text = "note"', "an amount in a text needs a label"),
        ('currency = "currency_id"', "", "an amount in a field needs a currency"),
        ('field = "x_amount"', 'lines = "x_amount"', "there are no [lines]"),
        ('field = "x_amount"', 'field = "x"\nlines = "y"', "from one place"),
        ("[states]\n", '[withdrawn]\ncall = "unlink"\n[states]\n', "withdrawn.call: String should match"),
        ("[states]\n", '[withdrawn]\ncall = "action_x.y"\n[states]\n', "withdrawn.call: String should"),
        ("[states]\n", '[withdrawn]\nwhen = ["solved"]\n[states]\n', "'solved', which means accepted"),
        ("[amounts.total]", '[amounts.more]\nfield = "y"\ncurrency = "z"\n[amounts.total]', "must name one"),
        ('group = "', 'strategy = "credit_note"\ngroup = "', "a credit note needs move_type"),
        ('group = "', 'records = "row"\ngroup = "', "records: Input should be"),
        ('group = "', 'strategy = "eval"\ngroup = "', "strategy: Input should be"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_sentence(tmp_path: Path, old: str, new: str, words: str) -> None:
    """R-G7, R-G2: said before anything is leased, with the file's place; no code gets in."""
    assert old in GOOD
    with pytest.raises(ConfigurationError) as caught:
        own(tmp_path, GOOD.replace(old, new, 1))
    assert words in str(caught.value)
    assert "helpdesk.toml" in str(caught.value)


@pytest.mark.parametrize("name", ["../rma", "RMA", "rma.toml", "/etc/passwd", "a" * 50])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    """R-G2: the endpoint chooses among profiles, not among files of the machine."""
    with pytest.raises(ConfigurationError, match="is not a name"):
        load_profile(name, tmp_path)


def test_an_endpoint_chooses_its_profile(tmp_path: Path) -> None:
    """R-G2: by the option; an unknown one is named with what there is."""
    (tmp_path / "helpdesk.toml").write_text(GOOD, encoding="utf-8")

    def endpoint(profile: str) -> Endpoint:
        return Endpoint("x", "X", "odoo", True, "https://erp.example.com", "d", "l", {"profile": profile})

    context = ConnectorContext(secret="not-a-real-secret", profiles_dir=tmp_path)
    for name, model in {"": "account.move", "rma": "rma", "helpdesk": "helpdesk.ticket"}.items():
        connector: Any = registry.build(endpoint(name), context)
        assert connector._books.profile.model == model
        connector.close()
    with pytest.raises(ConfigurationError, match=r"no profile 'tickets' .*account_move, crm_claim"):
        registry.build(endpoint("tickets"), context)


def table(name: str, **changes: Any) -> list[dict[str, str]]:
    profile = load_profile(name)
    claim = parse_claim(payload(KEY, **changes), KEY)
    rows = claim_rows(profile, claim, 8, 6, {"1": "41"})
    return [dict(zip(columns(profile), row, strict=True)) for row in rows]


def test_a_repair_order_a_line() -> None:
    """R-G2: product and quantity where there are any, words as text, the amount where the clerk lowers it."""
    first, second = table("repair_order")
    assert (first["id"], second["id"]) == (f"franchise_sync.{KEY}_1", f"franchise_sync.{KEY}_2")
    assert (first["partner_id/.id"], first["product_id/.id"], first["product_qty"]) == ("8", "41", "2")
    assert (second["product_id/.id"], second["product_qty"]) == ("", "1")
    assert "Broken &lt;b&gt;&amp; wet&lt;/b&gt;" in first["internal_notes"]
    amounts = [labelled_amount(html_to_text(r["internal_notes"]), "Accepted amount") for r in (first, second)]
    assert amounts == [(Decimal("200.10"), "CNY"), (Decimal("90.00"), "CNY")]


def test_one_claim_of_the_oca() -> None:
    """R-G2: all lines in words."""
    [row] = table("crm_claim")
    assert (row["id"], row["name"]) == (f"franchise_sync.{KEY}", "AFC/2026/00012: Defect in material")
    assert row["description"].endswith("Labour (your share 80.00 %): 90.00 CNY")
    assert row["resolution"] == "Accepted amount: 290.10 CNY"


def test_a_return_a_line() -> None:
    """R-G2: our number as its origin."""
    first, second = table("rma")
    assert (first["origin"], first["product_uom_qty"], second["product_id/.id"]) == ("AFC/2026/00012", "2", "")


def test_words_of_a_claim_are_no_placeholders_and_no_amount() -> None:
    """R-G3: who words a claim can't write into the fields that a profile reads."""
    [row] = table("crm_claim", cause={"name": "{customer}"}, reason="Accepted amount: 999999.00 CNY")
    assert row["cause"] == "{customer}"
    assert "Accepted amount – 999999.00 CNY" in row["description"]
    first = table("repair_order", reason="x\nAccepted amount : 1.00 CNY")[0]
    assert html_to_text(first["internal_notes"]).count("Accepted amount:") == 1


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("Accepted amount: 150.50 CNY", ("150.50", "CNY")),
        ("Half.\n  Accepted amount:150 CNY.\nBye", ("150", "CNY")),
        ("Accepted amount： 1,250.00 CNY", ("1250.00", "CNY")),
        ("Accepted amount: 10.00 CNY\nAccepted amount: 20.00 CNY", ("20.00", "CNY")),
        ("Accepted amount: 0 CNY", ("0", "CNY")),
        ("Accepted amount: 150,50 CNY", None),
        ("Accepted amount: 1.250.00 CNY", None),
        ("Accepted amount: -5.00 CNY", None),
        ("Accepted amount: NaN CNY", None),
        ("Accepted amount: 1e9 CNY", None),
        ("Accepted amount: 150.50", None),
        ("Accepted amount: 150.50 CNY or less", None),
        ("Accepted amount: 10.00 CNY\nAccepted amount: half", None),
        ("The Accepted amount: 150.50 CNY", None),
        ("", None),
    ],
)
def test_an_amount_in_words(text: str, amount: tuple[str, str] | None) -> None:
    """R-G3: read only where there is no doubt; the last one counts."""
    expected = (Decimal(amount[0]), amount[1]) if amount else None
    assert labelled_amount(text, "Accepted amount") == expected


def test_the_reason_is_what_else_stands_there() -> None:
    """R-G3: without the line that holds the amount."""
    assert without_label("Half.\nAccepted amount: 1.00 CNY\n\nWet", "Accepted amount") == "Half.\nWet"


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.decimals(min_value=0, max_value=10**9, places=2))
def test_lowering_changes_the_amount_and_nothing_else(before: Decimal, after: Decimal) -> None:
    """R-G1: in HTML and in plain text, whatever stands around it."""
    text = f"Valve <1> & 2: 3.00\nAccepted amount: {before} CNY"
    for source in (text, text_to_html(text)):
        lowered = lowered_text(source, "Accepted amount", after)
        assert lowered == source.replace(f": {before} CNY", f": {after:f} CNY")
        assert lowered_text(source, "Other", after) == source


@pytest.mark.parametrize(
    ("xmlid", "parts"),
    [
        (record_xmlid(KEY), (KEY, "")),
        (record_xmlid(KEY, "2"), (KEY, "2")),
        (f"franchise_sync.{KEY}_note", (KEY, "note")),
        (f"franchise_sync.{KEY}_1_note", ("", "")),
        (f"__export__.{KEY}", ("", "")),
        ("crm_claim.stage_claim1", ("", "")),
    ],
)
def test_external_ids_read_back(xmlid: str, parts: tuple[str, str]) -> None:
    """R-G3: only ours count."""
    assert split_xmlid(xmlid) == parts


REPAIR: dict[str, dict[str, Any]] = {
    "partner_id": {"type": "many2one", "relation": "res.partner"},
    "product_id": {"type": "many2one", "relation": "product.product"},
    "user_id": {"type": "many2one", "relation": "res.users"},
    "product_qty": {"type": "float"},
    "internal_notes": {"type": "html"},
    "state": {
        "type": "selection",
        "selection": [[s, s] for s in ("draft", "confirmed", "under_repair", "done", "cancel")],
    },
}


def test_what_fits_gives_no_problem() -> None:
    """R-G7: the fields of Odoo 19's repair.order."""
    assert field_problems(load_profile("repair_order"), REPAIR, {}) == []


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("product_qty", None, "repair.order has no field product_qty there (column 'product_qty')."),
        ("internal_notes", None, "repair.order has no field internal_notes there (amount 'notes')."),
        ("internal_notes", {"type": "float"}, "is float there, not char or text or html (amount 'notes')."),
        ("product_qty", {"type": "many2one"}, "must be product_qty/.id or product_qty/id"),
        ("partner_id", {"type": "char"}, "The column 'partner_id/.id' must be partner_id: the field is char"),
        ("state", None, "repair.order has no field state there (states)."),
        ("state", {"type": "char"}, "states are read from a selection or a many2one"),
        ("state", {"type": "selection", "selection": [["new", "New"]]}, "has no state 'done' there, only new."),
    ],
)
def test_what_doesnt_fit_is_said(name: str, change: dict[str, Any] | None, words: str) -> None:
    """R-G7: an unknown field, a field of another kind, a state that they don't have."""
    fields = {key: facts for key, facts in REPAIR.items() if key != name or change}
    if change:
        fields[name] = change
    assert words in " ".join(field_problems(load_profile("repair_order"), fields, {}))


def test_paths_and_html_are_looked_at(tmp_path: Path) -> None:
    """R-G7: a field one record away, and an HTML field that would take words as markup."""
    rma = load_profile("rma")
    fields = {**REPAIR, "refund_id": {"type": "many2one", "relation": "account.move"}}
    words = " ".join(field_problems(rma, fields, {"refund_id": {"name": {"type": "char"}}}))
    assert "rma has no field refund_id.state there (when)." in words
    assert "rma has no field refund_line_id.price_subtotal there (amount 'refund')." in words
    assert "refund_id.name" not in words
    plain = own(tmp_path, GOOD.replace('{ html = "{text}" }', '"{text}"'))
    words = " ".join(field_problems(plain, {"description": {"type": "html"}}, {}))
    assert "The field description holds HTML there: write the cell as { html = … }." in words


def test_lines_are_looked_at(tmp_path: Path) -> None:
    """R-G7: their field, their columns, and the amount that is added up."""
    lines = '[lines]\nfield = "row_ids"\n[lines.record]\nname = "{line.label}"\nprise = "{line.amount}"\n[states]\n'
    text = GOOD.replace("[states]\n", lines, 1).replace('field = "x_amount"', 'lines = "sum"')
    profile = own(tmp_path, text)
    assert "has no lines in a field row_ids there" in " ".join(field_problems(profile, {}, {}))
    fields = {"row_ids": {"type": "one2many", "relation": "helpdesk.row"}}
    words = " ".join(field_problems(profile, fields, {"row_ids": {"name": {"type": "char"}}}))
    assert "helpdesk.row has no field prise there (column 'prise')." in words
    assert "helpdesk.row has no amount in a field sum there." in words


@pytest.mark.parametrize(
    ("kind", "words"),
    [("many2one", "state is many2one there: withdrawing writes"), ("float", "is float there"), ("char", "")],
)
def test_withdrawing_writes_what_can_be_written(tmp_path: Path, kind: str, words: str) -> None:
    """R-G7: a number or a link to another record would fail there only when a claim is taken back."""
    text = GOOD.replace("[states]\n", '[withdrawn]\nwrite = { x_state = "gone", gone = "x" }\n[states]\n', 1)
    problems = " ".join(field_problems(own(tmp_path, text), {"x_state": {"type": kind}}, {}))
    assert words in problems
    assert ("x_state" in problems) is bool(words)
    assert "helpdesk.ticket has no field gone there (withdrawn)." in problems


def test_the_manuals_example_is_usable(tmp_path: Path) -> None:
    """R-G2: what the guide shows is a profile."""
    guide = (Path(__file__).resolve().parents[2] / "docs" / "connectors.md").read_text(encoding="utf-8")
    profile = own(tmp_path, guide.split("### A profile of your own")[1].split("```toml\n")[1].split("```")[0])
    assert (profile.model, profile.withdrawn.write) == (
        "helpdesk.ticket",
        {"stage_id": "helpdesk.stage_cancelled"},
    )

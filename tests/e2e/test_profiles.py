"""Profiles against a real Odoo with Repairs, and the OCA's claims and returns: claims go in, answers come out."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from profile_books import MODELS, event, only, records
from supplier_books import DEADLINE, claim, clerk_of, connect, cutting, outcomes

from franchise_sync.delivery.classify import classify
from franchise_sync.erp.port import Outcome
from franchise_sync.errors import ConfigurationError, UnknownFate
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.odoo_client import OdooClient

AMOUNT = "Accepted amount"


@pytest.fixture
def clerk(supplier_apps: Any) -> Iterator[OdooClient]:
    with clerk_of(supplier_apps) as client:
        yield client


@pytest.fixture(params=MODELS)
def profile(request: pytest.FixtureRequest) -> str:
    return request.param


def test_sent_twice_asked_and_found(supplier_apps: Any, clerk: OdooClient, profile: str) -> None:
    """R-G2, R-G4: one set of records a uuid with our number and words, whatever is repeated; nothing said yet."""
    model, sent, other = MODELS[profile], claim(), claim()
    with closing(connect(supplier_apps, profile=profile)) as connector:
        [first] = connector.send([sent], Deadline(DEADLINE))
        assert first.outcome is Outcome.ACK, first
        before = records(clerk, model, sent, "write_date", "partner_id")
        [second] = connector.send([sent], Deadline(DEADLINE))
        assert (second.outcome, second.remote_ref) == (Outcome.ACK, first.remote_ref)
        assert records(clerk, model, sent, "write_date", "partner_id") == before
        assert len(before) == (1 if profile == "crm_claim" else 2)
        assert first.remote_ref == f"{model},{','.join(str(row['id']) for row in before)}"
        assert {row["partner_id"][1] for row in before} == {"Tea & Light"}
        there = connector.ask([sent.uuid, other.uuid], Deadline(DEADLINE))
        assert dict(there) == {sent.uuid: first.remote_ref}
        assert only(connector, sent) is None
    for row in before:
        domain = [("model", "=", model), ("res_id", "=", row["id"]), ("message_type", "=", "comment")]
        [note] = clerk.call("mail.message", "search_read", domain, ["body"])
        assert "Broken &lt;b&gt;&amp; wet&lt;/b&gt;" in note["body"]


@pytest.mark.parametrize("model", ["", "mail.message"], ids=["records", "notes"])
def test_cut_off_after_they_committed(supplier_apps: Any, clerk: OdooClient, profile: str, model: str) -> None:
    """R-G4: the reply is lost; asked by key or sent again, nothing is doubled and the note is there."""
    sent = claim()
    with (
        cutting(supplier_apps.url, model or MODELS[profile]) as url,
        closing(connect(supplier_apps, url, profile=profile)) as connector,
    ):
        with pytest.raises(UnknownFate) as caught:
            connector.send([sent], Deadline(DEADLINE))
        [delivery] = classify(caught.value, [sent], connector, DEADLINE)
        assert delivery.outcome is (Outcome.ACK if model else Outcome.RETRY)
        assert outcomes(connector.send([sent], Deadline(DEADLINE))) == [Outcome.ACK]
    found = records(clerk, MODELS[profile], sent)
    assert len(found) == (1 if profile == "crm_claim" else 2)
    number = f"AFC/{sent.uuid[:8]}"
    field = {"repair_order": "internal_notes", "crm_claim": "name", "rma": "origin"}[profile]
    assert clerk.call(MODELS[profile], "search_count", [(field, "ilike", number)]) == len(found)


def test_check_is_content(supplier_apps: Any, profile: str) -> None:
    """R-G7: the profile fits their database, and our user has the rights it needs."""
    with closing(connect(supplier_apps, profile=profile)) as connector:
        found = connector.check()
    assert all(finding.ok for finding in found), found
    assert f"profile: {profile} fits their {MODELS[profile]}" in [f"{f.name}: {f.sentence}" for f in found]


def test_a_module_that_is_missing_is_named(supplier_odoo: Any) -> None:
    """R-G7: at a supplier without the app; the claim waits until somebody corrects it."""
    with closing(connect(supplier_odoo, profile="crm_claim")) as connector:
        [finding] = [finding for finding in connector.check() if finding.name == "profile"]
        assert "has no model crm.claim: the module crm_claim isn't installed there" in finding.sentence
        message = claim()
        with pytest.raises(Exception, match="crm_claim isn't installed") as caught:
            connector.send([message], Deadline(DEADLINE))
        [delivery] = classify(caught.value, [message], connector)
        assert delivery.outcome is Outcome.RETRY


def test_repairs_are_answered_line_by_line(supplier_apps: Any, clerk: OdooClient) -> None:
    """R-G3: one repaired for less, one cancelled: accepted, with each line's amount and the clerk's words, once."""
    sent = claim()
    with closing(connect(supplier_apps, profile="repair_order")) as connector:
        connector.send([sent], Deadline(DEADLINE))
        first, second = records(clerk, "repair.order", sent, "product_id", "product_qty", "internal_notes", "state")
        assert (first["product_id"][1], first["product_qty"], first["state"]) == ("[V-1] Valve 1", 2, "draft")
        assert "阀门 valve 1" in first["internal_notes"]
        clerk.call("repair.order", "action_validate", [first["id"]])
        assert only(connector, sent).state == "acknowledged"
        notes = first["internal_notes"].replace(f"{AMOUNT}: 200.10", f"{AMOUNT}: 150.50")
        clerk.call("repair.order", "write", [first["id"]], {"internal_notes": notes})
        clerk.call("repair.order", "action_repair_start", [first["id"]])
        clerk.call("repair.order", "action_repair_end", [first["id"]])
        assert only(connector, sent).state == "acknowledged", "the second one is not decided"
        post(clerk, "repair.order", second["id"], "No labour under warranty")
        clerk.call("repair.order", "action_repair_cancel", [second["id"]])
        answer = only(connector, sent)
        assert (answer.state, answer.currency, answer.amount) == ("accepted", "CNY", Decimal("150.50"))
        assert answer.lines == (("1", Decimal("150.50")), ("2", Decimal(0)))
        assert (answer.reason, answer.number) == ("No labour under warranty", "")
        assert only(connector, sent).message_id == answer.message_id
        [fact] = connector.facts([sent.uuid], Deadline(DEADLINE)).values()
        assert (fact.state, fact.amount, fact.currency) == ("accepted", Decimal("150.50"), "CNY")


def test_an_oca_claim_is_settled_for_less_or_rejected(supplier_apps: Any, clerk: OdooClient) -> None:
    """R-G3: the stage decides, the resolution says how much and why; an amount that nobody can read is disputed."""
    kept, refused, blurred = claim(), claim(), claim()
    with closing(connect(supplier_apps, profile="crm_claim")) as connector:
        assert set(outcomes(connector.send([kept, refused, blurred], Deadline(DEADLINE)))) == {Outcome.ACK}
        [document] = records(clerk, "crm.claim", kept, "name", "description", "resolution", "stage_id", "user_id")
        assert document["name"] == f"AFC/{kept.uuid[:8]}: Defect in material"
        assert (
            "阀门 valve 2 (quantity 2, your share 80.00 %, your invoice INV/2026/7): 90.00 CNY"
            in document["description"]
        )
        assert (document["resolution"], document["stage_id"][1], document["user_id"]) == (
            f"{AMOUNT}: 290.10 CNY", "New", False,
        )  # fmt: skip
        move(clerk, kept, "In Progress")
        assert only(connector, kept).state == "acknowledged"
        move(clerk, kept, "Settled", f"Half of it.\n{AMOUNT}: 145.05 CNY")
        move(clerk, refused, "Rejected", "Not ours: wet")
        move(clerk, blurred, "Settled", f"{AMOUNT}: about the half")
        answer = only(connector, kept)
        assert (answer.state, f"{answer.amount:f} {answer.currency}", answer.lines, answer.reason) == (
            "accepted", "145.05 CNY", (), "Half of it.",
        )  # fmt: skip
        answer = only(connector, refused)
        assert (answer.state, answer.amount, answer.reason) == ("rejected", Decimal(0), "Not ours: wet")
        answer = only(connector, blurred)
        assert answer.state == "disputed"
        assert "the amount can't be read" in answer.reason


def test_an_oca_return_is_refunded(supplier_apps: Any, clerk: OdooClient) -> None:
    """R-G3: only the posted refund counts, with its number; posting it doesn't touch the return and is seen all the same."""
    sent = claim("200.00")
    with closing(connect(supplier_apps, profile="rma")) as connector:
        connector.send([sent], Deadline(DEADLINE))
        [document] = records(clerk, "rma", sent, "origin", "product_id", "product_uom_qty", "state")
        assert (document["origin"], document["product_uom_qty"]) == (f"AFC/{sent.uuid[:8]}", 2)
        refund(clerk, document["id"])
        cursor = list(connector.answers(""))[-1].cursor
        assert only(connector, sent, cursor).state == "acknowledged"
        [row] = clerk.call("rma", "read", [document["id"]], ["refund_id", "refund_line_id", "write_date"])
        change = {"quantity": 2, "price_unit": 75.25, "tax_ids": [[5, 0, 0]]}
        command = [1, row["refund_line_id"][0], change]
        clerk.call("account.move", "write", [row["refund_id"][0]], {"invoice_line_ids": [command]})
        clerk.call("account.move", "action_post", [row["refund_id"][0]])
        assert clerk.call("rma", "read", [document["id"]], ["write_date"])[0]["write_date"] == row["write_date"]
        answer = only(connector, sent, cursor)
        [number] = [r["name"] for r in clerk.call("account.move", "read", [row["refund_id"][0]], ["name"])]
        assert (answer.state, answer.amount, answer.number) == ("accepted", Decimal("150.50"), number)


def test_lowered_then_withdrawn(supplier_apps: Any, clerk: OdooClient, profile: str) -> None:
    """R-G1, R-G4: the amount in an open document is lowered, then it is cancelled; each told once, in each chatter."""
    sent, model = claim(), MODELS[profile]
    field = {"repair_order": "internal_notes", "crm_claim": "resolution", "rma": "description"}[profile]
    changed, gone = event("claim_changed", sent, "200.10", "50.00"), event("claim_withdrawn", sent)
    with closing(connect(supplier_apps, profile=profile)) as connector:
        connector.send([sent], Deadline(DEADLINE))
        for message in (changed, changed, gone, gone):
            assert outcomes(connector.send([message], Deadline(DEADLINE))) == [Outcome.ACK], message.kind
            if message is changed:
                texts = [row[field] for row in records(clerk, model, sent, field)]
                assert f"{AMOUNT}: {'250.10' if profile == 'crm_claim' else '50.00'} CNY" in texts[-1]
        found = records(clerk, model, sent, "message_ids")
        domain = [("id", "in", [i for row in found for i in row["message_ids"]]), ("message_type", "=", "comment")]
        assert clerk.call("mail.message", "search_count", domain) == 3 * len(found)
        assert only(connector, sent).state == "rejected"
        assert connector.ask([changed.uuid, gone.uuid], Deadline(DEADLINE)).keys() == {changed.uuid, gone.uuid}


def test_what_they_accepted_only_they_take_back(supplier_apps: Any, clerk: OdooClient) -> None:
    """R-G1: less is asked than they accepted, or nothing any more: refused with the reason, nothing is touched."""
    sent = claim()
    with closing(connect(supplier_apps, profile="crm_claim")) as connector:
        connector.send([sent], Deadline(DEADLINE))
        move(clerk, sent, "Settled")
        before = records(clerk, "crm.claim", sent, "write_date", "resolution", "stage_id")
        less, gone = event("claim_changed", sent, "100.00", "50.00"), event("claim_withdrawn", sent)
        got = connector.send([less, gone], Deadline(DEADLINE))
        assert outcomes(got) == [Outcome.REJECT, Outcome.REJECT]
        assert "accepts 290.10, more than the 150.00 asked now" in got[0].detail
        assert "is 'Settled' already: only they can take it back" in got[1].detail
        assert records(clerk, "crm.claim", sent, "write_date", "resolution", "stage_id") == before


def test_an_unknown_product_waits_for_a_correction(supplier_apps: Any, clerk: OdooClient) -> None:
    """R-G4: nothing of that claim is left there, the others of the batch go through."""
    line = {"key": "1", "description": "Pump", "product_code": "P-9", "amount": "10.00", "quantity": "1"}
    strange, known = claim("10.00", lines=[line]), claim()
    with closing(connect(supplier_apps, profile="repair_order")) as connector:
        got = connector.send([strange, known], Deadline(DEADLINE))
    assert outcomes(got) == [Outcome.RETRY, Outcome.ACK]
    assert "no product with the code 'P-9' (line 1)" in got[0].detail
    assert records(clerk, "repair.order", strange) == []


def test_a_copy_of_theirs_is_not_ours(supplier_apps: Any, clerk: OdooClient) -> None:
    """R-G3: only what our user made under our external id answers."""
    sent = claim()
    with closing(connect(supplier_apps, profile="crm_claim")) as connector:
        connector.send([sent], Deadline(DEADLINE))
        [document] = records(clerk, "crm.claim", sent)
        [copy_id] = clerk.call("crm.claim", "copy", [document["id"]])
        clerk.call("crm.claim", "write", [copy_id], {"stage_id": stage(clerk, "Settled")})
        assert only(connector, sent) is None


def move(clerk: OdooClient, sent: Any, name: str, resolution: str = "") -> None:
    values: dict[str, Any] = {"stage_id": stage(clerk, name)}
    [document] = records(clerk, "crm.claim", sent)
    clerk.call("crm.claim", "write", [document["id"]], {**values, **({"resolution": resolution} if resolution else {})})


def stage(clerk: OdooClient, name: str) -> int:
    [stage_id] = clerk.call("crm.claim.stage", "search", [("name", "=", name)])
    return stage_id


def post(clerk: OdooClient, model: str, record_id: int, body: str) -> None:
    clerk.call(model, "message_post", [record_id], body=body, message_type="comment")


def refund(clerk: OdooClient, rma_id: int) -> None:
    """Confirmed and refunded at once, without waiting for the goods."""
    operation = clerk.call("rma.operation", "search", [("name", "=", "Refund")])
    clerk.call("rma", "write", [rma_id], {"operation_id": operation[0]})
    clerk.call("rma", "action_confirm", [rma_id])
    clerk.call("rma", "action_refund", [rma_id])


ORDERS = """
title = "Orders"
model = "sale.order"
module = "sale"
group = "Sales: User"
[record]
"partner_id/.id" = "{customer}"
"user_id/.id" = ""
client_order_ref = "{number}"
[lines]
field = "order_line"
[lines.record]
name = "{line.label}"
"product_id/.id" = "{product}"
product_uom_qty = "1"
price_unit = "{line.amount}"
"tax_ids/.id" = ""
[states]
field = "state"
[states.answers]
sent = "acknowledged"
sale = "accepted"
cancel = "rejected"
[amounts.total]
lines = "price_subtotal"
currency = "currency_id"
number = "name"
[withdrawn]
when = ["draft", "sent"]
call = "action_cancel"
"""


def test_a_profile_of_our_own_with_lines(supplier_apps: Any, clerk: OdooClient, tmp_path: Path) -> None:
    """R-G2, R-G3: another model is a file: what they accept is the sum of its lines, by line; then it is theirs."""
    (tmp_path / "orders.toml").write_text(ORDERS, encoding="utf-8")
    sent = claim()
    with closing(connect(supplier_apps, profiles_dir=tmp_path, profile="orders")) as connector:
        assert all(finding.ok for finding in connector.check()), connector.check()
        for _ in range(2):
            assert outcomes(connector.send([sent], Deadline(DEADLINE))) == [Outcome.ACK]
        assert only(connector, sent) is None
        [order] = records(clerk, "sale.order", sent, "order_line", "client_order_ref", "amount_total", "name")
        assert (order["client_order_ref"], order["amount_total"]) == (f"AFC/{sent.uuid[:8]}", Decimal("290.1"))
        clerk.call("sale.order.line", "write", [order["order_line"][0]], {"price_unit": 150.5})
        clerk.call("sale.order", "action_confirm", [order["id"]])
        answer = only(connector, sent)
        assert (answer.state, answer.number, answer.amount) == ("accepted", order["name"], Decimal("240.50"))
        assert answer.lines == (("1", Decimal("150.50")), ("2", Decimal("90.00")))
        assert outcomes(connector.send([event("claim_withdrawn", sent)], Deadline(DEADLINE))) == [Outcome.REJECT]


def test_a_profile_that_doesnt_fit_is_explained(supplier_apps: Any, tmp_path: Path) -> None:
    """R-G7: each field, state and stage that their database doesn't have, in one sentence; nothing is sent."""
    text = (ORDERS.replace("client_order_ref", "x_our_number") + "\n").replace('sale = "acc', 'sold = "acc')
    (tmp_path / "orders.toml").write_text(text, encoding="utf-8")
    claims = resources.files("franchise_sync.suppliers") / "profiles" / "crm_claim.toml"
    stages = claims.read_text(encoding="utf-8").replace("crm_claim.stage_claim2", "Paid")
    (tmp_path / "stages.toml").write_text(stages, encoding="utf-8")
    expected = {
        "orders": [
            "sale.order has no field x_our_number there",
            "no state 'sold' there, only draft, sent, sale, cancel",
        ],
        "stages": ["crm.claim has no stage_id 'Paid' there."],
    }
    for name, words in expected.items():
        with closing(connect(supplier_apps, profiles_dir=tmp_path, profile=name)) as connector:
            [finding] = [finding for finding in connector.check() if finding.name == "profile"]
            assert not finding.ok
            assert all(word in finding.sentence for word in words), finding
            message = claim()
            with pytest.raises(ConfigurationError):
                connector.send([message], Deadline(DEADLINE))


def test_two_workers_send_the_same_at_once(supplier_apps: Any, clerk: OdooClient) -> None:
    """R-G4: their database decides; nothing is refused for it, and nothing is doubled."""
    messages = [claim() for _ in range(4)]
    connectors = [connect(supplier_apps, profile="repair_order") for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda c: c.send(messages, Deadline(DEADLINE)), connectors))
    assert {outcome for deliveries in results for outcome in outcomes(deliveries)} <= {Outcome.ACK, Outcome.RETRY}
    assert set(outcomes(connectors[0].send(messages, Deadline(DEADLINE)))) == {Outcome.ACK}
    for message in messages:
        number = ("internal_notes", "ilike", f"AFC/{message.uuid[:8]}")
        assert clerk.call("repair.order", "search_count", [number]) == 2
        assert len(records(clerk, "repair.order", message)) == 2
    for connector in connectors:
        connector.close()

from odoo.fields import Command

FINANCE = "group_finance"

STEPS = {
    "franchise.settlement": {
        "confirm": ("draft", "confirmed", FINANCE),
        "post": ("confirmed", "posted", FINANCE),
        "reverse": ("posted", "reversed", FINANCE),
    },
    "franchise.settlement.adjustment": {
        "confirm": ("draft", "confirmed", FINANCE),
        "cancel": ("draft confirmed", "cancelled", FINANCE),
    },
}
STEP_VALUES = {
    "franchise.settlement": {
        "name": "STL/1",
        "amount_total": 1,
        "closing_balance": 1,
        "opening_balance": 1,
        "line_count": 9,
        "move_id": 1,
        "confirmed_on": "2020-01-01",
        "post_error": "x",
        "posting_form": "entry",
        "is_netted": True,
        "amount_open": 1,
        "payment_state": "paid",
        "posted_by_id": 1,
        "posted_on": "2020-01-01",
        "post_ordered_by_id": 1,
        "reversed_by_id": 1,
        "reversed_on": "2020-01-01",
        "reversal_reason": "x",
    },
    "franchise.settlement.adjustment": {
        "entered_by_id": 1,
        "confirmed_by_id": 1,
        "is_settled": True,
        "res_model": "res.partner",
        "formula_values": {},
    },
}


def records(flow, made):
    flow.generate()
    lines = flow.env["franchise.settlement.line"].search(
        [("source_id", "in", made["franchise.claim.recovery.line"].ids)]
    )
    settlement = lines.settlement_id
    run = flow.env["franchise.settlement.run"].create(
        {"company_id": flow.company.id, "date_to": flow.today, "user_id": flow.users["finance"].id}
    )
    return {
        "franchise.settlement.run": run,
        "franchise.settlement.run.failure": flow.env["franchise.settlement.run.failure"].create(
            {"run_id": run.id, "source_model": "res.partner", "source_id": 1, "name": "One", "reason": "No day"}
        ),
        "franchise.settlement": settlement,
        "franchise.settlement.line": lines,
        "franchise.settlement.adjustment": flow.env["franchise.settlement.adjustment"].create(
            {
                "company_id": flow.company.id,
                "partner_id": flow.supplier.id,
                "party": "supplier",
                "currency_id": flow.currency.id,
                "name": "Agreed",
                "reason": "agreed",
                "explanation_text": "By letter",
                "amount": 12,
            }
        ),
        "franchise.claim.accrual": flow.env["franchise.claim.accrual"].create(
            {
                "claim_id": made["franchise.claim.recovery"].claim_id.id,
                "partner_id": flow.supplier.id,
                "source_model": "franchise.claim.recovery.line",
                "source_id": lines[:1].source_id,
                "kind": "recovery",
                "date": flow.today,
                "amount": 1,
                "move_id": flow.env["account.move"].search([("company_id", "=", flow.company.id)], limit=1).id,
            }
        ),
        "franchise.settlement.threshold": flow.env["franchise.settlement.threshold"].create(
            {"company_id": flow.company.id, "currency_id": flow.currency.id, "amount": 0.01}
        ),
        "franchise.settlement.reverse": flow.env["franchise.settlement.reverse"].create(
            {"settlement_ids": [Command.set(settlement.ids)], "reason": "Wrong"}
        ),
        "franchise.settlement.generate": flow.env["franchise.settlement.generate"].create({}),
        "franchise.tie.out": flow.tie_out(settlement),
        "franchise.settlement.report": flow.env["franchise.settlement.report"].browse(lines.ids),
    }


def state_values(flow, model, state):
    if model == "franchise.settlement.adjustment":
        return {"confirmed_by_id": flow.users["finance"].id if state == "confirmed" else False}
    if model != "franchise.settlement":
        return {}
    values = {
        "move_id": False,
        "posted_by_id": False,
        "reversed_by_id": False,
        "reversed_on": False,
        "reversal_reason": False,
    }
    if state in ("posted", "reversed"):
        move = flow.env["account.move"].search([("company_id", "=", flow.company.id)], limit=1)
        values.update(move_id=move.id, posted_by_id=flow.users["manager"].id)
    if state == "reversed":
        values.update(reversed_by_id=flow.users["finance"].id, reversed_on=flow.today, reversal_reason="Wrong")
    return values

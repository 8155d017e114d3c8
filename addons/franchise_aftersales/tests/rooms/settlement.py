FINANCE = "group_finance"

STEPS = {
    "franchise.settlement": {
        "confirm": ("draft", "confirmed", FINANCE),
        "post": ("confirmed", "posted", FINANCE),
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
        "franchise.settlement.generate": flow.env["franchise.settlement.generate"].create({}),
        "franchise.tie.out": flow.tie_out(settlement),
    }


def state_values(flow, model, state):
    if (model, state) != ("franchise.settlement", "posted"):
        return {}
    return {"move_id": flow.env["account.move"].search([("company_id", "=", flow.company.id)], limit=1).id}

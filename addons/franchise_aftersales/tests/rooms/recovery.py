SERVICE, FINANCE = "group_service", "group_finance"

STEPS = {
    "franchise.claim.recovery": {
        "acknowledge": ("demanded", "acknowledged", SERVICE),
        "accept": ("demanded acknowledged disputed rejected", "accepted", SERVICE),
        "accept_part": ("demanded acknowledged disputed rejected", "partial", SERVICE),
        "reject": ("demanded acknowledged disputed", "rejected", SERVICE),
        "dispute": ("rejected partial", "disputed", SERVICE),
        "withdraw": ("demanded acknowledged accepted partial rejected disputed", "withdrawn", SERVICE),
    },
    "franchise.claim.counter": {
        "accept": ("raised", "accepted", FINANCE),
        "refuse": ("raised", "refused", FINANCE),
    },
}
STEP_VALUES = {
    "franchise.claim": {
        "amount_own": 1,
        "amount_recovered": 1,
        "amount_demanded": 1,
        "amount_credited": 1,
        "amount_supplier_cost": 1,
        "amount_supplier_recovered": 1,
        "recovery_rate": 1,
        "recovery_state": "settled",
    },
    "franchise.claim.recovery": {
        "amount_demanded": 1,
        "amount_accepted": 1,
        "amount_open": 1,
        "amount_own": 1,
        "amount_rerouted": 1,
        "amount_credited": 1,
        "is_settled": True,
        "is_answered": True,
        "answer_moment": "9999-01-01 00:00:00",
        "answer_reason": "x",
        "answer_letter": "eA==",
        "answer_due_at": "9999-01-01 00:00:00",
        "number": "x",
        "partner_reference": "x",
        "credit_note_number": "x",
        "credit_note_date": "2020-01-01",
        "credit_note_amount": 1,
        "answered_on": "2020-01-01",
        "own_agreed_amount": 1,
        "own_agreed_by_id": 1,
        "own_agreed_at": "2020-01-01 00:00:00",
        "company_id": 1,
        "currency_id": 1,
        "cause_id": 1,
        "partner_id": 1,
        "claim_id": 1,
        "round": 2,
    },
    "franchise.claim.counter": {
        "entered_by_id": 1,
        "decided_by_id": 1,
        "decided_on": "2020-01-01",
        "charge_id": False,
        "partner_id": 1,
        "company_id": 1,
        "currency_id": 1,
    },
}
# Follows from the amounts of an answer.
BUTTONS = {("franchise.claim.recovery", "accept_part"): None}


def counter(flow, claim=None, **values):
    """A counter-claim of the supplier, entered by service staff."""
    return (
        flow.env["franchise.claim.counter"]
        .with_user(flow.users["service"])
        .create(
            {
                "claim_id": (claim or flow.claim(stage="approved")).id,
                "party": "supplier",
                "amount": 30.0,
                "reason": "Wrongly returned",
                "decision_reason": "Agreed by telephone",
                **values,
            }
        )
        .with_env(flow.env)
    )


def records(flow, made):
    recovery = flow.accepted()
    refused = flow.recovery(party="carrier")
    refused.with_user(flow.users["service"])._answer_by_hand({}, answer_reason="Not us")
    line = refused.line_ids
    refused.with_user(flow.users["finance"])._route({line: line.amount_open}, "own", "Too small to argue")
    version = flow.make_version(flow.agreement, date_from=flow.day(300))
    dialogues = [f"franchise.claim.recovery.{name}" for name in ("answer", "answer.line", "decide", "decide.line")]
    return {
        **{model: flow.env[model].create({}) for model in dialogues},
        "franchise.claim.recovery": recovery,
        "franchise.claim.recovery.line": recovery.line_ids,
        "franchise.claim.recovery.route": refused.route_ids,
        "franchise.claim.counter": counter(flow, recovery.claim_id),
        "franchise.service.agreement.reroute": flow.env["franchise.service.agreement.reroute"].create(
            {"version_id": version.id, "party": "supplier", "target": "own"}
        ),
    }


def documents(flow, made):
    return {
        "franchise.claim.recovery": flow.recovery(party="carrier"),
        "franchise.claim.counter": counter(flow, made["franchise.claim.recovery"].claim_id),
    }


def state_values(flow, model, state):
    if model != "franchise.claim.counter" or state != "accepted":
        return {}
    claim = flow.env["franchise.claim"].search([("company_id", "=", flow.company.id)], limit=1)
    charge = flow.env["franchise.claim.charge"].search([("claim_id.company_id", "=", flow.company.id)], limit=1)
    return {
        "decided_by_id": flow.users["finance"].id,
        "charge_id": charge.id,
        "claim_id": charge.claim_id.id or claim.id,
    }

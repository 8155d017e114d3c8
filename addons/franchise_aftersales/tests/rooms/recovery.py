SERVICE = "group_service"

STEPS = {
    "franchise.claim.recovery": {
        "acknowledge": ("demanded", "acknowledged", SERVICE),
        "accept": ("demanded acknowledged disputed rejected", "accepted", SERVICE),
        "accept_part": ("demanded acknowledged disputed rejected", "partial", SERVICE),
        "reject": ("demanded acknowledged disputed", "rejected", SERVICE),
        "dispute": ("rejected partial", "disputed", SERVICE),
    },
}
STEP_VALUES = {
    "franchise.claim": {"amount_own": 1, "amount_recovered": 1, "recovery_state": "settled"},
    "franchise.claim.recovery": {
        "amount_demanded": 1,
        "amount_accepted": 1,
        "is_settled": True,
        "is_answered": True,
        "answer_moment": "9999-01-01 00:00:00",
        "answer_reason": "x",
        "credit_note_number": "x",
        "answered_on": "2020-01-01",
        "company_id": 1,
        "currency_id": 1,
        "cause_id": 1,
        "partner_id": 1,
        "claim_id": 1,
    },
}
# Steps that only the supplier's system takes.
BUTTONS = {("franchise.claim.recovery", "acknowledge"): None, ("franchise.claim.recovery", "accept_part"): None}


def records(flow, made):
    recovery = flow.accepted()
    return {"franchise.claim.recovery": recovery, "franchise.claim.recovery.line": recovery.line_ids}


def documents(flow, made):
    return {"franchise.claim.recovery": flow.recovery(party="carrier")}

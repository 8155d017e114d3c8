SERVICE, FINANCE = "group_service", "group_finance"

STEPS = {
    "franchise.claim": {
        "submit": ("draft", "submitted", SERVICE),
        "assess": ("submitted", "assessed", SERVICE),
        "reopen": ("submitted assessed", "draft", SERVICE),
        "approve": ("assessed", "approved", FINANCE),
        "reject": ("submitted assessed", "rejected", SERVICE),
        "cancel": ("draft submitted assessed", "cancelled", SERVICE),
        "close": ("approved", "closed", SERVICE),
    },
    "franchise.claim.recovery": {
        "acknowledge": ("demanded", "acknowledged", SERVICE),
        "accept": ("demanded acknowledged disputed rejected", "accepted", SERVICE),
        "accept_part": ("demanded acknowledged disputed rejected", "partial", SERVICE),
        "reject": ("demanded acknowledged disputed", "rejected", SERVICE),
        "dispute": ("rejected partial", "disputed", SERVICE),
    },
}
STEP_VALUES = {
    "franchise.claim": {
        "entered_by_id": 1,
        "assessed_by_id": 1,
        "approved_by_id": 1,
        "approved_at": "2026-01-01 00:00:00",
        "coverage_state": "covered",
        "coverage_findings": [["terms", True, None]],
        "served_by": "nobody",
        "serving_outlet_id": 1,
        "paid_by": "customer",
        "notice_deadline": "2030-01-01",
        "notice_in_time": True,
        "return_due_date": "2030-01-01",
        "deadline_date": "2030-01-01",
        "amount_own": 1,
        "amount_approved": 1,
        "amount_recovered": 1,
        "recovery_state": "settled",
        "claimant_id": 1,
        "version_id": False,
        "currency_id": 1,
    },
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
    claim = flow.claim()
    return {
        "franchise.claim": claim,
        "franchise.claim.line": claim.line_ids,
        "franchise.claim.quota": flow.env["franchise.claim.quota"].search(
            [("invoice_line_id", "in", recovery.claim_id.line_ids.invoice_line_id.ids)]
        ),
        "franchise.claim.recovery": recovery,
        "franchise.claim.recovery.line": recovery.line_ids,
    }


def documents(flow, made):
    claim = flow.claim()
    claim.reject_reason = "no"
    return {"franchise.claim": claim, "franchise.claim.recovery": flow.recovery(party="carrier")}

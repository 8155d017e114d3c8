SERVICE, FINANCE = "group_service", "group_finance"

STEPS = {
    "franchise.claim.evidence": {
        "give": ("missing returned", "given", SERVICE),
        "accept": ("given", "accepted", SERVICE),
        "send_back": ("given accepted", "returned", SERVICE),
        "waive": ("missing returned", "waived", FINANCE),
        "demand": ("waived", "missing", FINANCE),
    }
}
STEP_VALUES = {
    "franchise.claim.evidence": {
        "requirement": "mandatory",
        "sequence": 1,
        "given_by": "supplier",
        "given_by_partner_id": 1,
        "given_at": "2026-01-01 00:00:00",
        "decided_by_id": 1,
        "decided_at": "2026-01-01 00:00:00",
        "is_addition": True,
        "company_id": 1,
    },
    "franchise.claim": {"evidence_missing_count": 7},
}
# Giving what is asked for is the step itself.
BUTTONS = {("franchise.claim.evidence", "give"): None}


def records(flow, made):
    evidence = flow.env["franchise.claim.evidence"].create(
        {
            "claim_id": made["franchise.claim"].id,
            "type_id": flow.env.ref("franchise_aftersales.evidence_problem_record").id,
        }
    )
    return {
        "franchise.claim.evidence": evidence,
        "franchise.claim.packet": flow.env["franchise.claim.packet"].create({"claim_id": made["franchise.claim"].id}),
    }


def state_values(flow, model, state):
    if model != "franchise.claim.evidence":
        return {}
    return {
        "given_by": "staff",
        "given_at": "2026-01-01 00:00:00",
        "decided_by_id": flow.users["finance"].id,
        "waive_reason": "no",
        "return_reason": "no",
    }

SERVICE, FINANCE = "group_service", "group_finance"

STEPS = {
    "franchise.claim": {
        "submit": ("draft", "submitted", SERVICE),
        "assess": ("submitted", "assessed", SERVICE),
        "reopen": ("submitted assessed", "draft", SERVICE),
        "preapprove": ("assessed", "assessed", FINANCE),
        "approve": ("assessed", "approved", FINANCE),
        "reject": ("submitted assessed", "rejected", SERVICE),
        "cancel": ("draft submitted assessed", "cancelled", SERVICE),
        "close": ("approved", "closed", SERVICE),
        "resume": ("closed", "approved", SERVICE),
        "reconsider": ("rejected", "submitted", SERVICE),
    },
    "franchise.claim.intake": {
        "claim": ("new", "claimed", SERVICE),
        "refuse": ("new", "refused", SERVICE),
        "reopen": ("refused", "new", SERVICE),
    },
    "franchise.claim.charge": {
        "confirm": ("draft", "confirmed", FINANCE),
        "cancel": ("draft confirmed", "cancelled", FINANCE),
    },
}
STEP_VALUES = {
    "franchise.claim": {
        "entered_by_id": 1,
        "assessed_by_id": 1,
        "approved_by_id": 1,
        "approved_at": "2026-01-01 00:00:00",
        "preapproved_by_id": 1,
        "preapproved_at": "2026-01-01 00:00:00",
        "approvals_needed": 1,
        "involved_user_ids": [(6, 0, [])],
        "direct_approved": 1,
        "indirect_claimed": 1,
        "coverage_state": "covered",
        "coverage_findings": [["terms", True, None]],
        "served_by": "nobody",
        "serving_outlet_id": 1,
        "paid_by": "customer",
        "notice_deadline": "2030-01-01",
        "notice_in_time": True,
        "return_due_date": "2030-01-01",
        "deadline_date": "2030-01-01",
        "amount_approved": 1,
        "claimant_id": 1,
        "version_id": False,
        "currency_id": 1,
        "source": "portal",
        "split_from_id": 1,
        "merged_into_id": 1,
    },
    "franchise.claim.intake": {
        "source": "email",
        "claim_id": 1,
        "submission": "0" * 32,
        "sold_line_id": 1,
        "no_duplicate_reason": "x",
    },
    "franchise.claim.charge": {
        "res_model": "res.partner",
        "res_id": 1,
        "res_line": 1,
        "revision": 2,
        "formula_values": {"formula": "x"},
        "is_settled": True,
        "company_id": 1,
        "currency_id": 1,
    },
}
# Steps that only the documents take which computed an amount.
BUTTONS = {("franchise.claim.charge", "confirm"): None, ("franchise.claim.charge", "cancel"): None}


def amount(flow, claim, **values):
    """A draft amount of a claim, as a document of another room computes it."""
    return (
        flow.env["franchise.claim.charge"]
        ._charge(
            [
                {
                    "claim_id": claim.id,
                    "partner_id": flow.supplier.id,
                    "party": "supplier",
                    "kind": "sla_penalty",
                    "date": flow.today,
                    "name": "Late",
                    "amount": 5,
                    "res_model": claim._name,
                    "res_id": claim.id,
                    **values,
                }
            ],
            confirm=False,
        )
        .with_env(flow.env)
    )


def request(flow, **values):
    """A request that staff wrote down, with all that a claim needs."""
    return flow.env["franchise.claim.intake"].create(
        {
            "company_id": flow.company.id,
            "subject": "Boiler leaks",
            "contract_id": flow.contract.id,
            "outlet_id": flow.outlet.id,
            "supplier_id": flow.supplier.id,
            "cause_id": flow.cause.id,
            "refuse_reason": "Not ours",
            **values,
        }
    )


def records(flow, made):
    claim, held = flow.claim(), flow.claim(stage="submitted")
    # Of drafts the portal shows those that the franchisee sent.
    claim._trusted().source = "portal"
    bulk = flow.env["franchise.claim.bulk"].create({"claim_ids": claim.ids})
    return {
        "franchise.claim.intake": request(flow),
        "franchise.claim.split": flow.env["franchise.claim.split"].create({"claim_id": claim.id}),
        "franchise.claim.merge": flow.env["franchise.claim.merge"].create({"claim_ids": claim.ids}),
        "franchise.claim.bulk": bulk,
        "franchise.claim.bulk.refusal": flow.env["franchise.claim.bulk.refusal"].create(
            {"bulk_id": bulk.id, "claim_id": claim.id, "reason": "No"}
        ),
        "franchise.claim": claim,
        "franchise.claim.line": claim.line_ids,
        "franchise.claim.quota": flow.env["franchise.claim.quota"].search(
            [("invoice_line_id", "in", held.line_ids.invoice_line_id.ids)]
        ),
        "franchise.claim.charge": amount(flow, held),
        "franchise.approval.tier": flow.env["franchise.approval.tier"].search(
            [("company_id", "=", flow.company.id)], limit=1
        ),
    }


def documents(flow, made):
    claim = flow.claim()
    claim.reject_reason = "no"
    return {
        "franchise.claim": claim,
        "franchise.claim.charge": made["franchise.claim.charge"],
        "franchise.claim.intake": request(flow),
    }


def state_values(flow, model, state):
    if model == "franchise.claim.intake":
        return {"claim_id": flow.claim().id if state == "claimed" else False}
    return {}

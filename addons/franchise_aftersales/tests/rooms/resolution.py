from ..flow_resolution import Resolutions

SERVICE = "group_service"

STEPS = {
    "franchise.claim.offer": {
        "make": ("draft", "made", SERVICE),
        "accept": ("made", "accepted", SERVICE),
        "decline": ("made", "declined", SERVICE),
        "withdraw": ("draft made", "withdrawn", SERVICE),
        "expire": ("made", "expired", SERVICE),
    },
    "franchise.claim.execution": {
        "start": ("open", "underway", SERVICE),
        "finish": ("open underway", "done", SERVICE),
        "reopen": ("underway done", "open", SERVICE),
        "cancel": ("open underway", "cancelled", SERVICE),
    },
}
STEP_VALUES = {
    "franchise.claim.offer": {
        "number": 9,
        "entered_by_id": 1,
        "made_at": "2026-01-01 00:00:00",
        "made_by_id": 1,
        "answered_at": "2026-01-01 00:00:00",
        "answered_by_id": 1,
        "excess_approved_amount": 100,
        "excess_approved_by_id": 1,
        "excess_approved_at": "2026-01-01 00:00:00",
        "amount_excess": 0,
        "amount_before": 0,
        "is_former": True,
        "with_party": "supplier",
        "claimant_id": 1,
        "signed_name": "Nobody",
        "signed_at": "2026-01-01 00:00:00",
        "signed_method": "drawn",
        "signed_ip": "127.0.0.1",
        "signed_by_id": 1,
        "offered_sha256": "0",
    },
    "franchise.claim.execution": {
        "offer_id": 1,
        "product_id": 1,
        "quantity": 1,
        "amount": 1,
        "done_at": "2026-01-01 00:00:00",
        "done_by_id": 1,
        "problem": "none",
    },
    "franchise.claim": {"resolution_kind": "rejected", "resolution_offer_id": 1},
}


def records(flow, made):
    make = Resolutions(flow)
    sold = make.invoice()
    accepted = make.offer(
        stage="accepted",
        kind="refund",
        pay_by="settlement",
        lines=[{"purpose": "refund", "invoice_line_id": sold.id, "quantity": 1}],
    )
    offer = make.offer(lines=[{"purpose": "gift", "name": "Cup"}])
    return {
        "franchise.claim.offer": offer,
        "franchise.claim.offer.line": offer.line_ids,
        "franchise.claim.execution": accepted.claim_id.execution_ids[:1],
        "franchise.claim.refund.quota": flow.env["franchise.claim.refund.quota"].search(
            [("invoice_line_id", "=", sold.id)]
        ),
    }


def documents(flow, made):
    make = Resolutions(flow)
    # A supplier's offer: its acceptance is ours alone.
    offer = make.offer(stage="draft", offered_by="supplier", offered_to="franchisor")
    offer.write({"decline_reason": "no", "valid_until": flow.day(-1)})
    task = flow.env["franchise.claim.execution"].create(
        {"claim_id": made["franchise.claim.offer"].claim_id.id, "name": "Call", "done_note": "Called"}
    )
    task.cancel_reason = "no"
    return {"franchise.claim.offer": offer, "franchise.claim.execution": task}

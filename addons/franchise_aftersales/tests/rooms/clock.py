STEP_VALUES = {"franchise.claim": {"clock_due_at": "2030-01-01 00:00:00"}}


def records(flow, made):
    claim = made["franchise.claim"]
    pause = flow.env["franchise.claim.pause"].create(
        {"claim_id": claim.id, "reason_id": flow.env.ref("franchise_aftersales.pause_parts").id}
    )
    return {
        "franchise.claim.clock": claim.clock_ids[:1],
        "franchise.claim.clock.end": flow.env["franchise.claim.clock.end"].create({}),
        "franchise.claim.pause": pause,
        "franchise.claim.pause.start": flow.env["franchise.claim.pause.start"].create(
            {"reason_id": pause.reason_id.id}
        ),
    }

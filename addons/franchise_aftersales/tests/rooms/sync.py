import uuid


def records(flow, made):
    flow.finish(flow.lease())
    message = flow.message(made["franchise.claim.recovery"])
    run = str(uuid.uuid4())
    flow.api().report_drift(flow.endpoint.code, run, [{"uuid": message.uuid, "kind": "missing_here"}])
    total = {"currency": flow.currency.name, "messages": 1, "ours": "1", "theirs": "1"}
    flow.api().close_reconciliation(flow.endpoint.code, run, 1, [total], True)
    drift = flow.env["franchise.sync.drift"].search([("outbox_uuid", "=", message.uuid)])
    message._log_intervention("replay", "asked")
    return {
        "franchise.sync.endpoint": flow.endpoint,
        "franchise.sync.message": message,
        "franchise.sync.attempt": message.attempt_ids,
        "franchise.sync.inbox": message.inbox_ids,
        "franchise.sync.intervention": message.intervention_ids,
        "franchise.sync.drift": drift,
        "franchise.sync.reconciliation": drift.found_by_id,
        "franchise.sync.reconciliation.total": drift.found_by_id.total_ids,
        "franchise.sync.step": flow.env["franchise.sync.step"].create({"step": "replay", "reason": "asked"}),
    }

def records(flow, made):
    flow.finish(flow.lease())
    message = flow.message(made["franchise.claim.recovery"])
    return {
        "franchise.sync.endpoint": flow.endpoint,
        "franchise.sync.message": message,
        "franchise.sync.attempt": message.attempt_ids,
        "franchise.sync.inbox": message.inbox_ids,
    }

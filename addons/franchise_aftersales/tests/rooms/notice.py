from ..flow_notice import make_contract, make_notice

CONTRACT, MANAGER = "group_contract", "group_manager"

STEPS = {
    # With the offer for signature; the rest is the contract room's.
    "franchise.contract": {
        "offer": ("draft", "offered", CONTRACT),
        "recall": ("offered", "draft", CONTRACT),
        "sign": ("draft offered", "signed", CONTRACT),
        "end": ("signed", "ended", CONTRACT),
        "cancel": ("draft", "cancelled", CONTRACT),
    },
    "franchise.notice": {
        "send": ("draft", "sent", CONTRACT),
        "acknowledge": ("sent", "acknowledged", CONTRACT),
        "cancel": ("draft", "cancelled", CONTRACT),
        "receive": ("draft", "received", CONTRACT),
        "revoke": ("sent acknowledged received", "revoked", CONTRACT),
    },
    "franchise.default": {
        "notify": ("draft", "notified", CONTRACT),
        "cure": ("notified", "cured", CONTRACT),
        "fail": ("notified", "uncured", CONTRACT),
        "terminate": ("uncured", "terminated", CONTRACT),
        "withdraw": ("draft notified uncured", "withdrawn", CONTRACT),
    },
    "franchise.transfer": {
        "submit": ("draft", "review", CONTRACT),
        "waive": ("review", "waived", CONTRACT),
        "exercise": ("review", "exercised", MANAGER),
        "approve": ("waived", "approved", MANAGER),
        "refuse": ("review waived", "refused", CONTRACT),
        "complete": ("approved", "done", CONTRACT),
        "cancel": ("draft review waived approved", "cancelled", CONTRACT),
    },
    "franchise.incapacity": {
        "open": ("draft", "open", CONTRACT),
        "continue": ("open", "continued", CONTRACT),
        "return": ("open", "returned", CONTRACT),
        "terminate": ("open", "terminated", CONTRACT),
        "cancel": ("draft", "cancelled", CONTRACT),
    },
    "franchise.asset.option": {
        "open": ("draft", "open", CONTRACT),
        "exercise": ("open", "exercised", MANAGER),
        "lapse": ("open", "lapsed", CONTRACT),
        "cancel": ("draft", "cancelled", CONTRACT),
    },
}
STEP_VALUES = {
    "franchise.contract": {
        "offered_at": "2026-01-01 00:00:00",
        "offered_sha256": "x",
        "archive_sha256": "x",
        "paper_recorded_by_id": 1,
        "paper_confirmed_by_id": 1,
        "paper_sha256": "x",
    },
    "franchise.notice": {
        "archive_sha256": "x",
        "archive_id": 1,
        "sent_at": "2026-01-01 00:00:00",
        "delivered_on": "2026-01-01",
        "deemed_days": 1,
        "deemed_received_on": "2026-01-01",
        "acknowledged_at": "2026-01-01 00:00:00",
        "acknowledged_by": "x",
        "acknowledge_method": "paper",
        "acknowledge_ip": "x",
        "reminder_count": 1,
        "deadline_date": "2030-01-01",
    },
    "franchise.default": {
        "notice_id": 1,
        "termination_id": 1,
        "closed_on": "2026-01-01",
        "deadline_date": "2030-01-01",
    },
    "franchise.transfer": {
        "entered_by_id": 1,
        "decided_by_id": 1,
        "decided_at": "2026-01-01 00:00:00",
        "fee": 1,
        "successor_id": 1,
        "first_refusal": "waived",
    },
    "franchise.incapacity": {"transfer_id": 1, "termination_id": 1},
    "franchise.asset.option": {
        "entered_by_id": 1,
        "exercised_by_id": 1,
        "exercised_on": "2026-01-01",
        "amount_total": 1,
    },
}


def records(flow, made):
    env, contract = flow.env, flow.contract
    default = env["franchise.default"].create({"contract_id": contract.id, "facts": "Late", "demands": "Pay"})
    default._trusted().state = "notified"
    check = env["franchise.default.check"].create({"default_id": default.id, "finding": "Still late"})
    default._trusted().state = "draft"
    notice = make_notice(flow, channel="hand")
    # As if sent: access is the same, and no letter has to be printed.
    notice._trusted().write({"state": "sent", "sent_at": "2026-01-01 00:00:00"})
    option = env["franchise.asset.option"].create({"contract_id": contract.id})
    return {
        "franchise.notice": notice.with_env(env),
        "franchise.notice.record": env["franchise.notice.record"].create({"notice_id": notice.id}),
        "franchise.signature": env["franchise.signature"].search(
            [("contract_id", "=", contract.id), ("party", "=", "franchisee")], limit=1
        ),
        "franchise.default": default,
        "franchise.default.check": check,
        "franchise.transfer": _transfer(flow),
        "franchise.incapacity": env["franchise.incapacity"].create({"contract_id": contract.id, "person": "Wang Fang"}),
        "franchise.asset.option": option,
        "franchise.asset.option.line": env["franchise.asset.option.line"].create(
            {"option_id": option.id, "name": "Machine", "book_value": 10}
        ),
    }


def _transfer(flow):
    return flow.env["franchise.transfer"].create(
        {
            "contract_id": flow.contract.id,
            "partner_id": flow.partner("Buyer").id,
            "price": 100,
            "date_planned": flow.today,
            "user_id": flow.users["contract"].id,
        }
    )


def documents(flow, made):
    return {"franchise.contract": make_contract(flow), "franchise.notice": make_notice(flow).with_env(flow.env)}


def state_values(flow, model, state):
    if model == "franchise.transfer" and state in ("approved", "done"):
        return {"decided_by_id": flow.users["manager"].id}
    if model != "franchise.notice":
        return {}
    if state == "received":
        return {"kind": "renewal", "given_by": "franchisee", "received_on": flow.today}
    values = {"kind": "other", "given_by": "franchisor", "received_on": False}
    values |= {"sent_at": "2026-01-01 00:00:00"} if state in ("sent", "acknowledged", "revoked") else {}
    if state == "acknowledged":
        values |= {
            "acknowledged_at": "2026-01-02 00:00:00",
            "acknowledged_by": "Li Wei",
            "acknowledge_method": "paper",
        }
    return values

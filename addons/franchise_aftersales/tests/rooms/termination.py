CONTRACT = "group_contract"
DUTY = {
    "done": ("open", "done", CONTRACT),
    "cancel": ("open", "cancelled", CONTRACT),
    "reopen": ("done cancelled", "open", CONTRACT),
}

STEPS = {
    "franchise.termination": {
        "decide": ("draft", "decided", CONTRACT),
        "notify": ("decided", "notified", CONTRACT),
        "end": ("notified", "ended", CONTRACT),
        "expire": ("draft decided", "ended", CONTRACT),
        "affirm": ("ended", "ended", CONTRACT),
        "close": ("ended", "closed", CONTRACT),
        "withdraw": ("draft decided notified ended", "withdrawn", CONTRACT),
    },
    "franchise.termination.impact": {
        "decide": ("open", "decided", CONTRACT),
        "reopen": ("decided", "open", CONTRACT),
        "notify": ("decided", "notified", CONTRACT),
    },
    "franchise.termination.task": DUTY,
    "franchise.termination.deidentification": DUTY,
    "franchise.announcement": {
        "approve": ("draft", "approved", CONTRACT),
        "publish": ("approved", "published", CONTRACT),
        "reopen": ("approved", "draft", CONTRACT),
    },
}
STEP_VALUES = {
    "franchise.termination": {
        "opened_by_id": 1,
        "decided_by_id": 2,
        "decided_on": "2026-01-01",
        "notified_on": "2026-01-01",
        "acknowledged_on": "2026-01-01",
        "ended_on": "2026-01-01",
        "closed_on": "2026-01-01",
        "planned_date_end": "2030-01-01",
        "progress": 100,
        "task_progress": 100,
        "company_id": 1,
    },
    "franchise.termination.impact": {
        "amendment_id": 1,
        "notice_id": 1,
        "decided_by_id": 1,
        "override_reason": "x",
        "override_by_id": 1,
        "override_on": "2026-01-01",
    },
    "franchise.termination.task": {"done_by_id": 1, "done_on": "2026-01-01"},
    "franchise.termination.deidentification": {"done_by_id": 1, "done_on": "2026-01-01"},
    "franchise.announcement": {"author_id": 1, "approved_by_id": 1, "published_on": "2026-01-01"},
}
# The contract of a withdrawn termination runs again; there is no button for it.
# A case of expiry is ended by the scheduled run.
BUTTONS = {("franchise.contract", "resume"): None, ("franchise.termination", "expire"): None}


def records(flow, made):
    env = flow.env
    case = env["franchise.termination"].create({"contract_id": _contract(flow).id})
    row = {"termination_id": case.id}
    clause = env["franchise.clause"].create(
        {"contract_id": case.contract_id.id, "company_id": flow.company.id, "number": "1", "name": "Clause"}
    )
    risk = env["franchise.risk"].create({**row, "name": "Supply stops"})
    made = {
        "franchise.termination": case,
        "franchise.termination.reason": env.ref("franchise_aftersales.reason_franchisor_cost"),
        "franchise.termination.template": env.ref("franchise_aftersales.template_task_stock"),
        "franchise.termination.consultation": {"counterpart": "Owner", "alternatives": "None", "result": "None"},
        "franchise.termination.clause.review": {"clause_id": clause.id},
        "franchise.termination.impact": {"agreement_id": flow.agreement.id},
        "franchise.termination.task": {"name": "Task", "user_id": flow.users["employee"].id},
        "franchise.termination.deidentification": {"name": "Mark", "user_id": flow.users["employee"].id},
        "franchise.termination.outlet": {"outlet_id": case.contract_id.outlet_ids.id},
        "franchise.termination.reassignment": {"claim_id": flow.claim().id, "to_user_id": flow.users["service"].id},
        "franchise.risk": risk,
        "franchise.risk.drill": env["franchise.risk.drill"].create({"risk_id": risk.id, "scenario": "No delivery"}),
        "franchise.announcement": {"name": "We go on", "body": "<p>We go on</p>"},
    }
    made = {
        model: env[model].create({**row, **value}) if isinstance(value, dict) else value
        for model, value in made.items()
    }
    made["franchise.termination.override"] = env["franchise.termination.override"].create({})
    return made


def documents(flow, made):
    case = flow.env["franchise.termination"].create({"contract_id": _contract(flow).id})
    return {"franchise.termination": case}


def state_values(flow, model, state):
    user = flow.users["contract"].id
    if model == "franchise.termination":
        return {"withdraw_reason": "Agreed"} if state == "withdrawn" else {}
    if model in ("franchise.termination.task", "franchise.termination.deidentification"):
        return {"done_by_id": user, "done_on": flow.today} if state == "done" else {}
    if model == "franchise.termination.impact" and state != "open":
        return {"decision": "keep", "decision_reason": "Agreed", "decided_by_id": user, "decided_on": flow.today}
    if model == "franchise.announcement" and state == "published":
        return {"approved_by_id": user, "published_on": flow.today}
    return {}


def _contract(flow):
    """A signed contract with an outlet of its own."""
    contract = flow.contract.copy()
    flow.env["franchise.outlet"].create({"code": f"t{contract.id}", "name": "Store", "contract_id": contract.id})
    contract.action_sign()
    return contract

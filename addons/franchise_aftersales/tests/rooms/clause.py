import base64

CONTRACT = "group_contract"

STEPS = {
    "franchise.clause": {"confirm": ("draft", "in_force", CONTRACT)},
    "franchise.annex": {"confirm": ("draft", "in_force", CONTRACT)},
    "franchise.obligation": {
        "fulfil": ("open breached", "done", CONTRACT),
        "breach": ("open", "breached", CONTRACT),
        "cure": ("breached", "open", CONTRACT),
        "waive": ("open breached", "waived", CONTRACT),
        "reopen": ("waived", "open", CONTRACT),
    },
}
STEP_VALUES = {
    "franchise.clause": {"date_to": "2030-01-01", "supersedes_id": 1},
    "franchise.annex": {"date_to": "2030-01-01", "supersedes_id": 1, "version": 9, "sha256": "x"},
    "franchise.obligation": {
        "duty_id": 1,
        "notice_id": 1,
        "anchor": "end",
        "anchor_date": "2020-01-01",
        "occurrence": 7,
        "date_document_end": "2020-01-01",
        "waive_kind": "ended",
        "breach_date": "2020-01-01",
        "survives": True,
        "partner_id": 1,
        "deadline_date": "2020-01-01",
    },
}


def records(flow, made):
    env = flow.env
    template = env["franchise.clause.template"].create(
        {"number": f"T-{flow.key}", "name": "Test", "company_id": flow.company.id}
    )
    clause = env["franchise.clause"].create(
        {
            "contract_id": flow.contract.id,
            "number": f"S-{flow.key}",
            "name": "Supplement",
            "date_from": flow.today,
            "duty_ids": [(0, 0, {"name": "Do it", "offset_value": 5})],
        }
    )
    annex = env["franchise.annex"].create(
        {
            "contract_id": flow.contract.id,
            "name": f"Plan {flow.key}",
            "file": base64.b64encode(b"plan"),
            "file_name": "plan.txt",
            "date_from": flow.today,
        }
    )
    obligation = env["franchise.obligation"].create(
        {"name": "Test", "contract_id": flow.contract.id, "company_id": flow.company.id, "date_due": flow.day(60)}
    )
    check = env["franchise.obligation.check"].create({"obligation_id": obligation.id})
    return {
        "franchise.clause": clause,
        "franchise.clause.template": template,
        "franchise.clause.duty": clause.duty_ids,
        "franchise.annex": annex,
        "franchise.obligation": obligation,
        "franchise.obligation.check": check,
    }


def state_values(flow, model, state):
    if model in ("franchise.clause", "franchise.annex"):
        return {"date_from": flow.today}
    if model == "franchise.obligation":
        return {"breach_date": flow.today if state == "breached" else False}
    return {}

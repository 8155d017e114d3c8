from ..flow_network import Network

SERVICE, CONTRACT, MANAGER = "group_service", "group_contract", "group_manager"

STEPS = {
    "franchise.outlet.change": {
        "approve": ("draft", "approved", CONTRACT),
        "carry_out": ("approved", "done", CONTRACT),
        "cancel": ("draft approved", "cancelled", CONTRACT),
    },
    "franchise.application": {
        "review": ("draft", "review", CONTRACT),
        "accept": ("review", "accepted", CONTRACT),
        "refuse": ("review", "refused", CONTRACT),
        "withdraw": ("draft review accepted", "withdrawn", CONTRACT),
        "reopen": ("accepted refused withdrawn", "review", CONTRACT),
    },
    "franchise.review": {
        "confirm": ("draft", "confirmed", CONTRACT),
        "reopen": ("confirmed", "draft", MANAGER),
    },
    "franchise.inspection": {
        "done": ("planned", "done", SERVICE),
        "cancel": ("planned", "cancelled", SERVICE),
    },
    "franchise.conflict": {
        "hear": ("open", "heard", CONTRACT),
        "decide": ("heard", "decided", CONTRACT),
        "close": ("decided", "closed", CONTRACT),
    },
}
STEP_VALUES = {
    "franchise.contract": {"grade": "A"},
    "franchise.outlet.change": {
        "entered_by_id": 1,
        "approved_by_id": 1,
        "approved_at": "2026-01-01 00:00:00",
        "done_at": "2026-01-01 00:00:00",
        "old_latitude": 1,
        "company_id": 1,
    },
    "franchise.application": {
        "entered_by_id": 1,
        "decided_by_id": 1,
        "decided_at": "2026-01-01 00:00:00",
        "is_exception": True,
        "point_count": 0,
        "answer_open_count": 0,
    },
    "franchise.review": {
        "grade_confirmed": "A",
        "total_confirmed": 100,
        "confirmed_by_id": 1,
        "total": 100,
        "weight_total": 100,
        "brand_id": 1,
    },
    "franchise.inspection": {"plan_id": 1, "date_slot": "2026-01-01", "contract_id": 1, "finding_count": 0},
    "franchise.conflict": {"entered_by_id": 1, "decided_on": "2026-01-01", "franchisee_id": 1},
}


def records(flow, made):
    env, company = flow.env, flow.company
    qualification = env["franchise.qualification"].create({"name": "Funds", "company_id": company.id})
    question = env["franchise.question"].create({"question": "Why?", "company_id": company.id})
    application = env["franchise.application"].create({"partner_id": flow.franchisee.id, "brand_id": flow.brand.id})
    application.action_review()
    plan = env["franchise.inspection.plan"].create({"name": "Monthly", "company_id": company.id})
    inspection = env["franchise.inspection"].create({"outlet_id": flow.outlet.id})
    review = env["franchise.review"].create({"contract_id": flow.contract.id, "year": 2025})
    net = Network(flow)
    territory = env["franchise.territory"].create(net.area(net.contract(), net.east))
    return {
        "franchise.territory": territory,
        "franchise.territory.lookup": env["franchise.territory.lookup"].create({}),
        "franchise.outlet.change": change(flow),
        "franchise.application": application,
        "franchise.application.check": application.check_ids[:1],
        "franchise.application.answer": application.answer_ids[:1],
        "franchise.site.study": env["franchise.site.study"].create({"name": "Site", "application_id": application.id}),
        "franchise.qualification": qualification,
        "franchise.question": question,
        "franchise.review": review,
        "franchise.review.line": review.line_ids[:1],
        "franchise.review.criterion": review.line_ids[:1].criterion_id,
        "franchise.review.open": env["franchise.review.open"].create({}),
        "franchise.inspection.plan": plan,
        "franchise.inspection": inspection,
        "franchise.inspection.finding": env["franchise.inspection.finding"].create(
            {"name": "Dust", "inspection_id": inspection.id}
        ),
        "franchise.conflict": conflict(flow, net),
    }


def change(flow):
    return flow.env["franchise.outlet.change"].create(
        {"contract_id": flow.contract.id, "kind": "close", "outlet_id": flow.outlet.id, "reason": "Agreed"}
    )


def conflict(flow, net):
    return flow.env["franchise.conflict"].create(
        {"subject": "Customers", "contract_id": flow.contract.id, "other_contract_id": net.contract(sign=True).id}
    )


def documents(flow, made):
    application = flow.env["franchise.application"].create({"partner_id": flow.supplier.id, "brand_id": flow.brand.id})
    return {"franchise.application": application}


def state_values(flow, model, state):
    if model == "franchise.application" and state in ("accepted", "refused"):
        return {"decision_reason": "Fits", "decided_by_id": flow.users["manager"].id}
    if model == "franchise.inspection" and state == "done":
        return {"date_done": flow.today}
    return {}

from ..flow_contract import customer_invoice, draft_contract, entitlement, exchange

CONTRACT, FINANCE = "group_contract", "group_finance"

STEPS = {
    "franchise.contract": {
        "sign": ("draft", "signed", CONTRACT),
        "end": ("signed", "ended", CONTRACT),
        "resume": ("ended", "signed", CONTRACT),
        "cancel": ("draft", "cancelled", CONTRACT),
    },
    "franchise.contract.version": {"confirm": ("draft", "confirmed", CONTRACT)},
    "franchise.charge": {
        "confirm": ("draft", "confirmed", FINANCE),
        "cancel": ("draft confirmed", "cancelled", FINANCE),
    },
    "franchise.sales.report": {
        "confirm": ("draft", "confirmed", CONTRACT),
        "correct": ("confirmed", "draft", CONTRACT),
    },
    "franchise.target": {"close": ("open", "closed", CONTRACT)},
    "franchise.entitlement": {
        "confirm": ("draft", "open", CONTRACT),
        "waive": ("open", "waived", CONTRACT),
    },
    "franchise.exchange": {
        "submit": ("draft", "submitted", CONTRACT),
        "reopen": ("submitted", "draft", CONTRACT),
        "approve": ("submitted", "approved", FINANCE),
        "reject": ("submitted", "rejected", FINANCE),
        "cancel": ("draft submitted", "cancelled", CONTRACT),
    },
}
STEP_VALUES = {
    "franchise.charge": {
        "res_model": "res.partner",
        "res_id": 1,
        "revision": 9,
        "formula_values": {"formula": "x"},
        "is_settled": True,
        "entered_by_id": 1,
        "confirmed_by_id": 1,
        "company_id": 1,
    },
    "franchise.contract": {
        "predecessor_id": 1,
        "renewal_refused_by": "franchisor",
        "renewal_refused_on": "2020-01-01",
        "renewal_refusal_reason": "x",
        "renewal_notice_id": 1,
        "deadline_date": "2020-01-01",
        "renewal_mode": "none",
    },
    "franchise.sales.report": {
        "revision": 9,
        "is_estimate": True,
        "entered_by_id": 1,
        "confirmed_by_id": 1,
        "royalty_amount": 1,
        "marketing_amount": 1,
        "company_id": 1,
    },
    "franchise.target": {
        "achieved_amount": 1,
        "achieved_percent": 1,
        "rebate_amount": 1,
        "version_id": False,
        "measured_on": "2020-01-01 00:00:00",
        "corrected_on": "2020-01-01 00:00:00",
    },
    "franchise.entitlement": {"amount_given": 1, "amount_remaining": 1, "is_fulfilled": True, "deadline_date": False},
    "franchise.exchange": {
        "entered_by_id": 1,
        "approved_by_id": 1,
        "approved_at": "2020-01-01 00:00:00",
        "requested_on": "2020-01-01",
        "amount_total": 1,
    },
}


def charge(flow):
    return flow.env["franchise.charge"].create(
        {"contract_id": flow.contract.id, "name": "Test", "amount": 10, "reason": "Agreed"}
    )


def records(flow, made):
    account = flow.env["franchise.charge.account"].create(
        {"company_id": flow.company.id, "kind": "royalty", "account_id": flow.account["recovery"].id}
    )
    draft = draft_contract(flow, {"rebate_tier_ids": [(0, 0, {"threshold": 1000, "percent": 1})]})
    bought = customer_invoice(flow)
    taken_back = exchange(flow, [(bought, 1)])
    taken_back.action_submit()
    product = flow.env["product.product"].create({"name": "Priced"})
    owed = entitlement(flow)
    values = {"contract_id": flow.contract.id}
    return {
        "franchise.brand": flow.brand,
        "franchise.contract": flow.contract,
        "franchise.contract.version": flow.contract.version_ids,
        "franchise.contract.rebate.tier": draft.version_ids.rebate_tier_ids,
        "franchise.outlet": flow.outlet,
        "franchise.charge": charge(flow),
        "franchise.charge.account": account,
        "franchise.sales.report": flow.env["franchise.sales.report"].create(
            {**values, "month": flow.day(-40), "net_sales": 1000}
        ),
        "franchise.sales.missing": flow.env["franchise.sales.missing"].create({}),
        "franchise.price.check": flow.env["franchise.price.check"].create(
            {**values, "product_id": product.id, "market_price": 5, "market_source": "Offer"}
        ),
        "franchise.target": flow.env["franchise.target"].create(
            {**values, "date_from": flow.day(-90), "date_to": flow.day(-1), "target_amount": 1000}
        ),
        "franchise.entitlement": owed,
        "franchise.entitlement.grant": flow.env["franchise.entitlement.grant"].create(
            {"entitlement_id": owed.id, "name": "First part", "amount": 10}
        ),
        "franchise.exchange": taken_back.with_env(flow.env),
        "franchise.exchange.line": taken_back.with_env(flow.env).line_ids,
        "franchise.exchange.quota": flow.env["franchise.exchange.quota"].search([("invoice_line_id", "=", bought.id)]),
    }


def documents(flow, made):
    contract = flow.contract.copy()
    flow.env["franchise.outlet"].create({"code": "copy", "name": "Copy", "contract_id": contract.id})
    return {"franchise.contract": contract}


def state_values(flow, model, state):
    if model == "franchise.charge" and state == "confirmed":
        return {"confirmed_by_id": flow.users["finance"].id}
    return {}

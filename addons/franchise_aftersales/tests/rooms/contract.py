CONTRACT = "group_contract"

STEPS = {
    "franchise.contract": {
        "sign": ("draft", "signed", CONTRACT),
        "end": ("signed", "ended", CONTRACT),
        "resume": ("ended", "signed", CONTRACT),
        "cancel": ("draft", "cancelled", CONTRACT),
    },
    "franchise.charge": {
        "confirm": ("draft", "confirmed", CONTRACT),
        "cancel": ("draft confirmed", "cancelled", CONTRACT),
    },
}
STEP_VALUES = {
    "franchise.charge": {
        "res_model": "res.partner",
        "res_id": 1,
        "revision": 9,
        "formula_values": {"formula": "x"},
        "is_settled": True,
        "company_id": 1,
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
    return {
        "franchise.brand": flow.brand,
        "franchise.contract": flow.contract,
        "franchise.outlet": flow.outlet,
        "franchise.charge": charge(flow),
        "franchise.charge.account": account,
    }


def documents(flow, made):
    contract = flow.contract.copy()
    flow.env["franchise.outlet"].create({"code": "copy", "name": "Copy", "contract_id": contract.id})
    return {"franchise.contract": contract}

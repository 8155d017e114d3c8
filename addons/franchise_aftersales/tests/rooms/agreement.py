CONTRACT = "group_contract"

STEPS = {
    "franchise.service.agreement": {
        "activate": ("draft", "active", CONTRACT),
        "end": ("active", "ended", CONTRACT),
    },
    "franchise.service.agreement.version": {"confirm": ("draft", "confirmed", CONTRACT)},
}


def records(flow, made):
    return {
        "franchise.service.agreement": flow.agreement,
        "franchise.service.agreement.version": flow.version,
        "franchise.service.agreement.liability": flow.version.liability_ids,
        "franchise.cause": flow.cause,
    }


def documents(flow, made):
    supplier = flow.partner("Steps")
    other = flow.env["franchise.service.agreement"].create({"supplier_id": supplier.id, "company_id": flow.company.id})
    return {
        "franchise.service.agreement": flow.make_agreement(supplier, activate=False),
        "franchise.service.agreement.version": flow.make_version(other),
    }

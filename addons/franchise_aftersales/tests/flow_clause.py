"""Short ways to contracts and agreements with clauses and duties."""

import base64

from odoo.fields import Command


def clause_values(number="5", name="Confidentiality", duties=(), **values):
    """Values of a clause with duties ({field: value} each)."""
    return {
        "number": number,
        "name": name,
        "duty_ids": [Command.create({"name": f"Duty of {number}", **duty}) for duty in duties],
        **values,
    }


def draft_contract(flow, *clauses, **values):
    """A draft contract with one outlet and these clauses (values each), of the contract manager."""
    values = {
        "franchisee_id": flow.franchisee.id,
        "company_id": flow.company.id,
        "brand_id": flow.brand.id,
        "currency_id": flow.currency.id,
        "date_start": "2026-01-31",
        "date_end": "2028-08-31",
        "date_sign": "2026-01-15",
        "user_id": flow.users["contract"].id,
        **values,
    }
    contract = flow.env["franchise.contract"].create(values)
    code = f"C-{flow.key}-{contract.id}"
    flow.env["franchise.outlet"].create({"code": code, "name": code, "contract_id": contract.id})
    flow.env["franchise.clause"].create([{"contract_id": contract.id, **clause} for clause in clauses])
    return contract


def signed_contract(flow, *clauses, **values):
    """The same, signed."""
    contract = draft_contract(flow, *clauses, **values)
    contract.sudo().action_sign()
    return contract


def agreement_with(flow, *clauses, activate=True, supplier=None):
    """An agreement with a supplier of its own and these clauses."""
    agreement = flow.make_agreement(supplier or flow.partner("Clause Supplier"), activate=False)
    flow.env["franchise.clause"].create([{"agreement_id": agreement.id, **clause} for clause in clauses])
    if activate:
        agreement.with_user(flow.users["contract"]).action_activate()
    return agreement


def annex_values(content=b"rules", kind="management_rules", name="Management rules", **values):
    """Values of an annex with a file."""
    return {"name": name, "kind": kind, "file": base64.b64encode(content), "file_name": "rules.pdf", **values}

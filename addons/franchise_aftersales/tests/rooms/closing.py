from odoo.fields import Command

from ..flow_closing import Closing

CONTRACT, FINANCE, MANAGER = "group_contract", "group_finance", "group_manager"

STEPS = {
    "franchise.final.settlement": {
        "compute": ("draft", "computed", CONTRACT),
        "reopen": ("computed", "draft", CONTRACT),
        "approve": ("computed", "approved", FINANCE),
        "cancel": ("draft computed approved", "cancelled", FINANCE),
    },
    "franchise.legal.document": {
        "archive": ("collected", "archived", CONTRACT),
        "request": ("archived", "requested", CONTRACT),
        "refuse": ("requested", "archived", MANAGER),
        "destroy": ("requested", "destroyed", MANAGER),
    },
    "franchise.dispute": {
        "negotiate": ("raised", "negotiation", CONTRACT),
        "mediate": ("raised negotiation", "mediation", CONTRACT),
        "arbitrate": ("negotiation mediation", "arbitration", CONTRACT),
        "sue": ("negotiation mediation", "court", CONTRACT),
        "settle": ("negotiation mediation arbitration court", "settled", CONTRACT),
        "decide": ("arbitration court", "decided", CONTRACT),
        "withdraw": ("raised negotiation mediation arbitration court", "withdrawn", CONTRACT),
    },
    "franchise.privacy.request": {
        "submit": ("draft", "submitted", CONTRACT),
        "approve": ("submitted", "approved", MANAGER),
        "refuse": ("submitted", "refused", MANAGER),
        "execute": ("approved", "done", CONTRACT),
    },
    "franchise.measure": {
        "start": ("planned", "running", CONTRACT),
        "finish": ("running", "done", CONTRACT),
        "drop": ("planned running", "dropped", CONTRACT),
    },
    "franchise.provider.evaluation": {
        "confirm": ("draft", "scoring", CONTRACT),
        "reopen": ("scoring", "draft", CONTRACT),
        "decide": ("scoring", "decided", CONTRACT),
    },
}
STEP_VALUES = {
    "franchise.final.settlement": {
        "amount_total": 1,
        "amount_unsettled": 1,
        "amount_balance": 1,
        "date": "2020-01-01",
        "date_end": "2020-01-01",
        "computed_by_id": 1,
        "approved_by_id": 1,
        "approved_at": "2026-01-01 00:00:00",
        "line_ids": [],
        "contract_id": 1,
        "company_id": 1,
    },
    "franchise.legal.document": {
        "sha256": "x",
        "retention_until": "2020-01-01",
        "legal_hold": False,
        "hold_by_id": False,
        "requested_by_id": 1,
        "approved_by_id": 1,
        "destroyed_on": "2020-01-01",
        "certificate_number": "x",
        "log_ids": [],
    },
    "franchise.dispute": {"raised_in_portal": True, "closed_on": "2020-01-01", "cost_total": 1},
    "franchise.privacy.request": {
        "requested_by_id": 1,
        "approved_by_id": 1,
        "partner_count": 9,
        "result": "x",
        "export_file": False,
        "done_on": "2020-01-01",
    },
    "franchise.measure": {"done_on": "2020-01-01", "published_on": "2020-01-01", "effect_percent": 1},
    "franchise.provider.evaluation": {"decided_by_id": 1, "decided_on": "2020-01-01", "weight_total": 1},
}


def termination(flow):
    """A termination of a contract of its own, with terms."""
    closing = Closing(flow)
    contract = closing.contract(franchisee=flow.partner("Ending"))
    closing.terms(contract)
    return closing.termination(contract, "2026-06-30")


def document(flow, **values):
    return flow.env["franchise.legal.document"].create(
        {
            "name": "Contract",
            "kind_id": flow.env.ref("franchise_aftersales.legal_kind_contract").id,
            "company_id": flow.company.id,
            "received_on": flow.day(-4000),
            "file": "SGVsbG8=",
            "file_name": "contract.pdf",
            **values,
        }
    )


def evaluation(flow):
    return flow.env["franchise.provider.evaluation"].create(
        {
            "name": "Repair",
            "company_id": flow.company.id,
            "candidate_ids": [Command.create({"partner_id": flow.partner(name).id}) for name in ("One", "Two")],
        }
    )


def records(flow, made):
    env = flow.env
    closing = Closing(flow)
    case = termination(flow)
    sale = closing.sale(case.franchisee_id, [(5, 10, 0)], "2026-06-01")
    final = closing.final(
        case,
        goods_ids=[Command.create({"invoice_line_id": sale.id, "quantity": 1})],
        withholding_ids=[Command.create({"name": "Damage", "amount": 5})],
    )
    paper = document(flow)
    dispute = env["franchise.dispute"].create(
        {
            "subject": "Late payment",
            "contract_id": flow.contract.id,
            "agreement_id": flow.agreement.id,
            "company_id": flow.company.id,
        }
    )
    compared = evaluation(flow)
    score = env["franchise.provider.score"].create(
        {"candidate_id": compared.candidate_ids[0].id, "criterion_id": compared.criterion_ids[0].id}
    )
    return {
        "franchise.final.settlement": final,
        "franchise.final.line": env["franchise.final.line"].create(
            {"final_id": final.id, "kind": "penalty", "date": "2026-06-30", "amount": 1}
        ),
        "franchise.final.goods": final.goods_ids,
        "franchise.final.withholding": final.withholding_ids,
        "franchise.final.reserve": env["franchise.final.reserve"].create(
            {"final_id": final.id, "claim_id": made["franchise.claim"].id, "amount_held": 5}
        ),
        "franchise.legal.document": paper,
        "franchise.legal.document.kind": paper.kind_id.copy(),
        "franchise.legal.document.log": paper.log_ids,
        "franchise.dispute": dispute,
        "franchise.dispute.step": env["franchise.dispute.step"].create({"dispute_id": dispute.id, "stage": "court"}),
        "franchise.privacy.request": env["franchise.privacy.request"].create(
            {"company_id": flow.company.id, "partner_ids": [Command.link(env["res.partner"].create({"name": "C"}).id)]}
        ),
        "franchise.measure": env["franchise.measure"].create(
            {"name": "Better", "date_due": flow.day(30), "company_id": flow.company.id}
        ),
        "franchise.provider.evaluation": compared,
        "franchise.provider.criterion": compared.criterion_ids[0],
        "franchise.provider.candidate": compared.candidate_ids[0],
        "franchise.provider.score": score,
    }


def documents(flow, made):
    paper = document(flow, destruction_method="Shredded")
    paper._trusted().retention_until = flow.day(-1)
    dispute = made["franchise.dispute"].copy({"outcome": "Agreed"})
    closing = Closing(flow)
    return {
        "franchise.final.settlement": closing.final(termination(flow)),
        "franchise.legal.document": paper,
        "franchise.dispute": dispute,
        "franchise.measure": made["franchise.measure"].copy({"indicator": "Days"}),
    }


def state_values(flow, model, state):
    two = {"approved_by_id": flow.users["manager"].id, "requested_by_id": flow.users["contract"].id}
    if model == "franchise.final.settlement" and state == "approved":
        return {"approved_by_id": flow.users["finance"].id, "computed_by_id": flow.users["contract"].id}
    if model == "franchise.legal.document" and state == "destroyed":
        return {**two, "certificate_number": f"CD/{flow.key}", "destroyed_on": flow.today}
    if model == "franchise.privacy.request" and state in ("approved", "done"):
        return two
    if model == "franchise.provider.evaluation" and state == "decided":
        found = flow.env[model].search([("company_id", "=", flow.company.id)], limit=1)
        return {"decision_id": found.candidate_ids[:1].id}
    return {}

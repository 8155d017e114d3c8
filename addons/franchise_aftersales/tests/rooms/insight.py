"""The reports' rows: of a world's documents, one row each where there is one."""

from ..flow import MODULE

REPORTS = (
    "franchise.claim.ageing",
    "franchise.recovery.ageing",
    "franchise.sla.attainment",
    "franchise.supplier.scorecard",
    "franchise.franchisee.scorecard",
    "franchise.quality.cost",
    "franchise.measure.trend",
)


def records(flow, made):
    measure = flow.env["franchise.measure"].create(
        {
            "name": "Other carrier",
            "company_id": flow.company.id,
            "date_due": flow.day(30),
            "claim_cause_id": flow.env.ref(f"{MODULE}.cause_quality").id,
        }
    )
    measure.action_start()
    flow.env.flush_all()
    rows = {model: flow.env[model].search([("company_id", "=", flow.company.id)], limit=1) for model in REPORTS}
    empty = [model for model, row in rows.items() if not row]
    if empty:
        raise ValueError(f"no row to try the access of {', '.join(empty)}")
    return rows

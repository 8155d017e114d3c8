from odoo.fields import Command

ACCOUNTANT, FINANCE = "group_accountant", "group_finance"

STEPS = {
    "franchise.statement.confirmation": {
        "send": ("draft", "sent", FINANCE),
        "agree": ("sent disputed", "agreed", FINANCE),
        "dispute": ("sent", "disputed", FINANCE),
        "lapse": ("sent", "silent", FINANCE),
        "withdraw": ("draft sent disputed", "withdrawn", FINANCE),
    },
    "franchise.statement.run": {
        "start": ("draft", "running", ACCOUNTANT),
        "finish": ("running", "done", ACCOUNTANT),
        "cancel": ("draft running", "cancelled", ACCOUNTANT),
    },
}
STEP_VALUES = {
    "franchise.statement.confirmation": {
        "sent_at": "2020-01-01 00:00:00",
        "sent_by_id": 1,
        "mail_id": False,
        "answer_days": 1,
        "silence": "agree",
        "viewed_at": "2020-01-01 00:00:00",
        "delivered_at": "2020-01-01 00:00:00",
        "answered_at": "2020-01-01 00:00:00",
        "answered_by": "x",
        "answered_how": "paper",
        "answer_ip": "x",
        "answer_signature": False,
        "answer_file_ids": [],
        "archive_id": False,
        "archive_sha256": "x",
        "company_id": 1,
        "partner_id": 1,
        "party": "supplier",
        "currency_id": 1,
        "deadline_date": "2020-01-01",
        "deadline_warn_on": "2020-01-01",
    },
}
BUTTONS = {("franchise.statement.confirmation", "lapse"): None, ("franchise.statement.run", "finish"): None}


def sent(flow, **values):
    """The statement of a confirmed settlement with the supplier, sent."""
    flow.supplier.email = "supplier@partner.example.com"
    settlement = flow.settlement(state="confirmed", **values)
    settlement.with_user(flow.users["finance"]).action_send_statement()
    return settlement.confirmation_id


def records(flow, made):
    confirmation = sent(flow)
    line = confirmation.settlement_id.line_ids[0]
    confirmation._state_differences([{"line": line.id, "amount": line.amount - 1, "reason": "Counted again"}])
    run = flow.env["franchise.statement.run"].create({"company_id": flow.company.id, "file_format": "xlsx"})
    check = flow.env["franchise.tie.out.check"].create(
        {
            "checked_at": "2026-01-01 00:00:00",
            "company_id": flow.company.id,
            "currency_id": flow.currency.id,
            "finding_ids": [
                Command.create(
                    {"kind": "figures", "res_model": "franchise.settlement", "res_id": confirmation.settlement_id.id}
                )
            ],
        }
    )
    return {
        "franchise.tie.out.check": check,
        "franchise.tie.out.finding": check.finding_ids,
        "franchise.statement.run": run,
        "franchise.statement.run.line": flow.env["franchise.statement.run.line"].create(
            {"run_id": run.id, "partner_id": flow.carrier.id, "party": "carrier"}
        ),
        "franchise.statement.confirmation": confirmation,
        "franchise.statement.position": confirmation.position_ids,
        "franchise.statement.answer": flow.env["franchise.statement.answer"].create(
            {"confirmation_id": confirmation.id, "answer": "agree"}
        ),
        "franchise.three.way": flow.env["franchise.three.way"].browse(line.id),
    }


def state_values(flow, model, state):
    if (model, state) not in {("franchise.statement.confirmation", state) for state in ("agreed", "disputed")}:
        return {}
    return {"answered_at": "2026-01-01 00:00:00", "answered_by": "Li Wei", "answered_how": "paper"}

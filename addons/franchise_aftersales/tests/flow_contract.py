"""What tests of a contract's money need: a contract with terms, and what the franchisee bought."""

import uuid

from odoo.fields import Command


def draft_contract(flow, terms=None, **values):
    """A draft contract of the flow's franchisee with one outlet and, where `terms` are given, their draft version."""
    contract = flow.env["franchise.contract"].create(
        {
            "franchisee_id": flow.franchisee.id,
            "company_id": flow.company.id,
            "brand_id": flow.brand.id,
            "currency_id": flow.currency.id,
            "date_start": "2025-01-01",
            "date_end": "2027-12-31",
            **values,
        }
    )
    flow.env["franchise.outlet"].create(
        {"code": uuid.uuid4().hex[:10], "name": "Money", "contract_id": contract.id, "company_id": flow.company.id}
    )
    if terms is not None:
        flow.env["franchise.contract.version"].create(
            {"contract_id": contract.id, "date_from": contract.date_start, **terms}
        )
    return contract


def signed_contract(flow, terms=None, **values):
    """The same, signed (on paper, by two people: see `flow_paper.py`)."""
    contract = draft_contract(flow, terms, **values)
    contract.sudo().action_sign()
    return contract


def amended(contract, day, **terms):
    """The next version of the terms, in force from `day` on."""
    version = contract.version_ids.sorted("number")[-1:].copy({"date_from": day, "date_to": False, **terms})
    version.action_confirm()
    return version


def customer_invoice(flow, prices=(100.0,), quantity=10, day=None, move_type="out_invoice", post=True, **values):
    """Lines of a posted customer invoice (or credit note), one a price; `values` go to the lines, but for those below."""
    currency, partner = values.pop("currency", flow.currency), values.pop("partner", flow.franchisee)
    day = day or flow.day(-30)
    move = flow.env["account.move"].create(
        {
            "move_type": move_type,
            "partner_id": partner.id,
            "currency_id": currency.id,
            "invoice_date": day,
            "date": day,
            "invoice_line_ids": [
                Command.create(
                    {
                        "name": f"Goods {number}",
                        "quantity": quantity,
                        "price_unit": price,
                        "account_id": flow.account["recovery"].id,
                        "tax_ids": [Command.clear()],
                        **values,
                    }
                )
                for number, price in enumerate(prices, start=1)
            ],
        }
    )
    if post:
        move.action_post()
    return move.invoice_line_ids


def exchange(flow, lines, contract=None, **values):
    """A draft exchange by the contract manager of `lines` [(invoice line, quantity)]; of a `date`, asked for by letter."""
    if "date" in values:
        values.setdefault("date_reason", "Letter of that day")
    return (
        flow.env["franchise.exchange"]
        .with_user(flow.users["contract"])
        .create(
            {
                "contract_id": (contract or flow.contract).id,
                "line_ids": [
                    Command.create({"invoice_line_id": line.id, "quantity": quantity}) for line, quantity in lines
                ],
                **values,
            }
        )
    )


def entitlement(flow, contract=None, owed=10000.0, measure="amount", confirm=True, **values):
    """Support owed, by default a subsidy in money."""
    record = (
        flow.env["franchise.entitlement"]
        .with_user(flow.users["contract"])
        .create(
            {
                "name": "Fitting-out",
                "contract_id": (contract or flow.contract).id,
                "kind": "subsidy" if measure == "amount" else "training",
                "measure": measure,
                f"{measure}_owed": owed,
                "date_due": flow.day(60),
                **values,
            }
        )
    )
    if confirm:
        record.action_confirm()
    return record


def charge_accounts(flow):
    """An account for every kind of charge of a running contract."""
    kinds = ("initial_fee", "deposit", "royalty", "marketing", "rebate", "exchange", "subsidy", "adjustment")
    accounts = flow.env["franchise.charge.account"]
    made = accounts.search([("company_id", "=", flow.company.id)]).mapped("kind")
    return accounts.create(
        [
            {"company_id": flow.company.id, "kind": kind, "account_id": flow.account["recovery"].id}
            for kind in kinds
            if kind not in made
        ]
    )

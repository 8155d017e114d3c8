"""From a contract with its fees to a termination and its final settlement, in a `Flow`'s world."""

from odoo.fields import Command

KINDS = (
    "initial_fee",
    "deposit",
    "royalty",
    "unearned_fee",
    "royalty_minimum",
    "deposit_return",
    "penalty",
    "buyback",
    "rebate",
    "reserve",
    "reserve_release",
)


class Closing:
    """The steps of a final settlement, each taken by the person whose step it is."""

    def __init__(self, flow):
        self.flow = flow
        self.env = flow.env

    def accounts(self, kinds=KINDS):
        """An account for every kind of charge."""
        self.env["franchise.charge.account"].create(
            [
                {"company_id": self.flow.company.id, "kind": kind, "account_id": self.flow.account["recovery"].id}
                for kind in kinds
            ]
        )

    def contract(self, start="2024-01-01", end="2026-12-31", **values):
        """A contract of another franchisee, with an outlet; `terms` signs it."""
        franchisee = values.pop("franchisee", None) or self.flow.partner("Leaving")
        contract = self.env["franchise.contract"].create(
            {
                "franchisee_id": franchisee.id,
                "company_id": self.flow.company.id,
                "brand_id": self.flow.brand.id,
                "currency_id": self.flow.currency.id,
                "date_start": start,
                "date_end": end,
                **values,
            }
        )
        self.env["franchise.outlet"].create(
            {"code": f"C{contract.id}", "name": "Closing outlet", "contract_id": contract.id}
        )
        return contract

    def terms(self, contract, start=None, **values):
        """Money terms in force from the contract's start, with which it is signed, or from `start`."""
        version = self.env["franchise.contract.version"].create(
            {"contract_id": contract.id, "date_from": start or contract.date_start, **values}
        )
        if contract.state == "draft":
            contract.action_sign()
        else:
            version.action_confirm()
        return version

    def charge(self, contract, kind, amount, day, **values):
        """A confirmed charge, as the document that computes it writes it."""
        return (
            self.env["franchise.charge"]
            ._charge(
                [
                    {
                        "contract_id": contract.id,
                        "kind": kind,
                        "date": day,
                        "name": kind,
                        "amount": amount,
                        "res_model": "franchise.contract",
                        "res_id": contract.id,
                        "res_line": len(self.env["franchise.charge"].search([("contract_id", "=", contract.id)])),
                        "formula_values": {},
                        **values,
                    }
                ]
            )
            .with_env(self.env)
        )

    def royalties(self, contract, months, amount=1000.0):
        """One royalty for each of `months` [(first day, last day)]."""
        return self.env["franchise.charge"].union(
            *(
                self.charge(contract, "royalty", amount, last, period_from=first, period_to=last)
                for first, last in months
            )
        )

    def settle(self, contract):
        """What was charged so far, in a posted settlement."""
        settlements = self.flow.generate().filtered(lambda row: row.partner_id == contract.franchisee_id)
        settlements.with_user(self.flow.users["finance"]).action_confirm()
        settlements.with_user(self.flow.users["finance"]).action_post()
        return settlements

    def termination(self, contract, day, **values):
        """A termination of `contract` on `day`."""
        return self.env["franchise.termination"].create(
            {
                "contract_id": contract.id,
                "date_effective": day,
                "initiator": "franchisee",
                "user_id": self.flow.users["contract"].id,
                **values,
            }
        )

    def final(self, termination, stage="draft", **values):
        """The final settlement of `termination`: computed by a contract manager, approved by finance."""
        final = (
            self.env["franchise.final.settlement"]
            .with_user(self.flow.users["contract"])
            .create({"termination_id": termination.id, **values})
        )
        if stage in ("computed", "approved"):
            final.action_compute()
        if stage == "approved":
            final.with_user(self.flow.users["finance"]).action_approve()
        return final.with_env(self.env)

    def sale(self, franchisee, lines, day):
        """Lines of a posted customer invoice; `lines` are (quantity, price, discount)."""
        product = self.env["product.product"].create({"name": "Cup 杯子", "type": "consu"})
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": franchisee.id,
                "company_id": self.flow.company.id,
                "currency_id": self.flow.currency.id,
                "invoice_date": day,
                "date": day,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "name": "Cup",
                            "quantity": quantity,
                            "price_unit": price,
                            "discount": discount,
                            "account_id": self.flow.account["recovery"].id,
                            "tax_ids": [Command.clear()],
                        }
                    )
                    for quantity, price, discount in lines
                ],
            }
        )
        move.action_post()
        return move.invoice_line_ids

    def line(self, final, kind):
        """The lines of that kind."""
        return final.line_ids.filtered(lambda line: line.kind == kind)

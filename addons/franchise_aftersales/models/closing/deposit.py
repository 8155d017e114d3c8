from decimal import Decimal

from odoo import models

from ...tools.allocation import to_decimal


class FranchiseContract(models.Model):
    """What became of a contract's deposit."""

    _inherit = "franchise.contract"

    def _deposits_held(self):
        """The charges (with all rights) of the deposit that we still hold of this contract's franchisee.

        A renewed contract's deposit was paid with the first of its predecessors; once accounted for, none is held.
        """
        self.ensure_one()
        charges = (
            self.env["franchise.charge"]
            .sudo()
            .search(
                [
                    ("contract_id", "in", self._with_predecessors().ids),
                    ("state", "=", "confirmed"),
                    ("kind", "in", ("deposit", "deposit_return")),
                ],
                order="date, id",
            )
        )
        deposits = charges.filtered(lambda charge: charge.kind == "deposit")
        return deposits if deposits == charges else deposits.browse()

    def _deposit_held(self):
        """The deposit that we still hold, Decimal in the contract's currency."""
        return sum((to_decimal(charge.amount) for charge in self._deposits_held()), Decimal(0))


class FranchiseTransfer(models.Model):
    """The old franchisee gets the deposit back, the new one gives its own: it is two people's money (R-A12, R-B8)."""

    _inherit = "franchise.transfer"

    def _prepare_successor(self):
        return {**super()._prepare_successor(), "deposit": float(self.contract_id._deposit_held())}

    def _hand_over(self):
        held = self.contract_id._deposit_held()
        successor = super()._hand_over()
        if held:
            self.env["franchise.charge"]._charge([self._prepare_deposit_return(held)])
        return successor

    def _prepare_deposit_return(self, held):
        """Values of the charge (negative: we owe it) that gives back `held`, Decimal in the contract's currency."""
        self.ensure_one()
        digits = self.currency_id.decimal_places
        return {
            "contract_id": self.contract_id.id,
            "kind": "deposit_return",
            "date": self.date_planned,
            "amount": -float(held),
            "res_model": self._name,
            "res_id": self.id,
            "formula_values": {
                "formula": "final_deposit",
                "about": self.name,
                "deposit": f"{held:.{digits}f}",
                "withheld": f"{0:.{digits}f}",
            },
        }

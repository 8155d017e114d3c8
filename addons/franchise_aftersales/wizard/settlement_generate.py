from odoo import fields, models
from odoo.exceptions import UserError


class FranchiseSettlementGenerate(models.TransientModel):
    """Ask until which day accepted amounts are settled, then gather them into draft settlements."""

    _name = "franchise.settlement.generate"
    _description = "Generate Settlements"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    date_to = fields.Date(string="Settle Until", required=True, default=fields.Date.context_today)

    def action_generate(self):
        """Gather and show the draft settlements.

        :raises UserError: nothing is ready.
        """
        self.ensure_one()
        settlements = self.env["franchise.settlement"]._generate(self.company_id, self.date_to)
        if not settlements:
            raise UserError(
                self.env._("Nothing is ready to be settled until %s: no accepted amount is open.", self.date_to)
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Settlements"),
            "res_model": "franchise.settlement",
            "view_mode": "list,form",
            "domain": [("id", "in", settlements.ids)],
        }

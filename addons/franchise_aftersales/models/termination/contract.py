from odoo import api, fields, models
from odoo.exceptions import UserError


class FranchiseContract(models.Model):
    """The way from a contract to its termination."""

    _inherit = "franchise.contract"

    termination_ids = fields.One2many("franchise.termination", "contract_id", string="Terminations")
    termination_count = fields.Integer(compute="_compute_termination_count")

    @api.depends("termination_ids")
    def _compute_termination_count(self):
        counts = dict(
            self.env["franchise.termination"]._read_group(
                [("contract_id", "in", self.ids)], ["contract_id"], ["__count"]
            )
        )
        for contract in self:
            contract.termination_count = counts.get(contract._origin, 0)

    def action_terminate(self):
        """Open the contract's running termination case, or a form for a new one.

        :raises UserError: the contract was never signed.
        """
        self.ensure_one()
        if self.state not in ("signed", "ended"):
            raise UserError(self.env._("%s is not signed: a draft is cancelled, not terminated.", self.name))
        running = self.termination_ids.filtered(lambda case: case.state not in case._final_states)
        return {
            "type": "ir.actions.act_window",
            "res_model": "franchise.termination",
            "res_id": running[:1].id,
            "view_mode": "form",
            "context": {"default_contract_id": self.id},
        }

    def action_view_terminations(self):
        """Open the terminations of this contract."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Terminations"),
            "res_model": "franchise.termination",
            "view_mode": "list,form",
            "domain": [("contract_id", "=", self.id)],
            "context": {"default_contract_id": self.id},
        }

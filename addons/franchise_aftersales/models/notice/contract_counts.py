from odoo import fields, models


class FranchiseContract(models.Model):
    """Smart buttons of a contract: its notices and defaults."""

    _inherit = "franchise.contract"

    notice_count = fields.Integer(compute="_compute_notice_counts")
    default_count = fields.Integer(compute="_compute_notice_counts")

    def _compute_notice_counts(self):
        for name in ("notice", "default"):
            model = self.env[f"franchise.{name}"]
            counts = dict(model._read_group([("contract_id", "in", self.ids)], ["contract_id"], ["__count"]))
            for contract in self:
                contract[f"{name}_count"] = counts.get(contract._origin, 0)

    def action_view_notices(self):
        """Open the notices of this contract."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Notices"),
            "res_model": "franchise.notice",
            "view_mode": "list,form",
            "domain": [("contract_id", "=", self.id)],
            "context": {"default_contract_id": self.id, "default_partner_id": self.franchisee_id.id},
        }

    def action_view_defaults(self):
        """Open the defaults under this contract."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Defaults"),
            "res_model": "franchise.default",
            "view_mode": "list,form",
            "domain": [("contract_id", "=", self.id)],
            "context": {"default_contract_id": self.id},
        }

from odoo import fields, models

from .dispute import OPEN


class FranchiseTermination(models.Model):
    """Open disputes stand in the way of closing (R-B12)."""

    _inherit = "franchise.termination"

    dispute_count = fields.Integer(compute="_compute_dispute_count")

    def _compute_dispute_count(self):
        by_contract = dict(
            self.env["franchise.dispute"]
            .sudo()
            ._read_group([("contract_id", "in", self.contract_id.ids)], ["contract_id"], ["__count"])
        )
        for termination in self:
            termination.dispute_count = by_contract.get(termination.contract_id, 0)

    def action_view_disputes(self):
        """Open the disputes about this contract."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Disputes"),
            "res_model": "franchise.dispute",
            "view_mode": "list,form",
            "domain": [("contract_id", "=", self.contract_id.id)],
            "context": {"default_contract_id": self.contract_id.id, "default_termination_id": self.id},
        }

    def _open_disputes(self):
        return self.env["franchise.dispute"].search(
            [
                ("state", "in", OPEN),
                "|",
                ("termination_id", "=", self.id),
                ("contract_id", "=", self.contract_id.id),
            ]
        )

    def _open_points(self):
        points = super()._open_points()
        for dispute in self._open_disputes():
            points.append(("dispute_open", self.env._("%s is not over.", dispute.display_name)))
        return points

    def _open_point_records(self):
        return {**super()._open_point_records(), "dispute_open": self._open_disputes()}

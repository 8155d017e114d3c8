from odoo import api, fields, models


class FranchiseTermination(models.Model):
    """The money side of a termination: its final settlement, what of it is open, what a withdrawal takes back (R-B8)."""

    _inherit = "franchise.termination"

    final_settlement_ids = fields.One2many("franchise.final.settlement", "termination_id", string="Final Settlements")
    final_settlement_id = fields.Many2one("franchise.final.settlement", compute="_compute_final_settlement_id")
    final_amount = fields.Monetary(compute="_compute_final_settlement_id")

    @api.depends("final_settlement_ids.state", "final_settlement_ids.amount_total")
    def _compute_final_settlement_id(self):
        for termination in self:
            final = termination.final_settlement_ids.filtered(lambda final: final.state != "cancelled")[:1]
            termination.final_settlement_id = final
            termination.final_amount = final.amount_total

    def action_view_final_settlement(self):
        """Open the final settlement, or start it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "franchise.final.settlement",
            "res_id": self.final_settlement_id.id,
            "view_mode": "form",
            "context": {"default_termination_id": self.id},
        }

    def _final_fault(self):
        """At whose cause the contract ends, as a value of the final settlement's `fault`."""
        self.ensure_one()
        over = self.date_effective and self.date_effective >= self._final_term_end()
        if over or self.initiator == "expiry":
            return "expiry"
        if self.initiator == "mutual":
            return "mutual"
        code = self.reason_id.complete_code or self.initiator
        # A franchisor who ends the contract for a breach that wasn't cured is not its cause.
        return "franchisor" if code.split(".")[0] == "franchisor" and code != "franchisor.breach" else "franchisee"

    def _final_term_end(self):
        """The last day that the contract would have had without this termination."""
        self.ensure_one()
        return self.planned_date_end or self.contract_id.date_end

    def _open_points(self):
        points = super()._open_points()
        # Service staff see the case, not its money: that something of it is open is no secret.
        final = self.sudo().final_settlement_id
        if not final:
            points.append(("final_missing", self.env._("The final settlement has not been drawn up.")))
        elif final.progress == "open":
            points.append(("final_not_approved", self.env._("%s is not approved.", final.name)))
        elif final.progress == "charged":
            points.append(("final_not_settled", self.env._("Amounts of %s are in no settlement yet.", final.name)))
        elif final.progress == "settled":
            points.append(
                ("final_not_posted", self.env._("A settlement with amounts of %s is not posted.", final.name))
            )
        return points

    def _check_can_withdraw(self):
        """:raises UserError: an amount of the final settlement is settled already."""
        self.final_settlement_ids._check_nothing_settled()
        return super()._check_can_withdraw()

    def _open_point_records(self):
        records = super()._open_point_records()
        if not self.env["franchise.final.settlement"].has_access("read"):
            return records
        codes = ("final_not_approved", "final_not_settled", "final_not_posted")
        return {**records, **dict.fromkeys(codes, self.final_settlement_id)}

    def _restore(self):
        told = super()._restore()
        for final in self.final_settlement_ids.filtered(lambda final: final.state != "cancelled"):
            final._take_back()
            told.append(self.env._("%s was cancelled, with its charges and reserves.", final.name))
        return told

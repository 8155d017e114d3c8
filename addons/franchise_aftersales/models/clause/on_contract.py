from odoo import fields, models


class FranchiseContract(models.Model):
    """Clauses, annexes and obligations of a franchise contract (R-A4, R-B9)."""

    _name = "franchise.contract"
    _inherit = ["franchise.contract", "franchise.clause.holder.mixin"]

    _clause_link = "contract_id"

    clause_ids = fields.One2many("franchise.clause", "contract_id", string="Clauses")
    annex_ids = fields.One2many("franchise.annex", "contract_id", string="Annexes")
    obligation_ids = fields.One2many("franchise.obligation", "contract_id", string="All Obligations")

    def write(self, vals):
        result = super().write(vals)
        if "date_end" in vals:
            self._move_before_end()
        return result

    def _move_before_end(self):
        """The end moved: what has to be done before it moves along."""
        before = self.obligation_ids.filtered(
            lambda duty: duty.state == "open" and duty.anchor == "end" and duty.duty_id.offset_side == "before"
        )
        for duty in before:
            day = duty.contract_id.date_end
            duty._trusted().write({"anchor_date": day, "date_due": duty.duty_id._schedule(day).on(duty.occurrence)})

    def _move(self, action, values=None):
        result = super()._move(action, values)
        today = fields.Date.context_today(self)
        if action == "sign":
            self._clauses_signed(
                {contract: contract.date_sign or today for contract in self},
                {contract: contract.date_start for contract in self},
            )
        elif action == "end":
            self._clauses_ended({contract: min(contract.date_end, today) for contract in self})
        return result

    def _copy_to_successors(self, successors):
        for contract, successor in zip(self, successors, strict=True):
            contract._copy_clauses_to(successor)
        return super()._copy_to_successors(successors)

    def _anchor_days(self):
        days = super()._anchor_days()
        return {**days, "signing": self.date_sign, "start": self.date_start, "end": self.date_end}

    def _fitting_templates(self):
        return self.env["franchise.clause.template"]._fitting("contract", self.company_id, self.brand_id)

    def _clause_language(self):
        return self.franchisee_id.lang or super()._clause_language()

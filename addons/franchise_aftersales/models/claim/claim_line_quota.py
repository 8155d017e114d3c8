from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .claim_line import BOUND_KINDS

GROUP_FINANCE = "franchise_aftersales.group_finance"


class FranchiseClaimLine(models.Model):
    """Finance may let a line claim more than is left of what was invoiced, with a reason (R-D15).

    What it is allowed beyond is fixed when the reason is given: the excess of that moment, draft credit notes of the bill
    included. Whoever allows it has changed the line and doesn't approve the claim.
    """

    _inherit = "franchise.claim.line"

    quota_reason = fields.Char(
        string="Allowed Beyond Invoiced",
        copy=False,
        help="Why more may be claimed than was invoiced; only finance, and kept in the log.",
    )
    quota_quantity = fields.Float(string="Quantity Allowed Beyond", digits="Product Unit", readonly=True, copy=False)
    quota_amount = fields.Monetary(string="Amount Allowed Beyond", readonly=True, copy=False)
    quota_by_id = fields.Many2one("res.users", string="Allowed By", readonly=True, copy=False)

    _check_quota = models.Constraint(
        "CHECK ((COALESCE(quota_quantity, 0) = 0 AND COALESCE(quota_amount, 0) = 0)"
        " OR (quota_reason IS NOT NULL AND quota_by_id IS NOT NULL))",
        "What is allowed beyond what was invoiced has a reason and somebody who allowed it.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered("quota_reason")._allow_beyond()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if "quota_reason" in vals:
            self._allow_beyond()
        return result

    def _always_editable(self):
        return super()._always_editable() | {"quota_reason"}

    def _check_editable(self, changed):
        if changed & {"quota_quantity", "quota_amount", "quota_by_id"} and not self.claim_id._is_moving():
            raise UserError(self.env._("What is allowed beyond what was invoiced follows from the reason."))
        return super()._check_editable(changed)

    def _allow_beyond(self):
        """Work out how much more than invoiced these lines may claim, and log it; without a reason: nothing.

        :raises AccessError: the user is not of finance.
        :raises UserError: a line claims nothing beyond what was invoiced, or its claim is over.
        """
        if not self:
            return
        if not self.env.su and not self.env.user.has_group(GROUP_FINANCE):
            raise AccessError(self.env._("Only finance allows more than was invoiced. Ask a colleague of finance."))
        over = self.claim_id.filtered(lambda claim: claim.state in ("rejected", "cancelled"))
        if over:
            raise UserError(self.env._("%s is over: nothing is allowed on its lines any more.", over[0].name))
        nothing = {"quota_quantity": 0, "quota_amount": 0, "quota_by_id": False}
        self._trusted_write(nothing)
        for line, (quantity, amount) in self.filtered("quota_reason")._excess().items():
            if quantity <= 0 and amount <= 0:
                raise UserError(
                    self.env._("“%s” claims no more than was invoiced: there is nothing to allow.", line.name)
                )
            line._trusted_write(
                {"quota_quantity": max(quantity, 0), "quota_amount": max(amount, 0), "quota_by_id": self.env.uid}
            )
        self.env["franchise.claim.quota"]._reserve(
            self.filtered(lambda line: line.claim_id.state != "draft").invoice_line_id
        )
        self._log_allowed()

    def _excess(self):
        """{line: (pieces, money)} that these lines claim beyond what is left of their bill lines, each at most its own."""
        bound = self.filtered(lambda line: line.kind in BOUND_KINDS and line.invoice_line_id)
        left = {}
        if bound:
            rows = self.env["franchise.claim.quota"]._held(bound.invoice_line_id, bound, ("draft", "posted"))
            left = {row.line_id: row.excess() for row in rows}
        result = {}
        for line in self:
            beyond = left.get(line.invoice_line_id.id, (0, 0)) if line in bound else (0, 0)
            taken = (min(beyond[0], line.quantity), min(beyond[1], line.amount_claimed))
            result[line] = taken
            left[line.invoice_line_id.id] = (beyond[0] - max(taken[0], 0), beyond[1] - max(taken[1], 0))
        return result

    def _log_allowed(self):
        for line in self:
            values = {"line": line.name, "reason": line.quota_reason or ""}
            if line.quota_reason:
                body = self.env._(
                    "“%(line)s” may claim %(quantity)s pieces and %(amount)s beyond what was invoiced: %(reason)s",
                    quantity=f"{line.quota_quantity:g}",
                    amount=line.currency_id.format(line.quota_amount),
                    **values,
                )
            else:
                body = self.env._("“%(line)s” may no longer claim more than was invoiced. %(reason)s", **values)
            line.claim_id._message_log(body=body)

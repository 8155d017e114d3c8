from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_amount

GROUP_FINANCE = "franchise_aftersales.group_finance"


class FranchiseTerminationImpact(models.Model):
    """What the supplier is owed is protected: the case doesn't close over it, unless finance says why (R-B4)."""

    _inherit = "franchise.termination.impact"

    unpaid_text = fields.Char(
        string="Unpaid",
        compute="_compute_unpaid_text",
        help="Posted bills up to the last day of the contract that are not paid, and confirmed settlements in the "
        "supplier's favour that are not posted.",
    )
    override_reason = fields.Char(string="Closed Although Unpaid", readonly=True, copy=False)
    override_by_id = fields.Many2one("res.users", string="Allowed By", readonly=True, copy=False)
    override_on = fields.Date(string="Allowed On", readonly=True, copy=False)

    _check_override = models.Constraint(
        "CHECK (override_by_id IS NULL OR (override_reason IS NOT NULL AND override_on IS NOT NULL))",
        "Closing over unpaid amounts needs a reason and a day.",
    )

    @api.depends("supplier_id", "termination_id.date_effective")
    def _compute_unpaid_text(self):
        unpaid = self._unpaid_amounts()
        for impact in self:
            impact.unpaid_text = " + ".join(
                format_amount(self.env, amount, currency) for currency, amount in unpaid.get(impact.id, ())
            )

    def _unpaid_amounts(self):
        """{row id: [(currency, confirmed amount that the supplier is still owed, positive)]}, one query for all rows.

        Bills count up to the last day of the contract: what the supplier delivers to others afterwards is no matter
        of this case.
        """
        if not self.ids:
            return {}
        self.env["account.move"].flush_model(["amount_residual", "state", "payment_state"])
        self.env["franchise.settlement"].flush_model(["amount_total", "state"])
        self.flush_recordset()
        self.termination_id.flush_recordset(["date_effective"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT impact.id, due.currency_id, sum(due.amount)
                  FROM franchise_termination_impact impact
                  JOIN franchise_termination termination ON termination.id = impact.termination_id
                  JOIN LATERAL (
                        SELECT bill.currency_id, bill.amount_residual AS amount
                          FROM account_move bill
                         WHERE bill.company_id = impact.company_id
                           AND bill.commercial_partner_id = impact.supplier_id
                           AND bill.move_type = 'in_invoice' AND bill.state = 'posted' AND bill.amount_residual > 0
                           AND (termination.date_effective IS NULL
                                OR bill.invoice_date <= termination.date_effective)
                         UNION ALL
                        SELECT settlement.currency_id, -settlement.amount_total
                          FROM franchise_settlement settlement
                         WHERE settlement.company_id = impact.company_id
                           AND settlement.partner_id = impact.supplier_id
                           AND settlement.state = 'confirmed' AND settlement.amount_total < 0
                       ) due ON true
                 WHERE impact.id IN %s
                 GROUP BY impact.id, due.currency_id
                 ORDER BY impact.id, due.currency_id
                """,
                tuple(self.ids),
            )
        )
        currencies = self.env["res.currency"].browse({currency_id for _impact, currency_id, _amount in rows})
        by_id = {currency.id: currency for currency in currencies}
        found = defaultdict(list)
        for impact_id, currency_id, amount in rows:
            found[impact_id].append((by_id[currency_id], float(amount)))
        return found

    def action_override_unpaid(self):
        """Ask finance for the reason why the case may close although this supplier is not paid."""
        self.ensure_one()
        self._check_finance()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Close Although Unpaid"),
            "res_model": "franchise.termination.override",
            "view_mode": "form",
            "target": "new",
            "context": {"default_impact_id": self.id},
        }

    def _override_unpaid(self, reason):
        """Let the case close although these suppliers are not paid; logged on the row and in the case's chatter.

        :param reason: text, required.
        :raises AccessError: the user isn't in finance.
        :raises UserError: no reason.
        """
        self._check_finance()
        self.check_access("read")
        self._check_document_open()
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why the case may close although the supplier is not paid."))
        self.sudo()._trusted().write(
            {"override_reason": reason, "override_by_id": self.env.uid, "override_on": fields.Date.context_today(self)}
        )
        for impact in self:
            impact.termination_id.sudo().message_post(
                body=self.env._(
                    "%(user)s lets the case close although %(supplier)s is owed %(amount)s: %(reason)s",
                    user=self.env.user.name,
                    supplier=impact.supplier_id.name,
                    amount=impact.unpaid_text or "0",
                    reason=reason,
                ),
                author_id=self.env.user.partner_id.id,
                subtype_xmlid="mail.mt_note",
            )

    def _check_finance(self):
        if not self.env.user.has_group(GROUP_FINANCE):
            group = self.env.ref(GROUP_FINANCE).sudo()
            raise AccessError(self.env._("This step needs the role “%s”. Ask a colleague who has it.", group.full_name))

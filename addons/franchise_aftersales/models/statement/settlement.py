from odoo import api, fields, models
from odoo.exceptions import UserError

from .confirmation import STATES

AT_ONCE = 20  # statements printed and mailed while the user waits; more are sent in the background


class FranchiseSettlement(models.Model):
    """The statement goes to the partner, and what they say of it comes back (R-E4)."""

    _inherit = "franchise.settlement"

    confirmation_ids = fields.One2many("franchise.statement.confirmation", "settlement_id", string="Sent Statements")
    confirmation_id = fields.Many2one(
        "franchise.statement.confirmation", string="Current Statement", compute="_compute_confirmation_id"
    )
    confirmation_state = fields.Selection(
        STATES,
        string="Partner Says",
        compute="_compute_confirmation_state",
        store=True,
        help="Empty: the statement wasn't sent.",
    )
    confirmation_count = fields.Integer(compute="_compute_confirmation_id")

    @api.depends("confirmation_ids.state")
    def _compute_confirmation_id(self):
        for settlement in self:
            valid = settlement.confirmation_ids.filtered(lambda sent: sent.state != "withdrawn")
            settlement.confirmation_id = valid.sorted("id")[-1:]
            settlement.confirmation_count = len(settlement.confirmation_ids)

    @api.depends("confirmation_ids.state")
    def _compute_confirmation_state(self):
        for settlement in self:
            settlement.confirmation_state = settlement.confirmation_id.state

    def action_send_statement(self):
        """Send the statements to their partners: PDF, link to the portal, days to answer as agreed.

        More than a few are sent in the background.

        :raises UserError: a settlement is no statement yet, or its partner already has it and can answer.
        """
        for settlement in self:
            if settlement.state == "draft":
                raise UserError(
                    self.env._(
                        "%s is a draft: confirm it first, then its statement can be sent.", settlement.display_name
                    )
                )
            if settlement.confirmation_id.state in ("draft", "sent", "disputed"):
                raise UserError(
                    self.env._(
                        "%s: the partner has this statement already. Withdraw that one before you send another.",
                        settlement.display_name,
                    )
                )
        confirmations = self.env["franchise.statement.confirmation"].create(
            [{"settlement_id": settlement.id} for settlement in self]
        )
        if len(confirmations) <= AT_ONCE:
            return confirmations.action_send()
        self.env.ref("franchise_aftersales.cron_send_statements").sudo()._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("%s statements will be sent in the next minutes.", len(confirmations)),
            },
        }

    def action_view_confirmations(self):
        """Open what was sent to the partner and what they said."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "franchise_aftersales.franchise_statement_confirmation_action"
        )
        action |= {"domain": [("settlement_id", "=", self.id)], "context": {}}
        if len(self.confirmation_ids) == 1:
            action |= {"views": [(False, "form")], "res_id": self.confirmation_ids.id}
        return action

    def action_view_three_way(self):
        """Open ours, theirs and the ledger's amounts, line by line."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("franchise_aftersales.franchise_three_way_action")
        return {**action, "domain": [("settlement_id", "=", self.id)], "context": {}}

    def action_post(self):
        """Post (see the settlement's room), where the company wants it only what the partner agreed to.

        :raises UserError: names a settlement that the partner hasn't agreed to.
        """
        for settlement in self:
            agreed = settlement.confirmation_state in ("agreed", "silent")
            if settlement.company_id.franchise_post_agreed_only and not agreed:
                raise UserError(
                    self.env._(
                        "%(settlement)s: %(partner)s hasn't agreed to the statement yet, and %(company)s posts only what "
                        "was agreed. Send the statement, or change that in the settings.",
                        settlement=settlement.display_name,
                        partner=settlement.partner_id.display_name,
                        company=settlement.company_id.name,
                    )
                )
        return super().action_post()

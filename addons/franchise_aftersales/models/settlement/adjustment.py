from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..base.document import Transition

KIND = ("manual", "Manual adjustment")
PARTIES = [("supplier", "Supplier"), ("carrier", "Carrier"), ("franchisee", "Franchisee")]
GROUP_FINANCE = "franchise_aftersales.group_finance"


class FranchiseSettlementAdjustment(models.Model):
    """An amount that no document computes: entered by hand with its reason and proof, confirmed by a second person (R-E1).

    | step | who | what happens |
    | --- | --- | --- |
    | confirm | finance, not who entered it | it goes into the partner's next settlement, once |
    | cancel | finance | as long as no settlement holds it |

    Positive: the partner owes us.
    """

    _name = "franchise.settlement.adjustment"
    _description = "Settlement Adjustment"
    _inherit = ["franchise.charge.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    _transitions = {
        "confirm": Transition(("draft",), "confirmed", GROUP_FINANCE),
        "cancel": Transition(("draft", "confirmed"), "cancelled", GROUP_FINANCE),
    }
    _frozen_fields = frozenset(
        {
            "company_id",
            "partner_id",
            "party",
            "currency_id",
            "date",
            "name",
            "reason",
            "amount",
            "attachment_ids",
            "kind",
        }
    )
    _step_fields = frozenset({"entered_by_id", "confirmed_by_id"})

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    partner_id = fields.Many2one(
        "res.partner", required=True, index=True, check_company=True, ondelete="restrict", tracking=True
    )
    party = fields.Selection(PARTIES, string="Role", required=True)
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    kind = fields.Selection([KIND], required=True, readonly=True, default=KIND[0])
    amount = fields.Monetary(
        required=True, tracking=True, help="Positive: the partner owes us; negative: we owe the partner."
    )
    name = fields.Char(string="Description", required=True, help="How the partner reads it on the statement.")
    reason = fields.Selection(
        [
            ("error", "Error in an earlier settlement"),
            ("agreed", "Agreed with the partner"),
            ("decision", "Decision of a court or an arbitrator"),
            ("difference", "Difference found in reconciliation"),
            ("other", "Other"),
        ],
        required=True,
        tracking=True,
    )
    explanation_text = fields.Text(string="Explanation", required=True, help="Why, for auditors.")
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Proof", help="The letter, agreement or calculation that it rests on."
    )
    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    confirmed_by_id = fields.Many2one("res.users", readonly=True, copy=False)

    _check_nonzero = models.Constraint("CHECK (amount != 0)", "An adjustment of zero adjusts nothing.")
    _four_eyes = models.Constraint(
        "CHECK (state != 'confirmed' OR (confirmed_by_id IS NOT NULL AND confirmed_by_id IS DISTINCT FROM entered_by_id))",
        "Nobody confirms an adjustment that they entered.",
    )

    @api.depends("name")
    def _compute_display_name(self):
        for adjustment in self:
            adjustment.display_name = adjustment.name or ""

    @api.depends("explanation_text", "reason")
    def _compute_explanation(self):
        return super()._compute_explanation()

    @api.model_create_multi
    def create(self, vals_list):
        adjustments = super().create(vals_list)
        adjustments._hold_proof()
        return adjustments

    def write(self, vals):
        result = super().write(vals)
        if "attachment_ids" in vals:
            self._hold_proof()
        # Who changed it entered it: it is somebody else's to confirm.
        if not self._is_moving() and self._get_frozen_fields().intersection(vals):
            self._trusted().write({"entered_by_id": self.env.uid})
        return result

    def _hold_proof(self):
        """Files uploaded to a form that wasn't saved yet belong to nobody but who uploaded them: the second person must see
        them too."""
        for adjustment in self:
            loose = adjustment.attachment_ids.filtered(lambda file: not file.res_id)
            loose.write({"res_model": self._name, "res_id": adjustment.id})

    def action_confirm(self):
        """Confirm as a second person: it is settled with the partner's next settlement.

        :raises UserError: the user entered it, or it has no proof.
        """
        self._check_transition("confirm")
        for adjustment in self:
            if adjustment.entered_by_id == self.env.user:
                raise UserError(
                    self.env._("%s: nobody confirms an adjustment that they entered.", adjustment.display_name)
                )
            if not adjustment.attachment_ids:
                raise UserError(
                    self.env._(
                        "%s has no proof: attach the letter, agreement or calculation that it rests on.",
                        adjustment.display_name,
                    )
                )
        self.attachment_ids._franchise_freeze()
        return self._move("confirm", {"confirmed_by_id": self.env.uid})

    def action_cancel(self):
        """Cancel. :raises UserError: it is in a settlement: it is corrected by a new one."""
        self._check_transition("cancel")
        return self._cancel()

    def _explained_by_hand(self):
        return f"{dict(self._fields['reason']._description_selection(self.env)).get(self.reason, '')}: {self.explanation_text or ''}"

    def _settlement_party(self):
        return {"partner_id": self.partner_id.commercial_partner_id.id, "party": self.party}

    def _settlement_document(self):
        return ""

    def _prepare_settlement_source(self):
        return {**super()._prepare_settlement_source(), "name": self.name}

    @api.model
    def _charge_readers(self, vals_list):
        return list(self.env["res.partner"].sudo().browse([vals["partner_id"] for vals in vals_list]))


class FranchiseSettlementLine(models.Model):
    _inherit = "franchise.settlement.line"

    kind = fields.Selection(selection_add=[KIND], ondelete={KIND[0]: "cascade"})


class FranchiseTieOut(models.Model):
    _inherit = "franchise.tie.out"

    def _source_amounts(self):
        return SQL(
            "%s UNION ALL SELECT 'franchise.settlement.adjustment', id, amount FROM franchise_settlement_adjustment"
            " WHERE state = 'confirmed'",
            super()._source_amounts(),
        )

from odoo import api, fields, models
from odoo.exceptions import UserError

# Kinds of amounts. Those of the life of a contract; other rooms add theirs by `selection_add`.
KINDS = [
    ("initial_fee", "Initial fee"),
    ("deposit", "Deposit"),
    ("royalty", "Royalty"),
    ("marketing", "Marketing fund"),
    ("rebate", "Rebate"),
    ("exchange", "Exchange of goods"),
    ("subsidy", "Subsidy"),
    ("adjustment", "Adjustment"),
]
BY_HAND = "adjustment"


class FranchiseCharge(models.Model):
    """One computed amount between the company and a franchisee; positive: the franchisee owes us.

    Charges are written by the documents that compute them, never typed, except adjustments, which carry a reason.
    Each says from what and how it was computed: `formula_values` has the formula's code under "formula" and its inputs as
    decimal strings, so that the explanation can be given in any language; with "about", text without a language (a month,
    a document's number), the kind's name in the reader's language and that text are what the charge is called. A confirmed charge is settled exactly once.
    An adjustment is entered by one person and confirmed by another, of finance.
    """

    _name = "franchise.charge"
    _description = "Charge"
    _inherit = ["franchise.charge.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    _frozen_fields = frozenset({"contract_id", "kind", "date", "name", "reason", "amount"})
    _step_fields = frozenset({"entered_by_id", "confirmed_by_id"})

    contract_id = fields.Many2one(
        "franchise.contract", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    franchisee_id = fields.Many2one(related="contract_id.franchisee_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    kind = fields.Selection(KINDS, required=True, default=BY_HAND, index=True)
    amount = fields.Monetary(required=True, help="Positive: the franchisee owes us; negative: we owe the franchisee.")
    reason = fields.Char(help="Why an amount is entered by hand.")
    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    confirmed_by_id = fields.Many2one("res.users", readonly=True, copy=False)

    _check_reason = models.Constraint(
        "CHECK (res_model IS NOT NULL OR (kind = 'adjustment' AND reason IS NOT NULL))",
        "An amount entered by hand is an adjustment and carries a reason.",
    )
    _four_eyes = models.Constraint(
        "CHECK (res_model IS NOT NULL OR state != 'confirmed'"
        " OR (confirmed_by_id IS NOT NULL AND confirmed_by_id IS DISTINCT FROM entered_by_id))",
        "Nobody confirms an adjustment that they entered.",
    )

    @api.model
    def _charge_readers(self, vals_list):
        contracts = self.env["franchise.contract"].sudo().browse([vals["contract_id"] for vals in vals_list])
        return [contract.franchisee_id for contract in contracts]

    def write(self, vals):
        result = super().write(vals)
        # Who changed the amount entered it: it is somebody else's to confirm.
        if not self._is_moving() and self._frozen_fields.intersection(vals):
            self._trusted().write({"entered_by_id": self.env.uid})
        return result

    def action_confirm(self):
        """Confirm an adjustment as a second person: it is settled with the next settlement.

        :raises UserError: the user entered it.
        """
        self._check_transition("confirm")
        for charge in self:
            if charge.entered_by_id == self.env.user:
                raise UserError(self.env._("%s: nobody confirms an adjustment that they entered.", charge.display_name))
        return self._move("confirm", {"confirmed_by_id": self.env.uid})

    def action_cancel(self):
        """Cancel. :raises UserError: a charge is in a settlement, or was computed by a document (which cancels it)."""
        self._check_transition("cancel")
        for charge in self:
            if charge.res_model:
                raise UserError(self.env._("%s was computed by its document: take it back there.", charge.display_name))
        return self._cancel()

    @api.depends("reason")
    def _compute_explanation(self):
        return super()._compute_explanation()

    def _explained_by_hand(self):
        return self.reason or ""

    def _settlement_party(self):
        return {
            "partner_id": self.franchisee_id.commercial_partner_id.id,
            "party": "franchisee",
            "contract_id": self.contract_id.id,
            "brand_id": self.contract_id.brand_id.id,
        }

    def _settlement_document(self):
        return self.contract_id.name

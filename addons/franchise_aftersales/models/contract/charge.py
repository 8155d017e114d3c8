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
    _settlement_order = "contract_id, date, id"

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

    @api.depends("kind", "name", "formula_values")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for charge in self:
            about = (charge.formula_values or {}).get("about")
            charge.display_name = charge.name if about is None else f"{kinds[charge.kind]} {about}".strip()

    @api.model
    def _charge(self, vals_list, confirm=True):
        """Write charges as the mixin does: what they are called follows from their kind and "about", unless a name is given."""
        names = self._charge_names(vals_list)
        return super()._charge(
            [{"name": name, **vals} for name, vals in zip(names, vals_list, strict=True)], confirm=confirm
        )

    @api.model
    def _charge_names(self, vals_list):
        """The names to store, for searches and the ledger: in the language of the franchisees, who get the statements."""
        contracts = self.env["franchise.contract"].sudo().browse([vals["contract_id"] for vals in vals_list])
        languages = [contract.franchisee_id.lang or self.env.lang for contract in contracts]
        kinds = {}
        for language in set(languages):
            spoken = self.with_context(lang=language)
            kinds[language] = dict(spoken._fields["kind"]._description_selection(spoken.env))
        return [
            f"{kinds[language][vals['kind']]} {vals['formula_values'].get('about', '')}".strip()
            for language, vals in zip(languages, vals_list, strict=True)
        ]

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

    def _prepare_settlement_source(self):
        source = super()._prepare_settlement_source()
        values = source["formula_values"]
        if "about" in values:
            values["about"] = f"{self.contract_id.name} {values['about']}".strip()
        return source

    def _settlement_party(self):
        return {
            "partner_id": self.franchisee_id.commercial_partner_id.id,
            "party": "franchisee",
            "name": f"{self.contract_id.name} {self.name}",
        }

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_FINANCE = "franchise_aftersales.group_finance"
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
    _inherit = ["franchise.document.mixin", "franchise.settlement.source"]
    _order = "date desc, id desc"
    _check_company_auto = True

    _transitions = {
        "confirm": Transition(("draft",), "confirmed", GROUP_FINANCE),
        "cancel": Transition(("draft", "confirmed"), "cancelled", GROUP_FINANCE),
    }
    _frozen_fields = frozenset({"contract_id", "kind", "date", "name", "reason", "amount"})
    _step_fields = frozenset(
        {
            "res_model",
            "res_id",
            "res_line",
            "revision",
            "formula_values",
            "is_settled",
            "period_from",
            "period_to",
            "entered_by_id",
            "confirmed_by_id",
        }
    )

    name = fields.Char(string="Description", required=True)
    state = fields.Selection(
        [("draft", "Draft"), ("confirmed", "Confirmed"), ("cancelled", "Cancelled")],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        index=True,
    )
    contract_id = fields.Many2one(
        "franchise.contract", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    franchisee_id = fields.Many2one(related="contract_id.franchisee_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    kind = fields.Selection(KINDS, required=True, default=BY_HAND, index=True)
    date = fields.Date(required=True, default=fields.Date.context_today, help="Day on which it is due or earned.")
    period_from = fields.Date(readonly=True)
    period_to = fields.Date(readonly=True)
    amount = fields.Monetary(required=True, help="Positive: the franchisee owes us; negative: we owe the franchisee.")
    reason = fields.Char(help="Why an amount is entered by hand.")
    res_model = fields.Char(string="Computed By", readonly=True, copy=False)
    res_id = fields.Many2oneReference(string="Source", model_field="res_model", readonly=True, copy=False)
    res_line = fields.Integer(string="Source Line", readonly=True, copy=False, default=0)
    revision = fields.Integer(readonly=True, copy=False, default=1)
    formula_values = fields.Json(readonly=True, copy=False)
    explanation = fields.Text(string="How It Came About", compute="_compute_explanation")
    is_settled = fields.Boolean(string="Settled", readonly=True, copy=False)
    entered_by_id = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    confirmed_by_id = fields.Many2one("res.users", readonly=True, copy=False)

    _unique_source = models.UniqueIndex(
        "(res_model, res_id, res_line, kind, revision) WHERE res_model IS NOT NULL AND state != 'cancelled'",
        "This amount has been charged already.",
    )
    _check_reason = models.Constraint(
        "CHECK (res_model IS NOT NULL OR (kind = 'adjustment' AND reason IS NOT NULL))",
        "An amount entered by hand is an adjustment and carries a reason.",
    )
    _four_eyes = models.Constraint(
        "CHECK (res_model IS NOT NULL OR state != 'confirmed'"
        " OR (confirmed_by_id IS NOT NULL AND confirmed_by_id IS DISTINCT FROM entered_by_id))",
        "Nobody confirms an adjustment that they entered.",
    )
    _to_settle = models.Index("(company_id, date) WHERE state = 'confirmed' AND is_settled IS NOT TRUE")

    @api.depends("kind", "name", "formula_values")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for charge in self:
            about = (charge.formula_values or {}).get("about")
            charge.display_name = charge.name if about is None else f"{kinds[charge.kind]} {about}".strip()

    @api.depends("formula_values", "reason")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for charge in self:
            charge.explanation = self._settlement_explain(charge.kind, charge.formula_values or {}) or charge.reason

    @api.model
    def _charge(self, vals_list, confirm=True):
        """Write charges that a document computed, confirmed unless told otherwise; for the model's own steps only.

        :param vals_list: dicts with contract_id, kind, date, amount (in the contract's currency), res_model, res_id,
            res_line, revision, formula_values ({"formula": code, inputs as decimal strings}), period_from, period_to;
            "about" among the formula's values, or a name.
        :return: the new charges (sudo); amounts of zero are written too: they show that the rule gave nothing.
        """
        names = self._charge_names(vals_list)
        charges = (
            self.sudo()
            ._trusted()
            .create(
                [
                    {"revision": 1, "res_line": 0, "name": name, **vals}
                    for name, vals in zip(names, vals_list, strict=True)
                ]
            )
        )
        if confirm:
            charges._move("confirm")
        return charges

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

    def _cancel(self):
        """Take back charges of a document. :raises UserError: one is in a settlement: it is corrected by a new one."""
        for charge in self:
            if charge.is_settled:
                raise UserError(self.env._("%s is in a settlement: correct it with a new amount.", charge.display_name))
        return self.sudo()._move("cancel")

    def action_open_source(self):
        """Open the document that computed the charge."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

    @api.model
    def _settlement_candidates(self, company, date_to):
        charges = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "confirmed"),
                ("is_settled", "=", False),
                ("date", "<=", date_to),
                ("amount", "!=", 0),
            ],
            order="contract_id, date, id",
        )
        return [charge._prepare_settlement_source() for charge in charges]

    def _prepare_settlement_source(self):
        """This amount as a settlement source (see `franchise.settlement.source`)."""
        self.ensure_one()
        values = {**(self.formula_values or {}), "source": self._name}
        if "about" in values:
            values["about"] = f"{self.contract_id.name} {values['about']}".strip()
        return {
            "source_model": self._name,
            "source_id": self.id,
            "source_line": 0,
            "kind": self.kind,
            "revision": self.revision,
            "partner_id": self.franchisee_id.commercial_partner_id.id,
            "party": "franchisee",
            "currency_id": self.currency_id.id,
            "date": self.date,
            "name": f"{self.contract_id.name} {self.name}",
            "formula": self.reason,
            "formula_values": values,
            "partner_reference": False,
            "cause_id": False,
            "product_id": False,
            "amount": self.amount,
        }

    @api.model
    def _settlement_explain(self, kind, values):
        text = self._formula_texts().get(values.get("formula"))
        return text(values) if text else ""

    @api.model
    def _formula_texts(self):
        """{code of a formula: function(values) → one phrase in the reader's language}; rooms add theirs."""
        return {}

    @api.model
    def _settlement_account(self, kind, company):
        account = self.env["franchise.charge.account"].sudo()._account(kind, company)
        if not account:
            labels = dict(self._fields["kind"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "No account is set for “%(kind)s” in %(company)s: choose one in Accounts of Charges.",
                    kind=labels.get(kind, kind),
                    company=company.name,
                )
            )
        return account

    @api.model
    def _settlement_changed(self, source_model, source_ids):
        if source_model == self._name:
            charges = self.browse(source_ids)
            settled = set(
                self.env["franchise.settlement.line"]
                .sudo()
                .search([("source_model", "=", self._name), ("source_id", "in", charges.ids)])
                .mapped("source_id")
            )
            for flag, group in charges.grouped(lambda charge: charge.id in settled).items():
                group._trusted().write({"is_settled": flag})
        return super()._settlement_changed(source_model, source_ids)

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..base.document import Transition

GROUP_FINANCE = "franchise_aftersales.group_finance"


class FranchiseChargeMixin(models.AbstractModel):
    """One computed amount between the company and a partner; positive: the partner owes us.

    Amounts are written by the documents that compute them. Each says from what and how it was computed: `formula_values` has
    the formula's code under "formula" and its inputs as decimal strings, so that the explanation can be given in any language.
    A confirmed amount is settled exactly once. A model that inherits this says what its `company_id`, `currency_id` and
    `kind` are, and whom an amount concerns (`_settlement_party`).
    """

    _name = "franchise.charge.mixin"
    _description = "Computed Amount"
    _inherit = ["franchise.document.mixin", "franchise.settlement.source"]

    _transitions = {
        "confirm": Transition(("draft",), "confirmed", GROUP_FINANCE),
        "cancel": Transition(("draft", "confirmed"), "cancelled", GROUP_FINANCE),
    }
    _step_fields = frozenset(
        {"res_model", "res_id", "res_line", "revision", "formula_values", "is_settled", "period_from", "period_to"}
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
    company_id = fields.Many2one("res.company")
    currency_id = fields.Many2one("res.currency")
    date = fields.Date(required=True, default=fields.Date.context_today, help="Day on which it is due or earned.")
    period_from = fields.Date(readonly=True)
    period_to = fields.Date(readonly=True)
    amount = fields.Monetary(required=True, help="Positive: the partner owes us; negative: we owe the partner.")
    res_model = fields.Char(string="Computed By", readonly=True, copy=False)
    res_id = fields.Many2oneReference(string="Source", model_field="res_model", readonly=True, copy=False)
    res_line = fields.Integer(string="Source Line", readonly=True, copy=False, default=0)
    revision = fields.Integer(readonly=True, copy=False, default=1)
    formula_values = fields.Json(readonly=True, copy=False)
    explanation = fields.Text(string="How It Came About", compute="_compute_explanation")
    is_settled = fields.Boolean(string="Settled", readonly=True, copy=False)

    _unique_source = models.UniqueIndex(
        "(res_model, res_id, res_line, kind, revision) WHERE res_model IS NOT NULL AND state != 'cancelled'",
        "This amount has been charged already.",
    )
    _to_settle = models.Index("(company_id, date) WHERE state = 'confirmed' AND is_settled IS NOT TRUE")

    @api.depends("kind", "name", "formula_values")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for charge in self:
            about = (charge.formula_values or {}).get("about")
            charge.display_name = charge.name if about is None else f"{kinds[charge.kind]} {about}".strip()

    @api.depends("formula_values")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for charge in self:
            charge.explanation = (
                self._settlement_explain(charge.kind, charge.formula_values or {}) or charge._explained_by_hand()
            )

    def _explained_by_hand(self):
        """What a person wrote about the amount, where no formula explains it."""
        return ""

    @api.model
    def _charge(self, vals_list, confirm=True):
        """Write charges that a document computed, confirmed unless told otherwise; for the model's own steps only.

        :param vals_list: dicts with what the model needs beside kind, date, amount (in the record's currency), res_model,
            res_id, res_line, revision, formula_values ({"formula": code, inputs as decimal strings}), period_from, period_to;
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
        """The names to store, for searches and the ledger: in the language of the partners, who get the statements."""
        languages = [partner.lang or self.env.lang for partner in self._charge_readers(vals_list)]
        kinds = {}
        for language in set(languages):
            spoken = self.with_context(lang=language)
            kinds[language] = dict(spoken._fields["kind"]._description_selection(spoken.env))
        return [
            f"{kinds[language][vals['kind']]} {(vals.get('formula_values') or {}).get('about', '')}".strip()
            for language, vals in zip(languages, vals_list, strict=True)
        ]

    @api.model
    def _charge_readers(self, vals_list):
        """The partner of each of these new amounts."""
        raise NotImplementedError

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
    def _settlement_ready(self, company, date_to):
        return self, Domain(
            [
                ("company_id", "=", company.id),
                ("state", "=", "confirmed"),
                ("is_settled", "=", False),
                ("date", "<=", date_to),
                ("amount", "!=", 0),
            ]
        )

    def _prepare_settlement_source(self):
        """This amount as a settlement source (see `franchise.settlement.source`)."""
        self.ensure_one()
        document = self._settlement_document()
        values = {**(self.formula_values or {}), "source": self._name}
        if "about" in values:
            values["about"] = f"{document} {values['about']}".strip()
        return {
            "source_model": self._name,
            "source_id": self.id,
            "source_line": 0,
            "kind": self.kind,
            "revision": self.revision,
            "currency_id": self.currency_id.id,
            "date": self.date,
            "name": f"{document} {self.name}",
            "formula": self._explained_by_hand(),
            "formula_values": values,
            "partner_reference": False,
            "cause_id": False,
            "product_id": False,
            "amount": self.amount,
            **self._settlement_party(),
        }

    def _settlement_party(self):
        """Whom the amount concerns: {"partner_id": id, "party": code}, and what else a model knows of its source."""
        raise NotImplementedError

    def _settlement_document(self):
        """The number of the document that an amount belongs to, as statements name it."""
        raise NotImplementedError

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
                .search(
                    [
                        ("source_model", "=", self._name),
                        ("source_id", "in", charges.ids),
                        ("state", "!=", "reversed"),
                    ]
                )
                .mapped("source_id")
            )
            for flag, group in charges.grouped(lambda charge: charge.id in settled).items():
                group._trusted().write({"is_settled": flag})
        return super()._settlement_changed(source_model, source_ids)

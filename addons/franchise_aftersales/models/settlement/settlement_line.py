from odoo import api, fields, models


class FranchiseSettlementLine(models.Model):
    """One source amount in a settlement. The unique index makes "settled exactly once" a fact of the database."""

    _name = "franchise.settlement.line"
    _description = "Settlement Line"
    _inherit = ["franchise.document.row.mixin"]
    _order = "settlement_id, date, id"

    _row_of = "settlement_id"

    settlement_id = fields.Many2one(
        "franchise.settlement", required=True, readonly=True, index=True, ondelete="cascade"
    )
    state = fields.Selection(related="settlement_id.state", store=True)
    company_id = fields.Many2one(related="settlement_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="settlement_id.partner_id", store=True, index=True)
    currency_id = fields.Many2one(related="settlement_id.currency_id", store=True)
    source_model = fields.Char(required=True, readonly=True)
    source_id = fields.Many2oneReference(model_field="source_model", required=True, readonly=True)
    source_line = fields.Integer(required=True, readonly=True, default=0)
    kind = fields.Selection([("recovery", "Recovery")], required=True, readonly=True)
    revision = fields.Integer(required=True, readonly=True, default=1)
    corrected_line_id = fields.Many2one(
        "franchise.settlement.line",
        string="Settled Before By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The line of a reversed settlement that this one takes the place of.",
    )
    date = fields.Date(required=True, readonly=True)
    name = fields.Char(string="Description", required=True, readonly=True)
    formula = fields.Char(readonly=True, help="How the amount came about, where a person wrote it.")
    formula_values = fields.Json(readonly=True, help="What the source needs to explain the amount in any language.")
    is_interim = fields.Boolean(
        string="Interim", readonly=True, help="Of a period that runs: the final amount deducts what is settled here."
    )
    explanation = fields.Text(string="How It Came About", compute="_compute_explanation")
    partner_reference = fields.Char(string="Their Reference", readonly=True)
    cause_id = fields.Many2one("franchise.cause", readonly=True, ondelete="restrict")
    product_id = fields.Many2one("product.product", readonly=True, ondelete="restrict")
    amount = fields.Monetary(required=True, readonly=True, help="Positive: the partner owes us.")

    _unique_source = models.UniqueIndex(
        "(source_model, source_id, source_line, kind, revision)", "This amount has been settled already."
    )

    # Whatever revision a program writes, one amount has one line that counts.
    _unique_live = models.UniqueIndex(
        "(source_model, source_id, source_line, kind) WHERE state != 'reversed'", "This amount is settled already."
    )

    @api.depends("name", "kind", "formula_values")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for line in self:
            about = (line.formula_values or {}).get("about")
            line.display_name = line.name if about is None else f"{kinds[line.kind]} {about}".strip()

    @api.depends("formula", "formula_values", "kind")
    @api.depends_context("lang")
    def _compute_explanation(self):
        sources = self.env["franchise.settlement.source"]._settlement_source_by_name()
        for line in self:
            source = sources.get((line.formula_values or {}).get("source"))
            explained = source._settlement_explain(line.kind, line.formula_values) if source is not None else ""
            line.explanation = explained or line.formula

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._tell_sources()
        return lines

    def unlink(self):
        sources = self._sources()
        result = super().unlink()
        self._tell(sources)
        return result

    def _fixed_text(self, settlement):
        return self.env._(
            "%s is confirmed: its lines can't change. Corrections are new lines.", settlement.display_name
        )

    def _sources(self):
        """{source model: [source ids]} of these lines."""
        return {model: lines.mapped("source_id") for model, lines in self.grouped("source_model").items()}

    def _tell_sources(self):
        self._tell(self._sources())

    def _tell(self, sources):
        for source in self.env["franchise.settlement.source"]._settlement_source_models():
            for model, ids in sources.items():
                source.sudo()._settlement_changed(model, ids)

    def action_open_source(self):
        """Open the document behind the line."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.source_model,
            "res_id": self.source_id,
            "view_mode": "form",
        }

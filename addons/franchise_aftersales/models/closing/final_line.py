import json

from odoo import api, fields, models

from .charge_kinds import KINDS

# What a line says besides the kinds that are charged.
LINE_KINDS = [
    *(entry for entry in KINDS if entry[0] != "reserve_release"),
    ("rebate", "Rebate"),
    ("unsettled", "Confirmed before"),
]


class FranchiseFinalLine(models.Model):
    """One amount of a final settlement, with its source and how it came about; only the computation writes it."""

    _name = "franchise.final.line"
    _description = "Amount of a Final Settlement"
    _order = "final_id, sequence, id"

    final_id = fields.Many2one("franchise.final.settlement", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="final_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="final_id.currency_id", store=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(LINE_KINDS, required=True)
    date = fields.Date(required=True)
    source_model = fields.Char(string="Source Document Type")
    source_id = fields.Many2oneReference(string="Source Document", model_field="source_model")
    source_name = fields.Char(string="Source as Recorded", help="The document that the amount comes from.")
    source_label = fields.Char(string="Source", compute="_compute_source_label")
    formula_values = fields.Json()
    explanation = fields.Text(string="How It Came About", compute="_compute_explanation")
    amount = fields.Monetary(help="Positive: the franchisee owes us.")
    amount_unsettled = fields.Monetary(
        string="For Information", help="Confirmed before and not settled yet; no part of this document's total."
    )

    @api.depends("source_model", "source_id", "source_name", "kind")
    @api.depends_context("lang")
    def _compute_source_label(self):
        """The source as its reader's language calls it; what is bought back is called as on its invoice."""
        named = self.filtered(lambda line: line.kind != "buyback" and line.source_model in self.env)
        names = {
            (model, source.id): source.display_name
            for model, lines in named.grouped("source_model").items()
            for source in self.env[model].sudo().browse(lines.mapped("source_id")).exists()
        }
        for line in self:
            line.source_label = names.get((line.source_model, line.source_id), line.source_name)

    @api.depends("kind", "source_label")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for line in self:
            line.display_name = " ".join(filter(None, (kinds.get(line.kind, ""), line.source_label)))

    def _source_code(self):
        """What tells the lines of one kind apart, in no language: goods as invoiced, a claim's number, a month."""
        self.ensure_one()
        if self.kind == "royalty_minimum":
            return self.formula_values["first"][:7]
        return self.source_name if self.kind in ("buyback", "reserve") else ""

    @api.depends("formula_values")
    @api.depends_context("lang")
    def _compute_explanation(self):
        explain = self.env["franchise.charge"]._settlement_explain
        for line in self:
            line.explanation = explain(line.kind, line.formula_values or {})

    def action_open_source(self):
        """Open the document that the amount comes from."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.source_model,
            "res_id": self.source_id,
            "view_mode": "form",
        }

    def _fingerprint(self):
        """What the line says, comparable with freshly computed values."""
        self.ensure_one()
        return self._fingerprint_of(
            {
                "kind": self.kind,
                "source_model": self.source_model,
                "source_id": self.source_id,
                "amount": self.amount,
                "amount_unsettled": self.amount_unsettled,
                "formula_values": self.formula_values,
                "final_id": self.final_id.id,
            }
        )

    @api.model
    def _fingerprint_of(self, vals):
        """The same of values for `create`."""
        currency = self.env["franchise.final.settlement"].browse(vals["final_id"]).currency_id
        amounts = [f"{currency.round(vals.get(name) or 0.0):.6f}" for name in ("amount", "amount_unsettled")]
        return json.dumps(
            [
                vals["kind"],
                vals.get("source_model") or "",
                vals.get("source_id") or 0,
                *amounts,
                vals.get("formula_values"),
            ],
            sort_keys=True,
        )

from odoo import api, fields, models
from odoo.fields import Command

from .part import one_text_a_day

ONE_TEXT = "Two texts of one clause number can't apply on the same day: amend the clause that is in force."


class FranchiseClause(models.Model):
    """One clause of a franchise contract or of a service agreement, with the duties that follow from it (R-A4, R-C2)."""

    _name = "franchise.clause"
    _description = "Clause"
    _inherit = ["franchise.contract.part.mixin", "franchise.clause.terms.mixin"]
    _order = "contract_id, agreement_id, sequence, number, date_from, id"
    _check_company_auto = True

    name = fields.Char(string="Title", required=True)
    text = fields.Html()
    template_id = fields.Many2one(
        "franchise.clause.template",
        string="From the Library",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    supersedes_id = fields.Many2one(
        "franchise.clause", readonly=True, copy=False, ondelete="restrict", index="btree_not_null"
    )
    duty_ids = fields.One2many("franchise.clause.duty", "clause_id", string="Duties", copy=True)
    obligation_ids = fields.One2many("franchise.obligation", "clause_id", string="Obligations")

    _no_overlap_contract = one_text_a_day("contract_id", "number", ONE_TEXT)
    _no_overlap_agreement = one_text_a_day("agreement_id", "number", ONE_TEXT)
    _unique_draft = models.UniqueIndex(
        "(COALESCE(contract_id, 0), COALESCE(agreement_id, 0), number) WHERE state = 'draft'",
        "This clause number is drafted already in this document.",
    )
    _unique_successor = models.UniqueIndex("(supersedes_id)", "This clause is being amended already.")

    @api.depends("number", "name")
    def _compute_display_name(self):
        for clause in self:
            clause.display_name = f"{clause.number or ''} {clause.name or ''}".strip()

    def _after_confirm(self):
        """Duties of the earlier text that fall due later end; those of this text begin."""
        result = super()._after_confirm()
        for clause in self:
            clause.supersedes_id.obligation_ids._replaced_by(clause)
            clause._document()._create_obligations_of(clause)
        return result

    def _prepare_from_template(self, template, link, document):
        """Values of a clause of `document` taken from the library's `template`, in the context's language."""
        return {
            **template._terms(),
            link: document.id,
            "company_id": document.company_id.id,
            "template_id": template.id,
            "name": template.name,
            "text": template.text,
            "duty_ids": [Command.create(duty._terms()) for duty in template.duty_ids],
        }

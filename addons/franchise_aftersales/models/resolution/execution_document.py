from odoo import api, fields, models
from odoo.exceptions import UserError


class FranchiseExecutionDocumentMixin(models.AbstractModel):
    """Documents of other apps that carry out what was promised for a claim: the promise follows them, whoever works on them.

    A bridge addon inherits this beside the app's own model, calls `_franchise_follow` where the document moves on, and
    overrides `_make_document`, `_document_state` and `_drop_document` of the execution.
    """

    _name = "franchise.execution.document.mixin"
    _description = "Document of What Was Promised"

    franchise_execution_id = fields.Many2one(
        "franchise.claim.execution",
        string="For a Claim",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("franchise_execution_id") for vals in vals_list):
            self._franchise_check_link()
        return super().create(vals_list)

    def write(self, vals):
        if "franchise_execution_id" in vals:
            self._franchise_check_link()
        return super().write(vals)

    def unlink(self):
        executions = self.sudo().franchise_execution_id
        result = super().unlink()
        executions._follow()
        return result

    def _franchise_check_link(self):
        if not self.env.su:
            raise UserError(
                self.env._(
                    "%s: documents of claims are drawn up from what was promised, not linked by hand.",
                    self._description,
                )
            )

    def _franchise_follow(self):
        """These documents moved on: what was promised moves on with them."""
        self.sudo().franchise_execution_id._follow()


class FranchiseClaimExecution(models.Model):
    """What the bridges to other apps need of an execution."""

    _inherit = "franchise.claim.execution"

    def _document_counts(self, model):
        """{execution id: number of its documents of `model`}, in one query; for whoever may read the execution."""
        rows = (
            self.env[model]
            .sudo()
            ._read_group([("franchise_execution_id", "in", self.ids)], ["franchise_execution_id"], ["__count"])
        )
        return {execution.id: count for execution, count in rows}

    def _action_documents(self, model, title):
        """Open this execution's documents of `model`."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "view_mode": "list,form",
            "domain": [("franchise_execution_id", "=", self.id)],
            "context": {"create": False},
        }

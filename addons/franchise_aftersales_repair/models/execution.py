from odoo import fields, models
from odoo.exceptions import UserError

STATES = {"draft": "open", "confirmed": "open", "under_repair": "underway", "done": "done"}


class FranchiseClaimExecution(models.Model):
    """A repair that was promised is a repair order, and done when that is."""

    _inherit = "franchise.claim.execution"

    repair_ids = fields.One2many(
        "repair.order", "franchise_execution_id", string="Repair Orders", readonly=True, groups="stock.group_stock_user"
    )
    repair_count = fields.Integer(string="Number of Repair Orders", compute="_compute_repair_count")

    def _compute_repair_count(self):
        counts = self._document_counts("repair.order")
        for execution in self:
            execution.repair_count = counts.get(execution.id, 0)

    def _live_repairs(self):
        self.ensure_one()
        return self.sudo().repair_ids.filtered(lambda repair: repair.state != "cancel")

    def _document_state(self):
        self.ensure_one()
        repairs = self.kind == "repair" and self._live_repairs()
        if not repairs:
            return super()._document_state()
        found = {STATES[repair.state] for repair in repairs}
        return found.pop() if len(found) == 1 else "underway"

    def _make_document(self):
        self.ensure_one()
        if self.kind != "repair" or self.product_id.type != "consu":
            return super()._make_document()
        return self.env["repair.order"].sudo().with_company(self.company_id).create(self._prepare_repair())

    def _prepare_repair(self):
        """Values of the repair order.

        :raises UserError: no operation for repairs is set up in the company.
        """
        self.ensure_one()
        operation = (
            self.env["stock.picking.type"]
            .sudo()
            .search([("code", "=", "repair_operation"), ("company_id", "=", self.company_id.id)], limit=1)
        )
        if not operation:
            raise UserError(
                self.env._("%s has no operation type for repairs: set up its warehouse.", self.company_id.name)
            )
        loss = self.offer_line_id.claim_line_id
        lot = (
            self.env["stock.lot"]
            .sudo()
            .search([("name", "=", loss.lot), ("product_id", "=", self.product_id.id)], limit=1)
            if loss.lot
            else None
        )
        return {
            "company_id": self.company_id.id,
            "picking_type_id": operation.id,
            "partner_id": self.claimant_id.id,
            "product_id": self.product_id.id,
            "product_qty": self.quantity,
            "lot_id": lot and lot.id,
            # What the customer pays for is no warranty.
            "under_warranty": self.claim_id.paid_by != "customer",
            "schedule_date": self.date_due,
            "internal_notes": self.claim_id.description,
            "user_id": False,
            "franchise_execution_id": self.id,
        }

    def _drop_document(self):
        for execution in self.filtered(lambda execution: execution.kind == "repair"):
            repairs = execution._live_repairs()
            if any(repair.state == "done" for repair in repairs):
                raise UserError(self.env._("%s: the repair is done already.", execution.display_name))
            repairs.action_repair_cancel()
        return super()._drop_document()

    def action_view_repairs(self):
        """Open the repair orders."""
        return self._action_documents("repair.order", self.env._("Repair Orders"))

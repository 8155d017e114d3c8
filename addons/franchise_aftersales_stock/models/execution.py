from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

# Which way the goods of each kind go.
DIRECTIONS = {"replacement": "out", "gift": "out", "return": "in"}


class FranchiseClaimExecution(models.Model):
    """Goods that are sent or come back move by a transfer of the company's warehouse, and are done when they have moved."""

    _inherit = "franchise.claim.execution"

    picking_ids = fields.One2many(
        "stock.picking", "franchise_execution_id", string="Transfers", readonly=True, groups="stock.group_stock_user"
    )
    picking_count = fields.Integer(string="Number of Transfers", compute="_compute_picking_count")

    def _compute_picking_count(self):
        counts = self._document_counts("stock.picking")
        for execution in self:
            execution.picking_count = counts.get(execution.id, 0)

    def _moves_by_warehouse(self):
        """Whether these goods are moved by Inventory: services and mere words are not."""
        self.ensure_one()
        return self.kind in DIRECTIONS and self.product_id.type == "consu"

    def _live_pickings(self):
        self.ensure_one()
        return self.sudo().picking_ids.filtered(lambda picking: picking.state != "cancel")

    def _quantity_moved(self):
        """How much has moved, in the product's unit."""
        self.ensure_one()
        moves = self._live_pickings().move_ids.filtered(
            lambda move: move.state == "done" and move.product_id == self.product_id
        )
        return sum(moves.move_line_ids.mapped("quantity_product_uom"))

    def _document_state(self):
        self.ensure_one()
        if not self._moves_by_warehouse():
            return super()._document_state()
        moved, unit = self._quantity_moved(), self.product_id.uom_id
        if moved and unit.compare(moved, self.quantity) >= 0:
            return "done"
        if any(picking.state != "done" for picking in self._live_pickings()):
            return "underway" if moved else "open"
        # What never left, or left in part only and was given up by the warehouse, is for a person to decide.
        return None

    def _make_document(self):
        self.ensure_one()
        if not self._moves_by_warehouse():
            return super()._make_document()
        picking = self.env["stock.picking"].sudo().with_company(self.company_id).create(self._prepare_picking())
        picking.action_confirm()
        return picking

    def _prepare_picking(self):
        """Values of the transfer for what hasn't moved yet.

        :raises UserError: the company has no warehouse.
        """
        self.ensure_one()
        warehouse = self.env["stock.warehouse"].sudo().search([("company_id", "=", self.company_id.id)], limit=1)
        if not warehouse:
            raise UserError(self.env._("%s has no warehouse: set one up in Inventory.", self.company_id.name))
        partner = self.outlet_id.address_id or self.claimant_id
        there = partner.with_company(self.company_id).sudo().property_stock_customer
        sent = DIRECTIONS[self.kind] == "out"
        operation = warehouse.out_type_id if sent else warehouse.in_type_id
        source = operation.default_location_src_id if sent else there
        target = there if sent else operation.default_location_dest_id
        places = {"location_id": source.id, "location_dest_id": target.id, "company_id": self.company_id.id}
        return {
            **places,
            "partner_id": partner.id,
            "picking_type_id": operation.id,
            "origin": self.claim_id.name,
            "scheduled_date": self.date_due,
            "user_id": False,
            "franchise_execution_id": self.id,
            "move_ids": [
                Command.create(
                    {
                        **places,
                        "product_id": self.product_id.id,
                        "product_uom": self.product_id.uom_id.id,
                        "product_uom_qty": self.quantity - self._quantity_moved(),
                        "origin": self.claim_id.name,
                    }
                )
            ],
        }

    def _drop_document(self):
        for execution in self:
            pickings = execution._live_pickings()
            if any(picking.state == "done" for picking in pickings):
                raise UserError(
                    self.env._(
                        "%s: goods have moved already. Send or take them back by a transfer first.",
                        execution.display_name,
                    )
                )
            pickings.action_cancel()
        return super()._drop_document()

    def action_view_pickings(self):
        """Open the transfers."""
        return self._action_documents("stock.picking", self.env._("Transfers"))

    def _arrived_at(self):
        self.ensure_one()
        done = self._live_pickings().filtered(lambda picking: picking.state == "done" and picking.date_done)
        return max(done.mapped("date_done")) if done else super()._arrived_at()

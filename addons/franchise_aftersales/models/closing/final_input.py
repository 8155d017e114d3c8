from odoo import api, fields, models
from odoo.exceptions import ValidationError


class FranchiseFinalInputMixin(models.AbstractModel):
    """A fact that people find out for a final settlement; it changes only while that is a draft."""

    _name = "franchise.final.input.mixin"
    _description = "Fact for a Final Settlement"
    _inherit = ["franchise.document.row.mixin"]

    _row_of = "final_id"

    final_id = fields.Many2one("franchise.final.settlement", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="final_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="final_id.currency_id")

    def _fixed_text(self, final):
        return self.env._("%s is computed: reopen it before you change what it is computed from.", final.name)


class FranchiseFinalGoods(models.Model):
    """Goods of one purchase that lie in the franchisee's stock: counted, and found fit to be sold again or not."""

    _name = "franchise.final.goods"
    _description = "Stock to Buy Back"
    _inherit = ["franchise.final.input.mixin"]
    _order = "final_id, bought_on, id"

    invoice_line_id = fields.Many2one(
        "account.move.line",
        string="Purchase",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('move_id.move_type', '=', 'out_invoice'), ('parent_state', '=', 'posted'),"
        " ('display_type', '=', 'product'), ('company_id', '=', company_id)]",
    )
    purchase = fields.Char(string="Invoice and Goods", compute="_compute_purchase", compute_sudo=True)
    product_id = fields.Many2one(related="invoice_line_id.product_id")
    bought_on = fields.Date(related="invoice_line_id.move_id.invoice_date", store=True)
    quantity_bought = fields.Float(related="invoice_line_id.quantity", string="Bought", digits="Product Unit")
    quantity = fields.Float(string="In Stock", digits="Product Unit", help="Counted in the outlet's stock.")
    is_resaleable = fields.Boolean(string="Can Be Sold Again", default=True)

    _unique_line = models.UniqueIndex("(final_id, invoice_line_id)", "This purchase is listed already.")
    _check_quantity = models.Constraint("CHECK (quantity >= 0)", "A count can't be negative.")

    @api.depends("invoice_line_id")
    def _compute_purchase(self):
        for goods in self:
            line = goods.invoice_line_id
            goods.purchase = " · ".join(filter(None, (line.move_id.name, line.product_id.display_name or line.name)))

    @api.constrains("invoice_line_id", "quantity", "final_id")
    def _check_purchase(self):
        for goods in self.sudo():
            line = goods.invoice_line_id
            if (
                line.move_id.move_type != "out_invoice"
                or line.parent_state != "posted"
                or line.display_type != "product"
                or line.move_id.franchise_settlement_id
                or line.company_id != goods.final_id.company_id
                or line.partner_id.commercial_partner_id != goods.final_id.franchisee_id.commercial_partner_id
            ):
                raise ValidationError(
                    self.env._(
                        "%(purchase)s is no posted sale to %(franchisee)s: choose a line of one of their invoices.",
                        purchase=goods.purchase,
                        franchisee=goods.final_id.franchisee_id.name,
                    )
                )
            if goods.quantity > line.quantity:
                raise ValidationError(
                    self.env._(
                        "%(purchase)s: %(counted)s counted, but only %(bought)s bought.",
                        purchase=goods.purchase,
                        counted=f"{goods.quantity:g}",
                        bought=f"{line.quantity:g}",
                    )
                )


class FranchiseFinalWithholding(models.Model):
    """A part of the deposit that is kept, for a reason that can be shown (damage, missing property)."""

    _name = "franchise.final.withholding"
    _description = "Withheld of the Deposit"
    _inherit = ["franchise.final.input.mixin"]
    _order = "final_id, id"

    name = fields.Char(string="Reason", required=True, help="What the franchisee reads.")
    amount = fields.Monetary(required=True)
    document_id = fields.Many2one(
        "franchise.legal.document", string="Evidence", ondelete="restrict", help="Invoice, report or photograph."
    )

    _check_amount = models.Constraint("CHECK (amount > 0)", "What is withheld is more than zero.")

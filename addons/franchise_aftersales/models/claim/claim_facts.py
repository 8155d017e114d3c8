from odoo import SUPERUSER_ID, api, fields, models
from odoo.http import request

from ...tools.masking import covered

# Where other systems call Odoo with a request; the web client calls elsewhere.
JSON2 = "/json/2/"


class FranchiseClaim(models.Model):
    """What a claim says beside its losses: where it came from, papers, what was used before, whose customer it is (R-D1)."""

    _inherit = "franchise.claim"

    _frozen_fields = frozenset({"invoice_reference", "delivery_reference", "previous_product"})
    _step_fields = frozenset({"source"})

    source = fields.Selection(
        [
            ("form", "Staff"),
            ("portal", "Portal"),
            ("email", "E-mail"),
            ("import", "Import"),
            ("system", "Other system"),
        ],
        string="Taken In By",
        default=lambda self: self._default_source(),
        required=True,
        readonly=True,
        copy=False,
        help="How the claim reached us; noted when it is entered.",
    )
    invoice_reference = fields.Char(help="Number of the invoice with which the outlet got the goods.")
    delivery_reference = fields.Char(help="Number of the delivery note or waybill.")
    previous_product = fields.Char(
        string="Used Before", help="Product, maker or batch that the outlet used before this one, without the fault."
    )
    customer_id = fields.Many2one(
        "res.partner",
        string="End Customer",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        groups="franchise_aftersales.group_service",
        help="Whose complaint it is, where a customer of the outlet stands behind it. Only service staff see who it is.",
    )
    customer_label = fields.Char(string="End Customer (Masked)", compute="_compute_customer_label", compute_sudo=True)

    @api.model
    def _default_source(self):
        if self.env.context.get("import_file"):  # Odoo's import screen sets it
            return "import"
        if self.env.user.share:
            return "portal"
        # Odoo hides the request from what /jsonrpc and /xmlrpc call; its own user and its data files are no other system.
        browser = request and not request.httprequest.path.startswith(JSON2)
        own = self.env.uid == SUPERUSER_ID or self.env.context.get("install_mode")
        return "form" if browser or own else "system"

    @api.depends("customer_id.name")
    def _compute_customer_label(self):
        for claim in self:
            claim.customer_label = covered(claim.customer_id.name)

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...tools.refund import reduction_of_pieces, refund_of_pieces


class FranchiseClaimOfferLine(models.Model):
    """Goods of an offer: given back and paid for, cheaper, replaced, repaired, or given on top."""

    _name = "franchise.claim.offer.line"
    _description = "Goods of an Offer"
    _inherit = ["franchise.portal.mixin"]
    _order = "offer_id, sequence, id"

    _portal_fields = frozenset(
        {
            "offer_id",
            "sequence",
            "purpose",
            "product_id",
            "name",
            "quantity",
            "percent",
            "amount",
            "currency_id",
            "company_id",
            "comes_back",
        }
    )

    offer_id = fields.Many2one("franchise.claim.offer", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    state = fields.Selection(related="offer_id.state")
    company_id = fields.Many2one(related="offer_id.company_id", store=True)
    currency_id = fields.Many2one(related="offer_id.currency_id")
    purpose = fields.Selection(
        [
            ("refund", "Refunded"),
            ("discount", "Cheaper"),
            ("replace", "Replaced"),
            ("repair", "Repaired"),
            ("gift", "Given on Top"),
        ],
        required=True,
        default="replace",
    )
    claim_line_id = fields.Many2one(
        "franchise.claim.line", string="Loss", index="btree_not_null", ondelete="restrict",
        domain="[('claim_id', '=', parent.claim_id)]",
    )  # fmt: skip
    invoice_line_id = fields.Many2one(
        "account.move.line",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('parent_state', '=', 'posted'), ('move_id.move_type', '=', 'out_invoice'), ('quantity', '>', 0),"
        " ('display_type', '=', 'product'), ('move_id.commercial_partner_id', '=', parent.claimant_id),"
        " ('move_id.franchise_settlement_id', '=', False)]",
        help="Line of our posted invoice on which the franchisee bought the goods; the credit note follows it.",
    )
    product_id = fields.Many2one(
        "product.product",
        compute="_compute_from_sources",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
    )
    name = fields.Char(
        string="Description", compute="_compute_from_sources", store=True, readonly=False, precompute=True
    )
    quantity = fields.Float(default=1.0, digits="Product Unit", required=True)
    percent = fields.Float(string="Reduction %", digits=(16, 4), help="How much cheaper the goods become.")
    amount = fields.Monetary(
        compute="_compute_amount",
        store=True,
        readonly=False,
        help="Without tax; it follows from the invoice line, where there is one.",
    )
    comes_back = fields.Boolean(
        compute="_compute_comes_back",
        store=True,
        readonly=False,
        precompute=True,
        help="The goods are sent back to us.",
    )

    _check_quantity = models.Constraint("CHECK (quantity > 0)", "The quantity must be more than zero.")
    _check_amounts = models.Constraint(
        "CHECK (COALESCE(amount, 0) >= 0 AND COALESCE(percent, 0) BETWEEN 0 AND 100)",
        "An amount is not negative, a reduction between 0 and 100 percent.",
    )
    _unique_invoice_line = models.UniqueIndex(
        "(offer_id, invoice_line_id) WHERE invoice_line_id IS NOT NULL", "An invoice line is listed once in an offer."
    )

    @api.depends("claim_line_id", "invoice_line_id")
    def _compute_from_sources(self):
        purposes = dict(self._fields["purpose"]._description_selection(self.env))
        for line in self:
            bought, loss = line.sudo().invoice_line_id, line.claim_line_id
            line.product_id = bought.product_id or loss.product_id or line.product_id
            line.name = bought.name or loss.name or line.name or line.product_id.display_name or purposes[line.purpose]

    @api.depends("purpose")
    def _compute_comes_back(self):
        for line in self:
            line.comes_back = line.purpose in ("refund", "replace", "repair")

    @api.depends("invoice_line_id", "quantity", "percent", "purpose")
    def _compute_amount(self):
        before = self.env["franchise.claim.refund.quota"]._refunded(self.invoice_line_id)
        for line in self:
            line.amount = line._computed_amount(before.get(line.sudo().invoice_line_id.id, 0))

    def _computed_amount(self, quantity_before):
        """What the line gives in money: from the invoice line, else what was entered."""
        self.ensure_one()
        bought = self.sudo().invoice_line_id
        if self.purpose not in ("refund", "discount"):
            return 0.0
        if not bought:
            return self.amount
        rounding = bought.currency_id.rounding
        left = max(bought.quantity - (quantity_before if self.purpose == "refund" else 0), 0)
        quantity = min(max(self.quantity, 0), left)  # more is refused by `_check_invoice_line` and the quota, in words
        if self.purpose == "discount":
            share = min(max(self.percent, 0), 100)
            return float(reduction_of_pieces(bought.price_subtotal, bought.quantity, quantity, share, rounding))
        before = min(quantity_before, bought.quantity)
        return float(refund_of_pieces(bought.price_subtotal, bought.quantity, before, quantity, rounding))

    @api.constrains("invoice_line_id", "offer_id", "quantity", "purpose")
    def _check_invoice_line(self):
        for line in self.filtered("invoice_line_id"):
            bought, offer = line.sudo().invoice_line_id, line.offer_id
            if bought.parent_state != "posted" or bought.move_id.move_type != "out_invoice":
                problem = self.env._("is not a line of a posted customer invoice")
            elif bought.display_type != "product" or bought.quantity <= 0 or bought.move_id.franchise_settlement_id:
                problem = self.env._("is not a sale of goods")
            elif bought.move_id.commercial_partner_id != offer.claimant_id.commercial_partner_id:
                problem = self.env._("was bought by somebody else")
            elif bought.company_id != offer.company_id:
                problem = self.env._("belongs to another company")
            elif bought.currency_id != offer.currency_id:
                problem = self.env._("is in another currency than the claim")
            elif line.quantity > bought.quantity:
                problem = self.env._("was invoiced in a smaller quantity")
            else:
                continue
            raise ValidationError(
                self.env._(
                    "%(offer)s: “%(line)s” %(problem)s.", offer=offer.display_name, line=line.name, problem=problem
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_draft()
        return lines

    def write(self, vals):
        self._check_draft()
        result = super().write(vals)
        if "offer_id" in vals:  # nor may a line move into an offer that was made
            self._check_draft()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        self._check_draft()

    def _check_draft(self):
        fixed = self.offer_id.filtered(lambda offer: offer.state != "draft")
        if fixed and not self.offer_id._is_moving():
            raise UserError(self.env._("%s was made: its goods can't change. Make a new offer.", fixed[0].display_name))

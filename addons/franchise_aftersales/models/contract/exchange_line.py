from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...tools.allocation import as_text, to_decimal
from ...tools.buyback import buy_back_value, window_ends


class FranchiseExchangeLine(models.Model):
    """Goods of one line of a posted customer invoice; window and value are computed from the invoice and the terms."""

    _name = "franchise.exchange.line"
    _description = "Goods Given Back"
    _inherit = ["franchise.document.row.mixin"]
    _order = "exchange_id, id"

    _row_of = "exchange_id"

    PERCENT = 100  # of the price paid (R-A7)
    # Worked out from the invoice and the terms, never entered.
    OWN_FIELDS = frozenset({"bought_on", "window_end", "unit_price", "amount"})

    exchange_id = fields.Many2one("franchise.exchange", required=True, index=True, ondelete="cascade")
    state = fields.Selection(related="exchange_id.state")
    company_id = fields.Many2one(related="exchange_id.company_id", store=True)
    currency_id = fields.Many2one(related="exchange_id.currency_id")
    invoice_line_id = fields.Many2one(
        "account.move.line",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('parent_state', '=', 'posted'), ('move_id.move_type', '=', 'out_invoice'), ('quantity', '>', 0),"
        " ('display_type', '=', 'product'), ('move_id.commercial_partner_id', '=', parent.buyer_id),"
        " ('move_id.franchise_settlement_id', '=', False)]",
        help="Line of our posted invoice on which the franchisee bought the goods.",
    )
    product_id = fields.Many2one(related="invoice_line_id.product_id")
    quantity = fields.Float(default=1.0, digits="Product Unit", required=True)
    is_resaleable = fields.Boolean(string="Can Be Sold Again", default=True)
    condition_note = fields.Char(
        string="Condition", help="In which state the goods are; needed where they can't be sold."
    )
    bought_on = fields.Date(compute="_compute_value", store=True)
    window_end = fields.Date(
        string="Until", compute="_compute_value", store=True, help="Last day on which these goods are taken back."
    )
    unit_price = fields.Float(
        string="Price Paid", compute="_compute_value", store=True, digits=(16, 6), help="After discount, without tax."
    )
    amount = fields.Monetary(string="Value", compute="_compute_value", store=True)

    _check_quantity = models.Constraint("CHECK (quantity > 0)", "The quantity must be more than zero.")
    _check_condition = models.Constraint(
        "CHECK (is_resaleable OR condition_note IS NOT NULL)",
        "Say in which condition goods are that can't be sold again.",
    )
    _unique_line = models.UniqueIndex(
        "(exchange_id, invoice_line_id)", "An invoice line is listed once in an exchange."
    )

    @api.depends("invoice_line_id", "quantity", "is_resaleable", "exchange_id.contract_id")
    def _compute_value(self):
        bought = {line: line.sudo().invoice_line_id.move_id.invoice_date for line in self}
        terms = self.exchange_id.contract_id._terms_on(
            [(line.exchange_id.contract_id._origin.id, day) for line, day in bought.items()]
        )
        for line, day in bought.items():
            version = terms.get((line.exchange_id.contract_id._origin.id, day))
            line.bought_on = day
            line.window_end = version and window_ends(day, version.exchange_window_months)
            invoice_line = line.sudo().invoice_line_id
            line.unit_price = float(line._price_paid())
            line.amount = (
                float(
                    buy_back_value(line.quantity, line._price_paid(), self.PERCENT, invoice_line.currency_id.rounding)
                )
                if line.is_resaleable and invoice_line and line.quantity > 0
                else 0.0
            )

    def _price_paid(self):
        """Price paid for one unit: after discount and without tax, in the invoice's currency, not rounded."""
        invoice_line = self.sudo().invoice_line_id
        quantity = to_decimal(invoice_line.quantity)
        return max(to_decimal(invoice_line.price_subtotal) / quantity, to_decimal(0)) if quantity > 0 else to_decimal(0)

    @api.constrains("invoice_line_id", "exchange_id")
    def _check_invoice_line(self):
        for line in self:
            bought, exchange = line.sudo().invoice_line_id, line.exchange_id
            if bought.parent_state != "posted" or bought.move_id.move_type != "out_invoice":
                problem = self.env._("is not a line of a posted customer invoice")
            elif bought.display_type != "product" or bought.quantity <= 0 or bought.move_id.franchise_settlement_id:
                problem = self.env._("is not a sale of goods")
            elif bought.move_id.commercial_partner_id != exchange.franchisee_id.commercial_partner_id:
                problem = self.env._("was bought by somebody else")
            elif bought.company_id != exchange.company_id:
                problem = self.env._("belongs to another company")
            elif bought.currency_id != exchange.currency_id:
                problem = self.env._("is in another currency than the contract")
            else:
                continue
            raise ValidationError(
                self.env._(
                    "%(exchange)s: “%(line)s” %(problem)s.", exchange=exchange.name, line=bought.name, problem=problem
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        self._check_given(set().union(*vals_list))
        return super().create(vals_list)

    def write(self, vals):
        self._check_given(vals)
        return super().write(vals)

    def _check_given(self, names):
        own = self.OWN_FIELDS.intersection(names)
        if own and not self.env["franchise.exchange"]._is_moving():
            raise UserError(
                self.env._(
                    "%(document)s works out by itself: %(fields)s. It can't be entered.",
                    document=self._description,
                    fields=", ".join(self._fields[name]._description_string(self.env) for name in sorted(own)),
                )
            )

    def _fixed_text(self, exchange):
        return self.env._("%s was submitted: its goods can't change. Take it back to draft first.", exchange.name)

    def _trusted_compute(self):
        """Work out window and value again: the terms may have been amended since the line was entered."""
        self.with_env(self.exchange_id._trusted().env)._compute_value()

    def _check_window(self):
        """Refuse what was bought too long ago. :raises UserError: names the last day of the window."""
        self.ensure_one()
        if not self.window_end:
            raise UserError(
                self.env._(
                    "“%(item)s” was bought on %(bought)s, when no terms of %(contract)s were in force: it can't be exchanged.",
                    item=self._item(),
                    bought=self.bought_on,
                    contract=self.exchange_id.contract_id.name,
                )
            )
        if self.exchange_id.date > self.window_end:
            raise UserError(
                self.env._(
                    "“%(item)s” was bought on %(bought)s; it could be exchanged until %(until)s. Take it off %(exchange)s.",
                    item=self._item(),
                    bought=self.bought_on,
                    until=self.window_end,
                    exchange=self.exchange_id.name,
                )
            )

    def _item(self):
        """What the goods are called on the invoice, one line."""
        line = self.sudo().invoice_line_id
        return (line.name or line.product_id.display_name or "").split("\n")[0]

    def _prepare_charge(self):
        """Values of the charge (negative: we owe it) for these goods."""
        self.ensure_one()
        exchange = self.exchange_id
        return {
            "contract_id": exchange.contract_id.id,
            "kind": "exchange",
            "date": fields.Date.context_today(self),
            "name": f"{exchange.name} {self._item()}",
            "amount": -self.amount,
            "res_model": exchange._name,
            "res_id": exchange.id,
            "res_line": self.id,
            "formula_values": {
                "formula": "exchange",
                "quantity": as_text(self.quantity),
                "price": as_text(self.unit_price),
                "invoice": self.sudo().invoice_line_id.move_id.name,
                "bought": fields.Date.to_string(self.bought_on),
                "until": fields.Date.to_string(self.window_end),
                "date": fields.Date.to_string(exchange.date),
                "percent": str(self.PERCENT),
            },
        }

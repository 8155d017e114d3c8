from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.price_cap import highest_price, percent_above

# Present in the context only while a check writes what it found; an object can't be sent over RPC.
_COMPARING = object()


class FranchisePriceCheck(models.Model):
    """Our price of a product for a franchisee beside a recorded market price, and the cap that was agreed (R-A2).

    Our price is what was invoiced last by that day, else what the franchisee's price list says.
    """

    _name = "franchise.price.check"
    _description = "Price Check"
    _inherit = ["franchise.contract.header.mixin"]
    _order = "date desc, id desc"

    # Worked out from invoices, price list and terms, never entered.
    OWN_FIELDS = ("our_price", "our_source", "cap_percent", "highest_price", "percent_above", "is_exceeded")

    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    product_id = fields.Many2one("product.product", required=True, ondelete="restrict", check_company=True)
    date = fields.Date(required=True, default=fields.Date.context_today)
    market_price = fields.Monetary(required=True, help="For one unit, without tax.")
    market_source = fields.Char(required=True, help="Who offered it, or where it was published.")
    our_price = fields.Monetary(readonly=True, copy=False, help="For one unit, after discount and without tax.")
    our_source = fields.Selection(
        [("invoice", "Last invoice"), ("pricelist", "Price list")], string="Taken From", readonly=True, copy=False
    )
    cap_percent = fields.Float(
        string="Cap %", digits=(5, 2), readonly=True, copy=False, help="By the terms; 0: no cap."
    )
    highest_price = fields.Monetary(string="Highest Allowed", readonly=True, copy=False)
    percent_above = fields.Float(string="Above Market %", digits=(16, 2), readonly=True, copy=False, aggregator="avg")
    is_exceeded = fields.Boolean(string="Above the Cap", readonly=True, copy=False, index=True)

    _check_price = models.Constraint("CHECK (market_price > 0)", "A market price is more than zero.")

    @api.depends("contract_id.name", "product_id")
    def _compute_display_name(self):
        for check in self:
            check.display_name = f"{check.contract_id.name or ''} {check.product_id.display_name or ''}".strip()

    @api.model_create_multi
    def create(self, vals_list):
        entered = [{name: value for name, value in vals.items() if name not in self.OWN_FIELDS} for vals in vals_list]
        checks = super().create(entered)
        checks.action_compare()
        return checks

    def write(self, vals):
        if self.env.context.get("franchise_comparing") is _COMPARING:
            return super().write(vals)
        entered = {name: value for name, value in vals.items() if name not in self.OWN_FIELDS}
        result = super().write(entered)
        if {"contract_id", "product_id", "date", "market_price"} & entered.keys():
            self.action_compare()
        return result

    def action_compare(self):
        """Look up our price and the cap of the terms in force on that day, and compare."""
        versions = self.contract_id._terms_on([(check.contract_id.id, check.date) for check in self])
        invoiced = self._invoiced_prices()
        for check in self:
            version = versions.get((check.contract_id.id, check.date))
            cap = version.supply_price_cap if version else 0.0
            source = "invoice" if check.id in invoiced else "pricelist"
            ours = check.currency_id.round(invoiced[check.id] if check.id in invoiced else check._list_price())
            rounding = check.currency_id.rounding
            highest = highest_price(check.market_price, cap, rounding)
            check.with_context(franchise_comparing=_COMPARING).write(
                {
                    "our_price": ours,
                    "our_source": source,
                    "cap_percent": cap,
                    "highest_price": float(highest) if cap else 0.0,
                    "percent_above": float(percent_above(ours, check.market_price)),
                    "is_exceeded": bool(cap) and check.currency_id.compare_amounts(ours, float(highest)) > 0,
                }
            )
        return True

    def _list_price(self):
        """Price of one unit on the franchisee's price list, in the contract's currency, without tax."""
        self.ensure_one()
        check = self.with_company(self.company_id).sudo()
        pricelist = check.franchisee_id.property_product_pricelist
        return pricelist._get_product_price(check.product_id, 1.0, currency=check.currency_id, date=check.date)

    def _invoiced_prices(self):
        """{check id: price of one unit on the last posted invoice by its day}, in one query."""
        self.env.flush_all()
        rows = self.env.execute_query(self._select_invoiced())
        return {check_id: float(price) for check_id, price in rows}

    def _select_invoiced(self):
        """Rows: check, price of one unit, where the product was invoiced in the contract's currency."""
        return SQL(
            """
            SELECT DISTINCT ON (check_.id) check_.id, item.price_subtotal / item.quantity
              FROM franchise_price_check check_
              JOIN franchise_contract contract ON contract.id = check_.contract_id
              JOIN account_move move
                ON move.company_id = check_.company_id AND move.commercial_partner_id = contract.buyer_id
               AND move.move_type = 'out_invoice' AND move.state = 'posted' AND move.franchise_settlement_id IS NULL
               AND move.invoice_date <= check_.date
              JOIN account_move_line item
                ON item.move_id = move.id AND item.product_id = check_.product_id AND item.quantity > 0
               AND item.currency_id = check_.currency_id
             WHERE check_.id IN %s
          ORDER BY check_.id, move.invoice_date DESC, item.id DESC
            """,
            tuple(self.ids) or (0,),
        )

from odoo import fields, models

COUNTED = {
    "sales_report_count": "franchise.sales.report",
    "target_count": "franchise.target",
    "entitlement_count": "franchise.entitlement",
    "exchange_count": "franchise.exchange",
    "price_check_count": "franchise.price.check",
}


class FranchiseContract(models.Model):
    """What a contract's screen shows of its sales, targets, support and exchanges."""

    _inherit = "franchise.contract"

    sales_report_count = fields.Integer(string="Sales Reports", compute="_compute_money_counts")
    target_count = fields.Integer(string="Targets", compute="_compute_money_counts")
    entitlement_count = fields.Integer(string="Support", compute="_compute_money_counts")
    exchange_count = fields.Integer(string="Exchanges", compute="_compute_money_counts")
    price_check_count = fields.Integer(string="Price Checks", compute="_compute_money_counts")
    entitlement_ids = fields.One2many("franchise.entitlement", "contract_id", string="Support Owed")

    def _compute_money_counts(self):
        for name, model in COUNTED.items():
            rows = self.env[model]._read_group([("contract_id", "in", self.ids)], ["contract_id"], ["__count"])
            counts = dict(rows)
            for contract in self:
                contract[name] = counts.get(contract._origin, 0)

    def action_view_sales_reports(self):
        """Open the sales reports of this contract."""
        return self._open_related("franchise.sales.report", self.env._("Sales Reports"), "list,form,pivot,graph")

    def action_view_targets(self):
        """Open the purchase targets of this contract."""
        return self._open_related("franchise.target", self.env._("Purchase Targets"), "list,form,pivot,graph")

    def action_view_entitlements(self):
        """Open what support this contract's franchisee is owed."""
        return self._open_related("franchise.entitlement", self.env._("Support"), "list,kanban,form,pivot")

    def action_view_exchanges(self):
        """Open the exchanges of goods of this contract."""
        return self._open_related("franchise.exchange", self.env._("Exchanges of Goods"))

    def action_view_price_checks(self):
        """Open the price checks of this contract."""
        return self._open_related("franchise.price.check", self.env._("Price Checks"), "list,pivot")

    def action_make_targets(self):
        """Draft the targets that the terms ask for, up to the end of the running year, and show them."""
        self.check_access("write")
        until = fields.Date.context_today(self).replace(month=12, day=31)
        self.env["franchise.target"]._make_missing(self, until)
        return self.action_view_targets()

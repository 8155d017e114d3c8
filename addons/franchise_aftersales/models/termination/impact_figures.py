from collections import defaultdict
from datetime import date

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import SQL

OPEN_CLAIMS = ("draft", "submitted", "assessed", "approved")
UNANSWERED = ("demanded", "acknowledged", "disputed")


class FranchiseTerminationImpact(models.Model):
    """What is at stake with each supplier: counted for all rows together, whatever their number (R-B4)."""

    _inherit = "franchise.termination.impact"

    warranty_line_count = fields.Integer(
        string="Under Warranty",
        compute="_compute_warranty",
        help="Lines of the supplier's posted bills whose warranty still runs after the last day of the contract.",
    )
    warranty_product_ids = fields.Many2many(
        "product.product", string="Products Under Warranty", compute="_compute_warranty"
    )
    warranty_until = fields.Date(compute="_compute_warranty", help="Last day of the longest of these warranties.")
    open_claim_count = fields.Integer(string="Open Claims", compute="_compute_claims")
    open_claim_amount = fields.Monetary(
        string="Claimed and Open", compute="_compute_claims", currency_field="agreement_currency_id"
    )
    open_recovery_count = fields.Integer(string="Open Recoveries", compute="_compute_recoveries")
    open_recovery_amount = fields.Monetary(
        string="Recoveries Open",
        compute="_compute_recoveries",
        currency_field="agreement_currency_id",
        help="Demanded and not answered, or accepted and not settled.",
    )
    payable_amount = fields.Monetary(
        string="Open Payables",
        compute="_compute_payables",
        help="Residual of the supplier's posted bills less refunds, at today's rate in the contract's currency.",
    )
    payable_detail = fields.Char(string="Payables by Currency", compute="_compute_payables")

    def _warranty_day(self):
        """The day (date) that warranties are looked at: the last day of the contract, or today while it has none."""
        self.ensure_one()
        return self.termination_id.date_effective or fields.Date.context_today(self)

    @api.depends("agreement_id", "termination_id.date_effective")
    def _compute_warranty(self):
        bought = self._bought_items()
        pairs = {
            (impact.agreement_id.id, day)
            for impact in self
            for _product, day, _count in bought.get((impact.company_id.id, impact.supplier_id.id), ())
        }
        versions = self.env["franchise.service.agreement"]._versions_on(pairs)
        for impact in self:
            lines, products, until = 0, set(), date.min
            for product, day, count in bought.get((impact.company_id.id, impact.supplier_id.id), ()):
                version = versions.get((impact.agreement_id.id, day))
                if not version or not version.warranty_months:
                    continue
                last_day = day + relativedelta(months=version.warranty_months)
                if last_day >= impact._warranty_day():
                    lines += count
                    products.add(product)
                    until = max(until, last_day)
            impact.warranty_line_count = lines
            impact.warranty_product_ids = self.env["product.product"].browse(sorted(products - {None}))
            impact.warranty_until = lines and until

    def _bought_items(self):
        """{(company id, supplier id): [(product id or None, invoice date, lines)]} of posted vendor bills, one query."""
        longest = max(self.agreement_id.version_ids.mapped("warranty_months"), default=0)
        if not longest:
            return {}
        first = min(impact._warranty_day() for impact in self) - relativedelta(months=longest)
        self.env["account.move.line"].flush_model(["move_id", "product_id", "display_type"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT bill.company_id, bill.commercial_partner_id, item.product_id, bill.invoice_date, count(*)
                  FROM account_move bill
                  JOIN account_move_line item ON item.move_id = bill.id AND item.display_type = 'product'
                 WHERE bill.company_id IN %s AND bill.commercial_partner_id IN %s
                   AND bill.move_type = 'in_invoice' AND bill.state = 'posted' AND bill.invoice_date >= %s
                 GROUP BY 1, 2, 3, 4
                """,
                tuple(self.company_id.ids),
                tuple(self.supplier_id.ids),
                first,
            )
        )
        found = defaultdict(list)
        for company_id, supplier_id, product_id, day, count in rows:
            found[company_id, supplier_id].append((product_id, day, count))
        return found

    @api.depends("agreement_id", "termination_id.contract_id")
    def _compute_claims(self):
        found = {
            (contract.id, agreement.id): (count, amount)
            for contract, agreement, count, amount in self.env["franchise.claim"]
            .sudo()
            ._read_group(
                [
                    ("contract_id", "in", self.termination_id.contract_id.ids),
                    ("agreement_id", "in", self.agreement_id.ids),
                    ("state", "in", OPEN_CLAIMS),
                ],
                ["contract_id", "agreement_id"],
                ["__count", "amount_claimed:sum"],
            )
        }
        for impact in self:
            key = (impact.termination_id.contract_id.id, impact.agreement_id.id)
            impact.open_claim_count, impact.open_claim_amount = found.get(key, (0, 0.0))

    @api.depends("agreement_id", "termination_id.contract_id")
    def _compute_recoveries(self):
        recoveries = (
            self.env["franchise.claim.recovery"]
            .sudo()
            .search_fetch(
                [
                    ("claim_id.contract_id", "in", self.termination_id.contract_id.ids),
                    ("claim_id.agreement_id", "in", self.agreement_id.ids),
                    ("party", "=", "supplier"),
                    ("is_settled", "=", False),
                    ("state", "in", (*UNANSWERED, "accepted", "partial")),
                ],
                ["claim_id", "state", "amount_demanded", "amount_accepted", "amount_rerouted", "amount_own"],
            )
        )
        found = defaultdict(list)
        for recovery in recoveries:
            amount = recovery._amount_asked() if recovery.state in UNANSWERED else recovery.amount_accepted
            if amount:
                found[recovery.claim_id.contract_id.id, recovery.claim_id.agreement_id.id].append(amount)
        for impact in self:
            amounts = found[impact.termination_id.contract_id.id, impact.agreement_id.id]
            impact.open_recovery_count = len(amounts)
            impact.open_recovery_amount = sum(amounts)

    @api.depends("supplier_id", "termination_id.contract_id")
    @api.depends_context("lang")
    def _compute_payables(self):
        residuals = self._payable_residuals()
        today = fields.Date.context_today(self)
        rates = {}
        for impact in self:
            total, parts = 0.0, []
            company, target = impact.company_id, impact.currency_id
            for currency, amount in residuals.get((company, impact.supplier_id), ()):
                key = (currency, target, company)
                if key not in rates:
                    rates[key] = self.env["res.currency"]._get_conversion_rate(currency, target, company, today)
                total += amount * rates[key]
                text = currency.format(amount)
                if currency != target:
                    text = self.env._("%(amount)s at %(rate)s", amount=text, rate=f"{rates[key]:.6f}")
                parts.append(text)
            impact.payable_amount = target.round(total) if target else total
            impact.payable_detail = " + ".join(parts)

    def _payable_residuals(self):
        """{(company, supplier): [(currency, residual of posted bills less refunds)]}, one query."""
        groups = (
            self.env["account.move"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "in", self.company_id.ids),
                    ("commercial_partner_id", "in", self.supplier_id.ids),
                    ("move_type", "in", ("in_invoice", "in_refund")),
                    ("state", "=", "posted"),
                    ("amount_residual", "!=", 0),
                ],
                ["company_id", "commercial_partner_id", "currency_id", "move_type"],
                ["amount_residual:sum"],
            )
        )
        sums = defaultdict(lambda: defaultdict(float))
        for company, supplier, currency, move_type, amount in groups:
            sign = 1 if move_type == "in_invoice" else -1
            sums[company.sudo(False), supplier.sudo(False)][currency.sudo(False)] += sign * amount
        return {
            key: [(currency, currency.round(amount)) for currency, amount in amounts.items()]
            for key, amounts in sums.items()
        }

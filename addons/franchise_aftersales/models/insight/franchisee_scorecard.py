from odoo import fields, models
from odoo.tools import SQL

from ..aftercare.cluster_search import COUNTED
from ..evidence.evidence import GIVEN

# Who sees how franchisees pay: who works with the contract's money.
MONEY = "franchise_aftersales.group_accountant,franchise_aftersales.group_contract"
FACTS = [
    ("claim", "Claim"),
    ("evidence", "Mandatory evidence"),
    ("invoice", "Invoice"),
    ("sales", "Month of sales"),
]


class FranchiseFranchiseeScorecard(models.Model):
    """How franchisees do, by month or any other group (R-F2).

    | figure | is | day |
    | --- | --- | --- |
    | claims, approval rate | claims handed in; approved ÷ (approved + rejected) | of the report |
    | claims to sales | approved amounts ÷ confirmed net sales | of the report, of the month |
    | evidence given | given, accepted or waived ÷ mandatory rows of their claims | of the report |
    | satisfaction | mean of the ratings of their claims (1 to 5) | of the report |
    | paid on time | invoices paid by their due day ÷ invoices paid or overdue | due day |
    | overdue | what is open of overdue invoices | due day |
    | sales on time | months reported within the days of the contract's terms ÷ months reported or overdue | of the month |
    """

    _name = "franchise.franchisee.scorecard"
    _description = "Franchisee Scorecard"
    _inherit = ["franchise.insight.mixin"]
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "franchisee_id"
    _depends = {
        "franchise.claim": ["state", "reported_date", "amount_approved", "rating_last_value", "contract_id"],
        "franchise.claim.evidence": ["state", "requirement"],
        "franchise.contract": ["brand_id", "buyer_id", "date_start", "date_end", "state"],
        "franchise.contract.version": ["report_days", "date_from", "date_to", "state"],
        "franchise.sales.report": ["month", "net_sales", "reported_on", "is_estimate", "state"],
        "account.move": [
            "state",
            "payment_state",
            "invoice_date_due",
            "amount_residual_signed",
            "commercial_partner_id",
        ],
        "account.move.line": ["move_id"],
        "account.partial.reconcile": ["max_date", "debit_move_id"],
        "res.currency.rate": ["rate", "name"],
    }
    _ratios = {"claims_to_sales": ("amount_approved", "amount_sales", 100)}

    kind = fields.Selection(FACTS, string="Fact", readonly=True)
    date = fields.Date(readonly=True)
    franchisee_id = fields.Many2one("res.partner", readonly=True)
    contract_id = fields.Many2one("franchise.contract", readonly=True)
    brand_id = fields.Many2one("franchise.brand", readonly=True)
    claim_id = fields.Many2one("franchise.claim", readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True, groups=MONEY)
    claim_count = fields.Integer(string="Claims", readonly=True)
    approval_rate = fields.Float(
        string="Approved (%)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Approved ÷ (approved + rejected) claims.",
    )
    amount_approved = fields.Monetary(string="Approved Claims", readonly=True)
    amount_sales = fields.Monetary(string="Net Sales", readonly=True, help="Confirmed sales reports, no estimates.")
    claims_to_sales = fields.Float(
        string="Claims to Sales (%)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Approved claims ÷ net sales.",
    )
    evidence_rate = fields.Float(
        string="Evidence Given (%)", readonly=True, aggregator="avg", digits=(16, 1), help="Of what is mandatory."
    )
    satisfaction = fields.Float(readonly=True, aggregator="avg", digits=(16, 2), help="Mean rating, 1 to 5.")
    paid_on_time_rate = fields.Float(
        string="Paid on Time (%)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        groups=MONEY,
        help="Invoices paid by their due day ÷ invoices paid or overdue.",
    )
    amount_overdue = fields.Monetary(string="Overdue", readonly=True, groups=MONEY)
    sales_on_time_rate = fields.Float(
        string="Sales on Time (%)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Months reported within the days of the terms ÷ months reported or overdue.",
    )

    def _facts(self):
        return self._together(self._fact_claim(), self._fact_evidence(), self._fact_invoice(), self._fact_sales())

    def _of_contract(self, source, **columns):
        """A fact of a contract (`contract` in the source)."""
        return self._fact(
            source,
            company_id=SQL("contract.company_id"),
            currency_id=SQL("company.currency_id"),
            franchisee_id=SQL("contract.buyer_id"),
            contract_id=SQL("contract.id"),
            brand_id=SQL("contract.brand_id"),
            **columns,
        )

    def _fact_claim(self):
        day = SQL("claim.reported_date")
        return self._of_contract(
            SQL(
                "%s JOIN franchise_contract contract ON contract.id = claim.contract_id WHERE claim.state IN %s",
                self._joined("franchise_claim", "claim"),
                COUNTED,
            ),
            fact=0,
            kind="claim",
            id=SQL("claim.id"),
            claim_id=SQL("claim.id"),
            date=day,
            claim_count=1,
            approval_rate=SQL(
                "CASE WHEN claim.state IN ('approved', 'closed') THEN 100 WHEN claim.state = 'rejected' THEN 0 END"
            ),
            amount_approved=self._money(SQL("COALESCE(claim.amount_approved, 0)"), SQL("claim.currency_id"), day),
            satisfaction=SQL("NULLIF(claim.rating_last_value, 0)"),
        )

    def _fact_evidence(self):
        return self._of_contract(
            SQL(
                "%s JOIN franchise_claim claim ON claim.id = evidence.claim_id AND claim.state IN %s"
                " JOIN franchise_contract contract ON contract.id = claim.contract_id"
                " WHERE evidence.requirement = 'mandatory'",
                self._joined("franchise_claim_evidence", "evidence"),
                COUNTED,
            ),
            fact=1,
            kind="evidence",
            id=SQL("evidence.id"),
            claim_id=SQL("claim.id"),
            date=SQL("claim.reported_date"),
            evidence_rate=SQL("CASE WHEN evidence.state IN %s THEN 100 ELSE 0 END", tuple(GIVEN)),
        )

    def _fact_invoice(self):
        """Posted customer invoices of companies that have a contract; paid is paid on the day of the last payment."""
        today = self._today()
        paid = SQL("move.payment_state IN ('paid', 'in_payment', 'reversed')")
        last = SQL(
            "(SELECT MAX(partial.max_date) FROM account_move_line item"
            " JOIN account_partial_reconcile partial ON partial.debit_move_id = item.id WHERE item.move_id = move.id)"
        )
        return self._fact(
            SQL(
                "%s WHERE move.move_type = 'out_invoice' AND move.state = 'posted'"
                " AND EXISTS (SELECT 1 FROM franchise_contract contract"
                " WHERE contract.buyer_id = move.commercial_partner_id AND contract.company_id = move.company_id"
                " AND contract.state IN ('signed', 'ended'))",
                self._joined("account_move", "move"),
            ),
            company_id=SQL("move.company_id"),
            currency_id=SQL("company.currency_id"),
            franchisee_id=SQL("move.commercial_partner_id"),
            move_id=SQL("move.id"),
            fact=2,
            kind="invoice",
            id=SQL("move.id"),
            date=SQL("move.invoice_date_due"),
            paid_on_time_rate=SQL(
                "CASE WHEN %(paid)s THEN (COALESCE(%(last)s, move.invoice_date_due) <= move.invoice_date_due)::int * 100"
                " WHEN move.invoice_date_due < %(today)s THEN 0 END",
                paid=paid,
                last=last,
                today=today,
            ),
            amount_overdue=SQL(
                "CASE WHEN move.invoice_date_due < %s THEN move.amount_residual_signed ELSE 0 END", today
            ),
        )

    def _fact_sales(self):
        """One fact for each month that is over of a contract, reported or not, by the terms in force at its end."""
        today = self._today()
        months = SQL(
            """
            (SELECT contract.*, step::date AS first, (step + interval '1 month')::date - 1 AS last
               FROM franchise_contract contract
         CROSS JOIN LATERAL generate_series(
                        date_trunc('month', contract.date_start::timestamp),
                        LEAST(contract.date_end, date_trunc('month', %s::timestamp)::date - 1)::timestamp,
                        interval '1 month') step
              WHERE contract.state IN ('signed', 'ended'))
            """,
            today,
        )
        due = SQL(
            "(contract.last + COALESCE((SELECT version.report_days FROM franchise_contract_version version"
            " WHERE version.contract_id = contract.id AND version.state = 'confirmed'"
            " AND version.date_from <= LEAST(contract.last, contract.date_end)"
            " AND (version.date_to IS NULL OR version.date_to >= LEAST(contract.last, contract.date_end)) LIMIT 1), 0))"
        )
        told = SQL("report.reported_on IS NOT NULL AND report.is_estimate IS NOT TRUE")
        return self._of_contract(
            SQL(
                "%s contract JOIN res_company company ON company.id = contract.company_id"
                " JOIN res_currency unit ON unit.id = company.currency_id"
                " LEFT JOIN franchise_sales_report report ON report.contract_id = contract.id"
                " AND report.month = contract.first",
                months,
            ),
            fact=3,
            kind="sales",
            # A contract's months until the year 2240, one number each.
            id=SQL(
                "contract.id::bigint * 4096 + (EXTRACT(YEAR FROM contract.first)::int - 1900) * 12"
                " + EXTRACT(MONTH FROM contract.first)::int"
            ),
            date=SQL("contract.first"),
            amount_sales=SQL(
                "CASE WHEN report.state = 'confirmed' AND report.is_estimate IS NOT TRUE THEN %s END",
                self._money(SQL("report.net_sales"), SQL("report.currency_id"), SQL("contract.last")),
            ),
            sales_on_time_rate=SQL(
                "CASE WHEN %(told)s THEN (report.reported_on <= %(due)s)::int * 100 WHEN %(due)s < %(today)s THEN 0 END",
                told=told,
                due=due,
                today=today,
            ),
        )

    def action_open_document(self):
        """Open what the row is about: the claim, the invoice or the contract."""
        self.ensure_one()
        if self.claim_id:
            return self._open("franchise.claim", self.claim_id.id)
        if self.kind == "invoice":
            return self._open("account.move", self.sudo().move_id.id)
        return self._open("franchise.contract", self.contract_id.id)

from odoo import fields, models
from odoo.tools import SQL

from ..recovery.claim_rate import DECIDED
from .report_mixin import selection_of

# Claims that say something of the goods: handed in, and not refused.
STANDING = ("submitted", "assessed", "approved", "closed")
# A recovery that was answered; what is in dispute has been refused so far.
ANSWERED = ("accepted", "partial", "rejected", "disputed")
FACTS = [
    ("reported", "Claim reported"),
    ("approved", "Claim approved"),
    ("recovery", "Recovery"),
    ("clock", "Clock"),
    ("defect", "Claim of a lot"),
    ("penalty", "Penalty"),
]


class FranchiseSupplierScorecard(models.Model):
    """How suppliers do, by month or any other group (R-F2).

    | figure | is | day |
    | --- | --- | --- |
    | claims | claims handed in and not refused | of the report |
    | recovery rate | recovered ÷ caused by the supplier, both as the claim has them (`models/recovery/claim_rate.py`) | of the approval |
    | demanded, accepted, rejected | of recoveries that weren't withdrawn; in dispute counts as rejected | of the demand |
    | rejection rate | rejected ÷ demanded, of what was answered | of the demand |
    | hours to acknowledge, to answer | working hours by the clocks that ended, mean over them | of the start |
    | on-time rate | kept ÷ (kept + broken) of the supplier's clocks; an open one is broken once it is overdue | of the start |
    | claims a lot | claims of batches, or else lots, ÷ different ones of them | of the event |
    | penalties | confirmed amounts for broken service levels | of the amount |
    """

    _name = "franchise.supplier.scorecard"
    _description = "Supplier Scorecard"
    _inherit = ["franchise.insight.mixin"]
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "claim_id"
    _depends = {
        "franchise.claim": [
            "state",
            "approved_at",
            "amount_supplier_cost",
            "amount_supplier_recovered",
            "event_date",
            "reported_date",
            "cause_id",
        ],
        "franchise.claim.line": ["lot", "batch", "product_id"],
        "franchise.claim.recovery": [
            "state",
            "amount_demanded",
            "amount_accepted",
            "amount_rejected",
            "amount_disputed",
        ],
        "franchise.claim.clock": ["state", "start_at", "due_at", "done_at", "used_hours"],
        "franchise.claim.charge": ["amount", "state", "date"],
        "franchise.contract": ["brand_id"],
        "res.partner": ["commercial_partner_id"],
        "res.currency.rate": ["rate", "name"],
    }
    _ratios = {
        "recovery_rate": ("amount_recovered", "amount_cost", 100),
        "rejection_rate": ("amount_rejected", "amount_answered", 100),
        "defects_per_lot": ("defect_count", "lot_number:count_distinct", 1),
    }

    kind = fields.Selection(FACTS, string="Fact", readonly=True)
    date = fields.Date(readonly=True)
    supplier_id = fields.Many2one("res.partner", readonly=True)
    claim_id = fields.Many2one("franchise.claim", readonly=True)
    recovery_id = fields.Many2one("franchise.claim.recovery", readonly=True)
    clock_kind = fields.Selection(selection_of("franchise.claim.clock", "kind"), string="Clock", readonly=True)
    brand_id = fields.Many2one("franchise.brand", readonly=True)
    cause_id = fields.Many2one("franchise.cause", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    claim_count = fields.Integer(string="Claims", readonly=True)
    amount_cost = fields.Monetary(string="Caused by the Supplier", readonly=True)
    amount_recovered = fields.Monetary(string="Recovered", readonly=True)
    recovery_rate = fields.Float(
        string="Recovery Rate (%)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Recovered ÷ caused by the supplier; of several claims the ratio of the sums.",
    )
    amount_demanded = fields.Monetary(string="Demanded", readonly=True)
    amount_accepted = fields.Monetary(string="Accepted", readonly=True)
    amount_answered = fields.Monetary(string="Demanded and Answered", readonly=True)
    amount_rejected = fields.Monetary(string="Rejected", readonly=True, help="Of what was answered; also in dispute.")
    rejection_rate = fields.Float(
        string="Rejection Rate (%)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Rejected ÷ demanded, of what was answered.",
    )
    acknowledge_hours = fields.Float(string="Acknowledged In (h)", readonly=True, aggregator="avg", digits=(16, 2))
    answer_hours = fields.Float(string="Answered In (h)", readonly=True, aggregator="avg", digits=(16, 2))
    on_time_rate = fields.Float(
        string="On Time (%)", readonly=True, aggregator="avg", digits=(16, 1), help="Kept ÷ decided clocks."
    )
    defect_count = fields.Integer(string="Claims of Lots", readonly=True)
    lot_number = fields.Integer(
        string="Lots", readonly=True, aggregator="count_distinct", help="How many different batches or lots."
    )
    defects_per_lot = fields.Float(
        string="Claims a Lot",
        readonly=True,
        aggregator="avg",
        digits=(16, 2),
        help="Claims ÷ different batches or lots.",
    )
    amount_penalty = fields.Monetary(string="Penalties", readonly=True)

    def _facts(self):
        return self._together(
            self._fact_reported(),
            self._fact_approved(),
            self._fact_recovery(),
            self._fact_clock(),
            self._fact_defect(),
            self._fact_penalty(),
        )

    def _of_claim(self, source, supplier, **columns):
        """A fact of a claim (`claim` in the source) about the commercial partner of `supplier` (SQL of a partner's id)."""
        return self._fact(
            source,
            claim_id=SQL("claim.id"),
            company_id=SQL("claim.company_id"),
            currency_id=SQL("company.currency_id"),
            supplier_id=SQL("(SELECT commercial_partner_id FROM res_partner WHERE id = %s)", supplier),
            cause_id=SQL("claim.cause_id"),
            brand_id=SQL("(SELECT brand_id FROM franchise_contract WHERE id = claim.contract_id)"),
            **columns,
        )

    def _fact_reported(self):
        return self._of_claim(
            SQL("%s WHERE claim.state IN %s", self._joined("franchise_claim", "claim"), STANDING),
            SQL("claim.supplier_id"),
            fact=0,
            kind="reported",
            id=SQL("claim.id"),
            date=SQL("claim.reported_date"),
            claim_count=1,
        )

    def _fact_approved(self):
        day, currency = self._day(SQL("claim.approved_at")), SQL("claim.currency_id")
        return self._of_claim(
            SQL("%s WHERE claim.state IN %s", self._joined("franchise_claim", "claim"), DECIDED),
            SQL("claim.supplier_id"),
            fact=1,
            kind="approved",
            id=SQL("claim.id"),
            date=day,
            amount_cost=self._money(SQL("COALESCE(claim.amount_supplier_cost, 0)"), currency, day),
            amount_recovered=self._money(SQL("COALESCE(claim.amount_supplier_recovered, 0)"), currency, day),
        )

    def _with_claim(self, table, alias):
        return SQL(
            "%s JOIN franchise_claim claim ON claim.id = %s",
            self._joined(table, alias),
            SQL.identifier(alias, "claim_id"),
        )

    def _fact_recovery(self):
        day, currency = self._day(SQL("recovery.create_date")), SQL("recovery.currency_id")
        answered = SQL("recovery.state IN %s", ANSWERED)
        refused = SQL("COALESCE(recovery.amount_rejected, 0) + COALESCE(recovery.amount_disputed, 0)")
        return self._of_claim(
            SQL(
                "%s WHERE recovery.party = 'supplier' AND recovery.state != 'withdrawn'",
                self._with_claim("franchise_claim_recovery", "recovery"),
            ),
            SQL("recovery.partner_id"),
            fact=2,
            kind="recovery",
            id=SQL("recovery.id"),
            recovery_id=SQL("recovery.id"),
            date=day,
            amount_demanded=self._money(SQL("recovery.amount_demanded"), currency, day),
            amount_accepted=self._money(SQL("recovery.amount_accepted"), currency, day),
            amount_answered=SQL(
                "CASE WHEN %s THEN %s ELSE 0 END",
                answered,
                self._money(SQL("recovery.amount_demanded"), currency, day),
            ),
            amount_rejected=SQL("CASE WHEN %s THEN %s ELSE 0 END", answered, self._money(refused, currency, day)),
        )

    def _fact_clock(self):
        hours = "CASE WHEN clock.kind = %s AND clock.done_at IS NOT NULL THEN clock.used_hours END"
        return self._of_claim(
            SQL("%s WHERE clock.side = 'supplier'", self._with_claim("franchise_claim_clock", "clock")),
            SQL("clock.partner_id"),
            fact=3,
            kind="clock",
            id=SQL("clock.id"),
            recovery_id=SQL("clock.recovery_id"),
            clock_kind=SQL("clock.kind"),
            date=self._day(SQL("clock.start_at")),
            acknowledge_hours=SQL(hours, "acknowledge"),
            answer_hours=SQL(hours, "answer"),
            on_time_rate=SQL(
                "CASE %s WHEN 'kept' THEN 100 WHEN 'broken' THEN 0 END",
                self.env["franchise.sla.attainment"]._state_now(),
            ),
        )

    def _fact_defect(self):
        """One fact a claim and batch (or lot, where no batch is known) of a product; numbered by the batch's first line."""
        lots = SQL(
            """
            (SELECT MIN(line.id) AS id, line.claim_id, line.product_id,
                    MIN(MIN(line.id)) OVER (PARTITION BY line.company_id, line.product_id, key.kind, key.text) AS lot_number
               FROM franchise_claim_line line
               JOIN franchise_claim claim ON claim.id = line.claim_id AND claim.state IN %s
               JOIN LATERAL (
                    SELECT CASE WHEN COALESCE(trim(line.batch), '') != '' THEN 'batch' ELSE 'lot' END AS kind,
                           upper(COALESCE(NULLIF(trim(line.batch), ''), trim(line.lot))) AS text
                    ) key ON key.text != ''
              WHERE line.product_id IS NOT NULL
           GROUP BY line.claim_id, line.product_id, line.company_id, key.kind, key.text)
            """,
            STANDING,
        )
        return self._of_claim(
            SQL(
                "%s lot JOIN franchise_claim claim ON claim.id = lot.claim_id"
                " JOIN res_company company ON company.id = claim.company_id",
                lots,
            ),
            SQL("claim.supplier_id"),
            fact=4,
            kind="defect",
            id=SQL("lot.id"),
            date=SQL("claim.event_date"),
            product_id=SQL("lot.product_id"),
            defect_count=1,
            lot_number=SQL("lot.lot_number"),
        )

    def _fact_penalty(self):
        return self._of_claim(
            SQL(
                "%s WHERE charge.kind = 'sla_penalty' AND charge.party = 'supplier' AND charge.state = 'confirmed'",
                self._with_claim("franchise_claim_charge", "charge"),
            ),
            SQL("charge.partner_id"),
            fact=5,
            kind="penalty",
            id=SQL("charge.id"),
            date=SQL("charge.date"),
            amount_penalty=self._money(SQL("charge.amount"), SQL("charge.currency_id"), SQL("charge.date")),
        )

    def action_open_document(self):
        """Open the recovery of the row, or its claim."""
        self.ensure_one()
        if self.recovery_id and self.env["franchise.claim.recovery"].has_access("read"):
            return self._open("franchise.claim.recovery", self.recovery_id.id)
        return self._open("franchise.claim", self.claim_id.id)

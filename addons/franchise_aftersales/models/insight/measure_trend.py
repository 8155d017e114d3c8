from odoo import fields, models
from odoo.tools import SQL

from ...tools.claim_effect import DAYS_A_MONTH


class FranchiseMeasureTrend(models.Model):
    """Claims month by month before a measure began and after it was done (R-F2).

    Months are counted from the measure: −1 ends the day before it began, 1 begins the day after it was done; the last one
    ends today at the latest. The same claims in the same days as the measure's own figures (`franchise.measure`): a rate is
    claims ÷ days × 30.436875, of any group the ratio of its sums.
    """

    _name = "franchise.measure.trend"
    _description = "Claims Before and After a Measure"
    _inherit = ["franchise.insight.mixin"]
    _auto = False
    _order = "measure_id, month"
    _rec_name = "measure_id"
    _depends = {
        "franchise.measure": [
            "started_on",
            "done_on",
            "effect_months",
            "claim_product_id",
            "claim_cause_id",
            "claim_batch",
            "state",
        ],
        "franchise.claim": ["event_date", "state", "cause_id"],
        "franchise.claim.line": ["product_id", "batch"],
    }
    _ratios = {"claims_a_month": ("claim_count", "days", DAYS_A_MONTH)}

    measure_id = fields.Many2one("franchise.measure", readonly=True)
    phase = fields.Selection([("before", "Before"), ("after", "After")], readonly=True)
    month = fields.Integer(
        string="Month From the Measure",
        readonly=True,
        aggregator=None,
        help="Negative: before the measure began; positive: after it.",
    )
    date_from = fields.Date(string="From", readonly=True)
    date_to = fields.Date(string="Until", readonly=True)
    days = fields.Integer(readonly=True)
    claim_count = fields.Integer(string="Claims", readonly=True)
    claims_a_month = fields.Float(
        string="Claims a Month", readonly=True, aggregator="avg", digits=(16, 2), help="Of months of mean length."
    )

    def _facts(self):
        spans = SQL(
            """
            (SELECT measure.*, span.*
               FROM franchise_measure measure
         CROSS JOIN LATERAL (
                    SELECT 'before' AS phase, -number AS month,
                           (measure.started_on - make_interval(months => number))::date AS first,
                           (measure.started_on - make_interval(months => number - 1))::date - 1 AS last
                      FROM generate_series(1, GREATEST(measure.effect_months, 1)) number
                 UNION ALL
                    SELECT 'after', number,
                           (measure.done_on + make_interval(months => number - 1))::date + 1,
                           LEAST((measure.done_on + make_interval(months => number))::date, %(today)s)
                      FROM generate_series(1, GREATEST(measure.effect_months, 1)) number
                     WHERE (measure.done_on + make_interval(months => number - 1))::date < %(today)s) span
              WHERE measure.started_on IS NOT NULL AND (measure.claim_product_id IS NOT NULL
                    OR measure.claim_cause_id IS NOT NULL OR COALESCE(trim(measure.claim_batch), '') != ''))
            """,
            today=self._today(),
        )
        claims = SQL(
            """
            (SELECT COUNT(DISTINCT claim.id)
               FROM franchise_claim claim
               JOIN franchise_cause cause ON cause.id = claim.cause_id
               JOIN franchise_claim_line line ON line.claim_id = claim.id
              WHERE claim.company_id = month.company_id AND claim.state NOT IN ('draft', 'cancelled')
                AND claim.event_date BETWEEN month.first AND month.last
                AND (month.claim_product_id IS NULL OR line.product_id = month.claim_product_id)
                AND (month.claim_cause_id IS NULL OR cause.parent_path LIKE
                     (SELECT wanted.parent_path FROM franchise_cause wanted WHERE wanted.id = month.claim_cause_id) || '%%')
                AND (COALESCE(trim(month.claim_batch), '') = ''
                     OR upper(trim(line.batch)) = upper(trim(month.claim_batch))))
            """
        )
        return self._fact(
            SQL("%s month JOIN res_company company ON company.id = month.company_id", spans),
            id=SQL("month.id * 128 + month.month + 60"),
            company_id=SQL("month.company_id"),
            currency_id=SQL("company.currency_id"),
            measure_id=SQL("month.id"),
            phase=SQL("month.phase"),
            month=SQL("month.month"),
            date_from=SQL("month.first"),
            date_to=SQL("month.last"),
            days=SQL("month.last - month.first + 1"),
            claim_count=claims,
        )

    def action_view_claims(self):
        """Open the claims of this month that the measure is about."""
        self.ensure_one()
        measure = self.measure_id
        domain = fields.Domain(
            [
                ("company_id", "=", measure.company_id.id),
                ("state", "not in", ("draft", "cancelled")),
                ("event_date", ">=", self.date_from),
                ("event_date", "<=", self.date_to),
            ]
        )
        of_line = fields.Domain.TRUE
        if measure.claim_product_id:
            of_line &= fields.Domain("product_id", "=", measure.claim_product_id.id)
        if (measure.claim_batch or "").strip():
            of_line &= fields.Domain("batch", "=ilike", measure.claim_batch.strip())
        domain &= fields.Domain("line_ids", "any", of_line)
        if measure.claim_cause_id:
            domain &= fields.Domain("cause_id", "child_of", measure.claim_cause_id.id)
        return {
            "type": "ir.actions.act_window",
            "name": measure.name,
            "res_model": "franchise.claim",
            "view_mode": "list,form",
            "domain": list(domain),
        }

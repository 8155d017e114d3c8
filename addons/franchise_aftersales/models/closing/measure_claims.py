from odoo import api, fields, models
from odoo.tools import SQL

from ...tools import claim_effect

MONTHS = 6


class FranchiseMeasure(models.Model):
    """A measure against claims: how many a month there were before and after it, counted, not typed (R-D13)."""

    _inherit = "franchise.measure"

    _frozen_fields = frozenset(
        {"lesson_id", "cluster_id", "claim_product_id", "claim_cause_id", "claim_batch", "effect_months"}
    )
    _step_fields = frozenset({"started_on"})

    lesson_id = fields.Many2one(
        "franchise.claim.lesson", index="btree_not_null", ondelete="restrict", check_company=True
    )
    cluster_id = fields.Many2one(
        "franchise.claim.cluster",
        string="Recall Signal",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    claim_product_id = fields.Many2one("product.product", string="Claims of Product", ondelete="restrict")
    claim_cause_id = fields.Many2one(
        "franchise.cause", string="Claims of Cause", ondelete="restrict", help="With its sub-causes."
    )
    claim_batch = fields.Char(string="Claims of Batch", help="Production batch; empty: all.")
    effect_months = fields.Integer(
        string="Measured Over (Months)", default=MONTHS, help="So many months before it began and after it was done."
    )
    started_on = fields.Date(readonly=True, copy=False)
    claims_before = fields.Float(
        string="Claims a Month Before", compute="_compute_claims", digits=(16, 2), help="In the months before it began."
    )
    claims_after = fields.Float(
        string="Claims a Month After", compute="_compute_claims", digits=(16, 2), help="Since it was done."
    )
    claims_fewer_percent = fields.Float(
        string="Fewer Claims (%)", compute="_compute_claims", digits=(16, 1), help="Negative: there are more."
    )

    _check_months = models.Constraint(
        "CHECK (effect_months BETWEEN 1 AND 60)", "An effect is measured over 1 to 60 months."
    )

    def action_start(self):
        """Begin; the months before today are what the effect is held against."""
        super().action_start()
        for measure in self:
            if measure._measures_claims() and not measure.indicator:
                measure._trusted().write({"indicator": self.env._("Claims a month")})
        self._trusted().write({"started_on": fields.Date.context_today(self)})
        return True

    @api.depends(
        "claim_product_id", "claim_cause_id", "claim_batch", "effect_months", "started_on", "done_on", "company_id"
    )
    def _compute_claims(self):
        today = fields.Date.context_today(self)
        counts = self._count_claims(today)
        for measure in self:
            begin = measure.started_on or today
            before, after = claim_effect.windows(begin, measure.done_on or today, today, measure._months())
            count_before, count_after = counts.get(measure._origin.id or 0, (0, 0))
            rate_before = claim_effect.per_month(count_before, *before)
            rate_after = claim_effect.per_month(count_after, *after) if measure.done_on else 0
            measured = measure.done_on and after[0] <= after[1]
            measure.claims_before = float(rate_before)
            measure.claims_after = float(rate_after)
            measure.claims_fewer_percent = float(
                (measured and claim_effect.change_percent(rate_before, rate_after)) or 0
            )

    def _months(self):
        return max(self.effect_months, 1)

    def _measures_claims(self):
        """Whether what it is about is said: without product, cause and batch all claims would count."""
        self.ensure_one()
        return bool(self.claim_product_id or self.claim_cause_id or (self.claim_batch or "").strip())

    def _count_claims(self, today):
        """{id: (claims before, claims after)} of measures about claims, in one statement."""
        rows = []
        for measure in self.filtered(lambda measure: measure._measures_claims()):
            before, after = claim_effect.windows(
                measure.started_on or today, measure.done_on or today, today, measure._months()
            )
            rows.append(
                SQL(
                    "(%s::integer, %s::integer, %s::integer, %s::varchar, %s::varchar, %s::date, %s::date, %s::date, %s::date)",
                    measure._origin.id or 0,
                    measure.company_id.id or None,
                    measure.claim_product_id.id or None,
                    measure.claim_cause_id.parent_path or None,
                    (measure.claim_batch or "").strip().upper() or None,
                    *before,
                    *after,
                )
            )
        if not rows:
            return {}
        self.env["franchise.claim.line"].flush_model()
        self.env["franchise.claim"].flush_model()
        found = self.env.execute_query(
            SQL(
                """
                SELECT wanted.id,
                       COUNT(DISTINCT claim.id) FILTER (
                           WHERE claim.event_date BETWEEN wanted.before_from AND wanted.before_to),
                       COUNT(DISTINCT claim.id) FILTER (
                           WHERE claim.event_date BETWEEN wanted.after_from AND wanted.after_to)
                  FROM (VALUES %(rows)s) AS wanted (id, company_id, product_id, cause_path, batch,
                                                    before_from, before_to, after_from, after_to)
                  JOIN franchise_claim claim ON claim.company_id = wanted.company_id
                       AND claim.state NOT IN ('draft', 'cancelled')
                       AND claim.event_date BETWEEN wanted.before_from AND GREATEST(wanted.after_to, wanted.before_to)
                  JOIN franchise_cause cause ON cause.id = claim.cause_id
                  JOIN franchise_claim_line line ON line.claim_id = claim.id
                 WHERE (wanted.product_id IS NULL OR line.product_id = wanted.product_id)
                   AND (wanted.cause_path IS NULL OR cause.parent_path LIKE wanted.cause_path || '%%')
                   AND (wanted.batch IS NULL OR upper(trim(line.batch)) = wanted.batch)
              GROUP BY wanted.id
                """,
                rows=SQL(", ").join(rows),
            )
        )
        return {measure_id: (before, after) for measure_id, before, after in found}

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.query import Query

from ...tools.allocation import to_decimal
from ...tools.recovery_routing import recovery_rate, supplier_cost
from .recovery import totals

DECIDED = ("approved", "closed")


class FranchiseClaim(models.Model):
    """How much of the cost that a supplier caused comes back from it (R-D9), per claim and for any group of claims.

    A group's rate is the ratio of its sums, never the mean of its claims' rates (`_read_group_select`): claims group by
    supplier, cause, agreement or the period of their approval. Sums of several currencies have no rate.
    """

    _inherit = "franchise.claim"

    amount_supplier_cost = fields.Monetary(
        string="Caused by the Supplier",
        compute="_compute_supplier_cost",
        store=True,
        help="Approved × the supplier's share of the cause, before percentages and ceilings of the agreement, and what others "
        "rejected and the supplier is asked for instead.",
    )
    amount_supplier_recovered = fields.Monetary(
        string="Recovered From the Supplier",
        compute="_compute_recovery_rate",
        store=True,
        help="Accepted by the supplier, in all rounds.",
    )
    recovery_rate = fields.Float(
        compute="_compute_recovery_rate",
        store=True,
        aggregator="avg",
        digits=(16, 4),
        help="Recovered from the supplier ÷ caused by the supplier. Of several claims: the ratio of the sums. "
        "Claims in several currencies have no common rate.",
    )

    @api.depends(
        "state", "line_ids.amount_approved", "version_id", "cause_id", "paid_by", "recovery_ids.amount_demanded"
    )
    def _compute_supplier_cost(self):
        self.mapped("currency_id")  # read together: each amount written asks for its own currency
        for claim in self:
            cost = 0
            if claim.state in DECIDED:
                share = claim._liable_shares().get("supplier", 0)
                cost = supplier_cost(claim.line_ids.mapped("amount_approved"), share, claim.currency_id.rounding)
                # What a later round asks of the supplier was somebody else's first: without it a rate could pass 100 %.
                passed = claim.recovery_ids.filtered(
                    lambda recovery: recovery.party == "supplier" and recovery.round > 1
                )
                cost += sum(map(to_decimal, passed.mapped("amount_demanded")))
            claim.amount_supplier_cost = float(cost)

    @api.depends("amount_supplier_cost", "recovery_ids.amount_accepted")
    def _compute_recovery_rate(self):
        self.mapped("currency_id")
        for claim in self:
            supplied = claim.recovery_ids.filtered(lambda recovery: recovery.party == "supplier")
            claim.amount_supplier_recovered = totals(supplied, ("amount_accepted",))["amount_accepted"]
            claim.recovery_rate = float(recovery_rate(claim.amount_supplier_recovered, claim.amount_supplier_cost))

    @api.model
    def _read_group_select(self, aggregate_spec: str, query: Query) -> SQL:
        if aggregate_spec != "recovery_rate:avg":
            return super()._read_group_select(aggregate_spec, query)
        columns = {
            name: self._field_to_sql(self._table, name, query)
            for name in ("amount_supplier_recovered", "amount_supplier_cost", "currency_id")
        }
        return SQL(
            "CASE WHEN MIN(%(currency_id)s) = MAX(%(currency_id)s)"
            " THEN SUM(%(amount_supplier_recovered)s) / NULLIF(SUM(%(amount_supplier_cost)s), 0) END",
            **columns,
        )

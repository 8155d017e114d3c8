from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.allocation import to_decimal
from ...tools.settlement_period import period_of
from .recovery_terms import PERIODS


class FranchiseServiceAgreementCeiling(models.Model):
    """How much of a period's ceiling approved claims have taken: one row a period, checked by PostgreSQL (R-C5).

    The period is that of the event. Two approvals at once both update its row, so that one of them waits and is
    repeated with the other's amount in sight: together they can't exceed the ceiling.
    """

    _name = "franchise.service.agreement.ceiling"
    _description = "Use of a Period's Ceiling"
    _order = "date_start desc, id desc"

    agreement_id = fields.Many2one(
        "franchise.service.agreement", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="agreement_id.company_id", store=True)
    currency_id = fields.Many2one(related="agreement_id.currency_id")
    period = fields.Selection(PERIODS, required=True, readonly=True)
    date_start = fields.Date(string="From", required=True, readonly=True)
    date_end = fields.Date(string="Until", required=True, readonly=True)
    amount_ceiling = fields.Monetary(string="Ceiling", readonly=True)
    amount_used = fields.Monetary(string="Used", readonly=True)
    amount_left = fields.Monetary(string="Left", compute="_compute_amount_left")

    _unique_period = models.UniqueIndex("(agreement_id, period, date_start)", "A period has one row here.")
    _check_used = models.Constraint(
        "CHECK (amount_used BETWEEN 0 AND amount_ceiling)", "More is recovered than the period's ceiling allows."
    )

    @api.depends("agreement_id.name", "date_start", "date_end")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row.agreement_id.name} · {row.date_start} – {row.date_end}"

    @api.depends("amount_ceiling", "amount_used")
    def _compute_amount_left(self):
        for row in self:
            row.amount_left = row.amount_ceiling - row.amount_used

    @api.model
    def _hold(self, pairs):
        """Lock the periods of these events and say how much of each is used; one statement for all.

        A later version may lower the ceiling of a period of which more was used already: the row keeps the highest.

        :param pairs: iterable of (version, day of the event).
        :return: ({(version, day): row id}, {row id: Decimal used}); versions without a ceiling are left out.
        """
        keys = {}
        for version, day in pairs:
            if version.period_ceiling:
                span = period_of(day, version.ceiling_period)
                keys[version, day] = (version.agreement_id.id, version.ceiling_period, span.start, span.end)
        if not keys:
            return {}, {}
        highest = {}
        for (version, _day), key in keys.items():
            highest[key] = max(version.period_ceiling, highest.get(key, 0))
        companies = {version.agreement_id.id: version.company_id.id for version, _day in keys}
        rows = SQL(", ").join(
            SQL(
                "(%s, %s, %s, %s, %s, 0, %s, %s, %s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')",
                *key,
                highest[key],
                companies[key[0]],
                self.env.uid,
                self.env.uid,
            )
            for key in sorted(highest)
        )
        found = self.env.execute_query(
            SQL(
                """
                INSERT INTO franchise_service_agreement_ceiling AS held
                       (agreement_id, period, date_start, date_end, amount_ceiling, amount_used, company_id,
                        create_uid, write_uid, create_date, write_date)
                VALUES %s
                    ON CONFLICT (agreement_id, period, date_start) DO UPDATE
                   SET amount_ceiling = GREATEST(held.amount_ceiling, EXCLUDED.amount_ceiling)
             RETURNING agreement_id, period, date_start, id, amount_used
                """,
                rows,
            )
        )
        self.invalidate_model()
        row_ids = {(agreement, period, start): row for agreement, period, start, row, _used in found}
        used = {row: to_decimal(amount) for _agreement, _period, _start, row, amount in found}
        return {pair: row_ids[key[:3]] for pair, key in keys.items()}, used

    @api.model
    def _take(self, used):
        """Write how much of the periods is used now. :param used: {row id: Decimal}, rows held by `_hold`."""
        if used:
            rows = SQL(", ").join(SQL("(%s, %s)", row, amount) for row, amount in sorted(used.items()))
            self.env.execute_query(
                SQL(
                    "UPDATE franchise_service_agreement_ceiling AS held SET amount_used = given.amount"
                    " FROM (VALUES %s) AS given (id, amount) WHERE held.id = given.id RETURNING held.id",
                    rows,
                )
            )
            self.invalidate_model()


class FranchiseServiceAgreement(models.Model):
    _inherit = "franchise.service.agreement"

    ceiling_ids = fields.One2many(
        "franchise.service.agreement.ceiling", "agreement_id", string="Ceilings", readonly=True
    )

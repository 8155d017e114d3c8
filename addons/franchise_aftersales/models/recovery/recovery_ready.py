from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.settlement_period import MONTHS, last_settled


class FranchiseClaimRecoveryLine(models.Model):
    """Which accepted amounts may be settled until a day, asked of the database for any number of them (R-C5, R-E1)."""

    _inherit = "franchise.claim.recovery.line"

    _to_settle = models.Index("(company_id, id) WHERE is_settled IS NOT TRUE AND amount_accepted > 0")

    @api.model
    def _settlement_ready(self, company, date_to):
        """Accepted and not settled; the agreement's period has ended and its minimum is reached.

        What other parties than the supplier owe follows no agreement: it is always ready.
        """
        return self, Domain(
            [
                ("company_id", "=", company.id),
                ("is_settled", "=", False),
                ("amount_accepted", ">", 0),
                ("recovery_id.state", "in", ("accepted", "partial")),
                ("recovery_id.answered_on", "<=", date_to),
                ("recovery_id", "not in", self._select_waiting(company, date_to)),
            ]
        )

    @api.model
    def _select_waiting(self, company, date_to):
        """SQL of the ids of suppliers' recoveries whose terms don't let them be settled until `date_to` yet.

        Amounts in a draft count for the minimum: they are settled together with what comes to them.
        """
        self.env.flush_all()  # the statement below isn't Odoo's, which would do it by itself
        cut_offs = [(period, day, last_settled(date_to, period, day)) for period in MONTHS for day in range(1, 32)]
        accepted = SQL(
            """
            franchise_claim_recovery recovery
              JOIN franchise_claim claim ON claim.id = recovery.claim_id
              JOIN franchise_service_agreement_version version ON version.id = claim.version_id
         LEFT JOIN (VALUES %s) AS cut (period, day, until)
                ON cut.period = version.settlement_period AND cut.day = version.cut_off_day
             WHERE recovery.company_id = %s AND recovery.party = 'supplier'
               AND recovery.state IN ('accepted', 'partial') AND recovery.answered_on <= %s
            """,
            SQL(", ").join(SQL("(%s, %s, %s::date)", *row) for row in cut_offs),
            company.id,
            date_to,
        )
        with_minimum = SQL(
            "claim.agreement_id IN (SELECT agreement_id FROM franchise_service_agreement_version"
            " WHERE company_id = %s AND minimum_amount > 0)",
            company.id,
        )
        return SQL(
            """(
            SELECT recovery.id FROM %(accepted)s AND recovery.answered_on > cut.until
             UNION ALL
            SELECT recovery.id FROM %(accepted)s AND %(with_minimum)s AND claim.agreement_id NOT IN (
                SELECT due.agreement_id
                  FROM (SELECT recovery.id, claim.agreement_id, version.minimum_amount
                          FROM %(accepted)s AND %(with_minimum)s
                           AND (cut.until IS NULL OR recovery.answered_on <= cut.until)) AS due
                  JOIN franchise_claim_recovery_line line ON line.recovery_id = due.id AND line.amount_accepted > 0
             LEFT JOIN franchise_settlement_line held
                    ON held.source_model = %(model)s AND held.source_id = line.id AND held.state = 'draft'
                 WHERE line.is_settled IS NOT TRUE OR held.id IS NOT NULL
              GROUP BY due.agreement_id
                HAVING SUM(line.amount_accepted) >= MAX(due.minimum_amount)))""",
            accepted=accepted,
            with_minimum=with_minimum,
            model=self._name,
        )

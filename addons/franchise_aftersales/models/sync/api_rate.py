from math import floor

from odoo import models
from odoo.tools import SQL

from ...tools.rate_limit import refilled


class FranchiseSyncApi(models.AbstractModel):
    """Rate limit per supplier: a token bucket in the endpoint's row (R-G4).

    A message takes its token when it is leased; what waits for one spends no try. The row is locked while the lane is
    held: what another transaction changed makes PostgreSQL refuse, and Odoo repeats the call.
    """

    _inherit = "franchise.sync.api"

    def _lease_limit(self, system, limit, now):
        limit = super()._lease_limit(system, limit, now)
        return min(limit, floor(self._rate_tokens(system)[0])) if limit and system.rate_limit else limit

    def _note_leased(self, system, count):
        result = super()._note_leased(system, count)
        if count and system.rate_limit:
            tokens, moment = self._rate_tokens(system)
            self.env.execute_query(
                SQL(
                    "UPDATE franchise_sync_endpoint SET rate_tokens = %s, rate_filled_at = %s WHERE id = %s RETURNING id",
                    tokens - count,
                    moment,
                    system.id,
                )
            )
            system.invalidate_recordset(["rate_tokens", "rate_filled_at"], flush=False)
        return result

    def _rate_tokens(self, system):
        """(tokens, moment): what the bucket holds now, by PostgreSQL's clock; its row is locked."""
        [[tokens, seconds, moment]] = self.env.execute_query(
            SQL(
                """
                SELECT CASE WHEN rate_filled_at IS NOT NULL THEN rate_tokens END,
                       EXTRACT(EPOCH FROM clock.now - rate_filled_at)::float, clock.now
                  FROM franchise_sync_endpoint, (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now) AS clock
                 WHERE id = %s FOR UPDATE OF franchise_sync_endpoint
                """,
                system.id,
            )
        )
        return refilled(tokens, seconds, system.rate_limit), moment

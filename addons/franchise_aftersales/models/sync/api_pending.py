from odoo import api, fields, models
from odoo.tools import SQL

NOTHING = (0, 0, 0)


class FranchiseSyncApi(models.AbstractModel):
    """What waits, asked every few seconds by every worker: a fixed number of queries, however many systems there are."""

    _inherit = "franchise.sync.api"

    @api.model
    def pending(self, only_due=False):
        """What waits for each enabled system.

        :param only_due: only systems with something due, and without what awaits an answer: the cheap look between two
            whole ones, where the rest of thousands of systems is neither counted nor told.
        :return: [{code, due, awaiting_answer, oldest_due_seconds, breaker}]
        """
        self = self._system()
        now = self._now()
        due = self._count_due(now)
        if only_due:
            systems = self.env["franchise.sync.endpoint"].sudo().browse(due)
            awaiting = {}
        else:
            systems = self._endpoints_sudo().filtered("enabled")
            awaiting = self._count_awaiting()
        return [
            {
                "code": system.code,
                "due": due.get(system.id, NOTHING)[0],
                "oldest_due_seconds": due.get(system.id, NOTHING)[1],
                "awaiting_answer": awaiting.get(system.id, 0),
                "breaker": system.breaker_state,
            }
            for system in systems
        ]

    def _count_due(self, now):
        """{system id: (messages due, age of the oldest in seconds)} of enabled systems; reads the index of what waits."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT message.endpoint_id, COUNT(*), EXTRACT(EPOCH FROM %(now)s - MIN(message.next_attempt_at))::int
                  FROM franchise_sync_message message
                  JOIN franchise_sync_endpoint system ON system.id = message.endpoint_id
                 WHERE system.active AND system.enabled AND system.company_id = ANY(%(companies)s)
                   AND message.state = 'pending' AND message.next_attempt_at <= %(now)s
                   AND (message.lease_until IS NULL OR message.lease_until <= %(now)s)
              GROUP BY message.endpoint_id
                """,
                now=now,
                companies=self.env.user.company_ids.ids,
            )
        )
        return {endpoint_id: (count, age) for endpoint_id, count, age in rows}

    def _count_awaiting(self):
        """{system id: delivered messages whose answer is owed}; reads their index only."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT message.endpoint_id, COUNT(*)
                  FROM franchise_sync_message message
                 WHERE message.state = 'delivered' AND message.awaits_answer AND message.answered_at IS NULL
              GROUP BY message.endpoint_id
                """
            )
        )
        return dict(rows)

    @api.model
    def reconcile_turn(self, interval):
        """Hand one system to the caller to be reconciled: the one that was compared longest ago, if `interval` seconds ago
        or more. Several workers that ask at the same moment get different systems, and none twice: one statement decides.

        :param interval: seconds, 60 at least.
        :return: the code of the system; empty when none is due.
        """
        self = self._system()
        seconds = max(float(interval), 60.0)
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE franchise_sync_endpoint SET reconcile_turn_at = %(now)s
                 WHERE id = (SELECT id FROM franchise_sync_endpoint
                              WHERE active AND enabled AND company_id = ANY(%(companies)s)
                                AND (reconcile_turn_at IS NULL
                                     OR reconcile_turn_at <= %(now)s - make_interval(secs => %(seconds)s))
                           ORDER BY reconcile_turn_at NULLS FIRST, id LIMIT 1
                                FOR UPDATE SKIP LOCKED)
             RETURNING code
                """,
                now=self._now(),
                companies=self.env.user.company_ids.ids,
                seconds=seconds,
            )
        )
        self.env["franchise.sync.endpoint"].invalidate_model(["reconcile_turn_at"], flush=False)
        return rows[0][0] if rows else ""


class FranchiseSyncEndpoint(models.Model):
    """When the hourly reconciliation of a system began."""

    _inherit = "franchise.sync.endpoint"

    reconcile_turn_at = fields.Datetime(string="Last Hourly Comparison", readonly=True, copy=False)

from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

STUCK_SQL = SQL("state IN ('rejected', 'parked', 'dead', 'quarantined') AND superseded_by_id IS NULL")


class FranchiseSyncEndpoint(models.Model):
    """The sync monitor: how each supplier's system is doing, at a glance (R-G6)."""

    _inherit = "franchise.sync.endpoint"

    pending_count = fields.Integer(string="Waiting", compute="_compute_message_counts")
    due_count = fields.Integer(string="Due Now", compute="_compute_message_counts")
    lag_hours = fields.Float(
        string="Lag",
        compute="_compute_message_counts",
        help="How long the oldest message that may go has been due, in hours.",
    )
    awaiting_count = fields.Integer(string="Awaiting Answer", compute="_compute_message_counts")
    failed_count = fields.Integer(string="Need Attention", compute="_compute_message_counts")
    sent_hour = fields.Integer(string="Delivered, Last Hour", compute="_compute_traffic")
    sent_day = fields.Integer(string="Delivered, 24 Hours", compute="_compute_traffic")
    failed_day = fields.Integer(
        string="Failed Tries, 24 Hours",
        compute="_compute_traffic",
        help="Tries that ended without the message being taken.",
    )
    drift_count = fields.Integer(string="Differences", compute="_compute_drift_count")
    health = fields.Selection(
        [
            ("healthy", "Healthy"),
            ("attention", "Needs Attention"),
            ("trial", "On Trial"),
            ("interrupted", "Interrupted"),
            ("gone", "Gone"),
            ("off", "Switched Off"),
        ],
        compute="_compute_health",
    )

    # Who may see a supplier's system may see how many messages wait, though not the messages: hence plain SQL.
    def _compute_message_counts(self):
        self.env["franchise.sync.message"].flush_model()
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT endpoint_id, SUM(waiting)::int, SUM(due)::int, MIN(oldest), SUM(stuck)::int, SUM(awaiting)::int
                  FROM (SELECT endpoint_id, COUNT(*) FILTER (WHERE state = 'pending') AS waiting,
                               COUNT(*) FILTER (WHERE state = 'pending' AND next_attempt_at <= %(now)s) AS due,
                               MIN(next_attempt_at) FILTER (WHERE state = 'pending') AS oldest,
                               COUNT(*) FILTER (WHERE %(stuck)s) AS stuck, 0 AS awaiting
                          FROM franchise_sync_message
                         WHERE endpoint_id = ANY(%(ids)s) AND state <> 'delivered'
                      GROUP BY endpoint_id
                     UNION ALL
                        SELECT endpoint_id, 0, 0, NULL, 0, COUNT(*)
                          FROM franchise_sync_message
                         WHERE endpoint_id = ANY(%(ids)s) AND state = 'delivered'
                           AND awaits_answer AND answered_at IS NULL
                      GROUP BY endpoint_id) AS counted
              GROUP BY endpoint_id
                """,
                now=now,
                stuck=STUCK_SQL,
                ids=self.ids,
            )
        )
        figures = {row[0]: row[1:] for row in rows}
        for endpoint in self:
            waiting, due, oldest, stuck, awaiting = figures.get(endpoint.id, (0, 0, None, 0, 0))
            endpoint.pending_count, endpoint.due_count, endpoint.failed_count = waiting, due, stuck
            endpoint.awaiting_count = awaiting
            endpoint.lag_hours = max(0.0, (now - oldest).total_seconds() / 3600) if oldest else 0.0

    def _compute_traffic(self):
        self.env["franchise.sync.attempt"].flush_model()
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT endpoint_id, COUNT(*) FILTER (WHERE outcome = 'ack' AND create_date > %(hour)s),
                       COUNT(*) FILTER (WHERE outcome = 'ack'), COUNT(*) FILTER (WHERE outcome <> 'ack')
                  FROM franchise_sync_attempt
                 WHERE endpoint_id = ANY(%(ids)s) AND create_date > %(day)s
              GROUP BY endpoint_id
                """,
                hour=now - timedelta(hours=1),
                day=now - timedelta(days=1),
                ids=self.ids,
            )
        )
        figures = {row[0]: row[1:] for row in rows}
        for endpoint in self:
            endpoint.sent_hour, endpoint.sent_day, endpoint.failed_day = figures.get(endpoint.id, (0, 0, 0))

    def _compute_drift_count(self):
        drifts = self.env["franchise.sync.drift"].sudo()
        counts = dict(
            drifts._read_group(
                [("endpoint_id", "in", self.ids), ("settled_at", "=", False)], ["endpoint_id"], ["__count"]
            )
        )
        for endpoint in self:
            endpoint.drift_count = counts.get(endpoint._origin, 0)

    def _compute_health(self):
        for endpoint in self:
            if not endpoint.enabled:
                endpoint.health = "gone" if endpoint.gone_at else "off"
            elif endpoint.breaker_state != "closed":
                endpoint.health = "interrupted" if endpoint.breaker_state == "open" else "trial"
            else:
                endpoint.health = "attention" if endpoint.failed_count or endpoint.drift_count else "healthy"

    def action_replay_stuck(self):
        """Ask why, then send again what is stuck; what was rejected is looked at one by one instead."""
        self._check_operator()
        stuck = self.env["franchise.sync.message"].search(
            [("endpoint_id", "in", self.ids), ("state", "in", ("parked", "dead", "quarantined"))]
        )
        return stuck._ask("replay")

    def action_view_messages(self):
        """Open this system's messages; the context may name one more condition (`sync_filter`, a search filter)."""
        self.ensure_one()
        chosen = self.env.context.get("sync_filter")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Messages"),
            "res_model": "franchise.sync.message",
            "view_mode": "list,graph,form",
            "domain": [("endpoint_id", "=", self.id)],
            "context": {f"search_default_{chosen}": 1} if chosen else {},
        }

    def action_view_attempts(self):
        """Open the tries of this system as a chart by hour."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("franchise_aftersales.franchise_sync_attempt_action")
        return {**action, "domain": [("endpoint_id", "=", self.id)]}

    def action_view_drifts(self):
        """Open what the last reconciliations found different on both sides."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("franchise_aftersales.franchise_sync_drift_action")
        return {**action, "domain": [("endpoint_id", "=", self.id)]}

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .message import GROUP_SYNC_OPERATOR

# Failures in a row after which a supplier is left alone, and for how long (minutes), doubled each time.
BREAKER_FAILURES = 5
BREAKER_MINUTES = 1
BREAKER_MAX_MINUTES = 60
# Of a success that changes nothing else, the moment is kept this exactly: calls that run at the same time would
# otherwise all write the same row, and PostgreSQL would refuse all but one.
SUCCESS_SECONDS = 10
FRESH = {"failure_count": 0, "breaker_until": False, "gone_at": False}


class FranchiseSyncEndpoint(models.Model):
    """When a supplier's system is left alone: switched off, interrupted after failures, limited by its rate (R-G4)."""

    _inherit = "franchise.sync.endpoint"

    failure_count = fields.Integer(string="Failures in a Row", readonly=True, required=True, default=0, copy=False)
    breaker_until = fields.Datetime(string="Interrupted Until", readonly=True, copy=False)
    breaker_state = fields.Selection(
        [("closed", "Working"), ("open", "Interrupted"), ("half_open", "On Trial")],
        string="Circuit Breaker",
        compute="_compute_breaker_state",
    )
    gone_at = fields.Datetime(
        string="Gone Since",
        readonly=True,
        copy=False,
        help="When the system answered that it is there no more (HTTP 410).",
    )
    last_success_at = fields.Datetime(string="Last Success", readonly=True, copy=False)
    last_error = fields.Char(readonly=True, copy=False)
    rate_limit = fields.Integer(
        string="Messages a Minute", tracking=True, help="Most messages sent to this system in any minute; 0: no limit."
    )
    rate_tokens = fields.Float(readonly=True, copy=False, help="Messages that might go at once, when last counted.")
    rate_filled_at = fields.Datetime(readonly=True, copy=False)

    _check_rate = models.Constraint(
        "CHECK (rate_limit IS NULL OR rate_limit BETWEEN 0 AND 1000000)",
        "The limit is 0 (none) to 1,000,000 messages a minute.",
    )

    @api.depends("failure_count", "breaker_until")
    def _compute_breaker_state(self):
        now = fields.Datetime.now()
        for endpoint in self:
            if endpoint.failure_count < BREAKER_FAILURES:
                endpoint.breaker_state = "closed"
            else:
                waiting = endpoint.breaker_until and endpoint.breaker_until > now
                endpoint.breaker_state = "open" if waiting else "half_open"

    def write(self, vals):
        off = self.filtered(lambda endpoint: not endpoint.enabled) if vals.get("enabled") else self.browse()
        result = super().write(vals)
        if off:  # switched on again: what was before says nothing about now
            super(FranchiseSyncEndpoint, off).write(FRESH)
        return result

    def action_pause(self):
        """Send nothing and ask nothing until the system is enabled again; messages go on being recorded.

        :raises AccessError: the user is no sync operator.
        """
        self._check_operator()
        self.write({"enabled": False})
        return True

    def action_enable(self):
        """Serve the system again, with its failures forgotten.

        :raises AccessError: the user is no sync operator.
        """
        self._check_operator()
        self.write({"enabled": True})
        return True

    def action_close_breaker(self):
        """Go on at once after an interruption: what waits for its next try is due now.

        :raises AccessError: the user is no sync operator.
        """
        self._check_operator()
        self.write({"failure_count": 0, "breaker_until": False})
        messages = self.env["franchise.sync.message"].sudo()
        messages.flush_model()
        self.env.execute_query(
            SQL(
                """
                UPDATE franchise_sync_message SET next_attempt_at = now() AT TIME ZONE 'UTC'
                 WHERE endpoint_id = ANY(%s) AND state = 'pending' AND next_attempt_at > now() AT TIME ZONE 'UTC'
             RETURNING id
                """,
                self.ids,
            )
        )
        messages.invalidate_model(["next_attempt_at"], flush=False)
        body = self.env._("%s ended the interruption: everything that waits is tried now.", self.env.user.name)
        self.sudo()._message_log_batch(bodies=dict.fromkeys(self.ids, body))
        return True

    def _check_operator(self):
        """:raises AccessError: the user is no sync operator, or may not write these systems."""
        if not self.env.user.has_group(GROUP_SYNC_OPERATOR):
            raise AccessError(self.env._("Only a sync operator may do this. Ask a colleague who is one."))
        self.check_access("write")

    def _note_results(self, counts, now):
        """Take what one call brought (`api_finish.Tally`): breaker, and what the owner must know."""
        self.ensure_one()
        self._note_result(counts.successes, counts.failures, counts.error, now)
        if counts.gone:
            self._note_gone(counts.error, now)
        if counts.stuck:
            self._alert_owner(
                self.env._("Messages need attention"),
                self.env._(
                    "%(count)s messages were not taken. Look at “Need Attention” of %(system)s. The last error: %(error)s",
                    count=counts.stuck,
                    system=self.name,
                    error=counts.error or self.env._("refused by the supplier's system"),
                ),
            )

    def _note_result(self, successes, failures, error, now=None):
        """Keep the breaker: a success closes it; failures in a row open it for 1, 2, 4 … up to 60 minutes."""
        self.ensure_one()
        now = now or fields.Datetime.now()
        if successes:
            if self.failure_count >= BREAKER_FAILURES:
                self._clear_alert(self.env._("Interrupted for long"))
            if self.failure_count or self.breaker_until or self._is_success_old(now):
                self.write({"failure_count": 0, "breaker_until": False, "last_success_at": now})
        elif failures:
            count = self.failure_count + 1
            vals = {"failure_count": count, "last_error": (error or "")[:500]}
            if count >= BREAKER_FAILURES:
                minutes = min(BREAKER_MAX_MINUTES, BREAKER_MINUTES * 2 ** (count - BREAKER_FAILURES))
                vals["breaker_until"] = now + timedelta(minutes=minutes)
                if minutes == BREAKER_MAX_MINUTES:
                    self._alert_owner(
                        self.env._("Interrupted for long"),
                        self.env._("%(count)s failures in a row, the last one: %(error)s", count=count, error=error),
                    )
            self.write(vals)

    def _is_success_old(self, now):
        return not self.last_success_at or now - self.last_success_at >= timedelta(seconds=SUCCESS_SECONDS)

    def _note_gone(self, error, now):
        """The system says that it is there no more (HTTP 410): nothing is sent until somebody looks at it."""
        self.ensure_one()
        self.write({"enabled": False, "gone_at": now, "last_error": (error or "")[:500]})
        note = self.env._(
            "The system answered that it is there no more (410), so it was switched off; messages wait. Ask the supplier "
            "for the new address, then enable it."
        )
        self._message_log(body=note)
        self._alert_owner(self.env._("The supplier's system is gone"), note)

    def _clear_alert(self, summary):
        """What the owner was told of is over."""
        self.activity_ids.filtered(lambda activity: activity.automated and activity.summary == summary).unlink()

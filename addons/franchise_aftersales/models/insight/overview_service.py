from datetime import timedelta

import pytz
from odoo import api, fields, models
from odoo.fields import Domain

from ..clock.claim import OPEN_STATES
from .overview import Tile


class FranchiseOverview(models.AbstractModel):
    """The overview of service staff."""

    _inherit = "franchise.overview"

    @api.model
    def service_desk(self, mine=True):
        """What needs service staff now.

        :param mine: only what the user is responsible for; what nobody has taken yet is always shown.
        :return: {"mine": bool, "sections": see `_shown`}.
        :raises AccessError: the user isn't of the service.
        """
        self._check_role("group_service")
        mine = bool(mine)
        of_claim = Domain("claim_id.user_id", "=", self.env.uid) if mine else Domain.TRUE
        return {
            "mine": mine,
            "sections": self._shown(
                [
                    ("work", self.env._("Work"), self._service_work(mine)),
                    ("deadlines", self.env._("Deadlines"), self._service_deadlines(mine, of_claim)),
                    ("others", self.env._("Waiting for Others"), self._service_others(mine, of_claim)),
                ]
            ),
        }

    def _open_claims(self, mine):
        domain = Domain("state", "in", OPEN_STATES)
        return domain & Domain("user_id", "=", self.env.uid) if mine else domain

    def _service_work(self, mine):
        return [
            Tile(
                "claims",
                self.env._("My Open Claims") if mine else self.env._("Open Claims"),
                "franchise.claim",
                self._open_claims(mine),
                self.env._("Go on with them: submit, assess, offer, close."),
                amount="amount_claimed",
            ),
            Tile(
                "unassigned",
                self.env._("Claims Nobody Has"),
                "franchise.claim",
                Domain("state", "in", OPEN_STATES) & Domain("user_id", "=", False),
                self.env._("Take them, or give them to somebody."),
                tone="warning",
            ),
            Tile(
                "requests",
                self.env._("Requests to Take In"),
                "franchise.claim.intake",
                Domain("state", "=", "new"),
                self.env._("Make each a claim, or refuse it with a reason."),
                tone="warning",
                views=("list", "form"),
            ),
            Tile(
                "signals",
                self.env._("Recall Signals"),
                "franchise.claim.cluster",
                Domain("state", "=", "new"),
                self.env._("Many claims of one batch: examine the goods."),
                tone="danger",
                views=("list", "form"),
            ),
        ]

    def _service_deadlines(self, mine, of_claim):
        now, midnight = fields.Datetime.now(), self._end_of_day()
        ours = Domain("done_at", "=", False) & Domain("side", "!=", "supplier")
        ours &= Domain("user_id", "=", self.env.uid) if mine else Domain.TRUE
        today = fields.Date.context_today(self)
        task = Domain("user_id", "=", self.env.uid) | (Domain("user_id", "=", False) & of_claim)
        clocks = ("list", "kanban", "form")
        return [
            Tile(
                "overdue",
                self.env._("Overdue"),
                "franchise.claim.clock",
                ours & Domain("due_at", "<=", fields.Datetime.to_string(now)),
                self.env._("What was promised in these claims is late: do it now."),
                tone="danger",
                views=clocks,
            ),
            Tile(
                "due_today",
                self.env._("Due Today"),
                "franchise.claim.clock",
                ours
                & Domain("due_at", ">", fields.Datetime.to_string(now))
                & Domain("due_at", "<", fields.Datetime.to_string(midnight)),
                self.env._("These clocks run out before the day ends."),
                tone="warning",
                views=clocks,
            ),
            Tile(
                "followups",
                self.env._("Follow-ups Due"),
                "franchise.claim.followup",
                Domain("state", "=", "planned")
                & Domain("date_due", "<=", fields.Date.to_string(today))
                & (Domain("user_id", "=", self.env.uid) if mine else Domain.TRUE),
                self.env._("Ask whether the resolution holds."),
                tone="warning",
                views=("list", "form"),
            ),
            Tile(
                "tasks",
                self.env._("To Be Done, Overdue"),
                "franchise.claim.execution",
                Domain("state", "in", ("open", "underway"))
                & Domain("date_due", "<", fields.Date.to_string(today))
                & (task if mine else Domain.TRUE),
                self.env._("Replacements, repairs and tasks whose day has passed."),
                tone="danger",
            ),
        ]

    def _service_others(self, mine, of_claim):
        now = fields.Datetime.to_string(fields.Datetime.now())
        late = Domain("done_at", "=", False) & Domain("side", "=", "supplier") & Domain("due_at", "<=", now)
        return [
            Tile(
                "evidence",
                self.env._("Evidence Missing"),
                "franchise.claim",
                self._open_claims(mine) & Domain("evidence_missing_count", ">", 0),
                self.env._("Ask for it: without it nothing goes to the supplier."),
                tone="warning",
            ),
            Tile(
                "offers",
                self.env._("Offers Unanswered"),
                "franchise.claim.offer",
                Domain("state", "=", "made") & of_claim,
                self.env._("Made, and neither accepted nor declined yet."),
                amount="amount",
                views=("list", "form"),
            ),
            Tile(
                "suppliers",
                self.env._("Suppliers Overdue"),
                "franchise.claim.clock",
                late & (Domain("user_id", "=", self.env.uid) if mine else Domain.TRUE),
                self.env._("They should have acknowledged or answered: remind them."),
                tone="warning",
            ),
            Tile(
                "refused",
                self.env._("Rejected, to Decide"),
                "franchise.claim.recovery",
                Domain("state", "in", ("partial", "rejected")) & Domain("amount_open", ">", 0) & of_claim,
                self.env._("Pass it on, dispute it, or bear it."),
                tone="warning",
                amount="amount_open",
            ),
        ]

    def _end_of_day(self):
        """The reader's next midnight, as naive UTC."""
        start = fields.Datetime.context_timestamp(self, fields.Datetime.now()).replace(
            hour=0, minute=0, second=0, microsecond=0, tzinfo=None
        )
        return self.env.tz.localize(start + timedelta(days=1)).astimezone(pytz.utc).replace(tzinfo=None)

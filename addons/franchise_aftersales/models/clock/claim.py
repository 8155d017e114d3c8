from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .clock import Wanted
from .clock_kinds import level_for

OPEN_STATES = ("draft", "submitted", "assessed", "approved")
# What the clocks of a claim start from, or are limited by.
GIVEN = frozenset(
    {
        "agreement_id",
        "supplier_id",
        "cause_id",
        "event_date",
        "discovery_date",
        "reported_date",
        "delivery_date",
        "transport_mode_id",
        "part_returned_on",
    }
)


class FranchiseClaim(models.Model):
    """The claim starts, ends and pauses its clocks by its steps (R-D10, R-C7).

    What we promised the franchisee runs from the report: first answer until somebody answers or submits, answer to the
    complaint until the decision, resolution until the end; a delivery from the moment it is promised. Our duties to the
    supplier: to tell them in time (until the demand), to give evidence, to return the part.
    """

    _inherit = "franchise.claim"

    clock_ids = fields.One2many("franchise.claim.clock", "claim_id", string="Clocks", readonly=True, copy=False)
    pause_ids = fields.One2many("franchise.claim.pause", "claim_id", string="Pauses", copy=False)
    can_promise_delivery = fields.Boolean(compute="_compute_can_promise_delivery")

    @api.depends("state", "version_id", "clock_ids.kind")
    def _compute_can_promise_delivery(self):
        for claim in self:
            claim.can_promise_delivery = (
                claim.state == "approved"
                and "delivery" not in claim.clock_ids.mapped("kind")
                and bool(level_for(claim.version_id.sudo(), "claimant", "delivery"))
            )

    @api.model_create_multi
    def create(self, vals_list):
        claims = super().create(vals_list)
        claims._follow_clocks()
        return claims

    def write(self, vals):
        result = super().write(vals)
        if GIVEN.intersection(vals):
            self._follow_clocks()
        return result

    def action_submit(self):
        """Submit; the franchisee sees that the claim is dealt with: that is the first answer."""
        result = super().action_submit()
        # The terms in force are fixed now.
        self._follow_clocks()
        self._end_clocks({"first_answer"}, "claimant")
        return result

    def action_approve(self):
        """Approve: the complaint is answered, and the supplier is told."""
        result = super().action_approve()
        self._end_clocks({"first_answer", "complaint"}, "claimant")
        self._end_clocks({"submit", "evidence"}, "duty")
        return result

    def action_reject(self):
        """Refuse; nothing more is due to anybody."""
        result = super().action_reject()
        self._end_clocks({"first_answer", "complaint", "resolution"}, "claimant")
        self._finish_clocks()
        return result

    def action_cancel(self):
        """Withdraw the claim: what still ran measures nothing any more."""
        result = super().action_cancel()
        self._finish_clocks()
        return result

    def action_close(self):
        """Close: the claim is resolved."""
        result = super().action_close()
        self._end_clocks({"first_answer", "complaint", "resolution"}, "claimant")
        self._end_pauses()
        return result

    def _obstacles(self, step):
        found = super()._obstacles(step)
        if step == "close":
            open_clocks = (
                self.env["franchise.claim.clock"]
                .sudo()
                .search([("claim_id", "in", self.ids), ("kind", "=", "delivery"), ("done_at", "=", False)])
            )
            for clock in open_clocks:
                found[clock.claim_id.with_env(self.env)].append(
                    self.env._("The promised delivery is still running: say when it arrived.")
                )
        return found

    def _follow_clocks(self):
        """Let the clocks of open claims follow what the claims say now. As many queries for many claims as for one."""
        claims = self.sudo().filtered(lambda claim: claim.state in OPEN_STATES)
        if not claims:
            return
        none = self.env["franchise.claim.recovery"]
        versions = claims._governing_versions()
        clocks = self.env["franchise.claim.clock"].sudo()
        promised = clocks.search([("claim_id", "in", claims.ids), ("recovery_id", "=", False)])
        wanted = []
        for claim in claims:
            for side, kind, start_at, until in claim._clocks_wanted():
                level = level_for(versions[claim], side, kind)
                wanted.append(Wanted(claim, none, side, kind, level, start_at, until))
        keys = {(want.claim, want.kind) for want in wanted if want.level or want.agreed_until}
        promised.filtered(
            lambda clock: not clock.done_at and clock.kind != "delivery" and (clock.claim_id, clock.kind) not in keys
        ).unlink()
        clocks._run(wanted)
        claims._follow_returned_part()

    def _clocks_wanted(self):
        """(side, kind, start, fixed limit or False) of each clock that the claim runs by itself; moments in UTC."""
        self.ensure_one()
        start = self._reported_at()
        wanted = [("claimant", kind, start, False) for kind in ("first_answer", "complaint", "resolution")]
        wanted.append(("duty", "evidence", start, False))
        for kind, day in (("submit", self.notice_deadline), ("return", self.return_due_date)):
            if day:
                end = self._day_end(day)
                wanted.append(("duty", kind, min(start, end), end))
        return wanted

    def _follow_returned_part(self):
        """The duty to return the part is done on the day that the claim names, or not yet; the test of it begins."""
        clocks = self.sudo().clock_ids.filtered(lambda clock: clock.kind == "return")
        back = clocks.filtered(lambda clock: clock.claim_id.part_returned_on)
        moved = back.filtered(
            lambda clock: clock.done_at and clock.claim_id._local_day(clock.done_at) != clock.claim_id.part_returned_on
        )
        (moved | (clocks - back))._reopen()
        back._end(lambda clock: clock.claim_id._day_end(clock.claim_id.part_returned_on))
        self._start_tests()

    def _start_tests(self):
        """Hook: the supplier has the part; the clock of its test report starts with the recovery's."""

    def _end_clocks(self, kinds, side, at=None):
        """End the open clocks of these kinds; for the steps of the claim and of the rooms about it.

        :param kinds: set of kinds, see `franchise.claim.clock.kind`.
        :param at: naive UTC moment; now by default.
        """
        self.sudo().clock_ids.filtered(lambda clock: clock.side == side and clock.kind in kinds)._end(at)

    def _reopen_clocks(self, kinds, side):
        """Let clocks of these kinds run on: what ended them doesn't hold any more."""
        self.sudo().clock_ids.filtered(lambda clock: clock.side == side and clock.kind in kinds)._reopen()

    def _refresh_clocks(self):
        """Measure the open clocks again: a pause began, ended or was corrected."""
        self.sudo().clock_ids.filtered(lambda clock: not clock.done_at)._refresh()

    def _finish_clocks(self):
        """The claim is over without a resolution: clocks that measure nothing any more go, pauses end."""
        self.sudo().clock_ids.filtered(lambda clock: not clock.done_at).unlink()
        self._end_pauses()

    def _end_pauses(self):
        self.sudo().pause_ids.filtered(lambda pause: not pause.date_to).write({"date_to": fields.Datetime.now()})

    def action_promise_delivery(self):
        """Promise the franchisee a delivery: from now the agreement's delivery promise runs (R-D10).

        :raises UserError: the terms have no delivery promise, or the claim isn't approved.
        """
        self.check_access("write")
        for claim in self:
            if not claim.can_promise_delivery:
                raise UserError(
                    self.env._(
                        "%s: a delivery is promised once, for an approved claim whose terms have a delivery promise.",
                        claim.name,
                    )
                )
        self._promise_delivery()
        return True

    def _promise_delivery(self):
        none, now = self.env["franchise.claim.recovery"], fields.Datetime.now()
        self.env["franchise.claim.clock"]._run(
            [
                Wanted(claim, none, "claimant", "delivery", level_for(claim.version_id, "claimant", "delivery"), now)
                for claim in self.sudo()
            ]
        )

    def action_pause(self):
        """Open the dialogue that asks why the claim stands still."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pause"),
            "res_model": "franchise.claim.pause.start",
            "view_mode": "form",
            "target": "new",
            "context": {"default_claim_ids": [Command.set(self.ids)]},
        }

    def action_end_pause(self):
        """End every pause of these claims, now."""
        self.check_access("write")
        self.lock_for_update()
        self._end_pauses()
        return True

    def _message_post_after_hook(self, message, msg_values):
        """A message by staff that reaches the franchisee is the first answer."""
        result = super()._message_post_after_hook(message, msg_values)
        if message.message_type == "comment" and not message.subtype_id.internal and self.env.user._is_internal():
            reached = (message.partner_ids | self.message_partner_ids).commercial_partner_id
            if self.claimant_id.commercial_partner_id in reached:
                self._end_clocks({"first_answer"}, "claimant")
        return result

    def _time_zone(self):
        """The company's time zone, in which days begin and end."""
        return ZoneInfo(self.company_id.resource_calendar_id.tz or "UTC")

    def _day_end(self, day):
        """Last second of a day in the company's time zone, as naive UTC."""
        end = datetime.combine(day + timedelta(days=1), time(), self._time_zone())
        return end.astimezone(UTC).replace(tzinfo=None) - timedelta(seconds=1)

    def _local_day(self, moment):
        """The day of a naive UTC moment in the company's time zone."""
        return moment.replace(tzinfo=UTC).astimezone(self._time_zone()).date()

    def _reported_at(self):
        """When the claim was reported, as naive UTC: when it was entered, or the end of an earlier day of the report."""
        entered = (self.create_date or fields.Datetime.now()).replace(microsecond=0)
        start = self._day_end(self.reported_date - timedelta(days=1)) + timedelta(seconds=1)
        return max(min(entered, self._day_end(self.reported_date)), min(start, entered))

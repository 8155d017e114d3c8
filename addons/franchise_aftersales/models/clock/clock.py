from collections import defaultdict
from datetime import UTC, timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..agreement.service_clock import ClockStart
from .clock_kinds import BY_HAND, KINDS, SIDES

GROUP_CORRECTOR = "franchise_aftersales.group_finance"
HOUR = timedelta(hours=1)
NOT_TOLD = {"is_warned": False, "is_passed": False, "is_escalated": False}


class Wanted(NamedTuple):
    """A clock that a document wants to run; `agreed_until` (UTC, naive) is given where a date decides, not a level."""

    claim: models.Model
    recovery: models.Model
    side: str
    kind: str
    level: models.Model
    start_at: object
    agreed_until: object = False


class Run(NamedTuple):
    """What measures a clock that is written or about to be; `key` names it. Moments are naive UTC, or False."""

    key: object
    claim: models.Model
    level: models.Model
    start_at: object
    agreed_until: object
    done_at: object


class FranchiseClaimClock(models.Model):
    """How long something may take, took, and what being late costs (R-D10, R-D16, R-C7).

    The steps of claims and recoveries start and end clocks; nobody writes them. The service level of the version in force
    measures them in its working time, without the pauses that it allows. Moments are UTC; hours are working hours.
    """

    _name = "franchise.claim.clock"
    _description = "Clock of a Claim"
    _order = "done_at DESC NULLS FIRST, due_at, id"

    claim_id = fields.Many2one("franchise.claim", required=True, readonly=True, index=True, ondelete="cascade")
    recovery_id = fields.Many2one("franchise.claim.recovery", readonly=True, index="btree_not_null", ondelete="cascade")
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related="claim_id.currency_id")
    user_id = fields.Many2one(related="claim_id.user_id", store=True, precompute=True)
    supplier_id = fields.Many2one(related="claim_id.supplier_id", store=True, precompute=True)
    partner_id = fields.Many2one("res.partner", string="Towards", readonly=True, ondelete="restrict")
    side = fields.Selection(SIDES, string="Whose Duty", required=True, readonly=True)
    kind = fields.Selection(KINDS, string="What", required=True, readonly=True)
    level_id = fields.Many2one("franchise.service.level", string="Service Level", readonly=True, ondelete="restrict")
    calendar_id = fields.Many2one(related="level_id.calendar_id")
    start_at = fields.Datetime(string="Started", required=True, readonly=True)
    agreed_until = fields.Datetime(
        string="Fixed Limit", readonly=True, help="Where a date decides, e.g. the end of the notice window."
    )
    due_at = fields.Datetime(string="Due", readonly=True, help="Empty while the clock stands still.")
    warn_at = fields.Datetime(string="Urgent From", readonly=True, help="When three quarters of the time are over.")
    done_at = fields.Datetime(string="Done", readonly=True)
    paused_since = fields.Datetime(readonly=True)
    state = fields.Selection(
        [("running", "Running"), ("paused", "Paused"), ("kept", "Kept"), ("broken", "Broken")],
        string="Status",
        required=True,
        readonly=True,
        default="running",
    )
    used_hours = fields.Float(
        string="Used (h)", readonly=True, aggregator="avg", help="Working time until it was done."
    )
    late_hours = fields.Float(string="Late (h)", readonly=True, help="Working time after the limit, once it is done.")
    penalty = fields.Monetary(
        readonly=True, help="What being late costs by the service level, in the agreement's currency; final when done."
    )
    attainment = fields.Float(
        string="In Time %", compute="_compute_attainment", store=True, precompute=True, aggregator="avg", digits=(5, 1)
    )
    correction_reason = fields.Char(readonly=True)
    is_warned = fields.Boolean(readonly=True)
    is_passed = fields.Boolean(readonly=True)
    is_escalated = fields.Boolean(readonly=True)

    _unique_kind = models.UniqueIndex(
        "(claim_id, COALESCE(recovery_id, 0), kind, side)", "This clock of the claim runs already."
    )
    _check_done = models.Constraint("CHECK (done_at IS NULL OR done_at >= start_at)", "Nothing ends before it starts.")
    _check_limit = models.Constraint(
        "CHECK (level_id IS NOT NULL OR agreed_until IS NOT NULL)", "A clock has a service level or a date."
    )
    _open_due = models.Index("(due_at, id) WHERE done_at IS NULL AND due_at IS NOT NULL")
    _to_warn = models.Index("(warn_at, id) WHERE done_at IS NULL AND is_warned IS NOT TRUE")
    _to_pass = models.Index("(due_at, id) WHERE done_at IS NULL AND is_passed IS NOT TRUE")
    _to_escalate = models.Index("(due_at, id) WHERE done_at IS NULL AND is_escalated IS NOT TRUE")

    @api.depends("kind", "claim_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for clock in self:
            clock.display_name = f"{clock.claim_id.sudo().name or ''} · {kinds.get(clock.kind, '')}"

    @api.depends("state")
    def _compute_attainment(self):
        for clock in self:
            clock.attainment = 100 if clock.state == "kept" else 0

    @api.model
    def _run(self, wanted):
        """Let the clocks run as their documents want: missing ones start, changed ones are measured again.

        What is done stays as it was measured. As many queries for many clocks as for one.

        :param wanted: `Wanted`s; those with neither a level nor a date are passed over.
        :return: the open clocks of these documents that were started or changed (sudo).
        """
        clocks = self.sudo()
        claims = self.env["franchise.claim"].sudo().browse(want.claim.id for want in wanted)
        found = {clock._key(): clock for clock in clocks.search([("claim_id", "in", claims.ids)])}
        new, changed = [], clocks.browse()
        for want in wanted:
            if not (want.level or want.agreed_until):
                continue
            clock = found.get((want.claim.id, want.recovery.id, want.kind, want.side))
            vals = {"level_id": want.level.id, "start_at": want.start_at, "agreed_until": want.agreed_until}
            if not clock:
                new.append((want, vals))
            elif not clock.done_at and any(clock[name] != value for name, value in clock._as_read(vals).items()):
                clock.write(vals)
                changed |= clock
        changed._refresh()
        return changed | clocks._start(new)

    @api.model
    def _start(self, new):
        """Create clocks with what follows for them at this moment. :param new: pairs of a `Wanted` and its limits' values."""
        now, claims = fields.Datetime.now(), self.env["franchise.claim"].union(*(want.claim for want, _vals in new))
        pauses = self.env["franchise.claim.pause"].sudo()._by_claim(claims)
        runs = [
            Run(number, want.claim, want.level, want.start_at, want.agreed_until, False)
            for number, (want, _vals) in enumerate(new)
        ]
        measured = self._measure_runs(runs, now, pauses)
        return self.create(
            [
                {**vals, **self._prepare(want), **self._follows(run, measured.get(run.key), now, pauses)}
                for (want, vals), run in zip(new, runs, strict=True)
            ]
        )

    @api.model
    def _prepare(self, want):
        """Values of a new clock beside its limits."""
        claim = want.claim
        partner = {"claimant": claim.claimant_id, "duty": claim.supplier_id}.get(want.side) or want.recovery.partner_id
        return {
            "claim_id": claim.id,
            "recovery_id": want.recovery.id,
            "side": want.side,
            "kind": want.kind,
            "partner_id": partner.commercial_partner_id.id,
        }

    def _as_read(self, vals):
        return {**vals, "level_id": self.level_id.browse(vals["level_id"])}

    def _key(self):
        self.ensure_one()
        return (self.claim_id.id, self.recovery_id.id, self.kind, self.side)

    def _as_run(self):
        self.ensure_one()
        return Run(self, self.claim_id, self.level_id, self.start_at, self.agreed_until, self.done_at)

    def _measure(self, now):
        """{clock: Clock} of those that a service level measures. :param now: naive UTC moment, for open clocks."""
        pauses = self.env["franchise.claim.pause"].sudo()._by_claim(self.claim_id)
        return self._measure_runs([clock._as_run() for clock in self.sudo()], now, pauses)

    @api.model
    def _measure_runs(self, runs, now, pauses):
        """{key: Clock} of the runs that a service level measures; one look-up of working time a calendar.

        :param runs: `Run`s.
        :param now: naive UTC moment at which open clocks are read.
        :param pauses: {claim: its pauses}; what lasts after the end of a clock ended with it.
        """
        by_calendar = defaultdict(list)
        for run in runs:
            if run.level and not run.agreed_until:
                done_at = run.done_at or None
                stops = tuple(
                    (pause.date_from, pause.date_to or done_at, pause.reason_id) for pause in pauses.get(run.claim, ())
                )
                start = ClockStart(run.key, run.level.kind, run.start_at, stops, done_at)
                by_calendar[run.level.calendar_id].append((run.level, start))
        measured = {}
        for pairs in by_calendar.values():
            measured.update(pairs[0][0]._clocks(pairs, now.replace(tzinfo=UTC)))
        return measured

    def _refresh(self, now=None):
        """Measure again and write what follows: due, status, and, when done, what was used and is owed.

        :return: {clock: Clock} as measured.
        """
        now = now or fields.Datetime.now()
        pauses = self.env["franchise.claim.pause"].sudo()._by_claim(self.claim_id)
        runs = [clock._as_run() for clock in self.sudo()]
        measured = self._measure_runs(runs, now, pauses)
        self.sudo().mapped("currency_id")  # read together: each amount written asks for its own currency
        moved = self.browse()
        for clock, run in zip(self.sudo(), runs, strict=True):
            vals = self._follows(run, measured.get(clock), now, pauses)
            if clock.due_at != vals["due_at"] or clock.done_at:
                moved |= clock
                vals.update(NOT_TOLD)
            clock.write(vals)
        moved._untell()
        return measured

    @api.model
    def _follows(self, run, read, now, pauses):
        """Values that follow for a run from `read` (its `Clock`; None: a date is the limit) at the moment `now`."""
        due = run.agreed_until or (read and read.deadline) or False
        stopped = self._stopped_since(run, now, pauses)
        vals = {
            "due_at": due,
            "warn_at": due and max(due - (due - run.start_at) / 4, run.start_at),
            "paused_since": stopped,
        }
        if run.done_at:
            late = read.late if read else max(run.done_at - due, timedelta())
            used = read.elapsed if read else run.done_at - run.start_at
            vals.update(used_hours=used / HOUR, late_hours=late / HOUR, penalty=float(read.penalty) if read else 0)
            vals["state"] = "broken" if late else "kept"
        elif due and due <= now:
            vals["state"] = "broken"
        else:
            vals["state"] = "paused" if stopped else "running"
        return vals

    @api.model
    def _stopped_since(self, run, now, pauses):
        """Since when an allowed reason stops the open run; False while it runs."""
        if run.done_at or run.agreed_until:
            return False
        open_pauses = [
            pause.date_from
            for pause in pauses.get(run.claim, ())
            if pause.reason_id in run.level.pause_reason_ids
            and pause.date_from <= now
            and (not pause.date_to or pause.date_to > now)
        ]
        return max(min(open_pauses), run.start_at) if open_pauses else False

    def _end(self, at=None):
        """Stop the open clocks at a moment, measure and price them; never before their start nor in the future.

        :param at: naive UTC moment, or function of a clock that gives one; now by default.
        """
        now = fields.Datetime.now()
        clocks = self.sudo().filtered(lambda clock: not clock.done_at)
        if clocks:
            clocks.lock_for_update()
            for clock in clocks:
                moment = (at(clock) if callable(at) else at) or now
                clock.done_at = max(min(moment, now), clock.start_at)
            clocks._price(clocks._refresh(now))

    def _reopen(self):
        """Let clocks run on that were done, since what ended them doesn't hold any more."""
        clocks = self.sudo().filtered("done_at")
        if clocks:
            clocks.lock_for_update()
            clocks.write({"done_at": False, "used_hours": 0, "late_hours": 0, "penalty": 0})
            clocks._price(clocks._refresh())

    def _end_by_hand(self, at, reason=""):
        """A person says when it was done, or corrects it with a reason; what it costs follows.

        :param at: naive UTC moment.
        :raises AccessError: correcting what is done needs the role of finance.
        :raises UserError: it lies before the start or in the future, the document itself ends it, or no reason is given.
        """
        self.ensure_one()
        self.claim_id.check_access("write")
        if self.kind == "return":
            raise UserError(
                self.env._("%s: enter on the claim the day on which the part went back.", self.claim_id.name)
            )
        if not self.start_at <= at <= fields.Datetime.now():
            raise UserError(
                self.env._("%s: choose a moment after the start of the clock and not in the future.", self.display_name)
            )
        if self.done_at:
            if not self.env.user.has_group(GROUP_CORRECTOR):
                group = self.env.ref(GROUP_CORRECTOR).sudo().full_name
                raise AccessError(
                    self.env._("Correcting the end of a clock needs the role “%s”. Ask a colleague who has it.", group)
                )
            if not (reason or "").strip():
                raise UserError(self.env._("%s: say why its end is corrected.", self.display_name))
            self.lock_for_update()
            self.sudo().write({"done_at": at, "correction_reason": reason})
            self.sudo()._price(self.sudo()._refresh())
        elif self.kind in BY_HAND:
            self._end(at)
        else:
            raise UserError(self.env._("%s ends by a step of the claim, not by hand.", self.display_name))
        self._log_end(reason)

    def _log_end(self, reason):
        moment = fields.Datetime.context_timestamp(self, self.done_at).strftime("%Y-%m-%d %H:%M")
        body = self.env._("%(what)s: done on %(moment)s.", what=self._kind_label(), moment=moment)
        self.claim_id._message_log(body=f"{body} {reason}" if reason else body)

    def _kind_label(self):
        """What is due, in the reader's language."""
        self.ensure_one()
        return dict(self._fields["kind"]._description_selection(self.env))[self.kind]

    def action_end(self):
        """Open the dialogue in which a person says when it was done."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("When Was It Done?"),
            "res_model": "franchise.claim.clock.end",
            "view_mode": "form",
            "target": "new",
            # A correction begins with what was noted, not with now.
            "context": {"default_clock_id": self.id, **({"default_done_at": self.done_at} if self.done_at else {})},
        }

    def action_open_claim(self):
        """Open the claim of the clock."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "franchise.claim",
            "res_id": self.claim_id.id,
            "view_mode": "form",
        }

    @api.model
    def _open_on_calendars(self, after, limit):
        """Open clocks that a working calendar measures, in the order of ids: those that a changed calendar moves."""
        rows = self.env.execute_query(
            SQL(
                "SELECT clock.id FROM franchise_claim_clock clock JOIN franchise_service_level level"
                " ON level.id = clock.level_id AND level.calendar_id IS NOT NULL"
                " WHERE clock.done_at IS NULL AND clock.id > %s ORDER BY clock.id LIMIT %s"
                " FOR NO KEY UPDATE OF clock SKIP LOCKED",
                after,
                limit,
            )
        )
        return self.browse([row[0] for row in rows])

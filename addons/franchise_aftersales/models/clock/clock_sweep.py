from odoo import api, fields, models
from odoo.tools import SQL

from ..base.batch import BatchRun
from ..base.deadline import ACTIVITY_TYPE
from .clock_kinds import THEIRS

BATCH = 500  # clocks a transaction; a batch costs a fixed number of statements whatever it holds
LONG_AGO = fields.Datetime.to_datetime("1970-01-01 00:00:00")
# Each stage: the flag that remembers it, the moment that orders its clocks, and the method that deals with them.
STAGES = {
    "warn": ("is_warned", "warn_at", "_sweep_warn"),
    "pass": ("is_passed", "due_at", "_sweep_pass"),
    "escalate": ("is_escalated", "due_at", "_sweep_escalate"),
}


class FranchiseClaimClock(models.Model):
    """Every quarter of an hour: who is told of clocks that come to their end, have passed it, or did so long ago.

    The deadlines of `franchise.deadline.mixin` are days; these are hours. Partial indexes find the few clocks that are due
    among any number of open ones. One bad record stops no other; two runs at once share the work.
    """

    _inherit = "franchise.claim.clock"

    activity_ids = fields.One2many("mail.activity", "franchise_clock_id", string="Told By")

    @api.model
    def _run_sweep(self, now=None, commit=True):
        """Scheduled action: warn, tell what has passed, escalate.

        :param commit: commit after each batch; False inside a transaction of somebody else's.
        :return: {"told": number, "failed": number} of clocks.
        """
        now = now or fields.Datetime.now()
        with BatchRun(self.env, "The sweep of clocks", commit) as run:
            for stage, (flag, order, method) in STAGES.items():

                def handle(clocks, flag=flag, method=method):
                    getattr(clocks, method)(now)
                    clocks.write({flag: True})

                def following(after, stage=stage):
                    return self._sweep_next(stage, now, after)

                def place(clock, order=order):
                    return clock[order], clock.id

                run.work(following, handle, place, (LONG_AGO, 0))
        return {"told": run.done, "failed": run.failed}

    @api.model
    def _run_recompute(self, commit=True):
        """Scheduled action: measure the open clocks on working calendars again, since a calendar may have changed.

        :return: {"told": number measured, "failed": number}.
        """
        with BatchRun(self.env, "Measuring the clocks", commit) as run:
            run.work(lambda after: self._open_on_calendars(after, BATCH), lambda clocks: clocks._refresh())
        return {"told": run.done, "failed": run.failed}

    @api.model
    def _sweep_next(self, stage, now, after):
        """The next clocks that are due in `stage`, in the order of their moment; locked, what another run has is left to it.

        :param after: (moment, id) of the last one.
        """
        flag, order, _method = STAGES[stage]
        moment = SQL("%s <= %s", SQL.identifier(order), now)
        if stage == "warn":
            condition = SQL("%s AND due_at > %s", moment, now)
        elif stage == "pass":
            condition = moment
        else:
            condition = SQL(
                "%s AND EXISTS (SELECT 1 FROM res_company company WHERE company.id = clock.company_id"
                " AND company.franchise_clock_escalation_hours > 0"
                " AND due_at <= %s - company.franchise_clock_escalation_hours * interval '1 hour')",
                moment,
                now,
            )
        self.flush_model()
        self.env["res.company"].flush_model(["franchise_clock_escalation_hours"])
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM franchise_claim_clock clock WHERE done_at IS NULL AND %s IS NOT TRUE AND %s"
                " AND (%s, id) > (%s, %s) ORDER BY %s, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED",
                SQL.identifier(flag),
                condition,
                SQL.identifier(order),
                *after,
                SQL.identifier(order),
                BATCH,
            )
        )
        return self.browse([row[0] for row in rows])

    def _sweep_warn(self, _now):
        self._tell(lambda claim: claim.user_id)
        self._remind_supplier()

    def _sweep_pass(self, _now):
        # What told that the end was near is replaced by what tells that it has passed.
        self._untell()
        self.write({"state": "broken", "is_warned": True})
        self._tell(lambda claim: claim.user_id or claim.company_id.franchise_escalation_user_id)
        self._remind_supplier()

    def _sweep_escalate(self, _now):
        self._tell(lambda claim: claim._deadline_superior())

    def _tell(self, whom):
        """One activity on the claim for each clock, all in one statement; whom: function of a claim."""
        model_id = self.env["ir.model"]._get_id("franchise.claim")
        activity_type = self.env.ref(ACTIVITY_TYPE)
        vals_list = []
        for clock in self:
            user = whom(clock.claim_id)
            if not user:
                continue
            spoken = clock.with_context(lang=user.lang or self.env.lang)
            vals_list.append(
                {
                    "res_model_id": model_id,
                    "res_id": clock.claim_id.id,
                    "activity_type_id": activity_type.id,
                    "summary": spoken._told(),
                    "date_deadline": clock.claim_id._local_day(clock.due_at),
                    "user_id": user.id,
                    "automated": True,
                    "franchise_clock_id": clock.id,
                }
            )
        # Quick: the person sees it in their list of activities; a mail each would help nobody.
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(vals_list)

    def _told(self):
        """One line on what is due or overdue, in the reader's language."""
        self.ensure_one()
        values = {"what": self._kind_label(), "partner": self.partner_id.name}
        if self.side in THEIRS:
            if self.state == "broken":
                return self.env._("%(partner)s is overdue: %(what)s", **values)
            return self.env._("%(partner)s: soon due: %(what)s", **values)
        if self.state == "broken":
            return self.env._("Overdue: %(what)s for %(partner)s", **values)
        return self.env._("Soon due: %(what)s for %(partner)s", **values)

    def _untell(self):
        """Take away what told of these clocks: they moved, ended, or are told of anew."""
        if self:
            self.env["mail.activity"].sudo().search([("franchise_clock_id", "in", self.ids)]).unlink()


class MailActivity(models.Model):
    _inherit = "mail.activity"

    franchise_clock_id = fields.Many2one(
        "franchise.claim.clock", string="Clock", readonly=True, index="btree_not_null", ondelete="cascade"
    )

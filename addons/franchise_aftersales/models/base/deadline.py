import logging

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

BATCH = 500  # records a transaction; a batch costs a handful of statements whatever it holds


class FranchiseDeadlineMixin(models.AbstractModel):
    """Something has to be done by a day: somebody is told before, and told again when the day has passed.

    A model overrides `_compute_deadline_date` (with its own dependencies; empty while nothing is due), and may
    override `_deadline_user`, `_deadline_summary` and `_deadline_passed`. The scheduled action works through
    thousands in batches, and one bad record never stops the others: its batch is repeated one by one.
    """

    _name = "franchise.deadline.mixin"
    _description = "Deadline With Warnings"

    deadline_date = fields.Date(string="Deadline", compute="_compute_deadline_date", store=True)
    deadline_warn_days = fields.Integer(
        string="Warn Before", default=14, help="Days before the deadline on which the responsible person is told."
    )
    deadline_warn_on = fields.Date(string="Warning Due On", compute="_compute_deadline_warn_on", store=True)
    # The deadline that the person was told of: when it moves, they are told again.
    deadline_warned_for = fields.Date(string="Warned Of", readonly=True, copy=False)
    deadline_passed_for = fields.Date(string="Told That It Passed", readonly=True, copy=False)

    _deadline_to_warn = models.Index(
        "(deadline_warn_on, id) WHERE deadline_date IS NOT NULL AND deadline_warned_for IS DISTINCT FROM deadline_date"
    )
    _deadline_to_pass = models.Index(
        "(deadline_date, id) WHERE deadline_date IS NOT NULL AND deadline_passed_for IS DISTINCT FROM deadline_date"
    )

    def _compute_deadline_date(self):
        """Hook: the day by which something has to be done; False when nothing is due (any more)."""
        self.deadline_date = False

    @api.depends("deadline_date", "deadline_warn_days")
    def _compute_deadline_warn_on(self):
        for record in self:
            record.deadline_warn_on = record.deadline_date and fields.Date.subtract(
                record.deadline_date, days=max(record.deadline_warn_days, 0)
            )

    def _deadline_user(self):
        """Whom to tell."""
        self.ensure_one()
        return self.user_id if "user_id" in self._fields else self.env["res.users"]

    def _deadline_summary(self, passed):
        """One line on what is due, or has passed, in the language of the person who is told."""
        self.ensure_one()
        if passed:
            return self.env._("Overdue: %s", self.display_name)
        return self.env._("Due soon: %s", self.display_name)

    def _deadline_warn(self):
        """Tell the responsible people that the deadlines come near: one activity each, all in one statement."""
        self._deadline_activities(passed=False)

    def _deadline_passed(self):
        """What happens when the deadlines have passed; by default the responsible people are told once more."""
        self._deadline_activities(passed=True)

    def _deadline_activities(self, passed):
        vals_list = []
        model_id = self.env["ir.model"]._get_id(self._name)
        activity_type = self.env.ref("mail.mail_activity_data_todo")
        for record in self:
            user = record._deadline_user() or self.env.user
            spoken = record.with_context(lang=user.lang or self.env.lang)
            vals_list.append(
                {
                    "res_model_id": model_id,
                    "res_id": record.id,
                    "activity_type_id": activity_type.id,
                    "summary": spoken._deadline_summary(passed),
                    "date_deadline": record.deadline_date,
                    "user_id": user.id,
                    "automated": True,
                }
            )
        # Quick: the person sees it in their list of activities; thousands of mails a night would help nobody.
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(vals_list)

    @api.model
    def _deadline_ids(self, passed, today, after):
        """The next `BATCH` ids after `after`, by the partial index; compares two columns, which a domain can't."""
        told = "deadline_passed_for" if passed else "deadline_warned_for"
        table = SQL.identifier(self._table)
        due = (
            SQL("deadline_date < %s", today)
            if passed
            else SQL("deadline_warn_on <= %s AND deadline_date >= %s", today, today)
        )
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE %s AND deadline_date IS NOT NULL AND %s IS DISTINCT FROM deadline_date"
                " AND id > %s ORDER BY id LIMIT %s",
                table,
                due,
                SQL.identifier(told),
                after,
                BATCH,
            )
        )
        return [row[0] for row in rows]

    def _deadline_handle(self, passed):
        """Tell of these deadlines and remember it."""
        if passed:
            self._deadline_passed()
        else:
            self._deadline_warn()
        told = "deadline_passed_for" if passed else "deadline_warned_for"
        for day, records in self.grouped("deadline_date").items():
            records._deadline_remember({told: day})
        self.env.flush_all()

    def _deadline_remember(self, vals):
        """Write what was told; a document with frozen fields lets these pass."""
        self.with_context(tracking_disable=True).write(vals)

    @api.model
    def _deadline_models(self):
        """All models with deadlines, in a fixed order."""
        names = self.env.registry.descendants(["franchise.deadline.mixin"], "_inherit")
        return [self.env[name] for name in sorted(names) if not self.env[name]._abstract]

    @api.model
    def _run_deadlines(self, today=None, commit=True):
        """Scheduled action: warn of what comes near, act on what has passed, over all models.

        :param commit: commit after each batch; False inside a transaction of somebody else's.
        :return: {"told": number, "failed": number}.
        """
        today = today or fields.Date.context_today(self)
        result = {"told": 0, "failed": 0}
        for model in self._deadline_models():
            for passed in (False, True):
                after = 0
                while ids := model._deadline_ids(passed, today, after):
                    after = ids[-1]
                    failed = model.browse(ids)._deadline_batch(passed)
                    result["told"] += len(ids) - failed
                    result["failed"] += failed
                    if commit:
                        self.env["ir.cron"]._commit_progress(len(ids))
        return result

    def _deadline_batch(self, passed):
        """Handle the records together; when that fails, one by one. Returns how many failed even alone."""
        try:
            with self.env.cr.savepoint():
                self._deadline_handle(passed)
            return 0
        except Exception:
            if len(self) == 1:
                _logger.exception("The deadline of %s can't be handled; it is tried again at the next run.", self)
                return 1
        self.env.invalidate_all(flush=False)
        return sum(record._deadline_batch(passed) for record in self)

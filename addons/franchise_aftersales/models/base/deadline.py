from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .batch import BatchRun
from .document import _MOVING

BATCH = 500  # records a transaction; a batch costs a handful of statements whatever it holds
ACTIVITY_TYPE = "franchise_aftersales.mail_activity_type_deadline"

# Each stage of the scheduled action: the field that remembers which deadline was dealt with, and the method.
STAGES = {
    "close": ("deadline_warned_for", "_deadline_close"),
    "warn": ("deadline_warned_for", "_deadline_warn"),
    "pass": ("deadline_passed_for", "_deadline_passed"),
    "escalate": ("deadline_escalated_for", "_deadline_escalate"),
}
TOLD = ("deadline_warned_for", "deadline_passed_for", "deadline_escalated_for")
# Whoever could write these could silence a deadline.
OWN = frozenset({*TOLD, "deadline_date", "deadline_warn_on"})


class FranchiseDeadlineMixin(models.AbstractModel):
    """Something has to be done by a day: somebody is told before, again when the day has passed, and then their superior.

    A model overrides `_compute_deadline_date` (with its own dependencies; empty while nothing is due), and may
    override `_deadline_user`, `_deadline_summary` and `_deadline_passed`. The scheduled action works through
    thousands in batches; one bad record never stops the others (`BatchRun`), and two
    runs at the same time share the work instead of doing it twice. When a deadline moves or disappears, the
    activities that told of it are taken away, and the new one is told of in its turn.
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
    deadline_escalated_for = fields.Date(string="Superior Told", readonly=True, copy=False)

    _deadline_to_warn = models.Index(
        "(deadline_warn_on, id) WHERE deadline_date IS NOT NULL AND deadline_warned_for IS DISTINCT FROM deadline_date"
    )
    _deadline_to_pass = models.Index(
        "(deadline_date, id) WHERE deadline_date IS NOT NULL AND deadline_passed_for IS DISTINCT FROM deadline_date"
    )
    _deadline_to_escalate = models.Index(
        "(deadline_date, id) WHERE deadline_date IS NOT NULL AND deadline_escalated_for IS DISTINCT FROM deadline_date"
    )
    _deadline_to_close = models.Index(
        "(id) WHERE COALESCE(deadline_warned_for, deadline_passed_for) IS NOT NULL"
        " AND COALESCE(deadline_passed_for, deadline_warned_for) IS DISTINCT FROM deadline_date"
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

    @api.model_create_multi
    def create(self, vals_list):
        self._check_deadline_given(set().union(*vals_list))
        # Defaults in the context come from the client: they don't count either.
        context = {key: value for key, value in self.env.context.items() if key.removeprefix("default_") not in OWN}
        return super(FranchiseDeadlineMixin, self.with_context(context)).create(vals_list)  # pylint: disable=context-overridden

    def write(self, vals):
        self._check_deadline_given(vals)
        result = super().write(vals)
        # At once where the change was made here; what moved by another document is found by the next run.
        if not self.env.context.get("franchise_deadline_run") and not set(TOLD).intersection(vals):
            # Only of those that were told: others' deadlines needn't be computed yet.
            told = self.filtered(lambda record: record._deadline_told())
            told.filtered(lambda record: record._deadline_told() != record.deadline_date)._deadline_close()
        return result

    def _check_deadline_given(self, names):
        """Refuse values from outside for what is due and who was told. :raises UserError: names the fields."""
        own = OWN.intersection(names)
        if own and self.env.context.get("franchise_moving") is not _MOVING:
            raise UserError(
                self.env._(
                    "%(document)s works out by itself: %(fields)s. It can't be entered.",
                    document=self._description,
                    fields=", ".join(self._fields[name]._description_string(self.env) for name in sorted(own)),
                )
            )

    def _deadline_told(self):
        """The deadline that people were told of last; False when they weren't."""
        self.ensure_one()
        return self.deadline_passed_for or self.deadline_warned_for

    def _deadline_user(self):
        """Whom to tell."""
        self.ensure_one()
        return self.user_id if "user_id" in self._fields else self.env["res.users"]

    def _deadline_superior(self):
        """Whom to tell when a deadline has passed for long: the person's manager where Employees is installed, else
        the person named in the company's settings; nobody when there is neither."""
        self.ensure_one()
        user = self._deadline_user().sudo()
        manager = user.employee_id.parent_id.user_id if user and "employee_id" in user._fields else user.browse()
        return (manager or self.company_id.franchise_escalation_user_id).with_env(self.env)

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

    def _deadline_escalate(self):
        """The deadlines passed long ago: superiors are told; where there is none, nothing happens."""
        self._deadline_activities(passed=True, whom=lambda record: record._deadline_superior())

    def _deadline_close(self):
        """The deadlines moved or disappeared: what told of the earlier ones is taken away, and told anew if need be."""
        if self:
            self.env["mail.activity"].sudo().search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("activity_type_id", "=", self.env.ref(ACTIVITY_TYPE).id),
                    ("automated", "=", True),
                ]
            ).unlink()
            self._deadline_remember(dict.fromkeys(TOLD, False))

    def _deadline_activities(self, passed, whom=None):
        """One activity each, all in one statement.

        :param whom: function of a record that gives the user to tell, or no user: then there is no activity.
        """
        whom = whom or (lambda record: record._deadline_user() or self.env.user)
        vals_list = []
        model_id = self.env["ir.model"]._get_id(self._name)
        activity_type = self.env.ref(ACTIVITY_TYPE)
        for record in self:
            user = whom(record)
            if not user:
                continue
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
    def _deadline_due(self, stage, today):
        """SQL condition, besides that the stage's field isn't the deadline yet, of what is due in `stage` on `today`."""
        if stage == "warn":
            return SQL("deadline_warn_on <= %s AND deadline_date >= %s", today, today)
        if stage == "pass":
            return SQL("deadline_date < %s", today)
        return SQL(
            "deadline_date < %s AND EXISTS (SELECT 1 FROM res_company company"
            " WHERE company.id = %s AND company.franchise_escalation_days > 0"
            " AND deadline_date < %s::date - company.franchise_escalation_days)",
            today,
            SQL.identifier(self._table, "company_id"),
            today,
        )

    @api.model
    def _deadline_next(self, stage, today, after):
        """The next `BATCH` records after the id `after`, by a partial index; compares two columns, which a domain can't.

        They are locked; what another run is working on is left to it.
        """
        self.flush_model()
        if stage == "close":
            condition = SQL(
                "COALESCE(deadline_warned_for, deadline_passed_for) IS NOT NULL"
                " AND COALESCE(deadline_passed_for, deadline_warned_for) IS DISTINCT FROM deadline_date"
            )
        else:
            condition = SQL(
                "%s AND deadline_date IS NOT NULL AND %s IS DISTINCT FROM deadline_date",
                self._deadline_due(stage, today),
                SQL.identifier(STAGES[stage][0]),
            )
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE %s AND id > %s ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED",
                SQL.identifier(self._table),
                condition,
                after,
                BATCH,
            )
        )
        return self.browse(row[0] for row in rows)

    def _deadline_handle(self, stage):
        """Deal with these deadlines and remember it."""
        told, method = STAGES[stage]
        days = {record: record.deadline_date for record in self}
        getattr(self.with_context(franchise_deadline_run=True), method)()
        if stage != "close":
            # A document that moved on because its deadline passed leaves the activity to the person it is for.
            moved = self.filtered(lambda record: record.deadline_date != days[record])
            moved._deadline_remember(dict.fromkeys(TOLD, False))
            for day, records in (self - moved).grouped("deadline_date").items():
                records._deadline_remember({told: day})
        self.env.flush_all()

    def _deadline_remember(self, vals):
        """Write what was told; a document with frozen fields lets these pass."""
        self.with_context(tracking_disable=True, franchise_moving=_MOVING).write(vals)

    @api.model
    def _deadline_models(self):
        """All models with deadlines, in a fixed order."""
        names = self.env.registry.descendants(["franchise.deadline.mixin"], "_inherit")
        return [self.env[name] for name in sorted(names) if not self.env[name]._abstract]

    @api.model
    def _run_deadlines(self, today=None, commit=True):
        """Scheduled action: warn of what comes near, act on what has passed, over all models.

        :param commit: commit after each batch; False inside a transaction of somebody else's.
        :return: {"told": number, "closed": number, "failed": number}.
        """
        today = today or fields.Date.context_today(self)
        result = {"told": 0, "closed": 0}
        with BatchRun(self.env, "The deadline", commit) as run:
            for model in self._deadline_models():
                for stage in STAGES:
                    done = run.work(
                        partial(model._deadline_next, stage, today),
                        lambda rows, stage=stage: rows._deadline_handle(stage),
                    )
                    result["closed" if stage == "close" else "told"] += done
        return {**result, "failed": run.failed}

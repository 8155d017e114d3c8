from odoo import api, fields, models
from odoo.exceptions import UserError

CRON = "franchise_aftersales.cron_settlement_run"


class FranchiseSettlementRun(models.Model):
    """One order to gather settlements: who gave it, how far it is, and what could not be settled, with reasons (R-E1).

    Few amounts are gathered at once; many in the background, in batches that are committed each, so that whatever stops a
    run leaves nothing half-done and the next call goes on where it was.
    """

    _name = "franchise.settlement.run"
    _description = "Settlement Run"
    _order = "id desc"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    date_to = fields.Date(string="Settled Until", required=True, readonly=True)
    with_interim = fields.Boolean(string="With Interim Amounts", readonly=True)
    user_id = fields.Many2one("res.users", string="Ordered By", required=True, readonly=True, ondelete="restrict")
    state = fields.Selection(
        [("waiting", "In the background"), ("done", "Done")],
        string="Status",
        default="waiting",
        required=True,
        readonly=True,
        index=True,
    )
    ready_count = fields.Integer(
        string="Ready", readonly=True, help="Amounts that were ready when the run was ordered."
    )
    settled_count = fields.Integer(string="Gathered", readonly=True)
    failed_count = fields.Integer(string="Left Out", compute="_compute_failed_count")
    progress = fields.Float(compute="_compute_progress")
    error = fields.Char(string="Why It Stopped", readonly=True)
    finished_on = fields.Datetime(string="Finished", readonly=True)
    failure_ids = fields.One2many(
        "franchise.settlement.run.failure", "run_id", string="Amounts Left Out", readonly=True
    )
    settlement_ids = fields.Many2many("franchise.settlement", string="Settlements", readonly=True)

    @api.depends("failure_ids")
    def _compute_failed_count(self):
        counts = dict(
            self.env["franchise.settlement.run.failure"]._read_group(
                [("run_id", "in", self.ids)], ["run_id"], ["__count"]
            )
        )
        for run in self:
            run.failed_count = counts.get(run._origin, 0)

    @api.depends("ready_count", "settled_count", "failed_count", "state")
    def _compute_progress(self):
        for run in self:
            looked_at = run.settled_count + run.failed_count
            run.progress = 100 if run.state == "done" else min(99, 100 * looked_at / (run.ready_count or 1))

    @api.depends("company_id.name", "date_to")
    def _compute_display_name(self):
        for run in self:
            run.display_name = f"{run.company_id.name or ''} {run.date_to or ''}".strip()

    @api.model
    def _order_run(self, company, date_to, with_interim=False):
        """A new run, counted. :raises AccessError: the user may not settle, or not for this company.

        :param with_interim: settle what periods that still run gave until `date_to`, too.
        """
        ready = self.env["franchise.settlement"]._count_ready(company, date_to)
        values = {
            "company_id": company.id,
            "date_to": date_to,
            "user_id": self.env.uid,
            "ready_count": ready,
            "with_interim": with_interim,
        }
        return self.sudo().create(values).sudo(self.env.su)

    def _gather(self, commit=False):
        """Gather what this run is for, with the rights of who ordered it.

        :param commit: each batch is a transaction; False: all in the caller's.
        :return: the draft settlements that got lines.
        """
        self.ensure_one()
        run = self.sudo()
        run.failure_ids.unlink()  # what was left out is tried again
        settlements = self.env["franchise.settlement"].with_user(run.user_id).with_company(run.company_id)
        settlements._check_generate(run.company_id)
        if run.with_interim:
            for source in self.env["franchise.settlement.source"]._settlement_source_models():
                source.sudo()._settlement_prepare_interim(run.company_id, run.date_to, commit)
            run.ready_count = run.settled_count + settlements._count_ready(run.company_id, run.date_to)
        touched, is_complete = settlements._generate(
            run.company_id,
            run.date_to,
            commit=commit,
            on_failure=run._note_failure,
            on_batch=run._note_batch,
        )
        run.settlement_ids = [fields.Command.link(settlement.id) for settlement in touched]
        if is_complete:
            run.write({"state": "done", "finished_on": fields.Datetime.now()})
        return touched

    def _note_batch(self, count):
        self.settled_count += count

    def _note_failure(self, record, error):
        """Why `record` was left out, for who ordered the run."""
        reason = error.args[0] if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        self.env["franchise.settlement.run.failure"].create(
            {
                "run_id": self.id,
                "source_model": record._name,
                "source_id": record.id,
                "name": record.display_name,
                "reason": str(reason).strip().split("\n")[0],
            }
        )

    @api.model
    def _run_waiting(self, commit=True):
        """Scheduled action, called when a run is ordered: gather for those that wait, the oldest first."""
        for run in self.sudo().search([("state", "=", "waiting")], order="id"):
            try:
                run._gather(commit)
            except UserError as error:  # e.g. who ordered it may not settle any more: it stops no later run
                run.write({"state": "done", "finished_on": fields.Datetime.now(), "error": str(error.args[0])})
            if commit:
                self.env["ir.cron"]._commit_progress(0)
            if run.state == "waiting":
                break  # its time was over; the scheduler calls again

    def _in_background(self):
        """Have the scheduled action called now rather than at its next time."""
        self.env.ref(CRON).sudo()._trigger()

    def action_view_settlements(self):
        """Open the settlements that this run put something into."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Settlements"),
            "res_model": "franchise.settlement",
            "view_mode": "list,form",
            "domain": [("id", "in", self.settlement_ids.ids)],
        }

    def _open_form(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }


class FranchiseSettlementRunFailure(models.Model):
    """One amount that a run had to leave out; it is tried again by the next run."""

    _name = "franchise.settlement.run.failure"
    _description = "Amount Left Out of a Settlement Run"
    _order = "run_id, id"

    run_id = fields.Many2one("franchise.settlement.run", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="run_id.company_id", store=True)
    source_model = fields.Char(required=True, readonly=True)
    source_id = fields.Many2oneReference(model_field="source_model", required=True, readonly=True)
    name = fields.Char(string="Amount", readonly=True)
    reason = fields.Char(required=True, readonly=True)

    def action_open_source(self):
        """Open the document that was left out."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.source_model,
            "res_id": self.source_id,
            "view_mode": "form",
        }

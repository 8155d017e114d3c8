from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..base.batch import BatchRun, by_id
from ..base.document import Transition

GROUP_ACCOUNTANT = "franchise_aftersales.group_accountant"
BATCH = 5  # partners a transaction: their statements are printed


class FranchiseStatementRun(models.Model):
    """The statements of many partners for a period, printed in the background into one archive (R-F1).

    Draft → running (a row a partner; each is printed once, whatever is killed in between) → done. A partner whose
    statements can't be printed is left out with the reason; the others are there.
    """

    _name = "franchise.statement.run"
    _description = "Statement Run"
    _inherit = ["franchise.document.mixin", "mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    _transitions = {
        "start": Transition(("draft",), "running", GROUP_ACCOUNTANT),
        "finish": Transition(("running",), "done", GROUP_ACCOUNTANT),
        "cancel": Transition(("draft", "running"), "cancelled", GROUP_ACCOUNTANT),
    }
    _frozen_fields = frozenset({"company_id", "date_from", "date_to", "party", "partner_ids", "file_format", "drafts"})

    name = fields.Char(compute="_compute_name")
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("done", "Done"), ("cancelled", "Cancelled")],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        index=True,
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    user_id = fields.Many2one("res.users", string="Asked For By", default=lambda self: self.env.user, readonly=True)
    date_from = fields.Date(
        string="Settled From", required=True, default=lambda self: fields.Date.start_of(fields.Date.today(), "month")
    )
    date_to = fields.Date(
        string="Settled Until", required=True, default=lambda self: fields.Date.end_of(fields.Date.today(), "month")
    )
    party = fields.Selection(
        [("supplier", "Suppliers"), ("carrier", "Carriers"), ("franchisee", "Franchisees")],
        string="Whose",
        help="Empty: of all partners.",
    )
    partner_ids = fields.Many2many(
        "res.partner", string="Partners", help="Empty: all that have settlements in the period."
    )
    drafts = fields.Boolean(string="Drafts Too", help="Also settlements that aren't confirmed yet; marked as drafts.")
    file_format = fields.Selection(
        [("pdf", "PDF"), ("xlsx", "XLSX"), ("both", "PDF and XLSX")], string="Format", required=True, default="both"
    )
    line_ids = fields.One2many("franchise.statement.run.line", "run_id", string="Partners in It")
    line_count = fields.Integer(string="Partners to Print", compute="_compute_progress")
    done_count = fields.Integer(string="Printed", compute="_compute_progress")
    failed_count = fields.Integer(string="Failed", compute="_compute_progress")
    progress = fields.Float(compute="_compute_progress", help="Share of the partners that is dealt with, in percent.")

    _check_period = models.Constraint("CHECK (date_from <= date_to)", "The period ends before it begins.")

    @api.depends("date_from", "date_to")
    def _compute_name(self):
        for run in self:
            run.name = self.env._("Statements %(from)s – %(to)s", **{"from": run.date_from, "to": run.date_to})

    @api.depends("name")
    def _compute_display_name(self):
        for run in self:
            run.display_name = run.name

    @api.depends("line_ids.state")
    def _compute_progress(self):
        counts = {}
        for run, state, count in self.env["franchise.statement.run.line"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "state"], ["__count"]
        ):
            counts.setdefault(run, {})[state] = count
        for run in self:
            found = counts.get(run._origin, {})
            run.line_count = sum(found.values())
            run.done_count = found.get("done", 0)
            run.failed_count = found.get("failed", 0)
            dealt_with = run.done_count + run.failed_count
            run.progress = 100.0 * dealt_with / run.line_count if run.line_count else 0.0

    def action_start(self):
        """Note down the partners and begin in the background.

        :raises UserError: nobody has a settlement in the period.
        """
        self._check_transition("start")
        for run in self:
            groups = self.env["franchise.settlement"]._read_group(run._settlement_domain(), ["partner_id", "party"])
            if not groups:
                raise UserError(
                    self.env._("%s: no partner has a settlement in this period. Check dates and partners.", run.name)
                )
            self.env["franchise.statement.run.line"].sudo().create(
                [{"run_id": run.id, "partner_id": partner.id, "party": party} for partner, party in groups]
            )
        self._move("start")
        self.env.ref("franchise_aftersales.cron_statement_runs").sudo()._trigger()
        return True

    def action_cancel(self):
        """Stop; what is printed stays."""
        return self._move("cancel")

    def action_download(self):
        """Download what is printed as one archive. :raises UserError: nothing is."""
        self.ensure_one()
        if not self.done_count:
            raise UserError(self.env._("%s: nothing is printed yet.", self.name))
        return {"type": "ir.actions.act_url", "url": f"/franchise/statements/{self.id}.zip", "target": "download"}

    def _settlement_domain(self):
        """The settlements of the run."""
        self.ensure_one()
        domain = Domain("company_id", "=", self.company_id.id) & Domain("date_to", ">=", self.date_from)
        domain &= Domain("date_to", "<=", self.date_to)
        if not self.drafts:
            domain &= Domain("state", "!=", "draft")
        if self.party:
            domain &= Domain("party", "=", self.party)
        if self.partner_ids:
            domain &= Domain("partner_id", "child_of", self.partner_ids.ids)
        return domain

    @api.model
    def _cron_run(self, commit=True):
        """Scheduled action: print what is asked for, some partners at a time, with the rights of who asked."""
        lines = self.env["franchise.statement.run.line"]
        waiting = Domain("run_id.state", "=", "running") & Domain("state", "=", "waiting")
        with BatchRun(self.env, "Printing statements", commit, lines._tell_failure) as run:
            run.work(by_id(lines, waiting, BATCH), lambda some: some._print())
            running = Domain("state", "=", "running")
            # Not before all of its rows are dealt with; those of a cancelled run stay as they are.
            done = running & ~Domain("line_ids.state", "=", "waiting")
            run.work(by_id(self, done, BATCH), lambda runs: runs._finish())
        return {"done": run.done, "failed": run.failed}

    def _finish(self):
        for run in self:
            run._move("finish")
            spoken = run.with_context(lang=run.user_id.lang)
            spoken.message_post(
                body=spoken.env._(
                    "%(done)s of %(all)s statements are ready to download.", done=run.done_count, all=run.line_count
                ),
                partner_ids=run.user_id.partner_id.ids,
                subtype_xmlid="mail.mt_comment",
            )

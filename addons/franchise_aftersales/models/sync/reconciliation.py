from odoo import api, fields, models


class FranchiseSyncReconciliation(models.Model):
    """One run that compared both sides of a supplier's system: what was compared, what differed, the totals (R-G5).

    The worker compares and reports (`franchise.sync.api`); nobody edits a run.
    """

    _name = "franchise.sync.reconciliation"
    _description = "Reconciliation With a Supplier"
    _order = "id desc"
    _rec_name = "endpoint_id"

    endpoint_id = fields.Many2one(
        "franchise.sync.endpoint", string="Supplier System", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="endpoint_id.company_id", store=True, index=True)
    run = fields.Char(string="Run ID", required=True, readonly=True)
    started_at = fields.Datetime(string="Started", required=True, readonly=True, default=fields.Datetime.now)
    ended_at = fields.Datetime(string="Ended", readonly=True)
    is_complete = fields.Boolean(
        string="Complete", readonly=True, help="Everything was compared: what was not found again is settled."
    )
    compared = fields.Integer(string="Messages Compared", readonly=True)
    found_count = fields.Integer(string="Differences Found", compute="_compute_counts")
    open_count = fields.Integer(string="Still Open", compute="_compute_counts")
    answers_reread = fields.Boolean(
        string="Answers Read Again", readonly=True, help="Answers were missing here, so all of them are read once more."
    )
    total_ids = fields.One2many(
        "franchise.sync.reconciliation.total", "reconciliation_id", string="Totals", readonly=True
    )
    drift_ids = fields.One2many("franchise.sync.drift", "seen_by_id", string="Differences", readonly=True)

    _unique_run = models.UniqueIndex("(endpoint_id, run)", "This run of the reconciliation has been recorded already.")

    @api.depends("drift_ids.settled_at")
    def _compute_counts(self):
        drifts = self.env["franchise.sync.drift"]
        seen = dict(drifts._read_group([("seen_by_id", "in", self.ids)], ["seen_by_id"], ["__count"]))
        still = dict(
            drifts._read_group(
                [("seen_by_id", "in", self.ids), ("settled_at", "=", False)], ["seen_by_id"], ["__count"]
            )
        )
        for run in self:
            run.found_count, run.open_count = seen.get(run._origin, 0), still.get(run._origin, 0)


class FranchiseSyncReconciliationTotal(models.Model):
    """Both sides' totals of one currency in a run."""

    _name = "franchise.sync.reconciliation.total"
    _description = "Totals of a Reconciliation"
    _order = "reconciliation_id, currency_id"

    reconciliation_id = fields.Many2one(
        "franchise.sync.reconciliation", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="reconciliation_id.company_id", store=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    messages = fields.Integer(readonly=True)
    ours = fields.Monetary(string="Accepted, Our Side", readonly=True)
    theirs = fields.Monetary(string="Accepted, Their Side", readonly=True)
    difference = fields.Monetary(compute="_compute_difference", store=True)

    _unique_currency = models.UniqueIndex("(reconciliation_id, currency_id)", "A run has one total a currency.")

    @api.depends("ours", "theirs")
    def _compute_difference(self):
        for total in self:
            total.difference = total.ours - total.theirs

from odoo import api, fields, models

from ...tools.coverage import last_day

OPEN_STATES = ("submitted", "assessed", "approved")


class FranchiseClaim(models.Model):
    """Until when a claim must be reported before a right lapses, and by when the causal part goes back (R-C2, R-C8).

    A draft tells nobody: its right is open until the deadline, and lapsed after it. Once submitted, the right was kept
    when the claim was reported on or before the deadline.
    """

    _name = "franchise.claim"
    _inherit = ["franchise.claim", "franchise.deadline.mixin"]

    transport_mode_id = fields.Many2one(
        "franchise.transport.mode",
        ondelete="restrict",
        help="How the goods came; hidden damage has a notice of its own.",
    )
    delivery_date = fields.Date(help="When the goods arrived.")
    notice_deadline = fields.Date(
        string="Report Until",
        compute="_compute_notice",
        store=True,
        help="Last day before the earliest of the rights to claim lapses.",
    )
    notice_in_time = fields.Boolean(string="Reported in Time", compute="_compute_notice", store=True)
    notice_state = fields.Selection(
        [("open", "Open"), ("kept", "Kept"), ("lapsed", "Lapsed")],
        string="Right to Claim",
        compute="_compute_notice_state",
    )
    cause_term_id = fields.Many2one(
        "franchise.service.agreement.cause.term", string="Terms of the Cause", compute="_compute_cause_terms"
    )
    evidence_required_ids = fields.Many2many(
        "franchise.evidence.type", string="Mandatory Evidence", compute="_compute_cause_terms"
    )
    evidence_wanted_ids = fields.Many2many(
        "franchise.evidence.type", string="Further Evidence", compute="_compute_cause_terms"
    )
    return_to = fields.Selection(
        [("supplier", "Supplier"), ("carrier", "Carrier"), ("franchisor", "Head office")],
        string="Returned To",
        compute="_compute_cause_terms",
    )
    return_due_date = fields.Date(string="Part Goes Back Until", compute="_compute_notice", store=True)
    part_returned_on = fields.Date(copy=False, tracking=True)
    # Some notices are as short as three days: a warning two weeks before would say nothing.
    deadline_warn_days = fields.Integer(default=3)

    def _governing_versions(self):
        """{claim: the version whose terms govern it}: fixed at submission, before that the one of the event's day."""
        versions = self.env["franchise.service.agreement"]._versions_on(
            [(claim.agreement_id.id, claim.event_date) for claim in self if not claim.version_id]
        )
        return {
            claim: claim.version_id or versions.get((claim.agreement_id.id, claim.event_date), claim.version_id)
            for claim in self
        }

    @api.depends("version_id", "agreement_id", "event_date", "cause_id")
    def _compute_cause_terms(self):
        versions = self._governing_versions()
        # Claims under the same terms together: assigning many2many fields one by one takes most of the time.
        for (version, cause), claims in self.grouped(lambda claim: (versions[claim], claim.cause_id)).items():
            term = version._cause_term_for(cause) if version and cause else version.cause_term_ids.browse()
            claims.cause_term_id = term
            claims.evidence_required_ids = term.evidence_required_ids
            claims.evidence_wanted_ids = term.evidence_wanted_ids
            claims.return_to = term.return_part and term.return_to

    @api.depends(
        "version_id",
        "agreement_id.version_ids.state",
        "agreement_id.version_ids.date_from",
        "agreement_id.version_ids.date_to",
        "cause_id.kind",
        "event_date",
        "discovery_date",
        "delivery_date",
        "reported_date",
        "transport_mode_id",
    )
    def _compute_notice(self):
        for claim, version in self._governing_versions().items():
            lasts = [last_day(start, days) for _rule, start, days in claim._notice_windows(version)]
            claim.notice_deadline = min((day for day in lasts if day), default=False)
            claim.notice_in_time = bool(
                not claim.notice_deadline or (claim.reported_date and claim.reported_date <= claim.notice_deadline)
            )
            term = version._cause_term_for(claim.cause_id) if version and claim.cause_id else None
            claim.return_due_date = bool(term and term.return_part) and last_day(claim.reported_date, term.return_days)

    def _notice_windows(self, version):
        """(rule, first day, days) of each window in which this claim must be reported; 0 days: without limit."""
        self.ensure_one()
        if not version or not self.cause_id:
            return []
        days, counted_from = version._window_for(self.cause_id)
        windows = [("window", self.delivery_date if counted_from == "delivery" else self.discovery_date, days)]
        if self.transport_mode_id and self.cause_id.kind == "transport":
            windows.append(("notice", self.delivery_date, version._transport_notice_days(self.transport_mode_id)))
        return windows

    @api.depends("state", "notice_deadline", "notice_in_time")
    def _compute_notice_state(self):
        today = fields.Date.context_today(self)
        for claim in self:
            if not claim.notice_deadline:
                claim.notice_state = False
            elif claim.state == "draft":
                claim.notice_state = "open" if today <= claim.notice_deadline else "lapsed"
            else:
                claim.notice_state = "kept" if claim.notice_in_time else "lapsed"

    @api.depends("state", "notice_deadline", "return_due_date", "part_returned_on")
    def _compute_deadline_date(self):
        for claim in self:
            if claim.state == "draft":
                claim.deadline_date = claim.notice_deadline
            elif claim.state in OPEN_STATES and not claim.part_returned_on:
                claim.deadline_date = claim.return_due_date
            else:
                claim.deadline_date = False

    def _deadline_summary(self, passed):
        self.ensure_one()
        values = {"claim": self.name, "day": fields.Date.to_string(self.deadline_date)}
        if self.state != "draft":
            if passed:
                return self.env._("%(claim)s: the causal part should have gone back by %(day)s", **values)
            return self.env._("%(claim)s: the causal part goes back by %(day)s", **values)
        if passed:
            return self.env._("%(claim)s: the right to claim lapsed on %(day)s", **values)
        return self.env._("%(claim)s: report it by %(day)s or the right to claim lapses", **values)

from odoo import api, fields, models


class FranchiseServiceAgreementCauseTerm(models.Model):
    """Terms of one cause: until when it is claimed, what proves it, what goes back to whom (R-C2, R-C8).

    A cause without a row of its own goes by its nearest parent's; without any, by the version's general window.
    """

    _name = "franchise.service.agreement.cause.term"
    _description = "Terms of a Cause"
    _inherit = ["franchise.version.line.mixin"]
    _order = "version_id, cause_id"
    _rec_name = "cause_id"

    version_id = fields.Many2one("franchise.service.agreement.version", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="version_id.company_id", store=True)
    cause_id = fields.Many2one("franchise.cause", required=True, ondelete="restrict")
    window_days = fields.Integer(string="Claim Window", default=30, help="Days; 0: no limit.")
    window_from = fields.Selection(
        [("discovery", "Discovery"), ("delivery", "Delivery")],
        string="Counted From",
        required=True,
        default="discovery",
        help="The day from which the days count; the last day still counts.",
    )
    evidence_required_ids = fields.Many2many(
        "franchise.evidence.type",
        "franchise_cause_term_evidence_required",
        string="Mandatory Evidence",
    )
    evidence_wanted_ids = fields.Many2many(
        "franchise.evidence.type",
        "franchise_cause_term_evidence_wanted",
        string="Further Evidence",
        help="Asked for, but a claim goes on without it.",
    )
    return_part = fields.Boolean(string="Part Goes Back", help="The causal part is returned.")
    return_to = fields.Selection(
        [("supplier", "Supplier"), ("carrier", "Carrier"), ("franchisor", "Head office")],
        string="Returned To",
        default="supplier",
    )
    return_days = fields.Integer(string="Returned Within", default=14, help="Days from the day of the report.")

    _unique_cause = models.UniqueIndex("(version_id, cause_id)", "This cause has its terms already.")
    _check_days = models.Constraint("CHECK (window_days >= 0 AND return_days >= 0)", "Days can't be negative.")
    _check_return = models.Constraint(
        "CHECK (NOT return_part OR return_to IS NOT NULL)", "Say to whom the causal part goes back."
    )

    @api.depends("cause_id.complete_name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for term in self:
            term.display_name = term.cause_id.display_name


class FranchiseServiceAgreementTransportNotice(models.Model):
    """Days within which hidden transport damage must be told, where a version differs from the mode's own (R-C8)."""

    _name = "franchise.service.agreement.transport.notice"
    _description = "Notice of Hidden Transport Damage"
    _inherit = ["franchise.version.line.mixin"]
    _order = "version_id, transport_mode_id"
    _rec_name = "transport_mode_id"

    version_id = fields.Many2one("franchise.service.agreement.version", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="version_id.company_id", store=True)
    transport_mode_id = fields.Many2one("franchise.transport.mode", required=True, ondelete="restrict")
    notice_days = fields.Integer(string="Days From Delivery", required=True, default=7, help="0: no limit.")
    answer_days = fields.Integer(
        string="The Carrier Answers Within",
        required=True,
        default=30,
        help="Days from our demand until the carrier has to answer. 0: no limit.",
    )

    _unique_mode = models.UniqueIndex("(version_id, transport_mode_id)", "This transport mode has its days already.")
    _check_days = models.Constraint("CHECK (notice_days >= 0)", "Days can't be negative.")
    _check_answer_days = models.Constraint("CHECK (answer_days >= 0)", "Days to answer can't be negative.")

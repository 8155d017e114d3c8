from odoo import api, fields, models
from odoo.fields import Command


class FranchiseServiceAgreementVersion(models.Model):
    """What a version covers and under which conditions of each cause (R-C1, R-C2, R-C8)."""

    _inherit = "franchise.service.agreement.version"

    covers_warranty = fields.Boolean(string="Warranty", default=True)
    covers_repair = fields.Boolean(string="Repair", default=True)
    covers_return = fields.Boolean(string="Return and Exchange", default=True)
    mode_ids = fields.Many2many("franchise.service.mode", string="Service Modes")
    scope_ids = fields.One2many(
        "franchise.service.agreement.scope",
        "version_id",
        copy=True,
        help="Empty: everything that the supplier delivers.",
    )
    warranty_from = fields.Selection(
        [("sale", "Sale"), ("production", "Production")],
        string="Warranty Runs From",
        required=True,
        default="sale",
        help="Sale: the date of the supplier's invoice. Production: the production date of the goods.",
    )
    cause_term_ids = fields.One2many(
        "franchise.service.agreement.cause.term", "version_id", string="Terms per Cause", copy=True
    )
    transport_notice_ids = fields.One2many(
        "franchise.service.agreement.transport.notice",
        "version_id",
        string="Notice of Transport Damage",
        copy=True,
        default=lambda self: self._default_transport_notices(),
    )

    _check_types = models.Constraint(
        "CHECK (covers_warranty OR covers_repair OR covers_return)",
        "An agreement is about warranty, repair or return and exchange, or several of them.",
    )

    @api.model
    def _default_transport_notices(self):
        """A row for each transport mode, so that a version keeps its days when the list of modes changes later."""
        modes = self.env["franchise.transport.mode"].search([("active", "=", True)])
        return [
            Command.create(
                {"transport_mode_id": mode.id, "notice_days": mode.notice_days, "answer_days": mode.answer_days}
            )
            for mode in modes
        ]

    def _cause_term_for(self, cause):
        """The terms of `cause`: its own row, else its nearest parent's; empty when none fits."""
        return self._nearest(self.cause_term_ids, cause)

    def _window_for(self, cause):
        """(days, "discovery" or "delivery") within which a claim of `cause` must be reported; 0 days: no limit."""
        term = self._cause_term_for(cause)
        return (term.window_days, term.window_from) if term else (self.claim_window_days, "discovery")

    def _transport_notice_days(self, mode):
        """Days from delivery within which hidden damage of that transport mode must be told; 0: no limit."""
        own = self.transport_notice_ids.filtered(lambda row: row.transport_mode_id == mode)
        return own.notice_days if own else mode.notice_days

    def _transport_answer_days(self, mode):
        """Days from our demand within which a carrier of that transport mode answers; 0: no limit, or no mode is known."""
        own = self.transport_notice_ids.filtered(lambda row: row.transport_mode_id == mode)
        return own.answer_days if own else mode.answer_days

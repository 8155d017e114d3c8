from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseServiceAgreement(models.Model):
    """After-sales service agreement with a supplier; its terms are dated versions.

    Everything that asks "which terms governed on that day" goes through `_versions_on`.
    """

    _name = "franchise.service.agreement"
    _description = "After-Sales Service Agreement"
    _inherit = ["franchise.document.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "name desc"
    _check_company_auto = True
    _number_sequence = "franchise.service.agreement"

    _transitions = {
        "activate": Transition(("draft",), "active", GROUP_CONTRACT),
        "end": Transition(("active",), "ended", GROUP_CONTRACT),
    }
    _frozen_fields = frozenset({"name", "company_id", "supplier_id", "currency_id"})

    name = fields.Char(
        string="Number", required=True, copy=False, readonly=True, default=lambda self: self.env._("New")
    )
    state = fields.Selection(
        [("draft", "Draft"), ("active", "Active"), ("ended", "Ended")],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    supplier_id = fields.Many2one(
        "res.partner", required=True, index=True, tracking=True, check_company=True, ondelete="restrict"
    )
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)
    version_ids = fields.One2many("franchise.service.agreement.version", "agreement_id", string="Versions")
    current_version_id = fields.Many2one(
        "franchise.service.agreement.version", string="Version in Force Today", compute="_compute_current_version_id"
    )
    note = fields.Html(string="Notes")

    _unique_name = models.UniqueIndex("(company_id, name) WHERE state != 'draft'", "This agreement number is taken.")
    _unique_active = models.UniqueIndex(
        "(company_id, supplier_id, currency_id) WHERE state = 'active'",
        "This supplier has an active agreement in this currency already: amend it by a new version.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed_version(self):
        # The database deletes versions with their agreement, past their own guard.
        kept = self.version_ids.filtered(lambda version: version.state == "confirmed")
        if kept:
            raise UserError(
                self.env._(
                    "%s is confirmed: its agreement can't be deleted. End the agreement instead.",
                    kept[0].display_name,
                )
            )

    @api.depends("version_ids.state", "version_ids.date_from", "version_ids.date_to")
    def _compute_current_version_id(self):
        today = fields.Date.context_today(self)
        versions = self._versions_on([(agreement.id, today) for agreement in self if agreement.id])
        for agreement in self:
            agreement.current_version_id = versions.get((agreement.id, today), False)

    def action_activate(self):
        """Bring the agreement in force.

        :raises UserError: no version is confirmed.
        """
        for agreement in self:
            if "confirmed" not in agreement.version_ids.mapped("state"):
                raise UserError(
                    self.env._("%s has no confirmed version: confirm its terms first, then activate.", agreement.name)
                )
        return self._move("activate")

    def action_end(self):
        """End the agreement; claims about events before its end still go by its versions."""
        return self._move("end")

    @api.model
    def _versions_on(self, pairs):
        """Which confirmed version governed each agreement on each day: see `_in_force_on`."""
        return self.env["franchise.service.agreement.version"]._in_force_on(pairs)

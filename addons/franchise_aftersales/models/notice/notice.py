from odoo import fields, models

from ..base.document import Transition

GROUP_CONTRACT = "franchise_aftersales.group_contract"


class FranchiseNotice(models.Model):
    """A written notice to the other party: sent by some channel, proved to be delivered, acknowledged (R-B2)."""

    _name = "franchise.notice"
    _description = "Notice"
    _inherit = [
        "franchise.document.mixin",
        "franchise.deadline.mixin",
        "portal.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _check_company_auto = True

    _transitions = {
        "send": Transition(("draft",), "sent", GROUP_CONTRACT),
        "acknowledge": Transition(("sent",), "acknowledged", GROUP_CONTRACT),
        "cancel": Transition(("draft",), "cancelled", GROUP_CONTRACT),
        "revoke": Transition(("sent", "acknowledged"), "revoked", GROUP_CONTRACT),
    }

    name = fields.Char(string="Subject", required=True)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("sent", "Sent"),
            ("acknowledged", "Acknowledged"),
            ("revoked", "Revoked"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="draft",
        required=True,
        copy=False,
        tracking=True,
    )
    kind = fields.Selection(
        [
            ("termination", "Termination"),
            ("default", "Default"),
            ("supplier", "Notice to a supplier"),
            ("renewal", "Renewal or its refusal"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
    )
    contract_id = fields.Many2one("franchise.contract", index=True, ondelete="restrict", check_company=True)
    agreement_id = fields.Many2one("franchise.service.agreement", index=True, ondelete="restrict", check_company=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    partner_id = fields.Many2one("res.partner", string="To", required=True, index=True, ondelete="restrict")
    body = fields.Html()
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user)

    def action_send(self):
        """Send the notice by its channel."""
        self._move("send")
        self._after_sent()
        return True

    def action_acknowledge(self):
        """Record that the other party acknowledged."""
        self._move("acknowledge")
        self._after_acknowledged()
        return True

    def action_cancel(self):
        """Give up a draft."""
        return self._move("cancel")

    def action_revoke(self):
        """Take the notice back."""
        return self._move("revoke")

    def _after_sent(self):
        """Hook: documents behind the notices go on."""

    def _after_acknowledged(self):
        """Hook: documents behind the notices go on."""

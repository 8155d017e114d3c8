from odoo import models

from .clock_kinds import THEIRS


class FranchiseClaimClock(models.Model):
    """Suppliers and carriers are reminded by mail of what they owe us: when the end of a clock is near, and when it has passed."""

    _inherit = "franchise.claim.clock"

    def _remind_supplier(self):
        """Queue a mail, in the party's language, for each clock of a party that has an address."""
        late = self.filtered(lambda clock: clock.side in THEIRS and clock.partner_id.email)
        if late:
            template = self.env.ref("franchise_aftersales.mail_template_clock_reminder").sudo()
            template.send_mail_batch(late.ids)

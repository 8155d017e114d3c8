from odoo import models


class FranchiseClaimClock(models.Model):
    """The supplier is reminded by mail of what it owes us: when the end of its clock is near, and when it has passed."""

    _inherit = "franchise.claim.clock"

    def _remind_supplier(self):
        """Queue a mail, in the supplier's language, for each clock of a supplier that has an address."""
        late = self.filtered(lambda clock: clock.side == "supplier" and clock.partner_id.email)
        if late:
            template = self.env.ref("franchise_aftersales.mail_template_clock_reminder").sudo()
            template.send_mail_batch(late.ids)

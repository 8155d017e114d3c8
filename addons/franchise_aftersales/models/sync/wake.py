from odoo import api, models
from odoo.tools import hmac

NOTIFICATION = "franchise_sync_wake"
# Where a transaction keeps in mind that it rings the bell already.
RUNG = "franchise_aftersales.sync_wake"


class FranchiseSyncApi(models.AbstractModel):
    """The bell: Odoo's bus tells a listening worker that messages were written, so that it need not ask all the time."""

    _inherit = "franchise.sync.api"

    @api.model
    def wake_channel(self):
        """Name of the bus channel that is rung. Whoever knows it may listen, so it can't be guessed; it carries nothing."""
        return self._system()._wake_channel()

    def _wake_channel(self):
        return f"{NOTIFICATION}:{hmac(self.env(su=True), NOTIFICATION, self.env.cr.dbname)}"


class FranchiseSyncMessage(models.Model):
    _inherit = "franchise.sync.message"

    @api.model_create_multi
    def create(self, vals_list):
        messages = super().create(vals_list)
        self._ring()
        return messages

    def action_replay(self, reason=""):
        result = super().action_replay(reason)
        self._ring()
        return result

    @api.model
    def _ring(self):
        """Ring once this transaction commits; nobody hears of one that is rolled back."""
        # Kept with what is done after the commit: the other list is emptied at each savepoint.
        kept = self.env.cr.postcommit.data
        if not kept.get(RUNG):
            kept[RUNG] = True
            channel = self.env["franchise.sync.api"]._wake_channel()
            self.env["bus.bus"].sudo()._sendone(channel, NOTIFICATION, {})

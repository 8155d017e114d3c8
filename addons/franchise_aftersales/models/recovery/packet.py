from odoo import models


class FranchiseClaim(models.Model):
    """What a claim packet says of counter-claims: a party reads its own, a court all (R-D17)."""

    _inherit = "franchise.claim"

    def _packet_negotiation(self):
        counters = self.counter_ids.filtered(lambda counter: self._packet_concerns(counter.partner_id))
        names = ["party", "partner_id", "state", "amount", "amount_accepted", "reason", "raised_on", "decision_reason"]
        return [*super()._packet_negotiation(), self._packet_table(self.env._("Counter-Claims"), counters, names)]

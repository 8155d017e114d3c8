from odoo import models


class FranchiseClaim(models.Model):
    """What a claim packet says of the offers: a party reads those made by it or to it, a court all (R-D17)."""

    _inherit = "franchise.claim"

    def _packet_negotiation(self):
        reader = self._packet().reader
        offers = self.offer_ids.filtered(
            lambda offer: (
                offer.state != "draft" and (reader == "court" or reader in (offer.offered_by, offer.offered_to))
            )
        )
        names = [
            "number",
            "kind",
            "offered_by",
            "offered_to",
            "state",
            "amount",
            "terms",
            "made_at",
            "answered_at",
            "is_former",
        ]
        table = self._packet_table(self.env._("Offers"), offers.sorted("number"), names)
        return [*super()._packet_negotiation(), table]

from odoo import models

RECOVERY = "franchise.claim.recovery"


class IrAttachment(models.Model):
    """Files beside a demand are ours: who is asked to pay reads the demand, and only the files that its page hands out."""

    _inherit = "ir.attachment"

    def _inaccessible_comodel_records(self, model_and_ids, operation):
        places = dict(model_and_ids)
        if self.env.user._is_portal() and not self.env.su:
            for record_id in places.pop(RECOVERY, ()):
                yield RECOVERY, record_id
        yield from super()._inaccessible_comodel_records(places, operation)

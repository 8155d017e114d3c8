from odoo import fields, models


class FranchiseSyncMessage(models.Model):
    """A letter is not recognised by a system when it comes twice: who looks at the message has to know that it is one."""

    _inherit = "franchise.sync.message"

    connector = fields.Selection(related="endpoint_id.connector")

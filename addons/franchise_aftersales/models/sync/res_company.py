from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    franchise_sync_purge = fields.Boolean(
        string="Remove Old Messages", help="Off: everything that was sent and answered is kept for ever."
    )
    franchise_sync_keep_days = fields.Integer(string="Keep Messages For", default=400, help="Days since the delivery.")

    _check_franchise_sync_keep = models.Constraint(
        "CHECK (franchise_sync_keep_days IS NULL OR franchise_sync_keep_days >= 90)",
        "Messages are evidence: they are kept for at least 90 days.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    franchise_sync_purge = fields.Boolean(related="company_id.franchise_sync_purge", readonly=False)
    franchise_sync_keep_days = fields.Integer(related="company_id.franchise_sync_keep_days", readonly=False)

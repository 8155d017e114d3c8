from datetime import datetime, time

from odoo import fields, models
from odoo.exceptions import UserError


class FranchiseNoticeRecord(models.TransientModel):
    """Ask for the proof of a delivery, or of an acknowledgement on paper (R-B2)."""

    _name = "franchise.notice.record"
    _description = "Record a Delivery or an Acknowledgement"

    notice_id = fields.Many2one("franchise.notice", readonly=True)
    what = fields.Selection([("delivery", "Delivery"), ("acknowledgement", "Acknowledgement")], default="delivery")
    day = fields.Date(string="On", default=fields.Date.context_today)
    name = fields.Char(string="By Whom", help="Who signed the acknowledgement, with their position.")
    tracking_number = fields.Char()
    file_ids = fields.Many2many("ir.attachment", string="Proof", help="Receipt, fax report, or signed copy.")

    def action_record(self):
        """Record it on the notice.

        :raises UserError: day, name or proof is missing.
        """
        self.ensure_one()
        if not self.day or not self.file_ids:
            raise UserError(self.env._("Enter the day and attach the proof: a receipt, a report or the signed copy."))
        if self.what == "delivery":
            self.notice_id.check_access("write")
            self.notice_id._record_delivery(self.day, self.file_ids, self.tracking_number)
            return True
        now = fields.Datetime.now()
        today = fields.Date.context_today(self)
        sent = self.notice_id.sent_at
        # A day without an hour: noon, but on the day of sending not before it, and today not after now.
        at = now if self.day == today else datetime.combine(self.day, time(12))
        if self.day == fields.Datetime.context_timestamp(self, sent).date():
            at = max(at, sent)
        self.notice_id._acknowledge(self.name, "paper", at=at, files=self.file_ids)
        return True

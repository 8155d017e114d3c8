from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..models.evidence.packet import Packet


class FranchiseClaimPacket(models.TransientModel):
    """Ask for whom a claim is put together, in which language, and whether they may have personal data (R-D17, R-H5)."""

    _name = "franchise.claim.packet"
    _description = "Claim Packet"

    claim_id = fields.Many2one("franchise.claim")
    reader = fields.Selection(
        [("supplier", "Supplier"), ("carrier", "Carrier"), ("court", "Court or authority")],
        string="For",
        default="supplier",
        help="A party reads what concerns it; a court reads everything.",
    )
    partner_id = fields.Many2one(
        "res.partner", string="Reader", compute="_compute_partner_id", readonly=False, store=True
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        compute="_compute_lang",
        readonly=False,
        store=True,
    )
    personal = fields.Boolean(
        string="With Personal Data",
        help="Customers' telephone numbers, addresses and the like are shown, and files that show them are included.",
    )
    personal_reason = fields.Char(string="Why the Reader May Have Them", help="Kept on the claim.")

    logged_at = fields.Datetime(readonly=True, help="What is handed out is what the claim's log says.")

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([{**vals, "logged_at": False} for vals in vals_list])

    def write(self, vals):
        if not self.env.su:
            vals = {**vals, "logged_at": False}
        return super().write(vals)

    @api.depends("claim_id", "reader")
    def _compute_partner_id(self):
        for packet in self:
            claim = packet.claim_id
            packet.partner_id = {
                "supplier": claim.supplier_id,
                "carrier": claim.version_id.carrier_id,
            }.get(packet.reader, claim.supplier_id.browse())

    @api.depends("partner_id")
    def _compute_lang(self):
        installed = dict(self.env["res.lang"].get_installed())
        for packet in self:
            lang = packet.partner_id.lang or self.env.lang
            packet.lang = lang if lang in installed else next(iter(installed))

    def action_pdf(self):
        """Download the PDF."""
        return self._download("pdf")

    def action_zip(self):
        """Download the PDF with all files of evidence."""
        return self._download("zip")

    def _download(self, kind):
        """Log on the claim who gets what, and fetch it.

        :raises UserError: the claim or the reader is missing, or nothing says why the reader may have personal data.
        :raises AccessError: the claim isn't the user's to read, or to change where personal data goes out.
        """
        self.ensure_one()
        self.claim_id.check_access("read")
        if not self.claim_id or not self.reader:
            raise UserError(self.env._("Choose for whom the claim is put together."))
        if self.reader != "court" and not self.partner_id:
            raise UserError(self.env._("Choose who reads it."))
        if self.personal:
            self.claim_id.check_access("write")
            if not (self.personal_reason or "").strip():
                raise UserError(self.env._("Say why the reader may have personal data; it is kept on the claim."))
        self._log(kind)
        self.env.flush_all()
        self.sudo().logged_at = fields.Datetime.now()
        return {"type": "ir.actions.act_url", "url": f"/franchise/claim/packet/{self.id}/{kind}", "target": "download"}

    def _log(self, kind):
        readers = dict(self._fields["reader"]._description_selection(self.env))
        values = {"kind": kind.upper(), "reader": self.partner_id.sudo().display_name or readers[self.reader]}
        if self.personal:
            body = self.env._(
                "Claim packet (%(kind)s) for %(reader)s, with personal data: %(reason)s",
                reason=self.personal_reason.strip(),
                **values,
            )
        else:
            body = self.env._("Claim packet (%(kind)s) for %(reader)s, personal data covered.", **values)
        # Whoever may read a claim may put it together; the log is written for them.
        self.claim_id.sudo().message_post(
            body=body, author_id=self.env.user.partner_id.id, subtype_xmlid="mail.mt_note"
        )

    def _claim_for_reader(self):
        """The claim as the reader reads it.

        :raises AccessError: somebody else asked for it, it isn't logged as it is, or the claim isn't the user's to read.
        """
        self.ensure_one()
        if self.create_uid != self.env.user or not self.logged_at:
            raise AccessError(self.env._("Ask for the claim packet on the claim: each one is logged."))
        self.claim_id.check_access("read")
        packet = Packet(self.reader, self.partner_id.id or 0, self.partner_id.sudo().display_name or "", self.personal)
        return self.claim_id._for_packet(packet, self.lang)

import hashlib
import json

from odoo import fields, models
from odoo.exceptions import UserError

# What the other party agrees to by accepting.
AGREED = ("kind", "offered_by", "offered_to", "percent", "amount", "terms", "valid_until", "pay_by")
AGREED_OF_GOODS = ("purpose", "name", "quantity", "percent", "amount", "comes_back")


class FranchiseClaimOffer(models.Model):
    """Acceptance by signature: drawn in the portal, or on paper with its scan; immutable from then on (R-D6)."""

    _inherit = "franchise.claim.offer"

    _step_fields = frozenset(
        {
            "signed_name",
            "signed_at",
            "signed_method",
            "signed_ip",
            "signed_image",
            "signed_by_id",
            "offered_sha256",
        }
    )
    _evidence_fields = ("scan_ids",)

    signed_name = fields.Char(string="Accepted By", readonly=True, copy=False)
    signed_at = fields.Datetime(string="Signed On", readonly=True, copy=False)
    signed_method = fields.Selection(
        [("drawn", "Drawn in the portal"), ("paper", "On paper")], string="Signature", readonly=True, copy=False
    )
    signed_ip = fields.Char(string="IP Address", readonly=True, copy=False)
    signed_image = fields.Image(string="Drawn Signature", max_width=1024, max_height=1024, readonly=True, copy=False)
    signed_by_id = fields.Many2one("res.users", string="Logged In As", readonly=True, copy=False)
    offered_sha256 = fields.Char(
        string="SHA-256 of the Offer", readonly=True, copy=False, help="Of what was offered, and therefore accepted."
    )
    paper_name = fields.Char(string="Signed on Paper By", copy=False)
    paper_date = fields.Date(string="Signed on Paper On", copy=False)
    scan_ids = fields.Many2many(
        "ir.attachment",
        "franchise_claim_offer_scan_rel",
        string="Signed Scan",
        copy=False,
        help="The acceptance as it was signed on paper; kept as evidence from then on.",
    )

    def _terms_sha256(self):
        """SHA-256 over what is offered: whoever accepts, accepts these terms; any later change shows."""
        self.ensure_one()
        offer = self.sudo()
        rows = [[offer.claim_id.name, offer.number, offer.currency_id.name], [[n, str(offer[n])] for n in AGREED]]
        rows += [[[n, str(line[n])] for n in AGREED_OF_GOODS] for line in offer.line_ids.sorted("id")]
        return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()

    def _remember_terms(self):
        for offer in self:
            offer.flush_recordset()
            offer.invalidate_recordset()
            offer._trusted().offered_sha256 = offer._terms_sha256()

    def _check_terms_as_made(self):
        self.ensure_one()
        if self._terms_sha256() != self.offered_sha256:
            raise UserError(
                self.env._(
                    "What %s offers has changed since it was made: withdraw it and make a new one.", self.display_name
                )
            )

    def action_accept(self):
        result = super().action_accept()
        for offer in self.filtered(lambda offer: offer.offered_by == "franchisor"):
            offer._trusted().write(
                {
                    "signed_name": offer.paper_name.strip(),
                    "signed_at": fields.Datetime.to_datetime(offer.paper_date),
                    "signed_method": "paper",
                    "signed_by_id": self.env.uid,
                }
            )
        return result

    def _accept_signed(self, name, signature, ip, author=None):
        """The claimant accepts our offer by a signature drawn in the portal; for its controller, which checked whose it is.

        :param name: who signs. :param signature: drawn signature in base64. :param ip: the signer's address.
        :param author: partner under whose name the step is told in the chatter.
        :return: True when this acceptance is new, False when the offer was accepted before (nothing is done then).
        :raises UserError: a name or signature is missing, or the offer can't be accepted (any more); says why.
        """
        self.ensure_one()
        offer = self.sudo()
        # First the claim: of two offers that are accepted at the same moment one waits, and then sees the other.
        offer.claim_id._lock_resolution()
        if offer.state == "accepted":
            return False
        if (offer.offered_by, offer.offered_to) != ("franchisor", "claimant"):
            raise UserError(self.env._("%s is no offer to you.", self.display_name))
        if not (name or "").strip() or not signature:
            raise UserError(self.env._("Enter your name and draw your signature."))
        offer._accept(
            {
                "signed_name": name.strip(),
                "signed_at": fields.Datetime.now(),
                "signed_method": "drawn",
                "signed_ip": ip,
                "signed_image": signature,
                "signed_by_id": self.env.uid,
            },
            day=fields.Date.context_today(self),
        )
        images = self.env["ir.attachment"].sudo()
        images = images.search(
            [("res_model", "=", self._name), ("res_id", "=", self.id), ("res_field", "=", "signed_image")]
        )
        images._franchise_freeze()
        offer.claim_id.message_post(
            body=self.env._("%(offer)s was signed by %(name)s.", offer=offer.display_name, name=name.strip()),
            author_id=(author or self.env.user.partner_id).id,
            subtype_xmlid="mail.mt_note",
        )
        return True

    def _decline_in_portal(self, reason, author=None):
        """The claimant declines our offer; for the portal's controller, which checked whose it is.

        :raises UserError: no reason is given, or the offer was answered already.
        """
        self.ensure_one()
        offer = self.sudo()
        offer.claim_id._lock_resolution()
        if (offer.offered_by, offer.offered_to) != ("franchisor", "claimant"):
            raise UserError(self.env._("%s is no offer to you.", self.display_name))
        offer._check_transition("decline")
        offer._trusted().decline_reason = (reason or "").strip()
        offer.action_decline()
        return True

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request, route

from .portal_pages import FranchisePortal
from .portal_upload import answer

SHOWN = ("made", "accepted", "declined", "withdrawn", "expired")
URL = "/my/franchise/offers"


class PortalOffer(FranchisePortal):
    """Our offers to a franchisee: read, accepted by signature, or declined with a reason (R-D6)."""

    @route(f"{URL}/<int:offer_id>", type="http", auth="public", website=True, methods=["GET"])
    def portal_offer(self, offer_id, access_token=None, message=None, **_kwargs):
        """One offer; its link needs no account. Who may not see it is sent home, whatever the reason."""
        try:
            offer = self._offer(offer_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        return self._offer_page(offer, access_token, message=message)

    def _offer_page(self, offer, access_token, message=None, error="", reason=""):
        today = request.env["franchise.claim.offer"]._fields["valid_until"].context_today(request.env.user)
        values = {
            "offer": offer,
            "page_name": "franchise_offer",
            "message": message,
            "error": error,
            "reason": reason,
            "own_claim": request.env.user._is_portal() and offer.claim_id.website_url,
            "may_answer": self._is_claimant()
            and (offer.state, offer.offered_to) == ("made", "claimant")
            and (not offer.valid_until or offer.valid_until >= today),
            "default_name": self._own_name(),
            "access_token": access_token,
        }
        return request.render("franchise_aftersales.portal_offer_page", values)

    @route(f"{URL}/<int:offer_id>/accept", type="jsonrpc", auth="public", website=True)
    def portal_offer_accept(self, offer_id, access_token=None, name=None, signature=None):
        """Accept with name and drawn signature (base64 of a PNG or JPEG).

        :return: {"force_refresh", "redirect_url"}, or {"error": sentence}; a second time changes nothing.
        """
        try:
            offer = self._offer(offer_id, self._given_token(access_token))
        except (AccessError, MissingError):
            return {"error": request.env._("This offer doesn't exist, or the link is not valid.")}
        if not self._is_claimant():
            return {"error": request.env._("Only the franchisee accepts this offer.")}
        signing = offer.with_user(request.env.user).sudo()
        ip, author = request.httprequest.remote_addr, self._author(offer.claimant_id)
        return self._take_signature(
            offer,
            "accepted",
            name,
            signature,
            lambda name, signature: signing._accept_signed(name, signature, ip, author=author),
        )

    @route(f"{URL}/<int:offer_id>/decline", type="http", auth="public", website=True, methods=["POST"])
    def portal_offer_decline(self, offer_id, access_token=None, reason="", **_kwargs):
        """Decline, with a reason."""
        try:
            offer = self._offer(offer_id, access_token)
            if not self._is_claimant():
                raise AccessError(request.env._("Only the franchisee declines this offer."))
        except (AccessError, MissingError):
            return request.redirect("/my")
        try:
            with request.env.cr.savepoint():
                offer.with_user(request.env.user).sudo()._decline_in_portal(
                    reason, author=self._author(offer.claimant_id)
                )
        except UserError as error:
            return self._offer_page(offer, access_token, error=str(error), reason=reason)
        return answer(offer.get_portal_url(query_string="&message=declined"))

    @staticmethod
    def _is_claimant():
        """Portal users see their own only, and so does who has the link; our own people don't answer for the franchisee."""
        return not request.env.user._is_internal()

    def _offer(self, offer_id, access_token):
        """The offer (with all rights) when the user or the token may see it. :raises AccessError, MissingError:"""
        refusal = request.env._("This offer doesn't exist, or the link is not valid.")
        offer = self._document_out("franchise.claim.offer", offer_id, access_token, SHOWN, refusal)
        if offer.with_party != "claimant":
            raise AccessError(refusal)
        return offer

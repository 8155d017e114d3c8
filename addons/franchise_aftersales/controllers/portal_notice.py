from odoo import fields
from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request, route

from .portal_pages import FranchisePortal
from .portal_signing import pdf_response

SHOWN = ("sent", "acknowledged", "revoked")
URL = "/my/franchise/notices"


class PortalNotice(FranchisePortal):
    """Notices to a franchisee or a supplier: read and acknowledged in the portal (R-B2)."""

    def _prepare_home_portal_values(self, counters):
        filters = self._notice_filters()
        domains = {
            "franchise_notice_count": ("franchise.notice", filters["all"]["domain"]),
            "franchise_notice_open_count": ("franchise.notice", filters["open"]["domain"]),
        }
        return super()._prepare_home_portal_values(counters) | self._count_documents(counters, domains)

    def _notice_filters(self):
        family = request.env.user.partner_id.commercial_partner_id
        domain = Domain("partner_id", "child_of", family.id) & Domain("state", "in", SHOWN)
        return {
            "all": {"label": request.env._("All"), "domain": domain},
            "open": {"label": request.env._("To acknowledge"), "domain": domain & Domain("state", "=", "sent")},
        }

    @route([URL, f"{URL}/page/<int:page>"], type="http", auth="user", website=True)
    def portal_notices(self, page=1, filterby=None, **_kwargs):
        """The user's notices, newest first."""
        return self._list_documents(
            "portal_my_notices",
            "franchise.notice",
            Domain.TRUE,
            URL,
            page,
            history="franchise_notice_history",
            filters=self._notice_filters(),
            filterby=filterby,
            page_name="franchise_notice",
        )

    @route(f"{URL}/<int:notice_id>", type="http", auth="public", website=True)
    def portal_notice(self, notice_id, access_token=None, report_type=None, download=None, **kwargs):
        """One notice; `report_type=pdf` sends its letter. Who may not see it is sent home, whatever the reason."""
        try:
            notice = self._notice(notice_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if report_type == "pdf" and notice.archive_id:
            return pdf_response(notice.archive_id.raw, notice.archive_id.name, download)
        self._note_first_view(notice)
        values = {
            "notice": notice._in_partner_language(),
            "page_name": "franchise_notice",
            "message": kwargs.get("message"),
            "may_acknowledge": notice.state == "sent" and not request.env.user._is_internal(),
            "default_name": self._own_name(),
        }
        values = self._get_page_view_values(notice, access_token, values, "franchise_notice_history", False, **kwargs)
        return request.render("franchise_aftersales.portal_notice_page", values)

    @route(f"{URL}/<int:notice_id>/accept", type="jsonrpc", auth="public", website=True)
    def portal_notice_accept(self, notice_id, access_token=None, name=None, signature=None):
        """Acknowledge with name and drawn signature (base64 of a PNG or JPEG).

        :return: {"force_refresh", "redirect_url"}, or {"error": sentence}; a second time changes nothing.
        """
        try:
            notice = self._notice(notice_id, self._given_token(access_token))
        except (AccessError, MissingError):
            return {"error": request.env._("This notice doesn't exist, or the link is not valid.")}
        if request.env.user._is_internal():
            return {"error": request.env._("Only the other party acknowledges in the portal.")}
        if notice.state == "acknowledged":
            return self._signed(notice, "acknowledged")
        ip, author = request.httprequest.remote_addr, self._author(notice.partner_id)
        return self._take_signature(
            notice,
            "acknowledged",
            name,
            signature,
            lambda name, signature: notice._acknowledge(name, "portal", ip=ip, signature=signature, author=author),
        )

    def _notice(self, notice_id, access_token):
        """The notice (sudo) when the user or the token may see it. :raises AccessError, MissingError:"""
        refusal = request.env._("This notice is not sent.")
        return self._document_out("franchise.notice", notice_id, access_token, SHOWN, refusal)

    def _note_first_view(self, notice):
        """Remember when the other party first opened the notice; a login of its own proves that it was delivered."""
        user = request.env.user
        if user._is_internal() or request.httprequest.headers.get("Odoo-Link-Preview") == "True":
            return
        author = self._author(notice.partner_id)
        if not notice.viewed_at:
            notice._trusted().write({"viewed_at": fields.Datetime.now()})
            notice._post_step(notice.env._("Opened in the portal by %s.", author.display_name), author=author)
        # A link can be opened by a mail scanner; only who logged in has certainly received it.
        if not user._is_public() and not notice.delivered_on and notice.state == "sent":
            notice._record_delivery(fields.Date.context_today(notice))

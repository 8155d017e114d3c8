from odoo import fields
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

from .portal_signing import drawn_signature, pdf_response, signer_name

SHOWN = ("sent", "acknowledged", "revoked")
URL = "/my/franchise/notices"


class PortalNotice(CustomerPortal):
    """Notices to a franchisee or a supplier: read and acknowledged in the portal (R-B2)."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if {"franchise_notice_count", "franchise_notice_open_count"} & set(counters):
            notices = request.env["franchise.notice"]
            allowed = notices.has_access("read")
            domain = self._notice_domain()
            if "franchise_notice_count" in counters:
                values["franchise_notice_count"] = notices.search_count(domain) if allowed else 0
            if "franchise_notice_open_count" in counters:
                waiting = domain & Domain("state", "=", "sent")
                values["franchise_notice_open_count"] = notices.search_count(waiting) if allowed else 0
        return values

    def _notice_domain(self):
        family = request.env.user.partner_id.commercial_partner_id
        return Domain("partner_id", "child_of", family.id) & Domain("state", "in", SHOWN)

    @route([URL, f"{URL}/page/<int:page>"], type="http", auth="user", website=True)
    def portal_notices(self, page=1, **_kwargs):
        """The user's notices, newest first."""
        notices = request.env["franchise.notice"]
        domain = self._notice_domain()
        pages = pager(url=URL, total=notices.search_count(domain), page=page, step=self._items_per_page)
        found = notices.search(domain, limit=self._items_per_page, offset=pages["offset"])
        request.session["franchise_notice_history"] = found.ids[:100]
        values = {
            **self._prepare_portal_layout_values(),
            "notices": found.sudo(),
            "page_name": "franchise_notice",
            "pager": pages,
            "default_url": URL,
        }
        return request.render("franchise_aftersales.portal_my_notices", values)

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
            "default_name": "" if request.env.user._is_public() else request.env.user.name,
        }
        values = self._get_page_view_values(notice, access_token, values, "franchise_notice_history", False, **kwargs)
        return request.render("franchise_aftersales.portal_notice_page", values)

    @route(f"{URL}/<int:notice_id>/accept", type="jsonrpc", auth="public", website=True)
    def portal_notice_accept(self, notice_id, access_token=None, name=None, signature=None):
        """Acknowledge with name and drawn signature (base64 of a PNG or JPEG).

        :return: {"force_refresh", "redirect_url"}, or {"error": sentence}; a second time changes nothing.
        """
        access_token = access_token or request.httprequest.args.get("access_token")
        try:
            notice = self._notice(notice_id, access_token)
        except (AccessError, MissingError):
            return {"error": request.env._("This notice doesn't exist, or the link is not valid.")}
        if request.env.user._is_internal():
            return {"error": request.env._("Only the other party acknowledges in the portal.")}
        done = {"force_refresh": True, "redirect_url": notice.get_portal_url(query_string="&message=acknowledged")}
        if notice.state == "acknowledged":
            return done
        name, signature = signer_name(name), drawn_signature(signature)
        if not name or not signature:
            return {"error": request.env._("Enter your name and draw your signature.")}
        user = request.env.user
        try:
            with request.env.cr.savepoint():
                notice._acknowledge(
                    name,
                    "portal",
                    ip=request.httprequest.remote_addr,
                    signature=signature,
                    author=notice.partner_id if user._is_public() else user.partner_id,
                )
        except UserError as error:
            return {"error": str(error)}
        return done

    def _notice(self, notice_id, access_token):
        """The notice (sudo) when the user or the token may see it. :raises AccessError, MissingError:"""
        notice = self._document_check_access("franchise.notice", notice_id, access_token=access_token or None)
        if notice.state not in SHOWN:
            raise AccessError(request.env._("This notice is not sent."))
        # Staff who came by their own login don't need the other party's token in their page.
        own_login = request.env.user._is_internal() and not access_token
        return notice.with_context(franchise_own_login=own_login)

    def _note_first_view(self, notice):
        """Remember when the other party first opened the notice; a login of its own proves that it was delivered."""
        user = request.env.user
        if user._is_internal() or request.httprequest.headers.get("Odoo-Link-Preview") == "True":
            return
        author = notice.partner_id if user._is_public() else user.partner_id
        if not notice.viewed_at:
            notice._trusted().write({"viewed_at": fields.Datetime.now()})
            notice._post_step(notice.env._("Opened in the portal by %s.", author.display_name), author=author)
        # A link can be opened by a mail scanner; only who logged in has certainly received it.
        if not user._is_public() and not notice.delivered_on and notice.state == "sent":
            notice._record_delivery(fields.Date.context_today(notice))

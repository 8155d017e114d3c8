import logging
import uuid
from datetime import date

import psycopg2
from odoo import fields
from odoo.exceptions import UserError
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import pager

from .portal_claim import URL
from .portal_pages import FranchisePortal
from .portal_upload import answer, shown_type, uploaded_files

_logger = logging.getLogger(__name__)

# What the form keeps when something is wrong with it.
TYPED = (
    "outlet_id",
    "cause_id",
    "product",
    "quantity",
    "lot",
    "batch",
    "event_date",
    "discovery_date",
    "delivery_date",
    "description",
    "previous_product",
    "delivery_reference",
    "no_duplicate_reason",
)


class PortalClaimNew(FranchisePortal):
    """A new claim on a phone: choose what was bought, say what happened, take photos, send (R-D1)."""

    @route(f"{URL}/new", type="http", auth="user", website=True, methods=["GET"])
    def portal_claim_goods(self, search="", page=1, **_kwargs):
        """What the user's company bought, newest first, to choose from; or none of it."""
        intakes = request.env["franchise.claim.intake"]
        partner = request.env.user.partner_id
        if not intakes._portal_outlets(partner):
            return request.redirect("/my")
        domain = intakes._portal_goods_domain(partner, search)
        lines = request.env["account.move.line"].sudo()
        pages = pager(
            url=f"{URL}/new",
            url_args={"search": search} if search else {},
            total=lines.search_count(domain),
            page=int(page) if str(page).isascii() and str(page).isdecimal() and len(str(page)) < 10 else 1,
            step=self._items_per_page,
        )
        values = {
            **self._prepare_portal_layout_values(),
            "goods": lines.search(
                domain, order="invoice_date desc, id desc", limit=self._items_per_page, offset=pages["offset"]
            ),
            "search": search,
            "pager": pages,
            "page_name": "franchise_claim_new",
        }
        return request.render("franchise_aftersales.portal_claim_goods", values)

    @route(f"{URL}/new/form", type="http", auth="user", website=True, methods=["GET"])
    def portal_claim_form(self, line="", **_kwargs):
        """The form of a new claim about the goods of invoice line `line`, or about goods that the user writes."""
        return self._claim_form(line, uuid.uuid4().hex, {})

    @route(f"{URL}/new/form", type="http", auth="user", website=True, methods=["POST"])
    def portal_claim_send(self, line="", submission="", **given):
        """Take a new claim in. The same form sent twice, even at the same moment, is one claim."""
        partner = request.env.user.partner_id
        intakes = request.env["franchise.claim.intake"]
        typed = {name: given[name] for name in TYPED if isinstance(given.get(name), str)}
        outlets = intakes._portal_outlets(partner)
        if not outlets:
            return answer("/my")
        company = outlets.filtered(lambda outlet: str(outlet.id) == typed.get("outlet_id")).company_id or (
            outlets[0].company_id
        )
        try:
            files = uploaded_files("files", company)
            intakes._submit_in_portal(partner, submission, {**typed, "sold_line_id": line}, files)
        except UserError as error:
            return answer(error=str(error)) or self._claim_form(line, submission, typed, str(error))
        except psycopg2.errors.UniqueViolation:
            # The other request of a double click made it; this snapshot can't see it, that of the next request does.
            _logger.info("Form %s was sent twice at the same moment", submission)
        return answer(f"{URL}/sent/{submission}")

    @route(f"{URL}/sent/<string:submission>", type="http", auth="user", website=True, methods=["GET"])
    def portal_claim_sent(self, submission, **_kwargs):
        """Where a form that was sent leads to: its claim, or the list where its request stands."""
        intake = request.env["franchise.claim.intake"]._portal_sent(request.env.user.partner_id, submission)
        if intake.claim_id:
            return request.redirect(f"{intake.claim_id.website_url}?message=received")
        return request.redirect(f"{URL}?message=received" if intake else URL)

    def _claim_form(self, line, submission, typed, error=""):
        intakes = request.env["franchise.claim.intake"]
        partner = request.env.user.partner_id
        outlets = intakes._portal_outlets(partner)
        if not outlets:
            return request.redirect("/my")
        sold = intakes._portal_sold_line(partner.sudo(), line)
        if sold:
            outlets = outlets.filtered(lambda outlet: outlet.company_id == sold.company_id)
        causes = intakes._portal_causes()
        today = fields.Date.context_today(request.env.user)
        values = {
            **self._prepare_portal_layout_values(),
            "sold": sold,
            "outlets": outlets,
            "causes": causes.grouped(lambda cause: cause.parent_id.name or cause.name),
            "submission": submission,
            "typed": typed,
            "error": error,
            "today": date.isoformat(today),
            "page_name": "franchise_claim_new",
            **shown_type(outlets[:1].company_id),
        }
        return request.render("franchise_aftersales.portal_claim_form", values)

from decimal import Decimal, InvalidOperation

from odoo import fields
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import pager

from .portal_pages import FranchisePortal
from .portal_signing import pdf_response

MODEL = "franchise.statement.confirmation"
SHOWN = ("sent", "agreed", "disputed", "silent", "withdrawn")
URL = "/my/franchise/statements"
LINES = 100  # of a statement on one page
MISSING = 3  # empty rows for amounts that the partner misses
MAX_MISSING = 100
SAID = ("name", "amount", "reason", "reference")


class PortalStatement(FranchisePortal):
    """Settlement statements of a supplier or franchisee: agreed, or disputed line by line (R-E4)."""

    def _prepare_home_portal_values(self, counters):
        filters = self._statement_filters()
        domains = {
            "franchise_statement_count": (MODEL, filters["all"]["domain"]),
            "franchise_statement_open_count": (MODEL, filters["open"]["domain"]),
        }
        return super()._prepare_home_portal_values(counters) | self._count_documents(counters, domains)

    def _statement_filters(self):
        family = request.env.user.partner_id.commercial_partner_id
        domain = Domain("partner_id", "child_of", family.id) & Domain("state", "in", SHOWN)
        return {
            "all": {"label": request.env._("All"), "domain": domain},
            "open": {"label": request.env._("To answer"), "domain": domain & Domain("state", "=", "sent")},
            "disputed": {"label": request.env._("In dispute"), "domain": domain & Domain("state", "=", "disputed")},
        }

    @route([URL, f"{URL}/page/<int:page>"], type="http", auth="user", website=True)
    def portal_statements(self, page=1, filterby=None, **_kwargs):
        """The user's statements, newest first."""
        return self._list_documents(
            "portal_my_statements",
            MODEL,
            Domain.TRUE,
            URL,
            page,
            history="franchise_statement_history",
            filters=self._statement_filters(),
            filterby=filterby,
            page_name="franchise_statement",
        )

    @route(f"{URL}/<int:statement_id>", type="http", auth="public", website=True, methods=["GET"])
    def portal_statement(self, statement_id, access_token=None, report_type=None, download=None, lines=1, **kwargs):
        """One statement; `report_type` pdf sends it as it went out, xlsx as a workbook; `lines` is the page of lines."""
        try:
            statement = self._statement(statement_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if report_type == "pdf" and statement.archive_id:
            return pdf_response(statement.archive_id.raw, statement.archive_id.name, download)
        self._note_statement_view(statement)
        return self._statement_page(statement, access_token, lines, **kwargs)

    @route(f"{URL}/<int:statement_id>/differences", type="http", auth="public", website=True, methods=["POST"])
    def portal_statement_differences(self, statement_id, access_token=None, lines=1, **kwargs):
        """Keep what was entered for the lines of one page; other pages' stay. What isn't valid is shown again, with why."""
        try:
            statement = self._statement(statement_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        shown = self._lines_shown(statement, lines)[0]
        typed, missing = self._typed(shown, kwargs)
        try:
            self._check_may_answer(statement)
            entries = self._entries(statement, typed, missing)
            kept = [
                {
                    "line": position.settlement_line_id.id,
                    "amount": position.amount_theirs,
                    "reason": position.reason,
                    "reference": position.reference,
                }
                for position in statement.position_ids
                if position.settlement_line_id and position.settlement_line_id not in shown
            ]
            statement._state_differences(kept + entries)
        except UserError as error:
            return self._statement_page(statement, access_token, lines, error=str(error), typed=typed, missing=missing)
        return request.redirect(statement.get_portal_url(query_string=f"&lines={self._number(lines)}&message=kept"))

    @route(f"{URL}/<int:statement_id>/accept", type="jsonrpc", auth="public", website=True)
    def portal_statement_accept(self, statement_id, access_token=None, name=None, signature=None):
        """Agree with name and drawn signature (base64 of a PNG or JPEG); the same for sending the differences.

        :return: {"force_refresh", "redirect_url"}, or {"error": sentence}; a second time changes nothing.
        """
        try:
            statement = self._statement(statement_id, self._given_token(access_token))
        except (AccessError, MissingError):
            return {"error": request.env._("This statement doesn't exist, or the link is not valid.")}
        if statement.state in ("agreed", "silent"):
            return self._signed(statement, "agreed")
        try:
            self._check_may_answer(statement)
        except UserError as error:
            return {"error": str(error)}
        answer = "dispute" if statement.state == "sent" and statement.position_ids else "agree"
        ip, author = request.httprequest.remote_addr, self._author(statement.partner_id)
        return self._take_signature(
            statement,
            "disputed" if answer == "dispute" else "agreed",
            name,
            signature,
            lambda name, signature: statement._answer(
                answer, name, "portal", ip=ip, signature=signature, author=author
            ),
        )

    def _statement(self, statement_id, access_token):
        """The statement (sudo) when the user or the token may see it. :raises AccessError, MissingError:"""
        return self._document_out(
            MODEL, statement_id, access_token, SHOWN, request.env._("This statement is not sent.")
        )

    def _check_may_answer(self, statement):
        """:raises UserError: nothing is to be answered any more, or not by this user."""
        if request.env.user._is_internal():
            raise UserError(request.env._("Only the other party answers in the portal."))
        if statement.state not in ("sent", "disputed"):
            raise UserError(request.env._("This statement was answered or withdrawn already: nothing was changed."))

    def _statement_page(self, statement, access_token, lines, error="", typed=None, missing=None, **kwargs):
        statement = statement._in_partner_language()
        shown, pages = self._lines_shown(statement, lines)
        positions = statement.position_ids
        ours = positions.grouped("settlement_line_id")
        if typed is None:
            typed = {line.id: self._as_typed(ours[line]) for line in shown if line in ours}
            missing = [self._as_typed(position) for position in positions if not position.settlement_line_id]
        asked = statement.state == "sent" and not request.env.user._is_internal()
        values = {
            "statement": statement,
            "settlement": statement.settlement_id._statement_in_partner_language(),
            "lines": shown,
            "lines_page": self._number(lines),
            "lines_pager": pages,
            "typed": typed,
            "missing": (missing or []) + [dict.fromkeys(SAID, "")] * (MISSING if asked else 0),
            "positions": positions,
            "error": error,
            "message": kwargs.get("message"),
            "may_differ": asked,
            "may_agree": statement.state in ("sent", "disputed") and not request.env.user._is_internal(),
            "default_name": self._own_name(),
            "page_name": "franchise_statement",
        }
        values = self._get_page_view_values(
            statement, access_token, values, "franchise_statement_history", False, **kwargs
        )
        return request.render("franchise_aftersales.portal_statement_page", values)

    def _lines_shown(self, statement, page):
        """(lines of that page, pager)."""
        lines = request.env["franchise.settlement.line"].sudo().with_context(lang=statement.env.lang)
        domain = [("settlement_id", "=", statement.settlement_id.id)]
        pages = pager(url=statement.access_url, total=lines.search_count(domain), page=self._number(page), step=LINES)
        # The pager's own addresses have the page in their path; here it is an argument beside the token.
        pages["addresses"] = [
            (number, statement.get_portal_url(query_string=f"&lines={number}"))
            for number in range(1, pages["page_count"] + 1)
        ]
        return lines.search(domain, order="date, id", limit=LINES, offset=pages["offset"]), pages

    @staticmethod
    def _number(text):
        text = str(text)
        return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 6 else 1

    @staticmethod
    def _as_typed(position):
        digits = position.currency_id.decimal_places
        return {
            "name": position.name or "",
            "amount": f"{position.amount_theirs:.{digits}f}",
            "reason": position.reason or "",
            "reference": position.reference or "",
        }

    @staticmethod
    def _typed(shown, form):
        """What was entered: ({line id: texts}, [texts of missing amounts]); rows where nothing was entered are left out."""

        def row(suffix):
            return {key: str(form.get(f"{key}_{suffix}") or "").strip() for key in SAID}

        by_line = {line.id: row(line.id) for line in shown}
        missing = [row(f"missing_{number}") for number in range(MAX_MISSING) if f"amount_missing_{number}" in form]
        return (
            {line_id: texts for line_id, texts in by_line.items() if any(texts.values())},
            [texts for texts in missing if any(texts.values())],
        )

    def _entries(self, statement, typed, missing):
        """What was entered, as `_state_differences` takes it. :raises UserError: an amount is no number."""
        names = {line.id: line.display_name for line in statement.settlement_id.line_ids if line.id in typed}
        rows = [(line_id, texts, names[line_id]) for line_id, texts in typed.items()]
        rows += [(None, texts, texts["name"] or request.env._("missing amount")) for texts in missing]
        entries = []
        for line_id, texts, label in rows:
            if line_id is None and not texts["name"]:
                raise UserError(request.env._("Say what is missing in the statement."))
            if not texts["reason"]:
                raise UserError(request.env._("%s: say why you see it differently.", label))
            entries.append({**texts, "line": line_id, "amount": self._statement_amount(texts["amount"], label)})
        return entries

    @staticmethod
    def _statement_amount(text, label):
        """A typed amount, in the statement's currency. :raises UserError: it is no number."""
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or len(text) > 20:
            raise UserError(request.env._("%s: enter your amount as a number, like 1250.00.", label))
        return float(amount)

    def _note_statement_view(self, statement):
        """Remember when the partner first opened it."""
        user = request.env.user
        if user._is_internal() or request.httprequest.headers.get("Odoo-Link-Preview") == "True" or statement.viewed_at:
            return
        author = self._author(statement.partner_id)
        statement._trusted().write({"viewed_at": fields.Datetime.now()})
        statement._post_note(statement.env._("Opened in the portal by %s.", author.display_name), author=author)

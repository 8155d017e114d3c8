from markupsafe import escape
from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from .portal_pages import FranchisePortal
from .uploads import read_document

MAX_TEXT = 10000


class DisputePortal(FranchisePortal):
    """Franchisees and suppliers raise disputes and follow them; they see their own only (R-C7)."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        values |= self._count_documents(counters, {"dispute_count": ("franchise.dispute", self._dispute_domain())})
        if values.get("dispute_count") == 0:
            values["dispute_count"] = len(self._dispute_subjects())
        return values

    def _dispute_domain(self):
        return [("partner_id", "child_of", request.env.user.commercial_partner_id.id)]

    def _dispute_subjects(self):
        """{"agreement-1" or "contract-1": record} of what the user may raise a dispute about."""
        partner = request.env.user.commercial_partner_id
        agreements = (
            request.env["franchise.service.agreement"]
            .sudo()
            .search([("supplier_id", "child_of", partner.id), ("state", "!=", "draft")])
        )
        contracts = (
            request.env["franchise.contract"]
            .sudo()
            .search([("franchisee_id", "child_of", partner.id), ("state", "in", ("signed", "ended"))])
        )
        return {
            **{f"agreement-{agreement.id}": agreement for agreement in agreements},
            **{f"contract-{contract.id}": contract for contract in contracts},
        }

    @http.route(["/my/disputes", "/my/disputes/page/<int:page>"], type="http", auth="user", website=True)
    def portal_my_disputes(self, page=1, **_kwargs):
        """The user's disputes, newest first."""
        return self._list_documents(
            "portal_my_disputes",
            "franchise.dispute",
            self._dispute_domain(),
            "/my/disputes",
            page,
            history="my_disputes_history",
            may_raise=bool(self._dispute_subjects()),
            page_name="dispute",
        )

    @http.route("/my/disputes/new", type="http", auth="user", website=True, methods=["GET", "POST"])
    def portal_dispute_new(self, about="", subject="", description="", **kwargs):
        """The form of a new dispute, and what it sends."""
        subjects = self._dispute_subjects()
        if not subjects:
            return request.redirect("/my")
        values = self._prepare_portal_layout_values()
        values.update(
            subjects=subjects, about=about, subject=subject, description=description, error="", page_name="dispute_new"
        )
        if request.httprequest.method == "POST":
            try:
                dispute = self._raise_dispute(subjects.get(about), subject, description, kwargs.get("file"))
                return request.redirect(dispute.access_url)
            except UserError as error:
                values["error"] = str(error)
        return request.render("franchise_aftersales.portal_dispute_new", values)

    def _raise_dispute(self, record, subject, description, file):
        attachments = self._check_file(file)
        kind = "agreement" if record is not None and record._name == "franchise.service.agreement" else "contract"
        dispute = request.env["franchise.dispute"]._raise_from_partner(
            request.env.user.commercial_partner_id,
            {"subject": subject, "description": description},
            **{kind: record},
        )
        if attachments:
            self._post(dispute, request.env._("Raised with a file."), attachments)
        return dispute

    @http.route("/my/disputes/<int:dispute_id>", type="http", auth="public", website=True, methods=["GET"])
    def portal_dispute_page(self, dispute_id, access_token=None, **kwargs):
        """One dispute; the access token opens it without an account."""
        try:
            dispute = self._document_check_access("franchise.dispute", dispute_id, access_token=access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        values = {
            "dispute": dispute,
            "page_name": "dispute",
            "may_answer": self._may_answer(dispute),
            "error": "",
        }
        values = self._get_page_view_values(dispute, access_token, values, "my_disputes_history", False, **kwargs)
        return request.render("franchise_aftersales.portal_dispute_page", values)

    def _may_answer(self, dispute):
        """Only the party itself, signed in, while the dispute goes on."""
        user = request.env.user
        own = dispute.partner_id.commercial_partner_id == user.commercial_partner_id
        return own and not user._is_public() and not dispute.closed_on

    @http.route("/my/disputes/<int:dispute_id>/answer", type="http", auth="user", website=True, methods=["POST"])
    def portal_dispute_answer(self, dispute_id, body="", **kwargs):
        """An answer of the other party, with a file."""
        try:
            dispute = self._document_check_access("franchise.dispute", dispute_id)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if not self._may_answer(dispute):
            return request.redirect(dispute.access_url)
        body = body.strip()
        try:
            attachments = self._check_file(kwargs.get("file"))
            if not body and not attachments:
                raise UserError(request.env._("Write an answer, or attach a file."))
        except UserError as error:
            values = {"dispute": dispute, "page_name": "dispute", "may_answer": True, "error": str(error), "body": body}
            values = self._get_page_view_values(dispute, None, values, "my_disputes_history", False)
            return request.render("franchise_aftersales.portal_dispute_page", values)
        self._post(dispute, body[:MAX_TEXT], attachments)
        return request.redirect(dispute.access_url)

    def _post(self, dispute, body, attachments):
        dispute.sudo().message_post(
            body=escape(body),
            author_id=request.env.user.partner_id.id,
            attachments=attachments,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )

    def _check_file(self, file):
        """[(name, content)] of an uploaded file; empty when none was chosen.

        :raises UserError: it is too large, or not of a kind that is read here.
        """
        if not file or not getattr(file, "filename", ""):
            return []
        return [read_document(file)]

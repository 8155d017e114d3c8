import re

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request, route

from .portal_pages import FranchisePortal

URL = "/my/franchise/applications"


class ApplicationPortal(FranchisePortal):
    """The applicant's side of an application: their questions to answer, our answers to read (R-A1).

    The record rule shows portal users their own company's applications; whoever has the link with its token needs no
    account. Nothing else of the file (findings, studies, the decision's reasons) is ever rendered.
    """

    def _prepare_home_portal_values(self, counters):
        domains = {"application_count": ("franchise.application", [])}
        return super()._prepare_home_portal_values(counters) | self._count_documents(counters, domains)

    @route([URL, f"{URL}/page/<int:page>"], type="http", auth="user", website=True, readonly=True)
    def portal_applications(self, page=1, **_kwargs):
        """List of the user's own applications."""
        return self._list_documents(
            "portal_my_applications", "franchise.application", [], URL, page, page_name="franchise_application"
        )

    @route(f"{URL}/<int:application_id>", type="http", auth="public", website=True, methods=["GET"])
    def portal_application(self, application_id, access_token=None, saved=None, **_kwargs):
        """One application's questionnaire; without right and valid token back to the portal's home."""
        try:
            application = self._document_check_access("franchise.application", application_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        return self._render_application(application, access_token, saved=bool(saved))

    @route(
        f"{URL}/<int:application_id>/answers",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_application_answers(self, application_id, access_token=None, **post):
        """Store the answers (fields `answer_<id>`) and a question of the applicant's own (`question`); all or nothing."""
        try:
            application = self._document_check_access("franchise.application", application_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        texts = {
            int(name.removeprefix("answer_")): text
            for name, text in post.items()
            if re.fullmatch(r"answer_[0-9]{1,9}", name)
        }
        user = request.env.user
        partner = application.partner_id if user._is_public() else user.partner_id
        question = (post.get("question") or "").strip()
        try:
            application = application.with_context(lang=request.env.lang)
            application.answer_ids._answer_from_portal(texts, partner)
            if question:
                application.answer_ids._ask_from_portal(application, question)
        except UserError as error:
            request.env.cr.rollback()
            return self._render_application(application, access_token, error=str(error), texts=texts, question=question)
        token = f"&access_token={access_token}" if access_token else ""
        return request.redirect(f"{URL}/{application.id}?saved=1{token}")

    def _render_application(self, application, access_token, **values):
        values = self._get_page_view_values(
            application,
            access_token,
            {
                "application": application,
                "to_answer": application.answer_ids.filtered(lambda answer: answer.asked_by == "franchisor"),
                "to_read": application.answer_ids.filtered(lambda answer: answer.asked_by == "applicant"),
                "page_name": "franchise_application",
                **values,
            },
            "my_franchise_applications_history",
            False,
        )
        return request.render("franchise_aftersales.portal_my_application", values)

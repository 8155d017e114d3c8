from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import content_disposition, request, route

from ..tools.evidence_files import SHOWN_INLINE
from .portal_pages import FranchisePortal
from .portal_upload import answer, shown_type, uploaded_files

URL = "/my/franchise/claims"
HISTORY = "franchise_claim_history"


class PortalClaim(FranchisePortal):
    """A franchisee's claims: list, page, evidence, messages, rating, and asking to take one up again (R-D4, R-D11)."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        wanted = {"franchise_claim_count", "franchise_claim_waiting_count"}.intersection(counters)
        if not wanted:
            return values
        domains = request.env["franchise.claim"]._portal_domains(request.env.user.partner_id)
        values |= self._count_documents(
            counters,
            {
                "franchise_claim_count": ("franchise.claim", domains["all"]),
                "franchise_claim_waiting_count": ("franchise.claim", domains["waiting"]),
            },
        )
        if values.get("franchise_claim_count") == 0 and self._may_claim():
            # The card leads to the first claim, too.
            values["franchise_claim_count"] = len(self._outlets())
        return values

    def _outlets(self):
        return request.env["franchise.claim.intake"]._portal_outlets(request.env.user.partner_id)

    def _may_claim(self):
        return bool(self._outlets())

    @route([URL, f"{URL}/page/<int:page>"], type="http", auth="user", website=True, methods=["GET"])
    def portal_claims(self, page=1, filterby=None, sortby=None, search="", **kwargs):
        """The user's claims: open ones, those that wait for the user, settled ones; what is being looked at stands above."""
        partner = request.env.user.partner_id
        claims = request.env["franchise.claim"]
        labels = {
            "all": request.env._("All"),
            "open": request.env._("Open"),
            "waiting": request.env._("Waiting for you"),
            "settled": request.env._("Resolved"),
        }
        domains = claims._portal_domains(partner)
        sortings = {
            "newest": {"label": request.env._("Newest"), "order": "id desc"},
            "event": {"label": request.env._("When it happened"), "order": "event_date desc, id desc"},
            "status": {"label": request.env._("Status"), "order": "state, id desc"},
        }
        return self._list_documents(
            "portal_my_claims",
            "franchise.claim",
            claims._portal_search_domain(search) if search.strip() else Domain.TRUE,
            URL,
            page,
            history=HISTORY,
            filters={name: {"label": label, "domain": domains[name]} for name, label in labels.items()},
            filterby=filterby,
            sortings=sortings,
            sortby=sortby,
            search=search,
            search_in="all",
            inputs={"all": {"input": "all", "label": request.env._("Number, goods, lot or text")}},
            requests=self._requests(partner),
            may_claim=self._may_claim(),
            message=kwargs.get("message"),
            page_name="franchise_claim",
        )

    @staticmethod
    def _requests(partner):
        """The franchisee's requests (with all rights) that are no claims yet, and those that were refused lately."""
        intakes = request.env["franchise.claim.intake"].sudo()
        return intakes.search(
            [
                ("partner_id", "child_of", partner.commercial_partner_id.id),
                ("source", "=", "portal"),
                ("state", "in", ("new", "refused")),
            ],
            limit=20,
        )

    @route(f"{URL}/<int:claim_id>", type="http", auth="user", website=True, methods=["GET"])
    def portal_claim(self, claim_id, message=None, **_kwargs):
        """One claim of the user's own; anybody else is sent home, whatever the reason."""
        try:
            claim = self._claim(claim_id)
        except (AccessError, MissingError):
            return request.redirect("/my")
        return self._claim_page(claim, message=message)

    def _claim(self, claim_id):
        """The claim, with all rights and as the user; of their own family only.

        :raises AccessError, MissingError: it isn't theirs, or doesn't exist.
        """
        claim = self._document_check_access("franchise.claim", claim_id)
        claim = claim.with_user(request.env.user).sudo().with_company(claim.company_id)
        if claim._evidence_party(request.env.user.partner_id) != "claimant":
            raise AccessError(request.env._("This claim doesn't exist, or is not yours."))
        return claim

    def _claim_page(self, claim, message=None, error="", typed=None):
        """The page; `typed` is what is kept of a form that was refused: {field: text}."""
        partner = request.env.user.partner_id
        values = {
            "claim": claim,
            "page_name": "franchise_claim",
            "message": message,
            "error": error,
            "typed": typed or {},
            "status": claim._portal_status()[claim],
            "lines": claim._portal_lines(),
            "promises": claim._portal_promises(),
            "coverage": claim._portal_coverage(),
            "checklist": claim._portal_checklist(partner),
            "evidence_types": request.env["franchise.evidence.type"].sudo().search([]),
            "takes_evidence": claim.state != "cancelled",
            "offers": claim.offer_ids.filtered_domain(
                request.env["franchise.claim.offer"]._portal_domain(partner)
            ).sorted("number", reverse=True),
            "done": claim._portal_done(),
            "messages": claim._portal_messages(partner),
            "rating": claim.rating_ids.filtered("consumed")[:1],
            **shown_type(claim.company_id),
        }
        values = self._get_page_view_values(claim, None, values, HISTORY, False)
        return request.render("franchise_aftersales.portal_claim_page", values)

    def _claim_act(self, claim_id, act, message, anchor, typed=None):
        """Do `act(claim)` for the user, all or nothing, and show the page again; an error keeps what was typed."""
        try:
            claim = self._claim(claim_id)
        except (AccessError, MissingError):
            return answer("/my")
        try:
            with request.env.cr.savepoint():
                act(claim)
        except (AccessError, UserError) as error:
            return answer(error=str(error)) or self._claim_page(claim, error=str(error), typed=typed)
        return answer(f"{claim.website_url}?message={message}#{anchor}")

    @route(f"{URL}/<int:claim_id>/evidence", type="http", auth="user", website=True, methods=["POST"])
    def portal_claim_evidence(self, claim_id, type_id="", text="", **_kwargs):
        """Give evidence of one kind: files, several at once, or a text, date or number."""
        types = request.env["franchise.evidence.type"].sudo()
        known = type_id.isascii() and type_id.isdecimal() and len(type_id) < 10
        chosen = types.search([("id", "=", int(type_id))]) if known else types

        def give(claim):
            files = uploaded_files("files", claim.company_id)
            claim._portal_add_evidence(chosen, files, text, request.env.user.partner_id)

        typed = {f"text_{type_id}": text, "type_id": type_id}
        return self._claim_act(claim_id, give, "evidence", "evidence", typed)

    @route(f"{URL}/<int:claim_id>/evidence/<int:file_id>", type="http", auth="user", website=True, methods=["GET"])
    def portal_claim_file(self, claim_id, file_id, **_kwargs):
        """A file that the user's company gave; what a browser could run is only ever saved."""
        try:
            file = self._claim(claim_id)._portal_evidence_file(file_id, request.env.user.partner_id)
        except (AccessError, MissingError):
            return request.redirect("/my")
        return self._file_out(file)

    @route(f"{URL}/<int:claim_id>/message", type="http", auth="user", website=True, methods=["POST"])
    def portal_claim_message(self, claim_id, body="", **_kwargs):
        """Write to whoever is responsible for the claim."""
        partner = request.env.user.partner_id
        return self._claim_act(
            claim_id, lambda claim: claim._portal_write(body, partner), "sent", "messages", {"body": body}
        )

    @route(f"{URL}/<int:claim_id>/message/<int:file_id>", type="http", auth="user", website=True, methods=["GET"])
    def portal_claim_message_file(self, claim_id, file_id, **_kwargs):
        """A file of a message between the user's company and us."""
        try:
            claim = self._claim(claim_id)
        except (AccessError, MissingError):
            return request.redirect("/my")
        files = claim._portal_messages(request.env.user.partner_id).attachment_ids
        file = files.filtered(lambda file: file.id == file_id)
        return self._file_out(file) if file else request.redirect("/my")

    @staticmethod
    def _file_out(file):
        file = file.sudo()
        shown = file.mimetype in SHOWN_INLINE
        return request.make_response(
            file.raw or b"",
            headers=[
                ("Content-Type", file.mimetype if shown else "application/octet-stream"),
                (
                    "Content-Disposition",
                    content_disposition(file.name, disposition_type="inline" if shown else "attachment"),
                ),
                ("Content-Security-Policy", "default-src 'none'"),
                ("Cache-Control", "private, no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )

    @route(f"{URL}/<int:claim_id>/reopen", type="http", auth="user", website=True, methods=["POST"])
    def portal_claim_reopen(self, claim_id, reason="", **_kwargs):
        """Ask us to take a settled claim up again."""
        return self._claim_act(
            claim_id, lambda claim: claim._portal_reopen(reason), "reopen", "result", {"reopen_reason": reason}
        )

    @route(f"{URL}/<int:claim_id>/rate", type="http", auth="user", website=True, methods=["POST"])
    def portal_claim_rate(self, claim_id, stars="", feedback="", **_kwargs):
        """Say how satisfied the franchisee is."""
        rate = int(stars) if stars in ("1", "3", "5") else 0
        partner = request.env.user.partner_id
        return self._claim_act(
            claim_id,
            lambda claim: claim._portal_rate(rate, feedback, partner),
            "rated",
            "rating",
            {"feedback": feedback, "stars": stars},
        )

from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request, route

from .portal_pages import FranchisePortal
from .portal_signing import pdf_response

SHOWN = ("offered", "signed", "ended")
URL = "/my/franchise/contracts"
GROUP_CONTRACT = "franchise_aftersales.group_contract"
REPORT = "franchise_aftersales.action_report_contract"


class PortalContract(FranchisePortal):
    """A franchisee's contracts: read and signed in the portal; our contract managers sign on the same page (R-A11)."""

    def _prepare_home_portal_values(self, counters):
        filters = self._contract_filters()
        domains = {
            "franchise_contract_count": ("franchise.contract", filters["all"]["domain"]),
            "franchise_contract_open_count": ("franchise.contract", filters["open"]["domain"]),
        }
        return super()._prepare_home_portal_values(counters) | self._count_documents(counters, domains)

    def _contract_filters(self):
        domain = request.env["franchise.contract"]._portal_domain(request.env.user.partner_id)
        return {
            "all": {"label": request.env._("All"), "domain": domain},
            "open": {"label": request.env._("To sign"), "domain": domain & Domain("state", "=", "offered")},
        }

    @route([URL, f"{URL}/page/<int:page>"], type="http", auth="user", website=True)
    def portal_contracts(self, page=1, filterby=None, **_kwargs):
        """The user's contracts, newest first."""
        return self._list_documents(
            "portal_my_contracts",
            "franchise.contract",
            Domain.TRUE,
            URL,
            page,
            history="franchise_contract_history",
            filters=self._contract_filters(),
            filterby=filterby,
            page_name="franchise_contract",
        )

    @route(f"{URL}/<int:contract_id>", type="http", auth="public", website=True)
    def portal_contract(self, contract_id, access_token=None, report_type=None, download=None, **kwargs):
        """One contract; `report_type=pdf` sends it printed. Who may not see it is sent home, whatever the reason."""
        try:
            contract = self._contract(contract_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if report_type == "pdf":
            return self._contract_pdf(contract, download)
        party = self._party()
        signed = contract.signature_ids.mapped("party")
        values = {
            "contract": contract._in_franchisee_language(),
            "page_name": "franchise_contract",
            "message": kwargs.get("message"),
            "party": party,
            "may_sign": contract.state == "offered" and party and party not in signed,
            "default_name": self._own_name(),
        }
        values = self._get_page_view_values(
            contract, access_token, values, "franchise_contract_history", False, **kwargs
        )
        return request.render("franchise_aftersales.portal_contract_page", values)

    @route(f"{URL}/<int:contract_id>/accept", type="jsonrpc", auth="public", website=True)
    def portal_contract_accept(self, contract_id, access_token=None, name=None, signature=None):
        """Sign with name and drawn signature (base64 of a PNG or JPEG), for the party that the user stands for.

        :return: {"force_refresh", "redirect_url"}, or {"error": sentence}; a second time changes nothing.
        """
        try:
            contract = self._contract(contract_id, self._given_token(access_token))
        except (AccessError, MissingError):
            return {"error": request.env._("This contract doesn't exist, or the link is not valid.")}
        party = self._party()
        if not party:
            return {"error": request.env._("Signing for the franchisor needs the role of a contract manager.")}
        if party in contract.signature_ids.mapped("party"):
            return self._signed(contract, "signed")
        # As the user, with the rights of the contract's own steps: the signature says who was logged in.
        signing = contract.with_user(request.env.user).sudo()
        ip, author = request.httprequest.remote_addr, self._author(contract.franchisee_id)
        return self._take_signature(
            contract,
            "signed",
            name,
            signature,
            lambda name, signature: signing._sign_as(party, name, signature, ip, author=author),
        )

    @staticmethod
    def _party():
        """For whom the user signs: our contract managers for us, portal users and holders of the link for the franchisee."""
        user = request.env.user
        if user._is_internal():
            return "franchisor" if user.has_group(GROUP_CONTRACT) else None
        return "franchisee"

    def _contract(self, contract_id, access_token):
        """The contract (sudo) when the user or the token may see it. :raises AccessError, MissingError:"""
        refusal = request.env._("This contract is not out for signature.")
        return self._document_out("franchise.contract", contract_id, access_token, SHOWN, refusal)

    def _contract_pdf(self, contract, download):
        if contract.archive_id:
            return pdf_response(contract.archive_id.raw, contract.archive_id.name, download)
        report = request.env["ir.actions.report"].sudo().with_company(contract.company_id)
        content = report._render_qweb_pdf(REPORT, contract.ids)[0]
        return pdf_response(content, f"{contract._get_report_base_filename()}.pdf", download)

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

from .portal_signing import drawn_signature, pdf_response, signer_name

SHOWN = ("offered", "signed", "ended")
URL = "/my/franchise/contracts"
GROUP_CONTRACT = "franchise_aftersales.group_contract"
REPORT = "franchise_aftersales.action_report_contract"


class PortalContract(CustomerPortal):
    """A franchisee's contracts: read and signed in the portal; our contract managers sign on the same page (R-A11)."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if {"franchise_contract_count", "franchise_contract_open_count"} & set(counters):
            contracts = request.env["franchise.contract"]
            allowed = contracts.has_access("read")
            domain = contracts._portal_domain(request.env.user.partner_id)
            if "franchise_contract_count" in counters:
                values["franchise_contract_count"] = contracts.search_count(domain) if allowed else 0
            if "franchise_contract_open_count" in counters:
                waiting = domain & Domain("state", "=", "offered")
                values["franchise_contract_open_count"] = contracts.search_count(waiting) if allowed else 0
        return values

    @route([URL, f"{URL}/page/<int:page>"], type="http", auth="user", website=True)
    def portal_contracts(self, page=1, **_kwargs):
        """The user's contracts, newest first."""
        contracts = request.env["franchise.contract"]
        domain = contracts._portal_domain(request.env.user.partner_id)
        pages = pager(url=URL, total=contracts.search_count(domain), page=page, step=self._items_per_page)
        found = contracts.search(domain, limit=self._items_per_page, offset=pages["offset"])
        request.session["franchise_contract_history"] = found.ids[:100]
        values = {
            **self._prepare_portal_layout_values(),
            "contracts": found.sudo(),
            "page_name": "franchise_contract",
            "pager": pages,
            "default_url": URL,
        }
        return request.render("franchise_aftersales.portal_my_contracts", values)

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
            "default_name": "" if request.env.user._is_public() else request.env.user.name,
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
        access_token = access_token or request.httprequest.args.get("access_token")
        try:
            contract = self._contract(contract_id, access_token)
        except (AccessError, MissingError):
            return {"error": request.env._("This contract doesn't exist, or the link is not valid.")}
        party = self._party()
        if not party:
            return {"error": request.env._("Signing for the franchisor needs the role of a contract manager.")}
        done = {"force_refresh": True, "redirect_url": contract.get_portal_url(query_string="&message=signed")}
        if party in contract.signature_ids.mapped("party"):
            return done
        name, signature = signer_name(name), drawn_signature(signature)
        if not name or not signature:
            return {"error": request.env._("Enter your name and draw your signature.")}
        user = request.env.user
        try:
            # As the user, with the rights of the contract's own steps: the signature says who was logged in.
            with request.env.cr.savepoint():
                contract.with_user(user).sudo()._sign_as(
                    party,
                    name,
                    signature,
                    request.httprequest.remote_addr,
                    author=contract.franchisee_id if user._is_public() else user.partner_id,
                )
        except UserError as error:
            return {"error": str(error)}
        return done

    @staticmethod
    def _party():
        """For whom the user signs: our contract managers for us, portal users and holders of the link for the franchisee."""
        user = request.env.user
        if user._is_internal():
            return "franchisor" if user.has_group(GROUP_CONTRACT) else None
        return "franchisee"

    def _contract(self, contract_id, access_token):
        """The contract (sudo) when the user or the token may see it. :raises AccessError, MissingError:"""
        contract = self._document_check_access("franchise.contract", contract_id, access_token=access_token or None)
        if contract.state not in SHOWN:
            raise AccessError(request.env._("This contract is not out for signature."))
        # Staff who came by their own login don't need the other party's token in their page.
        own_login = request.env.user._is_internal() and not access_token
        return contract.with_context(franchise_own_login=own_login)

    def _contract_pdf(self, contract, download):
        if contract.archive_id:
            return pdf_response(contract.archive_id.raw, contract.archive_id.name, download)
        report = request.env["ir.actions.report"].sudo().with_company(contract.company_id)
        content = report._render_qweb_pdf(REPORT, contract.ids)[0]
        return pdf_response(content, f"{contract._get_report_base_filename()}.pdf", download)

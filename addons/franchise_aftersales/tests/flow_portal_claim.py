"""The franchisee's side of claims in a `Flow`'s world: goods bought from a supplier and sold on, and forms sent as a browser sends them."""

import re
import uuid

from odoo.fields import Command

from .flow_evidence import photo
from .test_portal_signing import PASSWORD, PortalCase

NEW = "/my/franchise/claims/new/form"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
FORM = re.compile(r'name="submission" value="([0-9a-f]{32})"')


def goods(flow, name="Boiler 开水器", code=None, quantity=4, franchisee=None, bought=True, supplier=None):
    """Line of our posted invoice to the franchisee for a product that we bought before from the supplier."""
    product = flow.env["product.product"].create(
        {"name": name, "default_code": code or f"P-{uuid.uuid4().hex[:6]}", "type": "consu"}
    )
    if bought:
        _invoice(flow, "in_invoice", supplier or flow.supplier, product, 10, 300, "expense", 60)
    return _invoice(flow, "out_invoice", franchisee or flow.franchisee, product, quantity, 480, "recovery", 40)


def _invoice(flow, kind, partner, product, quantity, price, account, days_ago):
    move = flow.env["account.move"].create(
        {
            "move_type": kind,
            "partner_id": partner.id,
            "currency_id": flow.currency.id,
            "invoice_date": flow.day(-days_ago),
            "date": flow.day(-days_ago),
            "ref": f"R-{uuid.uuid4().hex[:8]}",
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": product.id,
                        "quantity": quantity,
                        "price_unit": price,
                        "account_id": flow.account[account].id,
                        "tax_ids": [Command.clear()],
                    }
                )
            ],
        }
    )
    move.action_post()
    return move.invoice_line_ids


class PortalClaimCase(PortalCase):
    """Tests over HTTP; `portal_franchisee` is the claimant, `rival` another franchisee's user."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rival = cls.flow.partner("Rival")
        cls.flow.users["rival"] = cls.flow.make_user("portal")
        cls.flow.users["rival"].partner_id.parent_id = cls.rival
        contract = cls.env["franchise.contract"].create(
            {
                "franchisee_id": cls.rival.id,
                "company_id": cls.flow.company.id,
                "brand_id": cls.flow.brand.id,
                "currency_id": cls.flow.currency.id,
                "date_start": cls.flow.day(-700),
                "date_end": cls.flow.day(700),
            }
        )
        cls.env["franchise.outlet"].create({"code": f"R-{cls.flow.key}", "name": "Rival's", "contract_id": contract.id})
        contract.action_sign()
        cls.flow.users["rival"].password = PASSWORD
        cls.sold = goods(cls.flow)

    def get(self, url, **params):
        return self.url_open(url, params=params or None, allow_redirects=False)

    def csrf(self, url):
        return CSRF.search(self.get(url).text)[1]

    def post(self, url, data, files=(), page=None, **headers):
        """Send a form of `page` (default: the list's) with its token; redirects are not followed."""
        data = {"csrf_token": self.csrf(page or NEW), **data}
        files = [("files", (name, content, "application/octet-stream")) for name, content in files]
        return self.url_open(url, data=data, files=files or None, headers=headers or None, allow_redirects=False)

    def form(self, **values):
        """What a franchisee fills in."""
        return {
            "line": str(self.sold.id),
            "outlet_id": str(self.flow.outlet.id),
            "cause_id": str(self.flow.cause.id),
            "quantity": "2",
            "lot": "SN-1",
            "event_date": str(self.flow.day(-3)),
            "discovery_date": str(self.flow.day(-2)),
            "description": "Drips at the base 底部渗水",
            "submission": uuid.uuid4().hex,
            **values,
        }

    def send(self, files=None, **values):
        """The claim (or none) and request that a form became, seen with the test's rights."""
        form = self.form(**values)
        response = self.post(NEW, form, [("p.jpg", photo())] if files is None else files)
        self.assertEqual(response.status_code, 303, response.text[:2000])
        intake = self.env["franchise.claim.intake"].search([("submission", "=", form["submission"])])
        return intake.claim_id, intake

    def claim(self, stage="draft", **values):
        """A claim of the franchisee for which the terms ask no evidence."""
        return self.flow.claim(stage=stage, **values)

"""A supplier without a system whose people answer demands in the portal, and requests as their browsers send them."""

import re

from odoo.http import Request
from odoo.tests import HttpCase

from .flow import Flow

URL = "/my/franchise/recoveries"
PASSWORD = "portal-Password-1"


class RecoveryPortalCase(HttpCase):
    """Demands on a supplier without a system, its portal user `supplier`, and others who have no business with them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow = Flow(cls.env)
        cls.env = cls.flow.env
        cls.partner = cls.flow.partner("Letters Only")
        cls.agreement = cls.make_agreement()
        cls.users = {"supplier": cls.flow.make_user("portal", login=f"supplier-{cls.flow.key}")}
        cls.users["supplier"].partner_id.parent_id = cls.partner
        cls.users["carrier"] = cls.flow.make_user("portal", login=f"carrier-{cls.flow.key}")
        cls.users["carrier"].partner_id.parent_id = cls.flow.carrier
        for role in ("portal", "portal_supplier", "portal_franchisee", "service", "finance"):
            cls.users[role] = cls.flow.users[role]
        for user in cls.users.values():
            user.password = PASSWORD

    @classmethod
    def make_agreement(cls, **terms):
        return cls.flow.make_agreement(cls.partner, **terms)

    def demand(self, amounts=(100.0, 50.0), party="supplier", **values):
        """A demand of a newly approved claim, one line an amount; the supplier bears 80 % of each."""
        bill = self.flow.bill(amounts, supplier=self.partner)
        lines = [("goods", line, amount) for line, amount in zip(bill, amounts, strict=True)]
        claim = self.flow.claim(lines, "approved", supplier=self.partner, **values)
        return claim.recovery_ids.filtered(lambda recovery: recovery.party == party)

    def login(self, role):
        self.authenticate(role and self.users[role].login, role and PASSWORD)

    def get(self, recovery=None, path="", **query):
        address = f"{URL}/{recovery.id}{path}" if recovery else f"{URL}{path}"
        return self.url_open(address, params=query, allow_redirects=False)

    def post(self, recovery, path, data=None, files=None, token=True):
        """Send a form; `data` may have lists. The page that follows a success is not opened."""
        data = dict(data or {})
        if token:
            data["csrf_token"] = Request.csrf_token(self)
        address = f"{URL}/{recovery.id}/{path}" if recovery else f"{URL}/{path}"
        return self.url_open(address, data=data, files=files, allow_redirects=False)

    def answer(self, recovery, way, files=None, **values):
        return self.post(recovery, "answer", {"way": way, **values}, files)

    def said(self, response):
        """The sentence that a page refuses with."""
        found = re.search(r'o_recovery_error"[^>]*>([^<]*)<', response.text)
        return found[1].strip() if found else ""

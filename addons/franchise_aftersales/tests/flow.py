"""A small world of its own for the tests: company, people, suppliers, terms, and short ways to a claim of any status.

`Flow` needs an environment only, so it serves tests inside one transaction (`FlowCase`) and tests that really commit
on several connections (`CommitCase` in `commit_case.py`).
"""

import uuid
from datetime import timedelta

from odoo.fields import Command, Date
from odoo.tests import TransactionCase

from .flow_steps import Steps

MODULE = "franchise_aftersales"
ROLES = {
    "service": "group_service",
    "service2": "group_service",
    "contract": "group_contract",
    "finance": "group_finance",
    "accountant": "group_accountant",
    "operator": "group_sync_operator",
    "manager": "group_manager",
    "worker": "group_sync_worker",
}
# A stranger in the portal, and the world's own franchisee and supplier.
PORTAL = ("portal", "portal_franchisee", "portal_supplier")
BASE_GROUPS = {
    "employee": "base.group_user",
    "public": "base.group_public",
    **dict.fromkeys(PORTAL, "base.group_portal"),
}


class Flow(Steps):
    """One company with everything that a claim needs."""

    def __init__(self, env, currency="CNY"):
        self.key = uuid.uuid4().hex[:8]
        self.currency = self.active_currency(env, currency)
        country = env.ref("base.cn")
        company = env["res.company"].create(
            {"name": f"Test Tea {self.key}", "currency_id": self.currency.id, "country_id": country.id}
        )
        context = {"allowed_company_ids": [company.id], "no_reset_password": True, "mail_create_nosubscribe": True}
        self.env = env(context={**env.context, **context})
        self.company = self.env["res.company"].browse(company.id)
        self.today = Date.today()
        self._make_books()
        # All at once: a user alone costs many times the queries, and every test class has a world of its own.
        roles = [*ROLES, *BASE_GROUPS]
        users = self.env["res.users"].create([self._user_values(role) for role in roles])
        self.users = dict(zip(roles, users, strict=True))
        self.supplier = self.partner("Supplier")
        self.carrier = self.partner("Carrier")
        self.franchisee = self.partner("Franchisee")
        self.users["portal_franchisee"].partner_id.parent_id = self.franchisee
        self.users["portal_supplier"].partner_id.parent_id = self.supplier
        self._make_terms()
        self.endpoint = self.make_endpoint(self.supplier, "main")

    @staticmethod
    def active_currency(env, name):
        currency = env["res.currency"].with_context(active_test=False).search([("name", "=", name)])
        if not currency.active:  # to write it empties caches of all companies
            currency.active = True
        return currency

    def _make_books(self):
        values = {
            "payable": ("liability_payable", True),
            "receivable": ("asset_receivable", True),
            "expense": ("expense", False),
            "recovery": ("income_other", False),
        }
        self.accounts = self.env["account.account"].create(
            [
                {
                    "name": name,
                    "code": f"9{number}{self.key[:4].upper()}",
                    "account_type": kind,
                    "reconcile": reconcile,
                    "company_ids": [Command.set(self.company.ids)],
                }
                for number, (name, (kind, reconcile)) in enumerate(values.items())
            ]
        )
        self.account = dict(zip(values, self.accounts, strict=True))
        self.journals = self.env["account.journal"].create(
            [
                {
                    "name": f"{kind} {self.key}",
                    "code": f"{kind[:1].upper()}{self.key[:3].upper()}",
                    "type": kind,
                    "company_id": self.company.id,
                    "default_account_id": self.account[default].id,
                }
                for kind, default in (("purchase", "expense"), ("sale", "recovery"), ("general", "expense"))
            ]
        )
        self.company.franchise_recovery_account_id = self.account["recovery"]

    def make_user(self, role, company=None, login=None):
        """A user with one role and no other group."""
        return self.env["res.users"].create(self._user_values(role, company, login))

    def _user_values(self, role, company=None, login=None):
        group = f"{MODULE}.{ROLES[role]}" if role in ROLES else BASE_GROUPS[role]
        company = company or self.company
        return {
            "name": f"{role} {company.name}",
            "login": login or f"{role}-{uuid.uuid4().hex[:8]}",
            "email": f"{role}@test.example.com",
            "company_id": company.id,
            "company_ids": [Command.set(company.ids)],
            "group_ids": [Command.set(self.env.ref(group).ids)],
        }

    def partner(self, name, **values):
        partner = self.env["res.partner"].create({"name": f"{name} {self.key}", "is_company": True, **values})
        partner.property_account_payable_id = self.account["payable"]
        partner.property_account_receivable_id = self.account["receivable"]
        return partner

    def _make_terms(self):
        self.brand = self.env["franchise.brand"].create({"name": f"Brand {self.key}", "company_id": self.company.id})
        self.contract = self.env["franchise.contract"].create(
            {
                "franchisee_id": self.franchisee.id,
                "company_id": self.company.id,
                "brand_id": self.brand.id,
                "currency_id": self.currency.id,
                "date_start": self.day(-700),
                "date_end": self.day(700),
            }
        )
        self.outlet = self.env["franchise.outlet"].create(
            {"code": f"O-{self.key}", "name": "Outlet", "contract_id": self.contract.id}
        )
        self.contract.action_sign()
        self.cause = self.env.ref(f"{MODULE}.cause_quality_material")
        self.agreement = self.make_agreement(self.supplier)
        self.version = self.agreement.version_ids

    def day(self, offset):
        return self.today + timedelta(days=offset)

    def make_agreement(self, supplier, currency=None, shares=None, activate=True, **version):
        """An active agreement with one confirmed version; `shares` per party for every cause of quality."""
        agreement = self.env["franchise.service.agreement"].create(
            {
                "supplier_id": supplier.id,
                "company_id": self.company.id,
                "currency_id": (currency or self.currency).id,
            }
        )
        self.make_version(agreement, shares, **{"date_from": self.day(-600), **version}).action_confirm()
        if activate:
            agreement.action_activate()
        return agreement

    def make_version(self, agreement, shares=None, cause=None, **values):
        shares = shares or {"supplier": 80, "carrier": 10, "franchisor": 10, "franchisee": 0}
        row = {f"share_{party}": shares.get(party, 0) for party in ("supplier", "carrier", "franchisor", "franchisee")}
        return self.env["franchise.service.agreement.version"].create(
            {
                "agreement_id": agreement.id,
                "carrier_id": self.carrier.id,
                "warranty_months": 24,
                "claim_window_days": 30,
                "liability_ids": [
                    Command.create({"cause_id": (cause or self.env.ref(f"{MODULE}.cause_quality")).id, **row})
                ],
                **values,
            }
        )

    def make_endpoint(self, supplier, code, **values):
        return self.env["franchise.sync.endpoint"].create(
            {
                "name": f"System {code}",
                "code": f"{code}_{self.key}",
                "partner_id": supplier.id,
                "company_id": self.company.id,
                "user_id": self.users["operator"].id,
                "url": "https://erp.supplier.example.com",
                **values,
            }
        )

    def bill(self, prices=(100.0,), quantity=10, supplier=None, currency=None, days_ago=60):
        """Lines of a posted vendor bill, one a price."""
        move = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": (supplier or self.supplier).id,
                "currency_id": (currency or self.currency).id,
                "invoice_date": self.day(-days_ago),
                "date": self.day(-days_ago),
                "ref": f"INV-{uuid.uuid4().hex[:8]}",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": f"Item {number}",
                            "quantity": quantity,
                            "price_unit": price,
                            "account_id": self.account["expense"].id,
                            "tax_ids": [Command.clear()],
                        }
                    )
                    for number, price in enumerate(prices, start=1)
                ],
            }
        )
        move.action_post()
        return move.invoice_line_ids


class FlowCase(TransactionCase):
    """Tests in one transaction, with one world for the class."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow = Flow(cls.env)
        cls.env = cls.flow.env

    def as_role(self, records, role):
        return records.with_user(self.flow.users[role])

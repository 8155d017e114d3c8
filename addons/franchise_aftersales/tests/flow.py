"""A small world of its own for the tests: company, people, suppliers, terms, and short ways to a claim of any status.

`Flow` needs an environment only, so it serves tests inside one transaction (`FlowCase`) and tests that really commit
on several connections (`CommitCase` in `commit_case.py`).
"""

import uuid
from datetime import timedelta

from odoo.fields import Command, Date
from odoo.tests import TransactionCase

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
BASE_GROUPS = {"employee": "base.group_user", "portal": "base.group_portal", "public": "base.group_public"}
STAGES = ("draft", "submitted", "assessed", "approved")


class Flow:
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
        self.users = {role: self.make_user(role) for role in (*ROLES, *BASE_GROUPS)}
        self.supplier = self.partner("Supplier")
        self.carrier = self.partner("Carrier")
        self.franchisee = self.partner("Franchisee")
        self._make_terms()
        self.endpoint = self.make_endpoint(self.supplier, "main")

    @staticmethod
    def active_currency(env, name):
        currency = env["res.currency"].with_context(active_test=False).search([("name", "=", name)])
        currency.active = True
        return currency

    def _make_books(self):
        account = self.env["account.account"]
        values = {
            "payable": ("liability_payable", True),
            "receivable": ("asset_receivable", True),
            "expense": ("expense", False),
            "recovery": ("income_other", False),
        }
        self.accounts = account.union(
            *(
                account.create(
                    {
                        "name": name,
                        "code": f"9{number}{self.key[:4].upper()}",
                        "account_type": kind,
                        "reconcile": reconcile,
                        "company_ids": [Command.set(self.company.ids)],
                    }
                )
                for number, (name, (kind, reconcile)) in enumerate(values.items())
            )
        )
        self.account = dict(zip(values, self.accounts, strict=True))
        self.journals = self.env["account.journal"].create(
            [
                {"name": f"{kind} {self.key}", "code": f"{kind[:1].upper()}{self.key[:3].upper()}", "type": kind,
                 "company_id": self.company.id, "default_account_id": self.account[default].id}
                for kind, default in (("purchase", "expense"), ("sale", "recovery"), ("general", "expense"))
            ]
        )
        self.company.franchise_recovery_account_id = self.account["recovery"]

    def make_user(self, role, company=None, login=None):
        """A user with one role and no other group."""
        group = f"{MODULE}.{ROLES[role]}" if role in ROLES else BASE_GROUPS[role]
        company = company or self.company
        return self.env["res.users"].create(
            {
                "name": f"{role} {company.name}",
                "login": login or f"{role}-{uuid.uuid4().hex[:8]}",
                "email": f"{role}@test.example.com",
                "company_id": company.id,
                "company_ids": [Command.set(company.ids)],
                "group_ids": [Command.set(self.env.ref(group).ids)],
            }
        )

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

    def claim(self, lines=None, stage="draft", supplier=None, entered_by="service", **values):
        """A claim of `lines` [(kind, bill line or None, amount)], entered, assessed and approved by three people."""
        if lines is None:
            lines = [("goods", self.bill(supplier=supplier), 100.0)]
        claim = self.env["franchise.claim"].with_user(self.users[entered_by]).create(
            self.claim_values(lines, supplier, **values)
        )
        self.advance(claim, stage)
        return claim.with_env(self.env)

    def claim_values(self, lines, supplier=None, **values):
        return {
            "contract_id": self.contract.id,
            "outlet_id": self.outlet.id,
            "company_id": self.company.id,
            "supplier_id": (supplier or self.supplier).id,
            "cause_id": self.cause.id,
            "event_date": self.day(-20),
            "discovery_date": self.day(-15),
            "reported_date": self.day(-10),
            "description": "Broken 破损",
            "line_ids": [
                Command.create(
                    {
                        "kind": kind,
                        "invoice_line_id": bill_line.id if bill_line else False,
                        "name": bill_line.name if bill_line else kind,
                        "quantity": 1,
                        "amount_claimed": amount,
                    }
                )
                for kind, bill_line, amount in lines
            ],
            **values,
        }

    def advance(self, claims, stage):
        steps = STAGES[: STAGES.index(stage) + 1]
        if "submitted" in steps:
            claims.with_user(self.users["service"]).action_submit()
        if "assessed" in steps:
            claims.with_user(self.users["service2"]).action_assess()
        if "approved" in steps:
            claims.with_user(self.users["finance"]).action_approve()

    def recovery(self, amount=100.0, party="supplier", **values):
        """A recovery of a newly approved claim; by default the supplier bears 80 % of `amount`."""
        claim = self.claim([("goods", self.bill((amount,), supplier=values.get("supplier")), amount)], "approved", **values)
        return claim.recovery_ids.filtered(lambda recovery: recovery.party == party)

    def message(self, recovery):
        return self.env["franchise.sync.message"].search(
            [("res_model", "=", recovery._name), ("res_id", "=", recovery.id)], order="seq desc", limit=1
        )

    def api(self, user="worker"):
        """The worker's interface as the worker's user sees it."""
        return self.env["franchise.sync.api"].with_user(self.users[user])

    def lease(self, endpoint=None, limit=200, seconds=60, request_id=None):
        return self.api().lease((endpoint or self.endpoint).code, limit, seconds, request_id or str(uuid.uuid4()))

    def finish(self, reply, outcome="ack", **values):
        """Report one outcome for everything in a lease's reply."""
        results = [
            {"id": message["id"], "uuid": message["uuid"], "outcome": outcome, **values} for message in reply["messages"]
        ]
        return self.api().finish(reply["request_id"], results)

    def answer(self, recovery, state="accepted", amount=None, **values):
        """An answer of the supplier's system to the latest message of `recovery`."""
        if amount is None:
            amount = f"{recovery.amount_demanded:.{recovery.currency_id.decimal_places}f}"
        return {
            "message_id": uuid.uuid4().hex,
            "uuid": self.message(recovery).uuid,
            "state": state,
            "number": "RBILL/1",
            "currency": recovery.currency_id.name,
            "amount": amount if state == "accepted" else "",
            "lines": [],
            "reason": "",
            "occurred_at": "",
            "raw": "{}",
            **values,
        }

    def receive(self, *answers, endpoint=None, cursor=None):
        """[status] of the answers given to the worker's interface."""
        reply = self.api().receive((endpoint or self.endpoint).code, list(answers), cursor)
        return [entry["status"] for entry in reply]

    def accepted(self, amount=100.0, accept=None, **values):
        """A recovery that the supplier accepted, whole or `accept` of it."""
        recovery = self.recovery(amount, **values)
        self.receive(self.answer(recovery, amount=accept), endpoint=self.message(recovery).endpoint_id)
        return recovery

    def generate(self, user="finance"):
        return self.env["franchise.settlement"].with_user(self.users[user])._generate(self.company, self.today)

    def settlement(self, amount=100.0, state="draft", **values):
        """A settlement of one accepted recovery."""
        recovery = self.accepted(amount, **values)
        self.generate()
        settlement = recovery.line_ids and self.env["franchise.settlement.line"].search(
            [("source_id", "in", recovery.line_ids.ids)]
        ).settlement_id
        if state != "draft":
            settlement.with_user(self.users["finance"]).action_confirm()
        if state == "posted":
            settlement.with_user(self.users["finance"]).action_post()
        return settlement

    def tie_out(self, settlements):
        self.env.flush_all()
        self.env["franchise.tie.out"].invalidate_model()
        return self.env["franchise.tie.out"].browse(settlements.ids)


class FlowCase(TransactionCase):
    """Tests in one transaction, with one world for the class."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow = Flow(cls.env)
        cls.env = cls.flow.env

    def as_role(self, records, role):
        return records.with_user(self.flow.users[role])

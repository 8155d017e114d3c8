"""What the addon's tests build on: one franchise with an outlet, one supplier with an agreement, people with one role each."""

import uuid
from itertools import count

from odoo import fields
from odoo.fields import Command
from odoo.tests import TransactionCase

MODULE = "franchise_aftersales"

# Settlement lines that stand for no real document need a source of their own: never used twice in a database.
_unreal_source = count(1_000_000_000)


class FranchiseCommon(TransactionCase):
    """A signed contract with an outlet, an active agreement (everything at the supplier's cost), its posted bill.

    Every user has exactly one role. Helpers act as the person whose step it is, so access rights are tested along.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "no_reset_password": True})
        cls.company = cls.env.company
        cls._set_up_accounting()
        cls._set_up_people()
        cls.currency = cls.company.currency_id
        cls.franchisee = cls.make_partner("Test Franchisee 青禾餐饮")
        cls.supplier = cls.make_partner("Test Supplier 精工设备", supplier_rank=1)
        cls.product = cls.env["product.product"].create({"name": "Cup sealing machine 封口机", "type": "consu"})
        cls.cause = cls.env.ref(f"{MODULE}.cause_quality_material")
        cls.contract = cls.make_contract()
        cls.outlet = cls.contract.outlet_ids
        cls.agreement = cls.make_agreement(cls.supplier)
        cls.endpoint = cls.make_endpoint(cls.supplier)
        cls.bill = cls.make_bill(cls.supplier)

    @classmethod
    def _set_up_accounting(cls):
        if not cls.company.chart_template:
            cls.env["account.chart.template"].try_loading("generic_coa", company=cls.company, install_demo=False)
        cls.company.franchise_recovery_account_id = cls.env["account.account"].search(
            [("company_ids", "in", cls.company.ids), ("account_type", "=", "income_other")], limit=1
        ) or cls.env["account.account"].create(
            {"name": "Recoveries", "code": "FAS700", "account_type": "income_other", "company_ids": cls.company.ids}
        )

    @classmethod
    def _set_up_people(cls):
        roles = ("service", "contract", "finance", "accountant", "sync_operator", "manager", "sync_worker")
        # All at once: a user alone costs many times the queries, and every test class has its own.
        users = cls.env["res.users"].create(
            [
                {
                    "name": f"test_{role} ({MODULE}.group_{role})",
                    "login": f"test_{role}",
                    "password": f"test_{role}",
                    "email": "t.t@example.com",
                    "lang": "en_US",
                    "tz": "UTC",
                    # No other role, and the worker's own user isn't even an employee.
                    "group_ids": [Command.set(cls.env.ref(f"{MODULE}.group_{role}").ids)],
                }
                for role in roles
            ]
        )
        for role, user in zip(roles, users, strict=True):
            setattr(cls, f"user_{role}", user)

    @classmethod
    def make_partner(cls, name, **values):
        return cls.env["res.partner"].create({"name": name, "is_company": True, **values})

    @classmethod
    def make_contract(cls, sign=True, **values):
        """A contract with one outlet, signed unless told otherwise."""
        number = next(_unreal_source)
        contract = (
            cls.env["franchise.contract"]
            .with_user(cls.user_contract)
            .create(
                {
                    "franchisee_id": cls.franchisee.id,
                    "brand_id": cls.env["franchise.brand"].create({"name": f"Test Brand {number}"}).id,
                    "date_start": "2025-01-01",
                    "date_end": "2030-12-31",
                    "outlet_ids": [Command.create({"code": f"T{number}", "name": "Test Outlet 测试店"})],
                    **values,
                }
            )
        )
        if sign:
            contract.sudo().action_sign()
        return contract.with_env(cls.env)

    @classmethod
    def make_agreement(cls, supplier, currency=None, shares=None, active=True, **terms):
        """An active agreement; its first version bears `shares` ({party: percent}) for every cause."""
        shares = shares or {"supplier": 100}
        causes = cls.env["franchise.cause"].search([("parent_id", "=", False)])
        agreement = (
            cls.env["franchise.service.agreement"]
            .with_user(cls.user_contract)
            .create(
                {
                    "supplier_id": supplier.id,
                    "currency_id": (currency or cls.company.currency_id).id,
                    "version_ids": [
                        Command.create(
                            {
                                "date_from": "2025-01-01",
                                "warranty_months": 24,
                                "claim_window_days": 30,
                                "liability_ids": [
                                    Command.create(
                                        {
                                            "cause_id": cause.id,
                                            **{
                                                f"share_{party}": shares.get(party, 0)
                                                for party in ("supplier", "carrier", "franchisor", "franchisee")
                                            },
                                        }
                                    )
                                    for cause in causes
                                ],
                                **terms,
                            }
                        )
                    ],
                }
            )
        )
        if active:
            agreement.version_ids.action_confirm()
            agreement.action_activate()
        return agreement.with_env(cls.env)

    @classmethod
    def make_endpoint(cls, supplier, code=None, **values):
        """The supplier's system, as an Odoo that nobody can reach."""
        return cls.env["franchise.sync.endpoint"].create(
            {
                "name": f"System of {supplier.name}",
                "code": code or f"test_{next(_unreal_source)}",
                "partner_id": supplier.id,
                "url": "https://erp.supplier.example",
                "database": "supplier",
                "login": "franchise",
                "customer_ref": "HQ-TEST",
                **values,
            }
        )

    @classmethod
    def make_bill(cls, supplier, lines=(("Cup sealing machine 封口机", 10, 200.0),), date="2026-05-01", currency=None):
        """A posted vendor bill; `lines` are (description, quantity, unit price), without taxes."""
        bill = cls.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": supplier.id,
                "invoice_date": date,
                "date": date,
                "ref": f"TEST-{next(_unreal_source)}",
                "currency_id": (currency or cls.company.currency_id).id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": cls.product.id,
                            "name": name,
                            "quantity": quantity,
                            "price_unit": price,
                            "tax_ids": [Command.clear()],
                        }
                    )
                    for name, quantity, price in lines
                ],
            }
        )
        bill.action_post()
        return bill

    def make_claim(self, bill_line=None, quantity=1, extra=(), **values):
        """A draft claim of the service user for `quantity` of a bill line; `extra` are (kind, description, amount)."""
        bill_line = bill_line or self.bill.invoice_line_ids[:1]
        return (
            self.env["franchise.claim"]
            .with_user(self.user_service)
            .create(
                {
                    "contract_id": self.contract.id,
                    "outlet_id": self.outlet.id,
                    "supplier_id": bill_line.partner_id.id,
                    "cause_id": self.cause.id,
                    "event_date": "2026-06-01",
                    "discovery_date": "2026-06-02",
                    "reported_date": "2026-06-03",
                    "description": "封口机加热片失控 / heater out of control",
                    "line_ids": [
                        Command.create(
                            {
                                "kind": "goods",
                                "invoice_line_id": bill_line.id,
                                "quantity": quantity,
                                "name": bill_line.name,
                            }
                        ),
                        *(
                            Command.create({"kind": kind, "name": name, "amount_claimed": amount})
                            for kind, name, amount in extra
                        ),
                    ],
                    **values,
                }
            )
        )

    def approve(self, claim):
        """Submit and assess by service, approve by finance as the second person; returns the recoveries."""
        claim.with_user(self.user_service).action_submit()
        claim.with_user(self.user_service).action_assess()
        claim.with_user(self.user_finance).action_approve()
        return claim.sudo().recovery_ids.with_env(self.env)

    def sync_api(self):
        """The worker's interface, as the worker's user."""
        return self.env["franchise.sync.api"].with_user(self.user_sync_worker)

    def deliver(self, endpoint=None):
        """Lease everything due for the supplier's system and acknowledge it; returns the leased messages."""
        api, token = self.sync_api(), str(uuid.uuid4())
        lease = api.lease(endpoint=(endpoint or self.endpoint).code, limit=2000, lease_seconds=60, request_id=token)
        api.finish(
            request_id=token,
            results=[
                {
                    "id": message["id"],
                    "uuid": message["uuid"],
                    "outcome": "ack",
                    "remote_ref": f"account.move,{message['id']}",
                }
                for message in lease["messages"]
            ],
        )
        return lease["messages"]

    def answer(self, recovery, state="accepted", amounts=None, number="RBILL/2026/0001", reason="", message_id=None):
        """The supplier's answer by its system; `amounts` are {line key: decimal text}, by default all that is demanded.

        :return: what `receive` says: {"message_id", "status", "reason"}.
        """
        message = self.env["franchise.sync.message"].search(
            [("res_model", "=", recovery._name), ("res_id", "=", recovery.id)], order="seq desc", limit=1
        )
        recovery = recovery.sudo()
        digits = recovery.currency_id.decimal_places
        if amounts is None:
            amounts = {str(line.number): f"{line.amount_demanded:.{digits}f}" for line in recovery.line_ids}
        accepted = state == "accepted"
        [result] = self.sync_api().receive(
            endpoint=message.endpoint_id.code,
            answers=[
                {
                    "message_id": message_id or f"{message.uuid}:{state}:{uuid.uuid4().hex[:16]}",
                    "uuid": message.uuid,
                    "state": state,
                    "number": number,
                    "currency": recovery.currency_id.name,
                    "amount": f"{sum(map(float, amounts.values())) if accepted else 0:.{digits}f}",
                    "lines": [{"key": key, "amount": amount} for key, amount in amounts.items()] if accepted else [],
                    "reason": reason,
                    "occurred_at": fields.Datetime.now().isoformat() + "Z",
                    "raw": "{}",
                }
            ],
        )
        return result

    def accepted_recovery(self, quantity=1, extra=(), **answer):
        """A claim on the supplier's bill from draft to the supplier's answer; returns its recovery."""
        recovery = self.approve(self.make_claim(quantity=quantity, extra=extra))
        self.deliver()
        self.answer(recovery, **answer)
        return recovery

    def settle(self, date_to="2099-12-31", confirm=False, post=False):
        """Gather what is ready as the finance user; returns the settlements, confirmed or posted if told so."""
        settlements = self.env["franchise.settlement"].with_user(self.user_finance)
        settlements, _complete = settlements._generate(self.company, fields.Date.to_date(date_to))
        if confirm or post:
            settlements.action_confirm()
        if post:
            settlements.action_post()
        return settlements

    @classmethod
    def make_settlement(
        cls, amounts, partner=None, currency=None, confirm=True, party="supplier", company=None, **line
    ):
        """A settlement with a line per amount and no real source behind it, for what only reads settlements."""
        company = company or cls.company
        settlement = cls.env["franchise.settlement"].create(
            {
                "company_id": company.id,
                "partner_id": (partner or cls.supplier).id,
                "party": party,
                "currency_id": (currency or cls.currency).id,
                "date_to": "2026-06-30",
            }
        )
        cls.env["franchise.settlement.line"].create(
            [
                {
                    "settlement_id": settlement.id,
                    "source_model": "res.partner",
                    "source_id": next(_unreal_source),
                    "kind": "recovery",
                    "date": fields.Date.add(fields.Date.to_date("2026-06-01"), days=number % 30),
                    "name": f"Line {number:04d}",
                    "formula": f"approved {amount} → accepted {amount}",
                    "partner_reference": f"REF-{number:04d}",
                    "amount": amount,
                    **line,
                }
                for number, amount in enumerate(amounts, start=1)
            ]
        )
        if confirm:
            settlement.action_confirm()
            settlement.flush_recordset()
        return settlement

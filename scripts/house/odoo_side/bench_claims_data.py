"""Records of the benchmark `claims`: one world made by the ORM; its claims are multiplied in the database."""

from __future__ import annotations

from odoo.fields import Command

from odoo.addons.franchise_aftersales.tests.flow import Flow

from .bench_rows import multiply, next_id

LINES = 2
OUTLETS, BILL_LINES = 200, 100
PATTERNS = ("draft", "submitted", "assessed", "approved")


class World:
    """The records that exist so far."""

    def __init__(self, env):
        self.flow = Flow(env)
        self.env = self.flow.env
        # Enough of each item for every claim: what was invoiced bounds what is claimed.
        self.bill = self.flow.bill(prices=[100.0 + number for number in range(BILL_LINES)], quantity=1_000_000)
        self.patterns = self.env["franchise.claim"].browse()
        for stage in PATTERNS:
            self.patterns |= self.flow.claim([("goods", self.bill[0], 100.0), ("labour", None, 20.0)], stage)
        self.env.flush_all()
        # Outside of tests Odoo would load a chart of accounts for the new company now, in place of the world's own.
        self.env.cr.precommit.clear()
        self.made = 0
        outlet = next_id(self.env, "franchise_outlet")
        multiply(
            self.env, "franchise_outlet", self.flow.outlet.ids, 1, OUTLETS,
            {"id": f"{outlet} + n", "code": "'B-' || n", "name": "'Outlet ' || lpad(n::text, 4, '0')"},
        )  # fmt: skip
        self.outlets = range(outlet + 1, outlet + OUTLETS + 1)
        self._refresh()

    def values(self, number):
        """What is entered for the claim number `number`, with its lines."""
        flow = self.flow
        happened = flow.day(-20 - number % 500)
        return {
            "contract_id": flow.contract.id,
            "outlet_id": self.outlets[number % OUTLETS],
            "company_id": flow.company.id,
            "supplier_id": flow.supplier.id,
            "cause_id": flow.cause.id,
            "event_date": happened,
            "discovery_date": happened,
            "reported_date": happened,
            "description": f"Broken {number}",
            "line_ids": [
                Command.create(
                    {
                        "kind": "goods",
                        "invoice_line_id": self.bill[number % BILL_LINES].id,
                        "name": f"Item {number}",
                        "quantity": 1,
                        "amount_claimed": 100,
                    }
                ),
                Command.create({"kind": "labour", "name": "Two hours", "quantity": 1, "amount_claimed": 20}),
            ],
        }

    def fill(self, size):
        """Make claims until there are `size` of them beside those made by the ORM, in equal parts of each pattern."""
        env = self.env
        claim = next_id(env, "franchise_claim")
        first, last = self.made + 1, size
        for place, pattern in enumerate(self.patterns):
            numbers = f"{len(PATTERNS)} * n + {place}"
            start, stop = -(-(first - place) // len(PATTERNS)), (last - place) // len(PATTERNS)
            new_id = f"{claim} + 1 + {numbers}"
            multiply(
                env, "franchise_claim", pattern.ids, start, stop,
                {
                    "id": new_id,
                    "name": f"'BCL/' || lpad(({numbers})::text, 7, '0')",
                    "outlet_id": f"{self.outlets[0]} + mod(n, {OUTLETS})",
                    "event_date": "src.event_date - mod(n, 300)",
                    "user_id": self._people(),
                },
            )  # fmt: skip
            multiply(env, "franchise_claim_line", pattern.line_ids.ids, start, stop, {"claim_id": new_id})
            recoveries = pattern.recovery_ids
            for recovery in recoveries:
                base = next_id(env, "franchise_claim_recovery")
                multiply(
                    env, "franchise_claim_recovery", recovery.ids, start, stop,
                    {"id": f"{base} + 1 + n", "claim_id": new_id},
                )  # fmt: skip
                multiply(
                    env, "franchise_claim_recovery_line", recovery.line_ids.ids, start, stop,
                    {"recovery_id": f"{base} + 1 + n"},
                )  # fmt: skip
        self.made = size
        self._refresh()

    def _people(self):
        users = ", ".join(str(self.flow.users[role].id) for role in ("service", "service2", "manager"))
        return f"(ARRAY[{users}])[1 + mod(n, 3)]"

    def _refresh(self):
        self.env.invalidate_all()
        self.env.cr.execute("ANALYZE")

    def user_env(self, role):
        """An environment of one person of the world, as a request of the web client has it."""
        user = self.flow.users[role]
        context = {"lang": "en_US", "tz": "UTC", "allowed_company_ids": self.flow.company.ids}
        return self.env(user=user.id, su=False, context=context)

"""Records of the benchmark `claims`: one world made by the ORM; its claims are multiplied in the database.

Half of the claims are open (draft, submitted, assessed, approved in equal parts), the others closed or rejected. Each has
two lines, the clocks, evidence, recoveries, people and activities that the ORM gave its pattern; the offers of closed ones
are left out. 200 franchisees have an outlet each and share the claims; the lines lie on 100 lines of bills.

Of the open claims one in ten has a clock whose end has passed, one in ten has one that is near its end; nothing else is
due, so it is known whom the sweep of clocks has to tell.
"""

from __future__ import annotations

from odoo.fields import Command, Datetime
from odoo.tools import SQL

from odoo.addons.franchise_aftersales.tests.flow import Flow
from odoo.addons.franchise_aftersales.tests.flow_resolution import Resolutions

from .bench_rows import multiply, next_id

FRANCHISEES, BILL_LINES = 200, 100
OPEN = ("draft", "submitted", "assessed", "approved")
#: Status of each claim in turn; half of them are open.
PATTERNS = (*OPEN, "closed", "closed", "closed", "rejected")
FORM_OF = PATTERNS.index("approved")


class World:
    """The records that exist so far; `fill(size)` makes more."""

    def __init__(self, env):
        self.flow = Flow(env)
        self.env = self.flow.env
        # Outside of tests Odoo would load a chart of accounts for the new company now, in place of the world's own.
        self.env.cr.precommit.clear()
        self.now = Datetime.now()
        self._ask_for_evidence()
        # Enough of each item for every claim: what was invoiced bounds what is claimed.
        self.bill = self.flow.bill(prices=[100.0 + number for number in range(BILL_LINES)], quantity=1_000_000)
        made = {state: self._make_pattern(state) for state in dict.fromkeys(PATTERNS)}
        self.patterns = [made[state] for state in PATTERNS]
        self.env.flush_all()
        self.env.cr.precommit.clear()  # nobody is told of the patterns
        self.made = 0
        self._make_franchisees()
        self._refresh()

    def _ask_for_evidence(self):
        """An amendment of the terms: two kinds of evidence are asked for."""
        kinds = self.env["franchise.evidence.type"].search([], limit=2)
        version = self.flow.version.copy(
            {
                "date_from": self.flow.day(-599),
                "cause_term_ids": [
                    Command.create(
                        {"cause_id": self.flow.cause.id, "evidence_wanted_ids": [Command.set(kinds.ids)]},
                    )
                ],
            }
        )
        version.action_confirm()

    def _make_pattern(self, state):
        flow, lines = self.flow, [("goods", self.bill[0], 100.0), ("labour", None, 20.0)]
        if state in OPEN:
            # Reported today, so that nothing is due yet.
            return flow.claim(lines, state, reported_date=flow.today)
        if state == "rejected":
            claim = flow.claim(lines, "submitted")
            claim.reject_reason = "Worn, not broken"
            claim.with_user(flow.users["service"]).action_reject()
            return claim
        # Nobody else bears anything, so nobody's answer is waited for.
        supplier = flow.partner("Quiet")
        flow.make_agreement(supplier, shares={"franchisor": 100})
        claim = flow.claim([("goods", flow.bill(supplier=supplier), 100.0), lines[1]], "approved", supplier)
        Resolutions(flow).resolve(claim)
        claim.with_user(flow.users["service"])._tell("call", flow.today, "Told on the phone")
        claim.with_user(flow.users["service"]).action_close()
        return claim

    def _make_franchisees(self):
        env, numbers = self.env, (1, FRANCHISEES)
        partner, contract, outlet = (
            next_id(env, table) for table in ("res_partner", "franchise_contract", "franchise_outlet")
        )
        name = "'Franchisee ' || lpad(n::text, 4, '0')"
        multiply(
            env, "res_partner", self.flow.franchisee.ids, *numbers,
            {
                "id": f"{partner} + n",
                "commercial_partner_id": f"{partner} + n",
                "name": name,
                "complete_name": name,
                "ref": "NULL",
            },
        )  # fmt: skip
        multiply(
            env, "franchise_contract", self.flow.contract.ids, *numbers,
            {"id": f"{contract} + n", "name": "'BC/' || lpad(n::text, 6, '0')", "franchisee_id": f"{partner} + n"},
        )  # fmt: skip
        multiply(
            env, "franchise_outlet", self.flow.outlet.ids, *numbers,
            {
                "id": f"{outlet} + n",
                "contract_id": f"{contract} + n",
                "franchisee_id": f"{partner} + n",
                "code": "'B-' || n",
                "name": "'Outlet ' || lpad(n::text, 4, '0')",
            },
        )  # fmt: skip
        self.first = {"claimant_id": partner + 1, "contract_id": contract + 1, "outlet_id": outlet + 1}

    def values(self, number):
        """What is entered for the claim number `number`, with its lines."""
        flow = self.flow
        happened = flow.day(-20 - number % 500)
        return {
            "contract_id": self.first["contract_id"] + number % FRANCHISEES,
            "outlet_id": self.first["outlet_id"] + number % FRANCHISEES,
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
        claim = next_id(self.env, "franchise_claim")
        first, last = self.made + 1, size
        for place, pattern in enumerate(self.patterns):
            span = -(-(first - place) // len(PATTERNS)), (last - place) // len(PATTERNS)
            if span[0] <= span[1]:
                number = f"({len(PATTERNS)} * n + {place})"
                self._multiply_claim(pattern, span, number, f"{claim} + 1 + {number}")
        self.made = size
        self._refresh()

    def number(self, place):
        """The number in `BCL/…` of a claim in the middle, of the pattern at `place`: one like it at every size.

        Whose claim it is, and what is due, go in turns of 30.
        """
        return (self.made // 2 // len(PATTERNS) // 30 * 30 + 2) * len(PATTERNS) + place

    def _multiply_claim(self, pattern, span, number, claim):
        """Copies of `pattern` for each n of `span`; `number` and `claim` are SQL: its number and its id."""
        env, users = self.env, ", ".join(str(self.flow.users[role].id) for role in ("service", "service2", "manager"))
        own = {name: f"{first} + mod({number}, {FRANCHISEES})" for name, first in self.first.items()}
        person = f"(ARRAY[{users}])[1 + mod(n, 3)]"
        due, _warn = self._moments("mod(n, 10)")
        multiply(
            env, "franchise_claim", pattern.ids, *span,
            {
                "id": claim,
                "name": f"'BCL/' || lpad({number}::text, 7, '0')",
                **own,
                "event_date": "src.event_date - mod(n, 300)",
                "user_id": person,
                "clock_due_at": due if pattern.clock_due_at else "NULL",
            },
        )  # fmt: skip
        recoveries, lines = self._multiply_rows(pattern, span, claim)
        for recovery, recovery_id in recoveries.items():
            for row in recovery.line_ids:
                multiply(
                    env, "franchise_claim_recovery_line", row.ids, *span,
                    {"recovery_id": recovery_id, "claim_line_id": lines[row.claim_line_id]},
                )  # fmt: skip
        due, warn = self._moments("CASE WHEN src.kind = 'resolution' AND src.side = 'claimant' THEN mod(n, 10) END")
        of_recovery = " ".join(f"WHEN {row.id} THEN {row_id}" for row, row_id in recoveries.items())
        multiply(
            env, "franchise_claim_clock", pattern.clock_ids.ids, *span,
            {
                "claim_id": claim,
                "recovery_id": f"CASE src.recovery_id {of_recovery} END" if of_recovery else "NULL",
                "partner_id": f"CASE src.side WHEN 'claimant' THEN {own['claimant_id']} ELSE src.partner_id END",
                "user_id": person,
                "due_at": f"CASE WHEN src.done_at IS NULL THEN {due} ELSE src.due_at END",
                "warn_at": f"CASE WHEN src.done_at IS NULL THEN {warn} ELSE src.warn_at END",
                "state": "CASE WHEN src.done_at IS NULL THEN 'running' ELSE src.state END",
            },
        )  # fmt: skip

    def _multiply_rows(self, pattern, span, claim):
        """Copies of the rows of a claim. Returns ({recovery: SQL of its copy's id}, the same of the lines)."""
        env = self.env
        ids = {}
        for row in (*pattern.line_ids, *pattern.recovery_ids):
            base = next_id(env, row._table)
            ids[row] = f"{base} + 1 + n"
            values = {"id": ids[row], "claim_id": claim}
            if row._name == "franchise.claim.line" and row.invoice_line_id:
                bills = ", ".join(map(str, self.bill.ids))
                values["invoice_line_id"] = f"(ARRAY[{bills}])[1 + mod(n, {BILL_LINES})]"
            multiply(env, row._table, row.ids, *span, values)
        multiply(env, "franchise_claim_evidence", pattern.evidence_ids.ids, *span, {"claim_id": claim})
        multiply(env, "mail_activity", pattern.activity_ids.ids, *span, {"res_id": claim})
        env.cr.execute(
            SQL(
                "INSERT INTO franchise_claim_involved_users (franchise_claim_id, res_users_id)"
                " SELECT %s, involved.res_users_id FROM franchise_claim_involved_users involved"
                " CROSS JOIN generate_series(%s, %s) AS n WHERE involved.franchise_claim_id = %s",
                SQL(claim), *span, pattern.id,
            )
        )  # fmt: skip
        recoveries = {row: ids[row] for row in pattern.recovery_ids}
        return recoveries, {row: ids[row] for row in pattern.line_ids}

    def _moments(self, tenth):
        """(due, warned from) of a clock in the `tenth` (SQL) of the claims, as SQL: 0 has passed, 1 is near its end."""
        now = f"TIMESTAMP '{Datetime.to_string(self.now)}'"
        return (
            f"{now} + CASE {tenth} WHEN 0 THEN INTERVAL '-1 hour' WHEN 1 THEN INTERVAL '1 day' ELSE INTERVAL '30 days' END",
            f"{now} + CASE WHEN {tenth} IN (0, 1) THEN INTERVAL '-1 day' ELSE INTERVAL '20 days' END",
        )

    def _refresh(self):
        self.env.invalidate_all()
        self.env.cr.execute("ANALYZE")

    def user_env(self, role):
        """An environment of one person of the world, as a request of the web client has it."""
        user = self.flow.users[role]
        context = {"lang": "en_US", "tz": "UTC", "allowed_company_ids": self.flow.company.ids}
        return self.env(user=user.id, su=False, context=context)

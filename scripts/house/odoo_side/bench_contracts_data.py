"""Records of the benchmark `contracts`: one world made by the ORM, multiplied in the database.

A contract has 5 clauses, 4 confirmed versions of its terms (three amendments of the first), one outlet and
one obligation; four contracts have the same franchisee. One obligation in five is due for a warning.
"""

from __future__ import annotations

from odoo.addons.franchise_aftersales.tests.flow import Flow

from .bench_rows import multiply, next_id

CLAUSES, VERSIONS, PER_FRANCHISEE, DUE_ONE_IN = 5, 4, 4, 5
CLAIMS, AGREEMENTS = 1000, 100


class World:
    """The records that exist so far; `fill(size)` makes more."""

    def __init__(self, env):
        self.flow = Flow(env)
        self.env = self.flow.env
        self.contract = self.flow.contract
        self.obligation = self._make_pattern()
        self.env.flush_all()
        # Outside of tests Odoo would load a chart of accounts for the new company now, in place of the world's own.
        self.env.cr.precommit.clear()
        self.size = 1
        tables = (
            "res_partner",
            "franchise_contract",
            "franchise_service_agreement",
            "franchise_service_agreement_version",
        )
        self.base = {table: next_id(self.env, table) for table in tables}

    def _make_pattern(self):
        env, contract = self.env, self.contract
        # The world may have terms of its own: they are amended until there are enough versions.
        versions = env["franchise.contract.version"].search([("contract_id", "=", contract.id)])
        for number in range(len(versions), VERSIONS):
            version = versions.create(
                {
                    "contract_id": contract.id,
                    "date_from": self.flow.day((-700, -500, -300, -100)[number]),
                    "royalty_percent": 5.0 + number,
                    "amendment_reason": f"Amendment {number}" if number else False,
                }
            )
            version.action_confirm()
            versions |= version
        self.versions = versions
        self.clauses = env["franchise.clause"].create(
            [
                {
                    "contract_id": contract.id,
                    "company_id": contract.company_id.id,
                    "number": str(number),
                    "name": f"Clause {number}",
                    "text": "<p>Each party keeps the standards of the brand.</p>",
                }
                for number in range(1, CLAUSES + 1)
            ]
        )
        return env["franchise.obligation"].create(
            {
                "name": "Return the signs",
                "contract_id": contract.id,
                "company_id": contract.company_id.id,
                "date_due": self.flow.day(400),
                "user_id": self.flow.users["contract"].id,
            }
        )

    def fill(self, size):
        """Make contracts until there are `size` of them, with everything that belongs to each."""
        env, first, last = self.env, self.size, size - 1
        contract = f"{self.base['franchise_contract']} + n"
        partner = f"{self.base['res_partner']} + 1 + n / {PER_FRANCHISEE}"
        have = (first - 1) // PER_FRANCHISEE + 1 if first > 1 else 0
        self._partners("Franchisee", self.flow.franchisee, self.base["res_partner"] + 1, have, last // PER_FRANCHISEE)
        users = ", ".join(str(self.flow.users[role].id) for role in ("contract", "manager", "service"))
        multiply(
            env, "franchise_contract", self.contract.ids, first, last,
            {
                "id": contract,
                "name": "'BC/' || lpad(n::text, 6, '0')",
                "franchisee_id": partner,
                "date_start": "src.date_start - mod(n, 300)",
                "user_id": f"(ARRAY[{users}])[1 + mod(n, 3)]",
                "state": "CASE WHEN mod(n, 10) = 0 THEN 'draft' ELSE src.state END",
            },
        )  # fmt: skip
        multiply(
            env, "franchise_outlet", self.flow.outlet.ids, first, last,
            {"contract_id": contract, "code": "'B-' || n", **self._stored("franchise.outlet", "franchisee_id", partner)},
        )  # fmt: skip
        multiply(env, "franchise_contract_version", self.versions.ids, first, last, {"contract_id": contract})
        multiply(env, "franchise_clause", self.clauses.ids, first, last, {"contract_id": contract})
        due, later = self.flow.day(5), self.flow.day(400)
        warn = self.obligation.deadline_warn_days
        day = f"CASE WHEN mod(n, {DUE_ONE_IN}) = 0 THEN DATE '{due}' ELSE DATE '{later}' END"
        multiply(
            env, "franchise_obligation", self.obligation.ids, first, last,
            {
                "contract_id": contract,
                "name": "jsonb_build_object('en_US', 'Return the signs ' || n)",
                "date_due": day,
                "deadline_date": day,
                "deadline_warn_on": f"{day} - {warn}",
                "deadline_warned_for": "NULL",
                "deadline_passed_for": "NULL",
            },
        )  # fmt: skip
        self.size = size
        self.due = (size - 1) // DUE_ONE_IN
        self._refresh()

    def claims(self):
        """`CLAIMS` draft claims over `AGREEMENTS` agreements with three versions each, on events spread over all of them."""
        env, flow = self.env, self.flow
        supplier = next_id(env, "res_partner")
        self._partners("Supplier", flow.supplier, supplier + 1, 0, AGREEMENTS - 1)
        other = flow.partner("Pattern")
        agreement = flow.make_agreement(other, date_from=flow.day(-600), date_to=flow.day(-401))
        for first, last in ((-400, -201), (-200, False)):
            values = {"date_from": flow.day(first), "date_to": last and flow.day(last)}
            flow.make_version(agreement, **values).action_confirm()
        claim = flow.claim([("goods", flow.bill(), 100.0)])
        env.flush_all()
        agreement_base = next_id(env, "franchise_service_agreement")
        multiply(
            env, "franchise_service_agreement", agreement.ids, 1, AGREEMENTS,
            {
                "id": f"{agreement_base} + n",
                "name": "'BA/' || lpad(n::text, 6, '0')",
                "supplier_id": f"{supplier} + n",
            },
        )  # fmt: skip
        for version in agreement.version_ids:
            base = next_id(env, "franchise_service_agreement_version")
            multiply(
                env, "franchise_service_agreement_version", version.ids, 1, AGREEMENTS,
                {"id": f"{base} + n", "agreement_id": f"{agreement_base} + n"},
            )  # fmt: skip
            multiply(
                env, "franchise_service_agreement_liability", version.liability_ids.ids, 1, AGREEMENTS,
                {"version_id": f"{base} + n"},
            )  # fmt: skip
        claim_base = next_id(env, "franchise_claim")
        event = f"DATE '{flow.today}' - mod(n * 7, 650)"
        multiply(
            env, "franchise_claim", claim.ids, 1, CLAIMS,
            {
                "id": f"{claim_base} + n",
                "name": "'BCL/' || lpad(n::text, 6, '0')",
                "agreement_id": f"{agreement_base} + 1 + mod(n, {AGREEMENTS})",
                "supplier_id": f"{supplier} + 1 + mod(n, {AGREEMENTS})",
                "event_date": event,
                "discovery_date": f"{event} + 1",
                "reported_date": f"{event} + 2",
            },
        )  # fmt: skip
        multiply(env, "franchise_claim_line", claim.line_ids.ids, 1, CLAIMS, {"claim_id": f"{claim_base} + n"})
        self._refresh()
        return env["franchise.claim"].browse(range(claim_base + 1, claim_base + CLAIMS + 1))

    def _partners(self, name, pattern, start, first, last):
        multiply(
            self.env, "res_partner", pattern.ids, first, last,
            {
                "id": f"{start} + n",
                "commercial_partner_id": f"{start} + n",
                "name": f"'{name} ' || lpad(n::text, 6, '0')",
                "complete_name": f"'{name} ' || lpad(n::text, 6, '0')",
                "ref": "NULL",
            },
        )  # fmt: skip

    def _stored(self, model, name, expression):
        """{column: expression} if that field has a column by now."""
        field = self.env[model]._fields.get(name)
        return {name: expression} if field is not None and field.store else {}

    def _refresh(self):
        self.env.invalidate_all()
        self.env.cr.execute("ANALYZE")

    def user_env(self, role):
        """An environment of one person of the world, as a request of the web client has it."""
        user = self.flow.users[role]
        context = {"lang": "en_US", "tz": "UTC", "allowed_company_ids": self.flow.company.ids}
        return self.env(user=user.id, su=False, context=context)

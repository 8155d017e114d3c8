"""Records of the benchmark `settlement`: one world made by the ORM, multiplied in the database.

Suppliers and carriers settle recoveries (with claim, cause, product), franchisees settle charges (with contract). A settlement has
100 lines of one month; one partner in ten settles in euro. One supplier settlement in nine is posted with its entry.
"""

from __future__ import annotations

from odoo.tools import SQL

from odoo.addons.franchise_aftersales.tests.flow import Flow

from .bench_rows import columns_of, multiply, next_id

PER_SETTLEMENT, MONTHS, CAUSES, POSTED_ONE_IN, EURO_ONE_IN = 100, 36, 4, 9, 10
SUPPLIERS, CARRIERS, FRANCHISEES, PRODUCTS = 150, 20, 30, 20
PARTNERS = SUPPLIERS + CARRIERS + FRANCHISEES
CHARGES_ONE_IN = 5  # so many of the lines are charges of franchisees
EURO = "7.8"  # yuan
CHARGE_KINDS = ("royalty", "marketing", "rebate", "initial_fee", "subsidy")


class World:
    """The records that exist so far; `fill(size)` makes more lines."""

    def __init__(self, env):
        self.flow = flow = Flow(env)
        self.env = flow.env
        self.euro = flow.active_currency(self.env, "EUR")
        self.posted = flow.settlement(100.0, "posted")
        self.recovery = self.env["franchise.claim.recovery.line"].browse(self.posted.line_ids.source_id).recovery_id
        self.charge = self._make_charge()
        flow.generate()
        self.charged = self._settled(self.charge)
        self.charged.settlement_id.with_user(flow.users["finance"]).action_confirm()
        self.causes = self.env["franchise.cause"].search([]).ids
        self.products = self.env["product.product"].create([{"name": f"Item {n}"} for n in range(PRODUCTS)]).ids
        self.env.flush_all()
        # Outside of tests Odoo would load a chart of accounts for the new company now, in place of the world's own.
        self.env.cr.precommit.clear()
        self.made = {"recovery": 0, "charge": 0}
        self.size = 0
        self._partners()
        tables = ("franchise_claim", "franchise_claim_recovery", "franchise_claim_recovery_line", "franchise_charge")
        tables += ("franchise_settlement", "franchise_settlement_line", "account_move", "account_move_line")
        self.tables = tables
        self._refresh()

    def _make_charge(self):
        flow = self.flow
        return self.env["franchise.charge"]._charge(
            [
                {
                    "contract_id": flow.contract.id,
                    "kind": "royalty",
                    "date": flow.day(-30),
                    "name": "Royalty",
                    "amount": 100.0,
                    "res_model": "franchise.contract",
                    "res_id": flow.contract.id,
                }
            ]
        )

    def _settled(self, source):
        return self.env["franchise.settlement.line"].search(
            [("source_model", "=", source._name), ("source_id", "in", source.ids)]
        )

    def _partners(self):
        self.partner = next_id(self.env, "res_partner") + 1
        multiply(
            self.env, "res_partner", self.flow.supplier.ids, 0, PARTNERS - 1,
            {
                "id": f"{self.partner} + n",
                "commercial_partner_id": f"{self.partner} + n",
                "name": "'Partner ' || lpad(mod(n * 77, 1000)::text, 4, '0')",
                "complete_name": "'Partner ' || lpad(mod(n * 77, 1000)::text, 4, '0')",
                "ref": "NULL",
            },
        )  # fmt: skip
        self.contract = next_id(self.env, "franchise_contract") + 1
        multiply(
            self.env, "franchise_contract", self.flow.contract.ids, 0, FRANCHISEES - 1,
            {
                "id": f"{self.contract} + n",
                "name": "'BC/' || lpad(n::text, 6, '0')",
                "franchisee_id": f"{self.partner + SUPPLIERS + CARRIERS} + n",
            },
        )  # fmt: skip

    def fill(self, size):
        """Make lines until there are `size` of them, in whole settlements, beside those made by the ORM."""
        charges = size // CHARGES_ONE_IN // PER_SETTLEMENT
        self._fill_recoveries(size // PER_SETTLEMENT - charges)
        self._fill_charges(charges)
        self.size = sum(self.made.values()) * PER_SETTLEMENT
        self._refresh()

    def _fill_recoveries(self, settlements):
        env, first, last = self.env, self.made["recovery"], settlements - 1
        others = SUPPLIERS + CARRIERS
        base = {table: next_id(env, table) + 1 - first for table in self.tables}
        rows = {table: next_id(env, table) + 1 - first * PER_SETTLEMENT for table in self.tables}
        partner = f"{self.partner} + mod(%s, {others})"
        party = f"CASE WHEN mod(%s, {others}) < {SUPPLIERS} THEN 'supplier' ELSE 'carrier' END"
        currency = self._currency(others)
        claim, recovery = base["franchise_claim"], base["franchise_claim_recovery"]
        multiply(
            env, "franchise_claim", self.recovery.claim_id.ids, first, last,
            {"id": f"{claim} + n", "name": "'BSC/' || lpad(n::text, 7, '0')", "supplier_id": partner % "n"},
        )  # fmt: skip
        multiply(
            env, "franchise_claim_recovery", self.recovery.ids, first, last,
            {"id": f"{recovery} + n", "claim_id": f"{claim} + n", "partner_id": partner % "n", "party": party % "n"},
        )  # fmt: skip
        self._settlements(
            self.posted, first, last, base["franchise_settlement"], "R", partner % "n", party % "n", currency % "n",
            self._day("n", others), f"mod(n, {POSTED_ONE_IN}) = 0", base["account_move"],
        )  # fmt: skip
        number = f"(n / {PER_SETTLEMENT})"
        lines = (first * PER_SETTLEMENT, settlements * PER_SETTLEMENT - 1)
        source = rows["franchise_claim_recovery_line"]
        amount = "(1 + mod(n::bigint * 7919, 100000) / 100.0)::numeric"
        multiply(
            env, "franchise_claim_recovery_line", self.recovery.line_ids.ids, *lines,
            {
                "id": f"{source} + n",
                "recovery_id": f"{recovery} + {number}",
                "number": f"1 + mod(n, {PER_SETTLEMENT})",
                "amount_demanded": amount,
                "amount_accepted": amount,
                "amount_rerouted": "0",
                "amount_own": "0",
                "amount_open": "0",
                "is_settled": "TRUE",
            },
        )  # fmt: skip
        line = rows["franchise_settlement_line"]
        mine = f"mod({number}, {others})"
        causes = ", ".join(map(str, self.causes))
        multiply(
            env, "franchise_settlement_line", self.posted.line_ids.ids, *lines,
            {
                "id": f"{line} + n",
                "settlement_id": f"{base['franchise_settlement']} + {number}",
                "state": f"CASE WHEN mod({number}, {POSTED_ONE_IN}) = 0 THEN 'posted' ELSE 'confirmed' END",
                "partner_id": partner % number,
                "party": party % number,
                "currency_id": currency % number,
                "source_id": f"{source} + n",
                "claim_id": f"{claim} + {number}",
                "cause_id": f"(ARRAY[{causes}])[1 + mod({mine} * 3 + mod(n, {CAUSES}), {len(self.causes)})]",
                "product_id": f"{self.products[0]} + mod(n, {PRODUCTS})",
                "date": f"{self._day(number, others)} + mod(n, 28)",
                "amount": amount,
                "amount_company": self._in_yuan(amount, number, others),
            },
        )  # fmt: skip
        self._entries(first, last, base, line)
        self.made["recovery"] = settlements

    def _fill_charges(self, settlements):
        env, first, last = self.env, self.made["charge"], settlements - 1
        base = {table: next_id(env, table) + 1 - first for table in self.tables}
        rows = {table: next_id(env, table) + 1 - first * PER_SETTLEMENT for table in self.tables}
        partner = f"{self.partner + SUPPLIERS + CARRIERS} + mod(%s, {FRANCHISEES})"
        currency = self._currency(FRANCHISEES)
        self._settlements(
            self.charged.settlement_id, first, last, base["franchise_settlement"], "C", partner % "n", "'franchisee'",
            currency % "n", self._day("n", FRANCHISEES), "FALSE", base["account_move"],
        )  # fmt: skip
        number = f"(n / {PER_SETTLEMENT})"
        lines = (first * PER_SETTLEMENT, settlements * PER_SETTLEMENT - 1)
        kinds = ", ".join(f"'{kind}'" for kind in CHARGE_KINDS)
        kind = f"(ARRAY[{kinds}])[1 + mod(n, {len(CHARGE_KINDS)})]"
        amount = "(1 + mod(n::bigint * 104729, 1000000) / 100.0)::numeric"
        contract = f"{self.contract} + mod({number}, {FRANCHISEES})"
        day = f"{self._day(number, FRANCHISEES)} + mod(n, 28)"
        source = rows["franchise_charge"]
        self.charges(lines, source, contract, kind, day, amount, "TRUE")
        multiply(
            env, "franchise_settlement_line", self.charged.ids, *lines,
            {
                "id": f"{rows['franchise_settlement_line']} + n",
                "settlement_id": f"{base['franchise_settlement']} + {number}",
                "partner_id": partner % number,
                "currency_id": currency % number,
                "source_id": f"{source} + n",
                "contract_id": contract,
                "kind": kind,
                "date": day,
                "amount": amount,
                "amount_company": self._in_yuan(amount, number, FRANCHISEES),
            },
        )  # fmt: skip
        self.made["charge"] = settlements

    def charges(self, lines, source, contract, kind, day, amount, settled):
        """Confirmed charges number `lines` (first, last), with ids from `source` on; the others are SQL over n."""
        multiply(
            self.env, "franchise_charge", self.charge.ids, *lines,
            {
                "id": f"{source} + n",
                "contract_id": contract,
                "franchisee_id": f"{self.partner + SUPPLIERS + CARRIERS} + ({contract} - {self.contract})",
                "kind": kind,
                "date": day,
                "amount": amount,
                "res_id": f"{source} + n",
                "is_settled": settled,
            },
        )  # fmt: skip

    def one_settlement(self, number):
        """One confirmed settlement of a franchisee with `number` lines of its own."""
        new = next_id(self.env, "franchise_settlement") + 1
        multiply(
            self.env, "franchise_settlement", self.charged.settlement_id.ids, 1, 1,
            {"id": str(new), "name": "'BST/ONE'", "line_count": str(number)},
        )  # fmt: skip
        multiply(
            self.env, "franchise_settlement_line", self.charged.ids, 1, number,
            {
                "settlement_id": str(new),
                "source_id": "-n",
                "date": "src.date - mod(n, 20)",
                "amount": "(1 + mod(n::bigint * 7919, 100000) / 100.0)::numeric",
            },
        )  # fmt: skip
        self._refresh()
        return self.env["franchise.settlement"].browse(new)

    def _settlements(self, pattern, first, last, base, letter, partner, party, currency, day, posted, move):
        multiply(
            self.env, "franchise_settlement", pattern.ids, first, last,
            {
                "id": f"{base} + n",
                "name": f"'BST/{letter}/' || lpad(n::text, 7, '0')",
                "partner_id": partner,
                "party": party,
                "currency_id": currency,
                "date_to": f"{day} + 27",
                "confirmed_on": f"{day} + 27",
                "opening_balance": "0",
                "line_count": str(PER_SETTLEMENT),
                "state": f"CASE WHEN {posted} THEN 'posted' ELSE 'confirmed' END",
                "move_id": f"CASE WHEN {posted} THEN {self.posted.move_id.id} END",
            },
        )  # fmt: skip

    def _entries(self, first, last, base, line):
        """The totals of these settlements, and the entries of the posted ones: an item a line, and what is to be paid."""
        cr, settlement, move = self.env.cr, base["franchise_settlement"], base["account_move"]
        posted = range(-(-first // POSTED_ONE_IN), last // POSTED_ONE_IN + 1)
        multiply(
            self.env, "account_move", self.posted.move_id.ids, posted.start, posted.stop - 1,
            {
                "id": f"{move} + n * {POSTED_ONE_IN}",
                "name": "'BSM/' || lpad(n::text, 7, '0')",
                "sequence_prefix": "'BSM/'",
                "sequence_number": "n",
                "franchise_settlement_id": f"{settlement} + n * {POSTED_ONE_IN}",
                "partner_id": f"{self.partner} + mod(n * {POSTED_ONE_IN}, {SUPPLIERS + CARRIERS})",
                "commercial_partner_id": f"{self.partner} + mod(n * {POSTED_ONE_IN}, {SUPPLIERS + CARRIERS})",
            },
        )  # fmt: skip
        span = (settlement + first, settlement + last)
        cr.execute(
            "UPDATE franchise_settlement s SET move_id = %s + s.id - %s WHERE s.state = 'posted' AND s.id BETWEEN %s AND %s",
            [move, settlement, *span],
        )
        items = self.posted.move_id.line_ids
        [open_item] = items.filtered(lambda item: item.account_type == "liability_payable")
        [other_item] = items - open_item
        for pattern, per_line in ((other_item, True), (open_item, False)):
            self._items(pattern, per_line, span)

    def _items(self, pattern, per_line, span):
        """Journal items like `pattern` for the posted settlements of that span of ids: one a line, or one in all."""
        sign = "-1" if per_line else "1"
        values = {
            "move_id": "s.move_id",
            "partner_id": "s.partner_id",
            "currency_id": "s.currency_id",
            "franchise_settlement_line_id": "d.line_id",
            "amount_currency": f"{sign} * d.amount",
            "balance": f"{sign} * d.company",
            "debit": f"GREATEST({sign} * d.company, 0)",
            "credit": f"GREATEST(-({sign}) * d.company, 0)",
            "price_unit": "d.amount",
            "price_subtotal": "d.amount",
            "price_total": "d.amount",
            "amount_residual": "0" if per_line else "d.company",
            "amount_residual_currency": "0" if per_line else "d.amount",
        }
        columns = [name for name in columns_of(self.env, "account_move_line") if name != "id"]
        what = "id AS line_id, amount, amount_company AS company"
        if not per_line:
            what = "NULL::int AS line_id, SUM(amount) AS amount, SUM(amount_company) AS company"
        self.env.cr.execute(
            SQL(
                "INSERT INTO account_move_line (%s) SELECT %s FROM account_move_line src CROSS JOIN franchise_settlement s"
                " JOIN LATERAL (SELECT %s FROM franchise_settlement_line WHERE settlement_id = s.id) d ON TRUE"
                " WHERE src.id = %s AND s.state = 'posted' AND s.id BETWEEN %s AND %s",
                SQL(", ").join(map(SQL.identifier, columns)),
                SQL(", ").join(
                    SQL(values[name]) if name in values else SQL.identifier("src", name) for name in columns
                ),
                SQL(what),
                pattern.id,
                *span,
            )
        )

    def _currency(self, partners):
        return (
            f"CASE WHEN mod(mod(%s, {partners}), {EURO_ONE_IN}) = 3 THEN {self.euro.id}"
            f" ELSE {self.flow.currency.id} END"
        )

    def _in_yuan(self, amount, number, partners):
        euro = f"mod(mod({number}, {partners}), {EURO_ONE_IN}) = 3"
        return f"CASE WHEN {euro} THEN ROUND({amount} * {EURO}, 2) ELSE {amount} END"

    def _day(self, number, partners):
        first = self.flow.today.replace(day=1)
        return f"(DATE '{first}' - (mod({number} / {partners}, {MONTHS}) * interval '1 month'))::date"

    def _refresh(self):
        cr = self.env.cr
        self.env.invalidate_all()
        # Totals of settlements that were multiplied, from their lines.
        cr.execute(
            "UPDATE franchise_settlement s SET amount_total = d.total, closing_balance = d.total FROM"
            " (SELECT settlement_id, SUM(amount) AS total FROM franchise_settlement_line GROUP BY settlement_id) d"
            " WHERE d.settlement_id = s.id AND s.amount_total IS DISTINCT FROM d.total"
        )
        cr.execute("ANALYZE")

    def user_env(self, role):
        """An environment of one person of the world, as a request of the web client has it."""
        user = self.flow.users[role]
        context = {"lang": "en_US", "tz": "UTC", "allowed_company_ids": self.flow.company.ids}
        return self.env(user=user.id, su=False, context=context)

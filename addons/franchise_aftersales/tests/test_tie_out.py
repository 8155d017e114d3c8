import random

from odoo.tests import tagged

from .flow import FlowCase

# What can go wrong behind the model's back: a name, the statement, and which settlements it can touch.
PLANTS = {
    "source amount": (
        "UPDATE franchise_claim_recovery_line SET amount_accepted = amount_accepted - %(d)s,"
        " amount_own = COALESCE(amount_own, 0) + %(d)s WHERE id = %(source)s",
        (),
    ),
    "source gone": ("UPDATE franchise_settlement_line SET source_id = -%(n)s WHERE id = %(line)s", ()),
    "line amount": ("UPDATE franchise_settlement_line SET amount = amount + %(d)s WHERE id = %(line)s", ()),
    "two lines, one up and one down": (
        "UPDATE franchise_settlement_line SET amount = amount + CASE WHEN id = %(line)s THEN %(d)s ELSE -%(d)s END"
        " WHERE id IN (%(line)s, %(line2)s)",
        (),
    ),
    "line gone": ("DELETE FROM franchise_settlement_line WHERE id = %(line)s", ()),
    "printed total": ("UPDATE franchise_settlement SET amount_total = amount_total + %(d)s WHERE id = %(id)s", ()),
    "closing balance": (
        "UPDATE franchise_settlement SET closing_balance = closing_balance - %(d)s WHERE id = %(id)s",
        (),
    ),
    "opening balance": (
        "UPDATE franchise_settlement SET opening_balance = opening_balance + %(d)s WHERE id = %(id)s",
        (),
    ),
    "open item": (
        "UPDATE account_move_line SET amount_currency = amount_currency + %(d)s WHERE move_id = %(move)s AND"
        " account_id = %(payable)s",
        ("posted",),
    ),
    "other item": (
        "UPDATE account_move_line SET amount_currency = amount_currency - %(d)s WHERE franchise_settlement_line_id = %(line)s",
        ("posted",),
    ),
    "company currency": (
        "UPDATE account_move_line SET balance = balance + %(d)s WHERE franchise_settlement_line_id = %(line)s",
        ("posted",),
    ),
    "entry taken back": ("UPDATE account_move_line SET parent_state = 'draft' WHERE move_id = %(move)s", ("posted",)),
}


@tagged("post_install", "-at_install")
class TestTieOut(FlowCase):
    """Sources = lines = statement = ledger, to the cent, in every currency (R-E6)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.settlements = cls.env["franchise.settlement"]
        for name in ("CNY", "JPY"):
            currency = cls.flow.active_currency(cls.env, name)
            for state in ("confirmed", "posted"):
                supplier = cls.flow.partner(f"{name} {state}")
                cls.flow.make_agreement(supplier, currency)
                cls.flow.make_endpoint(supplier, f"{name}_{state}".lower())
                bill = cls.flow.bill((777.0, 55.0), supplier=supplier, currency=currency)
                for number in range(2):
                    lines = [("goods", bill[0], 101.0 + number), ("goods", bill[1], 33.0)]
                    claim = cls.flow.claim(lines, "approved", supplier=supplier)
                    recovery = claim.recovery_ids.filtered(lambda row: row.party == "supplier")
                    cls.flow.receive(cls.flow.answer(recovery), endpoint=cls.flow.message(recovery).endpoint_id)
                settlement = cls.flow.generate().with_user(cls.flow.users["finance"])
                settlement.action_confirm()
                if state == "posted":
                    settlement.action_post()
                cls.settlements |= settlement.with_env(cls.env)

    def difference(self, settlement):
        row = self.flow.tie_out(settlement)
        self.assertEqual(row.is_tied, not row.difference)
        return row.difference

    def test_normally_nothing_differs(self):
        for settlement in self.settlements:
            row = self.flow.tie_out(settlement)
            with self.subTest(currency=settlement.currency_id.name, state=settlement.state):
                self.assertEqual(len(settlement.line_ids), 4)
                self.assertTrue(row.is_tied)
                self.assertEqual(row.lines_total, settlement.amount_total)
                self.assertEqual(row.sources_total, row.lines_total)
                self.assertEqual(row.statement_total, row.lines_total)
                self.assertEqual(row.ledger_total, row.lines_total if settlement.state == "posted" else 0)
        draft = self.flow.settlement()
        self.assertEqual(self.difference(draft), 0)

    def test_planted_differences_are_found(self):
        """R-E6: 100 of 100 and more, from one smallest unit on."""
        seeded = random.Random(20260501)
        planted = 0
        while planted < 300:
            for name, (statement, states) in PLANTS.items():
                settlement = seeded.choice([row for row in self.settlements if not states or row.state in states])
                line, line2 = seeded.sample(list(settlement.line_ids), 2)
                unit = settlement.currency_id.rounding
                delta = seeded.choice([1, 1, 2, 7]) * unit
                values = {
                    "d": delta,
                    "n": planted + 1,
                    "id": settlement.id,
                    "line": line.id,
                    "line2": line2.id,
                    "source": line.source_id,
                    "move": settlement.move_id.id or 0,
                    "payable": self.flow.account["payable"].id,
                }
                with self.subTest(name, settlement=settlement.name, delta=delta), self.env.cr.savepoint() as savepoint:
                    self.env.flush_all()
                    self.env.cr.execute(statement, values)
                    self.assertTrue(self.env.cr.rowcount)
                    self.assertGreaterEqual(round(self.difference(settlement), 6), unit)
                    savepoint.rollback()
                    self.env.invalidate_all(flush=False)
                planted += 1
        self.assertEqual([self.difference(settlement) for settlement in self.settlements], [0] * 4)

    def test_differences_come_first(self):
        settlement = self.settlements[0]
        self.env.flush_all()
        self.env.cr.execute("UPDATE franchise_settlement SET amount_total = 1 WHERE id = %s", [settlement.id])
        rows = self.env["franchise.tie.out"].with_user(self.flow.users["accountant"]).search([])
        self.assertEqual(rows[0].settlement_id.id, settlement.id)
        self.assertEqual(rows.mapped("is_tied"), [False] + [True] * (len(rows) - 1))

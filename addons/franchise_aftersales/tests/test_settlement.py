import psycopg2
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .flow import Flow, FlowCase


@tagged("post_install", "-at_install")
class TestSettlement(FlowCase):
    """Accepted amounts become posted entries, once, and stay (R-E1, R-E2, R-E3, R-E5)."""

    def line(self, settlement, amount, number=1):
        """A line of a made-up source, for amounts that no source gives yet."""
        return self.env["franchise.settlement.line"].create(
            {
                "settlement_id": settlement.id,
                "source_model": "res.partner",
                "source_id": number,
                "kind": "recovery",
                "date": self.flow.today,
                "name": "Made up",
                "amount": amount,
            }
        )

    def make(self, party="supplier", partner=None, currency=None):
        return self.env["franchise.settlement"].create(
            {
                "company_id": self.flow.company.id,
                "partner_id": (partner or self.flow.partner(party)).id,
                "party": party,
                "currency_id": (currency or self.flow.currency).id,
                "date_to": self.flow.today,
            }
        )

    def move_on(self, settlement, *steps):
        for step in steps:
            getattr(settlement.with_user(self.flow.users["finance"]), f"action_{step}")()
        return settlement

    def test_accepted_amounts_are_gathered_once(self):
        """R-E1: a second run finds nothing."""
        recovery = self.flow.accepted(accept="60.00")
        self.flow.recovery()  # not answered: not settled
        settlement = self.flow.generate()
        self.assertEqual(settlement.line_ids.mapped("amount"), [60])
        self.assertEqual(settlement.line_ids.source_id, recovery.line_ids.id)
        self.assertEqual((settlement.partner_id, settlement.party), (self.flow.supplier, "supplier"))
        self.assertTrue(recovery.is_settled)
        self.assertFalse(self.flow.generate())
        self.assertEqual(recovery.claim_id.recovery_state, "open", "the carrier has not answered")

    def test_a_claim_is_settled_when_nothing_is_left_to_decide(self):
        """R-D9: what was accepted is settled; as long as nobody bears what was refused, the claim isn't."""
        recovery = self.flow.accepted(accept="60.00")
        claim = recovery.claim_id
        carrier = (claim.recovery_ids - recovery).with_user(self.flow.users["service"])
        carrier.action_accept()
        self.flow.generate()
        self.assertTrue(all(claim.recovery_ids.mapped("is_settled")))
        self.assertEqual((claim.recovery_state, claim.amount_to_decide), ("answered", 20))
        recovery.with_user(self.flow.users["finance"])._route({recovery.line_ids: 20}, "own", "Goodwill")
        self.assertEqual((claim.recovery_state, claim.amount_to_decide), ("settled", 0))

    def test_what_is_answered_later_is_settled_later(self):
        recovery = self.flow.accepted()
        recovery._trusted().answered_on = self.flow.day(1)
        self.assertFalse(self.flow.generate())

    def test_one_draft_a_partner_role_and_currency_takes_more(self):
        self.flow.accepted()
        first = self.flow.generate()
        self.flow.accepted()
        self.assertEqual(self.flow.generate(), first)
        self.assertEqual(first.line_count, 2)
        self.assertEqual(first.amount_total, 160)
        self.move_on(first, "confirm")
        self.flow.accepted()
        self.assertNotEqual(self.flow.generate(), first)

    def test_the_database_settles_a_source_once(self):
        """R-E1: whatever a program does."""
        settlement = self.flow.settlement()
        with self.assertRaises(psycopg2.IntegrityError) as caught, mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            settlement.line_ids.copy({"settlement_id": self.make().id})
        self.assertEqual(caught.exception.diag.constraint_name, "franchise_settlement_line_unique_source")

    def test_a_line_taken_out_of_a_draft_is_settled_next_time(self):
        recovery = self.flow.accepted()
        settlement = self.flow.generate()
        settlement.line_ids.with_user(self.flow.users["finance"]).unlink()
        self.assertFalse(recovery.is_settled)
        self.assertEqual(settlement.amount_total, 0)
        self.assertEqual(self.flow.generate(), settlement)
        settlement.with_user(self.flow.users["finance"]).unlink()
        self.assertFalse(recovery.is_settled)
        self.assertTrue(self.flow.generate())

    def test_only_finance_settles(self):
        self.flow.accepted()
        for role in ("service", "accountant", "contract", "operator", "worker"):
            with self.subTest(role), self.assertRaises(AccessError), self.env.cr.savepoint():
                self.flow.generate(role)
                self.env.flush_all()
        with self.assertRaisesRegex(UserError, "has no line"):
            self.move_on(self.make(), "confirm")

    def test_the_dialogue_says_when_nothing_is_ready(self):
        wizard = Form(self.env["franchise.settlement.generate"].with_user(self.flow.users["finance"])).save()
        with self.assertRaisesRegex(UserError, "Nothing is ready"):
            wizard.action_generate()
        self.flow.accepted()
        self.assertTrue(wizard.action_generate()["domain"])

    def test_documents_and_signs(self):
        """R-E3: who owes whom decides the document; the entry is the settlement, to the cent."""
        for party, amount, move_type in (
            ("supplier", 10.01, "in_refund"),
            ("supplier", -10.01, "in_invoice"),
            ("carrier", 7, "in_refund"),
            ("carrier", -7, "in_invoice"),
            ("franchisee", 5, "out_invoice"),
            ("franchisee", -5, "out_refund"),
        ):
            settlement = self.make(party)
            self.line(settlement, amount, number=hash((party, amount)) % 10**6)
            self.move_on(settlement, "confirm", "post")
            move = settlement.move_id
            with self.subTest(party=party, amount=amount):
                self.assertEqual((move.move_type, move.state, move.ref), (move_type, "posted", settlement.name))
                self.assertEqual(move.amount_total, abs(amount))
                open_items = move.line_ids.filtered(
                    lambda item: item.account_type in ("asset_receivable", "liability_payable")
                )
                self.assertAlmostEqual(sum(open_items.mapped("amount_currency")), amount)
                self.assertEqual(move.invoice_line_ids.franchise_settlement_line_id, settlement.line_ids)
                self.assertEqual(move.invoice_line_ids.account_id, self.flow.account["recovery"])

    def test_currencies(self):
        """R-E3: two currencies and yen, at the rate of the day; each settlement ties out in its own."""
        for name, rate, amount, demanded in (("USD", 0.14, 33.33, 26.67), ("JPY", 21.5, 101, 81)):
            currency = self.flow.active_currency(self.env, name)
            self.env["res.currency.rate"].create(
                {
                    "currency_id": currency.id,
                    "rate": rate,
                    "name": self.flow.day(-700),
                    "company_id": self.flow.company.id,
                }
            )
            supplier = self.flow.partner(name)
            self.flow.make_agreement(supplier, currency)
            self.flow.make_endpoint(supplier, name.lower())
            bill = self.flow.bill((amount,), supplier=supplier, currency=currency)
            claim = self.flow.claim([("goods", bill, amount)], "approved", supplier=supplier)
            recovery = claim.recovery_ids.filtered(lambda row: row.party == "supplier")
            with self.subTest(name):
                self.assertAlmostEqual(recovery.amount_demanded, demanded)
                self.flow.receive(self.flow.answer(recovery), endpoint=self.flow.message(recovery).endpoint_id)
                settlement = self.move_on(self.flow.generate(), "confirm", "post")
                self.assertEqual(settlement.currency_id, currency)
                self.assertAlmostEqual(settlement.move_id.amount_total, demanded)
                self.assertAlmostEqual(
                    settlement.move_id.amount_total_signed, self.flow.currency.round(demanded / rate)
                )
                self.assertEqual(self.flow.tie_out(settlement).difference, 0)

    def test_what_accounting_refuses_stays_confirmed_with_the_reason(self):
        """R-E3, R-E7: the others go on; one alone is told at once."""
        good, bad = self.flow.settlement(state="confirmed"), self.make()
        self.line(bad, 5)
        self.move_on(bad, "confirm")
        bad.partner_id.property_account_payable_id = False
        refuse = "nobody may post this"
        model = type(self.env["account.move"])
        post = model.action_post

        def action_post(moves):
            if bad.partner_id in moves.partner_id:
                raise UserError(refuse)
            return post(moves)

        self.patch(model, "action_post", action_post)
        with mute_logger("odoo.addons.franchise_aftersales.models.base.batch"):
            self.move_on(bad | good, "post")
        self.assertEqual((bad.state, bad.post_error, bad.move_id.id), ("confirmed", refuse, False))
        self.assertEqual(good.state, "posted")
        self.assertFalse(self.env["account.move"].search([("ref", "=", bad.name)]), "no draft is left behind")
        self.assertIn(refuse, "".join(bad.message_ids.mapped("body")))
        with self.assertRaisesRegex(UserError, refuse), self.env.cr.savepoint():
            self.move_on(bad, "post")
        self.patch(model, "action_post", post)
        self.move_on(bad, "post")
        self.assertFalse(bad.post_error)

    def test_no_account_is_said_before_posting(self):
        settlement = self.flow.settlement(state="confirmed")
        self.flow.company.franchise_recovery_account_id = False
        with self.assertRaisesRegex(UserError, "No recovery account"):
            self.move_on(settlement, "post")

    def test_numbers_have_no_gaps(self):
        """R-E5: a number that was taken and rolled back is given again."""
        first = self.flow.settlement(state="confirmed")
        second = self.flow.settlement()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.move_on(second, "confirm")
            lost = second.name
            raise ZeroDivisionError
        self.assertFalse(second.name)
        third = self.make()
        self.line(third, 1)
        self.move_on(third, "confirm")
        self.assertEqual(third.name, lost)
        self.move_on(second, "confirm")
        numbers = [int(settlement.name.rsplit("/")[-1]) for settlement in (first, third, second)]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 3)))

    def test_every_company_has_numbers_of_its_own(self):
        """R-E5, R-H2: another company's settlements leave no gap in ours."""
        other = Flow(self.env)
        names = [flow.settlement(state="confirmed").name for flow in (self.flow, other, self.flow, other)]
        self.assertEqual(names[:2], [names[0]] * 2)
        numbers = [int(name.rsplit("/")[-1]) for name in names]
        self.assertEqual([numbers[2], numbers[3]], [numbers[0] + 1] * 2)

    def test_opening_balance_is_what_earlier_ones_leave_open(self):
        """R-E2: confirmed and posted ones, less what was paid; per partner, role and currency."""
        partner = self.flow.partner("Balance")
        totals = []
        for number, amount in enumerate((100, 50, -30), start=1):
            settlement = self.make(partner=partner)
            self.line(settlement, amount, number=number)
            self.move_on(settlement, "confirm", *(("post",) if number < 3 else ()))
            totals.append((settlement.opening_balance, settlement.closing_balance))
            if number == 1:
                self.pay(settlement.move_id, 40)
        self.assertEqual(totals, [(0, 100), (60, 110), (110, 80)])
        other = self.make(partner=partner, party="carrier")
        self.line(other, 1, number=9)
        self.move_on(other, "confirm")
        self.assertEqual(other.opening_balance, 0)

    def pay(self, move, amount):
        """Part of the entry is paid: reconciled with another one."""
        item = move.line_ids.filtered(lambda row: row.account_type == "liability_payable")
        counter = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": self.flow.journals[2].id,
                "line_ids": [
                    Command.create(
                        {"account_id": account.id, "partner_id": move.partner_id.id, "debit": debit, "credit": credit}
                    )
                    for account, debit, credit in (
                        (self.flow.account["expense"], amount, 0),
                        (item.account_id, 0, amount),
                    )
                ],
            }
        )
        counter.action_post()
        (item | counter.line_ids.filtered(lambda row: row.account_id == item.account_id)).reconcile()

    def test_payment_comes_back(self):
        """R-E3."""
        settlement = self.flow.settlement(state="posted")
        self.assertEqual(settlement.payment_state, "not_paid")
        self.pay(settlement.move_id, 80)
        self.assertIn(settlement.payment_state, ("paid", "in_payment", "reversed"))
        self.assertEqual(settlement._residual(), 0)

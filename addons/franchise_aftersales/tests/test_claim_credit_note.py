from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .commit_case import CommitCase
from .flow import FlowCase


def credit(flow, bill_line, quantity, price=None):
    """A draft credit note of the bill for `quantity` pieces of one of its lines."""
    refund = bill_line.move_id._reverse_moves([{"invoice_date": flow.today, "date": flow.today, "ref": "CN"}])
    line = refund.invoice_line_ids.filtered(lambda row: row.name == bill_line.name)[:1]
    (refund.invoice_line_ids - line).unlink()
    line.write({"quantity": quantity, **({"price_unit": price} if price else {})})
    return refund


@tagged("post_install", "-at_install")
class TestClaimCreditNote(FlowCase):
    """R-D15: a supplier's credit notes lower what is left to claim; finance may allow more, with a reason."""

    def setUp(self):
        super().setUp()
        self.bill = self.flow.bill((100.0,), quantity=3)

    def claim(self, amount, stage="submitted", **values):
        return self.flow.claim([("goods", self.bill, amount)], stage, **values)

    def quota(self):
        return self.env["franchise.claim.quota"].search([("invoice_line_id", "=", self.bill.id)])

    def test_what_is_left_is_less_by_a_posted_credit_note(self):
        refund = credit(self.flow, self.bill, 1)
        self.claim(150)
        refund.action_post()
        self.assertEqual((self.quota().quantity_credited, self.quota().amount_credited), (1, 100))
        with self.assertRaisesRegex(ValidationError, "take back 1 pieces and 100.00"), self.env.cr.savepoint():
            self.claim(51)
        self.claim(50)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.claim(0.01)
        refund.button_draft()
        self.assertEqual(self.quota().amount_credited, 0)
        self.claim(0.01)

    def test_goods_claimed_already_are_not_credited_once_more(self):
        self.claim(250)
        refund = credit(self.flow, self.bill, 1)
        with self.assertRaisesRegex(ValidationError, "let finance allow more"), self.env.cr.savepoint():
            refund.action_post()
        credit(self.flow, self.bill, 1, price=50).action_post()

    def test_a_settled_claim_still_counts(self):
        """R-D15: claimed plus already settled."""
        bill = self.flow.bill((100.0,), quantity=1)
        claim = self.flow.claim([("goods", bill, 100.0)], "approved")
        recovery = claim.recovery_ids.filtered(lambda row: row.party == "supplier")
        self.flow.receive(self.flow.answer(recovery))
        self.flow.generate()
        self.assertTrue(recovery.is_settled)
        with self.assertRaises(ValidationError):
            self.flow.claim([("goods", bill, 0.01)], "submitted")

    def test_a_credit_note_first_takes_what_nobody_claims(self):
        """Two lines of one item on one bill: the credit note doesn't say which it means."""
        self.bill = self.flow.bill((100.0, 100.0), quantity=1)
        self.bill.move_id.button_draft()
        self.bill.write({"name": "Same"})
        self.bill.move_id.action_post()
        first, second = self.bill
        self.flow.claim([("goods", first, 100.0)], "submitted")
        credit(self.flow, first, 1).action_post()
        rows = self.env["franchise.claim.quota"].search([("invoice_line_id", "in", self.bill.ids)])
        credited = {row.invoice_line_id: row.amount_credited for row in rows}
        self.assertEqual(credited, {first: 0, second: 100})
        with self.assertRaises(ValidationError):
            self.flow.claim([("goods", second, 1.0)], "submitted")

    def test_a_bill_taken_back_and_lowered_is_found(self):
        self.claim(300)
        move = self.bill.move_id
        move.button_draft()
        self.bill.quantity = 2
        with self.assertRaisesRegex(ValidationError, "300.00 of 200.00"):
            move.action_post()

    def test_finance_allows_more_with_a_reason(self):
        self.claim(300)
        claim = self.claim(40, "draft")
        line = claim.line_ids
        with self.assertRaisesRegex(ValidationError, "let finance allow more"), self.env.cr.savepoint():
            self.flow.advance(claim, "submitted")
        for role in ("service", "accountant"):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                line.with_user(self.flow.users[role]).quota_reason = "Please"
        for name in ("quota_amount", "quota_quantity", "quota_by_id"):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                line.with_user(self.flow.users["finance"]).write({name: 1})
        line.with_user(self.flow.users["finance"]).quota_reason = "Consequential damage to the same item"
        self.assertEqual((line.quota_quantity, line.quota_amount), (0, 40))
        self.assertEqual(line.quota_by_id, self.flow.users["finance"])
        self.assertIn("Consequential damage", "".join(claim.message_ids.mapped("body")))
        self.flow.advance(claim, "assessed")
        self.assertEqual((self.quota().amount_claimed, self.quota().amount_allowed), (340, 40))
        with self.assertRaisesRegex(UserError, "nobody approves"):
            claim.with_user(self.flow.users["finance"]).action_approve()
        claim.with_user(self.flow.users["manager"]).action_approve()
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.claim(0.01)

    def test_an_allowance_taken_back_is_checked(self):
        self.claim(300)
        claim = self.claim(40, "draft")
        finance = claim.line_ids.with_user(self.flow.users["finance"])
        finance.quota_reason = "Agreed by phone"
        self.flow.advance(claim, "submitted")
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            finance.quota_reason = False
        claim.with_user(self.flow.users["service"]).action_reopen()
        finance.quota_reason = False
        self.assertEqual((finance.quota_amount, finance.quota_by_id.id), (0, False))

    def test_nothing_is_allowed_where_nothing_is_beyond(self):
        line = self.claim(40, "draft").line_ids
        with self.assertRaisesRegex(UserError, "nothing to allow"):
            line.with_user(self.flow.users["finance"]).quota_reason = "Just in case"

    def test_a_draft_credit_note_can_be_allowed_for_before_it_is_posted(self):
        claim = self.claim(300)
        refund = credit(self.flow, self.bill, 1)
        claim.line_ids.with_user(self.flow.users["finance"]).quota_reason = "Credited for another reason"
        self.assertEqual((claim.line_ids.quota_quantity, claim.line_ids.quota_amount), (0, 100))
        refund.action_post()
        self.assertEqual((self.quota().amount_credited, self.quota().amount_allowed), (100, 100))

    def test_postgresql_holds_the_allowed_part(self):
        self.claim(300)
        claim = self.claim(40, "draft")
        claim.line_ids.with_user(self.flow.users["finance"]).quota_reason = "Agreed"
        self.flow.advance(claim, "submitted")
        for sets in ("amount_allowed = 39.99", "amount_credited = 0.01", "amount_claimed = 340.01"):
            with (
                self.subTest(sets),
                self.assertRaises(CheckViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(
                    f"UPDATE franchise_claim_quota SET {sets} WHERE invoice_line_id = %s", [self.bill.id]
                )
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE franchise_claim_line SET quota_reason = NULL WHERE id = %s", [claim.line_ids.id]
            )


@tagged("post_install", "-at_install")
class TestCreditNoteTogether(CommitCase):
    """R-D15: a credit note is posted while a claim for the same goods is submitted, in transactions of their own."""

    @classmethod
    def prepare(cls, flow):
        flow.item = flow.bill((100.0,), quantity=2)
        flow.claimed = flow.claim([("goods", flow.item, 150.0)])
        flow.refund = credit(flow, flow.item, 1)

    def test_exactly_one_wins(self):
        def submit(env):
            world = self.world(env)
            world.claimed.with_user(world.users["service"]).action_submit()

        def post(env):
            self.world(env).refund.action_post()

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(submit, post)
        errors = [error for _result, _tries, error in results if error]
        self.assertEqual(len(errors), 1)
        self.assertIsInstance(errors[0], UserError)
        self.assertIn("150.00 of 200.00", str(errors[0]))
        self.assertEqual(sorted(tries for _result, tries, _error in results), [1, 2], "the loser was repeated")
        with self.transaction(commit=False) as env:
            world = self.world(env)
            self.assertIn((world.claimed.state, world.refund.state), (("submitted", "draft"), ("draft", "posted")))
            row = env["franchise.claim.quota"].search([("invoice_line_id", "=", world.item.id)])
            self.assertIn((row.amount_claimed, row.amount_credited), ((150, 0), (0, 100)))

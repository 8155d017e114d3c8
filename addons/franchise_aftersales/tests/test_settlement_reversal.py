from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .test_settlement_generation import GenerationCase


@tagged("post_install", "-at_install")
class TestSettlementReversal(GenerationCase):
    """R-E5, R-E3: a posted settlement is taken back by entries of its own, and what it settled is settled again."""

    def reverse(self, settlement, role="manager", reason="Wrong rate"):
        user = self.flow.users[role]
        action = settlement.with_user(user).action_reverse()
        wizard = Form(self.env[action["res_model"]].with_user(user).with_context(**action["context"]))
        wizard.reason = " "
        with self.assertRaisesRegex(UserError, "Say why"):
            wizard.save().action_reverse()
        wizard.reason = reason
        wizard.save().action_reverse()
        self.env.flush_all()
        return settlement

    def numbers(self, *settlements):
        return [int(settlement.name.rsplit("/")[-1]) for settlement in settlements]

    def test_reversed_and_settled_again(self):
        """R-E5: entries stay and cancel out; the amounts come again under the next revision, saying what they correct."""
        first = self.flow.settlement(state="posted")
        line, move = first.line_ids, first.move_id
        recovery_line = self.env[line.source_model].browse(line.source_id)
        self.assertEqual(recovery_line.amount_credited, line.amount)
        self.reverse(first)
        self.assertEqual((first.state, first.reversal_reason, move.state), ("reversed", "Wrong rate", "posted"))
        self.assertEqual(first.reversed_by_id, self.flow.users["manager"])
        back = first.move_ids - move
        self.assertEqual((back.reversed_entry_id, back.state, back.amount_total), (move, "posted", move.amount_total))
        self.assertIn("Wrong rate", back.ref)
        self.assertEqual((first.amount_open, first.payment_state), (0, False))
        self.assertEqual(first.line_ids, line)
        self.assertEqual((recovery_line.is_settled, recovery_line.amount_credited), (False, 0))
        self.assertEqual(self.flow.tie_out(first).difference, 0)

        again = self.flow.generate()
        self.assertEqual((again.line_ids.source_id, again.line_ids.revision), (line.source_id, line.revision + 1))
        self.assertEqual((again.line_ids.corrected_line_id, again.corrects_ids), (line, first))
        self.assertEqual(first.corrected_by_ids, again)
        finance = again.with_user(self.flow.users["finance"])
        finance.action_confirm()
        self.assertEqual(finance.opening_balance, 0, "what was taken back isn't owed")
        finance.action_post()
        self.assertEqual(self.numbers(first, again)[1], self.numbers(first)[0] + 1)
        self.assertEqual(self.flow.tie_out(again).difference, 0)
        self.assertEqual(recovery_line.amount_credited, line.amount)
        self.reverse(again)
        self.assertEqual(self.flow.generate().line_ids.revision, line.revision + 2)

    def test_two_people_and_a_reason(self):
        """R-E5: who posted doesn't reverse, in the model and in PostgreSQL; only finance does; a reason is needed."""
        settlement = self.flow.settlement(state="posted")
        finance = settlement.with_user(self.flow.users["finance"])
        with self.assertRaisesRegex(UserError, "nobody reverses"):
            finance.action_reverse()
        with self.assertRaisesRegex(UserError, "nobody reverses"):
            finance._reverse("x", self.flow.today)
        with self.assertRaises(AccessError):
            settlement.with_user(self.flow.users["accountant"]).action_reverse()
        for values in (
            {"reversed_by_id": settlement.posted_by_id.id, "reversed_on": self.flow.today, "reversal_reason": "x"},
            {"reversed_by_id": self.flow.users["manager"].id, "reversed_on": self.flow.today, "reversal_reason": False},
        ):
            with self.assertRaises(Exception) as caught, mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                settlement._trusted().write({"state": "reversed", **values})
                self.env.flush_all()
            self.assertIn("reversed_by_another", str(caught.exception))
        for state in ("draft", "confirmed"):
            other = self.flow.settlement(state=state, supplier=self.other_supplier())
            with self.assertRaisesRegex(UserError, "possible only from"):
                other.with_user(self.flow.users["manager"]).action_reverse()

    def other_supplier(self):
        supplier = self.flow.partner("Other")
        self.flow.make_agreement(supplier)
        self.flow.make_endpoint(supplier, f"o{supplier.id}")
        return supplier

    def test_a_correction_may_change_the_amount_at_its_source(self):
        """R-E5: a charge that is free again is cancelled by its document; the new one is settled, the old one isn't."""
        charge = self.charges(1, amount=50)
        settlement = self.flow.generate()
        self.map_account("exchange")
        self.post(settlement)
        with self.assertRaises(UserError):
            charge._cancel()
        self.reverse(settlement)
        charge._cancel()
        right = self.charges(1, amount=45)
        again = self.flow.generate()
        self.assertEqual(again.line_ids.source_id, right.id)
        self.assertEqual(self.flow.tie_out(settlement).difference, 0)

    def map_account(self, kind, **values):
        return self.env["franchise.charge.account"].create(
            {
                "company_id": self.flow.company.id,
                "kind": kind,
                "account_id": self.flow.account["recovery"].id,
                **values,
            }
        )

    def post(self, settlement):
        finance = settlement.with_user(self.flow.users["finance"])
        finance.action_confirm()
        finance.action_post()
        return settlement

    def test_payments_become_free(self):
        """R-E3: what was paid on a reversed settlement is open again on the partner's account."""
        settlement = self.flow.settlement(state="posted")
        item = settlement.move_id.line_ids.filtered(lambda row: row.account_type == "liability_payable")
        payment = self.env["account.move"].create(
            {
                "journal_id": self.flow.journals[2].id,
                "line_ids": [
                    Command.create({"account_id": account.id, "partner_id": self.flow.supplier.id, "balance": balance})
                    for account, balance in ((item.account_id, -30), (self.flow.account["expense"], 30))
                ],
            }
        )
        payment.action_post()
        paid = payment.line_ids.filtered(lambda row: row.account_id == item.account_id)
        (item | paid).reconcile()
        self.assertEqual((settlement.payment_state, settlement.amount_open), ("partial", 50))
        self.reverse(settlement)
        self.assertEqual(paid.amount_residual, -30)
        self.assertEqual(sum(settlement.move_ids.line_ids.mapped("amount_residual")), 0)
        self.opens_with(settlement, paid)

    def opens_with(self, settlement, paid):
        """R-E2: a payment that a reversal set free counts in the opening balance until something else has taken it."""
        again = self.flow.generate().with_user(self.flow.users["finance"])
        again.action_confirm()
        self.assertEqual((again.opening_balance, again.closing_balance), (-30, 50))
        again.action_post()
        item = again.move_id.line_ids.filtered(lambda row: row.account_type == "liability_payable")
        (item.sudo() | paid).reconcile()
        self.env.flush_all()
        self.assertEqual((again.amount_open, again._open_balance()), (50, 0), "counted once")
        other = self.flow.settlement(state="confirmed")
        self.assertEqual(other.opening_balance, 50, "what the partner's account has open")
        self.reverse(again)
        self.assertEqual(other._open_balance(), -30, "freed twice, counted once")
        self.assertEqual((settlement.freed_item_ids, again.sudo().freed_item_ids), (paid, paid))

    def test_nobody_ties_or_unties_an_entry(self):
        """R-E5: not by RPC, not by Odoo's own credit note, not by a created or changed link, nor its reversing entry."""
        admin = self.env.ref("base.user_admin")
        admin.company_ids |= self.flow.company
        admin.group_ids |= self.env.ref("account.group_account_manager")
        settlement = self.flow.settlement(state="posted")
        bill = self.flow.bill().move_id
        reversed_one = self.reverse(self.flow.settlement(state="posted", supplier=self.other_supplier()))
        back = reversed_one.move_ids - reversed_one.move_id
        for user in (admin, self.flow.users["finance"]):
            context = {"context": {**self.env.context, "franchise_moving": True}}
            moves = self.env["account.move"].with_user(user)

            def rpc(method, move, *args, moves=moves, context=context):
                return lambda: call_kw(moves, method, [move.ids, *args], context)

            tries = {
                "link": rpc("write", bill, {"franchise_settlement_id": settlement.id}),
                "create": lambda moves=moves, context=context: call_kw(
                    moves,
                    "create",
                    [[{"move_type": "in_invoice", "franchise_settlement_id": settlement.id}]],
                    context,
                ),
                "partner": rpc("write", settlement.move_id, {"partner_id": self.flow.carrier.id}),
                "date": rpc("write", settlement.move_id, {"date": "2020-01-01"}),
                "number": rpc("write", settlement.move_id, {"name": "X/1"}),
                "currency": rpc("write", settlement.move_id, {"currency_id": self.env.ref("base.JPY").id}),
                "credit note": lambda user=user: settlement.move_id.with_user(user)._reverse_moves(cancel=True),
                "reversal to draft": rpc("button_draft", back),
                "reversal deleted": rpc("unlink", back),
                "reversal untied": rpc("write", back, {"franchise_settlement_id": False}),
                "reversed line": lambda user=user: reversed_one.line_ids.with_user(user).write({"amount": 1}),
                "reversed deleted": reversed_one.with_user(user).unlink,
            }
            for name, attempt in tries.items():
                with (
                    self.subTest(name, user=user.login),
                    self.assertRaises(UserError),
                    mute_logger("odoo.sql_db"),
                    self.env.cr.savepoint(),
                ):
                    attempt()
                    self.env.flush_all()
        self.assertEqual(self.flow.tie_out(settlement).difference, 0)
        self.assertEqual(self.flow.tie_out(reversed_one).difference, 0)

    def test_tricks_around_the_settlement_change_nothing(self):
        """R-E5: archiving the company or the partner, another currency of theirs, merging or deleting the partner."""
        settlement = self.flow.settlement(state="posted")
        line = settlement.line_ids
        values = ("partner_id", "currency_id", "amount_total", "company_id", "state", "move_id", "name")
        before = settlement.read(values, load=None)
        self.flow.supplier.property_account_payable_id = self.flow.account["payable"].copy({"code": "9PAY"})
        self.flow.supplier.active = False
        self.flow.company.partner_id.name = "Renamed"
        with self.env.cr.savepoint() as savepoint:
            self.env.cr.execute("UPDATE res_users SET active = FALSE WHERE company_id = %s", [self.flow.company.id])
            self.env.invalidate_all()
            self.flow.company.active = False
            for attempt in (
                settlement.unlink,
                lambda: settlement.write({"partner_id": self.flow.carrier.id}),
                lambda: line.write({"amount": 1}),
                settlement.move_id.button_draft,
            ):
                with self.assertRaises(UserError):
                    attempt()
            savepoint.rollback()
        for record in (self.flow.company, self.flow.supplier):
            with self.assertRaises(Exception), mute_logger("odoo.sql_db"), self.env.cr.savepoint():  # noqa: B017
                record.unlink()
                self.env.flush_all()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        with self.assertRaisesRegex(UserError, "can't be merged away"):
            wizard._merge((self.flow.supplier | self.flow.carrier).ids, self.flow.carrier, extra_checks=False)
        self.assertEqual(settlement.read(values, load=None), before)

    def test_the_database_holds_one_live_line(self):
        """R-E1: a higher revision alone doesn't settle an amount twice; only after a reversal is there another line."""
        settlement = self.flow.settlement()
        with self.assertRaises(Exception) as caught, mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            settlement.line_ids.copy({"revision": 7})
        self.assertIn("unique_live", str(caught.exception))

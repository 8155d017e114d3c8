from unittest.mock import patch

import psycopg2
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .test_resolution_offer import ResolutionCase


class MoneyCase(ResolutionCase):
    def refund(self, lines, **values):
        """(execution of the money, its credit notes) of an accepted refund."""
        offer = self.make.offer(stage="accepted", kind="refund", lines=lines, **values)
        execution = offer.claim_id.execution_ids.filtered(lambda execution: execution.amount)
        return execution, execution.move_ids

    def post(self, moves):
        moves.with_user(self.flow.users["finance"]).action_post()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = cls.env["account.journal"].create(
            {"name": "Bank", "code": "BNKT", "type": "bank", "company_id": cls.flow.company.id}
        )
        cls.tax = cls.env["account.tax"].create(
            {
                "name": "13 %",
                "amount": 13,
                "type_tax_use": "sale",
                "company_id": cls.flow.company.id,
                "tax_group_id": cls.env["account.tax.group"]
                .create({"name": "VAT", "company_id": cls.flow.company.id})
                .id,
                "country_id": cls.flow.company.account_fiscal_country_id.id,
            }
        )


@tagged("post_install", "-at_install")
class TestCreditNote(MoneyCase):
    """R-D8: refunds are credit notes of Odoo, drawn up from the invoice, posted by finance, tracked until paid."""

    def test_from_the_invoice_to_the_payment(self):
        sold = self.make.invoice((30.0, 50.0), tax=self.tax)
        self.make.pay(sold.move_id)
        execution, move = self.refund(
            [
                {"purpose": "refund", "invoice_line_id": sold[0].id, "quantity": 1},
                {"purpose": "discount", "invoice_line_id": sold[1].id, "quantity": 2, "percent": 10},
            ]
        )
        self.assertEqual(
            (move.move_type, move.state, move.partner_id, move.journal_id, move.currency_id),
            ("out_refund", "draft", self.flow.franchisee, sold.move_id.journal_id, self.flow.currency),
        )
        self.assertEqual((move.reversed_entry_id, move.ref), (sold.move_id, execution.claim_id.name))
        self.assertEqual(move.invoice_line_ids.mapped("price_subtotal"), [30.0, 10.0])
        self.assertEqual(move.invoice_line_ids.tax_ids, self.tax)
        self.assertEqual((move.amount_untaxed, move.amount_total), (40.0, 45.2))
        self.assertEqual((execution.state, execution.amount, execution.team), ("open", 40.0, "finance"))
        with self.assertRaises(AccessError):
            move.with_user(self.flow.users["service"]).action_post()
        self.post(move)
        self.assertEqual(execution.state, "underway")
        owed = self.make.pay(move)
        self.assertEqual(execution.state, "done")
        self.assertTrue(execution.done_at)
        owed.remove_move_reconcile()
        self.assertEqual(execution.state, "underway", "the payment was taken back")
        self.assertFalse(execution.done_at)

    def test_a_payment_without_an_entry(self):
        """R-D8: a payment that waits for the bank's statement counts until it is taken back."""
        offer = self.make.offer(stage="accepted", kind="compensation", amount=30)
        execution, move = offer.claim_id.execution_ids, offer.claim_id.execution_ids.move_ids
        self.post(move)
        # Where a bank's statements are reconciled in Odoo, payments wait for them without an entry of their own.
        moves = self.env.registry["account.move"]
        self.startPatcher(patch.object(moves, "_get_invoice_in_payment_state", lambda move: "in_payment"))
        payment = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "customer",
                "partner_id": move.partner_id.id,
                "amount": move.amount_total,
                "journal_id": self.bank.id,
                "invoice_ids": [Command.set(move.ids)],
            }
        )
        payment.action_post()
        self.assertFalse(payment.move_id)
        self.assertEqual(execution.state, "done")
        payment.action_draft()
        self.env.flush_all()
        self.assertEqual(execution.state, "underway")

    def test_set_against_the_invoice_it_is_done(self):
        """R-D8: Odoo sets a credit note against the open invoice that it names."""
        sold = self.make.invoice((30.0,))
        execution, move = self.refund([{"purpose": "refund", "invoice_line_id": sold.id, "quantity": 1}])
        self.post(move)
        self.assertEqual(execution.state, "done")

    def test_one_credit_note_an_invoice(self):
        first, second = self.make.invoice((30.0,)), self.make.invoice((20.0,))
        self.make.pay(first.move_id)
        self.make.pay(second.move_id)
        execution, moves = self.refund(
            [
                {"purpose": "refund", "invoice_line_id": first.id, "quantity": 1},
                {"purpose": "refund", "invoice_line_id": second.id, "quantity": 1},
                {"purpose": "refund", "name": "Bought long ago", "amount": 5},
            ]
        )
        self.assertEqual(sorted(moves.mapped("amount_total")), [5.0, 20.0, 30.0])
        free = moves.filtered(lambda move: not move.reversed_entry_id)
        self.assertEqual(free.invoice_line_ids.account_id, self.flow.account["expense"])
        self.assertFalse(free.invoice_line_ids.tax_ids)
        self.post(moves[0])
        self.assertEqual(execution.state, "underway")
        self.post(moves[1:])
        for move in moves:
            self.make.pay(move)
        self.assertEqual(execution.state, "done")

    def test_thirds_add_up(self):
        """R-D8: three refunds of one of three pieces give back the line, to the cent."""
        sold = self.make.invoice((200.0,), discount=66.667)
        amounts = [
            self.refund([{"purpose": "refund", "invoice_line_id": sold.id, "quantity": 1}])[1].amount_untaxed
            for _number in range(3)
        ]
        self.assertAlmostEqual(sum(amounts), sold.price_subtotal)

    def test_prices_with_tax_included(self):
        included = self.tax.copy({"name": "13 % incl.", "price_include_override": "tax_included"})
        sold = self.make.invoice((113.0,), tax=included, quantity=3)
        self.assertEqual(sold.price_subtotal, 300.0)
        _execution, move = self.refund([{"purpose": "refund", "invoice_line_id": sold.id, "quantity": 1}])
        self.assertEqual((move.amount_untaxed, move.amount_total), (100.0, 113.0))

    def test_never_more_than_was_invoiced(self):
        """R-D15 for what goes to the customer: over several claims, beside exchanges, and by changed credit notes."""
        sold = self.make.invoice((20.0,), quantity=2)
        _execution, move = self.refund([{"purpose": "refund", "invoice_line_id": sold.id, "quantity": 2}])
        quota = self.env["franchise.claim.refund.quota"].search([("invoice_line_id", "=", sold.id)])
        self.assertEqual((quota.amount_refunded, quota.quantity_refunded, quota.amount_invoiced), (40, 2, 40))
        again = self.make.offer(
            kind="refund", lines=[{"purpose": "discount", "invoice_line_id": sold.id, "percent": 5}]
        )
        self.refused("would be refunded", self.make.accept, again)
        line = move.invoice_line_ids
        line.with_user(self.flow.users["finance"]).price_unit = 25
        self.refused("its credit notes come to", self.post, move)
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE franchise_claim_refund_quota SET amount_refunded = 40.01 WHERE id = %s", [quota.id]
            )

    def test_what_an_exchange_took_back_is_not_refunded_once_more(self):
        sold = self.make.invoice((20.0,), quantity=2, days_ago=5)
        exchange = self.env["franchise.exchange"].create(
            {
                "contract_id": self.flow.contract.id,
                "line_ids": [Command.create({"invoice_line_id": sold.id, "quantity": 1})],
            }
        )
        exchange.line_ids._trusted_compute()
        exchange._move("submit")
        offer = self.make.offer(kind="refund", lines=[{"purpose": "refund", "invoice_line_id": sold.id, "quantity": 2}])
        self.refused("would be taken back", self.make.accept, offer)

    def test_credit_notes_made_by_hand_count_too(self):
        sold = self.make.invoice((20.0,), quantity=2)
        reversal = sold.move_id._reverse_moves([{"invoice_date": self.flow.today}])
        reversal.invoice_line_ids.quantity = 1
        reversal.action_post()
        offer = self.make.offer(kind="refund", lines=[{"purpose": "refund", "invoice_line_id": sold.id, "quantity": 2}])
        self.refused("were credited already", self.make.accept, offer)

    def test_without_an_account_it_waits_with_the_reason(self):
        """R-D8: the claimant's signature isn't lost; the draft is made once the account is set."""
        account = self.env["franchise.charge.account"].search([("company_id", "=", self.flow.company.id)])
        account.filtered(lambda row: row.kind == "compensation").unlink()
        offer = self.make.offer(stage="accepted", kind="compensation", amount=30)
        execution = offer.claim_id.execution_ids
        self.assertIn("No account is set", execution.problem)
        self.assertFalse(execution.move_ids)
        self.refused("No account is set", self.as_role(execution, "service").action_create_document)
        self.env["franchise.charge.account"].create(
            {"kind": "compensation", "company_id": self.flow.company.id, "account_id": self.flow.account["expense"].id}
        )
        self.as_role(execution, "service").action_create_document()
        self.assertEqual((execution.move_ids.amount_total, execution.problem), (30, False))
        self.refused("has its document", self.as_role(execution, "service").action_create_document)

    def test_a_cancelled_or_deleted_draft_opens_it_again(self):
        sold = self.make.invoice((30.0,))
        execution, move = self.refund([{"purpose": "refund", "invoice_line_id": sold.id, "quantity": 1}])
        self.post(move)
        move.button_draft()
        self.assertEqual(execution.state, "open")
        move.button_cancel()
        self.as_role(execution, "service").action_create_document()
        self.assertEqual(len(execution.move_ids), 2)
        execution.move_ids.filtered(lambda found: found.state == "draft").unlink()
        self.assertEqual(execution.state, "open")

    def test_nobody_links_a_credit_note_by_hand(self):
        execution, move = self.refund([{"purpose": "refund", "invoice_line_id": self.make.invoice().id, "quantity": 1}])
        other = self.make.invoice(post=False).move_id.with_user(self.flow.users["finance"])
        self.refused("not linked by hand", other.write, {"franchise_execution_id": execution.id})
        values = {"move_type": "out_refund", "franchise_execution_id": execution.id}
        self.refused("not linked by hand", other.browse().create, values)
        self.assertFalse(move.copy().franchise_execution_id)


@tagged("post_install", "-at_install")
class TestPaidWithSettlement(MoneyCase):
    """R-D8: money that goes into the next settlement, once, explained; never by both ways."""

    def test_settled_and_posted(self):
        offer = self.make.offer(stage="accepted", kind="compensation", amount=30, pay_by="settlement")
        execution = offer.claim_id.execution_ids
        charge = execution.charge_ids
        self.assertEqual(
            (charge.amount, charge.kind, charge.state, charge.partner_id, charge.party),
            (-30, "compensation", "confirmed", self.flow.franchisee, "franchisee"),
        )
        self.assertIn("30 agreed", charge.explanation)
        self.assertFalse(execution.move_ids)
        self.flow.generate()
        line = self.env["franchise.settlement.line"].search(
            [("source_model", "=", charge._name), ("source_id", "=", charge.id)]
        )
        self.assertEqual(execution.state, "underway")
        self.assertIn("30 agreed", line.explanation, "statements explain it as the charge does")
        line.settlement_id.with_user(self.flow.users["finance"]).unlink()
        self.assertEqual(execution.state, "open")
        settlement = self.flow.generate().filtered(lambda found: found.partner_id == self.flow.franchisee)
        settlement.with_user(self.flow.users["finance"]).action_confirm()
        settlement.with_user(self.flow.users["finance"]).action_post()
        self.assertEqual(execution.state, "done")
        self.assertEqual(settlement.move_id.move_type, "out_refund")
        self.assertFalse(self.flow.generate(), "settled once")

    def test_explained_by_percentage_and_by_goods(self):
        percent = self.make.offer(stage="accepted", kind="discount", percent=25, pay_by="settlement")
        self.assertIn("25 % of 100 approved", percent.claim_id.charge_ids.explanation)
        sold = self.make.invoice((30.0,))
        goods = self.make.offer(
            stage="accepted",
            kind="refund",
            pay_by="settlement",
            lines=[{"purpose": "refund", "invoice_line_id": sold.id, "quantity": 2}],
        )
        self.assertIn("2 × Sold 1: 60", goods.claim_id.charge_ids.explanation)

    def test_the_other_way_instead_never_both(self):
        """R-D8: finance changes the way while nothing has taken effect; the database knows one way an offer."""
        offer = self.make.offer(stage="accepted", kind="compensation", amount=30)
        execution = offer.claim_id.execution_ids
        move = execution.move_ids
        self.refused("needs the role", self.as_role(execution, "service").action_pay_otherwise)
        self.as_role(execution, "finance").action_pay_otherwise()
        self.assertEqual((move.state, execution.kind, execution._live_charges().amount), ("cancel", "settlement", -30))
        self.as_role(execution, "finance").action_pay_otherwise()
        self.assertEqual((execution.kind, execution._live_charges().ids), ("credit_note", []))
        live = execution.move_ids.filtered(lambda found: found.state != "cancel")
        self.post(live)
        self.refused("is posted", self.as_role(execution, "finance").action_pay_otherwise)
        self.assertFalse(self.flow.generate())
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            execution._trusted().copy({"kind": "settlement", "offer_id": offer.id, "amount": 30})
            self.env.flush_all()

    def test_an_amount_in_a_settlement_stays_there(self):
        offer = self.make.offer(stage="accepted", kind="compensation", amount=30, pay_by="settlement")
        self.flow.generate()
        execution = self.as_role(offer.claim_id.execution_ids, "finance")
        self.refused("still to be given|in a settlement", execution.action_pay_otherwise)
        self.as_role(execution, "manager").cancel_reason = "x"
        self.refused("in a settlement", self.as_role(execution, "manager").action_cancel)

    def test_the_companys_way_is_proposed(self):
        self.flow.company.franchise_resolution_pay_by = "settlement"
        self.assertEqual(self.make.offer(stage="draft").pay_by, "settlement")


@tagged("post_install", "-at_install")
class TestExecution(ResolutionCase):
    """R-D8: replacement, repair, gifts and tasks for warehouse, production and service, tracked to done."""

    def test_what_each_line_leads_to(self):
        product = self.env["product.product"].create({"name": "Kettle", "type": "consu"})
        purposes = {
            "replace": [("return", "warehouse"), ("replacement", "warehouse")],
            "repair": [("return", "warehouse"), ("repair", "production")],
            "gift": [("gift", "warehouse")],
        }
        for purpose, expected in purposes.items():
            with self.subTest(purpose):
                lines = [{"purpose": purpose, "product_id": product.id, "name": "Kettle", "quantity": 2}]
                offer = self.make.offer(stage="accepted", kind="goodwill", lines=lines)
                found = offer.claim_id.execution_ids
                self.assertEqual(found.mapped(lambda row: (row.kind, row.team)), expected)
                self.assertEqual(set(found.mapped("quantity")), {2.0})
                self.assertEqual(found.product_id, product)

    def test_words_become_a_task(self):
        for kind, expected in {"goodwill": "task", "replace": "replacement", "repair": "repair"}.items():
            offer = self.make.offer(stage="accepted", kind=kind)
            self.assertEqual(offer.claim_id.execution_ids.kind, expected)
            self.assertIn("We make it good", offer.claim_id.execution_ids.name)

    def test_done_with_a_note(self):
        task = self.as_role(self.make.offer(stage="accepted", kind="goodwill").claim_id.execution_ids, "service")
        self.assertEqual(task.deadline_date, self.flow.day(7))
        task.action_start()
        self.refused("write what was done", task.action_finish)
        task.done_note = "Called and apologised"
        task.action_finish()
        self.assertEqual((task.state, task.done_by_id, task.deadline_date), ("done", self.flow.users["service"], False))
        self.refused("can't be changed", task.write, {"done_note": "Other"})
        task.action_reopen()
        self.assertFalse(task.done_at)

    def test_money_is_not_reported_by_hand(self):
        execution = self.make.offer(stage="accepted", kind="compensation", amount=5).claim_id.execution_ids
        execution.done_note = "paid"
        for action in ("action_start", "action_finish"):
            with self.subTest(action):
                self.refused("follows its document", getattr(self.as_role(execution, "service"), action))

    def test_cancelling_needs_a_reason_and_money_finance(self):
        sold = self.make.invoice((30.0,))
        offer = self.make.offer(
            stage="accepted", kind="refund", lines=[{"purpose": "refund", "invoice_line_id": sold.id, "quantity": 3}]
        )
        money = offer.claim_id.execution_ids.filtered("amount")
        self.refused("say why", self.as_role(money, "manager").action_cancel)
        self.as_role(money, "service").cancel_reason = "They want goods instead"
        self.refused("finance cancels it", self.as_role(money, "service").action_cancel)
        self.as_role(money, "manager").action_cancel()
        self.assertEqual((money.state, money.move_ids.state), ("cancelled", "cancel"))
        quota = self.env["franchise.claim.refund.quota"].search([("invoice_line_id", "=", sold.id)])
        self.assertEqual(quota.amount_refunded, 0, "what was held on the invoice is free again")
        self.assertIn("is cancelled", " ".join(offer.claim_id.message_ids.mapped("body")))

    def test_only_tasks_are_entered(self):
        claim = self.flow.claim(stage="approved")
        tasks = self.env["franchise.claim.execution"].with_user(self.flow.users["service"])
        task = tasks.create({"claim_id": claim.id, "name": "Call them", "team": "service"})
        self.assertEqual((task.kind, task.state), ("task", "open"))
        for kind in ("gift", "replacement", "credit_note", "settlement"):
            with self.subTest(kind):
                self.refused("Only an internal task", tasks.create, {"claim_id": claim.id, "name": "x", "kind": kind})
                self.refused("follows from the accepted offer", task.write, {"kind": kind})
        task.unlink()
        given = self.make.offer(claim, "accepted", kind="replace").claim_id.execution_ids
        self.refused("can be deleted", given.with_user(self.flow.users["service"]).unlink)

    def test_closing_waits_for_all_that_is_open(self):
        """R-D8: no resolution, or anything not done, keeps the claim open; the form says what."""
        claim = self.flow.claim(stage="approved")
        for recovery in claim.recovery_ids.with_user(self.flow.users["finance"]):
            recovery._withdraw("own", "Nobody is asked")
        closing = self.as_role(claim, "service")
        self.refused("no resolution", closing.action_close)
        self.make.offer(claim, "accepted", kind="goodwill", lines=[{"purpose": "gift", "name": "Cup"}])
        self.refused("“Cup” is not done yet", closing.action_close)
        self.assertIn("“Cup” is not done yet", claim.obstacle_html)
        task = self.as_role(claim.execution_ids, "service")
        task.done_note = "Sent"
        task.action_finish()
        closing._tell("call", self.flow.today, "A cup is under way")
        self.assertFalse(claim._obstacles("close")[claim])
        closing.action_close()
        self.assertEqual(claim.state, "closed")
        self.refused("is closed", task.action_reopen)
        values = {"claim_id": claim.id, "name": "More"}
        self.refused("is closed", task.browse().create, values)

    def test_the_forms_work_for_those_whose_they_are(self):
        claim = self.flow.claim(stage="approved").with_user(self.flow.users["service"])
        action = claim.action_new_offer()
        with Form(claim.offer_ids.with_context(**action["context"])) as form:
            form.kind = "goodwill"
            form.amount = 12
        offer = claim.offer_ids
        self.assertEqual((offer.amount, offer.line_ids.claim_line_id), (12, claim.line_ids))
        offer.action_make()
        self.make.accept(offer)
        self.assertEqual(claim.credit_note_count, 1)
        self.assertEqual(claim.open_execution_count, len(claim.execution_ids))
        for role in ("service", "finance", "accountant", "manager"):
            with self.subTest(role):
                Form(claim.with_user(self.flow.users[role]))
                Form(claim.execution_ids[0].with_user(self.flow.users[role]))
        found = self.env["account.move"].search(claim.action_view_credit_notes()["domain"])
        self.assertEqual(found, claim.sudo().execution_ids.move_ids)

    def test_many_acceptances_and_obstacles_in_batches(self):
        claims = self.env["franchise.claim"].union(*(self.flow.claim(stage="approved") for _ in range(6)))
        for claim in claims:
            self.make.offer(claim, "accepted", kind="replace")

        def queries(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some._obstacles("close")
            return self.env.cr.sql_log_count - before

        self.assertEqual(queries(claims[:1]), queries(claims))

import psycopg2
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase
from .flow import FlowCase
from .flow_contract import amended, customer_invoice, exchange, signed_contract


@tagged("post_install", "-at_install")
class TestExchange(FlowCase):
    """R-A7: goods bought within the window that can be sold again are exchanged at 100 % of the price paid."""

    def submitted(self, lines, **values):
        document = exchange(self.flow, lines, **values)
        document.action_submit()
        return document

    def approve(self, document, role="finance"):
        document.with_user(self.flow.users[role]).action_approve()

    def charges(self, document):
        domain = [("res_model", "=", document._name), ("res_id", "=", document.id)]
        return self.env["franchise.charge"].search(domain, order="id")

    def held(self, line):
        return self.env["franchise.exchange.quota"].search([("invoice_line_id", "=", line.id)]).quantity_held

    def test_approved_goods_are_credited_at_the_price_paid_after_discount_and_without_tax(self):
        values = {"company_id": self.flow.company.id, "country_id": self.env.ref("base.cn").id}
        group = self.env["account.tax.group"].create({"name": "VAT", **values})
        tax = self.env["account.tax"].create({"name": "13 %", "amount": 13, "tax_group_id": group.id, **values})
        line = customer_invoice(self.flow, (100.0,), discount=10, day=self.flow.day(-30), tax_ids=tax.ids)
        document = self.submitted([(line, 3)])
        self.assertEqual(
            (document.line_ids.unit_price, document.line_ids.amount, document.amount_total), (90, 270, 270)
        )
        self.approve(document)
        charge = self.charges(document)
        self.assertEqual((charge.kind, charge.amount, charge.state), ("exchange", -270, "confirmed"))
        self.assertEqual(
            charge.explanation,
            f"3 × 90 paid on invoice {line.move_id.name} of {self.flow.day(-30)}, 100 %, taken back on "
            f"{self.flow.today} (until {document.line_ids.window_end})",
        )

    def test_a_price_that_is_no_whole_number_of_cents(self):
        line = customer_invoice(self.flow, (33.333,), quantity=3)
        self.assertEqual(line.price_subtotal, 100)
        self.assertEqual(self.submitted([(line, 3)]).amount_total, 100)

    def test_outside_the_window_is_refused_with_the_last_day(self):
        contract = signed_contract(self.flow)
        line = customer_invoice(self.flow, day="2026-01-31")
        inside = exchange(self.flow, [(line, 1)], contract, date="2026-04-30")
        inside.action_submit()
        late = exchange(self.flow, [(line, 1)], contract, date="2026-05-01")
        self.assertEqual(str(late.line_ids.window_end), "2026-04-30")
        with self.assertRaisesRegex(UserError, "bought on 2026-01-31; it could be exchanged until 2026-04-30"):
            late.action_submit()

    def test_the_window_of_each_line_is_that_of_the_terms_on_its_invoice_date(self):
        contract = signed_contract(self.flow, {"exchange_window_months": 3})
        amended(contract, "2026-06-01", exchange_window_months=1)
        old, new = customer_invoice(self.flow, day="2026-05-31"), customer_invoice(self.flow, day="2026-06-01")
        document = exchange(self.flow, [(old, 1), (new, 1)], contract, date="2026-07-02")
        self.assertEqual(document.line_ids.mapped(lambda row: str(row.window_end)), ["2026-08-31", "2026-07-01"])
        with self.assertRaisesRegex(UserError, "until 2026-07-01"):
            document.action_submit()

    def test_an_amendment_after_entry_counts_at_submission(self):
        contract = signed_contract(self.flow, {"exchange_window_months": 12})
        line = customer_invoice(self.flow, day="2026-05-31")
        document = exchange(self.flow, [(line, 1)], contract, date="2026-10-01")
        amended(contract, "2026-05-01", exchange_window_months=1)
        with self.assertRaisesRegex(UserError, "until 2026-06-30"):
            document.action_submit()

    def test_bought_before_any_terms(self):
        contract = signed_contract(self.flow, date_start="2026-06-01")
        document = exchange(
            self.flow, [(customer_invoice(self.flow, day="2026-05-31"), 1)], contract, date="2026-06-10"
        )
        with self.assertRaisesRegex(UserError, "no terms of .* were in force"):
            document.action_submit()

    def test_what_can_not_be_sold_again_is_worth_nothing_and_holds_nothing(self):
        good, broken = customer_invoice(self.flow, (100.0, 50.0))
        document = exchange(self.flow, [(good, 1), (broken, 2)])
        document.line_ids[1].write({"is_resaleable": False, "condition_note": "Box open"})
        document.action_submit()
        self.assertEqual((document.amount_total, self.held(good), self.held(broken)), (100, 1, 0))
        self.approve(document)
        self.assertEqual(self.charges(document).mapped("amount"), [-100])
        nothing = exchange(self.flow, [(broken, 1)])
        nothing.line_ids.write({"is_resaleable": False, "condition_note": "Box open"})
        with self.assertRaisesRegex(UserError, "nothing to take back"):
            nothing.action_submit()
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
            nothing.line_ids.condition_note = False
            self.env.flush_all()

    def test_over_all_exchanges_never_more_than_invoiced(self):
        line = customer_invoice(self.flow, quantity=5)
        first = self.submitted([(line, 3)])
        with self.assertRaisesRegex(ValidationError, "6 would be taken back of 5 invoiced"), self.env.cr.savepoint():
            self.submitted([(line, 3)])
        self.approve(first)
        second = self.submitted([(line, 2)])
        self.assertEqual(self.held(line), 5)
        for action in ("reopen", "submit", "cancel"):
            getattr(second, f"action_{action}")()
            self.assertEqual(self.held(line), 5 if action == "submit" else 3, action)
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE franchise_exchange_quota SET quantity_held = 5.01 WHERE invoice_line_id = %s", [line.id]
            )

    def test_rejecting_needs_a_reason_and_frees_the_goods(self):
        line = customer_invoice(self.flow)
        document = self.submitted([(line, 3)]).with_user(self.flow.users["finance"])
        with self.assertRaisesRegex(UserError, "Say why"):
            document.action_reject()
        document.reject_reason = "Not in the original boxes"
        document.action_reject()
        self.assertEqual((document.state, self.held(line)), ("rejected", 0))

    def test_only_goods_of_the_franchisee_from_a_posted_invoice(self):
        euro = self.flow.active_currency(self.env, "EUR")
        contract = self.flow.contract
        for line, text in (
            (customer_invoice(self.flow, post=False), "not a line of a posted customer invoice"),
            (customer_invoice(self.flow, move_type="out_refund"), "not a line of a posted customer invoice"),
            (self.flow.bill(), "not a line of a posted customer invoice"),
            (customer_invoice(self.flow, partner=self.flow.partner("Other")), "bought by somebody else"),
            (customer_invoice(self.flow, currency=euro), "another currency"),
        ):
            with self.subTest(text=text), self.assertRaisesRegex(ValidationError, text), self.env.cr.savepoint():
                self.env["franchise.exchange"].create(
                    {"contract_id": contract.id, "line_ids": [(0, 0, {"invoice_line_id": line.id, "quantity": 1})]}
                )

    def test_four_eyes(self):
        """In the model, and in the database."""
        document = exchange(self.flow, [(customer_invoice(self.flow), 1)]).with_user(self.flow.users["manager"])
        own = document.copy()
        own.action_submit()
        with self.assertRaisesRegex(UserError, "nobody approves"):
            own.action_approve()
        document.line_ids.quantity = 2
        document.action_submit()
        with self.assertRaisesRegex(UserError, "nobody approves"):
            document.action_approve()
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE franchise_exchange SET approved_by_id = entered_by_id WHERE id = %s", [document.id]
            )
        with self.assertRaises(AccessError):
            document.with_user(self.flow.users["contract"]).action_approve()

    def test_computed_figures_are_not_entered_and_submitted_goods_do_not_change(self):
        line, other = customer_invoice(self.flow, (100.0, 50.0))
        document = exchange(self.flow, [(line, 1)])
        for values in ({"amount": 9999}, {"unit_price": 9999}, {"window_end": "2099-01-01"}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "works out by itself"):
                document.line_ids.write(values)
        document.action_submit()
        for change in (
            lambda: document.line_ids.write({"quantity": 2}),
            document.line_ids.unlink,
            lambda: document.line_ids.create({"exchange_id": document.id, "invoice_line_id": other.id}),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                change()

    def test_contract_managers_choose_among_what_franchisees_bought_and_see_no_other_entry(self):
        bought = customer_invoice(self.flow)
        seen = self.env["account.move.line"].with_user(self.flow.users["contract"])
        hidden = (
            customer_invoice(self.flow, post=False)
            | customer_invoice(self.flow, partner=self.flow.partner("Other"))
            | self.flow.bill()
            | bought.move_id.line_ids.filtered(lambda line: line.display_type != "product")
        )
        self.assertEqual(seen.search([("id", "in", (bought | hidden).ids)]), bought)
        self.assertEqual(bought.with_user(self.flow.users["contract"]).move_id.name, bought.move_id.name)
        with self.assertRaises(AccessError):
            hidden[0].with_user(self.flow.users["contract"]).read(["name"])
        with self.assertRaises(AccessError):
            bought.with_user(self.flow.users["contract"]).write({"name": "x"})

    def test_the_form_shows_window_and_value_at_once(self):
        line = customer_invoice(self.flow, (100.0,), day=self.flow.day(-30))
        with Form(self.env["franchise.exchange"].with_user(self.flow.users["contract"])) as form:
            form.contract_id = self.flow.contract
            with form.line_ids.new() as row:
                row.invoice_line_id = line
                row.quantity = 4
                self.assertEqual((row.amount, row.bought_on), (400, self.flow.day(-30)))


@tagged("post_install", "-at_install")
class TestExchangeTogether(CommitCase):
    """R-A7: two colleagues take back the same goods at the same moment."""

    @classmethod
    def prepare(cls, flow):
        flow.item = customer_invoice(flow, quantity=5)
        flow.left, flow.right = exchange(flow, [(flow.item, 3)]), exchange(flow, [(flow.item, 3)])

    def test_exactly_one_wins_and_the_other_reads_why(self):
        def submit(name):
            def work(env):
                world = self.world(env)
                getattr(world, name).with_user(world.users["contract"]).action_submit()

            return work

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(submit("left"), submit("right"))
        errors = [error for _result, _tries, error in results if error]
        self.assertEqual(len(errors), 1)
        self.assertIn("6 would be taken back of 5", str(errors[0]))
        self.assertEqual(sorted(tries for _result, tries, _error in results), [1, 2], "the loser was repeated")
        with self.transaction(commit=False) as env:
            world = self.world(env)
            quota = env["franchise.exchange.quota"].search([("invoice_line_id", "=", world.item.id)])
            self.assertEqual(quota.quantity_held, 3)

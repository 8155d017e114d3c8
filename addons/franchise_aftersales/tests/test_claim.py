import psycopg2
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestClaimEntry(FlowCase):
    """Claims as they are entered: complete, fitting their supplier, covered or not (R-D1, R-D3, R-D5)."""

    def refuse(self, message, work):
        with self.assertRaisesRegex(UserError, message), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            work()
            self.env.flush_all()

    def refuse_by_database(self, constraint, work):
        with self.assertRaises(psycopg2.IntegrityError) as caught, mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            work()
            self.env.flush_all()
        self.assertEqual(caught.exception.diag.constraint_name, constraint)
        self.env.invalidate_all()

    def test_entering_numbers_and_signs_the_claim(self):
        claims = (
            self.env["franchise.claim"]
            .with_user(self.flow.users["service"])
            .create([self.flow.claim_values([("labour", None, 5.0)]) for _ in range(2)])
        )
        self.assertEqual(len(set(claims.mapped("name"))), 2)
        self.assertEqual(claims.entered_by_id, self.flow.users["service"])
        self.assertEqual(claims[0].amount_claimed, 5)
        self.assertEqual(claims.agreement_id, self.flow.agreement)

    def test_a_claim_without_lines_or_amounts_is_not_submitted(self):
        self.refuse("has no line", lambda: self.flow.claim([], "submitted"))
        self.refuse("claims nothing", lambda: self.flow.claim([("labour", None, 0.0)], "submitted"))

    def test_bill_lines_fit_the_claim(self):
        """R-D15: refused with the reason, when entered and again when submitted."""
        usd = self.flow.active_currency(self.env, "USD")
        other = self.flow.partner("Another")
        draft = self.flow.bill().move_id.copy({"invoice_date": self.flow.today}).invoice_line_ids
        refund = self.flow.bill().move_id._reverse_moves().invoice_line_ids
        refund.move_id.invoice_date = self.flow.today
        refund.move_id.action_post()
        for problem, line in (
            ("posted vendor bill", draft),
            ("posted vendor bill", refund),
            ("another supplier", self.flow.bill(supplier=other)),
            ("another currency", self.flow.bill(currency=usd)),
        ):
            with self.subTest(problem):
                self.refuse(problem, lambda line=line: self.flow.claim([("goods", line, 5.0)]))

    def test_a_bill_taken_back_after_entering_is_found_at_submission(self):
        claim = self.flow.claim()
        claim.line_ids.invoice_line_id.move_id.button_draft()
        self.refuse("posted vendor bill", lambda: self.flow.advance(claim, "submitted"))

    def test_another_supplier_after_entering_is_found(self):
        """R-D9: nobody is asked to pay for goods that somebody else delivered."""
        other = self.flow.partner("Another")
        self.flow.make_agreement(other)
        claim = self.flow.claim()
        claim.with_user(self.flow.users["service"]).supplier_id = other
        self.assertEqual(claim.agreement_id.supplier_id, other)
        self.refuse("another supplier", lambda: self.flow.advance(claim, "submitted"))

    def test_an_agreement_with_somebody_else_is_refused(self):
        foreign = self.flow.make_agreement(self.flow.partner("Another"))
        claim = self.flow.claim()
        self.refuse("is not with", lambda: claim.write({"agreement_id": foreign.id}))

    def test_outlet_and_contract_fit(self):
        contract = self.flow.contract.copy()
        self.refuse("does not belong", lambda: self.flow.claim(contract_id=contract.id))
        outlet = self.env["franchise.outlet"].create({"code": "X", "name": "X", "contract_id": contract.id})
        claim = self.flow.claim(contract_id=contract.id, outlet_id=outlet.id)
        self.refuse("is not signed", lambda: self.flow.advance(claim, "submitted"))

    def test_goods_need_a_bill_line_and_dates_their_order(self):
        self.refuse_by_database("franchise_claim_line_check_bill", lambda: self.flow.claim([("parts", None, 5.0)]))
        for dates in (
            {"event_date": self.flow.day(-5), "discovery_date": self.flow.day(-6)},
            {"discovery_date": self.flow.day(-5), "reported_date": self.flow.day(-6)},
        ):
            self.refuse_by_database("franchise_claim_check_dates", lambda dates=dates: self.flow.claim(**dates))

    def test_amounts_keep_their_bounds_in_the_database(self):
        """R-D5: 0 ≤ approved ≤ assessed ≤ claimed."""
        line = self.flow.claim(stage="submitted").line_ids
        for values in (
            {"amount_assessed": 100.01},
            {"amount_assessed": -0.01},
            {"amount_assessed": 50, "amount_approved": 50.01},
            {"amount_approved": -1},
        ):
            with self.subTest(values):
                self.refuse_by_database(
                    "franchise_claim_line_check_amounts", lambda values=values: line._trusted_write(values)
                )
        labour = self.flow.claim([("labour", None, 5.0)]).line_ids
        for quantity in (0, -1):
            self.refuse_by_database(
                "franchise_claim_line_check_quantity", lambda quantity=quantity: labour.write({"quantity": quantity})
            )

    def test_coverage_is_explained_in_sentences(self):
        """R-D3: with the days left or missed."""

        def reason(**values):
            return self.flow.claim(stage="submitted", **values)

        claim = reason()
        self.assertEqual(claim.coverage_state, "covered")
        self.assertEqual(claim.version_id, self.flow.version)
        self.assertRegex(
            claim.coverage_reason, r"govern the day.*\n.*who bears.*\nWithin warranty, \d+ days left.*\nReported in"
        )
        late = reason(
            discovery_date=self.flow.day(-50), event_date=self.flow.day(-50), reported_date=self.flow.day(-15)
        )
        self.assertEqual(late.coverage_state, "not_covered")
        self.assertIn("Reported 5 days after the claim window had closed.", late.coverage_reason)
        early = reason(event_date=self.flow.day(-650))
        self.assertIn("No version of", early.coverage_reason)
        self.assertFalse(early.version_id)
        other = reason(cause_id=self.env.ref("franchise_aftersales.cause_late").id)
        self.assertIn("says nothing about this cause", other.coverage_reason)
        old = self.flow.claim([("goods", self.flow.bill(days_ago=10), 5.0)], "submitted")
        self.assertIn("Outside warranty", old.coverage_reason)

    def test_the_version_of_the_event_day_governs(self):
        """R-C6: not the one of today."""
        agreement = self.flow.make_agreement(self.flow.partner("Two"), date_from=self.flow.day(-600))
        self.flow.make_version(agreement, date_from=self.flow.day(-20)).action_confirm()
        for event, number in ((-21, 1), (-20, 2)):
            claim = self.flow.claim(
                [("labour", None, 5.0)], "submitted", supplier=agreement.supplier_id, event_date=self.flow.day(event)
            )
            self.assertEqual(claim.version_id.number, number)

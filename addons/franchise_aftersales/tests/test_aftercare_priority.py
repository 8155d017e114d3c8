import psycopg2
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestClaimPriority(FlowCase):
    """R-D14: class, severity and amount set the priority, recomputed when they change, overridden with a reason."""

    def claim(self, amount=10.0, **values):
        return self.flow.claim([("labour", None, amount)], **values)

    def grade(self, grade):
        review = self.env["franchise.review"].create({"contract_id": self.flow.contract.id, "year": 2025})
        review._trusted().write({"grade_confirmed": grade})

    def test_follows_class_severity_and_amount(self):
        claim = self.claim()
        self.assertEqual((claim.severity, claim.customer_grade, claim.priority), ("major", False, "1"))
        claim.line_ids.amount_claimed = 10000
        self.assertEqual(claim.priority, "2")  # 15 + 16.67 + 20
        self.grade("A")
        self.assertEqual((claim.customer_grade, claim.priority), ("A", "2"))  # 66.67
        claim.severity = "critical"
        self.assertEqual(claim.priority, "3")  # 83.33

    def test_the_cause_says_how_severe_until_the_claim_does(self):
        self.flow.cause.severity = "safety"
        claim = self.claim()
        self.assertEqual((claim.severity, claim.priority), ("safety", "3"))
        claim.severity = "minor"
        self.assertEqual(claim.priority, "0")
        claim.cause_id = self.env.ref("franchise_aftersales.cause_quality")
        self.assertEqual(claim.severity, claim.cause_id.severity)

    def test_weights_stand_in_the_settings(self):
        claim = self.claim()
        self.flow.company.write(
            {"franchise_priority_star1": 60, "franchise_priority_star2": 70, "franchise_priority_star3": 80}
        )
        self.assertEqual(claim.priority, "0")
        self.flow.company.write(
            {"franchise_priority_grade": 0, "franchise_priority_severity": 0, "franchise_priority_high": 10}
        )
        self.assertEqual(claim.priority, "3")
        for values, error in (
            ({"franchise_priority_amount": 0}, ValidationError),
            ({"franchise_priority_grade": -1}, ValidationError),
            ({"franchise_priority_star1": 90}, psycopg2.IntegrityError),
        ):
            with (
                self.subTest(values=values),
                self.assertRaises(error),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.flow.company.write(values)
                self.env.flush_all()
            self.env.invalidate_all()

    def test_the_amount_counts_in_the_company_currency(self):
        usd = self.flow.active_currency(self.env, "USD")
        self.env["res.currency.rate"].create(
            {"currency_id": usd.id, "rate": 0.1, "name": self.flow.day(-400), "company_id": self.flow.company.id}
        )
        partner = self.flow.partner("Abroad")
        self.flow.make_agreement(partner, currency=usd)
        claim = self.claim(1000.0, supplier=partner)
        self.assertEqual(claim.currency_id, usd)
        self.assertEqual(claim.priority, "2")  # as 10 000 of the company's currency
        self.assertEqual(self.claim(1000.0).priority, "1")

    def test_another_priority_needs_a_reason(self):
        claim = self.claim()
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            claim.write({"priority_set": "3", "priority_reason": " "})
            self.env.flush_all()
        self.env.invalidate_all()
        claim.write({"priority_set": "3", "priority_reason": "The press calls"})
        claim.line_ids.amount_claimed = 1
        self.assertEqual(claim.priority, "3", "what was set stays")
        claim.priority_set = False
        self.assertEqual(claim.priority, "1")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            claim.priority = "0"

    def test_lists_begin_with_the_most_urgent_and_then_the_next_deadline(self):
        late, soon, urgent = self.claim(), self.claim(), self.claim()
        urgent.severity = "safety"
        late.write(
            {"event_date": self.flow.day(-5), "discovery_date": self.flow.day(-5), "reported_date": self.flow.day(-5)}
        )
        self.assertLess(soon.deadline_date, late.deadline_date)
        for kind in ("list", "kanban"):
            arch = self.env["franchise.claim"].get_view(view_type=kind)["arch"]
            order = arch.split('default_order="')[1].split('"')[0]
            found = self.env["franchise.claim"].search([("company_id", "=", self.flow.company.id)], order=order)
            self.assertEqual(found.ids, (urgent + soon + late).ids)

    def test_history_of_the_franchisee(self):
        claim = self.claim()
        self.assertEqual((claim.history_count, claim.history_year_count, claim.history_year_amount), (0, 0, 0))
        self.claim(20.0, stage="submitted")
        old = self.claim(40.0, stage="submitted")
        old._trusted().write(dict.fromkeys(("event_date", "discovery_date", "reported_date"), self.flow.day(-500)))
        self.claim(80.0)  # a draft says nothing
        other = self.flow.partner("Else")
        self.assertNotEqual(other, claim.claimant_id)
        claim.invalidate_recordset()
        self.assertEqual((claim.history_count, claim.history_year_count, claim.history_year_amount), (2, 1, 20))
        self.flow.advance(claim, "submitted")
        claim.invalidate_recordset()
        self.assertEqual((claim.history_count, claim.history_year_count, claim.history_year_amount), (2, 1, 20))
        self.assertEqual(self.env["franchise.claim"].search_count(claim.action_view_history()["domain"]), 3)

    def test_many_claims_take_as_many_queries_as_few(self):
        claims = self.env["franchise.claim"].browse()
        for _number in range(12):
            claims |= self.claim()
        counts = []
        for number, severity in ((3, "minor"), (3, "critical"), (12, "safety")):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            claims[:number].mapped("history_year_amount")
            claims[:number].write({"severity": severity})
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1])

import psycopg2
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow import FlowCase
from .flow_termination import Terminations


@tagged("post_install", "-at_install")
class TestTerminationClauses(FlowCase):
    """The clause review is generated from contract and agreements (R-B3)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make = Terminations(cls.flow)
        cls.clauses = [
            cls.clause("1", "price", contract_id=cls.flow.contract.id),
            cls.clause("2", "change", contract_id=cls.flow.contract.id),
            cls.clause("3", "responsibility", contract_id=cls.flow.contract.id),
            cls.clause("A1", "breach", agreement_id=cls.flow.agreement.id),
        ]
        cls.untouched = cls.clause("B1", "breach", agreement_id=cls.flow.make_agreement(cls.flow.partner("Other")).id)
        cls.flow.claim()
        cls.case = cls.make.case("decided")

    @classmethod
    def clause(cls, number, kind, **values):
        """A clause in force since the contract began."""
        clause = cls.env["franchise.clause"].create(
            {"number": number, "name": kind, "kind": kind, "company_id": cls.flow.company.id, **values}
        )
        clause._trusted().write({"state": "in_force", "date_from": cls.flow.contract.date_start})
        return clause

    def test_every_clause_that_is_touched_the_costly_ones_first(self):
        """R-B3: of the contract and of the agreements with claims, no other's."""
        self.case.invalidate_recordset()
        self.assertEqual(self.case.review_ids.mapped("clause_number"), ["3", "A1", "2", "1"])
        self.assertNotIn(self.untouched, self.case.review_ids.clause_id)

    def test_a_finding_says_who_and_when(self):
        """R-B3: by itself, and taken back with it; the database asks for it."""
        review = self.case.review_ids[0]
        reviewer = self.flow.users["contract"]
        review.with_user(reviewer).write({"finding": "breach", "finding_text": "Penalty", "amount_at_stake": 1000})
        self.assertEqual((review.reviewed_by_id, review.reviewed_on), (reviewer, self.flow.today))
        self.assertEqual(review.currency_id, self.flow.contract.currency_id)
        review.with_user(reviewer).finding = False
        self.assertFalse(review.reviewed_by_id or review.reviewed_on)
        with self.assertRaisesRegex(UserError, "can't be entered"):
            review.with_user(reviewer).reviewed_by_id = self.make.decider
        with (
            self.assertRaises(psycopg2.errors.CheckViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            review._log({"finding": "none"})
            review.flush_recordset()

    def test_completing_adds_what_is_new_and_keeps_findings(self):
        """R-B3."""
        self.case.review_ids.with_user(self.make.decider).write({"finding": "other", "finding_text": "See 3"})
        before = self.case.review_ids
        new = self.clause("4", "dispute", contract_id=self.flow.contract.id)
        for _run in range(2):
            self.case.with_user(self.make.decider).action_generate()
        self.assertEqual((self.case.review_ids - before).clause_id, new)
        self.assertEqual(set(before.mapped("finding_text")), {"See 3"})

    def test_a_row_with_its_finding_in_one_go(self):
        """R-B3: as an import enters it."""
        clause = self.clause("5", "other", contract_id=self.flow.contract.id)
        review = (
            self.env["franchise.termination.clause.review"]
            .with_user(self.make.decider)
            .create({"termination_id": self.case.id, "clause_id": clause.id, "finding": "none"})
        )
        self.assertEqual(review.reviewed_by_id, self.make.decider)

    def test_bad_input_and_roles(self):
        """R-B3: no negative amounts, no clause twice, no finding by service staff."""
        review = self.case.review_ids[0]
        for values, error in (
            ({"amount_at_stake": -1}, psycopg2.errors.CheckViolation),
            ({"clause_id": self.case.review_ids[1].clause_id.id}, psycopg2.errors.UniqueViolation),
        ):
            with self.assertRaises(error), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                review.write(values)
                review.flush_recordset()
        with self.assertRaises(AccessError):
            self.as_role(review, "service").finding = "none"

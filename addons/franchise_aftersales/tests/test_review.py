import psycopg2
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase
from .flow import FlowCase
from .flow_network import Network

YEAR = 2025


@tagged("post_install", "-at_install")
class TestReview(FlowCase):
    """R-A9: annual review, class, ranking, outcome."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.net = Network(cls.flow)
        cls.contracts = cls.flow.contract | cls.net.contract(sign=True) | cls.net.contract(sign=True)
        cls.contracts.sudo()._trusted().write({"date_start": "2024-01-01"})

    def reviews(self, year=YEAR):
        """Open reviews of all contracts of the company, by contract."""
        reviews = self.env["franchise.review"].with_user(self.flow.users["contract"])
        return reviews._open_year(self.flow.company, year).sorted("contract_id")

    def score(self, review, score):
        review.line_ids.write({"score": score})

    def test_open_the_year_for_all(self):
        """R-A9: one a signed contract that ran in the year, never two; drafts and later contracts are left out."""
        self.net.contract()
        self.net.contract(sign=True, date_start="2026-02-01")
        wizard = Form(self.env["franchise.review.open"].with_user(self.flow.users["contract"]))
        wizard.year = YEAR
        action = wizard.save().action_open()
        reviews = self.env["franchise.review"].search(action["domain"])
        self.assertEqual(reviews.contract_id, self.contracts)
        self.assertEqual(len(reviews[0].line_ids), 6)
        self.assertEqual(reviews[0].weight_total, 100)
        self.assertFalse(self.reviews())
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            reviews[0].copy({"year": YEAR})
        wizard.year = 25
        with self.assertRaisesRegex(UserError, "four digits"):
            wizard.save().action_open()

    def test_class_and_contract(self):
        """R-A9: thresholds of the company; the latest confirmed year counts."""
        review = self.reviews()[0]
        contract = review.contract_id
        for score, expected in ((80, "A"), (79, "B"), (60, "B"), (59, "C")):
            self.score(review, score)
            self.assertEqual((review.total, review.grade), (score, expected))
        self.flow.company.franchise_grade_b_from = 50
        self.assertEqual(review.grade, "B")
        self.assertFalse(contract.grade)
        review.action_confirm()
        self.assertEqual((contract.grade, review.grade_confirmed), ("B", "B"))
        self.flow.company.franchise_grade_b_from = 60
        self.assertEqual(review.grade, "B", "what was confirmed stays")
        later = self.reviews(2026).filtered(lambda other: other.contract_id == contract)
        self.score(later, 95)
        later.action_confirm()
        self.assertEqual(contract.grade, "A")
        later.with_user(self.flow.users["manager"]).action_reopen()
        self.assertEqual(contract.grade, "B")
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.flow.company.franchise_grade_b_from = 81
            self.env.flush_all()

    def test_weights_add_up_to_100(self):
        """R-A9: of the company's list when reviews are opened, of the review when it is confirmed, in the database too."""
        review = self.reviews()[0]
        self.score(review, 70)
        criterion = self.env["franchise.review.criterion"].search([("company_id", "=", self.flow.company.id)])[0]
        criterion.weight = 20
        with self.assertRaisesRegex(UserError, "add up to 95 %"), self.env.cr.savepoint():
            self.reviews(2026)
        with self.assertRaisesRegex(UserError, "add up to 95 %"), self.env.cr.savepoint():
            review.action_take_weights()
        self.assertEqual(review.weight_total, 100, "an open review keeps its weights")
        review.line_ids[0].weight = 20
        with self.assertRaisesRegex(UserError, "add up to 95 %"), self.env.cr.savepoint():
            review.action_confirm()
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            review._trusted().write({"state": "confirmed"})
            self.env.flush_all()
        self.env["franchise.review.criterion"].create(
            {"name": "Hygiene", "kind": "cooperation", "weight": 5, "company_id": self.flow.company.id}
        )
        review.action_take_weights()
        self.assertEqual((review.weight_total, len(review.line_ids)), (100, 7))
        self.assertEqual(review.line_ids[0].score, 70, "scores of criteria that stay are kept")

    def test_confirmation_wants_all_scores_and_says_what_follows(self):
        review = self.reviews()[0]
        review.line_ids[1:].write({"score": 0})
        with self.assertRaisesRegex(UserError, "no score yet for Volume"), self.env.cr.savepoint():
            review.action_confirm()
        self.score(review, 30)
        review.outcome = "warning"
        with self.assertRaisesRegex(UserError, "what the reward or warning is"), self.env.cr.savepoint():
            review.action_confirm()
        review.outcome_text = "Order plan by June"
        review.action_confirm()
        self.assertEqual((review.outcome, review.contract_id.grade), ("warning", "C"))
        for vals in ({"score": 90}, {"weight": 1}, {"note": "x"}):
            with self.assertRaisesRegex(UserError, "scores can't change"), self.env.cr.savepoint():
                review.line_ids[0].write(vals)
        with self.assertRaisesRegex(UserError, "scores can't change"), self.env.cr.savepoint():
            review.line_ids.unlink()

    def test_bad_scores(self):
        review = self.reviews()[0]
        for vals in ({"score": 101}, {"score": -1}, {"weight": 101}):
            with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                review.line_ids[0].write(vals)
                self.env.flush_all()

    def test_ranking(self):
        """R-A9: within brand and year, confirmed reviews only; equal totals share a place."""
        first, second, third = self.reviews()
        for review, score in ((first, 70), (second, 90), (third, 70)):
            self.score(review, score)
            self.assertEqual(review.rank, 0)
            review.action_confirm()
        reviews = first | second | third
        self.assertEqual(reviews.mapped("rank"), [2, 1, 2])
        self.assertEqual(set(reviews.mapped("rank_of")), {3})

    def test_ranking_of_many_is_one_query(self):
        """R-A9: 200 reviews, one window query."""
        contracts = (
            self.env["franchise.contract"]
            .sudo()
            .create(
                [
                    {
                        "franchisee_id": self.flow.franchisee.id,
                        "brand_id": self.flow.brand.id,
                        "date_start": "2024-01-01",
                        "date_end": "2030-01-01",
                        "outlet_ids": [Command.create({"code": f"R{number}", "name": "R"})],
                    }
                    for number in range(200)
                ]
            )
        )
        contracts.action_sign()
        reviews = self.reviews()
        reviews.line_ids.write({"score": 75})
        reviews.action_confirm()
        self.env.flush_all()
        self.assertGreaterEqual(len(reviews), 200)
        reviews.invalidate_recordset(["rank", "rank_of"])
        with self.assertQueryCount(1):
            self.assertEqual(set(reviews.mapped("rank")), {1})

    def sell(self, contract, amount, day=f"{YEAR}-05-01", kind="out_invoice"):
        move = self.env["account.move"].create(
            {
                "move_type": kind,
                "partner_id": contract.franchisee_id.id,
                "invoice_date": day,
                "date": day,
                "currency_id": self.flow.currency.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Goods",
                            "quantity": 1,
                            "price_unit": amount,
                            "account_id": self.flow.account["recovery"].id,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        move.action_post()
        return move

    def test_volume_is_proposed_from_posted_sales(self):
        """R-A9: of the year, less credit notes, in percent of the best; contract managers need no journal entries."""
        first, second, third = self.reviews()
        self.sell(first.contract_id, 1000)
        self.sell(first.contract_id, 200, kind="out_refund")
        self.sell(first.contract_id, 5000, day="2024-12-31")
        self.sell(second.contract_id, 200)
        reviews = first | second | third
        self.assertEqual(reviews.mapped("sales"), [800, 200, 0])
        reviews.action_propose_volume()
        volumes = reviews.line_ids.filtered(lambda line: line.kind == "volume").sorted("review_id")
        self.assertEqual(volumes.mapped("score"), [100, 25, 0])
        self.assertEqual(set(volumes.mapped("is_scored")), {True})

    def test_roles(self):
        review = self.reviews()[0]
        for role in ("service", "finance"):
            review.with_user(self.flow.users[role]).read(["grade", "rank", "total"])
            with self.assertRaises(AccessError):
                review.with_user(self.flow.users[role]).write({"outcome_text": "x"})
        self.score(review, 50)
        review.action_confirm()
        with self.assertRaises(AccessError):
            review.action_reopen()
        with self.assertRaises(AccessError):
            review.line_ids.criterion_id.write({"weight": 5})

    def test_a_list_costs_the_same_for_5_and_50(self):
        """R-A9: the list of reviews asks no question per line."""
        contracts = [self.net.contract(sign=True, date_start="2024-06-01").id for _ in range(12)]
        self.assertTrue(contracts)
        reviews = self.reviews()
        names = {"contract_id": {"fields": {"display_name": {}}}, "total": {}, "grade": {}, "rank": {}, "sales": {}}

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.web_read(names)
            return self.env.cr.sql_log_count - before

        count(reviews)
        self.assertEqual(count(reviews[:3]), count(reviews))


@tagged("post_install", "-at_install")
class TestReviewTogether(CommitCase):
    """R-A9: two people open the same year at the same moment: each contract has one review."""

    @classmethod
    def prepare(cls, flow):
        flow.env["franchise.review.criterion"]._of(flow.company)

    def test_one_review_a_contract(self):
        def work(env):
            world = self.world(env)
            return len(env["franchise.review"]._open_year(world.company, 2026))

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(work, work)
        self.assertIn(1, [result for result, _tries, _error in results])
        with self.transaction(commit=False) as env:
            world = self.world(env)
            self.assertEqual(env["franchise.review"].search_count([("contract_id", "=", world.contract.id)]), 1)

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from ..tools.weighted import ranking, weighted_total
from .flow import FlowCase
from .rooms.closing import evaluation, termination


@tagged("post_install", "-at_install")
class TestWeighted(BaseCase):
    """R-B13: totals and ranks of candidates."""

    def test_totals(self):
        self.assertEqual(weighted_total({1: 8, 2: 5}, {1: 60, 2: 40}), Decimal("6.8"))
        self.assertEqual(weighted_total({1: 8}, {1: 60, 2: 40}), Decimal("4.8"))
        for weights in ({1: 60, 2: 39}, {}, {1: 100.01}):
            with self.subTest(weights=weights), self.assertRaises(ValueError):
                weighted_total({}, weights)

    def test_ranks(self):
        self.assertEqual(ranking([3, 9, 9, 1]), [3, 1, 1, 4])
        self.assertEqual(ranking([]), [])

    @settings(max_examples=100, deadline=None)
    @given(totals=st.lists(st.integers(0, 10), min_size=1, max_size=8))
    def test_the_best_is_first_and_equals_share(self, totals):
        ranks = ranking(totals)
        self.assertEqual(min(ranks), 1)
        self.assertEqual(totals[ranks.index(1)], max(totals))
        for total, rank in zip(totals, ranks, strict=True):
            self.assertEqual({r for t, r in zip(totals, ranks, strict=True) if t == total}, {rank})


@tagged("post_install", "-at_install")
class TestAfterClosing(FlowCase):
    """R-B13: survey of both sides, measures with their effect, evaluation of successors."""

    def test_both_sides_are_asked_once_each_by_a_link_of_their_own(self):
        case = termination(self.flow)
        case.franchisee_id.email = "leaving@partners.example"
        contract = self.flow.users["contract"]
        with self.assertRaisesRegex(UserError, "after it is closed"):
            case.with_user(contract).action_send_survey()
        case._trusted().state = "closed"
        case.with_user(contract).action_send_survey()
        ratings = self.env["rating.rating"].search([("res_model", "=", case._name), ("res_id", "=", case.id)])
        self.assertEqual(ratings.partner_id, case.franchisee_id | case.user_id.partner_id)
        for rating in ratings:
            mails = self.env["mail.message"].search([("body", "like", rating.access_token)])
            self.assertEqual(mails.notified_partner_ids or mails.partner_ids, rating.partner_id)
            self.assertNotIn(
                rating.access_token,
                str(case.message_ids.filtered(lambda m: m.message_type == "comment").mapped("body")),
            )
        theirs = ratings.filtered(lambda row: row.partner_id == case.franchisee_id)
        case.rating_apply(3, token=theirs.access_token, feedback="Fair")
        case.invalidate_recordset()
        self.assertEqual((case.rating_partner, case.rating_own, case.rating_count), (3, 0, 1))
        with self.assertRaisesRegex(UserError, "was sent"):
            case.with_user(contract).action_send_survey()

    def test_a_measure_shows_its_effect_and_is_told(self):
        case = termination(self.flow)
        case.franchisee_id.email = "leaving@partners.example"
        measure = (
            self.env["franchise.measure"]
            .with_user(self.flow.users["contract"])
            .create(
                {
                    "name": "Answer claims sooner",
                    "termination_id": case.id,
                    "date_due": self.flow.day(5),
                    "value_before": 8,
                    "lower_is_better": True,
                }
            )
        )
        self.assertEqual((measure.deadline_date, case.measure_count), (self.flow.day(5), 1))
        with self.assertRaisesRegex(UserError, "is published when"):
            measure.action_publish()
        measure.indicator = "Days"
        measure.action_start()
        measure.value_after = 6
        measure.action_finish()
        self.assertEqual((measure.effect_percent, measure.done_on), (25, self.flow.today))
        self.assertFalse(measure.deadline_date)
        with self.assertRaisesRegex(UserError, "is over"):
            measure.value_after = 1
        measure.action_publish()
        self.assertEqual(measure.published_on, self.flow.today)
        mail = self.env["mail.message"].search([("partner_ids", "in", case.franchisee_id.ids)], limit=1)
        self.assertIn("Answer claims sooner", mail.body)
        with self.assertRaisesRegex(UserError, "was published"):
            measure.action_publish()

    def test_successors_are_compared_by_weighted_criteria(self):
        compared = evaluation(self.flow).with_user(self.flow.users["contract"])
        self.assertEqual(compared.criterion_ids.mapped("kind"), ["quality", "price", "terms", "guarantees"])
        compared.criterion_ids[0].weight = 40
        with self.assertRaisesRegex(UserError, "115 %"):
            compared.action_confirm()
        compared.criterion_ids[3].weight = 10
        compared.action_confirm()
        with self.assertRaisesRegex(UserError, "fixed"):
            compared.criterion_ids[0].weight = 50
        one, two = compared.candidate_ids
        for score in compared.score_ids:
            if score.criterion_id != compared.criterion_ids[3]:
                score.score = 8 if score.candidate_id == two else 5
        self.assertEqual((one.total, two.total), (4.5, 7.2))
        self.assertEqual((one.rank, two.rank), (2, 1))
        compared.decision_id = one
        with self.assertRaisesRegex(UserError, "2 scores are missing"):
            compared.action_decide()
        compared.score_ids.filtered(lambda row: not row.is_scored).score = 0
        with self.assertRaisesRegex(UserError, "isn't first"):
            compared.action_decide()
        compared.decision_reason = "Nearer"
        compared.action_decide()
        self.assertEqual((compared.state, compared.decision_id, compared.decided_on), ("decided", one, self.flow.today))
        for change in (
            lambda: compared.score_ids[:1].write({"score": 1}),
            lambda: compared.write({"decision_id": two.id}),
        ):
            with self.assertRaises(UserError):
                change()

    def test_the_database_knows_the_rules(self):
        compared = evaluation(self.flow)
        compared.criterion_ids[0].weight = 20
        for change in (
            lambda: compared._trusted().write({"state": "scoring"}),
            lambda: compared.criterion_ids[0].write({"weight": -1}),
            lambda: compared.write(
                {"candidate_ids": [Command.create({"partner_id": compared.candidate_ids[0].partner_id.id})]}
            ),
        ):
            with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                change()
                self.env.flush_all()

import psycopg2
from dateutil.relativedelta import relativedelta
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow import FlowCase


class ClusterCase(FlowCase):
    """Claims of one product, by batch and by serial number."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product, cls.other = cls.env["product.product"].create([{"name": "Kettle"}, {"name": "Cup"}])
        cls.flow.company.write(
            {
                "franchise_cluster_claims": 3,
                "franchise_cluster_days": 30,
                "franchise_cluster_gap": 100,
                "franchise_quality_user_id": cls.flow.users["service2"].id,
            }
        )
        cls.clusters = cls.env["franchise.claim.cluster"]

    def claim(self, days_ago=20, stage="submitted", product=None, **line):
        """A claim of one product, whose event was so many days ago."""
        day = self.flow.day(-days_ago)
        values = self.flow.claim_values([("labour", None, 10.0)], event_date=day, discovery_date=day, reported_date=day)
        values["line_ids"][0][2].update({"product_id": (product or self.product).id, **line})
        claim = self.env["franchise.claim"].with_user(self.flow.users["service"]).create(values)
        self.flow.advance(claim, stage)
        return claim.with_env(self.env)

    def look(self):
        """Run the scheduled action; the open signals of the company."""
        result = self.clusters._run_search(commit=False)
        self.assertEqual(result["failed"], 0)
        return self.clusters.search(
            [("company_id", "=", self.flow.company.id), ("state", "in", ("new", "confirmed"))], order="id"
        )


@tagged("post_install", "-at_install")
class TestRecallSignals(ClusterCase):
    """R-D13: N claims of one product and cause in one batch or range of serials within D days raise a recall signal."""

    def test_a_batch_is_signalled_once_and_grows(self):
        claims = self.claim(batch="b-7 ") + self.claim(30, batch="B-7")
        self.assertFalse(self.look())
        claims += self.claim(49, batch="B-7")
        signal = self.look()
        self.assertEqual((signal.claim_ids, signal.claim_count, signal.kind, signal.key), (claims, 3, "batch", "B-7"))
        self.assertEqual((signal.first_date, signal.last_date), (self.flow.day(-49), self.flow.day(-20)))
        self.assertEqual((signal.user_id, signal.activity_ids.user_id), (self.flow.users["service2"],) * 2)
        self.assertIn("3 claims of Kettle in B-7", signal.activity_ids.summary)
        self.assertEqual(self.look(), signal)
        claims += self.claim(5, batch="B-7")
        self.assertEqual((self.look(), signal.claim_ids, len(signal.activity_ids)), (signal, claims, 1))
        self.assertEqual(claims[0].cluster_ids, signal)

    def test_what_makes_no_signal(self):
        apart = {"batch": "B-1"}
        self.claim(20, **apart)
        self.claim(35, **apart)
        self.claim(51, **apart)  # more than 30 days from the first
        self.claim(20, product=self.other, **apart)
        self.claim(20, stage="draft", **apart)
        self.claim(20, batch="B-2")
        self.claim(20).line_ids._trusted_write({"batch": " "})
        cancelled = self.claim(20, **apart)
        cancelled.with_user(self.flow.users["service"]).action_cancel()
        other_cause = self.claim(20, **apart)
        other_cause._trusted().write({"cause_id": self.env.ref("franchise_aftersales.cause_transport").id})
        self.assertFalse(self.look())

    def test_one_claim_with_many_pieces_is_one(self):
        claim = self.claim(stage="draft", batch="B-1")
        for _number in range(3):
            claim.line_ids.copy({"claim_id": claim.id})
        self.flow.advance(claim, "submitted")
        self.claim(batch="B-1")
        self.assertFalse(self.look())

    def test_a_range_of_serial_numbers(self):
        claims = self.claim(lot="SN000120") + self.claim(lot="sn000219") + self.claim(lot="SN000300")
        self.claim(lot="SN000501")  # too far
        self.claim(lot="XN000130")  # of another series
        self.claim(lot="no number")
        signal = self.look()
        self.assertEqual((signal.claim_ids, signal.kind), (claims, "lot"))
        self.assertEqual((signal.key, signal.lot_from, signal.lot_to), ("SN", 120, 300))
        self.assertEqual(signal.range_text, "SN120 – SN300")
        claims += self.claim(lot="SN000380")
        self.look()
        self.assertEqual((signal.claim_ids, signal.lot_to), (claims, 380))

    def test_ranges_that_meet_become_one(self):
        low = [self.claim(lot=f"SN{number}") for number in (10, 20, 30)]
        high = [self.claim(lot=f"SN{number}") for number in (210, 220, 230)]
        first, second = self.look()
        between = self.claim(lot="SN120")
        self.assertEqual(self.look(), first)
        self.assertEqual(set(first.claim_ids), {*low, *high, between})
        self.assertEqual((first.lot_from, first.lot_to), (10, 230))
        self.assertEqual((second.state, second.claim_count), ("closed", 0))
        self.assertIn(first.name, second.finding)

    def test_examined_confirmed_closed(self):
        for _number in range(3):
            self.claim(batch="B-7")
        signal = self.look().with_user(self.flow.users["service"])
        with self.assertRaisesRegex(UserError, "what the examination showed"):
            signal.action_confirm()
        signal.finding = "Foil too thin"
        signal.action_confirm()
        self.assertEqual((signal.state, signal.confirmed_by_id), ("confirmed", self.flow.users["service"]))
        self.claim(batch="B-7")
        self.look()
        self.assertEqual(signal.claim_count, 4, "a recall goes on growing")
        signal.action_close()
        self.assertFalse(signal.activity_ids)
        self.claim(batch="B-7")
        self.claim(batch="B-7")
        self.assertFalse(self.look(), "claims of a signal that is over count no more")
        self.claim(batch="B-7")
        self.assertEqual(self.look().claim_count, 3)

    def test_no_finding_is_not_signalled_again(self):
        for _number in range(3):
            self.claim(batch="B-7")
        signal = self.look().with_user(self.flow.users["service"])
        signal.finding = "Three causes"
        signal.action_dismiss()
        self.assertFalse(self.look() or signal.activity_ids)

    def test_the_database_allows_one_open_signal_for_a_range(self):
        values = {
            "company_id": self.flow.company.id,
            "product_id": self.product.id,
            "cause_id": self.flow.cause.id,
            "kind": "lot",
            "key": "SN",
        }
        self.clusters._trusted().create({**values, "lot_from": 10, "lot_to": 20})
        self.clusters._trusted().create({**values, "lot_from": 21, "lot_to": 30})
        with self.assertRaises(psycopg2.errors.ExclusionViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.clusters._trusted().create({**values, "lot_from": 15, "lot_to": 15})
        self.env.invalidate_all()

    def test_a_company_that_fails_stops_no_other(self):
        other = self.env["res.company"].create({"name": "Before"})
        for _number in range(3):
            self.claim(batch="B-7")
        search = type(self.clusters)._search_company

        def fails(model, company):
            if company == other:
                raise ValueError
            return search(model, company)

        self.patch(type(self.clusters), "_search_company", fails)
        with mute_logger("odoo.addons.franchise_aftersales.models.base.batch"):
            result = self.clusters._run_search(commit=False)
        self.assertEqual((result["failed"], result["raised"]), (1, 1))

    def test_many_batches_take_one_statement(self):
        for batch in range(2):
            for _number in range(3):
                self.claim(batch=f"B-{batch}")
        self.look()
        before = self.env.cr.sql_log_count
        self.clusters._search_company(self.flow.company)
        few = self.env.cr.sql_log_count - before
        for batch in range(2, 6):
            for _number in range(3):
                self.claim(batch=f"B-{batch}")
        self.assertEqual(len(self.look()), 6)
        before = self.env.cr.sql_log_count
        self.clusters._search_company(self.flow.company)
        self.assertLessEqual(self.env.cr.sql_log_count - before, few + 1)


@tagged("post_install", "-at_install")
class TestLessonsAndMeasures(ClusterCase):
    """R-D13: root causes, lessons, improvement measures with claims before and after, computed from data."""

    def measure(self, **values):
        return self.env["franchise.measure"].create(
            {
                "name": "Thicker foil",
                "date_due": self.flow.today,
                "company_id": self.flow.company.id,
                "effect_months": 1,
                **values,
            }
        )

    def test_a_lesson_names_root_cause_method_claims_and_measures(self):
        claim = self.claim(batch="B-7")
        lesson = (
            self.env["franchise.claim.lesson"]
            .with_user(self.flow.users["service"])
            .create(
                {
                    "name": "Foil tears in the cold",
                    "text": "Thicker foil",
                    "cause_id": self.env.ref("franchise_aftersales.cause_transport").id,
                    "method": "five_whys",
                    "analysis": "<p>Why? Because.</p>",
                    "claim_ids": [Command.set(claim.ids)],
                }
            )
        )
        self.assertEqual(claim.lesson_ids, lesson.with_env(self.env))
        action = lesson.action_view_measures()
        measure = self.measure(**{key.removeprefix("default_"): value for key, value in action["context"].items()})
        self.assertEqual((lesson.measure_ids, lesson.measure_count), (measure.with_env(lesson.env), 1))
        self.assertEqual(measure.claim_cause_id, lesson.cause_id.with_env(self.env))

    def test_claims_before_and_after_are_counted(self):
        for days in (5, 6, 7, 20, 25, 27, 60):
            self.claim(days, batch="B-7")
        self.claim(25, batch="B-8")
        self.claim(25, product=self.other, batch="B-7")
        self.claim(25, stage="draft", batch="B-7")
        measure = self.measure(
            claim_product_id=self.product.id,
            claim_cause_id=self.env.ref("franchise_aftersales.cause_quality").id,
            claim_batch=" b-7",
        )
        measure.action_start()
        self.assertEqual((measure.started_on, measure.indicator), (self.flow.today, "Claims a month"))
        measure.action_finish()
        begin, done = self.flow.day(-18), self.flow.day(-10)
        measure._trusted().write({"started_on": begin, "done_on": done})
        before_days = (begin - (begin - relativedelta(months=1))).days
        self.assertEqual(measure.claims_before, round(3 * 30.436875 / before_days, 2))
        self.assertEqual(measure.claims_after, round(3 * 30.436875 / 10, 2))
        self.assertLess(measure.claims_fewer_percent, 0)

    def test_what_is_about_no_claims_counts_none(self):
        self.claim()
        measure = self.measure(indicator="Days")
        measure.action_start()
        self.assertEqual((measure.indicator, measure.claims_before, measure.claims_after), ("Days", 0, 0))

    def test_many_measures_take_as_many_queries_as_one(self):
        self.claim(30)
        measures = self.measure(claim_product_id=self.product.id)
        for _number in range(9):
            measures |= self.measure(claim_product_id=self.product.id)
        counts = []
        for number in (1, 1, 10):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(set(measures[:number].mapped("claims_before")), {measures[0].claims_before})
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

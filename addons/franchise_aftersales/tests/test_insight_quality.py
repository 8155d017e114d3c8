from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo.exceptions import AccessError
from odoo.fields import Datetime
from odoo.tests import tagged

from ..tools.claim_effect import windows
from .flow_insight import InsightCase, summed
from .flow_resolution import Resolutions

SLA, COST, TREND = "franchise.sla.attainment", "franchise.quality.cost", "franchise.measure.trend"


@tagged("post_install", "-at_install")
class TestSlaAttainment(InsightCase):
    """R-F2: agreed times met, missed and paused by kind of clock and month."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kept = cls.claim(cls, "submitted")
        cls.late = cls.claim(cls)
        clock = cls.clock(cls, cls.late, "first_answer")
        clock.sudo().write({"start_at": Datetime.now() - timedelta(days=40)})
        clock.sudo()._refresh()
        cls.paused = cls.claim(cls)
        cls.pause(cls, cls.paused, Datetime.now() - timedelta(minutes=1))

    def test_by_kind_and_state(self):
        clocks = self.env["franchise.claim.clock"].search([("company_id", "=", self.flow.company.id)])
        names = ["met_count:sum", "missed_count:sum", "paused_count:sum", "running_count:sum", "attainment:avg"]
        found = self.group(SLA, "kind", names)
        self.assertEqual(set(found), set(clocks.mapped("kind")))
        for kind, (met, missed, paused, running, attainment) in found.items():
            states = [clock.state for clock in clocks if clock.kind == kind]
            with self.subTest(kind=kind):
                expected = [states.count(state) for state in ("kept", "broken", "paused", "running")]
                self.assertEqual([met, missed, paused, running], expected)
                self.assertEqual(attainment, 100 * met / (met + missed) if met + missed else False)
        self.assertEqual(found["first_answer"], (1, 1, 1, 0, 50))

    def test_by_month_of_the_start(self):
        old = (Datetime.now() - timedelta(days=40)).date().replace(day=1)
        found = self.group(SLA, "date:month", ["missed_count:sum"])
        self.assertEqual(found[old], (1,))
        self.assertEqual(found[self.flow.today.replace(day=1)], (0,))

    def test_what_is_overdue_is_missed_before_the_sweep_wrote_it(self):
        clock = self.clock(self.kept, "complaint").sudo()
        self.assertEqual(clock.state, "running")
        clock.write({"due_at": Datetime.now() - timedelta(seconds=2), "state": "running"})
        [row] = self.rows(SLA, ("id", "=", clock.id * 8))
        self.assertEqual((row.state, row.missed_count, row.running_count), ("broken", 1, 0))
        self.assertEqual(row.action_open_claim()["res_id"], self.kept.id)

    def test_hours_are_means_over_what_is_done(self):
        clocks = self.env["franchise.claim.clock"].search(
            [("company_id", "=", self.flow.company.id), ("done_at", "!=", False)]
        )
        self.assertTrue(clocks)
        expected = sum(clocks.mapped("used_hours")) / len(clocks)
        self.assertAlmostEqual(self.group(SLA, None, ["used_hours:avg"])[0], expected, 6)


@tagged("post_install", "-at_install")
class TestQualityCost(InsightCase):
    """R-F2: payouts, compensations, goodwill, counter-claims and goods given, less what is recovered and penalties."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.resolutions = Resolutions(cls.flow)
        cls.resolutions.accounts()

    def charge(self, claim, kind, amount, **values):
        return self.env["franchise.claim.charge"]._charge(
            [
                {
                    "claim_id": claim.id,
                    "partner_id": self.flow.franchisee.id,
                    "party": "franchisee",
                    "kind": kind,
                    "date": self.flow.today,
                    "name": kind,
                    "amount": amount,
                    "res_model": "franchise.claim",
                    "res_id": claim.id,
                    "formula_values": {},
                    **values,
                }
            ]
        )

    def test_by_hand(self):
        recovery = self.flow.accepted(1000.0, accept="300.00")
        claim = recovery.claim_id
        self.charge(claim, "payout", -200)
        self.charge(claim, "compensation", -50)
        self.charge(claim, "goodwill", -30)
        self.charge(claim, "counter_claim", -25, partner_id=self.flow.supplier.id, party="supplier")
        self.charge(claim, "sla_penalty", 40, partner_id=self.flow.supplier.id, party="supplier")
        self.charge(claim, "payout", -999, res_line=1)._cancel()
        names = ("payout", "compensation", "goodwill", "counter", "goods", "recovered", "penalty", "net")
        found = self.group(COST, "cause_id", [f"amount_{name}:sum" for name in names])[claim.cause_id.id]
        amounts = dict(zip(names, (amount or 0 for amount in found), strict=True))
        self.assertEqual(
            amounts,
            {
                "payout": 200,
                "compensation": 50,
                "goodwill": 30,
                "counter": 25,
                "goods": 0,
                "recovered": 300,
                "penalty": 40,
                "net": 200 + 50 + 30 + 25 - 300 - 40,
            },
        )
        by_brand = self.group(COST, "brand_id", ["amount_net:sum"])
        self.assertEqual(by_brand, {self.flow.brand.id: (-35,)})
        by_month = self.group(COST, "date:month", ["amount_net:sum"])
        self.assertEqual(by_month, {self.flow.today.replace(day=1): (-35,)})

    def test_a_credit_note_is_paid_once(self):
        """Money of an accepted offer, by credit note or with the settlement, counts once, under the offer's kind."""
        claim = self.flow.claim(stage="approved")
        self.resolutions.offer(claim, "accepted", kind="compensation", amount=60)
        before = self.group(COST, None, ["amount_compensation:sum", "amount_net:sum"])
        self.assertEqual(before, (60, 60))
        money = claim.execution_ids.filtered(lambda row: row.kind in ("credit_note", "settlement"))
        kind = money.kind
        money.with_user(self.flow.users["finance"]).action_pay_otherwise()
        self.assertNotEqual(money.kind, kind)
        self.assertEqual(self.group(COST, None, ["amount_compensation:sum", "amount_net:sum"]), (60, 60))

    def test_goods_given_at_product_cost(self):
        """Two replacements at 12.34 each."""
        product = self.env["product.product"].create({"name": "Kettle", "type": "consu"})
        product.with_company(self.flow.company).standard_price = 12.34
        values = self.flow.claim_values([("labour", None, 100.0)])
        values["line_ids"][0][2]["product_id"] = product.id
        claim = self.env["franchise.claim"].with_user(self.flow.users["service"]).create(values)
        self.flow.advance(claim, "approved")
        self.resolutions.offer(
            claim.with_env(self.env),
            "accepted",
            kind="replace",
            lines=[{"purpose": "replace", "product_id": product.id, "name": "Kettle", "quantity": 2}],
        )
        rows = self.rows(COST, ("kind", "=", "goods"))
        self.assertEqual(rows.mapped("amount_goods"), [24.68])
        self.assertEqual(rows.amount_net, 24.68)
        self.assertEqual(rows.action_open_claim()["res_id"], claim.id)

    def test_foreign_money_at_the_rate_of_its_day(self):
        euro = self.flow.active_currency(self.env, "EUR")
        maker = self.flow.partner("Euro")
        self.flow.make_agreement(maker, currency=euro)
        self.rate_of_day(euro, 0.125, self.flow.day(-30))
        self.rate_of_day(euro, 0.25, self.flow.day(-5))
        bill = self.flow.bill((100.0,), supplier=maker, currency=euro)
        claim = self.flow.claim([("goods", bill, 100.0)], "approved", supplier=maker)
        self.charge(claim, "payout", -10, date=self.flow.day(-6))
        self.charge(claim, "payout", -10, date=self.flow.day(-5), res_line=1)
        self.assertEqual(self.group(COST, None, ["amount_payout:sum"]), (80 + 40,))

    def test_who_reads(self):
        with self.assertRaises(AccessError):
            self.rows(COST, role="contract")
        self.rows(COST, role="accountant")

    def test_as_many_queries_for_many_as_for_one(self):
        def read():
            self.group(COST, "cause_id", ["amount_net:sum"])
            self.rows(COST).read(["claim_id", "amount_net"])

        self.flow.accepted(10.0)
        read()
        few = self.queries(read)
        for _number in range(3):
            self.flow.accepted(10.0)
        self.assertEqual(self.queries(read), few)


@tagged("post_install", "-at_install")
class TestMeasureTrend(InsightCase):
    """R-F2, R-D13: claims month by month before a measure began and after it was done."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.env["product.product"].create({"name": "Kettle"})
        cls.days = (3, 5, 15, 70, 71, 90, 110, 130, 131, 132, 300)
        for days in cls.days:
            cls.about(cls, days)
        cls.about(cls, 100, stage="draft")
        cls.about(cls, 100, product=cls.env["product.product"].create({"name": "Cup"}))
        cls.measure = cls.env["franchise.measure"].create(
            {
                "name": "Thicker foil",
                "date_due": cls.flow.today,
                "company_id": cls.flow.company.id,
                "effect_months": 3,
                "claim_product_id": cls.product.id,
                "claim_cause_id": cls.env.ref("franchise_aftersales.cause_quality").id,
            }
        )
        cls.measure.action_start()
        cls.measure.action_finish()
        cls.measure._trusted().write({"started_on": cls.flow.day(-60), "done_on": cls.flow.day(-20)})

    def about(self, days, stage="submitted", product=None):
        day = self.flow.day(-days)
        values = self.flow.claim_values([("labour", None, 10.0)], event_date=day, discovery_date=day, reported_date=day)
        values["line_ids"][0][2].update({"product_id": (product or self.product).id, "batch": "B-7"})
        claim = self.env["franchise.claim"].with_user(self.flow.users["service"]).create(values)
        self.flow.advance(claim, stage)

    def test_month_by_month(self):
        begin, done, today = self.measure.started_on, self.measure.done_on, self.flow.today
        rows = self.rows(TREND, ("measure_id", "=", self.measure.id))
        spans = {}
        for number in (1, 2, 3):
            first, end = begin - relativedelta(months=number), begin - relativedelta(months=number - 1)
            spans[-number] = (first, end - timedelta(days=1))
            after = done + relativedelta(months=number - 1) + timedelta(days=1)
            if after <= today:
                spans[number] = (after, min(done + relativedelta(months=number), today))
        self.assertEqual({row.month: (row.date_from, row.date_to) for row in rows}, spans)
        for row in rows:
            inside = [days for days in self.days if row.date_from <= self.flow.day(-days) <= row.date_to]
            self.assertEqual(row.claim_count, len(inside), row.month)
            self.assertEqual(row.days, (row.date_to - row.date_from).days + 1)
            behind = self.env["franchise.claim"].search(row.action_view_claims()["domain"])
            self.assertEqual(len(behind), row.claim_count)
        self.assertEqual(sum(rows.filtered(lambda row: row.phase == "before").mapped("claim_count")), 7)

    def test_the_rates_are_those_of_the_measure(self):
        found = self.group(TREND, "phase", ["claims_a_month:avg", "claim_count:sum"])
        self.assertAlmostEqual(found["before"][0], self.measure.claims_before, 2)
        self.assertAlmostEqual(found["after"][0], self.measure.claims_after, 2)
        before, after = windows(self.measure.started_on, self.measure.done_on, self.flow.today, 3)
        for phase, (first, last) in (("before", before), ("after", after)):
            count = len([days for days in self.days if first <= self.flow.day(-days) <= last])
            self.assertEqual(found[phase][1], count)
            self.assertAlmostEqual(found[phase][0], count * 30.436875 / ((last - first).days + 1), 6)

    def test_what_is_not_about_claims_or_has_not_begun_has_no_trend(self):
        values = {"name": "Talk", "date_due": self.flow.today, "company_id": self.flow.company.id}
        vague = self.env["franchise.measure"].create({**values, "indicator": "Days"})
        vague.action_start()
        planned = self.env["franchise.measure"].create({**values, "claim_product_id": self.product.id})
        self.assertFalse(self.rows(TREND, ("measure_id", "in", (vague | planned).ids)))
        planned.action_start()
        rows = self.rows(TREND, ("measure_id", "=", planned.id))
        self.assertEqual(set(rows.mapped("phase")), {"before"}, "it isn't done")

    def test_a_graph_has_the_months_in_their_order(self):
        self.assertEqual(list(self.group(TREND, "month", ["claim_count:sum"])), [-3, -2, -1, 1])

    def test_claims_of_all_measures(self):
        rows = self.rows(TREND)
        total = summed(rows, lambda row: row.measure_id.id, lambda row: row.claim_count)
        self.assertEqual(
            self.group(TREND, "measure_id", ["claim_count:sum"]), {key: (int(value),) for key, value in total.items()}
        )

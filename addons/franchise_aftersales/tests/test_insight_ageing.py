from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.exceptions import AccessError
from odoo.tests import BaseCase, tagged

from ..tools.ageing import BUCKETS, LABELS, bucket
from .flow_insight import InsightCase, summed

MODEL, RECOVERED = "franchise.claim.ageing", "franchise.recovery.ageing"


def by_hand(days):
    """The bucket of an age, written down a second time."""
    if days > 180:
        return "5_older"
    return "4_180" if days > 90 else "3_90" if days > 60 else "2_60" if days > 30 else "1_30"


@tagged("post_install", "-at_install")
class TestAgeingRule(BaseCase):
    """R-F2: 0–30, 31–60, 61–90, 91–180, more than 180 days."""

    def test_the_ends_of_the_buckets(self):
        ends = {
            0: "1_30",
            30: "1_30",
            31: "2_60",
            60: "2_60",
            61: "3_90",
            90: "3_90",
            91: "4_180",
            180: "4_180",
            181: "5_older",
        }
        self.assertEqual({days: bucket(days) for days in ends}, ends)
        self.assertEqual(bucket(-3), "1_30", "what lies in the future is as young as today")
        self.assertEqual([code for code, _last in BUCKETS], [code for code, _label in LABELS])

    @settings(max_examples=200, deadline=None)
    @given(days=st.integers(-10, 5000))
    def test_each_age_has_one_bucket_in_their_order(self, days):
        codes = [code for code, _last in BUCKETS]
        self.assertEqual(bucket(days), by_hand(days))
        self.assertLessEqual(codes.index(bucket(days)), codes.index(bucket(days + 1)))


@tagged("post_install", "-at_install")
class TestInsightAgeing(InsightCase):
    """R-F2: open claims and recoveries by age and amount, in the company's currency."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        flow = cls.flow
        cls.claims = cls.env["franchise.claim"]
        for days, stage in ((0, "draft"), (30, "submitted"), (31, "assessed"), (91, "approved"), (181, "submitted")):
            day = flow.day(-days)
            cls.claims |= flow.claim(
                [("goods", flow.bill((100.0 + days,), days_ago=300), 100.0 + days)],
                stage,
                event_date=day,
                discovery_date=day,
                reported_date=day,
            )
        cls.done = flow.claim(stage="submitted")
        cls.done.with_user(flow.users["service"]).action_cancel()

    def amount(self, claim):
        name = {"draft": "amount_claimed", "approved": "amount_approved"}.get(claim.state, "amount_assessed")
        return claim[name]

    def test_by_bucket_and_amount(self):
        buckets = summed(self.claims, lambda claim: by_hand((self.flow.today - claim.reported_date).days), self.amount)
        self.assertEqual(len(buckets), 4)
        found = self.group(MODEL, "bucket_reported", ["amount:sum", "__count"])
        self.assertEqual({code: amount for code, (amount, _count) in found.items()}, buckets)
        self.assertEqual(sum(count for _amount, count in found.values()), len(self.claims))

    def test_the_buckets_are_those_of_the_rule_on_each_row(self):
        rows = self.rows(MODEL)
        self.assertEqual(rows.claim_id.ids, rows.mapped("claim_id").ids)
        self.assertEqual(set(rows.claim_id.ids), set(self.claims.ids), "what is cancelled isn't open")
        for row in rows:
            self.assertEqual(row.bucket_reported, bucket((self.flow.today - row.reported_date).days))
            self.assertEqual(row.bucket_event, bucket((self.flow.today - row.event_date).days))
            self.assertEqual(row.age_reported, (self.flow.today - row.reported_date).days)
            self.assertEqual(row.brand_id, self.flow.brand)

    def test_buckets_have_names(self):
        for model, name in ((MODEL, "bucket_reported"), (MODEL, "bucket_event"), (RECOVERED, "bucket")):
            self.assertEqual(self.env[model].fields_get([name])[name]["selection"], [*LABELS])

    def test_todays_rate(self):
        euro = self.flow.active_currency(self.env, "EUR")
        maker = self.flow.partner("Euro")
        self.flow.make_agreement(maker, currency=euro)
        bill = self.flow.bill((33.33,), supplier=maker, currency=euro)
        claim = self.flow.claim([("goods", bill, 33.33)], "approved", supplier=maker)
        self.rate_of_day(euro, 0.125, self.flow.day(-3))
        self.rate_of_day(euro, 0.5, self.flow.day(3))
        [row] = self.rows(MODEL, ("claim_id", "=", claim.id))
        self.assertEqual(row.currency_id, self.flow.currency)
        self.assertEqual(row.amount, 266.64, "33.33 ÷ 0.125; a later rate doesn't count yet")
        self.assertEqual(row.amount, euro._convert(33.33, self.flow.currency, self.flow.company, self.flow.today))

    def test_recoveries_since_the_demand(self):
        """By hand: 80 % and 10 % of what is approved; one accepted in part, one answered and credited, one withdrawn."""
        recoveries = self.claims.recovery_ids | self.flow.recovery(500.0) | self.flow.accepted(400.0, accept="100.00")
        settled = self.flow.settlement(300.0, "posted")
        gone = self.flow.recovery(50.0)
        gone.with_user(self.flow.users["service"]).sudo()._move("withdraw")
        old = recoveries[:1]
        self.env.cr.execute(
            "UPDATE franchise_claim_recovery SET create_date = create_date - interval '100 days' WHERE id = %s",
            [old.id],
        )
        self.env.flush_all()
        self.env.invalidate_all()
        everything = self.env["franchise.claim.recovery"].search([("company_id", "=", self.flow.company.id)])
        due = everything.filtered(
            lambda row: row.state != "withdrawn" and (row.amount_open > 0 or row.amount_uncredited > 0)
        )
        rows = self.rows(RECOVERED)
        self.assertEqual(set(rows.recovery_id.ids), set(due.ids))
        self.assertNotIn(gone, rows.recovery_id)
        self.assertNotIn(
            settled.line_ids.sorted("source_id")[-1:].source_id,
            rows.recovery_id.line_ids.filtered("amount_credited").ids,
        )
        [aged] = rows.filtered(lambda row: row.recovery_id.id == old.id)
        self.assertEqual((aged.age, aged.bucket), (100, "4_180"))
        expected = summed(
            due,
            lambda row: row.partner_id.commercial_partner_id.id,
            lambda row: row.amount_open + row.amount_uncredited,
        )
        found = self.group(RECOVERED, "partner_id", ["amount_due:sum"])
        self.assertEqual({key: round(value, 2) for key, (value,) in found.items()}, expected)
        by_party = self.group(RECOVERED, "party", ["amount_open:sum"])
        self.assertEqual(
            {key: value for key, (value,) in by_party.items()},
            summed(due, lambda row: row.party, lambda row: row.amount_open),
        )

    def test_a_row_leads_to_its_document(self):
        row = self.rows(MODEL)[:1]
        action = row.action_open_claim()
        self.assertEqual((action["res_model"], action["res_id"]), ("franchise.claim", row.claim_id.id))
        self.flow.recovery(70.0)
        row = self.rows(RECOVERED)[:1]
        action = row.action_open_recovery()
        self.assertEqual((action["res_model"], action["res_id"]), ("franchise.claim.recovery", row.recovery_id.id))

    def test_who_reads_and_nobody_writes(self):
        self.assertTrue(self.rows(MODEL, role="contract"))
        with self.assertRaises(AccessError):
            self.rows(RECOVERED, role="contract")
        with self.assertRaises(AccessError):
            self.rows(MODEL, role="operator")
        with self.assertRaises(AccessError):
            self.rows(MODEL)[:1].write({"amount": 1})

    def test_as_many_queries_for_many_as_for_one(self):
        def read():
            self.group(MODEL, "supplier_id", ["amount:sum"])
            self.rows(MODEL).read(["claim_id", "supplier_id", "amount", "bucket_reported"])

        read()
        few = self.queries(read)
        for _number in range(5):
            self.flow.claim()
        self.assertEqual(self.queries(read), few)

    def test_the_readers_day_counts(self):
        """A claim is a day older where the day has begun already."""
        claim = self.claims[1]
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
            reader = self.rows(MODEL, ("claim_id", "=", claim.id)).with_context(tz=zone)
            self.env.invalidate_all()
            with self.subTest(zone=zone):
                today = datetime.now(ZoneInfo(zone)).date()
                self.assertEqual(reader.age_reported, (today - claim.reported_date).days)

from datetime import date

import psycopg2
from dateutil.relativedelta import relativedelta
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.settlement_period import settlement_date
from .commit_case import CommitCase
from .flow import FlowCase

ALL = {"supplier": 100}


@tagged("post_install", "-at_install")
class TestAgreementRecovery(FlowCase):
    """R-C5: recovery terms of a version, applied to approved claims and to settlements."""

    def agreement(self, shares=None, **terms):
        return self.flow.make_agreement(self.flow.partner("Terms"), shares=shares or ALL, **terms)

    def approved(self, agreement, amount=100.0, lines=None, **values):
        bill = self.flow.bill((1000.0,), supplier=agreement.supplier_id)
        return self.flow.claim(lines or [("goods", bill, amount)], "approved", supplier=agreement.supplier_id, **values)

    def demanded(self, claim):
        return sum(claim.recovery_ids.mapped("amount_demanded"))

    def ceiling(self, agreement):
        return self.env["franchise.service.agreement.ceiling"].search([("agreement_id", "=", agreement.id)])

    def test_handling_and_labour_rate(self):
        agreement = self.agreement(handling_percent=10, goods_percent=50, labour_rate=30)
        self.assertEqual(self.demanded(self.approved(agreement)), 55)
        claim = self.flow.claim([("labour", None, 100.0)], supplier=agreement.supplier_id)
        claim.line_ids.with_user(self.flow.users["service"]).write({"quantity": 2, "amount_claimed": 100.0})
        self.flow.advance(claim, "approved")
        self.assertEqual((self.demanded(claim), claim.amount_own), (60, 40))

    def test_the_ceiling_of_a_period(self):
        """R-C5: all claims about events of one period together; the next period starts anew."""
        agreement = self.agreement(period_ceiling=150, ceiling_period="month", date_from=date(2024, 1, 1))
        event = self.flow.today.replace(day=1)
        dates = {"event_date": event, "discovery_date": event, "reported_date": event}
        first, second, third = (self.approved(agreement, **dates) for _number in range(3))
        self.assertEqual([self.demanded(claim) for claim in (first, second, third)], [100, 50, 0])
        self.assertEqual([claim.amount_own for claim in (first, second, third)], [0, 50, 100])
        self.assertFalse(third.recovery_ids, "nothing is asked for")
        told = [
            "ceiling of the period left" in "".join(claim.message_ids.mapped("body"))
            for claim in (first, second, third)
        ]
        self.assertEqual(told, [False, True, True])
        row = self.ceiling(agreement)
        self.assertEqual((row.date_start, row.amount_ceiling, row.amount_used, row.amount_left), (event, 150, 150, 0))
        before = dict.fromkeys(dates, event - relativedelta(days=1))
        self.assertEqual(self.demanded(self.approved(agreement, **before)), 100)
        self.assertEqual(len(self.ceiling(agreement)), 2)

    def test_bulk_approval_counts_down(self):
        agreement = self.agreement(period_ceiling=150)
        bill = self.flow.bill((1000.0,), supplier=agreement.supplier_id)
        event = {name: self.flow.day(-1) for name in ("event_date", "discovery_date", "reported_date")}
        claims = self.env["franchise.claim"].union(
            *(
                self.flow.claim([("goods", bill, 100.0)], "assessed", supplier=agreement.supplier_id, **event)
                for _number in range(3)
            )
        )
        claims.with_user(self.flow.users["finance"]).action_approve()
        self.assertEqual(sum(claims.recovery_ids.mapped("amount_demanded")), 150)

    def test_what_nobody_else_bears_takes_nothing_of_a_ceiling(self):
        agreement = self.agreement({"franchisor": 100}, period_ceiling=150)
        self.approved(agreement)
        self.assertFalse(self.ceiling(agreement))

    def test_a_lower_ceiling_of_a_later_version(self):
        """R-C5, R-C6: each claim counts against the ceiling of its own terms; nothing breaks when more was used."""
        agreement = self.agreement(period_ceiling=150, ceiling_period="year")
        change = self.flow.day(-20)
        if (change.month, change.day) == (1, 1):
            change = self.flow.day(-19)  # the day before belongs to the same year
        names = ("event_date", "discovery_date", "reported_date")
        for amount in (100.0, 20.0):
            self.approved(agreement, amount, **dict.fromkeys(names, change - relativedelta(days=1)))
        self.flow.make_version(
            agreement, ALL, date_from=change, period_ceiling=110, ceiling_period="year"
        ).action_confirm()
        later = self.approved(agreement, **dict.fromkeys(names, change))
        self.assertEqual(self.demanded(later), 0)
        self.assertEqual(self.ceiling(agreement).amount_ceiling, 150)

    def test_the_database_refuses_more_than_the_ceiling(self):
        agreement = self.agreement(period_ceiling=150)
        self.approved(agreement)
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE franchise_service_agreement_ceiling SET amount_used = 150.01 WHERE id = %s",
                [self.ceiling(agreement).id],
            )

    def test_settlement_waits_for_the_period_and_the_minimum(self):
        """R-C5: accepted amounts are settled at the cut-off of their period, and only from the minimum on."""
        agreement = self.agreement(settlement_period="month", cut_off_day=20, minimum_amount=150)
        recoveries = self.env["franchise.claim.recovery"]
        due = settlement_date(self.flow.today, "month", 20)

        def waiting(day):
            model, ready = recoveries._settlement_ready(self.flow.company, day)
            return set(model.search(ready & Domain("id", "in", recoveries.line_ids.ids)).ids)

        recoveries = self.accepted(agreement)
        self.assertFalse(waiting(due), "below the minimum")
        recoveries |= self.accepted(agreement)
        self.assertFalse(waiting(due - relativedelta(days=1)), "before the cut-off")
        self.assertEqual(waiting(due), set(recoveries.line_ids.ids))
        third = self.accepted(agreement)
        recoveries |= third
        self.env["franchise.settlement"]._gather(self.flow.company, due, (recoveries - third).line_ids)
        self.assertEqual(waiting(due), set(third.line_ids.ids), "what a draft holds counts for the minimum")
        self.env["franchise.settlement.line"].search(
            [("source_id", "in", recoveries.line_ids.ids)]
        ).settlement_id.action_confirm()
        self.assertFalse(waiting(due), "alone it is below the minimum again")

    def accepted(self, agreement):
        recovery = self.approved(agreement).recovery_ids
        recovery.with_user(self.flow.users["service"]).action_accept()
        return recovery

    def test_without_a_period_everything_accepted_is_settled(self):
        agreement = self.agreement()
        recovery = self.accepted(agreement)
        model, ready = recovery._settlement_ready(self.flow.company, self.flow.today)
        self.assertIn(recovery.line_ids, model.search(ready))

    def test_terms_lie_within_their_bounds(self):
        draft = self.flow.make_version(self.flow.agreement, date_from=self.flow.day(100))
        tries = {
            "check_recovery": (
                {"labour_rate": -1},
                {"handling_percent": 101},
                {"period_ceiling": -1},
                {"minimum_amount": -1},
            ),
            "check_cut_off": ({"cut_off_day": 0}, {"cut_off_day": 32}),
            "check_run_off": ({"run_off_months": -1},),
        }
        for name, cases in tries.items():
            for values in cases:
                with (
                    self.subTest(values),
                    self.assertRaises(psycopg2.IntegrityError) as caught,
                    mute_logger("odoo.sql_db"),
                    self.env.cr.savepoint(),
                ):
                    draft.write(values)
                    self.env.flush_all()
                self.assertEqual(caught.exception.diag.constraint_name, f"franchise_service_agreement_version_{name}")
                self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestCeilingTogether(CommitCase):
    """R-C5: two people approve at the same moment; together they stay under the period's ceiling."""

    @classmethod
    def prepare(cls, flow):
        agreement = flow.make_agreement(flow.partner("Ceiling"), shares=ALL, period_ceiling=150, ceiling_period="year")
        event = {name: flow.day(-1) for name in ("event_date", "discovery_date", "reported_date")}
        flow.left, flow.right = (
            flow.claim(
                [("goods", flow.bill((100.0,), supplier=agreement.supplier_id), 100.0)],
                "assessed",
                supplier=agreement.supplier_id,
                **event,
            )
            for _number in range(2)
        )

    def test_one_waits_and_gets_what_is_left(self):
        def approve(name):
            def work(env):
                world = self.world(env)
                getattr(world, name).with_user(world.users["finance"]).action_approve()

            return work

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(approve("left"), approve("right"))
        self.assertFalse([error for _result, _tries, error in results if error])
        self.assertEqual(sorted(tries for _result, tries, _error in results), [1, 2], "one was repeated")
        with self.transaction(commit=False) as env:
            world = self.world(env)
            claims = world.left | world.right
            self.assertEqual(sorted(claims.recovery_ids.mapped("amount_demanded")), [50, 100])
            row = env["franchise.service.agreement.ceiling"].search([("agreement_id", "=", claims.agreement_id.id)])
            self.assertEqual((row.amount_used, row.amount_ceiling), (150, 150))

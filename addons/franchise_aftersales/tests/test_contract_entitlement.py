from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .commit_case import CommitCase
from .flow import FlowCase
from .flow_contract import entitlement

ROLE = "contract"


@tagged("post_install", "-at_install")
class TestEntitlement(FlowCase):
    """R-A6: support: what is owed, until when, what was given, what remains."""

    def give(self, owed, role=ROLE, **values):
        grants = self.env["franchise.entitlement.grant"].with_user(self.flow.users[role])
        return grants.create({"entitlement_id": owed.id, "name": "Part", **values})

    def test_every_kind_of_support_exists(self):
        kinds = set(self.env["franchise.entitlement"]._fields["kind"].get_values(self.env))
        self.assertEqual(
            kinds,
            {
                *("study", "subsidy", "training", "goods", "campaign"),
                *("visit", "advertising", "logistics", "incentive"),
            },
        )

    def test_given_and_remaining_in_money_and_in_units(self):
        money, days = entitlement(self.flow), entitlement(self.flow, owed=10, measure="quantity")
        self.give(money, amount=2500)
        self.give(money, amount=1500.5)
        self.give(days, quantity=4)
        self.assertEqual((money.amount_given, money.amount_remaining, money.progress), (4000.5, 5999.5, 40.005))
        self.assertEqual((days.quantity_given, days.quantity_remaining, days.is_fulfilled), (4, 6, False))
        self.give(days, quantity=6)
        self.assertEqual((days.quantity_remaining, days.is_fulfilled, days.progress), (0, True, 100))

    def test_more_than_owed_is_refused_with_both_figures_and_by_the_database(self):
        owed = entitlement(self.flow)
        first = self.give(owed, amount=9999.99)
        with self.assertRaisesRegex(UserError, "10000.01 of 10000"), self.env.cr.savepoint():
            self.give(owed, amount=0.02)
        with self.assertRaisesRegex(UserError, "10001 of 10000"), self.env.cr.savepoint():
            first.amount = 10001
        self.give(owed, amount=0.01)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE franchise_entitlement SET amount_given = 10000.01 WHERE id = %s", [owed.id])

    def test_bad_grants_are_refused(self):
        owed = entitlement(self.flow)
        for values in ({}, {"amount": -1}, {"amount": 1, "quantity": 1}):
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.give(owed, **values)
                self.env.flush_all()
        with self.assertRaisesRegex(UserError, "measured otherwise"), self.env.cr.savepoint():
            self.give(owed, quantity=1)
        draft = entitlement(self.flow, confirm=False)
        with self.assertRaisesRegex(UserError, "isn't owed"):
            self.give(draft, amount=1)

    def test_what_is_owed_is_more_than_nothing_and_one_measure(self):
        for values in (
            {"owed": 0},
            {"owed": 5, "quantity_owed": 5},
            {"owed": 5, "measure": "quantity", "unit_id": False},
        ):
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                entitlement(self.flow, **values)

    def test_money_is_credited_once(self):
        owed = entitlement(self.flow)
        grant = self.give(owed, amount=2500, date="2026-05-01")
        with self.assertRaisesRegex(UserError, "nobody credits"):
            grant.action_charge()
        grant = grant.with_user(self.flow.users["manager"])
        grant.action_charge()
        self.assertEqual((grant.charge_id.kind, grant.charge_id.amount), ("subsidy", -2500))
        self.assertEqual(grant.charge_id.explanation, "Granted on 2026-05-01 of 10000 owed: Fitting-out")
        with self.assertRaisesRegex(UserError, "has been credited"):
            grant.action_charge()
        for change in (lambda: grant.write({"amount": 1}), grant.unlink):
            with self.assertRaisesRegex(UserError, "has been credited"):
                change()
        days = entitlement(self.flow, owed=10, measure="quantity")
        with self.assertRaisesRegex(UserError, "isn't money"):
            self.give(days, quantity=1).with_user(self.flow.users["finance"]).action_charge()
        with self.assertRaises(AccessError):
            self.give(owed, amount=1).with_user(self.flow.users["accountant"]).action_charge()

    def test_the_deadline_is_told_until_it_is_given_in_full(self):
        owed = entitlement(self.flow, owed=10, measure="quantity", date_due=self.flow.day(5))
        owed.user_id = self.flow.users["contract"]
        self.assertEqual(owed.deadline_date, owed.date_due)
        self.env.flush_all()
        self.env["franchise.deadline.mixin"]._run_deadlines(commit=False)
        self.assertIn("10 Units to give", owed.activity_ids.summary)
        self.assertEqual(owed.activity_ids.user_id, self.flow.users["contract"])
        self.env["franchise.deadline.mixin"]._run_deadlines(self.flow.day(6), commit=False)
        self.assertIn("overdue", owed.activity_ids[-1].summary + owed.activity_ids[0].summary)
        self.give(owed, quantity=10)
        self.assertFalse(owed.deadline_date)

    def test_waiving_needs_a_reason_and_ends_giving(self):
        owed = entitlement(self.flow)
        with self.assertRaisesRegex(UserError, "Say why"):
            owed.action_waive()
        owed.waive_reason = "Agreed with the franchisee"
        owed.action_waive()
        self.assertFalse(owed.deadline_date)
        with self.assertRaisesRegex(UserError, "isn't owed"):
            self.give(owed, amount=1)

    def test_many_grants_cost_the_same_queries_as_few(self):
        def cost(count):
            owed = [entitlement(self.flow) for _ in range(count)]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["franchise.entitlement.grant"].create(
                [{"entitlement_id": row.id, "name": "Part", "amount": 5} for row in owed]
            )
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost(1)
        self.assertEqual(cost(5), cost(50))


@tagged("post_install", "-at_install")
class TestEntitlementTogether(CommitCase):
    """R-A6: two colleagues grant the rest of one subsidy at the same moment."""

    @classmethod
    def prepare(cls, flow):
        flow.owed = entitlement(flow)

    def test_exactly_one_grant_wins(self):
        def grant(env):
            world = self.world(env)
            grants = env["franchise.entitlement.grant"].with_user(world.users["contract"])
            grants.create({"entitlement_id": world.owed.id, "name": "Rest", "amount": 6000})

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(grant, grant)
        errors = [error for _result, _tries, error in results if error]
        self.assertEqual(len(errors), 1)
        self.assertIn("12000 of 10000", str(errors[0]))
        with self.transaction(commit=False) as env:
            self.assertEqual(self.world(env).owed.amount_given, 6000)

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase
from .outbox_case import OutboxCase


@tagged("post_install", "-at_install")
class TestSyncScale(OutboxCase):
    """The looks that every worker takes every few seconds cost the same with many systems (R-G9); turns of the hourly
    reconciliation (R-G5)."""

    def systems(self, number):
        """So many more systems, each of a supplier of its own."""
        partners = self.env["res.partner"].create([{"name": f"Supplier {index}"} for index in range(number)])
        start = self.env["franchise.sync.endpoint"].search_count([])
        return self.env["franchise.sync.endpoint"].create(
            [
                {"name": partner.name, "code": f"many_{start + index}", "partner_id": partner.id, "connector": "odoo",
                 "company_id": self.flow.company.id}
                for index, partner in enumerate(partners)
            ]
        )  # fmt: skip

    def test_the_cheap_look_tells_only_what_is_due(self):
        self.systems(5)
        self.messages(2)
        code = self.flow.endpoint.code
        self.assertEqual(len(self.flow.api().pending()), len(self.flow.api().endpoints()))
        self.pass_time(seconds=90)
        [row] = self.flow.api().pending(only_due=True)
        self.assertEqual((row["code"], row["due"], row["awaiting_answer"]), (code, 2, 0))
        self.assertAlmostEqual(row["oldest_due_seconds"], 90, delta=10)
        self.flow.finish(self.flow.lease())
        self.assertEqual(self.flow.api().pending(only_due=True), [])
        [whole] = [row for row in self.flow.api().pending() if row["code"] == code]
        self.assertEqual((whole["due"], whole["awaiting_answer"], whole["oldest_due_seconds"]), (0, 2, 0))

    def test_a_system_that_is_off_is_not_told_of(self):
        self.messages(1)
        self.flow.endpoint.enabled = False
        self.assertEqual(self.flow.api().pending(only_due=True), [])

    def test_as_many_queries_for_many_systems_as_for_few(self):
        self.messages(1)

        def count(work):
            self.count_queries(work)  # and what the records made before left to be done
            return self.count_queries(work)[0]

        looks = (
            lambda: self.flow.api().pending(),
            lambda: self.flow.api().pending(only_due=True),
            lambda: self.flow.api().endpoints(self.flow.endpoint.code),
        )
        few = [count(look) for look in looks]
        self.systems(60)
        self.assertEqual([count(look) for look in looks], few)

    def test_one_system_by_its_code(self):
        self.systems(3)
        [row] = self.flow.api().endpoints(self.flow.endpoint.code)
        self.assertEqual(row["code"], self.flow.endpoint.code)
        self.assertEqual(self.flow.api().endpoints("nobody"), [])

    def test_each_system_has_its_turn_once_an_interval(self):
        more = self.systems(2)
        self.env["franchise.sync.endpoint"].search([]).reconcile_turn_at = fields.Datetime.now()
        (more + self.flow.endpoint).reconcile_turn_at = False
        turns = [self.flow.api().reconcile_turn(3600) for _ in range(4)]
        self.assertEqual(set(turns[:3]), {*more.mapped("code"), self.flow.endpoint.code})
        self.assertEqual(turns[3], "")
        more[0].reconcile_turn_at = fields.Datetime.now() - timedelta(hours=3)
        more[1].reconcile_turn_at = fields.Datetime.now() - timedelta(hours=2)
        self.env.flush_all()
        turns = [self.flow.api().reconcile_turn(3600) for _ in range(3)]
        self.assertEqual(turns, [more[0].code, more[1].code, ""], "who was compared longest ago comes first")
        more[0].write({"reconcile_turn_at": False, "enabled": False})
        self.assertEqual(self.flow.api().reconcile_turn(3600), "", "what is off is left alone")

    def test_only_the_worker_may_ask(self):
        api = self.env["franchise.sync.api"]
        for role in ("operator", "manager", "service"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.as_role(api, role).reconcile_turn(3600)


@tagged("post_install", "-at_install")
class TestReconcileTogether(CommitCase):
    """Several workers ask for the hourly reconciliation at the same moment (R-G5, R-G9)."""

    def test_one_worker_at_a_time(self):
        with self.transaction() as env:
            flow = self.world(env)
            others = env["franchise.sync.endpoint"].search([]) - flow.endpoint
            others.reconcile_turn_at = fields.Datetime.now()
            flow.endpoint.reconcile_turn_at = False
            code = flow.endpoint.code
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            found = self.together(*([lambda env: self.world(env).api().reconcile_turn(3600)] * 4))
        self.assertEqual([error for _turn, _tries, error in found if error], [])
        self.assertEqual(sorted(turn for turn, _tries, _error in found), ["", "", "", code])

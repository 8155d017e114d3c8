from datetime import timedelta

import psycopg2
from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools import mute_logger

from .outbox_case import OutboxCase


@tagged("post_install", "-at_install")
class TestSyncPurge(OutboxCase):
    """Old messages go only where a company says so, and never what is open or unsettled (R-G4, R-H4)."""

    def setUp(self):
        super().setUp()
        self.company = self.flow.company
        self.company.franchise_sync_purge = True

    def answered(self, settled=True):
        recovery = self.flow.recovery()
        self.flow.finish(self.flow.lease())
        self.flow.receive(self.flow.answer(recovery))
        if settled:
            recovery.line_ids._trusted_write({"is_settled": True})
        return recovery, self.flow.message(recovery)

    def age(self, *messages, days=500):
        for message in messages:
            message.delivered_at = Datetime.now() - timedelta(days=days)

    def purge(self):
        self.env.flush_all()
        return self.env["franchise.sync.message"]._purge(commit=False)

    def test_old_settled_lines_go_and_the_ids_of_answers_stay(self):
        recovery, message = self.answered()
        answer = message.inbox_ids
        attempts = message.attempt_ids
        self.age(message)
        self.purge()
        self.assertFalse(message.exists())
        self.assertFalse(attempts.exists())
        self.assertTrue(recovery.exists())
        self.assertEqual((answer.exists(), answer.raw, answer.state), (answer, False, "applied"))

    def test_what_is_kept(self):
        recent = self.answered()[1]
        unsettled = self.answered(settled=False)[1]
        talking, older = self.answered()
        talking._tell_system("claim_changed", "late evidence")
        different = self.answered()[1]
        waiting = self.messages(1)
        self.age(unsettled, older, different)
        self.flow.api().report_drift(
            self.flow.endpoint.code, "r" * 36, [{"uuid": different.uuid, "kind": "missing_there"}]
        )
        self.purge()
        for message in (recent, unsettled, older, different, waiting):
            self.assertTrue(message.exists())

    def test_off_by_default_and_never_before_90_days(self):
        self.assertFalse(self.env["res.company"].create({"name": "New"}).franchise_sync_purge)
        self.assertEqual(self.company.franchise_sync_keep_days, 400)
        self.company.franchise_sync_purge = False
        message = self.answered()[1]
        self.age(message)
        self.purge()
        self.assertTrue(message.exists())
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.company.franchise_sync_keep_days = 30
            self.env.flush_all()

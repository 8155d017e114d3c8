from datetime import timedelta

import psycopg2
from odoo.exceptions import AccessError
from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools import mute_logger

from .outbox_case import OutboxCase


@tagged("post_install", "-at_install")
class TestOutboxRate(OutboxCase):
    """A supplier gets no more messages in a minute than it takes (R-G4)."""

    def elapse(self, seconds):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE franchise_sync_endpoint SET rate_filled_at = rate_filled_at - %s * INTERVAL '1 second' WHERE id = %s",
            [seconds, self.flow.endpoint.id],
        )
        self.flow.endpoint.invalidate_recordset()

    def test_the_bucket_limits_leases_and_spends_no_tries(self):
        messages = self.messages(5)
        self.flow.endpoint.rate_limit = 24  # two at once, 23 a minute
        reply = self.flow.lease()
        self.assertEqual(len(reply["messages"]), 2)
        self.assertEqual(self.flow.lease(request_id=reply["request_id"]), reply, "a repeated call costs nothing")
        self.assertEqual(self.leased(), [])
        self.assertEqual(set(messages.mapped("attempts")), {0})
        self.elapse(3)
        self.assertEqual(len(self.leased()), 1)
        self.elapse(600)
        self.assertEqual(len(self.leased()), 2)

    def test_no_limit_counts_nothing(self):
        self.messages(3)
        self.assertEqual(len(self.leased()), 3)
        self.assertFalse(self.flow.endpoint.rate_filled_at)

    def test_a_trial_is_one_message_whatever_the_limit(self):
        self.messages(3)
        self.flow.endpoint.write(
            {"rate_limit": 600, "failure_count": 5, "breaker_until": Datetime.now() - timedelta(minutes=1)}
        )
        self.assertEqual(len(self.leased()), 1)

    def test_impossible_limits_are_refused(self):
        for limit in (-1, 1_000_001):
            with (
                self.subTest(limit),
                self.assertRaises(psycopg2.IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.flow.endpoint.rate_limit = limit
                self.env.flush_all()
            self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestOutboxGone(OutboxCase):
    """A system that says it is there no more is switched off, and its owner is told (R-G4)."""

    def test_gone_switches_the_system_off_and_messages_wait(self):
        messages = self.messages(2)
        reply = self.flow.lease()
        self.flow.finish(reply, "retry", gone=True, detail="410 Gone")
        endpoint = self.flow.endpoint
        self.assertEqual((endpoint.enabled, endpoint.health), (False, "gone"))
        self.assertEqual(set(messages.mapped("state")), {"pending"})
        self.assertEqual(set(messages.mapped("attempts")), {0}, "no try is spent")
        self.assertEqual(len(messages.attempt_ids), 2, "but the tries are logged")
        self.assertIn("The supplier's system is gone", endpoint.activity_ids.mapped("summary"))
        self.assertEqual(endpoint.activity_ids.user_id, self.flow.users["operator"])
        self.assertIn("410", " ".join(endpoint.message_ids.mapped("body")))
        self.assertEqual(self.leased(), [])
        self.as_role(endpoint, "operator").action_enable()
        self.assertEqual((endpoint.enabled, endpoint.gone_at, endpoint.failure_count), (True, False, 0))
        self.assertEqual(self.leased(), messages.ids)

    def test_only_a_failed_result_that_is_in_time_counts(self):
        self.messages(1)
        old = self.flow.lease()
        self.pass_time(minutes=2)
        new = self.flow.lease()
        self.flow.finish(old, "retry", gone=True)
        self.assertTrue(self.flow.endpoint.enabled)
        self.flow.finish(new, "ack", gone=True)
        self.assertTrue(self.flow.endpoint.enabled)


@tagged("post_install", "-at_install")
class TestEndpointButtons(OutboxCase):
    """What operators do from the monitor (R-G4, R-G6)."""

    def test_pause_and_enable_reset_the_breaker(self):
        operator = self.as_role(self.flow.endpoint, "operator")
        operator.write({"failure_count": 9, "breaker_until": Datetime.now() + timedelta(hours=1)})
        operator.action_pause()
        self.assertEqual((operator.enabled, operator.health), (False, "off"))
        operator.action_enable()
        self.assertEqual((operator.breaker_state, operator.failure_count), ("closed", 0))

    def test_ending_an_interruption_makes_everything_due(self):
        messages = self.messages(2)
        self.flow.endpoint.write({"failure_count": 6, "breaker_until": Datetime.now() + timedelta(hours=1)})
        self.pass_time(hours=-2)
        self.assertEqual(self.flow.endpoint.health, "interrupted")
        self.as_role(self.flow.endpoint, "operator").action_close_breaker()
        self.assertEqual(self.leased(), messages.ids)
        said = " ".join(self.flow.endpoint.message_ids.mapped("body"))
        self.assertIn(self.flow.users["operator"].name, said)

    def test_nobody_else_may(self):
        for role in ("service", "contract", "accountant", "finance", "worker"):
            endpoint = self.as_role(self.flow.endpoint, role)
            for name in ("action_pause", "action_enable", "action_close_breaker", "action_replay_stuck"):
                with self.subTest(role=role, button=name), self.assertRaises(AccessError):
                    getattr(endpoint, name)()

    def test_the_owner_is_told_of_a_long_interruption_until_it_ends(self):
        endpoint, summary = self.flow.endpoint, "Interrupted for long"
        endpoint.failure_count = 9
        endpoint._note_result(0, 1, "down")
        self.assertNotIn(summary, endpoint.activity_ids.mapped("summary"))
        endpoint._note_result(0, 1, "down")
        self.assertIn(summary, endpoint.activity_ids.mapped("summary"))
        endpoint._note_result(1, 0, "")
        self.assertNotIn(summary, endpoint.activity_ids.mapped("summary"))

    def test_a_success_that_changes_nothing_writes_nothing(self):
        """Calls that end at the same time must not all write the system's one row."""
        endpoint = self.flow.endpoint
        endpoint._note_result(1, 0, "")
        before = self.place(endpoint)
        endpoint._note_result(1, 0, "")
        self.assertEqual(self.place(endpoint), before)
        endpoint.last_success_at -= timedelta(minutes=1)
        before = self.place(endpoint)
        endpoint._note_result(1, 0, "")
        self.assertNotEqual(self.place(endpoint), before)

    def place(self, endpoint):
        """Where the row's newest version is: it moves with every write."""
        self.env.flush_all()
        self.env.cr.execute("SELECT ctid FROM franchise_sync_endpoint WHERE id = %s", endpoint.ids)
        return self.env.cr.fetchone()


@tagged("post_install", "-at_install")
class TestSyncMonitor(OutboxCase):
    """The monitor's figures (R-G6)."""

    def test_figures_of_a_system(self):
        endpoint = self.flow.endpoint
        self.messages(4)
        self.flow.finish(self.flow.lease(limit=1))
        self.flow.finish(self.flow.lease(limit=1), "unknown", detail="cut off")
        self.pass_time(hours=2)
        endpoint.invalidate_recordset()
        self.assertEqual((endpoint.pending_count, endpoint.due_count, endpoint.failed_count), (2, 2, 1))
        self.assertEqual((endpoint.awaiting_count, endpoint.sent_hour, endpoint.sent_day), (1, 1, 1))
        self.assertEqual((endpoint.failed_day, endpoint.health), (1, "attention"))
        self.assertAlmostEqual(endpoint.lag_hours, 2, delta=0.05)
        self.env.cr.execute("UPDATE franchise_sync_attempt SET create_date = create_date - INTERVAL '2 hours'")
        endpoint.invalidate_recordset()
        self.assertEqual((endpoint.sent_hour, endpoint.sent_day), (0, 1))

    def test_many_systems_cost_what_one_does(self):
        names = ["pending_count", "lag_hours", "sent_day", "failed_day", "health", "drift_count"]

        def read(number):
            systems = self.env["franchise.sync.endpoint"].union(
                *(self.flow.make_endpoint(self.flow.partner(f"S{n}"), f"s{number}_{n}") for n in range(number))
            )
            return self.count_queries(lambda: systems.read(names))[0]

        read(1)
        self.assertEqual(read(3), read(12))

    def test_smart_buttons_lead_to_the_messages(self):
        endpoint = self.flow.endpoint
        action = endpoint.with_context(sync_filter="failed").action_view_messages()
        self.assertEqual(
            (action["domain"], action["context"]), ([("endpoint_id", "=", endpoint.id)], {"search_default_failed": 1})
        )
        for action in (endpoint.action_view_attempts(), endpoint.action_view_drifts()):
            self.assertEqual(action["domain"], [("endpoint_id", "=", endpoint.id)])

    def test_attempts_are_charted_by_hour_and_outcome(self):
        self.messages(3)
        self.flow.finish(self.flow.lease(limit=2))
        self.flow.finish(self.flow.lease(limit=1), "retry")
        groups = self.as_role(self.env["franchise.sync.attempt"], "operator")._read_group(
            [("endpoint_id", "=", self.flow.endpoint.id)], ["create_date:hour", "outcome"], ["__count"]
        )
        self.assertEqual(sorted((outcome, count) for _hour, outcome, count in groups), [("ack", 2), ("retry", 1)])

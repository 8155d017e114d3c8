import threading
import uuid

from odoo import fields
from odoo.exceptions import ConcurrencyError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .commit_case import WAIT, CommitCase


@tagged("post_install", "-at_install")
class TestOutboxTogether(CommitCase):
    """Several workers and people at one outbox, each in a committed transaction of its own (R-G1, R-G4, R-G9)."""

    @classmethod
    def prepare(cls, flow):
        flow.recoveries = flow.env["franchise.claim.recovery"].union(*(flow.recovery() for _ in range(6)))
        flow.messages = flow.env["franchise.sync.message"].union(*(flow.message(row) for row in flow.recoveries))

    def setUp(self):
        super().setUp()
        with self.transaction() as env:
            self.world(env).messages.write(
                {"state": "pending", "lease_token": False, "lease_until": False, "lost_leases": 0, "attempts": 0}
            )

    def lease_ids(self, env, **values):
        return [message["id"] for message in self.world(env).lease(**values)["messages"]]

    def test_one_leaser_at_a_time(self):
        """The lane is held until the first one's transaction ends; then the rest is free."""
        with self.transaction() as first:
            taken = self.lease_ids(first, limit=4)
            with self.transaction() as second:
                self.assertEqual(self.lease_ids(second), [])
        with self.transaction() as third:
            rest = self.lease_ids(third)
        self.assertEqual((len(taken), len(rest)), (4, 2))
        self.assertFalse(set(taken) & set(rest))

    def test_a_lease_that_was_rolled_back_is_free_again(self):
        with self.transaction(commit=False) as env:
            self.assertEqual(len(self.lease_ids(env)), 6)
        with self.transaction() as env:
            self.assertEqual(len(self.lease_ids(env)), 6)

    def test_a_row_that_somebody_holds_is_passed_over(self):
        held = self.ids["messages"][0]
        with self.transaction(commit=False) as clerk:
            clerk.cr.execute("SELECT id FROM franchise_sync_message WHERE id = %s FOR UPDATE", [held])
            with self.transaction(commit=False) as env:
                self.assertEqual(set(self.lease_ids(env)), set(self.ids["messages"]) - {held})

    def test_eight_workers_never_share_a_message(self):
        found = []
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            for _ in range(3):
                found += self.together(*([lambda env: self.lease_ids(env, limit=2)] * 4))
        taken = [message for ids, _tries, _error in found for message in ids or ()]
        self.assertEqual(sorted(taken), sorted(self.ids["messages"]))

    def test_a_rate_limit_holds_for_leasers_at_the_same_time(self):
        """R-G4: three at once take no more than the bucket has, and what they took is gone from it."""
        with self.transaction() as env:
            self.world(env).endpoint.rate_limit = 36
        try:
            with mute_logger("odoo.sql_db", "odoo.service.model"):
                found = self.together(*([self.lease_ids] * 3))
            self.assertEqual([error for _ids, _tries, error in found if error], [])
            self.assertEqual(sum(len(ids) for ids, _tries, _error in found), 3)
            with self.transaction() as env:
                self.assertEqual(self.lease_ids(env), [])
        finally:
            with self.transaction() as env:
                self.world(env).endpoint.write({"rate_limit": 0, "rate_tokens": 0, "rate_filled_at": False})

    def test_results_of_one_system_that_come_at_the_same_time_all_count(self):
        """R-G4: no call makes another one fail, so none is repeated once the last success is known."""
        with self.transaction() as env:
            self.world(env).endpoint.last_success_at = fields.Datetime.now()
        replies = []
        for _ in range(2):
            with self.transaction() as env:
                replies.append(self.world(env).lease(limit=3, request_id=str(uuid.uuid4())))
        found = self.together(*(lambda env, reply=reply: self.world(env).finish(reply) for reply in replies))
        for reply, (result, tries, error) in zip(replies, found, strict=True):
            self.assertIsNone(error)
            self.assertEqual(result["applied"], [message["id"] for message in reply["messages"]])
            self.assertEqual(tries, 1)

    def test_sending_again_and_a_result_do_not_mix(self):
        """R-G4: a late acknowledgement that comes while an operator sends again is still the last word."""
        reply = self.leased_reply()
        [leased] = reply["messages"]
        with self.transaction() as env:
            env["franchise.sync.message"].browse(leased["id"]).write({"state": "dead", "lease_token": False})

        def replay(env):
            return env["franchise.sync.message"].browse(leased["id"]).action_replay("again")

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            acknowledged, replayed = self.together(lambda env: self.world(env).finish(reply), replay)
        self.assertIsNone(acknowledged[2])
        with self.transaction() as env:
            state = env["franchise.sync.message"].browse(leased["id"]).state
            # Delivered first, then it was not stuck any more; or sent again first, and the fact came after.
            self.assertEqual(state, "delivered", (acknowledged, replayed))

    def while_held(self, table, row, work):
        """Run `work(env)` as a request while another transaction holds a row, which is changed meanwhile."""
        result = []
        with self.transaction() as holder:
            holder.cr.execute(f"UPDATE {table} SET write_date = write_date + INTERVAL '1 second' WHERE id = %s", [row])
            thread = threading.Thread(target=lambda: result.append(self.run_as_server(work)), daemon=True)
            with mute_logger("odoo.sql_db", "odoo.service.model"):
                thread.start()
                thread.join(1)
                self.assertTrue(thread.is_alive(), "nobody waited for the row")
                holder.cr.commit()
                thread.join(WAIT)
        [(reply, tries, error)] = result
        self.assertIsNone(error)
        self.assertGreater(tries, 1)
        return reply

    def leased_reply(self):
        with self.transaction() as env:
            return self.world(env).lease(limit=1, request_id=str(uuid.uuid4()))

    def test_a_result_waits_for_whoever_holds_its_message(self):
        """A lost result would be a lost lease."""
        reply = self.leased_reply()
        message = reply["messages"][0]["id"]
        applied = self.while_held("franchise_sync_message", message, lambda env: self.world(env).finish(reply))
        self.assertEqual(applied["applied"], [message])

    def test_a_result_is_repeated_while_somebody_holds_the_document(self):
        reply = self.leased_reply()
        message = reply["messages"][0]["id"]
        with self.transaction() as env:
            recovery = env["franchise.sync.message"].browse(message).res_id
            env["franchise.claim.recovery"].browse(recovery)._trusted().state = "demanded"
        with self.transaction(commit=False) as holder:
            holder.cr.execute("SELECT id FROM franchise_claim_recovery WHERE id = %s FOR UPDATE", [recovery])
            with self.transaction(commit=False) as env, self.assertRaises(ConcurrencyError):
                self.world(env).finish(reply)
        with self.transaction() as env:
            self.assertEqual(self.world(env).finish(reply)["applied"], [message])

    def test_an_approval_that_dies_leaves_neither_claim_nor_message(self):
        """R-G1: the connection is cut before the commit."""
        with self.transaction() as env:
            claim = self.world(env).claim(stage="assessed")
        with self.connection() as cr:
            env_ = claim.with_env(claim.env(cr=cr))
            world = self.world(env_.env)
            env_.with_user(world.users["finance"]).action_approve()
            env_.env.flush_all()
            count = env_.env["franchise.sync.message"].search_count([("id", "not in", self.ids["messages"])])
            self.assertEqual(count, 1)
        with self.transaction(commit=False) as env:
            self.assertEqual(claim.with_env(env).state, "assessed")
            self.assertEqual(env["franchise.sync.message"].search_count([("id", ">", max(self.ids["messages"]))]), 0)

from datetime import timedelta
from unittest.mock import patch

from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .flow_clock import ClockCase

SWEEP = "odoo.addons.franchise_aftersales.models.clock.clock_sweep"


@tagged("post_install", "-at_install")
class TestClockSweep(ClockCase):
    """R-D10, R-D16: who is told of clocks, when, by a run that costs little however many are open."""

    def sweep(self, **values):
        return self.env["franchise.claim.clock"]._run_sweep(commit=False, **values)

    def told(self, clock):
        return self.env["mail.activity"].search([("franchise_clock_id", "=", clock.id)])

    def late(self, hours=5, **values):
        clock = self.clock(self.claim(**values), "first_answer")
        return self.started(clock, self.ago(hours=hours))

    def test_warned_told_escalated(self):
        """Three quarters of the time: the person assigned; at the end: anew; a day later: the superior."""
        boss = self.flow.users["manager"]
        self.flow.company.franchise_escalation_user_id = boss
        clock = self.late(hours=2)
        service = self.flow.users["service"]
        self.sweep()
        self.assertFalse(self.told(clock))
        self.started(clock, self.ago(hours=3, minutes=30))
        self.sweep()
        self.assertEqual((self.told(clock).user_id, self.told(clock).res_id), (service, clock.claim_id.id))
        self.assertIn("Soon due: First answer", self.told(clock).summary)
        self.sweep()
        self.assertEqual(len(self.told(clock)), 1, "once")
        passed = clock.due_at + timedelta(minutes=1)
        self.sweep(now=passed)
        self.assertEqual((clock.state, len(self.told(clock))), ("broken", 1))
        self.assertIn("Overdue: First answer", self.told(clock).summary)
        self.sweep(now=passed + timedelta(hours=25))
        self.assertEqual(self.told(clock).user_id, service | boss)
        self.sweep(now=passed + timedelta(hours=49))
        self.assertEqual(len(self.told(clock)), 2)

    def test_no_escalation_where_the_company_wants_none(self):
        self.flow.company.write(
            {"franchise_escalation_user_id": self.flow.users["manager"].id, "franchise_clock_escalation_hours": 0}
        )
        clock = self.late(hours=100)
        self.sweep()
        self.assertEqual(self.told(clock).user_id, self.flow.users["service"])

    def test_what_is_done_or_moved_is_not_told_of_any_more(self):
        done, paused = self.late(), self.late()
        self.sweep()
        self.assertTrue(self.told(done) and self.told(paused))
        done._end()
        self.pause(paused.claim_id, self.ago(hours=4), self.ago(hours=2))
        self.assertFalse(self.told(done) | self.told(paused))
        self.assertEqual((paused.state, paused.is_passed), ("running", False))
        self.sweep(now=paused.due_at + timedelta(minutes=1))
        self.assertTrue(self.told(paused), "told anew of the new end")

    def test_a_paused_clock_is_left_alone(self):
        clock = self.clock(self.claim(), "first_answer")
        self.pause(clock.claim_id, self.ago(minutes=0))
        self.sweep(now=Datetime.now() + timedelta(hours=10))
        self.assertFalse(self.told(clock))

    def test_the_supplier_is_reminded(self):
        """R-D16: by mail when the end is near and when it has passed; our own clocks send nobody a mail."""
        recovery = self.claim("approved").recovery_ids.filtered(lambda row: row.party == "supplier")
        answer = recovery.clock_ids.filtered(lambda clock: clock.kind == "answer")
        mails = self.env["mail.mail"].search([])
        self.sweep(now=answer.due_at - timedelta(hours=1))
        self.sweep(now=answer.due_at + timedelta(hours=1))
        sent = (self.env["mail.mail"].search([]) - mails).filtered(lambda mail: "Answer" in (mail.body_html or ""))
        self.assertEqual(len(sent), 2)
        self.assertEqual(sent.recipient_ids, self.maker)
        self.assertIn(recovery.claim_id.name, sent[0].subject)

    def test_one_bad_record_stops_no_other(self):
        clocks = self.env["franchise.claim.clock"].union(*(self.late() for _at in range(5)))
        bad = clocks[2]
        told = type(bad)._told

        def fail(clock):
            if clock == bad:
                raise ValueError("bad")
            return told(clock)

        with patch.object(type(bad), "_told", fail), mute_logger(SWEEP):
            result = self.sweep()
        self.assertGreaterEqual(result["failed"], 1)
        self.assertFalse(self.told(bad) or bad.is_passed)
        for clock in clocks - bad:
            self.assertTrue(self.told(clock))
        self.sweep()
        self.assertTrue(self.told(bad), "tried again at the next run")

    def test_as_many_queries_for_many_as_for_few(self):
        counts = []
        for number in (1, 3, 30):  # the first fills caches
            for _at in range(number):
                self.late()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.sweep()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    def test_partial_indexes_find_what_is_due(self):
        """Among 100,000 open clocks the sweep asks only for those that are due: each stage reads its own index."""
        clock = self.clock(self.claim(), "resolution")
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'franchise_claim_clock'"
        )
        names = [
            row[0] for row in self.env.cr.fetchall() if row[0] not in ("id", "kind", "due_at", "warn_at", "claim_id")
        ]
        self.env.cr.execute("ALTER TABLE franchise_claim_clock DROP CONSTRAINT franchise_claim_clock_claim_id_fkey")
        self.env.execute_query(
            SQL(
                "INSERT INTO franchise_claim_clock (claim_id, kind, due_at, warn_at, %(names)s)"
                " SELECT 1000000000 + number, kind, due_at + interval '1 day' + number * interval '1 minute',"
                " warn_at + interval '1 day' + number * interval '1 minute', %(names)s"
                " FROM franchise_claim_clock, generate_series(1, 20000) AS number WHERE id = %(id)s RETURNING id",
                names=SQL(", ").join(map(SQL.identifier, names)),
                id=clock.id,
            )
        )
        self.env.cr.execute("ANALYZE franchise_claim_clock")
        queries = []
        with patch.object(type(self.env), "execute_query", lambda env, query: queries.append(query) or []):
            for stage in ("warn", "pass", "escalate"):
                self.env["franchise.claim.clock"]._sweep_next(
                    stage, Datetime.now(), (Datetime.now() - timedelta(days=999), 0)
                )
        for query, index in zip(queries, ("to_warn", "to_pass", "to_escalate"), strict=True):
            plan = "\n".join(row[0] for row in self.env.execute_query(SQL("EXPLAIN %s", query)))
            self.assertIn(f"franchise_claim_clock_{index}", plan)

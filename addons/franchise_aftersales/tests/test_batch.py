from contextlib import ExitStack
from unittest.mock import patch

import psycopg2
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.base import batch
from ..models.base.batch import LONGEST_PAUSE, PAUSE, TRACEBACKS, TRIES, BatchRun, by_id
from .commit_case import CommitCase
from .flow import FlowCase

ENGINE = "odoo.addons.franchise_aftersales.models.base.batch"
DONE = 7


def tags(env, number, name="Batch"):
    """That many simple records; `color` says whether they were handled."""
    return env["res.partner.category"].create([{"name": f"{name} {index}", "color": 0} for index in range(number)])


def waiting(records):
    return [("id", "in", records.ids), ("color", "!=", DONE)]


class Handler:
    """Marks records as handled, fails for the poisoned ones, and remembers how it was called."""

    def __init__(self, poisoned=()):
        self.poisoned = set(poisoned and poisoned.ids)
        self.sizes = []

    def __call__(self, records):
        self.sizes.append(len(records))
        records.write({"color": DONE})
        if self.poisoned.intersection(records.ids):
            raise ValueError("bad record")


@tagged("post_install", "-at_install")
class TestBatch(FlowCase):
    """R-A5, R-B1: thousands in batches; one bad record never stops the others, and costs only its own tries."""

    def run_over(self, records, handle, size=500, on_failure=None):
        self.env.invalidate_all()
        with BatchRun(self.env, "The test", commit=False, on_failure=on_failure) as run:
            run.work(by_id(self.env["res.partner.category"], waiting(records), size), handle)
        return run.done, run.failed

    def test_one_poisoned_record_among_many(self):
        records = tags(self.env, 700)
        bad = records[300]
        handle, told = Handler(bad), []
        with self.assertLogs(ENGINE, "ERROR") as logs:
            result = self.run_over(records, handle, on_failure=lambda record, error: told.append((record, str(error))))
        self.assertEqual(result, (699, 1))
        self.assertEqual(records.filtered(lambda row: row.color != DONE), bad, "what it wrote was taken back")
        self.assertEqual(told, [(bad, "bad record")])
        self.assertEqual(len(logs.records), 1)
        self.assertIn(str(bad), logs.output[0])
        self.assertIn("Traceback", logs.output[0])
        self.assertLessEqual(len(handle.sizes), 1 + 2 * 9 + 1, "two more for each halving")
        self.assertEqual(self.run_over(records, Handler()), (1, 0), "as soon as it is well")

    def test_every_record_once_a_run_though_it_still_fits(self):
        records = tags(self.env, 10)
        seen = []
        self.assertEqual(self.run_over(records, lambda batch: seen.append(batch.ids), size=3), (10, 0))
        self.assertEqual(seen, [records.ids[:3], records.ids[3:6], records.ids[6:9], records.ids[9:]])

    def test_telling_of_a_failure_may_fail_too(self):
        records = tags(self.env, 3)

        def tell(record, error):
            record.color = 3
            raise ValueError("nobody to tell")

        with mute_logger(ENGINE):
            self.assertEqual(self.run_over(records, Handler(records[1]), on_failure=tell), (2, 1))
        self.assertEqual(records.mapped("color"), [DONE, 0, DONE])

    def test_when_everything_fails_the_log_stays_readable(self):
        records = tags(self.env, TRACEBACKS + 5)
        with self.assertLogs(ENGINE, "ERROR") as logs:
            self.assertEqual(self.run_over(records, Handler(records)), (0, TRACEBACKS + 5))
        self.assertEqual(len(logs.output), TRACEBACKS + 5)
        self.assertEqual(sum("Traceback" in line for line in logs.output), TRACEBACKS)

    def test_a_batch_costs_the_same_whatever_it_holds(self):
        def cost(number):
            records = tags(self.env, number)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(self.run_over(records, Handler()), (number, 0))
            return self.env.cr.sql_log_count - before

        cost(2)
        few = cost(5)
        self.assertEqual(few, cost(90))
        self.assertLess(cost(450), few + 10, "an UPDATE holds a hundred rows, the handler's own")

    def test_when_the_time_is_over_the_rest_is_left(self):
        records = tags(self.env, 10)
        cron = type(self.env["ir.cron"])
        find = by_id(self.env["res.partner.category"], waiting(records), 3)
        with patch.object(cron, "_commit_progress", return_value=0) as progress, BatchRun(self.env, "The test") as run:
            self.assertEqual(run.work(find, Handler()), 3)
            self.assertEqual(run.work(find, Handler()), 0, "nor is other work begun")
        self.assertTrue(run.time_over)
        self.assertEqual([call.kwargs for call in progress.call_args_list], [{"remaining": 1}], "call again soon")

    def test_bad_records_in_front_do_not_hide_the_good_ones(self):
        records = tags(self.env, 9)
        find = by_id(self.env["res.partner.category"], waiting(records), 3)
        with (
            mute_logger(ENGINE),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=0),
            BatchRun(self.env, "The test") as run,
        ):
            run.work(find, Handler(records[:4]))
        self.assertEqual((run.done, run.failed), (2, 4), "up to the batch with the first good ones")


@tagged("post_install", "-at_install")
class TestBatchCommits(CommitCase):
    """R-A5, R-B1: what is committed when, what the scheduler is told, and two transactions at the same time."""

    def setUp(self):
        super().setUp()
        with self.transaction() as env:
            self.record_ids = tags(env, 10, self.id()).ids

    def records(self, env):
        return env["res.partner.category"].browse(self.record_ids)

    def colors(self):
        with self.transaction(commit=False) as env:
            return [row.color == DONE for row in self.records(env)]

    def find(self, env, size):
        return by_id(env["res.partner.category"], waiting(self.records(env)), size)

    def test_each_batch_is_committed_and_the_progress_counts(self):
        committed = []

        def handle(records):
            committed.append(sum(self.colors()))
            Handler(records & bad)(records)

        with self.transaction(commit=False) as env:
            cron = env.ref("franchise_aftersales.cron_deadlines")
            cron, progress = cron._add_progress()
            scheduled = cron.with_context(cron_id=cron.id).env
            bad = self.records(scheduled)[5]
            with mute_logger(ENGINE), BatchRun(scheduled, "The test") as run:
                run.work(self.find(scheduled, 4), handle)
            self.assertEqual((run.done, run.failed), (9, 1))
            self.assertEqual((progress.done, progress.remaining), (10, 0))
        self.assertEqual(committed, [0, 4, 4, 4, 4, 4, 7], "the second batch in halves")
        self.assertEqual(self.colors().count(False), 1)

    def test_what_was_committed_stays_when_the_run_breaks_off(self):
        def find_then_break(after):
            if after:
                raise ValueError("the search is broken")
            return find(after)

        with self.transaction(commit=False) as env:
            find = self.find(env, 4)
            with self.assertRaisesRegex(ValueError, "search"), BatchRun(env, "The test") as run:
                run.work(find_then_break, Handler())
        self.assertEqual(sum(self.colors()), 4)

    def conflict(self, tries, commit):
        """Run over all in one batch while another transaction changes a record of it, `tries` times."""
        handled = []

        def handle(records):
            handled.append(len(records))
            if len(handled) <= tries:
                with self.transaction() as other:
                    self.records(other)[0].color = len(handled)
            records.write({"color": DONE})

        with mute_logger("odoo.sql_db"), self.transaction(commit=False) as env:
            with BatchRun(env, "The test", commit=commit) as run:
                run.work(self.find(env, 100), handle)
            self.assertEqual((run.done, run.failed), (10, 0))
        return handled

    def pauses(self):
        """The seconds that repetitions wait, in a list that fills; at their longest, and without waiting."""
        waited = []
        with ExitStack() as stack:
            stack.enter_context(patch.object(batch.time, "sleep", waited.append))
            stack.enter_context(patch.object(batch.random, "uniform", lambda least, most: most))
            self.addCleanup(stack.pop_all().close)
        return waited

    def test_a_serialization_error_repeats_the_batch(self):
        waited = self.pauses()
        self.assertEqual(self.conflict(2, commit=True), [10, 10, 10], "whole, in a new transaction")
        self.assertTrue(all(self.colors()))
        self.assertEqual(waited, [PAUSE, 2 * PAUSE], "longer each time")

    def test_repetitions_come_to_an_end_and_no_pause_is_long(self):
        """R-E1: two that disturb each other meet again less and less; whoever never gets through is told."""
        waited = self.pauses()
        with (
            self.transaction(commit=False) as env,
            self.assertRaises(psycopg2.errors.SerializationFailure),
            patch.object(batch, "PAUSE", 1.0),
            BatchRun(env, "The test") as run,
        ):
            run.work(self.find(env, 100), self.disturbed)
        self.assertEqual(waited, [1.0, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE])
        self.assertEqual(len(waited), TRIES)

    @staticmethod
    def disturbed(records):
        raise psycopg2.errors.SerializationFailure(str(records))

    def test_the_pause_is_of_random_length(self):
        waited = []
        with (
            self.transaction(commit=False) as env,
            patch.object(batch.time, "sleep", waited.append),
            self.assertRaises(psycopg2.errors.SerializationFailure),
            BatchRun(env, "The test") as run,
        ):
            run.work(self.find(env, 100), self.disturbed)
        self.assertEqual(len(set(waited)), TRIES)
        for number, pause in enumerate(waited):
            self.assertLessEqual(pause, PAUSE * 2**number)

    def test_inside_another_transaction_the_error_goes_to_its_owner(self):
        with self.assertRaisesRegex(Exception, "could not serialize"):
            self.conflict(1, commit=False)
        self.assertFalse(any(self.colors()))

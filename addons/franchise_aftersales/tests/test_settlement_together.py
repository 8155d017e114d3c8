from unittest.mock import patch

from odoo import api
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.settlement import generation
from .commit_case import CommitCase


@tagged("post_install", "-at_install")
class TestSettlementTogether(CommitCase):
    """Settled exactly once, whatever runs at the same time or dies half-way (R-E1, R-E5)."""

    @classmethod
    def prepare(cls, flow):
        flow.recoveries = flow.env["franchise.claim.recovery"].union(*(flow.accepted() for _ in range(4)))

    def generate(self, env):
        return self.world(env).generate().ids

    def lines(self, env):
        lines = env["franchise.settlement.line"].search(
            [("company_id", "=", self.world(env).company.id), ("state", "!=", "reversed")]
        )
        return sorted(lines.mapped("source_id")), lines.settlement_id

    def tearDown(self):
        with self.transaction() as env:
            settlements = env["franchise.settlement"].search([("company_id", "=", self.world(env).company.id)])
            settlements.filtered(lambda settlement: settlement.state == "draft").unlink()
        super().tearDown()

    def test_two_runs_at_once(self):
        """R-E1: one waits, is refused by PostgreSQL, repeated, and finds nothing left."""
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(self.generate, self.generate)
        self.assertEqual([error for _result, _tries, error in results], [None, None])
        self.assertEqual(sorted(tries for _result, tries, _error in results), [1, 2])
        self.assertEqual(len([result for result, _tries, _error in results if result]), 1)
        with self.transaction(commit=False) as env:
            world = self.world(env)
            accepted = env["franchise.claim.recovery.line"].search(
                [("company_id", "=", world.company.id), ("amount_accepted", ">", 0)]
            )
            sources, settlements = self.lines(env)
            self.assertEqual(sources, sorted(accepted.ids))
            self.assertLessEqual(set(world.recoveries.line_ids.ids), set(sources))
            self.assertAlmostEqual(sum(settlements.mapped("amount_total")), sum(accepted.mapped("amount_accepted")))

    def test_a_run_that_dies_half_way_is_run_again(self):
        with self.connection() as cr:
            env = self.world_env(cr)
            self.assertTrue(self.generate(env))
            env.flush_all()
            taken = self.lines(env)[0]
            cr.rollback()  # killed before the commit
        with self.transaction(commit=False) as env:
            self.assertFalse(set(self.world(env).recoveries.line_ids.ids).intersection(self.lines(env)[0]))
            self.assertFalse(any(self.world(env).recoveries.mapped("is_settled")))
        result, tries, error = self.run_as_server(self.generate)
        self.assertTrue(result)
        self.assertEqual((tries, error), (1, None))
        with self.transaction(commit=False) as env:
            self.assertEqual(self.lines(env)[0], taken)

    def test_two_background_runs_at_once(self):
        """R-E1: both commit batch by batch; together they settle everything, each amount once."""
        with self.transaction() as env:
            ready = env["franchise.settlement"]._count_ready(self.world(env).company, self.world(env).today)

        def run(env):
            world = self.world(env)
            settlements = env["franchise.settlement"].with_user(world.users["finance"])
            return settlements._generate(world.company, world.today, commit=True)[0].ids

        with patch.object(generation, "BATCH", 1), mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(run, run, run)
        self.assertEqual([error for _result, _tries, error in results], [None] * 3)
        with self.transaction(commit=False) as env:
            sources, _settlements = self.lines(env)
            self.assertEqual(len(sources), ready)
            self.assertEqual(len(set(sources)), ready)
            self.assertFalse(env["franchise.settlement"]._count_ready(self.world(env).company, self.world(env).today))

    def test_a_background_run_that_is_killed_goes_on_where_it_was(self):
        """R-E1: committed batches stay, the one that died leaves nothing, the next call takes the rest."""
        with self.transaction() as env:
            world = self.world(env)
            run = (
                env["franchise.settlement.run"].with_user(world.users["finance"])._order_run(world.company, world.today)
            )
            ready = run.ready_count
        self.assertGreaterEqual(ready, 4)
        model = self.registry["franchise.settlement"]
        gather, batches = model._gather, []

        def die(settlements, *args):
            result = gather(settlements, *args)
            batches.append(1)
            if len(batches) == 3:
                raise KeyboardInterrupt  # nothing catches it, as nothing catches a server that stops
            return result

        with patch.object(generation, "BATCH", 1), self.connection() as cr:
            with patch.object(model, "_gather", die), self.assertRaises(KeyboardInterrupt):
                self.world_env(cr)["franchise.settlement.run"]._run_waiting()
            cr.rollback()
        with self.transaction(commit=False) as env:
            run = run.with_env(env)
            self.assertEqual((run.state, run.settled_count), ("waiting", 2))
            self.assertEqual(len(self.lines(env)[0]), 2)
        with patch.object(generation, "BATCH", 1), self.connection() as cr:
            self.world_env(cr)["franchise.settlement.run"]._run_waiting()
        with self.transaction(commit=False) as env:
            run = run.with_env(env)
            self.assertEqual((run.state, run.settled_count, run.failed_count), ("done", ready, 0))
            self.assertEqual(len(set(self.lines(env)[0])), ready)
            self.assertEqual(run.settlement_ids, self.lines(env)[1])

    def world_env(self, cr):
        return api.Environment(cr, api.SUPERUSER_ID, dict(self.context))

    def test_an_answer_and_a_run_at_once(self):
        """R-G3, R-E1: either the new amount is settled, or the answer comes too late; never a mixture."""
        with self.transaction() as env:
            world = self.world(env)
            recovery = world.accepted(accept="80.00")
            answer = world.answer(recovery, amount="60.00")
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(self.generate, lambda env: self.world(env).receive(answer))
        self.assertEqual([error for _result, _tries, error in results], [None, None])
        with self.transaction(commit=False) as env:
            recovery = recovery.with_env(env)
            line = env["franchise.settlement.line"].search([("source_id", "in", recovery.line_ids.ids)])
            self.assertEqual(line.amount, recovery.amount_accepted)
            self.assertEqual(recovery.amount_accepted, 60 if results[1][0] == ["applied"] else 80)
            self.assertEqual(self.world(env).tie_out(line.settlement_id).difference, 0)

    def test_two_confirmations_take_neighbouring_numbers(self):
        """R-E5: the second waits for the number of the first; one that dies leaves no gap."""
        with self.transaction() as env:
            world = self.world(env)
            for name in ("one", "two"):
                supplier = world.partner(name)
                world.make_agreement(supplier)
                world.make_endpoint(supplier, name)
                world.accepted(supplier=supplier)
            pair = world.generate().filtered(lambda row: row.partner_id != world.supplier)
            self.assertEqual(len(pair), 2)

        def confirm(settlement):
            def work(env):
                settlement.with_env(env).with_user(self.world(env).users["finance"]).action_confirm()

            return work

        with self.connection() as cr:
            env = self.world_env(cr)
            confirm(pair[0])(env)
            env.flush_all()
            lost = pair[0].with_env(env).name
            cr.rollback()
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(confirm(pair[0]), confirm(pair[1]))
        self.assertEqual([error for _result, _tries, error in results], [None, None])
        with self.transaction(commit=False) as env:
            names = sorted(pair.with_env(env).mapped("name"))
        numbers = [int(name.rsplit("/")[-1]) for name in names]
        self.assertEqual(names[0], lost)
        self.assertEqual(numbers[1], numbers[0] + 1)

    def test_two_postings_make_one_entry(self):
        """R-E3: two clerks press Post on the same settlement."""
        with self.transaction() as env:
            world = self.world(env)
            supplier = world.partner("posted")
            world.make_agreement(supplier)
            world.make_endpoint(supplier, "posted")
            settlement = world.settlement(supplier=supplier, state="confirmed")

        def post(env):
            settlement.with_env(env).with_user(self.world(env).users["finance"]).action_post()

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(post, post)
        self.assertEqual(len([error for _result, _tries, error in results if error]), 1)
        with self.transaction(commit=False) as env:
            entries = env["account.move"].search([("ref", "=", settlement.with_env(env).name)])
            self.assertEqual(len(entries), 1)
            self.assertEqual(settlement.with_env(env).move_id, entries)

    def test_two_reversals_make_one_reversing_entry(self):
        """R-E5: two people take the same settlement back at once; what it settled is free once."""
        with self.transaction() as env:
            world = self.world(env)
            supplier = world.partner("reversed")
            world.make_agreement(supplier)
            world.make_endpoint(supplier, "reversed")
            settlement = world.settlement(supplier=supplier, state="posted")

        def reverse(env):
            world = self.world(env)
            settlement.with_env(env).with_user(world.users["manager"])._reverse("Wrong", world.today)

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(reverse, reverse)
        self.assertEqual(len([error for _result, _tries, error in results if error]), 1)
        with self.transaction(commit=False) as env:
            found = settlement.with_env(env)
            self.assertEqual((found.state, len(found.move_ids)), ("reversed", 2))
            self.assertEqual(found.amount_open, 0)
            line = env[found.line_ids.source_model].browse(found.line_ids.source_id)
            self.assertFalse(line.is_settled)

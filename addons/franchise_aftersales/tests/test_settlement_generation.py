import time
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.settlement import generation
from ..wizard import settlement_generate
from .flow import FlowCase

ENGINE = "odoo.addons.franchise_aftersales.models.base.batch"
LINES_PER_SECOND = 200  # far below what is measured, so that a busy machine passes and a query a line doesn't


class GenerationCase(FlowCase):
    def charges(self, count, amount=-1.25, contract=None, **values):
        """That many confirmed charges, computed by a made-up document."""
        contract = contract or self.flow.contract
        start = self.env["franchise.charge"].search_count([]) * 1000
        return self.env["franchise.charge"]._charge(
            [
                {
                    "contract_id": contract.id,
                    "kind": "exchange",
                    "date": self.flow.today,
                    "amount": amount,
                    "res_model": "franchise.contract",
                    "res_id": contract.id,
                    "res_line": start + number,
                    "formula_values": {"formula": "none", "about": str(number)},
                    **values,
                }
                for number in range(count)
            ]
        )

    def order(self):
        finance = self.env["franchise.settlement.run"].with_user(self.flow.users["finance"])
        return finance._order_run(self.flow.company, self.flow.today)

    def lines(self, records):
        return self.env["franchise.settlement.line"].search(
            [("source_model", "=", records._name), ("source_id", "in", records.ids)]
        )


@tagged("post_install", "-at_install")
class TestSettlementGeneration(GenerationCase):
    """R-E1: very many amounts are gathered batch by batch, each once; a bad one is left out with its reason."""

    def test_batches_take_everything_once(self):
        charges = self.charges(25)
        recovery = self.flow.accepted()
        with patch.object(generation, "BATCH", 10):
            run = self.order()
            self.assertEqual(run.ready_count, 26)
            settlements = run._gather()
        self.assertEqual(len(settlements), 2, "a franchisee's and a supplier's")
        self.assertEqual((run.state, run.settled_count, run.failed_count, run.progress), ("done", 26, 0, 100))
        self.assertEqual(len(self.lines(charges)), 25)
        self.assertEqual(len(self.lines(recovery.line_ids)), 1)
        self.assertTrue(all(charges.mapped("is_settled")))
        self.assertEqual(self.lines(charges).settlement_id.amount_total, -31.25)
        self.assertEqual(self.order().ready_count, 0)

    def test_queries_a_batch_and_lines_a_second(self):
        """R-E1: as many statements for 1,000 amounts as for 40, and some hundreds of lines a second."""
        counted = {}
        for count in (40, 1000):
            self.charges(count)
            self.env.flush_all()
            self.env.invalidate_all()
            before, start = self.env.cr.sql_log_count, time.monotonic()
            with patch.object(generation, "BATCH", 1000):
                self.order()._gather()
            counted[count] = self.env.cr.sql_log_count - before
            rate = count / (time.monotonic() - start)
        # The ORM inserts and reads at most a hundred or a thousand rows a statement.
        self.assertLessEqual(counted[1000], counted[40] + 12)
        self.assertGreater(rate, LINES_PER_SECOND)

    def test_the_memory_of_one_transaction_does_not_grow(self):
        """R-E1: inside a transaction of somebody else's, too, no more amounts are held at a time than a batch has."""
        self.charges(50)
        held = []

        def count(_number):
            for name in ("franchise.charge", "franchise.settlement.line"):
                model = self.env[name]
                held.append(max(len(field._get_cache(model.env)) for field in model._fields.values() if field.store))

        settlements = self.env["franchise.settlement"].with_user(self.flow.users["finance"])
        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(generation, "BATCH", 10):
            settlements._generate(self.flow.company, self.flow.today, on_batch=count)
        self.assertEqual(len(held), 2 * 5)
        self.assertLessEqual(max(held), 10)
        self.assertGreater(max(held), 0)

    def test_one_bad_amount_stops_no_other_and_is_named(self):
        """R-E1: the reason is kept; once it is dealt with, the next run takes the amount."""
        charges = self.charges(20)
        bad = charges[7]
        model = type(self.env["franchise.charge"])
        prepare, reason = model._prepare_settlement_source, "the contract's papers are missing"

        def refuse(charge):
            if charge == bad:
                raise UserError(reason)
            return prepare(charge)

        with patch.object(model, "_prepare_settlement_source", refuse), mute_logger(ENGINE):
            run = self.order()
            run._gather()
        self.assertEqual((run.settled_count, run.failed_count, run.state), (19, 1, "done"))
        self.assertEqual((run.failure_ids.source_id, run.failure_ids.reason), (bad.id, reason))
        self.assertEqual(run.failure_ids.action_open_source()["res_id"], bad.id)
        self.assertFalse(bad.is_settled)
        self.assertEqual(len(self.lines(charges)), 19)
        second = self.order()
        self.assertEqual(second.ready_count, 1)
        second._gather()
        self.assertTrue(bad.is_settled)

    def test_what_postgresql_refuses_is_left_out_too(self):
        """R-E1: a value that the table doesn't take is that amount's fault alone."""
        charges = self.charges(6)
        model = type(self.env["franchise.charge"])
        prepare = model._prepare_settlement_source
        with (
            patch.object(
                model,
                "_prepare_settlement_source",
                lambda charge: {**prepare(charge), **({"date": False} if charge == charges[0] else {})},
            ),
            mute_logger(ENGINE, "odoo.sql_db"),
        ):
            run = self.order()
            run._gather()
        self.assertEqual((run.settled_count, run.failed_count), (5, 1))
        self.assertEqual(run.failure_ids.source_id, charges[0].id)

    def test_few_are_gathered_at_once_and_many_in_the_background(self):
        """R-E1: the dialogue says how many are ready, and shows the run where a person would wait."""
        charges = self.charges(4)
        wizard = self.env["franchise.settlement.generate"].with_user(self.flow.users["finance"]).create({})
        self.assertEqual(wizard.ready_count, 4)
        with patch.object(settlement_generate, "AT_ONCE", 3):
            action = wizard.action_generate()
        self.assertEqual(action["res_model"], "franchise.settlement.run")
        run = self.env["franchise.settlement.run"].browse(action["res_id"])
        self.assertEqual((run.state, run.progress, run.user_id), ("waiting", 0, self.flow.users["finance"]))
        self.assertFalse(self.lines(charges))
        self.env["franchise.settlement.run"]._run_waiting(commit=False)
        self.assertEqual((run.state, run.settled_count), ("done", 4))
        self.assertEqual(len(self.lines(charges)), 4)
        self.assertEqual(run.settlement_ids, self.lines(charges).settlement_id)
        self.assertEqual(run.action_view_settlements()["domain"], [("id", "in", run.settlement_ids.ids)])

    def test_a_run_of_somebody_without_rights_stops_no_other(self):
        first, charges = self.order(), self.charges(1)
        first.sudo().user_id = self.flow.users["service"]
        second = self.order()
        self.env["franchise.settlement.run"]._run_waiting(commit=False)
        self.assertTrue(first.error)
        self.assertEqual((second.error, len(self.lines(charges))), (False, 1))

    def test_only_finance_orders_and_only_for_its_companies(self):
        other = self.env["res.company"].create({"name": "Not theirs"})
        settlements = self.env["franchise.settlement"]
        for role in ("service", "accountant", "contract", "operator"):
            with self.subTest(role), self.assertRaises(AccessError):
                settlements.with_user(self.flow.users[role])._generate(self.flow.company, self.flow.today)
        with self.assertRaisesRegex(AccessError, "none of your companies"):
            settlements.with_user(self.flow.users["finance"])._generate(other, self.flow.today)

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase
from .flow_clock import ClockCase, priced


@tagged("post_install", "-at_install")
class TestClockSupplier(ClockCase):
    """R-D16: the supplier acknowledges and answers in time, or pays what the service level says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.endpoint = cls.flow.make_endpoint(cls.maker, "maker")

    def demanded(self, since=None):
        """A recovery of the maker, demanded so long ago."""
        claim = self.claim("approved")
        recovery = claim.recovery_ids.filtered(lambda row: row.party == "supplier")
        if since:
            start = Datetime.now() - since
            for clock in recovery.clock_ids.sudo():
                clock.start_at = start
            recovery.clock_ids.sudo()._refresh()
        return recovery

    def of(self, recovery, kind):
        return recovery.clock_ids.filtered(lambda clock: clock.kind == kind)

    def answered(self, recovery, state="accepted", at="", **values):
        answer = self.flow.answer(recovery, state, occurred_at=at and at.isoformat() + "Z", **values)
        self.assertEqual(self.flow.receive(answer, endpoint=self.endpoint), ["applied"])

    def test_a_demand_starts_the_suppliers_clocks(self):
        recovery = self.demanded()
        self.assertEqual(
            {clock.kind: (clock.side, clock.state, clock.level_id.kind) for clock in recovery.clock_ids},
            {
                "acknowledge": ("supplier", "running", "first_answer"),
                "answer": ("supplier", "running", "complaint"),
                "resolution": ("supplier", "running", "resolution"),
            },
        )
        carrier = recovery.claim_id.recovery_ids - recovery
        self.assertTrue(carrier)
        self.assertFalse(carrier.clock_ids, "nobody knows how the goods travelled")
        self.assertEqual(self.of(recovery, "answer").partner_id, self.maker)

    def carried(self, **values):
        """The carrier's recovery of a claim about a delivery by rail."""
        rail = self.env.ref("franchise_aftersales.transport_mode_rail")
        claim = self.claim("approved", transport_mode_id=rail.id, delivery_date=self.flow.day(-20), **values)
        return claim.recovery_ids.filtered(lambda row: row.party == "carrier")

    def test_a_carrier_answers_within_the_days_of_its_transport_mode(self):
        """R-D16: days from the demand by the version in force; warned, reminded and measured as the others."""
        recovery = self.carried()
        clock, claim = recovery.clock_ids, recovery.claim_id
        self.assertEqual(
            (clock.side, clock.kind, clock.state, clock.partner_id), ("carrier", "answer", "running", self.flow.carrier)
        )
        self.assertEqual(clock.due_at, claim._day_end(claim._local_day(clock.start_at) + timedelta(days=30)))
        ours = claim.clock_ids.filtered(lambda own: own.side in ("claimant", "duty") and own.due_at and not own.done_at)
        self.assertEqual(claim.clock_due_at, min(ours.mapped("due_at")), "the carrier's isn't ours")
        recovery.with_user(self.flow.users["service"]).action_reject()
        self.assertEqual((clock.state, bool(clock.done_at)), ("kept", True))

    def test_a_late_carrier_is_reminded_and_costs_nothing(self):
        """R-D16: no penalty was agreed with the carrier."""
        self.flow.carrier.email = "carrier@test.example.com"
        recovery = self.carried()
        clock = self.started(recovery.clock_ids, self.ago(days=40), agreed_until=self.ago(days=9))
        self.assertIn("Carrier", clock._told())
        before = self.env["mail.mail"].search_count([])
        clock._sweep_pass(Datetime.now())
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertEqual(self.env["mail.mail"].search_count([]), before + 1)
        self.assertIn("By the terms of the carriage", mail.body_html)
        recovery.with_user(self.flow.users["service"]).action_accept()
        self.assertEqual((clock.state, clock.charge_ids.ids), ("broken", []))

    def test_days_of_a_version_and_of_a_carriage_without_limit(self):
        version = self.flow.make_version(self.agreement, date_from=self.flow.day(100))
        rail = self.env.ref("franchise_aftersales.transport_mode_rail")
        row = version.transport_notice_ids.filtered(lambda row: row.transport_mode_id == rail)
        row.answer_days = 60
        rail.answer_days = 45
        none = rail.browse()
        self.assertEqual((version._transport_answer_days(rail), version._transport_answer_days(none)), (60, 0))
        later = self.flow.make_version(self.agreement, date_from=self.flow.day(200))
        self.assertEqual(later._transport_answer_days(rail), 45)
        self.agreement.version_ids.transport_notice_ids.flush_recordset()
        self.env.cr.execute("UPDATE franchise_service_agreement_transport_notice SET answer_days = 0")
        self.env.invalidate_all()
        self.assertFalse(self.carried().clock_ids)

    def test_a_level_of_its_own_comes_first(self):
        """Acknowledgement and answer may have levels of their own, beside those for first answers and complaints."""
        other = self.flow.partner("Own Levels")
        rows = [
            (0, 0, {"kind": kind, "duration": 2, "unit": "hours"}) for kind in ("acknowledge", "first_answer", "answer")
        ]
        self.flow.make_agreement(other, level_ids=rows)
        claim = self.flow.claim(stage="approved", supplier=other)
        kinds = {clock.kind: clock.level_id.kind for clock in claim.recovery_ids.clock_ids}
        self.assertEqual(kinds, {"acknowledge": "acknowledge", "answer": "answer"})

    def test_delivery_acknowledges_and_an_answer_ends(self):
        recovery = self.demanded()
        self.flow.finish(self.flow.lease(self.endpoint))
        self.assertEqual((recovery.state, self.of(recovery, "acknowledge").state), ("acknowledged", "kept"))
        self.assertEqual(self.of(recovery, "answer").state, "running")
        self.answered(recovery)
        self.assertEqual(set(recovery.clock_ids.mapped("state")), {"kept"})
        self.assertFalse(recovery.claim_id.charge_ids)

    def test_a_withdrawn_demand_waits_for_nothing(self):
        recovery = self.demanded()
        recovery.with_user(self.flow.users["finance"])._withdraw("own", "Asked of the wrong party")
        self.assertEqual(recovery.state, "withdrawn")
        self.assertTrue(all(recovery.clock_ids.mapped("done_at")))
        recovery._start_clocks({"test_report"})
        self.assertFalse(self.of(recovery, "test_report"))

    def test_a_late_answer_costs_a_penalty(self):
        """24 h agreed, 25.5 h used: two hours were started, 50 each. The acknowledgement is capped at 120."""
        recovery = self.demanded(timedelta(hours=25, minutes=30))
        self.assertEqual((self.of(recovery, "answer").cost_so_far, recovery.claim_id.charge_ids.ids), (100, []))
        self.answered(recovery)
        charges = {charge.res_id: charge for charge in recovery.claim_id.charge_ids}
        penalty = charges[self.of(recovery, "answer").id]
        self.assertEqual(
            (penalty.kind, penalty.amount, penalty.partner_id, penalty.party, penalty.state),
            ("sla_penalty", 100, self.maker, "supplier", "confirmed"),
        )
        self.assertEqual(
            penalty.explanation,
            "Answer: 24.00 h agreed, 25.50 h used, 1.50 h late; 2 hours started × 50.00, at most 120.00",
        )
        self.assertEqual(charges[self.of(recovery, "acknowledge").id].amount, 120)
        self.assertEqual(len(charges), 2)

    def test_the_clock_stops_when_the_answer_was_given(self):
        """R-D16: an answer that the sync brings two hours later was given in time."""
        recovery = self.demanded(timedelta(hours=25))
        given = self.ago(hours=2)
        self.answered(recovery, at=given)
        answer = self.of(recovery, "answer")
        self.assertEqual((answer.state, answer.done_at), ("kept", given.replace(microsecond=0)))
        self.assertFalse(answer.charge_ids)

    def test_a_moment_that_cannot_be_is_held_to_what_can(self):
        """Before the demand, or in the future: the supplier's clock may be wrong."""
        early, future = self.demanded(timedelta(hours=5)), self.demanded(timedelta(hours=5))
        self.answered(early, at=self.ago(days=30))
        self.answered(future, at=self.ago(days=-1))
        self.assertEqual(self.of(early, "answer").done_at, self.of(early, "answer").start_at)
        self.assertLessEqual(self.of(future, "answer").done_at, Datetime.now())

    def test_a_dispute_lets_the_resolution_run_on(self):
        """The first answer was in time and stays so; the resolution runs from the demand to the last answer."""
        recovery = self.demanded(timedelta(days=20))
        self.answered(recovery, "rejected", reason="wear")
        answer, resolution = self.of(recovery, "answer"), self.of(recovery, "resolution")
        done = answer.done_at
        self.assertEqual(resolution.state, "kept")
        recovery.with_user(self.flow.users["service"]).action_dispute()
        self.assertEqual((resolution.state, resolution.done_at, answer.done_at), ("running", False, done))
        self.started(resolution, self.ago(days=31))
        self.assertEqual(resolution.state, "broken")
        self.answered(recovery)
        self.assertEqual((resolution.state, answer.done_at), ("broken", done))

    def test_a_penalty_is_settled_with_the_supplier_once(self):
        self.env["franchise.charge.account"].create(
            {"kind": "sla_penalty", "account_id": self.flow.account["recovery"].id, "company_id": self.flow.company.id}
        )
        recovery = self.demanded(timedelta(hours=25, minutes=30))
        self.answered(recovery)
        lines = self.flow.generate().line_ids.filtered(lambda line: line.kind == "sla_penalty")
        self.assertEqual(sorted(lines.mapped("amount")), [100, 120])
        self.assertIn("2 hours started", " ".join(lines.mapped("explanation")))
        self.assertFalse(self.flow.generate().line_ids.filtered(lambda line: line.kind == "sla_penalty"))

    def test_an_unlawful_pause_does_not_help_the_supplier(self):
        """A pause for an allowed reason is taken off; one for another isn't."""
        recovery = self.demanded(timedelta(hours=30))
        self.pause(recovery.claim_id, self.ago(hours=20), self.ago(hours=15), self.customer)
        self.assertEqual(self.of(recovery, "answer").cost_so_far, 120, "six hours at 50, capped")
        self.pause(recovery.claim_id, self.ago(hours=20), self.ago(hours=14, minutes=30))
        self.env.invalidate_all()
        self.assertEqual(self.of(recovery, "answer").cost_so_far, 50, "half an hour is left")

    def test_staff_answer_for_a_supplier_without_a_system(self):
        other = self.flow.partner("No System")
        self.flow.make_agreement(other)
        claim = self.flow.claim(stage="approved", supplier=other)
        recovery = claim.recovery_ids.filtered(lambda row: row.party == "supplier")
        recovery.with_user(self.flow.users["service"]).action_reject()
        self.assertEqual(set(recovery.clock_ids.mapped("state")), {"kept"})

    def test_the_test_report_ends_by_hand(self):
        recovery = self.demanded()
        recovery._start_clocks({"test_report"})
        clock = self.of(recovery, "test_report")
        wizard = self.as_role(self.env["franchise.claim.clock.end"], "service")
        with self.assertRaises(UserError):
            wizard.create({"clock_id": clock.id, "done_at": self.ago(days=2)}).action_apply()
        wizard.create({"clock_id": clock.id}).action_apply()
        self.assertEqual(clock.state, "kept")

    def test_attainment_is_an_average_over_clocks(self):
        recovery = self.demanded(timedelta(hours=25, minutes=30))
        self.answered(recovery)
        [[average]] = self.env["franchise.claim.clock"]._read_group(
            [("id", "in", recovery.clock_ids.ids)], aggregates=["attainment:avg"]
        )
        self.assertAlmostEqual(average, 100 / 3, places=1)

    def test_many_answers_take_as_many_queries_as_few(self):
        counts = []
        for number in (1, 2, 8):  # the first fills caches
            recoveries = self.env["franchise.claim.recovery"].union(*(self.demanded() for _at in range(number)))
            self.env.flush_all()
            self.env.invalidate_all()
            recoveries.mapped("state")
            before = self.env.cr.sql_log_count
            recoveries._follow_state("accepted")
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])


@tagged("post_install", "-at_install")
class TestClockTogether(CommitCase):
    """R-D16: two people end the same late clock at the same moment, in transactions of their own: one penalty."""

    @classmethod
    def prepare(cls, flow):
        supplier = flow.partner("Together")
        flow.make_agreement(supplier, level_ids=priced(flow.env))
        claim = flow.claim(stage="approved", supplier=supplier)
        recovery = claim.recovery_ids.filtered(lambda row: row.party == "supplier")
        recovery._start_clocks({"test_report"})
        flow.clock = recovery.clock_ids.filtered(lambda clock: clock.kind == "test_report")
        flow.clock.sudo().start_at = Datetime.now() - timedelta(hours=25, minutes=30)
        flow.clock.sudo()._refresh()

    def test_one_penalty(self):
        def end(role):
            def work(env):
                world = self.world(env)
                wizard = env["franchise.claim.clock.end"].with_user(world.users[role])
                wizard.create({"clock_id": world.clock.id}).action_apply()

            return work

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            self.together(end("service"), end("manager"))
        with self.transaction(commit=False) as env:
            clock = self.world(env).clock
            self.assertEqual(clock.state, "broken")
            charge = clock.charge_ids
            self.assertEqual((charge.mapped("amount"), charge.mapped("revision")), ([100], [1]))

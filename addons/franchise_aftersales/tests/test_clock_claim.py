from datetime import timedelta
from functools import partial

from lxml import etree
from odoo.exceptions import AccessError, UserError
from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .flow import MODULE
from .flow_clock import ClockCase
from .flow_resolution import Resolutions


@tagged("post_install", "-at_install")
class TestClockClaim(ClockCase):
    """R-D10, R-C7: the claim's steps start, end and pause what we promised the franchisee and owe the supplier."""

    def states(self, claim):
        return {(clock.side, clock.kind): clock.state for clock in claim.clock_ids}

    def dialogue(self, claim, role="service", reason=None):
        wizard = self.as_role(self.env["franchise.claim.pause.start"], role).with_context(
            **claim.action_pause()["context"]
        )
        wizard.create({"reason_id": (reason or self.parts).id}).action_pause()

    def test_a_new_claim_starts_its_clocks(self):
        claim = self.claim()
        self.assertEqual(
            self.states(claim),
            {
                ("claimant", "first_answer"): "running",
                ("claimant", "complaint"): "running",
                ("claimant", "resolution"): "running",
                ("duty", "evidence"): "running",
                ("duty", "submit"): "running",
            },
        )
        first = self.clock(claim, "first_answer")
        self.assertEqual(first.due_at - first.start_at, timedelta(hours=4))
        self.assertEqual(claim.clock_due_at, first.due_at, "the earliest of our own")
        self.assertEqual(self.clock(claim, "submit").due_at, claim._day_end(claim.notice_deadline))

    def test_a_claim_reported_earlier_is_late_from_that_day(self):
        """The franchisee reported by telephone ten days ago: the promise runs since then."""
        claim = self.claim(reported_date=self.flow.day(-10))
        first = self.clock(claim, "first_answer")
        self.assertEqual(first.start_at, claim._day_end(self.flow.day(-10)))
        self.assertEqual((first.state, first.urgency), ("broken", "red"))

    def test_the_steps_end_what_they_answer(self):
        claim = self.claim("submitted")
        self.assertEqual(self.states(claim)["claimant", "first_answer"], "kept")
        claim.with_user(self.flow.users["service2"]).action_assess()
        claim.with_user(self.flow.users["finance"]).action_approve()
        states = self.states(claim)
        self.assertEqual(
            [states["claimant", "complaint"], states["duty", "submit"], states["duty", "evidence"]], ["kept"] * 3
        )
        self.assertEqual(states["claimant", "resolution"], "running")
        claim.recovery_ids.with_user(self.flow.users["service"]).filtered(
            lambda recovery: recovery.party != "supplier" or not recovery._sync_endpoints()
        ).action_accept()
        Resolutions(self.flow).resolve(claim)
        service = claim.with_user(self.flow.users["service"])
        service._tell("call", self.flow.today, "Approved")
        service.action_close()
        self.assertEqual(self.states(claim)["claimant", "resolution"], "kept")
        self.assertFalse(claim.clock_due_at)

    def test_evidence_in_time_is_measured(self):
        """R-C7: our duty to give evidence, within the agreement's time, until the supplier has it with the demand."""
        late = self.claim("submitted")
        self.started(self.clock(late, "evidence"), self.ago(days=11))
        late.with_user(self.flow.users["service2"]).action_assess()
        late.with_user(self.flow.users["finance"]).action_approve()
        clock = self.clock(late, "evidence")
        self.assertEqual((clock.side, clock.state), ("duty", "broken"))
        self.assertAlmostEqual(clock.late_hours, 24, places=1)
        self.assertFalse(clock.charge_ids, "our own duty costs nobody a penalty")

    def test_a_message_to_the_franchisee_is_the_first_answer(self):
        claim = self.claim()
        post = partial(claim.with_user(self.flow.users["service"]).message_post, message_type="comment")
        post(body="noted", subtype_xmlid="mail.mt_note", partner_ids=self.flow.franchisee.ids)
        post(body="hello", subtype_xmlid="mail.mt_comment", partner_ids=self.flow.supplier.ids)
        self.assertEqual(self.clock(claim, "first_answer").state, "running")
        post(body="We are on it", subtype_xmlid="mail.mt_comment", partner_ids=self.flow.franchisee.ids)
        self.assertEqual(self.clock(claim, "first_answer").state, "kept")

    def test_rejecting_answers_and_cancelling_leaves_nothing_running(self):
        rejected, cancelled = self.claim("submitted"), self.claim()
        rejected.reject_reason = "worn out"
        rejected.with_user(self.flow.users["service"]).action_reject()
        cancelled.with_user(self.flow.users["service"]).action_cancel()
        self.assertEqual(self.states(rejected)["claimant", "complaint"], "kept")
        self.assertNotIn("running", self.states(rejected).values())
        self.assertFalse(cancelled.clock_ids)

    def test_draft_terms_that_change_move_the_clocks(self):
        claim = self.claim()
        claim.reported_date = self.flow.day(-3)
        claim.discovery_date = claim.event_date = self.flow.day(-5)
        self.assertEqual(self.clock(claim, "first_answer").start_at, claim._day_end(self.flow.day(-3)))
        self.assertEqual(self.clock(claim, "submit").due_at, claim._day_end(claim.notice_deadline))
        other = self.flow.partner("Without terms")
        self.flow.make_agreement(other, level_ids=[], claim_window_days=0)
        claim.write({"supplier_id": other.id, "line_ids": [(5,)]})
        self.assertFalse(claim.clock_ids, "no level, no limit")

    def test_the_part_goes_back(self):
        maker = self.flow.partner("Part Maker")
        term = {"cause_id": self.flow.cause.id, "return_part": True, "return_to": "supplier", "return_days": 14}
        agreement = self.flow.make_agreement(maker, cause_term_ids=[(0, 0, term)])
        claim = self.flow.claim(stage="approved", supplier=maker, reported_date=self.flow.day(-10))
        clock = self.clock(claim, "return")
        self.assertEqual(clock.due_at, claim._day_end(self.flow.day(4)))
        self.assertFalse(self.clock(claim, "test_report"))
        claim.part_returned_on = self.flow.day(-1)
        self.assertEqual((clock.state, clock.done_at), ("kept", claim._day_end(self.flow.day(-1))))
        self.assertEqual(self.clock(claim, "test_report").state, "running", "the supplier has the part to test")
        with self.assertRaisesRegex(UserError, "day on which the part went back"):
            self.end(clock, self.ago(days=2), "finance", "the claim says so already")
        claim.part_returned_on = False
        self.assertEqual((clock.state, clock.done_at), ("running", False))
        self.assertEqual(clock.level_id, agreement.version_ids.level_ids.browse())

    def test_pause_stops_what_the_level_allows(self):
        claim = self.claim()
        first, resolution = self.clock(claim, "first_answer"), self.clock(claim, "resolution")
        self.started(first, self.ago(hours=1))
        self.dialogue(claim)
        self.assertEqual((first.state, first.due_at, first.urgency), ("paused", False, "paused"))
        self.assertTrue(first.paused_since)
        self.assertIn("left, paused", first.remaining_text)
        self.assertEqual(resolution.state, "running", "its level doesn't allow the reason")
        self.assertTrue(claim.is_paused)
        self.assertEqual(claim.pause_ids.user_id, self.flow.users["service"])
        claim.pause_ids.sudo().date_from = self.ago(minutes=30)
        claim.with_user(self.flow.users["service"]).action_end_pause()
        self.assertFalse(claim.is_paused)
        self.assertEqual(first.state, "running")
        self.assertAlmostEqual(
            first.due_at, Datetime.now() + timedelta(hours=3, minutes=30), delta=timedelta(seconds=5)
        )

    def test_a_reason_that_is_not_allowed_stops_nothing(self):
        claim = self.claim()
        due = self.clock(claim, "first_answer").due_at
        self.dialogue(claim, reason=self.customer)
        self.assertEqual((self.clock(claim, "first_answer").due_at, claim.is_paused), (due, True))

    def test_a_second_pause_for_the_same_reason_changes_nothing(self):
        claim = self.claim()
        self.dialogue(claim)
        self.dialogue(claim)
        self.assertEqual(len(claim.pause_ids), 1)

    def test_only_managers_correct_pauses_and_nobody_writes_clocks(self):
        claim = self.claim()
        self.dialogue(claim)
        with self.assertRaises(AccessError):
            self.dialogue(claim, "contract")
        for role in ("service", "finance"):
            with self.assertRaises(AccessError):
                self.as_role(claim.pause_ids, role).write({"date_from": self.ago(days=1)})
        self.as_role(claim.pause_ids, "manager").write({"date_from": self.ago(hours=1)})
        for role in ("service", "manager"):
            with self.assertRaises(AccessError):
                self.as_role(claim.clock_ids[0], role).write({"done_at": Datetime.now()})

    def test_closing_ends_pauses(self):
        claim = self.claim("submitted")
        self.dialogue(claim)
        claim.with_user(self.flow.users["service"]).action_cancel()
        self.assertFalse(claim.is_paused)

    def test_words_and_colour(self):
        claim = self.claim()
        first = self.clock(claim, "first_answer")
        for hours, urgency, words in (
            (1, "green", "2 h 59 min left"),
            (3.5, "amber", "0 h 29 min left"),
            (6, "red", "2 h 0 min overdue"),
        ):
            self.started(first, self.ago(hours=hours, seconds=30))
            claim.invalidate_recordset()
            self.assertEqual((first.urgency, first.remaining_text), (urgency, words))
            self.assertEqual((claim.clock_urgency, claim.clock_text), (urgency, f"First answer: {words}"))
        self.assertIn("text-bg-danger", claim.clock_html)
        self.assertEqual(self.clock(claim, "resolution").remaining_text, "29 d 23 h left")

    def test_filters_find_what_is_due_today_and_overdue(self):
        claim, late, other = self.claim(), self.claim(), self.claim("approved")
        self.started(self.clock(late, "first_answer"), self.ago(hours=6))
        self.started(
            self.clock(claim, "first_answer"),
            Datetime.now().replace(hour=1),
            level_id=False,
            agreed_until=Datetime.now().replace(hour=23, minute=50),
        )
        view = self.env["franchise.claim"].get_view(self.env.ref(f"{MODULE}.franchise_claim_view_search").id, "search")
        domains = {
            name: safe_eval(etree.fromstring(view["arch"]).find(f".//filter[@name='{name}']").get("domain"))
            for name in ("overdue", "due_today", "supplier_overdue")
        }
        search = self.env["franchise.claim"].with_context(tz="UTC").search
        mine = claim | late | other
        self.assertEqual(search(domains["overdue"]) & mine, late)
        self.assertEqual(search(domains["due_today"]) & mine & claim, claim)
        self.assertFalse(search(domains["supplier_overdue"]) & mine)

    def test_a_delivery_promise_is_given_once(self):
        claim = self.claim("approved")
        service = claim.with_user(self.flow.users["service"])
        self.assertTrue(service.can_promise_delivery)
        service.action_promise_delivery()
        self.assertEqual(
            self.clock(claim, "delivery").due_at - self.clock(claim, "delivery").start_at, timedelta(days=3)
        )
        with self.assertRaisesRegex(UserError, "promised once"):
            service.action_promise_delivery()
        with self.assertRaisesRegex(UserError, "promised once"):
            self.flow.claim(stage="approved").with_user(self.flow.users["service"]).action_promise_delivery()

    def test_a_broken_delivery_promise_is_compensated_once(self):
        """R-D10: three days agreed; after five and a half, three days were started: 90 to the franchisee."""
        claim = self.claim("approved")
        claim.with_user(self.flow.users["service"]).action_promise_delivery()
        clock = self.started(self.clock(claim, "delivery"), self.ago(days=5, hours=12))
        self.assertEqual((clock.cost_so_far, clock.charge_ids.ids), (90, []), "shown until it is done, not owed yet")
        with self.assertRaisesRegex(UserError, "delivery is still running"):
            claim._check_obstacles("close")
        self.end(clock, Datetime.now())
        charge = clock.charge_ids
        self.assertEqual(
            (charge.kind, charge.amount, charge.partner_id, charge.party, charge.state),
            ("compensation", -90, self.flow.franchisee, "franchisee", "confirmed"),
        )
        self.assertIn("3 days started × 30.00", charge.explanation)
        self.assertIn("72.00 h agreed, 132.00 h used, 60.00 h late", charge.explanation)
        clock.sudo()._price(clock.sudo()._refresh())
        self.assertEqual(clock.charge_ids, charge, "once")

    def end(self, clock, at, role="service", reason=False):
        wizard = self.as_role(self.env["franchise.claim.clock.end"], role)
        wizard.create({"clock_id": clock.id, "done_at": at, "reason": reason}).action_apply()

    def test_a_corrected_end_corrects_the_amount(self):
        """By finance with a reason: unsettled amounts are computed anew, settled ones are followed by the difference."""
        claim = self.claim("approved")
        claim.with_user(self.flow.users["service"]).action_promise_delivery()
        clock = self.started(self.clock(claim, "delivery"), self.ago(days=5, hours=12))
        self.end(clock, Datetime.now())
        with self.assertRaisesRegex(AccessError, "needs the role"):
            self.end(clock, self.ago(days=1), reason="delivery note")
        with self.assertRaisesRegex(UserError, "why its end is corrected"):
            self.end(clock, self.ago(days=1), "finance")
        with self.assertRaisesRegex(UserError, "not in the future"):
            self.end(clock, Datetime.now() + timedelta(days=1), "finance", "x")
        self.end(clock, self.ago(days=1), "finance", "delivery note")
        live = clock.charge_ids.filtered(lambda charge: charge.state == "confirmed")
        self.assertEqual((live.amount, live.revision), (-60, 2))
        live._trusted().is_settled = True
        self.end(clock, self.ago(days=2), "finance", "delivery note of the carrier")
        correction = clock.charge_ids.filtered(lambda charge: charge.revision == 3)
        self.assertEqual(correction.amount, 30)
        self.assertIn("Corrected to 30.00, less 60.00 settled before", correction.explanation)
        self.assertEqual(clock.correction_reason, "delivery note of the carrier")
        self.end(clock, self.ago(days=4), "finance", "it was in time")
        self.assertEqual(clock.state, "kept")
        self.assertFalse(sum(clock.charge_ids.filtered(lambda charge: charge.state == "confirmed").mapped("amount")))

    def test_what_a_step_ends_is_not_ended_by_hand(self):
        clock = self.clock(self.claim(), "resolution")
        with self.assertRaisesRegex(UserError, "ends by a step"):
            self.end(clock, Datetime.now())

    def test_many_claims_take_as_many_queries_as_few(self):
        counts = []
        bill = self.flow.bill((10.0,) * 50, supplier=self.maker)
        for number in (3, 5, 50):  # the first fills caches
            vals = [
                self.flow.claim_values([("goods", line, 10.0)], self.maker, reported_date=self.flow.today)
                for line in bill[:number]
            ]
            claims = self.env["franchise.claim"].create(
                [{**values, "name": f"N{number}-{at}"} for at, values in enumerate(vals)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            claims._follow_clocks()
            claims._refresh_clocks()
            claims._end_clocks({"first_answer"}, "claimant")
            self.assertEqual(len(claims.mapped("clock_html")), number)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

import psycopg2
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .flow import MODULE, FlowCase

NOTICE = {"road": 7, "rail": 7, "air": 14, "sea": 3}


@tagged("post_install", "-at_install")
class TestAgreementWindows(FlowCase):
    """R-C2, R-C8: claim windows, notices by transport mode, evidence and causal part of each cause."""

    def ref(self, name):
        return self.env.ref(f"{MODULE}.{name}")

    def agreement(self, *terms, shares=None, **version):
        rows = [Command.create({"cause_id": self.ref(f"cause_{cause}").id, **values}) for cause, values in terms]
        every = [
            Command.create({"cause_id": self.ref(f"cause_{cause}").id, "share_supplier": 100})
            for cause in ("quality", "transport", "late", "other")
        ]
        return self.flow.make_agreement(
            self.flow.partner("Windows"), cause_term_ids=rows, liability_ids=every, **version
        )

    def claim(self, agreement, cause, stage="draft", **values):
        return self.flow.claim(
            [("labour", None, 5.0)],
            stage,
            supplier=agreement.supplier_id,
            cause_id=self.ref(f"cause_{cause}").id,
            **values,
        )

    def days(self, event=-40, found=-40, reported=-10, **more):
        values = {"event_date": event, "discovery_date": found, "reported_date": reported, **more}
        return {name: self.flow.day(offset) for name, offset in values.items()}

    def test_notice_by_transport_mode_the_day_before_at_and_after(self):
        """R-C8: road 7 days, rail 7, air 14, sea 3 from delivery; the last day is in time."""
        agreement = self.agreement(claim_window_days=0)
        for mode, days in NOTICE.items():
            for reported, state in ((days - 1, "kept"), (days, "kept"), (days + 1, "lapsed")):
                with self.subTest(mode=mode, reported=reported):
                    claim = self.claim(
                        agreement,
                        "transport_accident",
                        "submitted",
                        transport_mode_id=self.ref(f"transport_mode_{mode}").id,
                        **self.days(reported=-40 + reported, delivery_date=-40),
                    )
                    self.assertEqual(claim.notice_deadline, self.flow.day(-40 + days))
                    self.assertEqual(claim.notice_state, state)
                    self.assertEqual(claim.coverage_state, "covered" if state == "kept" else "not_covered")
                    if state == "lapsed":
                        self.assertIn("told 1 days after the notice of that transport mode", claim.coverage_reason)

    def test_a_version_has_days_of_its_own_and_keeps_them(self):
        """R-C8: configurable by list, by version; a later change of the list moves no version."""
        version = self.flow.make_version(self.flow.agreement, date_from=self.flow.day(100))
        road, sea = self.ref("transport_mode_road"), self.ref("transport_mode_sea")
        version.transport_notice_ids.filtered(lambda row: row.transport_mode_id == sea).notice_days = 5
        road.notice_days = 9
        self.assertEqual((version._transport_notice_days(sea), version._transport_notice_days(road)), (5, 7))
        later = self.flow.make_version(self.flow.agreement, date_from=self.flow.day(200))
        self.assertEqual(later._transport_notice_days(road), 9)
        drone = self.env["franchise.transport.mode"].create({"name": "Drone", "notice_days": 1})
        self.assertEqual(
            later._transport_notice_days(drone), 1, "a mode that the version doesn't know: the list's days"
        )

    def test_no_notice_for_other_causes_or_without_a_mode(self):
        """R-C8: the notice is about transport damage."""
        agreement = self.agreement(claim_window_days=0)
        sea = self.ref("transport_mode_sea").id
        quality = self.claim(agreement, "quality_design", transport_mode_id=sea, **self.days(delivery_date=-40))
        self.assertFalse(quality.notice_deadline)
        self.assertFalse(self.claim(agreement, "transport_accident", **self.days(delivery_date=-40)).notice_deadline)

    def test_window_per_cause_from_delivery_or_discovery(self):
        """R-C2: the nearest ancestor's terms; the general window for a cause without any."""
        agreement = self.agreement(
            ("quality", {"window_days": 20, "window_from": "discovery"}),
            ("quality_design", {"window_days": 10, "window_from": "delivery"}),
            claim_window_days=5,
        )
        for cause, deadline in (("quality_material", -10), ("quality_design", -25), ("other_price", -25)):
            with self.subTest(cause):
                claim = self.claim(agreement, cause, **self.days(event=-40, found=-30, delivery_date=-35))
                self.assertEqual(claim.notice_deadline, self.flow.day(deadline))
        unknown = self.claim(agreement, "quality_design", "submitted", **self.days())
        self.assertEqual(unknown.coverage_state, "not_covered")
        self.assertIn("enter the date of delivery", unknown.coverage_reason)

    def test_the_earliest_right_counts(self):
        """R-C8: window and notice together."""
        agreement = self.agreement(("transport", {"window_days": 4, "window_from": "delivery"}))
        for mode, days in (("sea", 3), ("road", 4)):
            claim = self.claim(
                agreement,
                "transport_packaging",
                transport_mode_id=self.ref(f"transport_mode_{mode}").id,
                **self.days(delivery_date=-40),
            )
            self.assertEqual(claim.notice_deadline, self.flow.day(-40 + days))

    def test_the_terms_of_the_event_day_count_and_a_later_version_moves_a_draft(self):
        """R-C6, R-C8: a draft follows amendments of its day, a submitted claim keeps its terms."""
        agreement = self.agreement(claim_window_days=60)
        draft = self.claim(agreement, "quality", **self.days())
        submitted = self.claim(agreement, "quality", "submitted", **self.days())
        self.assertEqual(draft.notice_deadline, self.flow.day(20))
        self.flow.make_version(agreement, date_from=self.flow.day(-50), claim_window_days=10).action_confirm()
        self.assertEqual(draft.notice_deadline, self.flow.day(-30))
        self.assertEqual(submitted.notice_deadline, self.flow.day(20))

    def test_a_draft_is_open_until_its_last_day(self):
        """R-C8: a draft tells nobody."""
        agreement = self.agreement(claim_window_days=30)
        for found, state in ((-31, "lapsed"), (-30, "open"), (-29, "open")):
            claim = self.claim(agreement, "quality", **self.days(event=found, found=found, reported=0))
            self.assertEqual(claim.notice_state, state)

    def test_staff_are_warned_before_a_right_lapses_and_told_when_it_has(self):
        """R-C8: by the scheduled run, once each; not once the claim is reported."""
        agreement = self.agreement(claim_window_days=30)
        claim = self.claim(agreement, "quality", **self.days(event=-27, found=-27, reported=0))
        early = self.claim(agreement, "quality", **self.days(event=-26, found=-26, reported=0))
        told = self.claim(agreement, "quality", "submitted", **self.days(event=-27, found=-27, reported=0))
        claim.user_id = self.flow.users["service"]
        self.env.flush_all()
        run = self.env["franchise.deadline.mixin"]._run_deadlines
        for _twice in range(2):
            run(self.flow.today, commit=False)
        self.assertEqual(claim.activity_ids.user_id, self.flow.users["service"])
        self.assertEqual(
            claim.activity_ids.summary, f"{claim.name}: report it by {self.flow.day(3)} or the right to claim lapses"
        )
        self.assertFalse(early.activity_ids | told.activity_ids)
        run(self.flow.day(4), commit=False)
        self.assertIn(
            f"{claim.name}: the right to claim lapsed on {self.flow.day(3)}", claim.activity_ids.mapped("summary")
        )

    def test_causal_part_goes_back(self):
        """R-C8: whether, to whom, by when; staff are warned until it is done."""
        agreement = self.agreement(("quality", {"return_part": True, "return_to": "carrier", "return_days": 14}))
        claim = self.claim(agreement, "quality_design", "submitted", **self.days(reported=-12))
        self.assertEqual((claim.return_to, claim.return_due_date), ("carrier", self.flow.day(2)))
        self.assertEqual(claim.deadline_date, self.flow.day(2))
        self.env.flush_all()
        self.env["franchise.deadline.mixin"]._run_deadlines(self.flow.today, commit=False)
        self.assertIn("the causal part goes back by", claim.activity_ids.summary)
        claim.with_user(self.flow.users["service"]).part_returned_on = self.flow.today
        self.assertFalse(claim.deadline_date)
        other = self.claim(agreement, "other_price", "submitted", **self.days())
        self.assertFalse(other.return_due_date or other.return_to)

    def test_evidence_of_a_cause(self):
        """R-C2: mandatory and further evidence, from the nearest ancestor."""
        photos, record = self.ref("evidence_damage_photos"), self.ref("evidence_problem_record")
        agreement = self.agreement(
            (
                "transport",
                {
                    "evidence_required_ids": [Command.set(photos.ids)],
                    "evidence_wanted_ids": [Command.set(record.ids)],
                },
            )
        )
        claim = self.claim(agreement, "transport_accident")
        self.assertEqual((claim.evidence_required_ids, claim.evidence_wanted_ids), (photos, record))
        self.assertFalse(self.claim(agreement, "quality").evidence_required_ids)

    def test_rules_stand_in_the_database(self):
        """R-C2, R-C8: one row a cause and a mode; days and dates that make no sense are refused."""
        draft = self.flow.make_version(self.flow.agreement, date_from=self.flow.day(100))
        term = self.env["franchise.service.agreement.cause.term"]
        row = {"version_id": draft.id, "cause_id": self.ref("cause_late").id}
        term.create(row)
        road = {"version_id": draft.id, "transport_mode_id": self.ref("transport_mode_road").id}
        tries = {
            "franchise_service_agreement_cause_term_unique_cause": lambda: term.create(row),
            "franchise_service_agreement_cause_term_check_days": lambda: draft.cause_term_ids.write(
                {"window_days": -1}
            ),
            "franchise_service_agreement_cause_term_check_return": lambda: draft.cause_term_ids.write(
                {"return_part": True, "return_to": False}
            ),
            "franchise_service_agreement_transport_notice_unique_mode": lambda: draft.transport_notice_ids.create(road),
            "franchise_service_agreement_transport_notice_check_days": lambda: draft.transport_notice_ids.write(
                {"notice_days": -1}
            ),
        }
        for name, work in tries.items():
            with (
                self.subTest(name),
                self.assertRaises(psycopg2.IntegrityError) as caught,
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                work()
                self.env.flush_all()
            self.assertEqual(caught.exception.diag.constraint_name, name)

    def test_what_arrives_after_the_report_is_in_time(self):
        """R-C8: late goods are claimed before they come."""
        agreement = self.agreement(("late", {"window_days": 5, "window_from": "delivery"}))
        claim = self.claim(agreement, "late_transport", "submitted", **self.days(reported=-10, delivery_date=-2))
        self.assertEqual((claim.notice_state, claim.coverage_state), ("kept", "covered"))

    def test_delivery_and_mode_are_fixed_once_submitted(self):
        claim = self.claim(self.flow.agreement, "quality", "submitted")
        for values in ({"delivery_date": self.flow.day(-30)}, {"transport_mode_id": self.ref("transport_mode_sea").id}):
            with self.assertRaises(UserError):
                claim.with_user(self.flow.users["service"]).write(values)

    def test_many_claims_take_one_look_up(self):
        """R-C8: windows of many claims cost as many queries as those of five."""
        agreement = self.agreement(("quality", {"window_days": 20}))
        claims = self.env["franchise.claim"].create(
            [
                self.flow.claim_values(
                    [("labour", None, 5.0)], agreement.supplier_id, cause_id=self.ref("cause_quality").id
                )
                for _number in range(50)
            ]
        )
        counts = []
        for number in (5, 50):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env.add_to_compute(claims._fields["notice_deadline"], claims[:number])
            claims[:number].mapped("notice_deadline")
            claims[:number].mapped("evidence_required_ids")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .flow import MODULE, FlowCase


@tagged("post_install", "-at_install")
class TestAgreementAmendment(FlowCase):
    """R-C3, R-C6: amendments with a reason, what they change in words, and the terms of any day."""

    def setUp(self):
        super().setUp()
        self.agreement = self.flow.make_agreement(self.flow.partner("Amended"), date_from=date(2024, 1, 1))
        self.first = self.agreement.version_ids

    def ref(self, name):
        return self.env.ref(f"{MODULE}.{name}")

    def amend(self, role="contract", **values):
        action = self.first.with_user(self.flow.users[role]).action_ask_amendment()
        wizard = self.env[action["res_model"]].with_user(self.flow.users[role]).with_context(**action["context"])
        with Form(wizard) as form:
            form.date_from = date(2025, 1, 1)
            form.reason = "Agreed in writing"
        opened = form.record.action_amend()
        amendment = self.env["franchise.service.agreement.version"].browse(opened["res_id"])
        amendment.write(values)
        return amendment

    def test_an_amendment_has_its_reason_and_day(self):
        """R-C6: the draft carries every term of the version before."""
        amendment = self.amend()
        self.assertEqual(
            (amendment.state, amendment.number, amendment.date_from, amendment.amendment_reason),
            ("draft", 2, date(2025, 1, 1), "Agreed in writing"),
        )
        self.assertEqual(amendment.previous_version_id, self.first)
        self.assertFalse(amendment.changes, "nothing changed yet")
        for rows in ("liability_ids", "level_ids", "transport_notice_ids"):
            self.assertEqual(len(amendment[rows]), len(self.first[rows]))

    def test_no_amendment_without_a_reason_or_by_service_staff(self):
        wizard = self.env["franchise.service.agreement.amend"].create({"version_id": self.first.id, "reason": "  "})
        with self.assertRaisesRegex(UserError, "why"):
            wizard.action_amend()
        with self.assertRaises(AccessError):
            self.amend("service")

    def test_what_changed_is_said_in_words(self):
        """R-C6: terms, lists, choices, money; rows added, taken out and changed."""
        amendment = self.amend(
            warranty_months=36,
            warranty_from="production",
            covers_return=False,
            claim_ceiling=5000,
            mode_ids=[Command.set(self.ref("service_mode_on_site").ids)],
            cause_term_ids=[Command.create({"cause_id": self.ref("cause_late").id, "window_days": 3})],
        )
        amendment.liability_ids.write({"share_supplier": 75, "share_franchisor": 15})
        amendment.transport_notice_ids.filtered(lambda row: row.notice_days == 3).unlink()
        amendment.level_ids.filtered(lambda level: level.kind == "complaint").duration = 12
        self.assertEqual(
            set(amendment.changes.splitlines()),
            {
                "Warranty Months: 24 → 36",
                "Warranty Runs From: Sale → Production",
                "Return and Exchange: yes → no",
                f"Ceiling per Claim: {self.money(0)} → {self.money(5000)}",
                "Service Modes: none → On site",
                "Terms per Cause: Late delivery added",
                "Liability Matrix: Quality: Supplier %: 80 → 75",
                "Liability Matrix: Quality: Franchisor %: 10 → 15",
                "Notice of Transport Damage: Sea taken out",
                "Service Levels: Answer to a complaint: Within: 24 → 12",
            },
        )
        self.assertFalse(self.first.changes)

    def money(self, amount):
        return self.flow.currency.format(amount)

    def test_the_timeline_lists_every_version(self):
        """R-C6: each with what it changed of the one before."""
        second = self.amend(warranty_months=36)
        second.action_confirm()
        third = self.env["franchise.service.agreement.version"].browse(second.action_amend()["res_id"])
        third.warranty_months = 30
        self.assertEqual(
            {version.number: version.changes for version in self.agreement.version_ids},
            {1: False, 2: "Warranty Months: 24 → 36", 3: "Warranty Months: 36 → 30"},
        )

    def test_the_version_of_the_event_day_governs(self):
        """R-C6: coverage goes by the terms of the event's day, not of today."""
        self.amend(claim_window_days=1, date_from=self.flow.day(-18)).action_confirm()
        for event, state in ((-19, "covered"), (-18, "not_covered")):
            claim = self.flow.claim(
                [("labour", None, 5.0)],
                "submitted",
                supplier=self.agreement.supplier_id,
                event_date=self.flow.day(event),
                discovery_date=self.flow.day(-15),
                reported_date=self.flow.day(-10),
            )
            self.assertEqual(claim.coverage_state, state)

    def test_the_matrix_on_a_day(self):
        """R-C3: service staff see who bore what on any day; a day without terms says so."""
        amendment = self.amend()
        amendment.liability_ids.write({"share_supplier": 75, "share_franchisor": 15})
        amendment.action_confirm()
        wizard = self.env["franchise.service.agreement.day"].with_user(self.flow.users["service"])
        for day, share in ((date(2024, 12, 31), 80), (date(2025, 1, 1), 75), (date(2023, 1, 1), None)):
            with self.subTest(day=day):
                shown = wizard.create({"agreement_id": self.agreement.id, "day": day})
                self.assertEqual(shown.liability_ids.mapped("share_supplier"), [share] if share else [])
                self.assertEqual(bool(shown.version_id), share is not None)

    def test_the_matrix_is_taken_over_from_the_previous_version(self):
        """R-C3: a blank draft gets the rows of the version before, once."""
        draft = self.flow.make_version(
            self.agreement, {"supplier": 100}, cause=self.ref("cause_late"), date_from=date(2025, 1, 1)
        )
        for _twice in range(2):
            draft.with_user(self.flow.users["contract"]).action_copy_matrix()
        self.assertEqual(draft.liability_ids.cause_id, self.ref("cause_quality"))
        self.assertEqual(draft.liability_ids._shares(), self.first.liability_ids._shares())
        with self.assertRaisesRegex(UserError, "nothing to take over"):
            self.flow.make_agreement(self.flow.partner("New")).version_ids.action_copy_matrix()
        with self.assertRaises(UserError):
            draft.action_confirm()
            draft.action_copy_matrix()

    def test_a_draft_agreement_with_confirmed_terms_is_not_deleted(self):
        """R-C6: its versions are evidence; without any, it is."""
        agreement = self.flow.make_agreement(self.flow.partner("Draft"), activate=False)
        with self.assertRaisesRegex(UserError, "End the agreement instead"):
            agreement.with_user(self.flow.users["contract"]).unlink()
        self.assertTrue(agreement.version_ids.exists())
        blank = self.env["franchise.service.agreement"].create(
            {"supplier_id": self.flow.partner("Blank").id, "company_id": self.flow.company.id}
        )
        draft = self.flow.make_version(blank)
        blank.with_user(self.flow.users["contract"]).unlink()
        self.assertFalse(draft.exists())

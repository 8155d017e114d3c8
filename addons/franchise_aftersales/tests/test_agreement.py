import itertools
from datetime import date

import psycopg2
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .commit_case import CommitCase
from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestAgreement(FlowCase):
    """Terms are dated versions; one governs a day, for ever the same (R-C3, R-C6)."""

    def setUp(self):
        super().setUp()
        self.agreement = self.flow.make_agreement(self.flow.partner("Other"), date_from=date(2024, 1, 1))
        self.first = self.agreement.version_ids

    def governing(self, *days):
        versions = self.env["franchise.service.agreement"]._versions_on([(self.agreement.id, day) for day in days])
        return [versions[self.agreement.id, day].number if (self.agreement.id, day) in versions else 0 for day in days]

    def assert_refused_by_database(self, work, constraint):
        with self.assertRaises(psycopg2.IntegrityError) as caught, mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            work()
            self.env.flush_all()
        self.assertEqual(caught.exception.diag.constraint_name, constraint)

    def test_amendment_ends_the_earlier_version_the_day_before(self):
        """R-C6: the leap day still belongs to the first version."""
        second = self.flow.make_version(self.agreement, date_from=date(2024, 3, 1))
        second.action_confirm()
        self.assertEqual(self.first.date_to, date(2024, 2, 29))
        self.assertEqual(second.number, 2)
        self.assertEqual(
            self.governing(date(2023, 12, 31), date(2024, 1, 1), date(2024, 2, 29), date(2024, 3, 1), date(2050, 1, 1)),
            [0, 1, 1, 2, 2],
        )

    def test_a_draft_governs_nothing(self):
        self.flow.make_version(self.agreement, date_from=date(2025, 1, 1))
        self.assertEqual(self.governing(date(2025, 6, 1)), [1])

    def test_a_gap_has_no_terms(self):
        """R-C6: between the end of one version and the start of the next nothing governs."""
        agreement = self.flow.make_agreement(
            self.flow.partner("Gap"), date_from=date(2024, 1, 1), date_to=date(2024, 6, 30)
        )
        self.flow.make_version(agreement, date_from=date(2024, 8, 1)).action_confirm()
        versions = self.env["franchise.service.agreement"]._versions_on(
            [(agreement.id, date(2024, month, 1)) for month in (6, 7, 8)]
        )
        self.assertEqual([versions[key].number for key in sorted(versions)], [1, 2])
        self.assertNotIn((agreement.id, date(2024, 7, 1)), versions)

    def test_many_days_take_one_query(self):
        days = [date(2024, 1, day) for day in range(1, 29)]
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(2):
            self.env["franchise.service.agreement"]._versions_on([(self.agreement.id, day) for day in days])

    def test_database_refuses_two_versions_of_one_day(self):
        """R-C6: an exclusion constraint, so that no program can do otherwise."""
        self.first._trusted().date_to = date(2024, 6, 30)
        self.env.flush_all()
        second = self.flow.make_version(self.agreement, date_from=date(2024, 6, 30))
        self.assert_refused_by_database(
            lambda: second._trusted().write({"state": "confirmed"}), "franchise_service_agreement_version_no_overlap"
        )
        second.date_from = date(2024, 7, 1)
        second.action_confirm()
        self.assert_refused_by_database(
            lambda: self.env.cr.execute(
                "UPDATE franchise_service_agreement_version SET date_from = '2024-06-01' WHERE id = %s", [second.id]
            ),
            "franchise_service_agreement_version_no_overlap",
        )

    def test_another_agreement_may_govern_the_same_day(self):
        other = self.flow.make_agreement(self.flow.partner("Third"), date_from=date(2024, 1, 1))
        self.assertEqual(other.version_ids.state, "confirmed")

    def test_shares_are_exactly_100_percent_and_not_negative(self):
        """R-C3: by constraint, for thirds too."""
        version = self.flow.make_version(self.agreement, date_from=date(2025, 1, 1))
        row = version.liability_ids
        row.write({"share_supplier": 33.33, "share_carrier": 33.33, "share_franchisor": 33.34, "share_franchisee": 0})
        self.env.flush_all()
        for shares in (
            {"share_supplier": 33.33, "share_carrier": 33.33, "share_franchisor": 33.33},
            {"share_supplier": 100.01, "share_carrier": 0, "share_franchisor": 0},
            {"share_supplier": 110, "share_carrier": -10, "share_franchisor": 0},
        ):
            with self.subTest(shares=shares):
                self.assert_refused_by_database(
                    lambda shares=shares: row.write(shares), "franchise_service_agreement_liability_check_whole"
                )
                self.env.invalidate_all()

    def test_shares_that_are_not_given_are_nothing(self):
        """R-C3: an empty share must not make the sum unknown, which PostgreSQL would let pass."""
        version = self.flow.make_version(self.agreement, date_from=date(2025, 1, 1))
        row = {"version_id": version.id, "cause_id": self.env.ref("franchise_aftersales.cause_late").id}
        self.assert_refused_by_database(
            lambda: self.env["franchise.service.agreement.liability"].create({**row, "share_supplier": 50}),
            "franchise_service_agreement_liability_check_whole",
        )
        self.assertEqual(self.env["franchise.service.agreement.liability"].create(row)._shares()["carrier"], 0)

    def test_a_cause_has_one_row(self):
        self.assert_refused_by_database(
            lambda: self.flow.make_version(self.agreement, date_from=date(2025, 1, 1)).write(
                {"liability_ids": [Command.create({"cause_id": self.env.ref("franchise_aftersales.cause_quality").id})]}
            ),
            "franchise_service_agreement_liability_unique_cause",
        )

    def test_a_confirmed_version_never_changes(self):
        """R-C6: not its terms, its matrix or its end, by no way through the model."""
        row = self.first.liability_ids
        draft = self.flow.make_version(
            self.agreement,
            date_from=date(2025, 1, 1),
            cause=self.env.ref("franchise_aftersales.cause_quality_material"),
        )
        tries = {
            "terms": lambda: self.first.write({"warranty_months": 1}),
            "ceiling": lambda: self.first.write({"claim_ceiling": 1}),
            "start": lambda: self.first.write({"date_from": date(2020, 1, 1)}),
            "end": lambda: self.first.write({"date_to": date(2030, 1, 1)}),
            "draft again": lambda: self.first.write({"state": "draft"}),
            "row": lambda: row.write({"share_supplier": 70, "share_carrier": 20}),
            "row through the version": lambda: self.first.write(
                {"liability_ids": [Command.update(row.id, {"share_supplier": 70, "share_carrier": 20})]}
            ),
            "new row": lambda: row.copy({"cause_id": self.env.ref("franchise_aftersales.cause_late").id}),
            "row of a draft moved in": lambda: draft.liability_ids.write({"version_id": self.first.id}),
            "row moved out": lambda: row.write({"version_id": draft.id}),
            "row deleted": row.unlink,
            "deleted": self.first.unlink,
        }
        for name, attempt in tries.items():
            with self.subTest(name), self.assertRaises(UserError), self.env.cr.savepoint():
                attempt()
                self.env.flush_all()
        self.assertEqual(self.first.liability_ids, row)

    def test_a_version_without_a_matrix_or_a_carrier_is_not_confirmed(self):
        version = self.flow.make_version(self.agreement, date_from=date(2025, 1, 1), liability_ids=[])
        with self.assertRaisesRegex(UserError, "no liability matrix"):
            version.action_confirm()
        version = self.flow.make_version(self.agreement, date_from=date(2025, 1, 1), carrier_id=False)
        with self.assertRaisesRegex(UserError, "name the carrier"):
            version.action_confirm()

    def test_shares_of_a_cause_come_from_its_nearest_ancestor(self):
        """R-C3: a row of its own wins over its parent's; a cause of another branch has none."""
        ref = lambda name: self.env.ref(f"franchise_aftersales.cause_{name}")  # noqa: E731
        version = self.flow.make_version(self.agreement, date_from=date(2025, 1, 1))
        version.liability_ids = [
            Command.create({"cause_id": ref("quality_design").id, "share_supplier": 25, "share_franchisor": 75})
        ]
        self.assertEqual(version._shares_for(ref("quality_design"))["supplier"], 25)
        self.assertEqual(version._shares_for(ref("quality_material"))["supplier"], 80)
        self.assertEqual(version._shares_for(ref("late")), {})

    def test_amend_copies_the_terms_into_a_draft(self):
        amendment = self.env["franchise.service.agreement.version"].browse(self.first.action_amend()["res_id"])
        self.assertEqual((amendment.state, amendment.number, amendment.date_to), ("draft", 2, False))
        self.assertEqual(amendment.liability_ids._shares(), self.first.liability_ids._shares())

    def test_an_agreement_without_confirmed_terms_is_not_activated(self):
        agreement = self.env["franchise.service.agreement"].create(
            {"supplier_id": self.flow.partner("New").id, "company_id": self.flow.company.id}
        )
        with self.assertRaisesRegex(UserError, "no confirmed version"):
            agreement.action_activate()

    def test_one_active_agreement_a_supplier_and_currency(self):
        self.assert_refused_by_database(
            lambda: self.flow.make_agreement(self.agreement.supplier_id),
            "franchise_service_agreement_unique_active",
        )


@tagged("post_install", "-at_install")
class TestAgreementTogether(CommitCase):
    """Two people confirm overlapping versions at the same time (R-C6)."""

    @classmethod
    def prepare(cls, flow):
        flow.other = flow.make_agreement(flow.partner("Race"), date_from=flow.day(-500), date_to=flow.day(-100))
        flow.left = flow.make_version(flow.other, date_from=flow.day(-50))
        flow.right = flow.make_version(flow.other, date_from=flow.day(-40))

    def test_exactly_one_is_confirmed(self):
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            results = self.together(
                lambda env: self.world(env).left.action_confirm(), lambda env: self.world(env).right.action_confirm()
            )
        errors = [error for _result, _tries, error in results if error]
        with self.transaction() as env:
            versions = self.world(env).other.version_ids.filtered(lambda version: version.state == "confirmed")
            spans = sorted((version.date_from, version.date_to or date.max) for version in versions)
        self.assertTrue(all(end < start for (_, end), (start, _) in itertools.pairwise(spans)), spans)
        self.assertEqual(len(spans), 3 - len(errors))
        self.assertLessEqual(len(errors), 1)

from unittest.mock import patch

from odoo.fields import Domain
from odoo.tests import tagged

from ..models.base.condensed import FranchiseCondensedMixin
from .report_case import MEASURES, OWN, ReportCase


@tagged("post_install", "-at_install")
class TestSettlementReportCondensed(ReportCase):
    """R-F4: groups come from sums of the rows; they are what Odoo makes of the rows themselves, at a constant number of queries."""

    def both(self, call):
        """The result of `call(report)` with and without condensing, and that condensing did take place."""
        condensed = []
        own = FranchiseCondensedMixin._condense

        def watched(report, *args):
            condensed.append(own(report, *args))
            return condensed[-1]

        with patch.object(FranchiseCondensedMixin, "_condense", watched):
            fast = call(self.report)
        with patch.object(FranchiseCondensedMixin, "_condense", lambda *_args: None):
            slow = call(self.report)
        return fast, slow, any(report is not None for report in condensed)

    def plain(self, groups):
        """Groups for comparison: numbers rounded, conditions as Odoo writes them."""
        return [
            {
                name: round(float(value), 6)
                if name.split(":")[-1] in ("sum", "sum_currency") and value is not None
                else value
                for name, value in group.items()
                if name != "__extra_domain"
            }
            for group in groups
        ]

    def test_the_same_as_of_the_rows(self):
        for sets, aggregates, order in (
            ([[], ["partner_id"], ["partner_id", "date:month"], ["date:month"]], MEASURES, None),
            ([["cause_id", "date:quarter"], ["cause_id"], []], OWN, None),
            ([["date:month", "date:year"], ["date:year"]], MEASURES, None),
            ([["date:week"], ["date:month"]], MEASURES, None),
            ([["date:month_number", "kind"]], MEASURES, None),
            ([["currency_id", "state"], ["currency_id"]], OWN + MEASURES[:3], None),
            ([["partner_id.country_id", "party"]], MEASURES, None),
            ([["brand_id"], ["product_id", "company_id"]], MEASURES, "amount_company:sum desc"),
            ([["settlement_id"], ["claim_id"]], ["__count"], "__count desc, settlement_id, claim_id"),
        ):
            for domain in (
                [],
                [("state", "=", "posted")],
                [("partner_id.name", "ilike", "Supplier")],
                [("id", "=", 0)],
            ):
                fast, slow, condensed = self.both(
                    lambda report, args=(domain, sets, aggregates, order): report.formatted_read_grouping_sets(
                        *args[:3], order=args[3]
                    )
                )
                with self.subTest(sets=sets, domain=domain):
                    self.assertTrue(condensed)
                    self.assertEqual(list(map(self.plain, fast)), list(map(self.plain, slow)))

    def test_groups_of_list_and_graph(self):
        for groupby, order in (
            (["kind"], None),
            (["partner_id"], "amount_company:sum desc"),
            (["date:month"], "date:month desc"),
        ):
            fast, slow, condensed = self.both(
                lambda report, groupby=groupby, order=order: report.formatted_read_group(
                    [], groupby, MEASURES + OWN[:3], limit=3, order=order
                )
            )
            self.assertTrue(condensed)
            self.assertEqual(self.plain(fast), self.plain(slow))
            opened = self.report.web_read_group([], groupby, MEASURES, limit=2, order=order)
            self.assertEqual(self.plain(opened["groups"])[0]["__count"], self.plain(fast)[0]["__count"])

    def test_what_is_no_sum_is_asked_of_the_rows(self):
        for aggregates in (["amount:avg"], ["amount:max", "__count"], ["partner_id:count_distinct"], ["id:array_agg"]):
            fast, slow, condensed = self.both(
                lambda report, aggregates=aggregates: report.formatted_read_group([], ["kind"], aggregates)
            )
            self.assertFalse(condensed)
            self.assertEqual(fast, slow)
        having = self.report._read_group([], ["partner_id"], ["__count"], having=[("__count", ">", 5)])
        self.assertEqual(len(having), 4)

    def test_conditions_of_cells_are_those_of_odoo(self):
        own, odoo = FranchiseCondensedMixin._web_read_group_format, self.env.registry["base"]._web_read_group_format
        checked = []

        def compared(report, groupby, aggregates, groups):
            ours, theirs = (how(report, groupby, aggregates, groups) for how in (own, odoo))
            for mine, other in zip(ours, theirs, strict=True):
                conditions = Domain(mine.pop("__extra_domain")), Domain(other.pop("__extra_domain"))
                checked.append((conditions[0] == conditions[1], mine == other))
            return own(report, groupby, aggregates, groups)

        with patch.object(FranchiseCondensedMixin, "_web_read_group_format", compared):
            self.report.formatted_read_grouping_sets(
                [], [[], ["product_id"], ["partner_id", "product_id", "kind", "date:month"], ["date:quarter"]], MEASURES
            )
        self.assertGreater(len(checked), 15)
        self.assertEqual(set(checked), {(True, True)})

    def test_postgresql_shares_the_work(self):
        """R-F4: what tells PostgreSQL how few groups there are is there, with the very expression that Odoo groups months by."""
        self.env.cr.execute(
            "SELECT unnest(pg_get_statisticsobjdef_expressions(oid)) FROM pg_statistic_ext"
            " WHERE stxname = 'franchise_settlement_line_groups'"
        )
        [[expression]] = self.env.cr.fetchall()
        query = self.report._search([])
        grouped = self.report._read_group_groupby(self.report._table, "date:month", query)
        text = self.env.cr.mogrify(grouped.code, grouped.params).decode()
        marks = str.maketrans("", "", '() "')
        self.assertEqual(
            expression.replace("::text", "").replace("without time zone", "").translate(marks),
            text.replace(f'"{self.report._table}".', "").translate(marks),
        )

    def test_as_many_queries_with_many_lines(self):
        """R-F4: pivot and list cost the same number of statements for 10 lines as for all of them."""
        few = [("id", "in", self.lines[:10].ids)]
        named = {"fields": {"display_name": {}}}
        spec = {"date": {}, "amount": {}, "amount_company": {}, "settlement_id": named, "partner_id": named}
        for call in (
            lambda domain: self.report.formatted_read_grouping_sets(
                domain, [[], ["partner_id"], ["partner_id", "cause_id", "date:month"]], MEASURES
            ),
            lambda domain: self.report.web_search_read(domain, spec, limit=80, count_limit=10001),
            lambda domain: self.report.web_read_group(domain, ["kind"], MEASURES, limit=80),
        ):
            counts = []
            for domain in (few, few, [("id", "in", self.lines.ids)]):
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                call(domain)
                counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(counts[1], counts[2])
            self.assertLess(counts[2], 12)

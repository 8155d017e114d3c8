import math
import tempfile
import unicodedata

import xlsxwriter
from odoo import models

# What spreadsheet programs take for the start of a formula, and the full-width forms that some take for the same.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
CELL_LIMIT = 32767
SHEET_NAME_LIMIT = 31
COLUMN_WIDTHS = (15, 46, 46, 22, 17)
ROW_HEIGHT = 15
IN_MEMORY = 4 * 1024 * 1024  # bytes of a workbook, before it goes to the disk


def neutral(text):
    """`text` for a cell, so that no spreadsheet program ever runs it: a formula's first character gets an apostrophe.

    The cells are written as strings, which Excel and LibreOffice show and never calculate when they open the workbook.
    That protection is lost when somebody saves the sheet as CSV: a CSV has no types, so a text that came from a
    partner's system, like =HYPERLINK(…), is a formula for whoever opens that file next. A cell's "treat as text" mark
    (quotePrefix) isn't saved to CSV either. An apostrophe inside the text is: it alone survives (tried with LibreOffice,
    which takes the full-width ＝ for a formula too), so a text that starts like a formula shows it. Amounts are numbers
    and are not touched.
    """
    text = (text or "")[: CELL_LIMIT - 1]
    return "'" + text if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def wrapped_rows(text, width):
    """How many rows `text` takes in a column that is `width` characters wide; a Chinese character is two wide."""
    text = text or ""
    size = len(text)
    if not text.isascii():
        size += sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    # A tenth of a row stays empty where words are not broken.
    return max(1, math.ceil(size / (width * 0.9)))


class FranchiseSettlement(models.Model):
    """The statement as a workbook: one sheet a settlement, totals as live formulas, frozen header, filter."""

    _inherit = "franchise.settlement"

    def _statement_xlsx(self):
        """Bytes of the workbook (see `_statement_xlsx_file`)."""
        with self._statement_xlsx_file() as file:
            return file.read()

    def _statement_xlsx_file(self):
        """The workbook as a file object at its beginning, on the disk when it is large; close it after use.

        In the partners' languages; amounts are numbers in the settlements' currencies. Rows are written as they are read:
        memory doesn't grow with them.
        """
        target = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 — the caller closes it
        try:
            self._write_workbook(target)
        except BaseException:
            target.close()
            raise
        target.seek(0)
        return target

    def _write_workbook(self, target):
        # strings_to_formulas off: text from partners is never a formula, also where `neutral` was forgotten.
        options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
        with xlsxwriter.Workbook(target, options) as book:
            styles = {
                "title": book.add_format({"bold": True, "font_size": 14}),
                "label": book.add_format({"font_color": "#6C757D", "align": "left"}),
                "fact": book.add_format({"align": "left"}),
                "fact_date": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
                "head": book.add_format(
                    {"bold": True, "bg_color": "#E9ECEF", "bottom": 1, "text_wrap": True, "valign": "vcenter"}
                ),
                "head_amount": book.add_format(
                    {"bold": True, "bg_color": "#E9ECEF", "bottom": 1, "align": "right", "valign": "vcenter"}
                ),
                "date": book.add_format({"num_format": "yyyy-mm-dd", "align": "left", "valign": "top"}),
                "text": book.add_format({"text_wrap": True, "valign": "top"}),
                "bold": book.add_format({"bold": True, "top": 1}),
            }
            names = set()
            for settlement in self:
                settlement._statement_in_partner_language()._write_sheet(book, styles, names)

    def _sheet_name(self, used):
        """A name that Excel allows and this workbook has not used, whatever the letter case."""
        allowed = self.display_name.translate(str.maketrans("[]:*?/\\'", "--------"))
        name, number = allowed[:SHEET_NAME_LIMIT], 1
        while name.lower() in used:
            number += 1
            suffix = f" {number}"
            name = allowed[: SHEET_NAME_LIMIT - len(suffix)] + suffix
        used.add(name.lower())
        return name

    def _write_sheet(self, book, styles, used_names):
        self.ensure_one()
        sheet = book.add_worksheet(self._sheet_name(used_names))
        for column, width in enumerate(COLUMN_WIDTHS):
            sheet.set_column(column, column, width)
        sheet.write_string(0, 0, neutral(self.env._("Settlement Statement %s", self.display_name)), styles["title"])
        head_row = 1 + self._write_facts(sheet, styles, 1)
        self._write_header(sheet, styles, head_row)
        last_row = self._write_lines(book, sheet, styles, head_row + 1)
        self._write_totals(book, sheet, styles, head_row + 1, last_row)
        sheet.autofilter(head_row, 0, last_row, 4)
        sheet.freeze_panes(head_row + 1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(head_row)
        sheet.set_footer("&L&A&R&P / &N")

    def _write_facts(self, sheet, styles, row):
        """Who, what, until when; returns the row below."""
        facts = [
            (self.env._("Partner"), self.partner_id.display_name),
            (self.env._("Company"), self.company_id.name),
            (self.env._("Currency"), self.currency_id.name),
            (self.env._("Settled until"), self.date_to),
            (self.env._("Issued on"), self.confirmed_on or self.env._("Draft")),
        ]
        for label, value in facts:
            sheet.write_string(row, 0, label, styles["label"])
            if isinstance(value, str):
                sheet.write_string(row, 1, neutral(value), styles["fact"])
            else:
                sheet.write_datetime(row, 1, value, styles["fact_date"])
            row += 1
        return row

    def _write_header(self, sheet, styles, row):
        headers = [
            self.env._("Date"),
            self.env._("Description"),
            self.env._("How it came about"),
            self.env._("Their reference"),
            self.env._("Amount (%s)", self.currency_id.name),
        ]
        for column, header in enumerate(headers):
            sheet.write_string(row, column, header, styles["head_amount" if column == 4 else "head"])

    def _money_format(self):
        """Number format of the currency: its decimals, none for the yen; negative amounts red with a minus."""
        digits = self.currency_id.decimal_places
        money = f"#,##0.{'0' * digits}" if digits else "#,##0"
        return f"{money};[Red]-{money}"

    def _write_lines(self, book, sheet, styles, row):
        """One row a movement; returns the last row (the first one, left empty, when there is none)."""
        amount_style = book.add_format({"num_format": self._money_format(), "valign": "top"})
        last_row = row
        for last_row, line in enumerate(self._statement_lines_read(), start=row):
            texts = [neutral(line.display_name), neutral(line.explanation), neutral(line.partner_reference)]
            rows = max(map(wrapped_rows, texts, COLUMN_WIDTHS[1:4]))
            if rows > 1:  # Excel would find the height by itself, LibreOffice doesn't.
                sheet.set_row(last_row, ROW_HEIGHT * min(rows, 27))
            sheet.write_datetime(last_row, 0, line.date, styles["date"])
            for column, text in enumerate(texts, start=1):
                sheet.write_string(last_row, column, text, styles["text"])
            sheet.write_number(last_row, 4, line.amount, amount_style)
        return last_row

    def _write_totals(self, book, sheet, styles, first_row, last_row):
        """Live totals below a blank row, so that the filter leaves them alone.

        SUM and not SUBTOTAL: what the partner hides by the filter is still owed.
        """
        balances = self._statement_balances()
        amount_style = book.add_format({"num_format": self._money_format()})
        total_style = book.add_format({"num_format": self._money_format(), "bold": True, "top": 1})
        row = last_row + 2
        sheet.write_string(row, 1, self.env._("Opening balance"))
        sheet.write_number(row, 4, balances["opening"], amount_style)
        sheet.write_string(row + 1, 1, self.env._("Movements"))
        # Rounded: the sum of many binary fractions must not show a difference to the statement.
        digits = self.currency_id.decimal_places
        movements = f"=ROUND(SUM(E{first_row + 1}:E{last_row + 1}),{digits})"
        sheet.write_formula(row + 1, 4, movements, amount_style, balances["movements"])
        for column in (2, 3):
            sheet.write_blank(row + 2, column, None, styles["bold"])
        sheet.write_string(row + 2, 1, self.env._("Closing balance"), styles["bold"])
        closing = f"=ROUND(E{row + 1}+E{row + 2},{digits})"
        sheet.write_formula(row + 2, 4, closing, total_style, balances["closing"])

import io

import xlsxwriter
from odoo import models

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutral(text):
    """`text` as a cell that no spreadsheet program runs: a leading formula character gets an apostrophe before it."""
    text = text or ""
    return "'" + text if text.startswith(FORMULA_STARTS) else text


class FranchiseSettlement(models.Model):
    """The statement as a workbook: one sheet a settlement, totals as live formulas, frozen header, filter."""

    _inherit = "franchise.settlement"

    def _statement_xlsx(self):
        """Bytes of the workbook, in the partner's language; amounts are numbers in the settlement's currency."""
        buffer = io.BytesIO()
        # strings_to_formulas off: text from partners is never a formula, also where `neutral` was forgotten.
        with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            styles = {
                "title": book.add_format({"bold": True, "font_size": 14}),
                "head": book.add_format({"bold": True, "bg_color": "#E9ECEF", "bottom": 1}),
                "date": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
                "bold": book.add_format({"bold": True, "top": 1}),
            }
            names = set()
            for settlement in self:
                settlement.with_context(lang=settlement.partner_id.lang or self.env.lang)._write_sheet(
                    book, styles, names
                )
        return buffer.getvalue()

    def _sheet_name(self, used):
        base = (self.name or self.display_name).translate(str.maketrans("[]:*?/\\", "-------"))[:28]
        name, number = base, 1
        while name.lower() in used:
            number += 1
            name = f"{base[:25]} {number}"
        used.add(name.lower())
        return name

    def _write_sheet(self, book, styles, used_names):
        self.ensure_one()
        digits = self.currency_id.decimal_places
        money = f"#,##0.{'0' * digits}" if digits else "#,##0"
        amount_style = book.add_format({"num_format": money})
        total_style = book.add_format({"num_format": money, "bold": True, "top": 1})
        sheet = book.add_worksheet(self._sheet_name(used_names))
        sheet.write_string(0, 0, neutral(self.env._("Settlement statement %s", self.display_name)), styles["title"])
        facts = [
            (self.env._("Partner"), self.partner_id.display_name),
            (self.env._("Company"), self.company_id.name),
            (self.env._("Currency"), self.currency_id.name),
            (self.env._("Settled until"), str(self.date_to)),
        ]
        for row, (label, value) in enumerate(facts, start=1):
            sheet.write_string(row, 0, label)
            sheet.write_string(row, 1, neutral(value))
        head_row = len(facts) + 2
        headers = [
            self.env._("Date"),
            self.env._("Description"),
            self.env._("How it came about"),
            self.env._("Their reference"),
            self.env._("Amount"),
        ]
        for column, header in enumerate(headers):
            sheet.write_string(head_row, column, header, styles["head"])
        row = head_row
        for row, line in enumerate(self.line_ids.sorted(lambda line: (line.date, line.id)), start=head_row + 1):
            sheet.write_datetime(row, 0, line.date, styles["date"])
            sheet.write_string(row, 1, neutral(line.name))
            sheet.write_string(row, 2, neutral(line.formula))
            sheet.write_string(row, 3, neutral(line.partner_reference))
            sheet.write_number(row, 4, line.amount, amount_style)
        first, last = head_row + 2, row + 1  # as the sheet numbers its rows, from 1
        sheet.autofilter(head_row, 0, max(row, head_row), 4)
        sheet.freeze_panes(head_row + 1, 0)
        sheet.write_string(row + 2, 1, self.env._("Opening balance"))
        sheet.write_number(row + 2, 4, self.opening_balance, amount_style)
        sheet.write_string(row + 3, 1, self.env._("Movements"))
        sheet.write_formula(row + 3, 4, f"=SUM(E{first}:E{last})", amount_style, self.amount_total)
        sheet.write_string(row + 4, 1, self.env._("Closing balance"), styles["bold"])
        sheet.write_formula(row + 4, 4, f"=E{row + 3}+E{row + 4}", total_style, self.closing_balance)
        sheet.set_column(0, 0, 14)
        sheet.set_column(1, 2, 48)
        sheet.set_column(3, 3, 22)
        sheet.set_column(4, 4, 16)

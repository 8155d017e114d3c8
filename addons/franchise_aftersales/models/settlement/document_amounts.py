from typing import NamedTuple

from odoo import models


class ItemAmount(NamedTuple):
    """What a journal item is worth (positive: debit), and the tags of the tax report that it bears."""

    amount_currency: float  # in the settlement's currency, without tax
    balance: float  # in the company's
    tags: models.Model


class FranchiseSettlement(models.Model):
    """What the items of a document come to, by accounting's own engine, before the document exists (R-E3).

    A document is converted as a whole; its largest lines bear the missing cents. So invoices and journal entries of the
    same amounts agree to the cent in both currencies. And items that are created with their amounts need no write each:
    left to itself, accounting finds them when all items exist, and writes them one by one, each with a look at the
    whole document.
    """

    _inherit = "franchise.settlement"

    def _document_amounts(self, document, postings, position, form, day):
        """{line: ItemAmount} of a document's lines.

        :param form: the entry's `move_type`.
        :param day: date whose rate counts.
        """
        company, currency = self.company_id, self.currency_id
        rate = self.env["res.currency"]._get_conversion_rate(company.currency_id, currency, company, day)
        base_lines = self._base_lines(document, postings, position, rate, form in ("in_refund", "out_refund"))
        self.env["account.tax"].sudo()._add_accounting_data_in_base_lines_tax_details(base_lines, company)
        side = -1 if document.owed_to_us else 1
        amounts = {}
        for line, base_line in zip(document.lines, base_lines, strict=True):
            details = base_line["tax_details"]
            amounts[line] = ItemAmount(
                currency.round(side * (details["total_excluded_currency"] + details["delta_total_excluded_currency"])),
                company.currency_id.round(side * (details["total_excluded"] + details["delta_total_excluded"])),
                base_line["tax_tag_ids"],
            )
        return amounts

    def _base_lines(self, document, postings, position, rate=1.0, is_refund=False):
        """The document's lines as accounting's tax engine takes them, with taxes computed and rounded.

        :param rate: units of the settlement's currency for one of the company's.
        """
        self.ensure_one()
        taxes = self.env["account.tax"].sudo()
        sign = 1 if document.owed_to_us else -1
        keys = {line: line._posting_key() for line in document.lines}
        taxes_of = {key: postings[key].taxes_of(self.party, position) for key in set(keys.values())}
        base_lines = [
            taxes._prepare_base_line_for_taxes_computation(
                None,
                id=line.id,
                tax_ids=taxes_of[keys[line]],
                price_unit=sign * line.amount,
                quantity=1.0,
                currency_id=self.currency_id,
                partner_id=self.partner_id,
                is_refund=is_refund,
                rate=rate,
            )
            for line in document.lines
        ]
        taxes._add_tax_details_in_base_lines(base_lines, self.company_id)
        taxes._round_base_lines_tax_details(base_lines, self.company_id)
        return base_lines

from odoo import models

CHUNK = 2000  # lines in memory at once


class FranchiseSettlement(models.Model):
    """What the statement says, for the PDF and for the workbook alike (R-E2)."""

    _inherit = "franchise.settlement"

    def _statement_in_partner_language(self):
        """This settlement in the language of who reads its statement."""
        self.ensure_one()
        return self.with_context(lang=self.partner_id.lang or self.env.lang)

    def _statement_lines(self):
        """Movements as they are listed: by day, then as they were entered."""
        return self.line_ids.sorted(lambda line: (line.date, line.id))

    def _statement_lines_read(self):
        """The same lines one by one, read some at a time and forgotten, so that memory doesn't grow with them."""
        self.ensure_one()
        lines = self.env["franchise.settlement.line"]
        found = lines.search([("settlement_id", "=", self.id)], order="date, id")
        for start in range(0, len(found), CHUNK):
            chunk = lines.browse(found.ids[start : start + CHUNK])
            yield from chunk
            chunk.invalidate_recordset(flush=False)

    def _statement_balances(self):
        """{"opening", "movements", "closing"}: a draft shows the opening balance that it would get if confirmed now."""
        self.ensure_one()
        opening = self._open_balance() if self.state == "draft" else self.opening_balance
        return {
            "opening": opening,
            "movements": self.amount_total,
            "closing": self.currency_id.round(opening + self.amount_total),
        }

    def _statement_in_words(self):
        """Who owes whom after this statement, as a sentence."""
        self.ensure_one()
        closing = self._statement_balances()["closing"]
        if self.currency_id.is_zero(closing):
            return self.env._(
                "%(partner)s and %(company)s owe each other nothing.",
                partner=self.partner_id.name,
                company=self.company_id.name,
            )
        creditor, debtor = self.company_id.name, self.partner_id.name
        if closing < 0:
            creditor, debtor = debtor, creditor
        return self.env._(
            "%(debtor)s owes %(creditor)s %(amount)s (%(currency)s).",
            debtor=debtor,
            creditor=creditor,
            amount=self.currency_id.format(abs(closing)),
            currency=self.currency_id.name,
        )

    def _statement_sign_rule(self):
        """What the sign of an amount means, as a sentence."""
        self.ensure_one()
        return self.env._(
            "Positive amounts are owed by %(partner)s, negative amounts by %(company)s.",
            partner=self.partner_id.name,
            company=self.company_id.name,
        )

    def _statement_file_name(self):
        """Name of the downloaded file, without its ending."""
        self.ensure_one()
        return self.env._("Statement %s", self.display_name).replace("/", "-")

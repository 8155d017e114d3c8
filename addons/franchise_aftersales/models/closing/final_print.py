from odoo import models


class FranchiseFinalSettlement(models.Model):
    """What the printed final settlement says."""

    _inherit = "franchise.final.settlement"

    def _in_partner_language(self):
        """This document in the language of the franchisee, who reads it."""
        self.ensure_one()
        return self.with_context(lang=self.franchisee_id.lang or self.env.lang)

    def _in_words(self):
        """Who owes whom, as a sentence."""
        self.ensure_one()
        if self.currency_id.is_zero(self.amount_total):
            return self.env._(
                "%(partner)s and %(company)s owe each other nothing.",
                partner=self.franchisee_id.name,
                company=self.company_id.name,
            )
        debtor, creditor = self.franchisee_id.name, self.company_id.name
        if self.amount_total < 0:
            debtor, creditor = creditor, debtor
        return self.env._(
            "%(debtor)s owes %(creditor)s %(amount)s (%(currency)s).",
            debtor=debtor,
            creditor=creditor,
            amount=self.currency_id.format(abs(self.amount_total)),
            currency=self.currency_id.name,
        )

    def _sign_rule(self):
        """What the sign of an amount means, and how days are counted, as sentences."""
        self.ensure_one()
        return self.env._(
            "Positive amounts are owed by %(partner)s, negative amounts by %(company)s. Days are actual calendar days, the "
            "first and the last one counted.",
            partner=self.franchisee_id.name,
            company=self.company_id.name,
        )

    def _print_file_name(self):
        """Name of the downloaded file, without its ending."""
        self.ensure_one()
        return self.env._("Final settlement %s", self.name).replace("/", "-")

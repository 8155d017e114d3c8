import runpy
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .test_settlement_posting import PostingCase

SCRIPT = Path(__file__).parents[1] / "migrations" / "19.0.2.0.0" / "post-settlements.py"


@tagged("post_install", "-at_install")
class TestSettlementPostingAmounts(PostingCase):
    """R-E3: what a document's items come to is known before it exists; right to the cent, and quick."""

    def setUp(self):
        super().setUp()
        self.map_account("exchange")

    def currency(self, name, rate):
        currency = self.flow.active_currency(self.env, name)
        self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "rate": rate, "name": self.flow.day(-1), "company_id": self.flow.company.id}
        )
        return currency

    def tax(self, amount, **values):
        group = self.env["account.tax.group"].create({"name": f"VAT {amount}", "company_id": self.flow.company.id})
        tag = self.env["account.account.tag"].create(
            {"name": f"Base {amount}", "applicability": "taxes", "country_id": self.env.ref("base.cn").id}
        )
        repartition = [
            Command.create({"document_type": kind, "repartition_type": part, "tag_ids": [Command.set(tags)]})
            for kind in ("invoice", "refund")
            for part, tags in (("base", tag.ids), ("tax", []))
        ]
        return self.env["account.tax"].create(
            {
                "name": f"VAT {amount} %",
                "amount": amount,
                "type_tax_use": "sale",
                "company_id": self.flow.company.id,
                "country_id": self.env.ref("base.cn").id,
                "tax_group_id": group.id,
                "repartition_line_ids": repartition,
                **values,
            }
        )

    def items(self, move):
        return sorted(
            (item.display_type, item.name or "", item.amount_currency, item.balance, item.tax_tag_ids.ids)
            for item in move.line_ids.filtered(lambda item: item.display_type != "payment_term")
        )

    def terms(self, move):
        found = move.line_ids.filtered(lambda item: item.display_type == "payment_term")
        return sorted((item.amount_currency, item.balance, item.date_maturity) for item in found)

    def bare(self, move):
        """The same document as accounting makes it from prices alone."""
        other = (
            self.env["account.move"]
            .with_company(self.flow.company)
            .create(
                {
                    "move_type": move.move_type,
                    "partner_id": move.partner_id.id,
                    "currency_id": move.currency_id.id,
                    "invoice_date": move.invoice_date,
                    "date": move.date,
                    "ref": "bare",
                    "fiscal_position_id": move.fiscal_position_id.id,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": item.name,
                                "price_unit": item.price_unit,
                                "account_id": item.account_id.id,
                                "tax_ids": [Command.set(item.tax_ids.ids)],
                            }
                        )
                        for item in move.invoice_line_ids
                    ],
                }
            )
        )
        other.action_post()
        return other

    def test_accounting_comes_to_the_same(self):
        """R-E3: in four currencies, with tax, tax in prices and without, both sides of both parties."""
        self.map_account("royalty", tax_ids=[Command.set(self.tax(6).ids)])
        self.map_account("marketing", tax_ids=[Command.set(self.tax(13, price_include_override="tax_included").ids)])
        amounts = (10.01, 20.02, 33.33, 0.07, -4.44, -0.01)
        for name, rate in (("CNY", 1), ("USD", 0.1379), ("JPY", 21.53), ("KWD", 0.0431)):
            currency = self.flow.currency if rate == 1 else self.currency(name, rate)
            given = [currency.round(amount * 100) for amount in amounts]
            for kind, party in (
                ("exchange", "franchisee"),
                ("exchange", "supplier"),
                ("royalty", "franchisee"),
                ("marketing", "franchisee"),
            ):
                partner = getattr(self.flow, party)
                settlement = self.settlement_of(*given, party=party, partner=partner, currency=currency, kind=kind)
                self.check_books(settlement)
                self.assertEqual(len(settlement.move_ids), 2)
                for move in settlement.move_ids:
                    with self.subTest(currency=name, kind=kind, move=move.move_type):
                        bare = self.bare(move)
                        self.assertEqual(self.items(move), self.items(bare))
                        self.assertEqual(self.terms(move), self.terms(bare))
                        self.assertEqual((move.amount_total, move.amount_tax), (bare.amount_total, bare.amount_tax))
                        self.assertEqual(move.amount_total_signed, bare.amount_total_signed)

    def test_terms_of_payment_are_kept(self):
        """R-E3: an invoice that is due in two parts has two open items."""
        term = self.env["account.payment.term"].create(
            {
                "name": "Half and half",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (0, 30)
                ],
            }
        )
        self.flow.franchisee.with_company(self.flow.company).property_payment_term_id = term
        settlement = self.settlement_of(10.01, 20.02)
        self.assertEqual(len(self.open_items(settlement)), 2)
        self.check_books(settlement)

    def test_entries_and_invoices_agree_to_the_cent(self):
        """R-E3: the same amounts are worth the same in yuan, whole and item by item, whatever form they are posted in."""
        dollar = self.currency("USD", 0.1379)
        amounts = [0.37 + 0.01 * number for number in range(40)]
        forms = {}
        for form in ("invoice", "entry"):
            self.flow.company.franchise_settlement_form = form
            settlement = self.settlement_of(*amounts, currency=dollar)
            self.check_books(settlement)
            self.assertEqual(settlement.move_id.move_type == "entry", form == "entry")
            lines = settlement.line_ids.sorted("id")
            worth = sum(lines.mapped("amount_company"))
            self.assertAlmostEqual(worth, sum(self.open_items(settlement).mapped("balance")))
            forms[form] = (self.open_items(settlement).balance, lines.mapped("amount_company"))
        self.assertEqual(forms["invoice"], forms["entry"])
        whole = self.flow.currency.round(sum(amounts) / 0.1379)
        self.assertAlmostEqual(forms["entry"][0], whole)
        self.assertNotAlmostEqual(sum(self.flow.currency.round(amount / 0.1379) for amount in amounts), whole)

    def test_no_item_is_written_again(self):
        """R-E3: 60 lines take as many writes of journal items, and as many statements, as 6."""
        model = type(self.env["account.move.line"])
        write, counted = model.write, {}
        dollar = self.currency("USD", 1)
        for currency in (self.flow.currency, dollar):
            for number in (6, 60):
                settlement = self.settlement_of(*range(1, number + 1), currency=currency, post=False)
                calls = []
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count

                def counting(items, vals, calls=calls):
                    calls.append(vals)
                    return write(items, vals)

                with patch.object(model, "write", counting):
                    self.move_on(settlement, "post")
                counted[number] = len(calls), self.env.cr.sql_log_count - before
                self.assertEqual(settlement.state, "posted")
            self.assertEqual(counted[6][0], counted[60][0])
            self.assertLessEqual(counted[60][1], counted[6][1] + 3)

    def test_the_tax_that_an_agreement_names(self):
        """R-C5, R-E3: recoveries bear the tax of the supplier's terms, on the statement as in the ledger."""
        tax = self.tax(13, type_tax_use="purchase", name="VAT 13 % agreed")
        supplier = self.flow.partner("Taxed")
        self.flow.make_agreement(supplier, tax_id=tax.id)
        self.flow.make_endpoint(supplier, "taxed")
        settlement = self.flow.settlement(100, "posted", supplier=supplier)
        line = settlement.line_ids.filtered(lambda row: row.kind == "tax")
        self.assertEqual((line.amount, line.name, settlement.amount_total), (10.4, "VAT 13 % agreed", 90.4))
        self.assertEqual(settlement.move_id.invoice_line_ids.tax_ids, tax)
        self.assertEqual((settlement.move_id.amount_untaxed, settlement.move_id.amount_tax), (80, 10.4))
        self.assertEqual(self.flow.tie_out(settlement).difference, 0)
        carrier = self.flow.recovery(100, party="carrier", supplier=supplier)
        carrier.with_user(self.flow.users["service"]).action_accept()
        self.flow.generate()
        own = self.env["franchise.settlement.line"].search([("source_id", "in", carrier.line_ids.ids)]).settlement_id
        own = self.move_on(own.filtered(lambda row: row.party == "carrier"), "confirm", "post")
        self.assertFalse(own.move_id.amount_tax, "the carrier has agreed to no tax")
        untaxed = self.flow.settlement(100, "posted")
        self.assertFalse(untaxed.move_id.amount_tax, "another supplier's terms name none")

    def test_the_agreed_tax_needs_an_invoice(self):
        tax = self.tax(13, type_tax_use="purchase")
        supplier = self.flow.partner("Taxed entry")
        self.flow.make_agreement(supplier, tax_id=tax.id, settlement_form="entry")
        self.flow.make_endpoint(supplier, "taxed_entry")
        with self.assertRaisesRegex(UserError, "taxes need invoices"):
            self.flow.settlement(100, "confirmed", supplier=supplier)

    def test_the_upgrade_says_who_posted(self):
        """R-E5: settlements posted before the upgrade can be reversed, by somebody else; running it again changes nothing."""
        settlement = self.settlement_of(100, -30)
        kept = self.settlement_of(5)
        poster = kept.posted_by_id
        self.env.cr.execute(
            "UPDATE franchise_settlement SET posted_by_id = NULL, posted_on = NULL, posting_form = NULL, is_netted = NULL"
            " WHERE id = %s",
            [settlement.id],
        )
        other = self.flow.users["finance2"] if "finance2" in self.flow.users else self.flow.users["accountant"]
        self.env.cr.execute("UPDATE account_move SET create_uid = %s WHERE id = %s", [other.id, settlement.move_id.id])
        for _run in range(2):
            runpy.run_path(str(SCRIPT))["migrate"](self.env.cr, "19.0.1.0.0")
            self.env.invalidate_all()
            self.assertEqual((settlement.posted_by_id, settlement.posting_form), (other, "invoice"))
            self.assertEqual(settlement.posted_on, settlement.move_id.create_date.date())
            self.assertTrue(settlement.is_netted)
            self.assertEqual((kept.posted_by_id, kept.is_netted), (poster, False), "what was known stays")
        draft = self.settlement_of(1, partner=self.flow.partner("Draft"), post=False)
        runpy.run_path(str(SCRIPT))["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertFalse(draft.posted_by_id)
        settlement.with_user(self.flow.users["manager"])._reverse("Wrong", self.flow.today)
        self.assertEqual(settlement.state, "reversed")

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.l10n_cn.models import template_cn, template_cn_common

from .test_settlement_posting import PostingCase


@tagged("post_install", "-at_install")
class TestSettlementCharts(PostingCase):
    """R-E3: settlements post in real charts of accounts, the Chinese one and the generic one, several companies at once."""

    def chart_company(self, code, country, currency):
        """A company with the chart `code`; the Chinese templates are used without installing their module."""
        register = {
            template: dict(models) for template, models in self.env["account.chart.template"]._template_register.items()
        }
        for module in (template_cn, template_cn_common):
            for function in vars(module.AccountChartTemplate).values():
                if hasattr(function, "_l10n_template"):
                    template, model = function._l10n_template
                    found = register.setdefault(template, {})
                    found[model] = [*found.get(model, ()), function]
        self.patch(
            self.env.registry["account.chart.template"],
            "_template_register",
            Register((template, Register(models, missing=list)) for template, models in register.items()),
        )
        self.env["ir.module.module"].search([("name", "=", "l10n_cn")]).state = "installed"
        company = self.env["res.company"].create(
            {
                "name": f"Chart {code} {self.flow.key}",
                "country_id": self.env.ref(country).id,
                "currency_id": self.flow.active_currency(self.env, currency).id,
            }
        )
        self.env["account.chart.template"].with_context(allowed_company_ids=company.ids).try_loading(
            code, company=company, install_demo=False
        )
        self.assertEqual(company.chart_template, code)
        self.flow.users["finance"].company_ids |= company
        return company

    def settle_in(self, company, tax, currency):
        """Royalty with tax, rebate and recovery in `company`, from draft to paid; everything ties out."""
        env = self.env(context={**self.env.context, "allowed_company_ids": company.ids})
        account = env["account.account"]
        income, expense = (
            account.search([("account_type", "=", kind), ("company_ids", "in", company.ids)], limit=1)
            for kind in ("income", "expense")
        )
        company.franchise_recovery_account_id = expense
        env["franchise.charge.account"].create(
            [
                {
                    "company_id": company.id,
                    "kind": "royalty",
                    "account_id": income.id,
                    "tax_ids": [Command.set(tax.ids)],
                },
                {"company_id": company.id, "kind": "rebate", "account_id": income.id},
            ]
        )
        finance = self.flow.users["finance"]
        cases = (
            ("franchisee", (("royalty", 1000.01), ("rebate", -140))),
            ("supplier", (("recovery", 88.8),)),
        )
        settlements = env["franchise.settlement"]
        for party, lines in cases:
            partner = env["res.partner"].create({"name": f"{party} {company.name}", "is_company": True})
            settlement = settlements.create(
                {
                    "company_id": company.id,
                    "partner_id": partner.id,
                    "party": party,
                    "currency_id": currency.id,
                    "date_to": self.flow.today,
                }
            )
            start = env["franchise.settlement.line"].search([], order="id desc", limit=1).id * 100
            env["franchise.settlement.line"].create(
                [
                    {
                        "settlement_id": settlement.id,
                        "source_model": "res.partner",
                        "source_id": start + number,
                        "kind": kind,
                        "date": self.flow.today,
                        "name": kind,
                        "amount": amount,
                    }
                    for number, (kind, amount) in enumerate(lines)
                ]
            )
            settlements |= settlement
        own = settlements.with_user(finance).with_context(allowed_company_ids=company.ids)
        own.action_confirm()
        own.action_post()
        env.flush_all()
        for settlement in settlements:
            self.assertEqual(settlement.state, "posted", settlement.post_error)
            for move in settlement.move_ids:
                self.assertEqual(move.company_id, company)
                self.assertTrue(company.currency_id.is_zero(sum(move.line_ids.mapped("balance"))))
            row = self.flow.tie_out(settlement)
            self.assertEqual((row.ledger_total, row.statement_total), (row.lines_total, row.lines_total))
        return settlements

    def test_chinese_chart(self):
        """6 % VAT of China on a royalty goes to 2221 (taxes payable); what the franchisee owes to 1122."""
        company = self.chart_company("cn", "base.cn", "CNY")
        template = self.env["account.chart.template"].with_company(company)
        tax = template.ref("l10n_cn_sales_excluded_6")
        royalty, _recovery = self.settle_in(company, tax, company.currency_id)
        self.assertEqual(royalty.amount_total, 1000.01 + 60 - 140)
        items = royalty.move_ids.line_ids
        taxes = items.filtered("tax_line_id")
        self.assertEqual(taxes.account_id, template.ref("l10n_cn_common_account_2221"))
        self.assertEqual(sum(taxes.mapped("balance")), -60)
        receivable = items.filtered(lambda item: item.account_type == "asset_receivable")
        self.assertEqual(receivable.account_id, template.ref("l10n_cn_common_account_1122"))
        self.assertEqual(sum(receivable.mapped("balance")), 920.01)

    def test_generic_chart_in_another_currency(self):
        company = self.chart_company("generic_coa", "base.us", "USD")
        currency = self.flow.active_currency(self.env, "EUR")
        self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "rate": 0.8, "name": self.flow.day(-1), "company_id": company.id}
        )
        tax = self.env["account.tax"].search(
            [("company_id", "=", company.id), ("type_tax_use", "=", "sale"), ("amount", ">", 0)], limit=1
        )
        royalty, _recovery = self.settle_in(company, tax, currency)
        expected = currency.round(1000.01 * tax.amount / 100)
        self.assertAlmostEqual(royalty.amount_total, 1000.01 + expected - 140)
        invoice = royalty.move_ids.filtered(lambda move: move.move_type == "out_invoice")
        self.assertAlmostEqual(
            invoice.amount_total_signed, company.currency_id.round((1000.01 + expected) / 0.8), delta=0.02
        )


class Register(dict):
    """The templates by name, as Odoo keeps them: what isn't there is made."""

    def __init__(self, values=(), missing=None):
        super().__init__(values)
        self.missing = missing or Register

    def __missing__(self, key):
        self[key] = self.missing()
        return self[key]

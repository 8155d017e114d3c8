from .flow import FlowCase
from .flow_contract import charge_accounts

# What the web client asks a pivot for: the measure, its currencies, the measure at today's rate, and how many.
MEASURES = ["amount_company:sum", "company_currency_id:array_agg_distinct", "amount_company:sum_currency", "__count"]
OWN = ["amount:sum", "currency_id:array_agg_distinct", "amount:sum_currency", "__count"]


class ReportCase(FlowCase):
    """Settlements in three currencies over some months: posted, confirmed and draft; of suppliers, a carrier, a franchisee."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        flow = cls.flow
        charge_accounts(flow)
        cls.euro, cls.yen = (flow.active_currency(cls.env, name) for name in ("EUR", "JPY"))
        cls.env["res.currency.rate"].create(
            [
                {"currency_id": currency.id, "company_id": company, "name": flow.day(day), "rate": rate}
                for currency, company, day, rate in (
                    (cls.euro, flow.company.id, -60, 0.128),
                    (cls.euro, flow.company.id, -5, 0.125),
                    (cls.yen, flow.company.id, -90, 21.37),
                    (cls.yen, flow.company.id, -1, 20.11),
                )
            ]
        )
        cause = cls.env.ref("franchise_aftersales.cause_quality_design")
        for name, currency, step in (
            ("A", flow.currency, "post"),
            ("B", cls.euro, "post"),
            ("C", cls.yen, "confirm"),
            ("D", cls.euro, None),
        ):
            supplier = flow.partner(f"Supplier {name}")
            flow.make_agreement(supplier, currency)
            flow.make_endpoint(supplier, f"r_{name}".lower())
            bill = flow.bill((999.0, 55.0), supplier=supplier, currency=currency)
            for number, days in enumerate((1, 33, 64, 64)):
                lines = [("goods", bill[0], 103.0 + 7 * number), ("goods", bill[1], 31.0)]
                values = {"cause_id": cause.id} if number % 2 else {}
                claim = flow.claim(lines, "approved", supplier=supplier, **values)
                recovery = claim.recovery_ids.filtered(lambda row: row.party == "supplier")
                flow.receive(flow.answer(recovery), endpoint=flow.message(recovery).endpoint_id)
                recovery._trusted().answered_on = flow.day(-days)
            cls.settle(supplier, step)
        cls.env["franchise.charge"]._charge(
            [
                {
                    "contract_id": flow.contract.id,
                    "kind": kind,
                    "date": flow.day(-days),
                    "name": kind,
                    "amount": amount,
                    "res_model": "franchise.contract",
                    "res_id": flow.contract.id,
                    "res_line": days,
                }
                for kind, days, amount in (("royalty", 3, 500.0), ("royalty", 40, 444.44), ("rebate", 40, -123.45))
            ]
        )
        cls.settle(flow.franchisee, "post")
        cls.lines = cls.env["franchise.settlement.line"].search([("company_id", "=", flow.company.id)])
        cls.env.flush_all()
        cls.report = cls.env["franchise.settlement.report"].with_user(flow.users["accountant"])

    @classmethod
    def settle(cls, partner, step):
        cls.flow.generate()
        settlement = cls.env["franchise.settlement"].search([("partner_id", "=", partner.id), ("state", "=", "draft")])
        settlement = settlement.with_user(cls.flow.users["finance"])
        if step:
            settlement.action_confirm()
        if step == "post":
            settlement.action_post()

    def in_company_currency(self, line):
        """Independent of the code: what the journal item says, else Odoo's own conversion on the line's date."""
        if line.state == "posted":
            return -sum(self.items(line).mapped("balance"))
        company = line.company_id
        return line.currency_id._convert(line.amount, company.currency_id, company, line.date)

    def items(self, line):
        return self.env["account.move.line"].search([("franchise_settlement_line_id", "=", line.id)])

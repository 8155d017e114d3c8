from odoo.fields import Date
from odoo.tests import tagged

from .flow import FlowCase
from .flow_closing import Closing


@tagged("post_install", "-at_install")
class TestMinimumOfPredecessors(FlowCase):
    """R-B8, R-A12: months that nobody reported of the contracts before are charged as well."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.closing = Closing(cls.flow)

    def minimums(self, contract):
        charges = self.env["franchise.charge"].search(
            [("contract_id", "=", contract.id), ("kind", "=", "royalty_minimum")], order="period_from"
        )
        return [(str(row.period_from), str(row.period_to), row.amount) for row in charges]

    def test_a_renewed_contract(self):
        first = self.closing.contract("2025-01-01", "2025-03-15")
        self.closing.terms(first, royalty_minimum=310, renewal_mode="agreement", renewal_months=12)
        self.closing.charge(first, "royalty", 400, "2025-01-31", period_from="2025-01-01", period_to="2025-01-31")
        second = first._renew()
        second.sudo().action_sign()
        first._hand_over(Date.to_date("2025-03-16"))
        case = self.closing.termination(second, "2025-04-30")
        final = self.closing.final(case, "approved")
        self.assertEqual(self.minimums(first), [("2025-02-01", "2025-02-28", 310), ("2025-03-01", "2025-03-15", 150)])
        self.assertEqual(self.minimums(second), [("2025-03-16", "2025-03-31", 160), ("2025-04-01", "2025-04-30", 310)])
        lines = final.line_ids.filtered(lambda line: line.kind == "royalty_minimum")
        self.assertEqual(len(lines), 4)
        self.assertEqual({line.source_id for line in lines}, set((first | second).ids))
        self.assertIn(first.name, lines[0].source_name)
        report = self.env["franchise.sales.report"].create(
            {"contract_id": first.id, "month": "2025-02-01", "net_sales": 5}
        )
        with self.assertRaisesRegex(Exception, "charged the minimum"):
            report.with_user(self.flow.users["manager"]).action_confirm()

    def test_a_transferred_contract_is_charged_to_who_ran_it(self):
        old = self.closing.contract(self.flow.day(-130), self.flow.day(700))
        self.closing.terms(old, royalty_minimum=300)
        new = self.closing.contract(self.flow.day(-60), self.flow.day(700))
        self.closing.terms(new, royalty_minimum=300)
        old._trusted().write({"date_end": self.flow.day(-61), "transferred_to_id": new.id, "state": "ended"})
        first = self.flow.day(-130).replace(day=1)
        self.env["franchise.sales.report"]._estimate(old, first)
        self.closing.final(self.closing.termination(new, self.flow.day(-1)), "approved")
        reports = self.env["franchise.sales.report"].search([("contract_id", "=", old.id)], order="month")
        months = {
            self.flow.day(-number).replace(day=1)
            for number in range(61, 131)
            if self.flow.day(-number).replace(day=1) < self.flow.today.replace(day=1)
        }
        self.assertEqual(set(reports.mapped("month")), months)
        self.assertTrue(all(reports.mapped("is_estimate")))
        royalties = reports.charge_ids.filtered(lambda row: row.kind == "royalty")
        self.assertEqual(len(royalties), len(months))
        self.assertEqual(royalties.contract_id, old)
        self.assertFalse(self.minimums(old))

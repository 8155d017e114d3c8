from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.recovery_routing import recovery_rate, supplier_cost
from .flow import FlowCase


@tagged("post_install", "-at_install")
class TestRecoveryRateRule(BaseCase):
    """R-D9: recovered ÷ caused by the supplier."""

    def test_by_hand(self):
        self.assertEqual(supplier_cost(["100.00", "33.33"], 80, "0.01"), Decimal("106.66"))
        self.assertEqual(supplier_cost(["101"], "12.5", "1"), 13)
        self.assertEqual(recovery_rate("40", "160"), Decimal("0.25"))
        self.assertEqual(recovery_rate("40", 0), 0)

    @settings(max_examples=200, deadline=None)
    @given(
        amounts=st.lists(st.integers(0, 10**9), max_size=6),
        share=st.integers(0, 10000),
        rounding=st.sampled_from(["0.01", "1", "0.001"]),
    )
    def test_within_half_a_unit_a_line(self, amounts, share, rounding):
        unit, percent = Decimal(rounding), Decimal(share) / 100
        money = [number * unit for number in amounts]
        exact = sum(money, Decimal(0)) * percent / 100
        self.assertLessEqual(abs(supplier_cost(money, percent, rounding) - exact), unit * len(money) / 2)


@tagged("post_install", "-at_install")
class TestRecoveryRate(FlowCase):
    """R-D9: the rate per claim, supplier and period; of many claims the ratio of the sums."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.big = cls.flow.accepted(1000.0, accept="80.00").claim_id
        cls.small = cls.flow.accepted(100.0, accept="80.00").claim_id
        cls.other_supplier = cls.flow.partner("Other")
        cls.flow.make_agreement(cls.other_supplier)
        cls.other = cls.flow.recovery(500.0, supplier=cls.other_supplier).claim_id
        cls.env.flush_all()

    def test_per_claim(self):
        self.assertEqual([claim.amount_supplier_cost for claim in (self.big, self.small, self.other)], [800, 80, 400])
        self.assertEqual([claim.recovery_rate for claim in (self.big, self.small, self.other)], [0.1, 1, 0])

    def test_of_many_it_is_the_ratio_of_the_sums(self):
        """As the pivot asks: 160 of 880 is 18.2 %, the mean of 10 % and 100 % would be 55 %."""
        [grand, by_supplier, by_period] = self.env["franchise.claim"].formatted_read_grouping_sets(
            [("company_id", "=", self.flow.company.id)],
            [[], ["supplier_id"], ["approved_at:quarter"]],
            ["recovery_rate:avg", "amount_supplier_cost:sum"],
        )
        rates = {row["supplier_id"][0]: row["recovery_rate:avg"] for row in by_supplier}
        self.assertAlmostEqual(float(rates[self.flow.supplier.id]), 160 / 880, 6)
        self.assertEqual(float(rates[self.other_supplier.id]), 0)
        self.assertAlmostEqual(float(grand[0]["recovery_rate:avg"]), 160 / 1280, 6)
        self.assertAlmostEqual(float(by_period[0]["recovery_rate:avg"]), 160 / 1280, 6)

    def test_several_currencies_have_no_common_rate_and_no_cost_has_none(self):
        euro = self.flow.active_currency(self.env, "EUR")
        supplier = self.flow.partner("Euro")
        self.flow.make_agreement(supplier, currency=euro)
        bill = self.flow.bill((10.0,), supplier=supplier, currency=euro)
        claim = self.flow.claim([("goods", bill, 10.0)], "approved", supplier=supplier)
        self.env.flush_all()
        [(mixed,)] = self.env["franchise.claim"]._read_group(
            [("id", "in", (claim | self.big).ids)], [], ["recovery_rate:avg"]
        )
        draft = self.flow.claim()
        [(none,)] = self.env["franchise.claim"]._read_group([("id", "=", draft.id)], [], ["recovery_rate:avg"])
        self.assertFalse(mixed)
        self.assertFalse(none)

    def test_indirect_loss_that_is_not_recoverable_lowers_the_rate(self):
        claim = self.flow.claim([("goods", self.flow.bill((100.0,)), 100.0), ("lost_sales", None, 100.0)], "approved")
        recovery = claim.recovery_ids.filtered(lambda recovery: recovery.party == "supplier")
        self.flow.receive(self.flow.answer(recovery))
        self.assertEqual((claim.amount_supplier_cost, claim.recovery_rate), (160, 0.5))

    def test_the_report_opens(self):
        action = self.env.ref("franchise_aftersales.franchise_claim_rate_action")
        own = [self.env.ref(f"franchise_aftersales.franchise_claim_view_{mode}_rate").id for mode in ("pivot", "graph")]
        self.assertEqual(action.views, list(zip([*own, False, False], ["pivot", "graph", "list", "form"], strict=True)))

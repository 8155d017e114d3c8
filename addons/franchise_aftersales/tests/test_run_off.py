from datetime import date, timedelta
from itertools import product

from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.exceptions import ValidationError
from odoo.tests import BaseCase, tagged

from ..tools.run_off import PAID_BY, REASONS, SERVED_BY, Case, Terms, decide, shares
from .flow import FlowCase

SOLD, END = date(2024, 6, 15), date(2025, 1, 31)
# Days around everything that can end: the contract, a run-off of 0 and of 3 months, a warranty of 6 and of 24 months.
EVENTS = sorted(
    last + timedelta(days=offset)
    for last in (END, date(2025, 4, 30), date(2024, 12, 15), date(2026, 6, 15), SOLD)
    for offset in (-1, 0, 1)
)
# The agreed table, written down a second time: (contract, goods, warranty, run-off) → who serves with a successor,
# who without, who pays, why. "term" is what the terms name for the run-off.
TABLE = {
    ("running", "before", "in"): ("outlet", "outlet", "matrix", "running"),
    ("running", "before", "out"): ("outlet", "outlet", "customer", "out_of_warranty"),
    ("run_off", "before", "in"): ("successor", "head_office", "term", "run_off"),
    ("run_off", "before", "out"): ("successor", "head_office", "customer", "out_of_warranty"),
    ("past", "before", "in"): ("successor", "head_office", "franchisor", "after_run_off"),
    ("past", "before", "out"): ("successor", "nobody", "customer", "out_of_warranty"),
    ("run_off", "after", "in"): ("nobody", "nobody", "customer", "sold_after_end"),
    ("run_off", "after", "out"): ("nobody", "nobody", "customer", "sold_after_end"),
    ("past", "after", "in"): ("nobody", "nobody", "customer", "sold_after_end"),
    ("past", "after", "out"): ("nobody", "nobody", "customer", "sold_after_end"),
}
RUN_OFF_LAST = {0: END, 3: date(2025, 4, 30)}
WARRANTY_LAST = {0: date.max, 6: date(2024, 12, 15), 24: date(2026, 6, 15)}
DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))


@tagged("post_install", "-at_install")
class TestRunOff(BaseCase):
    """R-B5: who serves and who pays after the end of a contract, by the rule of the day."""

    def test_the_whole_truth_table(self):
        """R-B5: every combination, the days around each end included."""
        seen = set()
        for event, ended, sold_after, months, run_off, payer, successor in product(
            EVENTS, (END, None), (False, True), WARRANTY_LAST, RUN_OFF_LAST, ("matrix", "supplier"), (True, False)
        ):
            sold = END + timedelta(days=1) if sold_after else SOLD
            if sold_after and (ended is None or event <= END):
                continue  # nothing was sold after an end that isn't there, nor before it
            contract = "running" if ended is None or event <= END else "run_off"
            if contract == "run_off" and event > RUN_OFF_LAST[run_off]:
                contract = "past"
            inside = months == 0 or SOLD <= event <= WARRANTY_LAST[months]
            key = (contract, "after" if sold_after else "before", "in" if inside else "out")
            seen.add(key)
            with_successor, without, pays, reason = TABLE[key]
            with self.subTest(event=event, key=key, months=months, run_off=run_off, payer=payer, successor=successor):
                decision = decide(Terms(months, run_off, payer), Case(sold, SOLD, event, ended, successor))
                self.assertEqual(decision.served_by, with_successor if successor else without)
                self.assertEqual(decision.paid_by, payer if pays == "term" else pays)
                self.assertEqual(decision.reason, reason)
        self.assertEqual(seen, set(TABLE), "a line of the table was never reached")

    def test_days_left_and_missed(self):
        terms = Terms(0, 3, "matrix")
        for event, days in ((END + timedelta(days=1), 88), (date(2025, 4, 30), 0), (date(2025, 5, 1), -1)):
            self.assertEqual(decide(terms, Case(SOLD, SOLD, event, END, False)).days, days)
        self.assertIsNone(decide(terms, Case(SOLD, SOLD, END, END, False)).days)

    def test_month_ends_and_leap_days(self):
        """R-B5: one month after 31 January is the last of February, in a leap year the 29th."""
        for end, last in ((date(2025, 1, 31), date(2025, 2, 28)), (date(2024, 1, 31), date(2024, 2, 29))):
            for day, reason in ((last, "run_off"), (last + timedelta(days=1), "after_run_off")):
                self.assertEqual(decide(Terms(0, 1, "matrix"), Case(None, None, day, end, False)).reason, reason)

    def test_what_is_not_known_stands_against_nobody(self):
        """R-B5: without a day of sale the goods count as sold before the end, and the warranty as running."""
        decision = decide(Terms(12, 12, "supplier"), Case(None, None, END + timedelta(days=1), END, True))
        self.assertEqual(decision[:3], ("successor", "supplier", "run_off"))

    @settings(max_examples=400, deadline=None)
    @given(
        terms=st.builds(Terms, st.integers(0, 60), st.integers(0, 36), st.sampled_from(["matrix", "supplier"])),
        case=st.builds(Case, st.none() | DAYS, st.none() | DAYS, DAYS, st.none() | DAYS, st.booleans()),
    )
    def test_properties(self, terms, case):
        decision = decide(terms, case)
        self.assertIn(decision.served_by, SERVED_BY)
        self.assertIn(decision.paid_by, PAID_BY)
        self.assertIn(decision.reason, REASONS)
        running = case.ended_on is None or case.event_on <= case.ended_on
        self.assertEqual(decision.served_by == "outlet", running)
        if decision.served_by == "successor":
            self.assertTrue(case.has_successor)
        if decision.served_by == "nobody":
            self.assertEqual(decision.paid_by, "customer")
        supplier_pays = decision.paid_by in ("matrix", "supplier")
        if supplier_pays and not running:
            self.assertLessEqual(case.event_on, case.ended_on + relativedelta(months=terms.run_off_months))
        longer = decide(terms._replace(run_off_months=terms.run_off_months + 1), case)
        if supplier_pays:
            self.assertEqual(longer.paid_by, decision.paid_by, "a longer run-off takes nobody out")

    def test_shares_of_each_payer(self):
        matrix = {"supplier": 70, "carrier": 30}
        self.assertEqual(shares("matrix", matrix), matrix)
        self.assertEqual(shares("supplier", matrix), {"supplier": 100})
        for payer in ("franchisor", "customer"):
            self.assertEqual(shares(payer, matrix), {"franchisor": 100})


@tagged("post_install", "-at_install")
class TestRunOffClaims(FlowCase):
    """R-B5: claims of ended contracts are routed and paid by the terms of their day."""

    def setUp(self):
        super().setUp()
        self.contract = self.make_contract(self.flow.day(-100))
        self.outlet = self.contract.outlet_ids
        self.contract.action_end()

    def make_contract(self, end=None):
        contract = self.env["franchise.contract"].create(
            {
                "franchisee_id": self.flow.franchisee.id,
                "company_id": self.flow.company.id,
                "brand_id": self.flow.brand.id,
                "currency_id": self.flow.currency.id,
                "date_start": self.flow.day(-700),
                "date_end": end or self.flow.day(500),
            }
        )
        self.outlet_of(contract)
        contract.action_sign()
        return contract

    def outlet_of(self, contract):
        number = self.env["franchise.outlet"].search_count([])
        return self.env["franchise.outlet"].create(
            {"code": f"R{number}-{self.flow.key}", "name": "Run-off", "contract_id": contract.id}
        )

    def claim(self, stage="submitted", sold=-300, event=-20, outlet=None, **version):
        agreement = self.flow.make_agreement(self.flow.partner("Run-off"), **version)
        bill = self.flow.bill((100.0,), supplier=agreement.supplier_id, days_ago=-sold)
        outlet = outlet or self.outlet
        return self.flow.claim(
            [("goods", bill, 100.0)],
            stage,
            supplier=agreement.supplier_id,
            contract_id=outlet.contract_id.id,
            outlet_id=outlet.id,
            event_date=self.flow.day(event),
            discovery_date=self.flow.day(max(event, -15)),
        )

    def demanded(self, claim):
        return {recovery.party: recovery.amount_demanded for recovery in claim.recovery_ids}

    def test_in_the_run_off_head_office_serves_and_the_matrix_pays(self):
        claim = self.claim("approved", run_off_months=6)
        self.assertEqual((claim.served_by, claim.paid_by), ("head_office", "matrix"))
        self.assertFalse(claim.serving_outlet_id)
        self.assertRegex(
            claim.coverage_reason,
            r"The franchise contract has ended; its run-off lasts \d+ days more\. Head office serves the customer\. "
            r"The parties of the liability matrix pay\.",
        )
        self.assertEqual(self.demanded(claim), {"supplier": 80, "carrier": 10})
        self.assertEqual(claim.amount_own, 10)

    def test_the_successor_serves_and_the_supplier_pays_alone(self):
        self.outlet.successor_id = self.flow.outlet
        claim = self.claim("approved", run_off_months=6, run_off_payer="supplier")
        self.assertEqual((claim.served_by, claim.serving_outlet_id), ("successor", self.flow.outlet))
        self.assertIn(f"Outlet {self.flow.outlet.display_name} serves the customer.", claim.coverage_reason)
        self.assertEqual(self.demanded(claim), {"supplier": 100})
        self.assertEqual(claim.amount_own, 0)

    def test_after_the_run_off_the_franchisor_pays(self):
        """R-B5: nothing is asked from the supplier any more."""
        claim = self.claim("approved", run_off_months=1)
        self.assertEqual((claim.coverage_state, claim.paid_by), ("covered", "franchisor"))
        self.assertFalse(claim.recovery_ids)
        self.assertEqual(claim.amount_own, 100)

    def test_out_of_warranty_the_customer_pays(self):
        claim = self.claim(warranty_months=3, run_off_months=6)
        self.assertEqual((claim.coverage_state, claim.paid_by), ("not_covered", "customer"))
        self.assertIn("The customer pays.", claim.coverage_reason)

    def test_goods_sold_after_the_end_are_not_served(self):
        claim = self.claim(sold=-60)
        self.assertEqual((claim.served_by, claim.coverage_state), ("nobody", "not_covered"))
        self.assertIn("sold after the franchise contract had ended", claim.coverage_reason)

    def test_an_event_before_the_end_is_a_claim_like_any_other(self):
        claim = self.claim("approved", event=-100)
        self.assertEqual((claim.served_by, claim.serving_outlet_id), ("outlet", self.outlet))
        self.assertNotIn("ended", claim.coverage_reason)
        self.assertEqual(self.demanded(claim), {"supplier": 80, "carrier": 10})

    def test_the_terms_of_the_event_day_decide(self):
        """R-B5: two claims on both sides of an amendment are paid by different rules."""
        agreement = self.flow.make_agreement(self.flow.partner("Amended"), run_off_months=12)
        self.flow.make_version(agreement, date_from=self.flow.day(-30), run_off_months=1).action_confirm()
        payers = []
        for event in (-31, -30):
            bill = self.flow.bill((100.0,), supplier=agreement.supplier_id, days_ago=300)
            claim = self.flow.claim(
                [("goods", bill, 100.0)],
                "submitted",
                supplier=agreement.supplier_id,
                contract_id=self.contract.id,
                outlet_id=self.outlet.id,
                event_date=self.flow.day(event),
                discovery_date=self.flow.day(-15),
            )
            payers.append(claim.paid_by)
        self.assertEqual(payers, ["matrix", "franchisor"])

    def test_a_termination_ends_the_contract_earlier(self):
        """R-B5: its effective day starts the run-off, not the day that the contract was once to end."""
        contract = self.make_contract(self.flow.day(300))
        case = self.env["franchise.termination"].create(
            {"contract_id": contract.id, "date_effective": self.flow.day(-50)}
        )
        contract.action_end()
        self.assertEqual(contract._run_off_starts(), {contract.id: self.flow.day(300)}, "a case that is only drafted")
        case._trusted().state = "ended"
        self.assertEqual(contract._run_off_starts(), {contract.id: self.flow.day(-50)})
        self.assertEqual(self.flow.contract._run_off_starts(), {})

    def test_the_line_of_successors_is_followed_to_one_that_runs(self):
        middle = self.make_contract(self.flow.day(-10)).outlet_ids
        middle.contract_id.action_end()
        middle.successor_id = self.flow.outlet
        self.outlet.successor_id = middle
        self.assertEqual(self.outlet._serving_successors(), {self.outlet: self.flow.outlet})
        with self.assertRaises(ValidationError):
            self.flow.outlet.successor_id = self.outlet

    def test_reopening_forgets_the_decision(self):
        claim = self.claim()
        claim.with_user(self.flow.users["service"]).action_reopen()
        self.assertFalse(claim.served_by or claim.paid_by or claim.version_id)

    def test_many_claims_take_a_fixed_number_of_queries(self):
        claims = self.env["franchise.claim"].browse()
        agreement = self.flow.make_agreement(self.flow.partner("Many"))
        for _number in range(10):
            contract = self.make_contract(self.flow.day(-100))
            contract.outlet_ids.successor_id = self.flow.outlet
            contract.action_end()
            claims |= self.flow.claim(
                [("labour", None, 5.0)],
                supplier=agreement.supplier_id,
                contract_id=contract.id,
                outlet_id=contract.outlet_ids.id,
            )
        counts = []
        for number in (2, 10):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            decisions = claims[:number]._coverage_decisions()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual({values["served_by"] for values in decisions.values()}, {"successor"})
        self.assertEqual(counts[0], counts[1])

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools import final_settlement as rules
from ..tools.rebate import Tier

UNITS = st.sampled_from(["1", "0.01", "0.001"])
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
MONEY = st.decimals(min_value=0, max_value=10**7, places=3)
SIGNED = st.decimals(min_value=-(10**7), max_value=10**7, places=3)


def day(text):
    return date.fromisoformat(text)


def exact(fraction, unit):
    """`fraction` rounded half-up to `unit`, by another way than the one under test."""
    units = fraction / Fraction(unit)
    return Decimal(int(units + Fraction(1, 2) if units >= 0 else -(-units + Fraction(1, 2)))) * Decimal(unit)


@tagged("post_install", "-at_install")
class TestFinalSettlementRules(BaseCase):
    """R-B8: each amount of a final settlement to the smallest unit."""

    def test_days_count_both_ends(self):
        for first, last, days in (
            ("2024-01-01", "2024-12-31", 366),
            ("2025-01-01", "2025-12-31", 365),
            ("2024-02-28", "2024-03-01", 3),
            ("2025-02-28", "2025-03-01", 2),
            ("2025-05-05", "2025-05-05", 1),
            ("2025-05-06", "2025-05-05", 0),
        ):
            with self.subTest(first=first, last=last):
                self.assertEqual(rules.days_between(day(first), day(last)), days)

    def test_unearned_fee(self):
        for fee, start, end, effective, unit, expected in (
            # three years with one leap day: 1096 days, 365 not run
            ("109600", "2024-01-01", "2026-12-31", "2025-12-31", "0.01", "-36500.00"),
            ("100000", "2024-01-01", "2026-12-31", "2024-02-29", "0.01", "-94525.55"),
            ("100000", "2024-01-01", "2026-12-31", "2024-02-29", "1", "-94526"),
            ("100000", "2024-01-01", "2026-12-31", "2024-02-29", "0.001", "-94525.547"),
            ("100000", "2024-01-01", "2026-12-31", "2026-12-31", "0.01", "0.00"),
            ("100000", "2024-01-01", "2026-12-31", "2027-05-31", "0.01", "0.00"),
            ("100000", "2024-01-01", "2026-12-31", "2023-10-31", "0.01", "-100000.00"),
            ("0", "2024-01-01", "2026-12-31", "2025-01-31", "0.01", "0.00"),
        ):
            with self.subTest(fee=fee, effective=effective, unit=unit):
                found = rules.unearned_fee(Decimal(fee), day(start), day(end), day(effective), unit)
                self.assertEqual(found, Decimal(expected))
        with self.assertRaises(ValueError):
            rules.unearned_fee(1, day("2025-01-02"), day("2025-01-01"), day("2025-01-01"), "0.01")

    @settings(max_examples=200, deadline=None)
    @given(fee=MONEY, start=DAYS, length=st.integers(1, 4000), ran=st.integers(-10, 4100), unit=UNITS)
    def test_a_fee_is_refunded_in_whole_units_between_nothing_and_all(self, fee, start, length, ran, unit):
        end, effective = start + timedelta(days=length - 1), start + timedelta(days=ran - 1)
        found = rules.unearned_fee(fee, start, end, effective, unit)
        left = min(max(length - ran, 0), length)
        self.assertEqual(found, -exact(Fraction(fee) * left / length, unit))
        self.assertEqual(found % Decimal(unit), 0)
        self.assertLessEqual(rules.unearned_fee(fee, start, end, effective - timedelta(days=1), unit), found)

    def test_month_parts(self):
        parts = rules.month_parts(day("2024-01-30"), day("2024-03-01"))
        self.assertEqual(
            [(str(p.first), str(p.last), p.days, p.month_days) for p in parts],
            [
                ("2024-01-30", "2024-01-31", 2, 31),
                ("2024-02-01", "2024-02-29", 29, 29),
                ("2024-03-01", "2024-03-01", 1, 31),
            ],
        )
        self.assertEqual(rules.month_parts(day("2024-02-02"), day("2024-02-01")), [])

    @settings(max_examples=200, deadline=None)
    @given(first=DAYS, length=st.integers(1, 900))
    def test_month_parts_cover_every_day_once(self, first, length):
        last = first + timedelta(days=length - 1)
        parts = rules.month_parts(first, last)
        self.assertEqual(sum(part.days for part in parts), length)
        self.assertEqual((parts[0].first, parts[-1].last), (first, last))
        for before, after in pairwise(parts):
            self.assertEqual(after.first - before.last, timedelta(days=1))

    def test_minimum_royalty(self):
        part = rules.month_parts(day("2024-02-01"), day("2024-02-15"))[0]
        for minimums, unit, expected in (
            ([(15, "3000")], "0.01", "1551.72"),
            ([(15, "3000")], "1", "1552"),
            ([(15, "3000")], "0.001", "1551.724"),
            ([(10, "3000"), (5, "6000")], "0.01", "2068.97"),
            ([(5, "6000"), (10, "3000")], "0.01", "2068.97"),
            ([], "0.01", "0.00"),
            ([(15, "0")], "0.01", "0.00"),
        ):
            with self.subTest(minimums=minimums, unit=unit):
                found = rules.minimum_royalty(part, [(days, Decimal(amount)) for days, amount in minimums], unit)
                self.assertEqual(found, Decimal(expected))
        with self.assertRaises(ValueError):
            rules.minimum_royalty(part, [(16, Decimal(1))], "0.01")

    def penalty(self, rule, royalties=0, averaged=12, minimum=0, effective="2025-12-31", unit="0.01", **terms):
        """The penalty for a term of 2024 to 2026 that ends early, on `effective`."""
        terms = {name: value if name == "months" else Decimal(value) for name, value in terms.items()}
        return rules.penalty(
            rules.Penalty(rule, **terms),
            Decimal(royalties),
            averaged,
            Decimal(minimum),
            day("2024-01-01"),
            day("2026-12-31"),
            day(effective),
            unit,
        )

    def test_penalty(self):
        half = {"rule": "remaining_percent", "minimum": "1000", "percent": "50"}
        for expected, values in (
            ("0.00", {"rule": "none", "amount": "5000"}),
            ("5000.00", {"rule": "fixed", "amount": "5000"}),
            ("4000.00", {"rule": "fixed", "amount": "5000", "cap": "4000"}),
            ("5000.00", {"rule": "fixed", "amount": "5000", "cap": "6000"}),
            ("0.00", {"rule": "fixed", "amount": "5000", "effective": "2026-12-31"}),
            ("3333.33", {"rule": "royalty_months", "royalties": "13333.33", "months": 3}),
            ("3333.333", {"rule": "royalty_months", "royalties": "13333.33", "months": 3, "unit": "0.001"}),
            ("3000.00", {"rule": "royalty_months", "royalties": "5000", "averaged": 5, "months": 3}),
            ("0.00", {"rule": "royalty_months", "royalties": "-10", "months": 3}),
            # all of 2026: 12 months of 1000, 50 %
            ("6000.00", half),
            # 15 of December's 31 days
            ("241.94", {**half, "effective": "2026-12-16"}),
            ("242", {**half, "effective": "2026-12-16", "unit": "1"}),
            ("200.00", {**half, "effective": "2026-12-16", "cap": "200"}),
            ("0.00", {**half, "minimum": "0"}),
        ):
            with self.subTest(**values):
                self.assertEqual(self.penalty(**values), Decimal(expected))
        with self.assertRaises(ValueError):
            self.penalty("whim")

    def test_months_averaged(self):
        for start, effective, months in (
            ("2024-01-01", "2025-12-31", 12),
            ("2025-11-15", "2025-12-31", 2),
            ("2025-12-31", "2025-12-31", 1),
            ("2026-02-01", "2025-12-31", 1),
        ):
            self.assertEqual(rules.months_averaged(day(start), day(effective)), months)

    def test_deposit(self):
        for deposit, withheld, unit, expected in (
            ("50000", ["1200.50", "99.50"], "0.01", "-48700.00"),
            ("50000", [], "0.01", "-50000.00"),
            ("50000", ["60000"], "0.01", "0.00"),
            ("0", ["10"], "0.01", "0.00"),
            ("50000.4", ["0.9"], "1", "-50000"),
            ("100.005", ["0.001"], "0.001", "-100.004"),
        ):
            with self.subTest(deposit=deposit, withheld=withheld):
                found = rules.deposit_return(Decimal(deposit), map(Decimal, withheld), unit)
                self.assertEqual(found, Decimal(expected))

    def test_goods(self):
        for quantity, price, bought, effective, expected in (
            ("3", "33.335", "2025-10-31", "2026-01-31", "-100.01"),
            ("3", "33.335", "2025-10-30", "2026-01-31", "0.00"),
            ("0", "33.335", "2025-12-31", "2026-01-31", "0.00"),
            # bought on 30 November: the window ends with February
            ("1", "10", "2025-11-30", "2026-02-28", "-10.00"),
        ):
            with self.subTest(bought=bought, effective=effective):
                found = rules.buy_back(quantity, price, 100, day(bought), 3, day(effective), "0.01")
                self.assertEqual(found, Decimal(expected))

    def test_pro_rated_target(self):
        target = rules.pro_rated_target(Decimal(36600), day("2024-01-01"), day("2024-12-31"), day("2024-02-29"))
        self.assertEqual(target, Decimal(6000))
        whole = rules.pro_rated_target(Decimal(36600), day("2024-01-01"), day("2024-12-31"), day("2025-02-28"))
        self.assertEqual(whole, Decimal(36600))

    def test_rebate_until_the_end(self):
        tiers = [Tier(Decimal(3660), Decimal(3), True), Tier(Decimal(36600), Decimal(5), False)]
        for achieved, effective, unit, expected in (
            ("600", "2024-02-29", "0.01", "-18.00"),
            ("599.99", "2024-02-29", "0.01", "0.00"),
            # above 6000: 5 % of 1000.5, and 3 % of the 6000
            ("7000.5", "2024-02-29", "0.01", "-230.03"),
            ("7000.5", "2024-02-29", "1", "-230"),
            ("7000.5", "2024-02-29", "0.001", "-230.025"),
            ("7000.5", "2024-12-31", "0.01", "-210.02"),
            ("-5", "2024-02-29", "0.01", "0.00"),
        ):
            with self.subTest(achieved=achieved, effective=effective, unit=unit):
                found = rules.rebate_until(
                    Decimal(achieved), tiers, day("2024-01-01"), day("2024-12-31"), day(effective), unit
                )
                self.assertEqual(found, Decimal(expected))

    def test_hold_back(self):
        for due, bases, percent, unit, expected in (
            ("1000", ["100", "200"], 100, "0.01", ["100.00", "200.00"]),
            ("1000", ["100", "200.25"], 50, "0.01", ["50.00", "100.13"]),
            ("150", ["100", "200"], 100, "0.01", ["50.00", "100.00"]),
            ("100", ["1", "1", "1"], 10000, "0.01", ["33.34", "33.33", "33.33"]),
            ("0", ["100"], 100, "0.01", ["0.00"]),
            ("-50", ["100"], 100, "0.01", ["0.00"]),
            ("1000", [], 100, "0.01", []),
        ):
            with self.subTest(due=due, bases=bases):
                found = rules.hold_back(Decimal(due), list(map(Decimal, bases)), percent, unit)
                self.assertEqual(found, list(map(Decimal, expected)))

    @settings(max_examples=200, deadline=None)
    @given(due=SIGNED, bases=st.lists(MONEY, max_size=6), percent=st.integers(0, 100), unit=UNITS)
    def test_never_more_is_held_back_than_is_due_or_may_be_owed(self, due, bases, percent, unit):
        held = rules.hold_back(due, bases, percent, unit)
        self.assertLessEqual(sum(held), max(exact(Fraction(due), unit), 0))
        for amount, base in zip(held, bases, strict=True):
            self.assertGreaterEqual(amount, 0)
            self.assertLessEqual(amount, exact(Fraction(base) * percent / 100, unit) + Decimal(unit))
            self.assertEqual(amount % Decimal(unit), 0)

    def test_release(self):
        for held, released, needed, expected in (
            ("100", "0", "0", "-100.00"),
            ("100", "30", "0", "-70.00"),
            ("100", "0", "40", "-60.00"),
            ("100", "80", "40", "0.00"),
            ("100", "100", "0", "0.00"),
            ("100", "0", "-5", "-100.00"),
        ):
            with self.subTest(held=held, released=released, needed=needed):
                self.assertEqual(
                    rules.release(Decimal(held), Decimal(released), Decimal(needed), "0.01"), Decimal(expected)
                )

    @settings(max_examples=200, deadline=None)
    @given(held=MONEY, needs=st.lists(SIGNED, max_size=8), unit=UNITS)
    def test_the_sum_of_releases_never_exceeds_the_reserve(self, held, needs, unit):
        held = exact(Fraction(held), unit)
        released = Decimal(0)
        for need in [*needs, Decimal(0)]:
            released -= rules.release(held, released, need, unit)
            self.assertGreaterEqual(released, 0)
            self.assertLessEqual(released, held)
        self.assertEqual(released, held)

    @settings(max_examples=200, deadline=None)
    @given(amounts=st.lists(SIGNED, max_size=12), unit=UNITS, seed=st.integers(0, 999))
    def test_the_total_is_the_same_in_any_order(self, amounts, unit, seed):
        amounts = [rules.round_money(amount, unit) for amount in amounts]
        shuffled = list(amounts)
        Random(seed).shuffle(shuffled)
        self.assertEqual(rules.total(amounts, unit), rules.total(shuffled, unit))
        self.assertEqual(
            rules.total(amounts, unit).quantize(Decimal(unit), rounding=ROUND_HALF_UP), sum(amounts, Decimal(0))
        )

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools import assignment, claim_effect, claim_priority, staff_measure

RULE = claim_priority.Rule(30, 50, 20, Decimal(10000), (30, 50, 70))
GRADES = ("A", "B", "C", False)
SEVERITIES = ("minor", "major", "critical", "safety")
amounts = st.integers(-1_000_000, 100_000_000).map(lambda thousandths: Decimal(thousandths) / 1000)


@tagged("post_install", "-at_install")
class TestPriorityRule(BaseCase):
    """R-D14: class, severity and amount set the priority."""

    def test_points(self):
        for grade, severity, amount, points, stars in (
            ("C", "minor", 0, "0.00", 0),
            ("A", "minor", 0, "30.00", 1),
            ("C", "major", 10000, "36.67", 1),
            ("B", "major", 0, "31.67", 1),
            (False, "major", 0, "31.67", 1),
            ("B", "critical", 2500, "53.33", 2),
            ("A", "critical", 5000, "73.33", 3),
            ("A", "critical", 99999, "83.33", 3),
            ("C", "safety", 0, "50.00", 3),
            ("B", False, -5, "15.00", 0),
        ):
            with self.subTest(grade=grade, severity=severity, amount=amount):
                self.assertEqual(claim_priority.points(grade, severity, amount, RULE), Decimal(points))
                self.assertEqual(claim_priority.stars(grade, severity, amount, RULE), stars)

    def test_without_a_high_amount_any_amount_counts_in_full(self):
        rule = RULE._replace(amount_high=Decimal(0))
        self.assertEqual(claim_priority.points("C", "minor", "0.001", rule), 20)
        self.assertEqual(claim_priority.points("C", "minor", 0, rule), 0)

    def test_weights_that_say_nothing_are_refused(self):
        for weights in ((0, 0, 0), (-1, 50, 50)):
            with self.subTest(weights=weights), self.assertRaises(ValueError):
                claim_priority.points("A", "minor", 1, RULE._replace(**dict(zip(RULE._fields, weights, strict=False))))

    @given(
        st.sampled_from(GRADES), st.sampled_from(SEVERITIES), amounts, amounts, st.tuples(*[st.integers(0, 100)] * 3)
    )
    def test_more_of_anything_is_never_less_urgent(self, grade, severity, one, other, weights):
        if not sum(weights):
            return
        rule = claim_priority.Rule(*weights, Decimal(10000), (30, 50, 70))
        low, high = sorted((one, other))
        points = claim_priority.points(grade, severity, low, rule)
        self.assertTrue(0 <= points <= 100)
        self.assertLessEqual(points, claim_priority.points(grade, severity, high, rule))
        self.assertLessEqual(points, claim_priority.points("A", severity, low, rule))
        self.assertLessEqual(points, claim_priority.points(grade, "safety", low, rule))
        self.assertIn(claim_priority.stars(grade, severity, low, rule), range(4))


@tagged("post_install", "-at_install")
class TestAssignmentRule(BaseCase):
    """R-D12: by skill, then by load."""

    def test_the_closest_skill_then_the_least_used(self):
        members = {1: assignment.Member(0, 10), 2: assignment.Member(4, 10), 3: assignment.Member(4, 40)}
        for fits, taker in (
            ({1: 0, 2: 1}, 2),
            ({2: 1, 3: 1}, 3),
            ({1: 0, 2: 0}, 1),
            ({9: 5, 1: 0}, 1),
            ({}, None),
        ):
            with self.subTest(fits=fits):
                self.assertEqual(assignment.assign([assignment.Job(7, 1, fits)], members), {7: taker})

    def test_who_has_no_room_gets_nothing(self):
        members = {1: assignment.Member(9, 10)}
        jobs = [assignment.Job(1, 1, {1: 0}), assignment.Job(2, 2, {1: 0}), assignment.Job(3, 1, {1: 0})]
        self.assertEqual(assignment.assign(jobs, members), {1: 1, 2: None, 3: None})

    def test_equal_people_get_equal_shares(self):
        members = {key: assignment.Member(0, 40) for key in (1, 2, 3)}
        jobs = [assignment.Job(number, 1, dict.fromkeys(members, 0)) for number in range(30)]
        taken = list(assignment.assign(jobs, members).values())
        self.assertEqual({key: taken.count(key) for key in members}, {1: 10, 2: 10, 3: 10})

    @given(
        st.lists(st.tuples(st.integers(1, 4), st.dictionaries(st.integers(1, 5), st.integers(0, 6))), max_size=40),
        st.dictionaries(st.integers(1, 5), st.tuples(st.integers(0, 30), st.integers(1, 30))),
    )
    def test_nobody_is_overloaded_or_given_what_they_cannot_do(self, jobs, people):
        jobs = [assignment.Job(number, weight, fits) for number, (weight, fits) in enumerate(jobs)]
        members = {key: assignment.Member(*values) for key, values in people.items()}
        given_to = assignment.assign(jobs, members)
        self.assertEqual(given_to.keys(), {job.id for job in jobs})
        self.assertEqual(given_to, assignment.assign(list(reversed(jobs)), members))
        added = dict.fromkeys(members, 0)
        for job in jobs:
            if given_to[job.id] is not None:
                self.assertIn(given_to[job.id], job.fits)
                added[given_to[job.id]] += job.weight
        for key, member in members.items():
            self.assertTrue(added[key] == 0 or member.load + added[key] <= member.capacity)
        for job in jobs:
            if given_to[job.id] is None:
                for key in set(job.fits) & set(members):
                    self.assertGreater(members[key].load + added[key] + job.weight, members[key].capacity)


@tagged("post_install", "-at_install")
class TestStaffMeasureRule(BaseCase):
    """R-D12: first, second and third validated complaint within the window."""

    def test_measures(self):
        for count, measure in ((0, "none"), (1, "warning"), (2, "penalty"), (3, "dismissal"), (9, "dismissal")):
            self.assertEqual(staff_measure.measure(count, 1, 2, 3), measure)
        self.assertEqual(staff_measure.measure(1, 2, 3, 4), "none")

    def test_the_window(self):
        day = date(2026, 3, 15)
        for other, months, inside in (
            (date(2026, 3, 15), 12, 1),
            (date(2025, 3, 16), 12, 1),
            (date(2025, 3, 15), 12, 0),
            (date(2026, 3, 16), 12, 0),
            (date(2026, 2, 28), 1, 1),
        ):
            with self.subTest(other=other):
                self.assertEqual(staff_measure.complaints_in_window([other], day, months), inside)
        self.assertEqual(staff_measure.complaints_in_window([date(2024, 2, 29)], date(2025, 2, 28), 12), 1)
        self.assertEqual(staff_measure.complaints_in_window([date(2025, 2, 28)], date(2025, 3, 31), 1), 0)

    @given(st.lists(st.dates(date(2020, 1, 1), date(2030, 1, 1))), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
    def test_a_longer_window_never_counts_less(self, days, day):
        counts = [staff_measure.complaints_in_window(days, day, months) for months in (1, 6, 12, 120)]
        self.assertEqual(counts, sorted(counts))


@tagged("post_install", "-at_install")
class TestEffectRule(BaseCase):
    """R-D13: claims a month before and after a measure."""

    def test_windows(self):
        for begin, done, today, months, expected in (
            (
                date(2026, 3, 31),
                date(2026, 4, 30),
                date(2027, 1, 1),
                1,
                ((date(2026, 2, 28), date(2026, 3, 30)), (date(2026, 5, 1), date(2026, 5, 30))),
            ),
            (
                date(2024, 2, 29),
                date(2024, 2, 29),
                date(2024, 3, 10),
                12,
                ((date(2023, 2, 28), date(2024, 2, 28)), (date(2024, 3, 1), date(2024, 3, 10))),
            ),
        ):
            with self.subTest(begin=begin):
                self.assertEqual(claim_effect.windows(begin, done, today, months), expected)

    def test_rates(self):
        first = date(2025, 1, 1)
        self.assertEqual(claim_effect.per_month(12, first, date(2025, 12, 31)), Decimal("1.00"))
        self.assertEqual(claim_effect.per_month(3, first, first), Decimal("91.31"))
        self.assertEqual(claim_effect.per_month(3, first, date(2024, 12, 31)), 0)
        self.assertEqual(claim_effect.change_percent(Decimal(4), Decimal(1)), Decimal("75.0"))
        self.assertEqual(claim_effect.change_percent(Decimal(1), Decimal(4)), Decimal("-300.0"))
        self.assertIsNone(claim_effect.change_percent(Decimal(0), Decimal(4)))

    @given(
        st.dates(date(2020, 1, 1), date(2030, 1, 1)),
        st.integers(0, 400),
        st.integers(0, 800),
        st.integers(1, 60),
        st.integers(0, 500),
    )
    def test_windows_never_meet(self, begin, running, later, months, count):
        done = begin + timedelta(days=running)
        before, after = claim_effect.windows(begin, done, done + timedelta(days=later), months)
        self.assertLess(before[1], begin)
        self.assertLess(done, after[0])
        self.assertGreaterEqual(claim_effect.per_month(count, *after), 0)
        self.assertEqual(claim_effect.per_month(0, *before), 0)

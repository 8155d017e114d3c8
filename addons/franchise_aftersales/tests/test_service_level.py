from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..tools.service_level import counted, deadline, elapsed, lateness, merged, penalty

START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def at(hours):
    return START + hours * HOUR


def local(day, hour, minute=0):
    """A moment of March 2026 in Shanghai."""
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


def week(zone, first, days=28, holidays=()):
    """Working time 9 to 12 and 13 to 17 local time, Monday to Friday, from the day `first` on."""
    spans = []
    for number in range(days):
        day = first + timedelta(days=number)
        if day.weekday() < 5 and day not in holidays:
            for begin, end in ((9, 12), (13, 17)):
                spans.append(tuple(datetime(day.year, day.month, day.day, hour, tzinfo=zone) for hour in (begin, end)))
    return spans


SPANS = st.lists(
    st.tuples(st.integers(-50, 500), st.integers(0, 60)).map(lambda pair: (at(pair[0]), at(pair[0] + pair[1]))),
    max_size=8,
)
WORK = st.lists(
    st.tuples(st.integers(0, 400), st.integers(1, 40)).map(lambda pair: (at(pair[0]), at(pair[0] + pair[1]))),
    min_size=1,
    max_size=8,
).map(lambda spans: [*spans, (at(1000), at(5000))])
DURATIONS = st.integers(1, 200).map(lambda hours: hours * HOUR)


@tagged("post_install", "-at_install")
class TestServiceLevelRule(BaseCase):
    """R-C4: deadlines, used time and penalties from intervals."""

    def test_round_the_clock(self):
        """R-C4: 4, 24 and 24 hours and 30 days from any moment."""
        work = [(START, at(2000))]
        for hours in (4, 24, 30 * 24):
            self.assertEqual(deadline(work, START, hours * HOUR), at(hours))

    def test_working_calendar(self):
        """R-C4: lunch, evenings, the weekend and a holiday don't count; the end of the day still does."""
        first = date(2026, 3, 2)
        cases = (
            (local(2, 9), 4, (), local(2, 14)),
            (local(2, 12, 30), 1, (), local(2, 14)),
            (local(2, 13), 4, (), local(2, 17)),
            (local(6, 16), 4, (), local(9, 12)),
            (local(7, 3), 4, (), local(9, 14)),
            (local(6, 16), 4, (date(2026, 3, 9),), local(10, 12)),
        )
        for begin, hours, holidays, expected in cases:
            with self.subTest(begin=begin, hours=hours):
                work = week(SHANGHAI, first, holidays=holidays)
                found = deadline(work, begin, hours * HOUR)
                self.assertEqual(found, expected)

    def test_daylight_saving(self):
        """R-C4: round the clock 24 hours are 24 hours; a working calendar goes by its wall clock."""
        before = datetime(2026, 3, 28, 12, tzinfo=BERLIN)  # clocks go forward in the night
        utc = before.astimezone(UTC)
        due = deadline([(utc, utc + timedelta(days=3))], before, 24 * HOUR)
        self.assertEqual(due.astimezone(BERLIN), datetime(2026, 3, 29, 13, tzinfo=BERLIN))
        work = week(BERLIN, date(2026, 3, 23))
        due = deadline(work, datetime(2026, 3, 27, 16, tzinfo=BERLIN), 4 * HOUR)
        self.assertEqual(due, datetime(2026, 3, 30, 12, tzinfo=BERLIN))

    def test_pauses_count_once_and_only_in_working_time(self):
        work = [(at(0), at(10)), (at(20), at(30))]
        cases = (
            ([], 5),
            ([(at(1), at(3))], 7),
            ([(at(1), at(3)), (at(2), at(4))], 8),
            ([(at(1), at(3)), (at(1), at(3))], 7),
            ([(at(12), at(15))], 5),
            ([(at(-5), at(2))], 7),
            ([(at(4), at(25))], 26),
            ([(at(3), at(3))], 5),
            ([(at(5), None)], 5),
            ([(at(4), None)], None),
        )
        for pauses, hours in cases:
            with self.subTest(pauses=pauses):
                self.assertEqual(deadline(work, START, 5 * HOUR, pauses), hours and at(hours))

    def test_a_changed_calendar_counts_from_its_change(self):
        """R-C4: mornings until hour 100, whole days afterwards, as the intervals say."""
        work = [(at(24 * day), at(24 * day + 4)) for day in range(4)] + [(at(100), at(200))]
        self.assertEqual(deadline(work, START, 20 * HOUR), at(104))
        self.assertEqual(elapsed(work, START, at(104)), 20 * HOUR)

    def test_working_time_that_ends_gives_no_deadline(self):
        self.assertIsNone(deadline([(at(0), at(3))], START, 4 * HOUR))
        self.assertIsNone(deadline([], START, HOUR))
        self.assertEqual(elapsed([(at(0), at(3))], START, at(-1)), timedelta())

    def test_penalties(self):
        """R-C4: per breach, per day or hour started, with cap; in currencies with 0, 2 and 3 decimals."""
        day = 24 * HOUR
        cases = (
            ("none", 5, 0, HOUR, HOUR, "0.01", "0"),
            ("breach", "12.345", 0, HOUR, HOUR, "0.01", "12.35"),
            ("breach", 5, 0, timedelta(), HOUR, "0.01", "0"),
            ("breach", 5, 3, HOUR, HOUR, "0.01", "3"),
            ("hour", 5, 0, timedelta(seconds=1), HOUR, "0.01", "5"),
            ("hour", 5, 0, HOUR, HOUR, "0.01", "5"),
            ("hour", 5, 0, HOUR + timedelta(seconds=1), HOUR, "0.01", "10"),
            ("day", "0.333", 0, 3 * day, day, "0.001", "0.999"),
            ("day", 100, 250, 3 * day, day, "1", "250"),
            ("day", 100, 0, 9 * HOUR, 8 * HOUR, "1", "200"),
            ("day", 100, 0, -HOUR, day, "1", "0"),
        )
        for rule, rate, cap, late, unit, rounding, expected in cases:
            with self.subTest(rule=rule, late=late, cap=cap):
                self.assertEqual(penalty(rule, rate, cap, late, unit, rounding), Decimal(expected))

    @settings(max_examples=300, deadline=None)
    @given(work=WORK, pauses=SPANS, more=SPANS, duration=DURATIONS)
    def test_a_pause_never_shortens_the_deadline(self, work, pauses, more, duration):
        first = deadline(work, START, duration, pauses)
        second = deadline(work, START, duration, [*pauses, *more])
        self.assertTrue(second is None or (first is not None and second >= first))

    @settings(max_examples=300, deadline=None)
    @given(work=WORK, pauses=SPANS, duration=DURATIONS, moment=st.integers(-10, 900).map(at))
    def test_used_and_left_add_up(self, work, pauses, duration, moment):
        """R-C4: at every moment used + left is the agreed time, and it is used up exactly at the deadline."""
        due = deadline(work, START, duration, pauses)
        used = elapsed(work, START, moment, pauses)
        late = lateness(work, START, duration, moment, pauses)
        self.assertEqual(elapsed(work, START, due, pauses), duration)
        self.assertEqual(late > timedelta(), used > duration)
        if moment <= due and moment >= START:
            left = elapsed(work, moment, due, pauses)
            self.assertEqual(used + left, duration)
        elif moment > due:
            self.assertEqual(used, duration + late)

    @settings(max_examples=200, deadline=None)
    @given(work=WORK, pauses=SPANS, mixed=st.randoms())
    def test_order_and_overlap_of_intervals_change_nothing(self, work, pauses, mixed):
        shuffled, twice = list(work), [*pauses, *pauses]
        mixed.shuffle(shuffled)
        mixed.shuffle(twice)
        self.assertEqual(counted(work, START, pauses), counted(shuffled, START, twice))
        for (_, end), (start, _) in zip(merged(work), merged(work)[1:], strict=False):
            self.assertLess(end, start)

    @settings(max_examples=300, deadline=None)
    @given(
        rule=st.sampled_from(["none", "breach", "day", "hour"]),
        rate=st.decimals(0, 10**6, places=2),
        cap=st.decimals(0, 10**6, places=2),
        late=st.integers(-100, 10**6),
        more=st.integers(0, 10**6),
    )
    def test_penalties_grow_with_lateness_and_stay_under_the_cap(self, rule, rate, cap, late, more):
        def owed(seconds):
            return penalty(rule, rate, cap, timedelta(seconds=seconds), HOUR, "0.01")

        self.assertLessEqual(owed(late), owed(late + more))
        self.assertGreaterEqual(owed(late), 0)
        if cap:
            self.assertLessEqual(owed(late + more), cap)

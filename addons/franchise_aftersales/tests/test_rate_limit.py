from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import TransactionCase, tagged

from ..tools.rate_limit import burst, refilled


@tagged("post_install", "-at_install")
class TestRateLimitTool(TransactionCase):
    """The token bucket: never more than the limit in any minute (R-G4)."""

    def test_burst_and_refill(self):
        for per_minute, at_once in ((1, 1), (11, 1), (24, 2), (60, 5), (6000, 500)):
            with self.subTest(per_minute):
                self.assertEqual(burst(per_minute), at_once)
                self.assertEqual(refilled(None, None, per_minute), at_once)
                self.assertEqual(refilled(0.0, 3600, per_minute), at_once)
        self.assertEqual(refilled(0.0, 60, 1), 1.0)
        self.assertEqual(refilled(0.5, 0, 60), 0.5)
        self.assertEqual(refilled(0.5, -100, 60), 0.5, "a clock that goes back adds nothing")

    @given(st.integers(1, 5000), st.lists(st.integers(0, 300), max_size=30))
    def test_never_more_than_the_limit_in_a_minute(self, per_minute, waits):
        tokens, moment, sent = None, 0.0, []
        for tenths in waits:
            wait = tenths / 10
            moment += wait
            tokens = refilled(tokens, wait, per_minute)
            taken = int(tokens)
            tokens -= taken
            sent.append((moment, taken))
        for start, _taken in sent:
            within = sum(taken for at, taken in sent if start <= at < start + 59.999)
            self.assertLessEqual(within, per_minute)

    def test_the_limit_is_nearly_reached(self):
        """Looked at every two seconds, as the worker does, a busy line gets four fifths of the limit or more."""
        for per_minute in (12, 60, 600, 6000):
            tokens, sent = 0.0, 0
            for _look in range(300):
                tokens = refilled(tokens, 2, per_minute)
                sent += int(tokens)
                tokens -= int(tokens)
            self.assertGreaterEqual(sent, per_minute * 10 * 4 // 5)

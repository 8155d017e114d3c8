"""Run a module of Python's with a wall clock that is wrong: `wrong_clock.py SECONDS MODULE …`.

Only what says the date is shifted; the monotonic clock goes on as it is, as on a machine whose clock is set wrong.
"""

import datetime
import runpy
import sys
import time

shift = float(sys.argv[1])
right_time, right_datetime = time.time, datetime.datetime


class Shifted(right_datetime):
    """Says the wrong time."""

    @classmethod
    def now(cls, tz=None):
        """The time as this machine believes it to be."""
        return super().now(tz) + datetime.timedelta(seconds=shift)


time.time = lambda: right_time() + shift
datetime.datetime = Shifted
sys.argv = sys.argv[2:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

"""Time, queries and memory of a piece of work."""

from __future__ import annotations

import re
import statistics
import time
from pathlib import Path

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


def median_of(env, runs, work):
    """Run `work()` once to warm up and `runs` times with an empty cache of records.

    :return: {"ms": median, "queries": of the last run}.
    """
    times = []
    for run in range(runs + 1):
        env.flush_all()
        env.invalidate_all()
        before, began = env.cr.sql_log_count, time.perf_counter()
        work()
        if run:
            times.append(1000 * (time.perf_counter() - began))
    return {"ms": statistics.median(times), "queries": env.cr.sql_log_count - before}


def sql_median(env, runs, statement):
    """(median milliseconds, rows) of a bare statement."""
    times, rows = [], []
    for _run in range(runs + 1):
        began = time.perf_counter()
        env.cr.execute(statement)
        rows = env.cr.fetchall()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times[1:]), rows


def memory_mib(name="VmRSS"):
    """Memory of this process now (`VmRSS`) or at its highest since `forget_peak` (`VmHWM`), in MiB."""
    return int(re.search(rf"{name}:\s+(\d+) kB", STATUS.read_text()).group(1)) / 1024


def forget_peak():
    """Start a new highest value of memory."""
    CLEAR.write_text("5")

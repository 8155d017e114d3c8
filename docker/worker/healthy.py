"""Health of the worker's container: did it look at the outbox lately? Exit 0 or 1, with a sentence."""

import os
import re
import sys
import time
import urllib.request

LIMIT = 120  # seconds; the worker looks every few seconds, and at most every 30 while Odoo is away


def main() -> int:
    """Read the worker's own metrics."""
    port = os.environ.get("FRANCHISE_SYNC_METRICS_PORT", "9191")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=3) as reply:
            text = reply.read().decode()
    except OSError as error:
        print(f"The worker's metrics don't answer: {error}.")
        return 1
    found = re.search(r"^franchise_sync_last_tick_timestamp_seconds (\S+)$", text, re.MULTILINE)
    age = time.time() - float(found[1]) if found else None
    if age is None or age > LIMIT:
        print("The worker has not looked at the outbox yet." if age is None else f"Last look {age:.0f} s ago.")
        return 1
    return 0


sys.exit(main())

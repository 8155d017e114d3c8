"""Health of the worker's container: does its loop go round? Exit 0 or 1, with a sentence.

Not whether Odoo answers: a worker that waits for Odoo is healthy, and restarting it would help nothing.
"""

import os
import sys
import urllib.error
import urllib.request


def main() -> int:
    """Ask the worker itself."""
    port = os.environ.get("FRANCHISE_SYNC_METRICS_PORT", "9191")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=3) as reply:
            reply.read()
    except urllib.error.HTTPError as error:
        print(error.read().decode(errors="replace"))
        return 1
    except OSError as error:
        print(f"The worker doesn't answer: {error}.")
        return 1
    return 0


sys.exit(main())

"""pytest plugin: a skipped, xfailed or uncollected test fails the run; totals go to the file that HOUSE_TOTALS names."""

from __future__ import annotations

import json
import os
from pathlib import Path

import hypothesis
import pytest

# How fast a busy machine makes examples says nothing of what is tried with them.
hypothesis.settings.register_profile("house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("house")

NOT_RUN = ("skipped", "xfailed", "xpassed")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Judge the whole session. Runs in the controller only when tests are spread over processes."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    count = {kind: len(reporter.stats.get(kind, [])) for kind in ("passed", "failed", "error", *NOT_RUN)}
    if session.exitstatus == pytest.ExitCode.OK and any(count[kind] for kind in NOT_RUN):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if target := os.environ.get("HOUSE_TOTALS"):
        failed = count["failed"] + count["error"] + sum(count[kind] for kind in NOT_RUN)
        Path(target).write_text(json.dumps({"passed": count["passed"], "failed": failed}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the tests that were not run, with their reasons."""
    for kind in NOT_RUN:
        for report in terminalreporter.stats.get(kind, []):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else getattr(report, "wasxfail", "")
            terminalreporter.write_line(f"NOT ALLOWED: {report.nodeid} was {kind}. {reason}", red=True)

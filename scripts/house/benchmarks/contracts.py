"""The benchmark `contracts`: figures for people."""

from __future__ import annotations

from typing import Any

from .screens import screen_rows


def table(result: dict[str, Any]) -> list[str]:
    """Lines of a Markdown table: what was done, at both sizes, against bare SQL; then the two batch jobs."""
    jobs = result["deadlines"]
    coverage = result["coverage"]
    return [
        *screen_rows(result, "contracts"),
        "",
        f"Deadlines: {jobs['told']} of {jobs['records']} told in {jobs['seconds']:.2f} s: {jobs['per_second']:.0f} records/s, "
        f"{jobs['queries_per_batch']:.0f} queries a batch of {jobs['batch']}, peak memory {jobs['peak_mib']:.0f} MiB.",
        f"Coverage: {coverage['claims']} claims in one call {coverage['seconds']:.2f} s, {coverage['queries']} queries; "
        f"one by one {coverage['ratio_one_by_one']:.1f} times as long.",
        f"Records made in {result['made_seconds']:.1f} s; memory {result['start_mib']:.0f} → {result['peak_mib']:.0f} MiB.",
    ]

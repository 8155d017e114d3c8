"""The benchmark `claims`: figures for people."""

from __future__ import annotations

from typing import Any

from .screens import screen_rows


def table(result: dict[str, Any]) -> list[str]:
    """Lines of a Markdown table of the screens at both sizes, then the batch jobs."""
    created, coverage, sweep = result["create"], result["coverage"], result["sweep"]
    real, bare = created["claims"], created["bare"]
    return [
        *screen_rows(result, "claims"),
        "",
        f"Intake: {created['claims_made']} claims with {created['lines']} lines in batches of {created['batch']}: "
        f"{real['per_second']:.0f} claims/s, {real['queries_per_batch']:.0f} queries a batch, peak memory "
        f"{real['peak_mib']:.0f} MiB; bare twin models {bare['per_second']:.0f} claims/s; ratio {created['ratio']:.2f}.",
        f"Coverage: {coverage['claims']} claims in one call {coverage['seconds']:.2f} s, {coverage['queries']} queries, "
        f"peak memory {coverage['peak_mib']:.0f} MiB.",
        f"Sweep: {sweep['claims']} open claims with {sweep['running']} running clocks, {sweep['told']} told of in "
        f"{sweep['seconds']:.2f} s: {sweep['claims_per_second']:.0f} claims/s, {sweep['per_second']:.0f} told/s, "
        f"{sweep['queries_per_batch']:.0f} queries a batch of {sweep['batch']}, peak memory {sweep['peak_mib']:.0f} MiB.",
        f"Records made in {result['made_seconds']:.1f} s; memory {result['start_mib']:.0f} → {result['peak_mib']:.0f} MiB.",
    ]

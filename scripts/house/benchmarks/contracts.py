"""The benchmark `contracts`: figures for people."""

from __future__ import annotations

from typing import Any


def table(result: dict[str, Any]) -> list[str]:
    """Lines of a Markdown table: what was done, at both sizes, against bare SQL; then the two batch jobs."""
    small, full = result["sizes"]
    lines = [
        f"| what | {small} contracts | {full} contracts | queries | bare SQL | ratio |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, at in result["screens"].items():
        few, many = at[str(small)], at[str(full)]
        sql = f"{many['sql_ms']:.1f} ms" if many.get("sql_ms") else "–"
        ratio = f"{many['ms'] / many['sql_ms']:.1f}" if many.get("sql_ms") else "–"
        queries = str(many["queries"]) if many["queries"] == few["queries"] else f"{few['queries']} → {many['queries']}"
        lines.append(f"| {name} | {few['ms']:.1f} ms | {many['ms']:.1f} ms | {queries} | {sql} | {ratio} |")
    jobs = result["deadlines"]
    coverage = result["coverage"]
    return [
        *lines,
        "",
        f"Deadlines: {jobs['told']} of {jobs['records']} told in {jobs['seconds']:.2f} s: {jobs['per_second']:.0f} records/s, "
        f"{jobs['queries_per_batch']:.0f} queries a batch of {jobs['batch']}, peak memory {jobs['peak_mib']:.0f} MiB.",
        f"Coverage: {coverage['claims']} claims in one call {coverage['seconds']:.2f} s, {coverage['queries']} queries; "
        f"one by one {coverage['ratio_one_by_one']:.1f} times as long.",
        f"Records made in {result['made_seconds']:.1f} s; memory {result['start_mib']:.0f} → {result['peak_mib']:.0f} MiB.",
    ]

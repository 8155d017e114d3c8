"""The benchmark `settlement`: figures for people."""

from __future__ import annotations

from typing import Any

from .screens import screen_rows


def table(result: dict[str, Any]) -> list[str]:
    """Lines of a Markdown table of the report's screens, the pivots against bare SQL, then batch jobs and indexes."""
    jobs, costs = result["jobs"], result["indexes"]
    made, posted, book, tied = jobs["generate"], jobs["post"], jobs["workbook"], jobs["tie_out"]
    over = "given up after " if tied["given_up"] else ""
    return [
        *screen_rows(result, "lines"),
        "",
        *(
            f"{name.capitalize()}: {pivot['cells']} cells in {pivot['ms']:.0f} ms ({pivot['text_mib']:.1f} MiB of JSON); "
            f"{pivot['ms'] / pivot['sql_ms']:.2f} of the bare SQL over the rows, "
            f"{pivot['ms'] / pivot['sums_ms']:.2f} of the fastest SQL known (from sums)."
            for name, pivot in result["pivots"].items()
        ),
        f"Generation: {made['lines']} lines, {made['per_second']:.0f} lines/s, {made['queries']} queries, "
        f"+{made['mib']:.0f} MiB; {made['ratio_orm']:.2f} of the ORM's bare create, "
        f"{made['ratio_sql']:.0f} of a bare INSERT … SELECT.",
        f"Posting: {posted['settlements']} settlements with {posted['lines']} lines, {posted['per_second']:.2f} "
        f"settlements/s, {posted['queries_each']:.0f} queries each, +{posted['mib']:.0f} MiB; {posted['ratio_bare']:.2f} of "
        f"accounting's bare create and post ({posted['bare_each']:.2f} s, {posted['bare_queries_each']:.0f} queries each).",
        f"Workbook: {book['lines']} lines, {book['per_second']:.0f} lines/s, +{book['mib']:.0f} MiB; {book['ratio_bare']:.2f} "
        f"of xlsxwriter alone in constant memory (+{book['bare_mib']:.0f} MiB).",
        f"Tie-out: {over}{tied['seconds']:.1f} s over {tied['lines']} lines, {tied['settlements']} settlements compared.",
        f"Inserting a line takes {costs['insert_us']:.1f} µs in SQL; of that "
        + ", ".join(f"{name} {cost['us']:.1f} µs ({cost['mib']:.0f} MiB)" for name, cost in costs["each"].items())
        + ".",
        f"Records made in {result['made_seconds']:.1f} s; memory {result['start_mib']:.0f} → {result['peak_mib']:.0f} MiB.",
    ]

"""Screens measured at two sizes, laid out for people."""

from __future__ import annotations

from typing import Any


def screen_rows(result: dict[str, Any], what: str) -> list[str]:
    """Lines of a Markdown table: each screen at both sizes, its queries, and the same page in bare SQL."""
    small, full = result["sizes"]
    lines = [
        f"| what | {small} {what} | {full} {what} | queries | bare SQL | ratio |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, at in result["screens"].items():
        few, many = at[str(small)], at[str(full)]
        sql = f"{many['sql_ms']:.1f} ms" if many.get("sql_ms") else "–"
        ratio = f"{many['ms'] / many['sql_ms']:.1f}" if many.get("sql_ms") else "–"
        queries = str(many["queries"]) if many["queries"] == few["queries"] else f"{few['queries']} → {many['queries']}"
        lines.append(f"| {name} | {few['ms']:.1f} ms | {many['ms']:.1f} ms | {queries} | {sql} | {ratio} |")
    return lines

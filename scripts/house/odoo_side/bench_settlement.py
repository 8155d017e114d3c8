"""The benchmark `settlement`: the settlement report over very many lines, and the batch jobs of settlements."""

from __future__ import annotations

import json
import time

from lxml import etree
from odoo.service.model import call_kw
from odoo.tools import SQL
from odoo.tools.json import json_default

from .bench_clock import median_of, memory_mib, sql_median
from .bench_screens import PAGE, read_list, specification
from .bench_settlement_data import World
from .bench_settlement_jobs import indexes, jobs

SMALL = 4_000
MEASURES = ["amount_company:sum", "company_currency_id:array_agg_distinct", "amount_company:sum_currency", "__count"]
MONTH = SQL("date_trunc('month', date::timestamp)::date")
#: {name: what is grouped by}: each level of rows with and without the columns, as the pivot view asks for it.
PIVOTS = {
    "pivot, partner × month": [[], ["date:month"], ["partner_id"], ["partner_id", "date:month"]],
    "pivot, partner × month × cause": [
        [], ["date:month"], ["partner_id"], ["partner_id", "date:month"], ["partner_id", "cause_id"],
        ["partner_id", "cause_id", "date:month"],
    ],
}  # fmt: skip


def prepare(env, data):
    """Measure with `data["size"]` lines and `data["runs"]` repetitions. Returns the figures, JSON-able."""
    start = memory_mib()
    world = World(env)
    problems, screens, pivots, made = [], {}, {}, 0.0
    sizes = [min(SMALL, data["size"] // 2), data["size"]]
    for size in sizes:
        began = time.perf_counter()
        world.fill(size)
        world.env.cr.commit()
        made += time.perf_counter() - began
        for name, figures in _screens(world, data["runs"], problems).items():
            screens.setdefault(name, {})[str(world.size)] = figures
        for name, sets in PIVOTS.items():
            figures = pivots[name] = _pivot(world, data["runs"], sets, name, problems)
            screens.setdefault(name, {})[str(world.size)] = {key: figures[key] for key in ("ms", "queries", "sql_ms")}
    for name, at in screens.items():
        few, many = (figures["queries"] for figures in at.values())
        # A page of one kind of lines has fewer kinds of names to fetch than one of several: fewer is no fault.
        if few < many:
            problems.append(f"{name}: {few} queries with {sizes[0]} lines, {many} with {sizes[1]}.")
    costs = indexes(world, data["runs"])
    return {
        "sizes": [int(size) for size in next(iter(screens.values()))],
        "runs": data["runs"],
        "screens": screens,
        "pivots": pivots,
        "indexes": costs,
        "jobs": jobs(world, problems),
        "made_seconds": made,
        "start_mib": start,
        "peak_mib": memory_mib("VmHWM"),
        "problems": problems,
    }


def _pivot(world, runs, sets, name, problems):
    """{ms, queries, sql_ms, sums_ms, cells, text_mib} of one pivot: the remote call with its JSON text, as an accountant.

    `sql_ms`: the same answer in one statement over the rows; `sums_ms`: the fastest that was found, from sums of the rows.
    """
    env = world.user_env("accountant")
    report = env["franchise.settlement.report"]
    result = []

    def opened():
        result[:] = call_kw(report, "formatted_read_grouping_sets", [[], sets, MEASURES], {"context": env.context})
        return json.dumps(result, default=json_default)

    figures = median_of(env, runs, opened)
    by_cause = ["partner_id", "cause_id"] in sets
    figures["sql_ms"], rows = sql_median(world.env, runs, _bare_pivot(world, by_cause, sums=False))
    figures["sums_ms"], same = sql_median(world.env, runs, _bare_pivot(world, by_cause, sums=True))
    figures["cells"] = sum(map(len, result))
    figures["text_mib"] = len(opened()) / 2**20
    ours = sorted((round(float(cell["amount_company:sum"]), 2), cell["__count"]) for cells in result for cell in cells)
    for bare in (rows, same):
        if sorted((round(float(row[0]), 2), row[1]) for row in bare) != ours:
            problems.append(f"{name}: the report says other sums than the database.")
    return figures


def _bare_pivot(world, by_cause, *, sums):
    """The answer of a pivot in bare SQL, with names, in the order of names."""
    month = SQL.identifier("month") if sums else MONTH
    sets = [SQL("()"), SQL("(%s)", month), SQL("(partner_id)"), SQL("(partner_id, %s)", month)]
    if by_cause:
        sets += [SQL("(partner_id, cause_id)"), SQL("(partner_id, cause_id, %s)", month)]
    rows = SQL(
        "franchise_settlement_line WHERE company_id = %s AND state IS DISTINCT FROM 'reversed'", world.flow.company.id
    )
    cause = SQL("cause_id") if by_cause else SQL("NULL::int AS cause_id")
    amount, number, source = SQL("SUM(amount_company)"), SQL("COUNT(*)"), rows
    if sums:
        amount, number = SQL("SUM(amount)"), SQL("SUM(number)::bigint")
        source = SQL(
            "(SELECT partner_id, %s, %s AS month, SUM(amount_company) AS amount, COUNT(*) AS number FROM %s GROUP BY %s) sums",
            cause, MONTH, rows, SQL("1, 2, 3") if by_cause else SQL("1, 3"),
        )  # fmt: skip
    return SQL(
        """SELECT cell.amount, cell.number, cell.month, partner.id, partner.complete_name, cause.id, cause.name
             FROM (SELECT %s AS amount, %s AS number, %s AS month, partner_id, %s FROM %s GROUP BY GROUPING SETS (%s)) cell
        LEFT JOIN res_partner partner ON partner.id = cell.partner_id
        LEFT JOIN franchise_cause cause ON cause.id = cell.cause_id
         ORDER BY cell.month, partner.complete_name, partner.id, cause.complete_code""",
        amount, number, month, cause, source, SQL(", ").join(sets),
    )  # fmt: skip


def _screens(world, runs, problems):
    """{what: {ms, queries, sql_ms}} of list, groups and drill-down, opened by an accountant."""
    env = world.user_env("accountant")
    report = env["franchise.settlement.report"]
    [arch] = [view["arch"] for view in report.get_views([(False, "list")])["views"].values()]
    spec = specification(report, etree.fromstring(arch))
    cell = [
        ("partner_id", "=", world.partner),
        ("date", ">=", world.flow.today.replace(day=1)),
        ("date", "<=", world.flow.day(31)),
    ]
    items = env["account.move.line"]
    line = report.search([("state", "=", "posted")], limit=1)
    opened = {
        "list, first page": lambda: read_list(report, spec),
        "list, by kind": lambda: report.web_read_group([], ["kind"], MEASURES, limit=PAGE),
        "graph, month and kind": lambda: report.formatted_read_group([], ["date:month", "kind"], MEASURES),
        "drill-down, lines of a cell": lambda: read_list(report, spec, cell),
        "drill-down, journal items": lambda: items.web_search_read(
            line.action_view_items()["domain"], {"name": {}, "balance": {}}, limit=PAGE
        ),
    }
    figures = {name: median_of(env, runs, work) for name, work in opened.items()}
    found = SQL(
        "FROM franchise_settlement_line WHERE company_id = %s AND state IS DISTINCT FROM 'reversed'",
        world.flow.company.id,
    )
    figures["list, first page"]["sql_ms"], ids = _bare_page(world, runs, found)
    figures["list, by kind"]["sql_ms"], _rows = sql_median(
        world.env, runs, SQL("SELECT kind, SUM(amount_company), COUNT(*) %s GROUP BY kind ORDER BY kind", found)
    )
    in_cell = SQL("%s AND partner_id = %s AND date BETWEEN %s AND %s", found, world.partner, cell[1][2], cell[2][2])
    figures["drill-down, lines of a cell"]["sql_ms"], cell_ids = _bare_page(world, runs, in_cell)
    for name, domain, wanted in (("list", [], ids), ("cell", cell, cell_ids)):
        if [row["id"] for row in read_list(report, spec, domain)["records"]] != wanted:
            problems.append(f"The {name} shows other lines than the database.")
    if not env["account.move.line"].search_count(line.action_view_items()["domain"]):
        problems.append("A posted line has no journal item.")
    return figures


def _bare_page(world, runs, found):
    """(median ms, ids) of a page of lines with the names of its partners and settlements, and the count that is shown."""
    ms, rows = sql_median(
        world.env, runs,
        SQL(
            "SELECT line.id, line.*, partner.complete_name, settlement.name"
            " FROM (SELECT id %s ORDER BY date DESC, id DESC LIMIT %s) page"
            " JOIN franchise_settlement_line line ON line.id = page.id"
            " JOIN res_partner partner ON partner.id = line.partner_id"
            " JOIN franchise_settlement settlement ON settlement.id = line.settlement_id"
            " ORDER BY line.date DESC, line.id DESC",
            found, PAGE,
        ),
    )  # fmt: skip
    count, _rows = sql_median(world.env, runs, SQL("SELECT COUNT(*) FROM (SELECT 1 %s LIMIT 10001) counted", found))
    return ms + count, [row[0] for row in rows]

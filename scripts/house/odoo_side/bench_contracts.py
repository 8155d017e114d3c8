"""The benchmark `contracts`: screens of the contracts, the nightly run of deadlines, coverage of many claims."""

from __future__ import annotations

import time

from odoo.tools import SQL

from odoo.addons.franchise_aftersales.models.base.deadline import BATCH

from .bench_clock import forget_peak, median_of, memory_mib, sql_median
from .bench_contracts_data import CLAIMS, CLAUSES, VERSIONS, World
from .bench_screens import COUNT_LIMIT, PAGE, read_kanban, read_list, specifications

SMALL = 200
DEEP = COUNT_LIMIT - 2 * PAGE  # beyond its limit the web client doesn't have records counted
ALONE = 100  # claims that are decided one by one, for the ratio


def prepare(env, data):
    """Measure with `data["size"]` contracts and `data["runs"]` repetitions. Returns the figures, JSON-able."""
    start = memory_mib()
    forget_peak()
    world = World(env)
    screens, problems, made = {}, [], 0.0
    sizes = [min(SMALL, data["size"] // 2), data["size"]]
    for size in sizes:
        began = time.perf_counter()
        world.fill(size)
        made += time.perf_counter() - began
        problems += _counts(world)
        for name, figures in _screens(world, data["runs"], problems).items():
            screens.setdefault(name, {})[str(size)] = figures
    for name, at in screens.items():
        few, many = (at[str(size)]["queries"] for size in sizes)
        if few != many:
            problems.append(f"{name}: {few} queries with {sizes[0]} contracts, {many} with {sizes[1]}.")
    # Taken back afterwards: claims may have deadlines of their own.
    savepoint = world.env.cr.savepoint()
    coverage = _coverage(world, problems)
    savepoint.close(rollback=True)
    peak = memory_mib("VmHWM")
    deadlines = _deadlines(world, problems)
    return {
        "sizes": sizes,
        "runs": data["runs"],
        "per_contract": {"clauses": CLAUSES, "versions": VERSIONS},
        "made_seconds": made,
        "screens": screens,
        "coverage": coverage,
        "deadlines": deadlines,
        "start_mib": start,
        "peak_mib": max(peak, deadlines["peak_mib"]),
        "problems": problems,
    }


def _counts(world):
    """Sentences about tables that don't hold what they should."""
    problems = []
    wanted = {
        "franchise.contract": world.size,
        "franchise.clause": world.size * CLAUSES,
        "franchise.contract.version": world.size * VERSIONS,
        "franchise.obligation": world.size,
        "franchise.outlet": world.size,
    }
    for model, number in wanted.items():
        found = world.env[model].search_count([("company_id", "=", world.flow.company.id)])
        if found != number:
            problems.append(f"{model} has {found} records instead of {number}.")
    confirmed = world.env["franchise.contract.version"].search_count(
        [("company_id", "=", world.flow.company.id), ("state", "=", "confirmed")]
    )
    if confirmed != world.size * VERSIONS:
        problems.append(f"{confirmed} versions are confirmed instead of {world.size * VERSIONS}.")
    return problems


def _screens(world, runs, problems):
    """{what: {ms, queries, sql_ms}} of the screens of contracts, opened by a contract manager."""
    env = world.user_env("contract")
    contracts = env["franchise.contract"]
    spec = specifications(contracts)
    middle = world.size // 2
    number, franchisee = f"BC/{middle:06d}", f"Franchisee {middle // 4:06d}"
    by_number = ["|", ("name", "ilike", number), ("franchisee_id", "ilike", number)]
    by_name = ["|", ("name", "ilike", franchisee), ("franchisee_id", "ilike", franchisee)]
    deep = min(world.size - PAGE, DEEP)
    one = contracts.search([("name", "=", number)]).id
    figures = {
        "list, first page": median_of(env, runs, lambda: read_list(contracts, spec["list"])),
        "list, deep page": median_of(env, runs, lambda: read_list(contracts, spec["list"], offset=deep)),
        "search by number": median_of(env, runs, lambda: read_list(contracts, spec["list"], by_number)),
        "search by franchisee": median_of(env, runs, lambda: read_list(contracts, spec["list"], by_name)),
        "kanban by status": median_of(env, runs, lambda: read_kanban(contracts, spec["kanban"], "state")),
        "form": median_of(env, runs, lambda: contracts.browse(one).web_read(spec["form"])),
    }
    page = read_list(contracts, spec["list"])
    wanted = {
        "list, first page": ("", 0, page),
        "list, deep page": ("", deep, read_list(contracts, spec["list"], offset=deep)),
        "search by number": (number, 0, read_list(contracts, spec["list"], by_number)),
        "search by franchisee": (franchisee, 0, read_list(contracts, spec["list"], by_name)),
    }
    for name, (words, offset, result) in wanted.items():
        figures[name]["sql_ms"], ids = _bare(world, runs, words, offset)
        if [row["id"] for row in result["records"]] != ids:
            problems.append(f"{name}: the screen shows other contracts than the database.")
    columns = read_kanban(contracts, spec["kanban"], "state")["groups"]
    if sum(column["__count"] for column in columns) != world.size:
        problems.append("The columns of the kanban don't add up to all contracts.")
    return figures


def _bare(world, runs, words, offset):
    """(median ms, ids) of the same page in bare SQL: the rows with their names, and how many there are."""
    match = SQL()
    if words:
        match = SQL(
            " AND (name ILIKE %(words)s OR franchisee_id IN (SELECT id FROM res_partner WHERE complete_name ILIKE %(words)s))",
            words=f"%{words}%",
        )
    found = SQL("FROM franchise_contract WHERE company_id = %s%s", world.flow.company.id, match)
    page, rows = sql_median(
        world.env, runs,
        SQL(
            "SELECT contract.id, contract.*, partner.complete_name, brand.name"
            " FROM (SELECT id %s ORDER BY date_start DESC, id DESC LIMIT %s OFFSET %s) page"
            " JOIN franchise_contract contract ON contract.id = page.id"
            " JOIN res_partner partner ON partner.id = contract.franchisee_id"
            " JOIN franchise_brand brand ON brand.id = contract.brand_id"
            " ORDER BY contract.date_start DESC, contract.id DESC",
            found, PAGE, offset,
        ),
    )  # fmt: skip
    count, _rows = sql_median(world.env, runs, SQL("SELECT COUNT(*) %s", found))
    return page + count, [row[0] for row in rows]


def _coverage(world, problems):
    """1,000 claims decided in one call, against one by one."""
    claims = world.claims()._trusted()
    env = claims.env

    def decide(records):
        env.flush_all()
        env.invalidate_all()
        before, began = env.cr.sql_log_count, time.perf_counter()
        for batch in records:
            batch._decide_coverage()
            env.flush_all()
        return time.perf_counter() - began, env.cr.sql_log_count - before

    decide([claims[:1]])  # warm up
    alone, _queries = decide(list(claims[:ALONE]))
    seconds, queries = decide([claims])
    env.cr.execute(
        """SELECT COUNT(*) FROM franchise_claim claim JOIN franchise_service_agreement_version version
               ON version.id = claim.version_id AND version.agreement_id = claim.agreement_id
              AND version.state = 'confirmed' AND claim.event_date >= version.date_from
              AND (version.date_to IS NULL OR claim.event_date <= version.date_to)
            WHERE claim.id = ANY(%s)""",
        [claims.ids],
    )
    [[governed]] = env.cr.fetchall()
    oldest = world.flow.day(-600)
    inside = len(claims.filtered(lambda claim: claim.event_date >= oldest))
    if governed != inside or "covered" not in claims.mapped("coverage_state"):
        problems.append(f"{governed} claims have the terms of their day instead of {inside}.")
    return {
        "claims": CLAIMS,
        "seconds": seconds,
        "queries": queries,
        "ratio_one_by_one": (alone / ALONE) / (seconds / CLAIMS),
    }


def _deadlines(world, problems):
    """The nightly run over all obligations, one in five of them due; each batch is committed as at night."""
    env = world.env
    obligations = env["franchise.obligation"]
    due = [("company_id", "=", world.flow.company.id), ("deadline_warned_for", "!=", False)]
    env.flush_all()
    env.cr.commit()
    env.invalidate_all()
    forget_peak()
    before, began = env.cr.sql_log_count, time.perf_counter()
    result = obligations._run_deadlines()
    seconds, queries = time.perf_counter() - began, env.cr.sql_log_count - before
    peak = memory_mib("VmHWM")
    activities = env["mail.activity"].search_count(
        [("res_model", "=", obligations._name), ("res_id", "in", obligations.search(due).ids)]
    )
    if activities != world.due or result["failed"]:
        problems.append(f"{activities} people were told of {world.due} deadlines, {result['failed']} failed.")
    again = obligations._run_deadlines()
    if again["told"]:
        problems.append(f"A second run told {again['told']} deadlines once more.")
    batches = max(1, -(-world.due // BATCH))
    return {
        "records": world.size,
        "due": world.due,
        "told": activities,
        "seconds": seconds,
        "per_second": result["told"] / seconds,
        "queries": queries,
        "batch": BATCH,
        "queries_per_batch": queries / batches,
        "peak_mib": peak,
    }

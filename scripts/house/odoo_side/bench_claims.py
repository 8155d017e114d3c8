"""The benchmark `claims`: intake in batches, coverage of many claims, the screens of many claims, the sweep of clocks."""

from __future__ import annotations

import time

from odoo.tools import SQL

from odoo.addons.franchise_aftersales.models.clock.clock_sweep import BATCH as SWEEP_BATCH

from .bench_bare import give_lines, make_twin
from .bench_claims_data import FORM_OF, OPEN, World
from .bench_clock import forget_peak, median_of, memory_mib, sql_median
from .bench_screens import PAGE, read_kanban, read_list, specifications

SMALL = 1000  # columns of the kanban are full at both sizes
BATCH = 500
INTAKE = 10_000


def prepare(env, data):
    """Measure with `data["size"]` claims and `data["runs"]` repetitions. Returns the figures, JSON-able."""
    start = memory_mib()
    world = World(env)
    problems, screens = [], {}
    intake = min(INTAKE, data["size"] // 2)
    twin = _make_twins(world)
    # Taken back afterwards, so that the screens and the sweep have the world's own claims only.
    savepoint = world.env.cr.savepoint()
    created, claims = _create(world, twin, intake, problems)
    coverage = _coverage(world, claims, problems)
    savepoint.close(rollback=True)
    sizes = [min(SMALL, data["size"] // 2), data["size"]]
    made = 0.0
    for size in sizes:
        began = time.perf_counter()
        world.fill(size)
        made += time.perf_counter() - began
        for name, figures in _screens(world, data["runs"], problems).items():
            screens.setdefault(name, {})[str(size)] = figures
    for name, at in screens.items():
        few, many = (at[str(size)]["queries"] for size in sizes)
        if few != many:
            problems.append(f"{name}: {few} queries with {sizes[0]} claims, {many} with {sizes[1]}.")
    sweep = _sweep(world, problems)
    return {
        "sizes": sizes,
        "runs": data["runs"],
        "create": created,
        "coverage": coverage,
        "screens": screens,
        "sweep": sweep,
        "made_seconds": made,
        "start_mib": start,
        "peak_mib": max(part["peak_mib"] for part in (created["bare"], created["claims"], coverage, sweep)),
        "problems": problems,
    }


def _make_twins(world):
    """The bare twin of claims, which has lines: name of its model."""
    env = world.env
    bare_claim = make_twin(env, "franchise.claim")
    bare_line = make_twin(env, "franchise.claim.line", parent=("claim_id", bare_claim))
    give_lines(env, bare_claim, bare_line, "claim_id")
    return bare_claim


def _create(world, twin, number, problems):
    """Claims with lines, created in batches by service, against the bare twins of both models."""
    env = world.env
    batches = [
        [world.values(number) for number in range(first, min(first + BATCH, number))]
        for first in range(0, number, BATCH)
    ]
    real = env["franchise.claim"].with_user(world.flow.users["service"])
    twins = env[twin]
    figures, records = {}, {}
    for name, model in (("bare", twins), ("claims", real)):
        with env.cr.savepoint() as savepoint:  # a first batch warms up and is taken back
            model.create(batches[0])
            model.env.flush_all()
            savepoint.rollback()
        env.invalidate_all()
        forget_peak()
        before, began = env.cr.sql_log_count, time.perf_counter()
        made = model.browse()
        for batch in batches:
            made += model.create(batch)
            model.env.flush_all()
        seconds = time.perf_counter() - began
        figures[name] = {
            "seconds": seconds,
            "per_second": number / seconds,
            "queries_per_batch": (env.cr.sql_log_count - before) / len(batches),
            "peak_mib": memory_mib("VmHWM"),
        }
        records[name] = made
    lines = len(records["claims"].with_env(env).line_ids)
    if len(records["claims"]) != number or lines != 2 * number:
        problems.append(f"{len(records['claims'])} claims with {lines} lines were made instead of {number}.")
    figures.update(
        claims_made=number, batch=BATCH, lines=lines, ratio=figures["claims"]["seconds"] / figures["bare"]["seconds"]
    )
    return figures, records["claims"].with_env(env)


def _coverage(world, claims, problems):
    """What the terms in force decide on all these claims, in one call."""
    env = world.env
    env.flush_all()
    env.invalidate_all()
    forget_peak()
    claims = claims._trusted()
    before, began = env.cr.sql_log_count, time.perf_counter()
    claims._decide_coverage()
    env.flush_all()
    seconds = time.perf_counter() - began
    queries = env.cr.sql_log_count - before
    undecided = len(claims.filtered(lambda claim: not claim.coverage_state))
    if undecided or "covered" not in claims.mapped("coverage_state"):
        problems.append(f"{undecided} claims have no decision, or none is covered.")
    return {
        "claims": len(claims),
        "seconds": seconds,
        "per_second": len(claims) / seconds,
        "queries": queries,
        "peak_mib": memory_mib("VmHWM"),
    }


def _screens(world, runs, problems):
    """{what: {ms, queries, sql_ms}} of the screens of claims, opened by service."""
    env = world.user_env("service")
    claims = env["franchise.claim"]
    spec = specifications(claims)
    number = f"BCL/{world.number(FORM_OF):07d}"
    one = claims.search([("name", "=", number)]).id
    by_number = [("any_name", "ilike", number)]
    figures = {
        "list, first page": median_of(env, runs, lambda: read_list(claims, spec["list"])),
        "search by number": median_of(env, runs, lambda: read_list(claims, spec["list"], by_number)),
        "kanban by status": median_of(env, runs, lambda: read_kanban(claims, spec["kanban"], "state")),
        "form": median_of(env, runs, lambda: claims.browse(one).web_read(spec["form"])),
    }
    page = read_list(claims, spec["list"])
    found = SQL("FROM franchise_claim WHERE company_id = %s", world.flow.company.id)
    ms, rows = sql_median(
        world.env, runs,
        SQL(
            "SELECT claim.id, claim.*, partner.complete_name, outlet.name, cause.name"
            " FROM (SELECT id %s ORDER BY id DESC LIMIT %s) page"
            " JOIN franchise_claim claim ON claim.id = page.id"
            " JOIN res_partner partner ON partner.id = claim.supplier_id"
            " JOIN franchise_outlet outlet ON outlet.id = claim.outlet_id"
            " JOIN franchise_cause cause ON cause.id = claim.cause_id ORDER BY claim.id DESC",
            found, PAGE,
        ),
    )  # fmt: skip
    count, _rows = sql_median(world.env, runs, SQL("SELECT COUNT(*) FROM (SELECT 1 %s LIMIT 10001) counted", found))
    figures["list, first page"]["sql_ms"] = ms + count
    figures["kanban by status"]["sql_ms"], _columns = sql_median(
        world.env, runs, SQL("SELECT state, COUNT(*) %s GROUP BY state", found)
    )
    if [row["id"] for row in page["records"]] != [row[0] for row in rows]:
        problems.append("The list shows other claims than the database.")
    columns = read_kanban(claims, spec["kanban"], "state")["groups"]
    [[total]] = world.env.execute_query(SQL("SELECT COUNT(*) %s", found))
    if sum(column["__count"] for column in columns) != total:
        problems.append("The columns of the kanban don't add up to all claims.")
    return figures


def _sweep(world, problems):
    """The sweep over the clocks of all open claims, one claim in five due; each batch is committed as at night."""
    env = world.env
    clocks = env["franchise.claim.clock"]
    company = ("company_id", "=", world.flow.company.id)
    env.flush_all()
    env.cr.commit()
    env.invalidate_all()
    claims = env["franchise.claim"].search_count([company, ("state", "in", OPEN)])
    running = clocks.search_count([company, ("done_at", "=", False)])
    passed = clocks.search_count([company, ("done_at", "=", False), ("due_at", "<=", world.now)])
    near = clocks.search_count(
        [company, ("done_at", "=", False), ("warn_at", "<=", world.now), ("due_at", ">", world.now)]
    )
    forget_peak()
    before, began = env.cr.sql_log_count, time.perf_counter()
    result = clocks._run_sweep(now=world.now)
    seconds, queries = time.perf_counter() - began, env.cr.sql_log_count - before
    peak = memory_mib("VmHWM")
    told = env["mail.activity"].search_count([("franchise_clock_id.company_id", "=", world.flow.company.id)])
    if told != passed + near or result != {"told": told, "failed": 0} or not told:
        problems.append(f"The sweep told of {told} clocks instead of {passed + near}: {result}.")
    again = clocks._run_sweep(now=world.now)
    if again["told"] or again["failed"]:
        problems.append(f"A second sweep told of {again['told']} clocks once more.")
    batches = -(-passed // SWEEP_BATCH) + -(-near // SWEEP_BATCH)
    return {
        "claims": claims,
        "running": running,
        "told": told,
        "seconds": seconds,
        "per_second": told / seconds,
        "claims_per_second": claims / seconds,
        "batch": SWEEP_BATCH,
        "queries_per_batch": queries / max(batches, 1),
        "peak_mib": peak,
    }

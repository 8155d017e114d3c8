"""What settlements take in batches: gathering, posting, the workbook, the tie-out; and what the indexes cost on write."""

from __future__ import annotations

import io
import os
import statistics
import time
from pathlib import Path

import psycopg2
import xlsxwriter
from odoo.fields import Command
from odoo.tools import SQL

from .bench_bare import make_twin
from .bench_clock import forget_peak, memory_mib
from .bench_rows import columns_of, next_id

SOURCES, BATCH = 100_000, 1_000
POSTED, POST_AT_ONCE, POST_SECONDS = 1_000, 100, 300
BARE = 30  # documents that accounting alone makes, for comparison
WORKBOOK = 100_000
TIE_OUT_SECONDS = 120
#: What the report added to the lines' table; the statistics cost nothing on write.
INDEXES = (
    "franchise_settlement_line_by_date",
    "franchise_settlement_line__claim_id_index",
    "franchise_settlement_line__contract_id_index",
)


def jobs(world, problems):
    """Each job once, in the database as it is by then; what it made is taken back."""
    return {
        "generate": _taken_back(world, _generate, problems),
        "post": _taken_back(world, _post, problems),
        "workbook": _taken_back(world, _workbook, problems),
        "tie_out": _taken_back(world, _tie_out, problems),
    }


def _taken_back(world, work, problems):
    env = world.env
    env.flush_all()
    env.invalidate_all()
    with env.cr.savepoint() as savepoint:
        result = work(world, problems)
        env.flush_all()
        savepoint.rollback()
    env.invalidate_all()
    return result


def _measured(work):
    """(seconds, MiB that memory grew by at its highest) of `work()`."""
    forget_peak()
    before, began = memory_mib(), time.perf_counter()
    work()
    return time.perf_counter() - began, memory_mib("VmHWM") - before


def _charges(world, number, contract, settled):
    """Ids from which on `number` confirmed charges of the first days of the month before were made."""
    source = next_id(world.env, "franchise_charge") + 1
    world.charges(
        (0, number - 1), source, contract, "'royalty'", f"DATE '{world.flow.day(-40)}' + mod(n, 20)",
        "(1 + mod(n::bigint * 7919, 100000) / 100.0)::numeric", settled,
    )  # fmt: skip
    world.env.invalidate_all()
    world.env.cr.execute("ANALYZE franchise_charge")
    return source


def _generate(world, problems):
    """Settlements of `SOURCES` charges at once, against the ORM's bare create and a bare INSERT of the same rows."""
    env = world.env
    number = min(SOURCES, max(world.size // 2, 100))
    source = _charges(world, number, f"{world.contract} + mod(n, 30)", "FALSE")
    settlements = env["franchise.settlement"].with_user(world.flow.users["finance"])
    queries = env.cr.sql_log_count

    def gather():
        settlements._generate(world.flow.company, world.flow.today)
        env.flush_all()

    seconds, mib = _measured(gather)
    queries = env.cr.sql_log_count - queries
    table = "franchise_settlement_line"
    names = [
        name
        for name in columns_of(env, table)
        if name not in ("id", "create_uid", "create_date", "write_uid", "write_date")
    ]
    new = SQL("FROM %s WHERE source_model = 'franchise.charge' AND source_id >= %s", SQL.identifier(table), source)
    columns = SQL(", ").join(map(SQL.identifier, names))
    rows = env.execute_query(SQL("SELECT %s %s", columns, new))
    if len(rows) != number:
        problems.append(f"{len(rows)} of {number} charges were settled.")
    twin = make_twin(env, "franchise.settlement.line")
    values = [dict(zip(names, row, strict=True)) for row in rows]

    def create():
        for first in range(0, number, BATCH):
            env[twin].create(values[first : first + BATCH])
            env.flush_all()

    bare, _mib = _measured(create)
    target = SQL.identifier(env[twin]._table)
    insert, _mib = _measured(
        lambda: env.cr.execute(SQL("INSERT INTO %s (%s) SELECT %s %s", target, columns, columns, new))
    )
    return {
        "lines": number,
        "seconds": seconds,
        "per_second": number / seconds,
        "queries": queries,
        "mib": mib,
        "ratio_orm": seconds / bare,
        "ratio_sql": seconds / insert,
    }


def _post(world, problems):
    """Confirmed settlements of 100 lines, as posting takes them, until `POSTED` are posted or `POST_SECONDS` are over.

    Against `create` and `action_post` of the same documents by accounting alone, from names, prices and accounts.
    """
    env = world.env
    confirmed = env["franchise.settlement"].search(
        [("state", "=", "confirmed"), ("party", "=", "supplier"), ("company_id", "=", world.flow.company.id)],
        order="id", limit=min(POSTED, max(world.size // 1000, 2)),
    )  # fmt: skip
    settlements, done = confirmed.with_user(world.flow.users["finance"]), 0
    forget_peak()
    before, queries, began = memory_mib(), env.cr.sql_log_count, time.perf_counter()
    while done < len(settlements) and time.perf_counter() - began < POST_SECONDS:
        settlements[done : done + POST_AT_ONCE].action_post()
        env.flush_all()
        env.invalidate_all()
        done += POST_AT_ONCE
    seconds = time.perf_counter() - began
    done = min(done, len(settlements))
    posted = confirmed[:done]
    if set(posted.mapped("state")) != {"posted"}:
        problems.append(f"Settlements were not posted: {posted.filtered('post_error')[:1].post_error}")
    mib = memory_mib("VmHWM") - before
    queries = env.cr.sql_log_count - queries
    documents = posted.move_ids[:BARE]
    bare, bare_queries = _bare_documents(env, documents)
    return {
        "settlements": done,
        "lines": sum(posted.mapped("line_count")),
        "seconds": seconds,
        "per_second": done / seconds,
        "queries_each": queries / done,
        "mib": mib,
        "bare_each": bare / len(documents),
        "bare_queries_each": bare_queries / len(documents),
        "ratio_bare": (seconds / done) / (bare / len(documents)),
    }


def _bare_documents(env, documents):
    """(seconds, queries) that accounting alone takes to create and post documents like these, all in one call."""
    values = [
        {
            "move_type": move.move_type,
            "partner_id": move.partner_id.id,
            "currency_id": move.currency_id.id,
            "journal_id": move.journal_id.id,
            "invoice_date": move.invoice_date,
            "ref": f"{move.ref} bare",
            "invoice_line_ids": [
                Command.create(
                    {
                        "name": item.name,
                        "price_unit": item.price_unit,
                        "account_id": item.account_id.id,
                        "tax_ids": [Command.set(item.tax_ids.ids)],
                    }
                )
                for item in move.invoice_line_ids
            ],
        }
        for move in documents
    ]
    moves = env["account.move"].with_company(documents.company_id)
    env.invalidate_all()
    queries, began = env.cr.sql_log_count, time.perf_counter()
    moves.create(values).action_post()
    env.flush_all()
    return time.perf_counter() - began, env.cr.sql_log_count - queries


def _workbook(world, problems):
    """The statement of one settlement with `WORKBOOK` lines, against xlsxwriter alone in its constant-memory mode."""
    env = world.env
    number = min(WORKBOOK, max(world.size // 10, 100))
    settlement = world.one_settlement(number).with_user(world.flow.users["finance"])
    books = []
    seconds, mib = _measured(lambda: books.append(settlement._statement_xlsx()))
    rows = env.execute_query(
        SQL(
            "SELECT date, name, explanation, partner_reference, amount FROM (SELECT date, name, formula_values::text AS"
            " explanation, partner_reference, amount, id FROM franchise_settlement_line WHERE settlement_id = %s) line"
            " ORDER BY date, id",
            settlement.id,
        )
    )
    if len(rows) < number:
        problems.append(f"The workbook has {len(rows)} of {number} lines.")

    def bare():
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as book:
            sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
            for place, row in enumerate(rows):
                sheet.write_datetime(place, 0, row[0], day)
                for column in (1, 2, 3):
                    sheet.write_string(place, column, row[column] or "")
                sheet.write_number(place, 4, float(row[4]))
        books.append(buffer.getvalue())

    alone, alone_mib = _measured(bare)
    return {
        "lines": len(rows),
        "seconds": seconds,
        "per_second": len(rows) / seconds,
        "mib": mib,
        "ratio_bare": seconds / alone,
        "bare_mib": alone_mib,
        "file_mib": len(books[0]) / 2**20,
    }


def _tie_out(world, problems):
    """Everything compared with everything; given up after `TIE_OUT_SECONDS`."""
    env = world.env
    checks = env["franchise.tie.out"].with_context(allowed_company_ids=world.flow.company.ids)
    began, counts = time.perf_counter(), {}
    try:
        with env.cr.savepoint():
            env.cr.execute(SQL("SET LOCAL statement_timeout = %s", TIE_OUT_SECONDS * 1000))
            counts = dict(checks._read_group([], ["is_tied"], ["__count"]))
    except psycopg2.errors.QueryCanceled:
        return {"settlements": 0, "lines": world.size, "seconds": time.perf_counter() - began, "given_up": True}
    finally:
        env.cr.execute("SET LOCAL statement_timeout = 0")
    if counts.get(False):
        problems.append(f"{counts[False]} settlements don't tie out.")
    return {
        "settlements": sum(counts.values()),
        "lines": world.size,
        "seconds": time.perf_counter() - began,
        "given_up": False,
    }


def _worked(process):
    """Seconds of processor time that this process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def indexes(world, runs):
    """What each index of the report costs: microseconds of PostgreSQL's work a line inserted, with it less without it.

    Medians of `runs`, of processor time: on a busy machine the clock would tell nothing.
    """
    env = world.env
    number = min(50_000, world.size // 2)
    columns = SQL(", ").join(
        SQL.identifier(name) for name in columns_of(env, "franchise_settlement_line") if name not in ("id", "source_id")
    )
    insert = SQL(
        "INSERT INTO franchise_settlement_line (%s, source_id)"
        " SELECT %s, -id FROM franchise_settlement_line ORDER BY id DESC LIMIT %s",
        columns, columns, number,
    )  # fmt: skip
    [[process]] = env.execute_query(SQL("SELECT pg_backend_pid()"))

    def once(dropped):
        with env.cr.savepoint() as savepoint:
            if dropped:
                env.cr.execute(SQL("DROP INDEX %s", SQL.identifier(dropped)))
            began = _worked(process)
            env.cr.execute(insert)
            seconds = _worked(process) - began
            savepoint.rollback()
        return 1e6 * seconds / number

    once(None)  # warm up
    times = {name: [] for name in (None, *INDEXES)}
    for _run in range(runs):
        for name, taken in times.items():
            taken.append(once(name))
    whole = statistics.median(times.pop(None))
    sizes = dict(
        env.execute_query(
            SQL("SELECT relname, pg_relation_size(oid) / 1048576.0 FROM pg_class WHERE relname IN %s", INDEXES)
        )
    )
    return {
        "insert_us": whole,
        "each": {
            name: {"us": whole - statistics.median(taken), "mib": float(sizes[name])} for name, taken in times.items()
        },
    }

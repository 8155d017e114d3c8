"""``franchise-sync``: run, check, status, drain, reconcile, replay, report.

Results go to standard output, logs to standard error.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from franchise_sync import __version__, log
from franchise_sync import replay as again
from franchise_sync import report as statements
from franchise_sync.check import check as run_check
from franchise_sync.delivery.reconcile import Comparison
from franchise_sync.erp.port import Status
from franchise_sync.errors import SyncError
from franchise_sync.runtime import Runtime
from franchise_sync.service import Service
from franchise_sync.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, for machines.")]

EXIT_FAILED = 1  #: something is wrong; the sentence says what
EXIT_NOT_DONE = 3  #: drain ran out of time
EXIT_DIFFERENT = 4  #: reconcile found differences
GIVE_UP = 3  #: rounds in which every endpoint with work failed, after which drain says so
SHOWN = 20  #: messages or differences that are listed on the screen
Tally = Counter[str]


@app.command()
def run() -> None:
    """Deliver and collect until SIGTERM or Ctrl-C, which finish what is under way."""
    settings = _settings()
    if settings.missing():
        _fail("\n".join(settings.missing()))
    try:
        service = Service(settings)
        service.install_signals()
        service.run()
    except SyncError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"The worker can't start: {error}.")


@app.command()
def check(as_json: Json = False) -> None:
    """Explain every mistake in settings, access, broker and endpoints; exit code 1 if there is one."""
    findings = list(run_check(_settings()))
    ok = all(finding.ok for finding in findings)
    if as_json:
        _print_json({"ok": ok, "findings": [dataclasses.asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            typer.echo(f"{'ok     ' if finding.ok else 'MISTAKE'}  {finding.name}: {finding.sentence}")
    raise typer.Exit(0 if ok else EXIT_FAILED)


@app.command()
def status(as_json: Json = False) -> None:
    """Figures of each endpoint, as our Odoo knows them."""
    runtime = Runtime(_settings())
    try:
        figures = runtime.erp().status()
    except SyncError as error:
        _fail(str(error))
    finally:
        runtime.close()
    if as_json:
        _print_json(dataclasses.asdict(figures))
    else:
        # Redirected to a file or pipe there is no screen to fit, so nothing is cut.
        Console(width=None if sys.stdout.isatty() else 140).print(_table(figures))


@app.command()
def drain(
    timeout: Annotated[float, typer.Option(help="Give up after this many seconds.", min=1)] = 300.0,
    interval: Annotated[
        float, typer.Option(help="Seconds between looks while something is awaited.", min=0.05)
    ] = 0.5,
    as_json: Json = False,
) -> None:
    """Deliver and collect without a broker until nothing is due; exit code 3 if time ran out before."""
    runtime = Runtime(_settings())
    started = time.monotonic()
    tally: Tally = Counter()
    problems: dict[str, str] = {}
    try:
        left = _drain(runtime, started + timeout, interval, tally, problems)
    except SyncError as error:
        _fail(str(error))
    finally:
        runtime.close()
    result = {
        "done": not left and not problems,
        "due": left,
        "seconds": round(time.monotonic() - started, 3),
        "counts": dict(sorted(tally.items())),
        "problems": problems,
    }
    if as_json:
        _print_json(result)
    else:
        counts = ", ".join(f"{count} {name}" for name, count in sorted(tally.items())) or "nothing to do"
        typer.echo(f"{counts}; {left} due, {result['seconds']} s")
        for code, sentence in problems.items():
            typer.echo(f"MISTAKE  endpoint {code}: {sentence}")
    raise typer.Exit(EXIT_FAILED if problems else EXIT_NOT_DONE if left else 0)


@app.command()
def reconcile(
    endpoint: Annotated[
        list[str] | None, typer.Option(help="Code of a supplier's system; may be given several times.")
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Have our Odoo record, repair or stop what differs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare both sides: keys, contents, answers, amounts. Without --repair nothing is changed by it.

    Exit code 4 when they differ, 1 when a side could not be asked to the end.
    """
    runtime = Runtime(_settings())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    done: list[Comparison] = []
    problems: dict[str, str] = {}
    try:
        known = {row.code: row for row in runtime.erp().status().endpoints}
        enabled = [row.code for row in runtime.erp().pending()]
        unknown = sorted(set(endpoint or ()) - set(enabled))
        if unknown:
            _fail(f"Our Odoo has no enabled endpoint {', '.join(map(repr, unknown))}.")
        with Progress(*columns, console=Console(stderr=True), disable=as_json) as bar:
            for code in endpoint or enabled:
                task = bar.add_task(code, total=known[code].messages if code in known else None)
                try:
                    comparison = runtime.reconcile(
                        code,
                        repair=repair,
                        progress=lambda compared, task=task: bar.update(task, completed=compared),
                    )
                except SyncError as error:
                    problems[code] = str(error)
                    continue
                done.append(comparison)
                if comparison.problem:
                    problems[code] = comparison.problem
    except SyncError as error:
        _fail(str(error))
    finally:
        runtime.close()
    found = sum(comparison.found for comparison in done)
    if as_json:
        _print_json(
            {
                "found": found,
                "repaired": repair,
                "endpoints": [comparison.as_dict() for comparison in done],
                "problems": problems,
            }
        )
    else:
        for comparison in done:
            _show_comparison(comparison)
        for code, sentence in problems.items():
            typer.echo(f"MISTAKE  endpoint {code}: {sentence}")
    raise typer.Exit(EXIT_FAILED if problems else EXIT_DIFFERENT if found else 0)


class StuckState(StrEnum):
    """In which states messages wait for a person."""

    dead = "dead"
    parked = "parked"
    quarantined = "quarantined"


@app.command()
def replay(
    endpoint: Annotated[str, typer.Option(help="Code of a supplier's system; with --state.")] = "",
    state: Annotated[list[StuckState] | None, typer.Option(help="May be given several times.")] = None,
    uuid: Annotated[
        list[str] | None, typer.Option(help="Key of a message; may be given several times.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; stands in the log of each message.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent again.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: Json = False,
) -> None:
    """Send stuck messages again under the same keys, with an operator's own login (OPERATOR_LOGIN)."""
    if not uuid and not (endpoint and state):
        _fail("Say which messages: --endpoint CODE with --state, or --uuid.")
    if not reason.strip() and not dry_run:
        _fail("Say why: --reason. It stands in the log of each message.")
    settings = _settings()
    columns = (TextColumn("sent again"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    client = None
    count = 0
    try:
        client = again.open_client(settings)
        messages = again.find(client, endpoint, [one.value for one in state or ()], uuid or ())
        if not as_json:
            for message in messages[:SHOWN]:
                typer.echo(f"{message.uuid}  {message.state:<11}  {message.document}  {message.error[:80]}")
            if len(messages) > SHOWN:
                typer.echo(f"… and {len(messages) - SHOWN} more")
        if messages and not dry_run:
            if not yes and not typer.confirm(f"Send {len(messages)} messages again?", err=True):
                raise typer.Exit(EXIT_FAILED)
            with Progress(*columns, console=Console(stderr=True), disable=as_json) as bar:
                task = bar.add_task("", total=len(messages))
                count = again.send_again(
                    client, messages, reason.strip(), lambda sent: bar.update(task, completed=sent)
                )
    except SyncError as error:
        _fail(str(error))
    finally:
        if client is not None:
            client.close()
    if as_json:
        rows = [dataclasses.asdict(message) for message in messages]
        _print_json({"found": len(messages), "sent_again": count, "messages": rows})
    else:
        typer.echo(f"{len(messages)} messages, {count} sent again")


class Party(StrEnum):
    """Whose statements."""

    supplier = "supplier"
    carrier = "carrier"
    franchisee = "franchisee"


class Format(StrEnum):
    """As what they are printed."""

    pdf = "pdf"
    xlsx = "xlsx"
    both = "both"


@app.command()
def report(
    output: Annotated[
        Path, typer.Argument(help="The archive to write, such as statements.zip.", dir_okay=False)
    ],
    date_from: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="Settled from; default: last month's first day."),
    ] = None,
    date_to: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Settled until; default: last month's last day."),
    ] = None,
    partner: Annotated[
        list[str] | None, typer.Option(help="Name of a partner; may be given several times.")
    ] = None,
    party: Annotated[Party | None, typer.Option(help="Only these partners.")] = None,
    file_format: Annotated[Format, typer.Option("--format", help="What is printed.")] = Format.both,
    drafts: Annotated[bool, typer.Option("--drafts", help="Drafts too, marked as such.")] = False,
    timeout: Annotated[float, typer.Option(help="Give up after this many seconds.", min=1)] = 3600.0,
    as_json: Json = False,
) -> None:
    """Settlement statements of many partners for a period, as one archive, with the accountant's own login.

    Exit code 1 when a partner's could not be printed; the others are in the archive.
    """
    settings = _settings()
    last = datetime.now().replace(day=1) - timedelta(days=1)
    order = statements.Order(
        (date_from or last.replace(day=1)).date(),
        (date_to or last).date(),
        partner or (),
        party.value if party else "",
        file_format.value,
        drafts,
    )
    columns = (TextColumn("statements"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        client = statements.open_client(settings)
        with Progress(*columns, console=Console(stderr=True), disable=as_json) as bar:
            task = bar.add_task("", total=None)
            done = statements.fetch(
                client,
                order,
                output,
                timeout=timeout,
                progress=lambda count, total: bar.update(task, completed=count, total=total),
            )
    except SyncError as error:
        _fail(str(error))
    if as_json:
        _print_json({"output": str(output), **dataclasses.asdict(done)})
    else:
        typer.echo(f"{output}: {done.files} files of {done.partners - len(done.failed)} partners")
        for name, reason in done.failed.items():
            typer.echo(f"MISTAKE  {name}: {reason}")
    raise typer.Exit(EXIT_FAILED if done.failed else 0)


@app.command()
def version() -> None:
    """Print the worker's version."""
    typer.echo(__version__)


def _drain(runtime: Runtime, until: float, interval: float, tally: Tally, problems: dict[str, str]) -> int:
    """:return: number of messages still due; ``problems`` gets the last failure of each failing endpoint"""
    failed_rounds = 0
    while True:
        for row in runtime.erp().pending():
            steps = [runtime.deliver] if row.due and row.breaker != "open" else []
            try:
                for step in [*steps, runtime.collect]:
                    tally.update(step(row.code))
                problems.pop(row.code, None)
            except SyncError as error:
                problems[row.code] = str(error)
        due = {row.code: row.due for row in runtime.erp().pending() if row.due and row.breaker != "open"}
        failed_rounds = failed_rounds + 1 if problems and due.keys() <= problems.keys() else 0
        if (not due and not problems) or failed_rounds >= GIVE_UP or time.monotonic() >= until:
            return sum(due.values())
        time.sleep(interval)


def _settings() -> Settings:
    try:
        settings = load_settings()
    except SyncError as error:
        _fail(str(error))
    log.configure(settings.log_format, settings.log_level)
    return settings


def _table(figures: Status) -> Table:
    table = Table(
        title=f"Sync endpoints, {figures.time:%Y-%m-%d %H:%M:%SZ}" if figures.time else "Sync endpoints",
        box=SIMPLE_HEAD,
        title_justify="left",
        padding=(0, 1, 0, 0),
    )
    table.add_column("endpoint", no_wrap=True)
    for name in ("wait", "sent", "refused", "dead", "parked", "set aside", "open", "oldest"):
        table.add_column(name, justify="right")
    table.add_column("last success", no_wrap=True)
    table.add_column("breaker", no_wrap=True)
    for row in figures.endpoints:
        numbers = (row.pending, row.delivered, row.rejected, row.dead, row.parked, row.quarantined)
        oldest = f"{row.oldest_due_seconds} s"
        cells = (
            *map(str, numbers),
            str(row.awaiting_answer),
            oldest,
            _show(row.last_success_at),
            row.breaker,
        )
        table.add_row(row.code, *cells)
    return table


def _show_comparison(comparison: Comparison) -> None:
    kinds = (
        ", ".join(f"{count} {kind}" for kind, count in sorted(comparison.kinds.items())) or "no difference"
    )
    effects = ", ".join(f"{count} {effect}" for effect, count in sorted(comparison.effects.items()))
    typer.echo(
        f"{comparison.endpoint}: {comparison.compared} compared, {kinds}"
        + (f" ({effects})" if effects else "")
        + (f", {comparison.settled} settled" if comparison.settled else "")
    )
    for total in comparison.totals:
        mark = "" if total.ours == total.theirs else f", difference {total.ours - total.theirs:f}"
        typer.echo(f"  {total.currency}: {total.ours:f} here, {total.theirs:f} there{mark}")
    for drift in comparison.drifts[:SHOWN]:
        typer.echo(f"  {drift.kind}  {drift.uuid}  here: {drift.ours or '–'}  there: {drift.theirs or '–'}")
    if comparison.found > SHOWN:
        typer.echo(f"  … and {comparison.found - SHOWN} more: see “Differences” in Odoo, or --json")


def _show(moment: datetime | None) -> str:
    return moment.strftime("%m-%d %H:%MZ") if moment else "–"


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def _plain(item: Any) -> str:
    return item.isoformat() if isinstance(item, datetime) else str(item)


def _fail(sentence: str) -> Any:
    typer.echo(sentence, err=True)
    raise typer.Exit(EXIT_FAILED)


def main() -> None:
    """Entry point of the console script."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)

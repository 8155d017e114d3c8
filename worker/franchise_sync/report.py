"""Statements of many partners, asked for and fetched by an accountant from the command line (R-F1).

The same server methods as the screen *Statement Runs*: our Odoo prints in the background, with the rights of
whose key this is; here it is only waited for and written into one archive.
"""

from __future__ import annotations

import base64
import binascii
import os
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from franchise_sync.errors import ConfigurationError, Refused, WireError
from franchise_sync.person import Client, client_of
from franchise_sync.settings import Settings
from franchise_sync.transport.odoo_client import OdooClient

RUN = "franchise.statement.run"
SHOWN = 5  # partners that are named when a name fits several


@dataclass(frozen=True)
class Order:
    """What is asked for; both days inclusive. No partner and no party: everybody with a settlement."""

    date_from: date
    date_to: date
    partners: Sequence[str] = ()
    party: str = ""
    file_format: str = "both"
    drafts: bool = False


@dataclass(frozen=True)
class Report:
    """What came of it: partners printed and failed, with the reasons, and the files in the archive."""

    run: int
    partners: int
    failed: dict[str, str]
    files: int


def open_client(settings: Settings) -> OdooClient:
    """A client with the accountant's own login, not the worker's.

    :raise ConfigurationError: a setting is missing
    """
    missing = settings.report_missing()
    if missing:
        raise ConfigurationError(" ".join(missing))
    return client_of(settings, settings.report_login, settings.report_key())


def fetch(
    client: Client,
    order: Order,
    target: Path,
    *,
    timeout: float,
    interval: float = 1.0,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Have the statements printed and write them as one ZIP to ``target``, whole or not at all.

    :param timeout: seconds until it is given up; the run goes on in our Odoo and its screen has the files
    :param progress: called with (dealt with, all) as often as something is known
    :raise Refused: our Odoo says why not, or nothing could be printed in time
    """
    [run] = client.call(RUN, "create", [_values(client, order)])
    client.call(RUN, "action_start", [run])
    until = time.monotonic() + timeout
    while True:
        [state] = client.call(RUN, "read", [run], ["state", "line_count", "done_count", "failed_count"])
        progress(state["done_count"] + state["failed_count"], state["line_count"])
        if state["state"] != "running":
            break
        if time.monotonic() >= until:
            raise Refused(
                f"The statements are not ready after {timeout:g} s. They go on being printed: fetch them "
                f"from Statement Runs (number {run}) later."
            )
        sleep(interval)
    files = _write(client, run, target)
    return Report(run, state["line_count"], _failures(client, run) if state["failed_count"] else {}, files)


def _values(client: Client, order: Order) -> dict[str, Any]:
    values: dict[str, Any] = {
        "date_from": order.date_from.isoformat(),
        "date_to": order.date_to.isoformat(),
        "file_format": order.file_format,
        "drafts": order.drafts,
    }
    if order.party:
        values["party"] = order.party
    if order.partners:
        values["partner_ids"] = [[6, 0, [_partner(client, name) for name in order.partners]]]
    return values


def _partner(client: Client, name: str) -> int:
    """:raise Refused: no partner is called like that, or several are"""
    found = client.call("res.partner", "name_search", name, [], "ilike", SHOWN + 1)
    exact = [row for row in found if row[1] == name] or found
    if len(exact) == 1:
        return int(exact[0][0])
    if not exact:
        raise Refused(f"No partner is called {name!r}.")
    names = ", ".join(repr(row[1]) for row in exact[:SHOWN])
    raise Refused(f"{name!r} fits several partners ({names}{', …' if len(exact) > SHOWN else ''}): be exact.")


def _write(client: Client, run: int, target: Path) -> int:
    """:return: number of files in the archive"""
    part = target.with_name(f"{target.name}.part")
    count, after = 0, 0
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            while page := client.call(RUN, "fetch_files", [run], after):
                for row in page:
                    archive.writestr(_name(row["name"]), _content(row["content"]))
                    count, after = count + 1, row["id"]
        if not count:
            raise Refused("No statement could be printed; the reasons stand in Statement Runs.")
        os.replace(part, target)
    except OSError as error:
        raise Refused(f"{target} can't be written: {error.strerror or error}.") from None
    finally:
        part.unlink(missing_ok=True)
    return count


def _name(name: Any) -> str:
    """A name without a path, whatever our Odoo says."""
    return str(name).replace("\\", "/").rsplit("/", 1)[-1] or "statement"


def _content(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise WireError("Our Odoo sent a file that can't be read.") from None


def _failures(client: Client, run: int) -> dict[str, str]:
    rows = client.call(
        "franchise.statement.run.line",
        "search_read",
        [["run_id", "=", run], ["state", "=", "failed"]],
        ["partner_id", "error"],
    )
    return {row["partner_id"][1]: row["error"] or "" for row in rows}

"""`scripts/bench.sh NAME [--size N] [--runs N]`: run one benchmark on a database of its own, print figures and JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
from typing import Any

from . import databases
from .benchmarks import claims, contracts, settlement
from .commands import output
from .odoo import Odoo, Tools
from .once import locked
from .processes import Crew
from .say import note, step
from .settings import Settings
from .setup import prepare

#: By name: the module of `house.odoo_side` that measures, its usual size, and how its figures are laid out.
BENCHMARKS: dict[str, tuple[str, int, Callable[[dict[str, Any]], list[str]]]] = {
    "claims": ("bench_claims", 200_000, claims.table),
    "contracts": ("bench_contracts", 20_000, contracts.table),
    "settlement": ("bench_settlement", 1_000_000, settlement.table),
}


def main(settings: Settings, arguments: list[str]) -> int:
    """Returns 0 when the benchmark ran and found its own results right, else 1."""
    parser = argparse.ArgumentParser(prog="scripts/bench.sh", description="Measure the addon on made-up records.")
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--size", type=int, help="number of records; each benchmark has a usual one")
    parser.add_argument("--runs", type=int, default=7, help="repetitions of which the median is told (7)")
    chosen = parser.parse_args(arguments)
    module, usual, table = BENCHMARKS[chosen.name]
    size = chosen.size or usual
    if size < 200 or chosen.runs < 1:
        note("A benchmark needs --size 200 or more and --runs 1 or more.")
        return 2
    settings.make_folders()
    with locked(settings.home / "bench.lock", "the benchmarks' databases"), Crew(settings.home) as crew:
        tools = prepare(settings)
        result = measure(tools, crew, chosen.name, module, {"size": size, "runs": chosen.runs})
    result = {"benchmark": chosen.name, "machine": machine(tools), **result}
    for line in table(result):
        note(line)
    for problem in result["problems"]:
        note(f"WRONG: {problem}")
    print(json.dumps(result, separators=(",", ":"), sort_keys=True), flush=True)
    return 1 if result["problems"] else 0


def measure(tools: Tools, crew: Crew, name: str, module: str, data: dict[str, Any]) -> dict[str, Any]:
    """Run `module` in a fresh clone of the database with our addon; the clone is dropped afterwards."""
    cluster = databases.ensure_cluster(tools, "bench", durable=False)
    cluster.start(crew)
    odoo = Odoo(tools, cluster, "bench", 1, ours=True, folder=databases.filestores(tools, "bench"))
    odoo.write_conf()
    template = databases.ensure_addon(tools, cluster, odoo, demo=False)
    database = f"bench_{name}"
    databases.clone(tools, cluster, template, odoo, database)
    with step(f"Measuring {name} with {data['size']:,} records"):
        (result,) = odoo.within([{"database": database, "module": module, "data": data}], f"The benchmark {name}")
    cluster.drop(database)
    return result


def machine(tools: Tools) -> dict[str, Any]:
    """What the figures depend on; no name of the machine."""
    pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "cpus": os.cpu_count(),
        "memory_gib": round(pages * page / 2**30, 1),
        "python": platform.python_version(),
        "odoo": str(tools.tree.version),
        "postgres": output([tools.pg_bindir / "postgres", "--version"]).split()[2],
    }

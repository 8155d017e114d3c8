"""`scripts/demo.sh [--once]`: the whole product on its demo story. Results on stdout, progress on stderr."""

from __future__ import annotations

import json
import time

from . import counting, story
from .counting import Count
from .once import locked
from .processes import Crew
from .say import note
from .settings import Settings
from .setup import prepare
from .stack import CLERK, OUR_DATABASE, PEOPLE, Stack

ROLES = {
    "service": "service staff",
    "service2": "service staff",
    "contract": "contract manager",
    "contract2": "contract manager: decides terminations",
    "finance": "finance: approves, settles, posts",
    "accountant": "accountant: reports",
    "operator": "operator of the sync",
    "manager": "manager: everything; decides transfers and complaints",
    "admin": "administrator",
    "supplier": "clerk of a supplier without a system: answers demands in the portal (/my)",
}


def main(settings: Settings, arguments: list[str]) -> int:
    """Run the demo. Returns 0 when nothing was lost or doubled and everything ties out, else 1."""
    if unknown := set(arguments) - {"--once"}:
        note(f"Unknown: {', '.join(unknown)}. Usage: scripts/demo.sh [--once]")
        return 2
    began = time.monotonic()
    settings.make_folders()
    with locked(settings.home / "demo.lock", "the demo of this checkout"), Crew(settings.home) as crew:
        tools = prepare(settings)
        stack = Stack(tools, crew)
        stack.start()
        outcome = story.play(stack)
        result = count(stack, time.monotonic() - began)
        summary(stack, outcome, result)
        if "--once" not in arguments:
            logins(stack)
            print(json.dumps(result.as_dict()), flush=True)
            note("\nEverything stays up until Ctrl-C.")
            crew.wait()
    for problem in result.problems():
        note(problem)
    if "--once" in arguments:
        print(json.dumps(result.as_dict()), flush=True)
    return 1 if result.problems() else 0


def count(stack: Stack, seconds: float) -> Count:
    """What happened, counted in the databases."""
    return counting.count(stack.cluster, [supplier["database"] for supplier in stack.suppliers], seconds)


def summary(stack: Stack, outcome: story.Outcome, result: Count) -> None:
    """What happened, in words."""

    def listed(counter: dict) -> str:
        return ", ".join(f"{number} {name}" for name, number in sorted(counter.items()))

    print(f"\nContracts: {'; '.join(outcome.contracts)}.")
    print(f"Claims: {listed(outcome.claims)}.")
    print(f"{result.claims_submitted} went to {len(stack.suppliers)} suppliers; their clerks: "
          f"{listed(outcome.supplier_answers)}.")  # fmt: skip
    print(f"Recoveries: {listed(outcome.recoveries)}.")
    for row in outcome.settlements:
        print(f"  {row['name'] or 'draft':18} {row['amount_total']:12.2f} {row['currency_id'][1]}  {row['state']:9}"
              f" {row['partner_id'][1]}")  # fmt: skip
    for path in outcome.statements:
        print(f"  {path}")
    print(f"Settled {result.settlement_total}, posted {result.posted_total} {result.currency}, "
          f"difference {result.tie_out_difference}.", flush=True)  # fmt: skip


def logins(stack: Stack) -> None:
    """Addresses and this run's logins."""
    print(f"\nOur Odoo         {stack.ours.url}/odoo   (database {OUR_DATABASE})")
    for login in PEOPLE:
        print(f"    {login:12} {stack.passwords[login]:14} {ROLES[login]}")
    print(f"Suppliers' Odoo  {stack.theirs.url}   login {CLERK}, password {stack.passwords[CLERK]}")
    for supplier in stack.suppliers:
        print(f"    {stack.theirs.url}/odoo?db={supplier['database']}   {supplier['name']}")
    print(f"Logs             {stack.tools.settings.log}", flush=True)

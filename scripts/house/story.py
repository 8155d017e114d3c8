"""The main job, acted by people over RPC: each step is done by somebody who may do it, on the screen's own methods.

Service staff complete and assess claims, finance approves them (a second person), the worker carries them to the
suppliers, the suppliers' clerks answer in their own Odoo, the answers come back, finance settles and posts.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from . import story_money
from .rpc import Person
from .say import Trouble, note, step
from .stack import Stack

DELIVERY_LIMIT = 240  # seconds until all claims are in the suppliers' books
REPORT = "franchise_aftersales.report_settlement_statement"
ANSWER_LIMIT = 180  # seconds until all answers are back


@dataclass
class Outcome:
    """What people decided, for the summary."""

    contracts: list[str] = field(default_factory=list)
    claims: Counter = field(default_factory=Counter)
    supplier_answers: Counter = field(default_factory=Counter)
    recoveries: Counter = field(default_factory=Counter)
    settlements: list[dict] = field(default_factory=list)
    statements: list[Path] = field(default_factory=list)


def play(stack: Stack) -> Outcome:
    """Act the whole story. Raises Trouble when a step does not come to its end."""
    outcome = Outcome()
    service, finance = stack.person("service"), stack.person("finance")
    with step("Service staff complete and assess claims; finance approves them"):
        assess_claims(service)
        approve_claims(service, finance, outcome)
    with step("The worker carries the claims to the suppliers"):
        wait_for_delivery(stack)
    # The clerks work at the same time, each in a house of their own.
    with step("The suppliers' clerks lower, refuse or post"), ThreadPoolExecutor(len(stack.suppliers)) as pool:
        for answers in pool.map(answer_as_clerk, map(stack.clerk, stack.suppliers)):
            outcome.supplier_answers += answers
    with step("The answers come back"):
        wait_for_answers(stack, service)
    with step("A refusal is disputed, and one supplier gives in; carriers and franchisees answer by letter"):
        dispute(stack, service)
        answer_letters(service)
    with step("Franchisees are compensated; an amount without a document is entered and confirmed"):
        outcome.claims["compensated"] = story_money.compensate(service)
        story_money.adjust(stack)
    with step("Finance settles and posts"):
        settle(finance, outcome)
    with step("Statements are sent, some are answered; two franchisees pay"):
        story_money.send_statements(finance)
        story_money.receive_payments(finance)
    with step("The statements are printed, as PDF and as a workbook"):
        outcome.statements = print_statements(stack.person("accountant"), stack)
    outcome.contracts = describe_contracts(stack.person("contract"))
    outcome.recoveries.update(row["state"] for row in service.search_read("franchise.claim.recovery", [], ["state"]))
    return outcome


def describe_contracts(manager: Person) -> list[str]:
    """One phrase a contract: who, its state, and the state of its latest default and termination."""
    latest = {}
    for model, what in (("franchise.default", "default"), ("franchise.termination", "termination")):
        for row in manager.search_read(model, [], ["contract_id", "state"], order="id"):
            latest[row["contract_id"][0]] = f", {what} {row['state']}"
    contracts = manager.search_read("franchise.contract", [], ["franchisee_id", "state"], order="id")
    return [f"{row['franchisee_id'][1].split()[0]} {row['state']}{latest.get(row['id'], '')}" for row in contracts]


def assess_claims(service: Person) -> None:
    """What is a draft is submitted, what is submitted is assessed; of each the latest stays, as on any working day."""
    for state, action in (("draft", "action_submit"), ("submitted", "action_assess")):
        ids = service.call("franchise.claim", "search", [("state", "=", state)], order="reported_date, id")
        if len(ids) > 1:
            service.call("franchise.claim", action, ids[:-1])


def approve_claims(service: Person, finance: Person, outcome: Outcome) -> None:
    """Covered claims are approved, but for the latest. Of the others every second one is pursued all the same, with a
    reason."""
    fields = ["coverage_state", "name"]
    found = service.search_read("franchise.claim", [("state", "=", "assessed")], fields, order="reported_date, id")
    waiting = [claim["id"] for claim in found if claim["coverage_state"] == "covered"][-1:]
    claims = sorted((claim for claim in found if claim["id"] not in waiting), key=lambda claim: claim["id"])
    uncovered = [claim["id"] for claim in claims if claim["coverage_state"] != "covered"]
    refused, overridden = uncovered[::2], uncovered[1::2]
    if refused:
        service.call("franchise.claim", "write", refused, {"reject_reason": "Outside the terms. 超出协议条款。"})
        service.call("franchise.claim", "action_reject", refused)
    if overridden:
        reason = "Goodwill agreed with the supplier by phone. 与供应商电话协商。"
        service.call("franchise.claim", "write", overridden, {"override_reason": reason})
    approved = [claim["id"] for claim in claims if claim["id"] not in refused]
    finance.call("franchise.claim", "action_approve", approved)
    outcome.claims.update(approved=len(approved), refused=len(refused), overridden=len(overridden))


def wait_until(stack: Stack, done: Callable[[], bool], limit: float, failure: Callable[[], str]) -> None:
    """Wait; raises Trouble after `limit` seconds, or when a process ends meanwhile."""
    deadline = time.monotonic() + limit
    while not done():
        stack.crew.check()
        if time.monotonic() > deadline:
            raise Trouble(failure())
        time.sleep(0.25)


def wait_for_delivery(stack: Stack) -> None:
    """Until every message is delivered, or has come to another end."""
    operator = stack.person("operator")

    def waiting() -> int:
        return operator.call("franchise.sync.message", "search_count", [("state", "=", "pending")])

    def failure() -> str:
        stuck = operator.search_read("franchise.sync.message", [("state", "!=", "delivered")], ["state", "last_error"])
        reasons = Counter(f"{row['state']}: {row['last_error'] or 'never tried'}" for row in stuck)
        listed = "\n".join(f"    {number} × {reason}" for reason, number in reasons.most_common(5))
        return f"{len(stuck)} claims were not delivered within {DELIVERY_LIMIT} s:\n{listed}\nSee {stack.worker_log}."

    wait_until(stack, lambda: not waiting(), DELIVERY_LIMIT, failure)


def answer_as_clerk(clerk: Person) -> Counter:
    """Of six documents one is lowered and posted, one refused with a reason in the chatter, the others posted whole."""
    domain = [("move_type", "=", "out_refund"), ("state", "=", "draft"), ("invoice_origin", "=like", "franchise:%")]
    documents = clerk.search_read("account.move", domain, ["invoice_line_ids", "ref"], order="ref, id")
    answers: Counter = Counter()
    for number, document in enumerate(documents):
        turn = number % 6
        if turn == 1:
            lower_first_line(clerk, document)
        if turn == 4:
            words = "The goods left our works in order; the damage happened later. 出厂检验合格，损坏发生在交付之后。"
            clerk.call("account.move", "message_post", [document["id"]], body=words, message_type="comment")
            clerk.call("account.move", "button_cancel", [document["id"]])
        else:
            clerk.call("account.move", "action_post", [document["id"]])
        answers["lowered" if turn == 1 else "refused" if turn == 4 else "posted whole"] += 1
    return answers


def lower_first_line(clerk: Person, document: dict) -> None:
    """Credit only four fifths of the first line, as a clerk would type it: two decimals."""
    (line,) = clerk.call("account.move.line", "read", document["invoice_line_ids"][:1], ["price_unit"])
    lowered = round(line["price_unit"] * 0.8, 2)
    clerk.call(
        "account.move", "write", [document["id"]], {"invoice_line_ids": [(1, line["id"], {"price_unit": lowered})]}
    )


def unanswered(service: Person) -> list[dict]:
    """Recoveries without a final answer from suppliers with a system; others answer in the portal, when they like."""
    systems = service.search_read("franchise.sync.endpoint", [], ["partner_id"])
    connected = [row["partner_id"][0] for row in systems]
    domain = [("party", "=", "supplier"), ("is_answered", "=", False), ("partner_id", "in", connected)]
    return service.search_read("franchise.claim.recovery", domain, ["display_name", "state"])


def wait_for_answers(stack: Stack, service: Person) -> None:
    """Until every supplier's answer has arrived."""

    def failure() -> str:
        names = ", ".join(f"{row['display_name']} ({row['state']})" for row in unanswered(service)[:5])
        return f"No answer came back within {ANSWER_LIMIT} s for: {names}. See {stack.worker_log}."

    wait_until(stack, lambda: not unanswered(service), ANSWER_LIMIT, failure)


def dispute(stack: Stack, service: Person) -> None:
    """Two refusals are disputed; the supplier of one of them thinks again and posts, the other stays in dispute."""
    domain = [("party", "=", "supplier"), ("state", "=", "rejected")]
    refused = service.search_read("franchise.claim.recovery", domain, ["claim_id", "partner_id"])
    if len(refused) < 2:
        raise Trouble("The story needs two refused claims for its disputes, and the suppliers refused fewer.")
    first, second = refused[0]["id"], refused[-1]["id"]
    service.call("franchise.claim.recovery", "action_dispute", [first, second])
    reference = refused[0]["claim_id"][1].split()[0]
    for supplier in stack.suppliers:
        clerk = stack.clerk(supplier)
        found = clerk.call("account.move", "search", [("ref", "=like", f"{reference}%"), ("state", "=", "cancel")])
        if found:
            clerk.call("account.move", "button_draft", found)
            clerk.call("account.move", "action_post", found)
            break
    else:
        raise Trouble(f"No supplier has the cancelled document of {reference}, which the dispute is about.")

    def accepted() -> bool:
        (row,) = service.call("franchise.claim.recovery", "read", [first], ["state"])
        return row["state"] == "accepted"

    wait_until(stack, accepted, ANSWER_LIMIT, lambda: f"The second answer to {reference} did not come back.")


def answer_letters(service: Person) -> None:
    """Carriers and franchisees have no system: staff enter what they wrote. Every fourth refused."""
    ids = service.call("franchise.claim.recovery", "search", [("party", "!=", "supplier"), ("state", "=", "demanded")])
    refused = ids[3::4]
    accepted = [number for number in ids if number not in refused]
    if refused:
        service.call("franchise.claim.recovery", "action_reject", refused)
    if accepted:
        service.call("franchise.claim.recovery", "action_accept", accepted)


def settle(finance: Person, outcome: Outcome) -> None:
    """Gather, confirm, post; one settlement a partner, role and currency."""
    wizard = finance.call("franchise.settlement.generate", "create", [{"date_to": date.today().isoformat()}])  # noqa: DTZ011
    finance.call("franchise.settlement.generate", "action_generate", wizard)
    for action, state in (("action_confirm", "draft"), ("action_post", "confirmed")):
        ids = finance.call("franchise.settlement", "search", [("state", "=", state)])
        finance.call("franchise.settlement", action, ids)
    left = finance.search_read("franchise.settlement", [("state", "!=", "posted")], ["display_name", "post_error"])
    for row in left:
        note(f"  Not posted: {row['display_name']}: {row['post_error']}")
    outcome.settlements = finance.search_read(
        "franchise.settlement", [], ["name", "partner_id", "currency_id", "amount_total", "state"], order="name"
    )


def print_statements(accountant: Person, stack: Stack) -> list[Path]:
    """One PDF with the statements of all partners and one workbook, as the buttons on the screen give them."""
    ids = accountant.call("franchise.settlement", "search", [("state", "=", "posted")], order="name")
    listed = ",".join(map(str, ids))
    folder = stack.tools.settings.home / "statements"
    folder.mkdir(exist_ok=True)
    made = []
    for name, address, start in (
        ("statements.pdf", f"/report/pdf/{REPORT}/{listed}", b"%PDF"),
        ("statements.xlsx", f"/franchise/settlement/statement.xlsx?ids={listed}", b"PK"),
    ):
        content = accountant.download(address)
        if not content.startswith(start):
            raise Trouble(f"{address} gave no {name.rpartition('.')[2].upper()}. See {stack.ours.log}.")
        (folder / name).write_bytes(content)
        made.append(folder / name)
    return made

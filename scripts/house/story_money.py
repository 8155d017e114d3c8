"""The demo's part about money between us and the partners: what is promised to franchisees, an amount entered by hand,
statements that are sent and answered, payments.

Everybody does what they may on the screen's own methods; what takes two people is done by two.
"""

from __future__ import annotations

import base64
from datetime import date

from .rpc import Person
from .settings import REPO
from .stack import Stack

PAPER = REPO / "addons" / "franchise_aftersales" / "demo" / "signed_copy.png"


def attach(person: Person, model: str, name: str) -> int:
    """A scanned paper that `person` uploads; returns its id."""
    content = base64.b64encode(PAPER.read_bytes()).decode()
    values = {"name": name, "datas": content, "res_model": model}
    return person.call("ir.attachment", "create", [values])[0]


def compensate(service: Person) -> int:
    """Every second approved claim of franchisees who go on is compensated in full, accepted on paper; paid by the next
    settlement. Returns how many."""
    domain = [
        ("state", "=", "approved"),
        ("currency_id", "=", "CNY"),
        ("offer_ids", "=", False),
        ("contract_id.state", "=", "signed"),
    ]
    claims = service.call("franchise.claim", "search", domain, order="id")[::2]
    terms = "All that was approved, with the next settlement. 按核定金额全额补偿，随下期结算支付。"
    values = {"kind": "compensation", "percent": 100, "pay_by": "settlement", "terms": terms}
    offers = service.call("franchise.claim.offer", "create", [{"claim_id": claim, **values} for claim in claims])
    service.call("franchise.claim.offer", "action_make", offers)
    for offer in offers:
        scan = attach(service, "franchise.claim.offer", "Signed offer 已签和解方案.png")
        paper = {
            "paper_name": "Store manager 店长",
            "paper_date": date.today().isoformat(),  # noqa: DTZ011
            "scan_ids": [(6, 0, [scan])],
        }
        service.call("franchise.claim.offer", "write", [offer], paper)
    service.call("franchise.claim.offer", "action_accept", offers)
    return len(offers)


def adjust(stack: Stack) -> None:
    """Finance enters two amounts that no document computes; the manager confirms one, the other waits for its proof."""
    finance, manager = stack.person("finance"), stack.person("manager")
    proof = attach(finance, "franchise.settlement.adjustment", "Letter of Chengdu 成都方来函.png")
    agreed, _waiting = finance.call(
        "franchise.settlement.adjustment",
        "create",
        [
            {
                "partner_id": _partner(finance, "Chengdu"),
                "party": "franchisee",
                "amount": -1200,
                "name": "Leaflets of the opening week 开业周宣传单费用",
                "reason": "agreed",
                "explanation_text": "Chengdu paid the printer for us; letter and invoice. 成都方代付印刷费，见来函与发票。",
                "attachment_ids": [(6, 0, [proof])],
            },
            {
                "partner_id": _partner(finance, "Hangzhou"),
                "party": "franchisee",
                "amount": 368.5,
                "name": "Courier of samples 样品快递费",
                "reason": "difference",
                "explanation_text": "Sent at Hangzhou's cost, booked on ours. 应由杭州方承担，误记我方。",
            },
        ],
    )
    manager.call("franchise.settlement.adjustment", "action_confirm", [agreed])


def send_statements(finance: Person) -> None:
    """Four partners get their statements: one agrees, one sees a line differently, two have not answered."""
    for name, answer in (("Ningbo", "agree"), ("Chengdu", "dispute"), ("Hangzhou", None), ("Pacific", None)):
        (settlement,) = finance.call("franchise.settlement", "search", [("partner_id", "=", _partner(finance, name))])
        statement = finance.call("franchise.statement.confirmation", "create", [{"settlement_id": settlement}])
        finance.call("franchise.statement.confirmation", "action_send", statement)
        if answer == "dispute":
            _see_differently(finance, statement[0], settlement)
        if answer:
            letter = attach(finance, "franchise.statement.answer", "Answer to the statement 对账单回执.png")
            values = {"confirmation_id": statement[0], "answer": answer, "file_ids": [(6, 0, [letter])]}
            values["name"] = "Mr Tang 唐先生" if answer == "dispute" else "Ms Shen, accounts 沈女士（财务）"
            dialogue = finance.call("franchise.statement.answer", "create", [values])
            finance.call("franchise.statement.answer", "action_record", dialogue)


def _see_differently(finance: Person, statement: int, settlement: int) -> None:
    """Of the first royalty the partner has booked nine tenths, and misses an amount in ours."""
    domain = [("settlement_id", "=", settlement), ("kind", "=", "royalty")]
    line = finance.search_read("franchise.settlement.line", domain, ["amount"])[0]
    finance.call(
        "franchise.statement.position",
        "create",
        [
            {
                "confirmation_id": statement,
                "settlement_line_id": line["id"],
                "amount_theirs": round(line["amount"] * 0.9, 2),
                "reason": "Store closed for three days 门店停业三天",
                "reference": "CD-1108",
            },
            {
                "confirmation_id": statement,
                "name": "Second lot of leaflets 第二批宣传单",
                "amount_theirs": -240,
                "reason": "Paid for you in September 九月代付",
                "reference": "CD-1109",
            },
        ],
    )


def receive_payments(finance: Person) -> None:
    """Changsha pays all that its settlement asks for, Suzhou a part."""
    for name, share in (("Changsha", 1), ("Suzhou Pingjiang", 0.4)):
        domain = [("partner_id", "=", _partner(finance, name))]
        (settlement,) = finance.search_read("franchise.settlement", domain, ["move_id", "amount_open"])
        context = {"active_model": "account.move", "active_ids": settlement["move_id"][:1]}
        values = {} if share == 1 else {"amount": round(settlement["amount_open"] * share, 2)}
        dialogue = finance.call("account.payment.register", "create", [values], context=context)
        finance.call("account.payment.register", "action_create_payments", dialogue)


def _partner(person: Person, name: str) -> int:
    return person.call("res.partner", "search", [("name", "=like", f"{name}%"), ("is_company", "=", True)], limit=1)[0]

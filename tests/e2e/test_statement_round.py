"""A settlement's statement on its whole way: our Odoo, the worker, suppliers' stock Odoo, and back, once."""

import base64
import time

from house import story

SAYS = "SELECT state, answered_how FROM franchise_statement_confirmation WHERE id = {}"
APPLIED = """
SELECT message.uuid, count(*) FROM franchise_sync_message message
  JOIN franchise_sync_inbox inbox ON inbox.outbox_id = message.id AND inbox.state = 'applied'
 WHERE message.kind = 'settlement_issued' GROUP BY message.uuid"""


def wait_for(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def rows(stack, query):
    return [line.split("\t") for line in stack.cluster.sql(query, stack.database).splitlines()]


def confirmed_settlements(stack, finance):
    """By endpoint's code: a confirmed settlement with that supplier."""
    service = stack.person("service")
    story.assess_claims(service)
    domain = [("state", "=", "assessed"), ("coverage_state", "=", "covered")]
    finance.call("franchise.claim", "action_approve", finance.call("franchise.claim", "search", domain, limit=20))
    story.wait_for_delivery(stack)
    for supplier in stack.suppliers:
        story.answer_as_clerk(stack.clerk(supplier))
    story.wait_for_answers(stack, service)
    wizard = finance.call("franchise.settlement.generate", "create", [{"date_to": time.strftime("%Y-%m-%d")}])
    finance.call("franchise.settlement.generate", "action_generate", wizard)
    endpoints = finance.search_read("franchise.sync.endpoint", [], ["code", "partner_id"])
    codes = {endpoint["partner_id"][0]: endpoint["code"] for endpoint in endpoints}
    domain = [("state", "=", "draft"), ("party", "=", "supplier"), ("partner_id", "in", list(codes))]
    found = finance.search_read("franchise.settlement", domain, ["partner_id"])
    finance.call("franchise.settlement", "action_confirm", [row["id"] for row in found])
    return {codes[row["partner_id"][0]]: row["id"] for row in found}


def test_a_statement_goes_there_and_its_answer_comes_back_once(stack):
    """R-G1, R-G3, R-E4: arrives with its print, is agreed to by one supplier and disputed by another, each once."""
    finance = stack.person("finance")
    settlements = confirmed_settlements(stack, finance)
    (yes, agreed), (no, disputed) = list(settlements.items())[:2]
    finance.call("franchise.settlement", "action_send_statement", [agreed, disputed])
    story.wait_for_delivery(stack)
    sent = {}
    for settlement, code, words in ((agreed, yes, "AGREE"), (disputed, no, "DISPUTE\n1 0.01 少一件 one short")):
        (row,) = finance.search_read(
            "franchise.statement.confirmation",
            [("settlement_id", "=", settlement)],
            ["state", "sync_state", "archive_id", "delivered_at"],
        )
        assert (row["state"], row["sync_state"], bool(row["delivered_at"])) == ("sent", "delivered", True)
        (ours,) = finance.call("ir.attachment", "read", [row["archive_id"][0]], ["datas", "name"])
        sent[settlement] = row["id"]
        clerk = stack.clerk(stack.supplier(code))
        (number,) = (one["name"] for one in finance.call("franchise.settlement", "read", [settlement], ["name"]))
        (note,) = clerk.search_read(
            "mail.message",
            [("subject", "ilike", f"Statement {number}"), ("message_type", "=", "comment")],
            ["attachment_ids"],
        )
        (theirs,) = clerk.call("ir.attachment", "read", note["attachment_ids"], ["datas", "name"])
        assert base64.b64decode(theirs["datas"]) == base64.b64decode(ours["datas"])
        assert theirs["name"] == ours["name"]
        (todo,) = clerk.search_read("mail.activity", [("summary", "ilike", f"Statement {number}")], ["date_deadline"])
        assert todo["date_deadline"]
        clerk.call("mail.activity", "action_feedback", [todo["id"]], feedback=words)

    wait_for(lambda: rows(stack, SAYS.format(sent[agreed])) == [["agreed", "system"]])
    wait_for(lambda: rows(stack, SAYS.format(sent[disputed])) == [["disputed", "system"]])
    time.sleep(25)  # polled again and again: nothing is applied twice
    assert sorted(times for _uuid, times in rows(stack, APPLIED)) == ["1", "1"]
    compared = finance.search_read(
        "franchise.three.way", [("settlement_id", "=", disputed), ("says", "=", "differs")], ["amount_theirs", "reason"]
    )
    assert [(row["amount_theirs"], row["reason"]) for row in compared] == [(0.01, "少一件 one short")]
    assert {
        row["says"] for row in finance.search_read("franchise.three.way", [("settlement_id", "=", agreed)], ["says"])
    } == {"agreed"}

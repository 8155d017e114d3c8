"""Changes and withdrawals of claims against a real stock Odoo of a supplier (R-G1)."""

from __future__ import annotations

import hashlib
import json
import uuid as uuids
from decimal import Decimal
from typing import Any

from supplier_books import DEADLINE, answers, claim, clerk_of, connect, documents, outcomes

from franchise_sync.erp.port import Message, Outcome
from franchise_sync.transport.deadline import Deadline


def event(kind: str, about: Message, *amounts: str) -> Message:
    key = str(uuids.uuid4())
    lines = [{"key": str(number), "amount": amount} for number, amount in enumerate(amounts, 1)]
    data = {
        "version": 1,
        "kind": kind,
        "uuid": key,
        "original": about.uuid,
        "document": {"number": json.loads(about.payload)["document"]["number"], "revision": 1},
        "customer": {"name": "Tea & Light 茶里有光", "ref": "HQ"},
        "currency": "CNY",
        "amount": f"{sum(map(Decimal, amounts), Decimal()):.2f}",
        "reason": "重复计算 counted <b>twice</b>",
        "lines": lines,
    }
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return Message(2, key, kind, "a,1", 2, 1, text, hashlib.sha256(text.encode()).hexdigest())


def test_a_draft_is_lowered_then_accepted_as_asked(supplier_odoo: Any) -> None:
    """R-G1, R-G4: twice the same change, one note; the clerk posts what is asked now."""
    connector, sent = connect(supplier_odoo), claim()
    changed = event("claim_changed", sent, "200.10", "50.00")
    assert outcomes(connector.send([sent], Deadline(DEADLINE))) == [Outcome.ACK]
    assert outcomes(
        [*connector.send([changed], Deadline(DEADLINE)), *connector.send([changed], Deadline(DEADLINE))]
    ) == [
        Outcome.ACK,
        Outcome.ACK,
    ]
    with clerk_of(supplier_odoo) as clerk:
        [document] = documents(clerk, sent)
        assert (document["state"], document["amount_untaxed"]) == ("draft", Decimal("250.10"))
        domain = [("model", "=", "account.move"), ("res_id", "=", document["id"]), ("body", "ilike", "asked now")]
        [note] = clerk.call("mail.message", "search_read", domain, ["body"])
        assert "重复计算 counted &lt;b&gt;twice" in note["body"]
        clerk.call("account.move", "action_post", [document["id"]])
        # Posted with what is asked: told again for information; asked less: only they can change it.
        agreed = event("claim_changed", sent, "200.10", "50.00")
        less = event("claim_changed", sent, "100.00", "50.00")
        gone = event("claim_withdrawn", sent)
        got = connector.send([agreed, less, gone], Deadline(DEADLINE))
        assert outcomes(got) == [Outcome.ACK, Outcome.REJECT, Outcome.REJECT]
        assert all("is posted" in delivery.detail for delivery in got[1:])
        assert documents(clerk, sent)[0]["amount_untaxed"] == Decimal("250.10")
    [answer] = answers(connector, sent)
    assert (answer.state, f"{answer.amount:f}", [key for key, _amount in answer.lines]) == (
        "accepted",
        "250.10",
        ["1", "2"],
    )
    connector.close()


def test_a_draft_is_cancelled_when_the_claim_is_withdrawn(supplier_odoo: Any) -> None:
    """R-G1: cancelled there by our user with no more than the group Invoicing."""
    connector, sent = connect(supplier_odoo), claim()
    gone = event("claim_withdrawn", sent)
    connector.send([sent], Deadline(DEADLINE))
    assert outcomes(connector.send([gone], Deadline(DEADLINE))) == [Outcome.ACK]
    with clerk_of(supplier_odoo) as clerk:
        assert documents(clerk, sent)[0]["state"] == "cancel"
    assert connector.ask([gone.uuid], Deadline(DEADLINE)).keys() == {gone.uuid}
    assert outcomes(connector.send([event("claim_withdrawn", claim())], Deadline(DEADLINE))) == [Outcome.ACK]
    connector.close()

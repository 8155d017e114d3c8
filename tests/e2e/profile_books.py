"""What the tests of profiles share: claims in repair orders, OCA claims and OCA returns of a real supplier's Odoo.

The fixture ``supplier_apps`` is as ``supplier_odoo``, with the modules repair, crm_claim and rma, and the products V-1 and V-2.
"""

from __future__ import annotations

import hashlib
import json
import uuid as uuids
from decimal import Decimal
from typing import Any

from franchise_sync.erp.port import Message
from franchise_sync.suppliers.odoo import OdooConnector
from franchise_sync.transport.odoo_client import OdooClient

MODELS = {"repair_order": "repair.order", "crm_claim": "crm.claim", "rma": "rma"}


def event(kind: str, about: Message, *amounts: str) -> Message:
    """A change or withdrawal of a claim; the amounts are those of its lines."""
    key = str(uuids.uuid4())
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
        "lines": [{"key": str(number), "amount": amount} for number, amount in enumerate(amounts, 1)],
    }
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return Message(2, key, kind, "a,1", 2, 1, text, hashlib.sha256(text.encode()).hexdigest())


def records(clerk: OdooClient, model: str, sent: Message, *fields: str) -> list[dict[str, Any]]:
    """The records of a claim in the order of its lines, as the clerk sees them by the note in their chatter."""
    domain = [("message_ids.message_id", "=", f"<{sent.uuid}@franchise-sync>")]
    return clerk.call(model, "search_read", domain, list(fields), order="id")


def only(connector: OdooConnector, sent: Message, cursor: str = "") -> Any:
    """The one answer to a claim, None when there is none."""
    found = [a for page in connector.answers(cursor) for a in page.answers if a.uuid == sent.uuid]
    assert len(found) <= 1, found
    return found[0] if found else None

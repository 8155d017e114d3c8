"""What the tests of the connector ``odoo`` share.

The fixture ``supplier_odoo`` is an object with ``url``, ``database``, ``login`` and ``api_key`` of the API user, which
has no more than the group Invoicing, ``clerk_login`` and ``clerk_password`` of a clerk with the same group, and
``customer_ref``, the reference under which we are a customer there. Its company has a default sales tax.
"""

from __future__ import annotations

import hashlib
import json
import threading
import uuid as uuids
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from franchise_sync.erp.port import Endpoint, Message, Outcome
from franchise_sync.suppliers.odoo import OdooConnector
from franchise_sync.suppliers.port import ConnectorContext, FileSource, no_files
from franchise_sync.transport.guard import Target, TargetPolicy
from franchise_sync.transport.odoo_client import OdooClient

POLICY = TargetPolicy(plain_hosts=frozenset({"127.0.0.1", "localhost"}))
DEADLINE = 120.0


def connect(
    supplier: Any, url: str = "", files: FileSource = no_files, profiles_dir: Path | None = None, **options: Any
) -> OdooConnector:
    ref = getattr(supplier, "customer_ref", "HQ-TEALIGHT")
    endpoint = Endpoint(
        "supplier",
        "Supplier",
        "odoo",
        True,
        url or supplier.url,
        supplier.database,
        supplier.login,
        {"customer_ref": ref, **options},
    )
    context = ConnectorContext(
        secret=supplier.api_key, policy=POLICY, call_seconds=DEADLINE, files=files, profiles_dir=profiles_dir
    )
    return OdooConnector(endpoint, context)


@contextmanager
def clerk_of(supplier: Any) -> Iterator[OdooClient]:
    """A client that works as the supplier's clerk."""
    client = OdooClient(
        Target.parse(supplier.url),
        supplier.database,
        supplier.clerk_login,
        supplier.clerk_password,
        policy=POLICY,
        deadline=DEADLINE,
    )
    try:
        yield client
    finally:
        client.close()


def claim(*amounts: str, **changes: Any) -> Message:
    key = str(uuids.uuid4())
    amounts = amounts or ("200.10", "90.00")
    lines = [
        {
            "key": str(number),
            "kind": "goods",
            "product_code": f"V-{number}",
            "description": f"阀门 valve {number}",
            "quantity": "2",
            "share": "80.00",
            "invoice": "INV/2026/7",
            "amount": amount,
        }
        for number, amount in enumerate(amounts, 1)
    ]
    data = {
        "version": 1,
        "kind": "claim_submitted",
        "uuid": key,
        "document": {"number": f"AFC/{key[:8]}", "revision": 1},
        "customer": {"name": "Tea & Light 茶里有光", "ref": "HQ"},
        "currency": "CNY",
        "amount": str(sum(map(Decimal, amounts))),
        "cause": {"code": "quality.material", "name": "Defect in material"},
        "reason": "Broken <b>& wet</b>\n受潮",
        "lines": lines,
        **changes,
    }
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return Message(1, key, "claim_submitted", "a,1", 1, 1, text, hashlib.sha256(text.encode()).hexdigest())


def documents(clerk: OdooClient, *messages: Message) -> list[dict[str, Any]]:
    origins = [f"franchise:{message.uuid}" for message in messages]
    fields = [
        "state", "move_type", "ref", "amount_untaxed", "amount_total", "currency_id", "invoice_line_ids", "write_date",
        "invoice_origin",
    ]  # fmt: skip
    return clerk.call("account.move", "search_read", [("invoice_origin", "in", origins)], fields, order="id")


def lower_first_line(clerk: OdooClient, document: dict[str, Any], price: float) -> None:
    command = [1, document["invoice_line_ids"][0], {"price_unit": price}]
    clerk.call("account.move", "write", [document["id"]], {"invoice_line_ids": [command]})


def comment(clerk: OdooClient, document: dict[str, Any], body: str) -> None:
    """As the web client posts it: ``message_post`` by RPC would make a notification without the type."""
    clerk.call("account.move", "message_post", [document["id"]], body=body, message_type="comment")


def answers(connector: OdooConnector, message: Message, cursor: str = "") -> list[Any]:
    return [a for page in connector.answers(cursor) for a in page.answers if a.uuid == message.uuid]


def outcomes(deliveries: list[Any]) -> list[Outcome]:
    return [delivery.outcome for delivery in deliveries]


class Cutter(BaseHTTPRequestHandler):
    """Passes requests on and hangs up instead of bringing back the reply of one ``load()``."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server: Any = self.server
        request = Request(server.upstream + self.path, body, dict(self.headers))
        with urlopen(request, timeout=DEADLINE) as reply:
            data = reply.read()
        args = json.loads(body)["params"]["args"]
        if server.cut and args[3:5] == [server.cut, "load"]:
            server.cut = ""
            self.close_connection = True
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + data[:10])
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: Any) -> None:
        pass


@contextmanager
def cutting(upstream: str, model: str) -> Iterator[str]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Cutter)
    server.daemon_threads = True
    server.upstream, server.cut = upstream, model
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()

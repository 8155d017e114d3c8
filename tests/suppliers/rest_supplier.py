"""A supplier with an API as docs/api/supplier-api.yaml describes it: a real process with books on the disk.

    python rest_supplier.py --data FOLDER --secret whsec_… [--port 0] [--latency 20] [--answer accepted]

Prints one line of JSON with its address when it is ready. ``received.jsonl`` in its folder has every request that
reached it, written and synced before anything else happens; ``books.jsonl`` has one line a document or answer. Both are
read again at the next start. ``/admin/…`` orders faults and answers; it is for tests, and only listens on loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import re
import time
import uuid as uuids
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from rest_books import Books, Refusal, is_key
from rest_faults import Fault, Faults, strike
from rest_journal import Journal

ID, BATCH = re.compile(r"[A-Za-z0-9_-]{1,100}"), re.compile(r"batch-[0-9a-f]{40}")
TOLERANCE = 300  # seconds that a signature is good for
MAX_BODY = 2 * 1024 * 1024
MAX_EVENTS, MAX_KEYS, MAX_ANSWERS = 100, 200, 1000


class Supplier:
    """The API over :class:`Books`.

    :param keys: signatures with any of these are good
    :param latency: seconds that each request takes at least
    :param answer: state that every claim is answered with at once, empty for none
    """

    def __init__(self, folder: Path, keys: list[bytes], latency: float = 0.0, answer: str = "") -> None:
        self.received = Journal(folder / "received.jsonl")
        self.received.read()  # a line that a kill cut off is dropped: nothing may be appended to it
        self.books = Books(Journal(folder / "books.jsonl"))
        self.faults = Faults()
        self.keys, self.latency, self.answer = keys, latency, answer

    def app(self) -> web.Application:
        """The API and the orders of tests."""
        app = web.Application(middlewares=[self.serve], client_max_size=MAX_BODY)
        app.router.add_post("/events", self.event)
        app.router.add_post("/events/batch", self.batch)
        app.router.add_post("/events/lookup", self.lookup)
        app.router.add_get("/answers", self.answers)
        app.router.add_get("/admin/state", self.state)
        app.router.add_post("/admin/faults", self.order_faults)
        app.router.add_post("/admin/answer", self.order_answer)
        return app

    @web.middleware
    async def serve(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Log, check the signature, meet the faults on order; whatever goes wrong is told as the contract says."""
        if request.path.startswith("/admin/"):
            return await handler(request)
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return problem(413, f"At most {MAX_BODY} bytes.")
        await self.received.write(_log_line(request, body))
        if self.latency:
            await asyncio.sleep(self.latency)
        fault = self.faults.take(request.path)
        if fault and fault.kind == "refuse":
            key = request.headers.get("Idempotency-Key", "")
            return web.json_response({"uuid": key, "reason": fault.reason}, status=422)
        if fault and fault.before:
            return await strike(fault, request, None)
        try:
            self._check_signature(request, body)
            good = await handler(request)
        except Refusal as refusal:
            return refusal.response()
        except web.HTTPException as error:
            return problem(error.status, error.reason, dict(error.headers))
        return await strike(fault, request, good) if fault else good

    def _check_signature(self, request: web.Request, body: bytes) -> None:
        name, stamp = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
        if not (
            ID.fullmatch(name)
            and stamp.isascii()
            and stamp.isdigit()
            and abs(time.time() - int(stamp[:12])) <= TOLERANCE
        ):
            raise Refusal(401, "The signature's headers are missing or too old.")
        content = f"{name}.{stamp}.".encode() + (body or request.raw_path.encode())
        given = request.headers.get("webhook-signature", "").split()
        good = [b"v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()) for key in self.keys]
        if not any(hmac.compare_digest(word.encode(), one) for word in given for one in good):
            raise Refusal(401, "The signature is wrong.")

    async def event(self, request: web.Request) -> web.Response:
        """``POST /events``."""
        key, body = request.headers.get("Idempotency-Key", ""), await request.read()
        event = _object(body)
        if event.get("uuid") != key or request.headers.get("webhook-id") != key:
            raise Refusal(400, "Idempotency-Key, webhook-id and the event's uuid must be the same.")
        status, row = await self.books.take(event, hashlib.sha256(body).hexdigest())
        await self._answer_at_once([event])
        return web.json_response(row, status=status)

    async def batch(self, request: web.Request) -> web.Response:
        """``POST /events/batch``: a result an event, whatever became of the others."""
        if not BATCH.fullmatch(request.headers.get("Idempotency-Key", "")):
            raise Refusal(400, "A batch has a key of its own, batch- and 40 digits.")
        entries = _object(await request.read()).get("events")
        if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_EVENTS:
            raise Refusal(400, f"A batch has 1 to {MAX_EVENTS} events.")
        if not all(
            isinstance(e, dict) and isinstance(e.get("event"), dict) and _is_hash(e.get("sha256")) for e in entries
        ):
            raise Refusal(400, "Each entry of a batch has an event and its sha256.")

        async def one(entry: dict[str, Any]) -> dict[str, Any]:
            try:
                status, row = await self.books.take(entry["event"], entry["sha256"])
                return {**row, "status": status}
            except Refusal as refusal:
                return {"uuid": str(entry["event"].get("uuid")), **refusal.body, "status": refusal.status}

        results = await asyncio.gather(*(one(entry) for entry in entries))
        await self._answer_at_once([entry["event"] for entry in entries])
        return web.json_response({"results": results}, status=207)

    async def lookup(self, request: web.Request) -> web.Response:
        """``POST /events/lookup``: what is there of these keys."""
        keys = _object(await request.read()).get("uuids")
        if not isinstance(keys, list) or len(keys) > MAX_KEYS or not all(map(is_key, keys)):
            raise Refusal(400, f"Ask for a list of at most {MAX_KEYS} keys.")
        return web.json_response({"events": self.books.facts(keys)})

    async def answers(self, request: web.Request) -> web.Response:
        """``GET /answers``: those after the cursor, oldest first."""
        after, limit = request.query.get("after", ""), request.query.get("limit", "200")
        number = after.isascii() and after.isdigit() and len(after) < 16
        if (after and not number) or not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= MAX_ANSWERS):
            raise Refusal(400, f"after is a cursor that we gave, limit a number from 1 to {MAX_ANSWERS}.")
        start = int(after or 0)
        rows = self.books.answers[start : start + int(limit)]
        end = start + len(rows)
        return web.json_response({"answers": rows, "cursor": str(end), "more": end < len(self.books.answers)})

    async def _answer_at_once(self, events: list[dict[str, Any]]) -> None:
        for event in events if self.answer else ():
            if event.get("kind") == "claim_submitted" and not self.books.answered(event["uuid"]):
                await self.books.answer({"uuid": event["uuid"], "state": self.answer})

    async def state(self, _request: web.Request) -> web.Response:
        """Documents by key, answers, and how many requests came."""
        return web.json_response({"documents": self.books.documents, "answers": self.books.answers})

    async def order_faults(self, request: web.Request) -> web.Response:
        """Replace the faults on order by those of a list."""
        self.faults.orders = [Fault.of(row) for row in await request.json()]
        return web.json_response({"orders": len(self.faults.orders)})

    async def order_answer(self, request: web.Request) -> web.Response:
        """Answer an event: ``{"answer": {…}, "push": {"url", "secret"}}``; pushed to a webhook when one is named."""
        order = await request.json()
        row = await self.books.answer(order["answer"])
        pushed = await _push(row, **order["push"]) if order.get("push") else None
        return web.json_response({"answer": row, "pushed": pushed})


async def _push(row: dict[str, Any], url: str, secret: str) -> dict[str, Any]:
    """:return: status and body of the webhook's reply"""
    body, stamp = json.dumps(row).encode(), str(int(time.time()))
    content = f"{row['message_id']}.{stamp}.".encode() + body
    mark = base64.b64encode(hmac.new(key_of(secret), content, hashlib.sha256).digest()).decode()
    headers = {
        "Content-Type": "application/json",
        "webhook-id": row["message_id"],
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{mark}",
    }
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as reply:
        return {"status": reply.status, "body": await reply.text()}


def key_of(secret: str) -> bytes:
    """:return: the key in a secret such as whsec_…"""
    return base64.b64decode(secret.removeprefix("whsec_"))


def problem(status: int, reason: str, headers: dict[str, str] | None = None) -> web.Response:
    """:return: an error as the contract words it"""
    kept = {name: value for name, value in (headers or {}).items() if name == "Allow"}
    return web.json_response({"reason": reason}, status=status, headers=kept)


def _object(body: bytes) -> dict[str, Any]:
    def refuse(name: str) -> Any:
        raise ValueError(name)

    try:
        data = json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise Refusal(400, "The body is no JSON.") from None
    if not isinstance(data, dict):
        raise Refusal(400, "The body is no JSON object.")
    return data


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and not set(value) - set("0123456789abcdef")


def _log_line(request: web.Request, body: bytes) -> dict[str, Any]:
    return {
        "at": time.time(),
        "method": request.method,
        "path": request.raw_path,
        "key": request.headers.get("Idempotency-Key", ""),
        "id": request.headers.get("webhook-id", ""),
        "bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
    }


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the receive log and the books")
    parser.add_argument("--secret", action="append", required=True, help="whsec_…; twice while it is replaced")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds that each request takes at least")
    parser.add_argument("--answer", default="", help="state that every claim is answered with at once")
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)

    async def serve() -> None:
        keys = [key_of(secret) for secret in options.secret]
        supplier = Supplier(options.data, keys, options.latency / 1000, options.answer)
        runner = web.AppRunner(supplier.app(), access_log=None, handler_cancellation=False)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", options.port, backlog=1024)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        print(json.dumps({"url": f"http://127.0.0.1:{port}", "id": str(uuids.uuid4())}), flush=True)
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    main()

"""How the reference supplier misbehaves, on order: each fault is met by the next requests that it fits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, fields
from typing import Any

from aiohttp import web

#: What each kind does; "before": nothing is stored, "after": everything is, and then the reply goes wrong.
KINDS = {
    "status": "before: answers `status` with `headers` and `body`",
    "hang_up": "before: reads the request and hangs up",
    "refuse": "before: refuses the event for good with `reason`",
    "reset": "after: hangs up without a byte",
    "cut": "after: sends half of its reply and hangs up",
    "garbage": "after: sends 200 with `body`",
    "slow": "after: sends its reply at one byte a second",
    "wrong_uuid": "after: names another event in its reply",
    "large": "after: sends `size` bytes",
    "silent": "after: sends nothing for `seconds`",
}


@dataclass
class Fault:
    """One order: ``count`` requests (-1: all) whose path starts with ``path`` meet it."""

    kind: str
    count: int = 1
    path: str = "/events"
    status: int = 503
    headers: dict[str, str] | None = None
    body: str = ""
    reason: str = "refused on order"
    size: int = 0
    seconds: float = 30.0

    @classmethod
    def of(cls, row: dict[str, Any]) -> Fault:
        """:raise ValueError: it is no fault that we know"""
        if row.get("kind") not in KINDS or set(row) - {field.name for field in fields(cls)}:
            raise ValueError(f"no such fault: {row}")
        return cls(**row)

    @property
    def before(self) -> bool:
        """Whether it strikes before anything is stored."""
        return KINDS[self.kind].startswith("before")


class Faults:
    """What is on order."""

    def __init__(self) -> None:
        self.orders: list[Fault] = []

    def take(self, path: str) -> Fault | None:
        """:return: the fault that this request meets"""
        for fault in self.orders:
            if fault.count and path.startswith(fault.path):
                if fault.count > 0:
                    fault.count -= 1
                return fault
        return None


async def strike(fault: Fault, request: web.Request, good: web.Response | None) -> web.StreamResponse:
    """:param good: the reply that the request would have got, None when nothing was stored"""
    if fault.kind == "status":
        return web.Response(status=fault.status, headers=fault.headers, text=fault.body)
    if fault.kind == "garbage":
        return web.Response(text=fault.body, content_type="text/html")
    if fault.kind == "large":
        return web.Response(body=b"x" * fault.size)
    if good is None or fault.kind == "reset":
        return _hang_up(request)
    body = bytes(good.body or b"")
    if fault.kind == "wrong_uuid":
        return web.Response(body=body.replace(b'"uuid": "', b'"uuid": "f'), content_type="application/json")
    if fault.kind == "silent":
        await asyncio.sleep(fault.seconds)
        return good
    half = fault.kind == "cut"
    reply = web.StreamResponse(status=good.status, headers={"Content-Length": str(len(body))})
    reply.content_type = "application/json"
    await reply.prepare(request)
    for byte in range(len(body) // 2 if half else len(body)):
        await reply.write(body[byte : byte + 1])
        if not half:
            await asyncio.sleep(1)
    return _hang_up(request, reply) if half else reply


def _hang_up(request: web.Request, reply: web.StreamResponse | None = None) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort() if reply is None else request.transport.close()
    return reply or web.Response()

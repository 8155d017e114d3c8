"""The reference supplier's books: one document a key, and the answers in their order."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from rest_journal import Journal

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_KIND = re.compile(r"[a-z][a-z_]{0,39}")


def is_key(value: Any) -> bool:
    """Whether this is the key of an event."""
    return isinstance(value, str) and bool(_UUID.fullmatch(value))


def _is_line(line: Any) -> bool:
    if not isinstance(line, dict) or not isinstance(line.get("key"), str) or not isinstance(line.get("amount"), str):
        return False
    words = all(isinstance(line.get(name, ""), str) for name in ("kind", "description", "quantity"))
    return words and bool(_AMOUNT.fullmatch(line["amount"]))


class Refusal(Exception):
    """A reply that isn't a success, in the contract's form."""

    def __init__(self, status: int, reason: str, **more: str) -> None:
        super().__init__(reason)
        self.status = status
        self.body = {"reason": reason, **more}

    def response(self) -> web.Response:
        """The reply."""
        return web.json_response(self.body, status=self.status)


class Books:
    """Every change is on the disk before anybody is told about it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.documents: dict[str, dict[str, Any]] = {}
        self.answers: list[dict[str, Any]] = []
        self._locks: dict[str, asyncio.Lock] = {}
        for row in journal.read():
            self._enter(row)

    def _enter(self, row: dict[str, Any]) -> None:
        if "document" in row:
            self.documents[row["document"]["uuid"]] = row["document"]
        else:
            answer = row["answer"]
            self.answers.append(answer)
            if document := self.documents.get(answer["uuid"]):
                document |= {"state": answer["state"], "accepted": answer["amount"]}

    async def take(self, event: dict[str, Any], sha256: str) -> tuple[int, dict[str, Any]]:
        """Keep an event once.

        :return: (201 when it is new, 200 when it was there, what to say)
        :raise Refusal: it can't be kept
        """
        uuid = event.get("uuid")
        if not is_key(uuid):
            raise Refusal(400, "The event has no uuid.")
        async with self._locks.setdefault(uuid, asyncio.Lock()):
            if known := self.documents.get(uuid):
                if known["sha256"] != sha256:
                    raise Refusal(
                        422, "This key came before with another content.", uuid=uuid, code="different_content"
                    )
                return 200, _said(known)
            document = self._document(uuid, event, sha256)
            await self._journal.write({"document": document})
            self._enter({"document": document})
            return 201, _said(document)

    def _document(self, uuid: str, event: dict[str, Any], sha256: str) -> dict[str, Any]:
        kind, amount, currency = event.get("kind"), event.get("amount"), event.get("currency", "")
        if event.get("version") != 1 or not isinstance(kind, str) or not _KIND.fullmatch(kind):
            raise Refusal(422, "The event has no kind, or not version 1.", uuid=uuid)
        if amount is not None and not (isinstance(amount, str) and _AMOUNT.fullmatch(amount)):
            raise Refusal(422, "The amount is no decimal number in a text.", uuid=uuid)
        if not isinstance(currency, str) or (currency and not _CURRENCY.fullmatch(currency)):
            raise Refusal(422, "The currency is no code of three letters.", uuid=uuid)
        lines, about = event.get("lines") or [], event.get("document")
        if not isinstance(lines, list) or not all(map(_is_line, lines)):
            raise Refusal(422, "The lines are no list of keys and amounts.", uuid=uuid)
        if not isinstance(about, dict) or not isinstance(about.get("number"), str) or "revision" not in about:
            raise Refusal(422, "The event names no document.", uuid=uuid)
        return {
            "uuid": uuid,
            "reference": f"RMA-{uuid[:13].upper()}",
            "kind": kind,
            "original": event.get("original") or "",
            "sha256": sha256,
            "amount": amount,
            "currency": currency,
            "lines": lines,
            "state": "",
            "accepted": None,
        }

    def facts(self, keys: list[str]) -> list[dict[str, Any]]:
        """What the contract tells about those that are there."""
        found = [self.documents[key] for key in dict.fromkeys(keys) if key in self.documents]
        return [
            {
                **_said(document),
                "state": document["state"],
                "currency": document["currency"],
                **({"amount": document["accepted"]} if document["accepted"] is not None else {}),
            }
            for document in found
        ]

    def answered(self, uuid: str) -> bool:
        """Whether this event has an answer."""
        return bool(self.documents.get(uuid, {}).get("state"))

    async def answer(self, given: dict[str, Any]) -> dict[str, Any]:
        """Write an answer; what ``given`` doesn't say follows from the document: accepted means whole."""
        document = self.documents.get(given["uuid"], {})
        whole = (document.get("amount") or "0") if given["state"] == "accepted" else "0"
        row = {
            "message_id": f"{given['uuid']}:{len(self.answers) + 1}",
            "currency": document.get("currency", ""),
            "amount": whole,
            "lines": [],
            "number": f"CN-{len(self.answers) + 1:06d}",
            "reason": "",
            "occurred_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            **given,
        }
        await self._journal.write({"answer": row})
        self._enter({"answer": row})
        return row


def _said(document: dict[str, Any]) -> dict[str, Any]:
    return {"uuid": document["uuid"], "reference": document["reference"], "sha256": document["sha256"]}

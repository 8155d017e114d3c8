"""Connector ``rest``: a supplier whose system implements our contract (docs/api/supplier-api.yaml).

Options of the endpoint: ``concurrency`` (requests under way at a time, default 32), ``many`` (several events
in one request, default off), ``dedup`` (the supplier recognises a repeated key, default on; off: what is
uncertain is parked for a human), ``page_size`` (answers read in one call, default 200).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from franchise_sync.erp.port import Endpoint, Message, Outcome
from franchise_sync.errors import (
    AuthenticationError,
    ConfigurationError,
    ForbiddenTarget,
    PayloadError,
    SyncError,
    TransientError,
    UnknownFate,
)
from franchise_sync.payload.kinds import check_payload
from franchise_sync.suppliers import rest_batch, rest_sign
from franchise_sync.suppliers.port import (
    AnswerPage,
    Connector,
    ConnectorContext,
    Delivery,
    Finding,
    RemoteFact,
)
from franchise_sync.suppliers.rest_answers import read_answer, read_fact, text
from franchise_sync.suppliers.rest_http import Reply, RestHttp
from franchise_sync.suppliers.rest_replies import body_of, read_event_reply, shown_reply
from franchise_sync.text import one_line
from franchise_sync.transport.deadline import Deadline
from franchise_sync.transport.guard import Target
from franchise_sync.transport.retry_after import retry_after

#: Seconds kept of a send's deadline for asking what became of events without a trustworthy reply; at most a
#: quarter of it.
ASK_SECONDS = 10.0
#: Keys asked about in one request.
LOOKUP_SIZE = 200


class RestConnector(Connector):
    """Sends each event as a signed request under its own key, many at a time."""

    send_size = 2000

    def __init__(self, endpoint: Endpoint, context: ConnectorContext) -> None:
        super().__init__(endpoint, context)
        if not endpoint.url:
            raise ConfigurationError(f"The endpoint {endpoint.code!r} has no url.")
        options = endpoint.options
        self.resend_is_safe = bool(options.get("dedup", True))
        self._many = bool(options.get("many", False))
        self._page_size = _number(endpoint, "page_size", 200, 1, 1000)
        self._keys = rest_sign.parse_keys(context.secret)
        self._http = RestHttp(
            Target.parse(endpoint.url),
            context.policy,
            concurrency=_number(endpoint, "concurrency", 32, 1, 512),
            max_bytes=context.max_bytes,
            observer=context.observer,
        )

    def send(self, messages: Sequence[Message], deadline: Deadline) -> list[Delivery]:
        deliveries: dict[str, Delivery] = {}
        ready = []
        for message in messages:
            try:
                check_payload(message.kind, message.payload, message.uuid)
                ready.append(message)
            except PayloadError as error:
                deliveries[message.uuid] = Delivery(message.uuid, Outcome.UNKNOWN, detail=str(error))
        sending = Deadline(deadline.remaining() - min(ASK_SECONDS, deadline.remaining() / 4))
        units = rest_batch.parts(ready) if self._many else [[message] for message in ready]
        unclear: dict[str, Delivery] = {}
        for delivered, open_ones in self._http.run(self._all(units, sending), sending):
            deliveries.update(delivered)
            unclear.update(open_ones)
        deliveries.update(self._clear_up([m for m in ready if m.uuid in unclear], unclear, deadline))
        return [deliveries[message.uuid] for message in messages]

    def ask(self, uuids: Collection[str], deadline: Deadline) -> Mapping[str, str]:
        return {uuid: fact.remote_ref for uuid, fact in self.facts(uuids, deadline).items()}

    def facts(self, uuids: Collection[str], deadline: Deadline) -> Mapping[str, RemoteFact]:
        keys = list(dict.fromkeys(uuids))
        found: dict[str, RemoteFact] = {}
        for start in range(0, len(keys), LOOKUP_SIZE):
            asked = keys[start : start + LOOKUP_SIZE]
            data = self._question("POST", "/events/lookup", {"uuids": asked}, deadline)
            rows = data.get("events")
            if not isinstance(rows, list):
                raise UnknownFate(f"The answer of {self._http.target} to a question by key can't be read.")
            for row in rows:
                if isinstance(row, dict) and text(row, "uuid") in asked and text(row, "reference"):
                    found[text(row, "uuid")] = read_fact(row)
        return found

    def answers(self, cursor: str) -> Iterator[AnswerPage]:
        while True:
            path = f"/answers?after={quote(cursor, safe='')}&limit={self._page_size}"
            data = self._question("GET", path, None, Deadline(self.context.call_seconds))
            rows, after = data.get("answers"), text(data, "cursor")
            if not isinstance(rows, list) or len(after) > 200:
                raise ConfigurationError(
                    f"The answers of {self._http.target} don't look as the contract says."
                )
            yield AnswerPage(tuple(read_answer(row) for row in rows), after or cursor)
            # A cursor that doesn't move would ask for the same page for ever.
            if not rows or not after or after == cursor or data.get("more") is False:
                return
            cursor = after

    def check(self) -> list[Finding]:
        findings = []
        for name, sentence, ask in (
            ("reachable", "answers, and accepts our signature", self._first_lookup),
            ("answers", "answers can be read", self._first_answers),
        ):
            try:
                ask()
                findings.append(Finding(name, True, sentence))
            except SyncError as error:
                findings.append(Finding(name, False, str(error)))
                break
        return findings

    def close(self) -> None:
        self._http.close()

    def _first_lookup(self) -> None:
        data = self._question("POST", "/events/lookup", {"uuids": []}, Deadline(10))
        if not isinstance(data.get("events"), list):
            raise ConfigurationError(
                f"{self._http.target} doesn't answer a question by key as the contract says."
            )

    def _first_answers(self) -> None:
        data = self._question("GET", "/answers?after=&limit=1", None, Deadline(10))
        if not isinstance(data.get("answers"), list):
            raise ConfigurationError(f"The answers of {self._http.target} don't look as the contract says.")

    async def _all(
        self, units: list[list[Message]], deadline: Deadline
    ) -> list[tuple[dict[str, Delivery], dict[str, Delivery]]]:
        return await asyncio.gather(*(self._unit(unit, deadline) for unit in units))

    async def _unit(
        self, messages: list[Message], deadline: Deadline
    ) -> tuple[dict[str, Delivery], dict[str, Delivery]]:
        """Send one request.

        :return: deliveries by uuid, and for those whose fate is unknown what is to be told about them
        """
        if self._many:
            path, key, body = "/events/batch", rest_batch.key_of(messages), rest_batch.body_of(messages)
        else:
            [message] = messages
            path, key, body = "/events", message.uuid, message.payload.encode()
        shown = (
            f"POST {self._http.target}{path}\nIdempotency-Key: {key}\nwebhook-id: {key}\n"
            "webhook-signature: ***\n\n"
            f"{len(body)} bytes: {', '.join(f'{m.kind} SHA-256 {m.sha256}' for m in messages[:3])}"
        )

        def alike(outcome: Outcome, words: str, wait: int = 0) -> dict[str, Delivery]:
            return {
                m.uuid: Delivery(
                    m.uuid, outcome, detail=words, retry_after=wait, request=shown, response=words
                )
                for m in messages
            }

        try:
            headers = {
                "Content-Type": "application/json",
                "Idempotency-Key": key,
                **rest_sign.headers(self._keys, key, body),
            }
            reply = await self._http.exchange("POST", path, body, headers, self._capped(deadline))
        except TransientError as error:
            return alike(Outcome.RETRY, one_line(str(error)), error.retry_after), {}
        except ForbiddenTarget as error:
            return alike(Outcome.RETRY, one_line(str(error)), 600), {}
        except UnknownFate as error:
            return {}, alike(Outcome.UNKNOWN, one_line(str(error)))
        delivered, unclear = {}, {}
        for message in messages:
            part = rest_batch.reply_of(message.uuid, reply) if self._many else reply
            delivery = read_event_reply(message.uuid, message.sha256, part) if part else None
            if delivery is None:
                words = f"{self._http.target} answered {reply.status}, but not that it has this message."
                unclear[message.uuid] = Delivery(
                    message.uuid, Outcome.UNKNOWN, detail=words, request=shown, response=shown_reply(reply)
                )
            else:
                delivered[message.uuid] = _with_request(delivery, shown)
        return delivered, unclear

    def _capped(self, deadline: Deadline) -> Deadline:
        return deadline.capped(self.context.call_seconds)

    def _clear_up(
        self, messages: list[Message], unclear: dict[str, Delivery], deadline: Deadline
    ) -> dict[str, Delivery]:
        """Ask by key what became of events without a trustworthy reply."""
        if not messages:
            return {}
        uncertain = Outcome.RETRY if self.resend_is_safe else Outcome.UNKNOWN
        try:
            facts = self.facts([m.uuid for m in messages], deadline)
        except SyncError as error:
            words = f" Asking whether it arrived failed, too: {one_line(str(error), 200)}"
            return {m.uuid: _told(unclear[m.uuid], uncertain, words) for m in messages}
        cleared = {}
        for message in messages:
            fact, before = facts.get(message.uuid), unclear[message.uuid]
            if fact is None:
                cleared[message.uuid] = _told(before, uncertain, " Asked by key: it is not there.")
            elif fact.sha256 and fact.sha256 != message.sha256:
                words = f" Asked by key: it lies there as {fact.remote_ref} with another content."
                cleared[message.uuid] = _told(before, Outcome.UNKNOWN, words, fact.remote_ref)
            else:
                words = " Asked by key: it had arrived."
                cleared[message.uuid] = _told(before, Outcome.ACK, words, fact.remote_ref)
        return cleared

    def _question(
        self, method: str, path: str, data: dict[str, Any] | None, deadline: Deadline
    ) -> dict[str, Any]:
        """Ask something that changes nothing there.

        :raise SyncError: there is no readable answer
        """
        body = rest_batch.encode(data) if data is not None else b""
        headers = rest_sign.headers(self._keys, f"question-{uuid4()}", body or path.encode())
        if data is not None:
            headers["Content-Type"] = "application/json"
        within = self._capped(deadline)
        reply = self._http.run(self._http.exchange(method, path, body, headers, within), within)
        if reply.status == 200:
            return body_of(reply)
        raise _trouble(str(self._http.target), reply)


def _trouble(target: str, reply: Reply) -> SyncError:
    status = reply.status
    said = one_line(text(body_of(reply), "reason"), 200).rstrip(".")
    words = f"{target} answered {status}{f': {said}' if said else ''}"
    if status in (401, 403):
        return AuthenticationError(
            f"{words}. It refuses our signature: is the secret the same on both sides?"
        )
    if status in (408, 425, 429) or status >= 500:
        wait = retry_after(reply.headers.get("Retry-After"))
        return TransientError(f"{words}. It is not able to answer now.", wait)
    return ConfigurationError(f"{words}. Is the URL that of their API?")


def _with_request(delivery: Delivery, request: str) -> Delivery:
    return Delivery(
        delivery.uuid,
        delivery.outcome,
        delivery.remote_ref,
        delivery.detail,
        delivery.retry_after,
        request,
        delivery.response,
        delivery.gone,
    )


def _told(before: Delivery, outcome: Outcome, words: str, remote_ref: str = "") -> Delivery:
    return Delivery(
        before.uuid, outcome, remote_ref, before.detail + words, 0, before.request, before.response
    )


def _number(endpoint: Endpoint, name: str, default: int, low: int, high: int) -> int:
    """:raise ConfigurationError: the option isn't a whole number in its range"""
    value = endpoint.options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigurationError(
            f"The option {name} of the endpoint {endpoint.code!r} must be a whole number "
            f"from {low} to {high}."
        )
    return value

"""A server generated from an OpenAPI document: it knows of its subject only what the document says.

Each request is checked against the operation's parameters and body; what doesn't fit gets 422 and is noted. What fits gets
a reply made from the schema of the operation's first success. Fields named as in the request's body (a uuid) are given
back, for the document can say that they are the same only in words.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

NAME = "urn:document"


class DocumentMock(ThreadingHTTPServer):
    """The server.

    :param faults: a sentence for each request that the document doesn't allow
    :param served: (operationId, status) of the others
    :param answer_with: status to answer with, by default the first success of the operation
    """

    daemon_threads = True

    def __init__(self, document: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.document = yaml.safe_load(document.read_text(encoding="utf-8"))
        resource = Resource(contents=self.document, specification=DRAFT202012)
        self._registry = Registry().with_resource(NAME, resource)
        self.faults: list[str] = []
        self.served: list[tuple[str, int]] = []
        self.answer_with = 0

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def resolve(self, value: dict[str, Any]) -> dict[str, Any]:
        """:return: what a reference leads to, or the value itself"""
        if "$ref" not in value:
            return value
        found: Any = self.document
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return self.resolve(found)

    def wrong(self, value: Any, schema: dict[str, Any]) -> list[str]:
        """:return: in what a value doesn't fit a schema"""
        validator = OAS31Validator(_absolute(schema), registry=self._registry)
        return [error.message for error in validator.iter_errors(value)]

    def example(self, schema: dict[str, Any], known: dict[str, Any]) -> Any:
        """:return: the value of a schema that is made from it alone, but for the fields that are known"""
        schema = self.resolve(schema)
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[-1])
        kind = schema.get("type")
        if kind == "object":
            return {
                name: known[name] if name in known else self.example(part, known)
                for name, part in schema.get("properties", {}).items()
            }
        if kind == "array":
            several = known.get("_each") or [{}]
            return [self.example(schema["items"], {**known, **one}) for one in several]
        if kind == "integer":
            return schema.get("minimum", 0)
        if kind == "boolean":
            return False
        text = st.from_regex(schema["pattern"], fullmatch=True) if "pattern" in schema else st.just("text")
        return _first(text)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: DocumentMock

    def do_POST(self) -> None:
        self._serve("post")

    def do_GET(self) -> None:
        self._serve("get")

    def log_message(self, *_args: Any) -> None:
        """Nothing: the tests look at what was noted."""

    def _serve(self, method: str) -> None:
        mock, parts = self.server, urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = mock.document["paths"].get(parts.path, {}).get(method)
        if operation is None:
            mock.faults.append(f"{method} {parts.path}: not in the document")
            return self._reply(404, {"reason": "not in the document"})
        faults, data = self._check(operation, parse_qs(parts.query, keep_blank_values=True), body)
        if faults:
            mock.faults += [f"{operation['operationId']}: {fault}" for fault in faults]
            return self._reply(422, {"reason": "; ".join(faults)[:500]})
        status = mock.answer_with or min(map(int, operation["responses"]))
        mock.served.append((operation["operationId"], status))
        response = mock.resolve(operation["responses"][str(status)])
        schema = response["content"]["application/json"]["schema"]
        return self._reply(status, mock.example(schema, _known(data, body)))

    def _check(
        self, operation: dict[str, Any], query: dict[str, list[str]], body: bytes
    ) -> tuple[list[str], dict[str, Any]]:
        mock, faults = self.server, []
        if not self.headers.get("webhook-signature", "").startswith("v1,"):
            faults.append("it is not signed")
        for parameter in map(mock.resolve, operation["parameters"]):
            given = self.headers.get(parameter["name"]) if parameter["in"] == "header" else None
            value: Any = given if given is not None else next(iter(query.pop(parameter["name"], [])), None)
            schema = mock.resolve(parameter["schema"])
            if value is None:
                faults += [f"{parameter['name']} is missing"] if parameter.get("required") else []
                continue
            value = int(value) if schema.get("type") == "integer" and value.isdigit() else value
            faults += [f"{parameter['name']}: {fault}" for fault in mock.wrong(value, schema)]
        faults += [f"{name} is no parameter" for name in query]
        if "requestBody" not in operation:
            return faults + (["there is a body"] if body else []), {}
        try:
            data = json.loads(body)
        except ValueError:
            return [*faults, "the body is no JSON"], {}
        content = operation["requestBody"]["content"].get(self.headers.get("Content-Type", ""))
        if content is None:
            return [*faults, "the body's type is not in the document"], {}
        return faults + mock.wrong(data, content["schema"]), data

    def _reply(self, status: int, data: Any) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _known(data: Any, body: bytes) -> dict[str, Any]:
    """What a reply gives back of a request: its keys, and in lists one entry for each."""
    if not isinstance(data, dict):
        return {}
    if "events" in data:
        return {
            "_each": [
                {"uuid": entry["event"]["uuid"], "sha256": entry["sha256"], "status": 201} for entry in data["events"]
            ]
        }
    if "uuids" in data:
        return {"_each": [{"uuid": key} for key in data["uuids"]]}
    known = {"sha256": hashlib.sha256(body).hexdigest()}
    return {**known, "uuid": data["uuid"]} if "uuid" in data else known


def _absolute(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            name: NAME + value if name == "$ref" else _absolute(value)
            for name, value in schema.items()
            if name != "$id"
        }
    return [_absolute(part) for part in schema] if isinstance(schema, list) else schema


def _first(strategy: st.SearchStrategy[str]) -> str:
    from hypothesis import HealthCheck, Phase, find, settings

    quiet = settings(
        database=None,
        max_examples=200,
        derandomize=True,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    return find(strategy, lambda _value: True, settings=quiet)


@contextmanager
def mock_server(document: Path) -> Iterator[DocumentMock]:
    """A running server of a document."""
    mock = DocumentMock(document)
    thread = threading.Thread(target=mock.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield mock
    finally:
        mock.shutdown()
        mock.server_close()

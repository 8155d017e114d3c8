"""R-G2: the documents of our interfaces are valid, what implements them keeps them, and our requests are as they say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import requests
import schemathesis
import yaml
from openapi_spec_validator import validate
from rest_document_mock import mock_server
from rest_process import SECRET, RestSupplier, rest_supplier
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from test_connector_contract import message
from test_rest_replies import connector_to
from worker_fakes import PAYLOADS

from franchise_sync.erp.port import Outcome
from franchise_sync.suppliers import rest_sign
from franchise_sync.transport.deadline import Deadline

API = Path(__file__).parents[2] / "docs" / "api"
CONTRACT = API / "supplier-api.yaml"
OPERATIONS = ["receiveEvent", "receiveEvents", "lookUpEvents", "readAnswers"]


class Signed(requests.auth.AuthBase):
    """Signs what is about to leave; with ``honest`` the headers name the event that is in the body."""

    def __init__(self, honest: bool) -> None:
        self.honest = honest

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else body
        name = str(request.headers.get("webhook-id", ""))
        stamp, signature = (str(request.headers.get(f"webhook-{part}", "")) for part in ("timestamp", "signature"))
        if not self.honest and not (signature and re.fullmatch("[0-9]{1,12}", stamp)):
            return request  # it is a wrong one that is to be refused
        if self.honest and request.path_url == "/events":
            name = request.headers["Idempotency-Key"] = json.loads(content)["uuid"]
        keys = rest_sign.parse_keys(SECRET)
        request.headers.update(rest_sign.headers(keys, name, content or request.path_url.encode()))
        return request


@pytest.fixture(scope="module")
def supplier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestSupplier]:
    with rest_supplier(tmp_path_factory.mktemp("supplier")) as running:
        yield running


@pytest.mark.parametrize("name", ["supplier-api.yaml", "webhook.yaml"])
def test_the_documents_are_valid(name: str) -> None:
    """Against the specification of OpenAPI 3.1, with every reference followed."""
    path = API / name
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert document["openapi"].startswith("3.1.")
    validate(document, base_uri=path.as_uri())
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["operationId"]
            assert operation["summary"]
            assert "401" in operation["responses"], "every request is signed"


@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as it says", "not as it says"]
)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_reference_supplier_keeps_the_contract(
    supplier: RestSupplier, operation: str, mode: GenerationMode
) -> None:
    """schemathesis: whatever it is sent, it answers with a status and a form that the document has."""
    schema = schemathesis.openapi.from_path(CONTRACT)
    tried = schema.find_operation_by_id(operation)
    honest = mode is GenerationMode.POSITIVE
    session = requests.Session()

    @hypothesis.given(case=tried.as_strategy(generation_mode=mode))
    @hypothesis.settings(
        max_examples=25,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def run(case: schemathesis.Case) -> None:
        reply = case.call(base_url=supplier.url, session=session, auth=Signed(honest))
        # What of a good request is refused all the same: a key that came with another content, a cursor of nobody's.
        # What of a bad one isn't: a batch, for each of its events is judged alone.
        unsure = [positive_data_acceptance, *([negative_data_rejection] if operation == "receiveEvents" else [])]
        case.validate_response(reply, excluded_checks=unsure)
        known = reply.status_code == 422 and reply.json().get("code") == "different_content"
        assert not honest or reply.status_code < 300 or known or "cursor" in reply.text, reply.text

    run()


def test_our_requests_are_as_the_document_says() -> None:
    """A server generated from the document accepts every request of ours and gets nothing else."""
    with mock_server(CONTRACT) as mock:
        for many in (False, True):
            connector = connector_to(mock.url, many=many)
            batch = [message(number, kind) for number, kind in enumerate(PAYLOADS)]
            deliveries = connector.send(batch, Deadline(30))
            assert mock.faults == []
            assert {delivery.outcome for delivery in deliveries} == {Outcome.ACK}
            connector.facts([m.uuid for m in batch], Deadline(30))
            list(connector.answers("a cursor/with &?= 茶"))
            assert all(finding.ok for finding in connector.check())
            connector.close()
        assert mock.faults == []
        assert {name for name, _status in mock.served} == set(OPERATIONS)


def test_whatever_the_document_allows_as_a_reply_is_understood() -> None:
    """Each status of ``POST /events``: one delivery, a final one only where the reply names the event."""
    responses = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))["paths"]["/events"]["post"]["responses"]
    seen: dict[int, Outcome] = {}
    with mock_server(CONTRACT) as mock:
        connector = connector_to(mock.url)
        for status in map(int, responses):
            mock.answer_with = status
            [delivery] = connector.send([message()], Deadline(30))
            seen[status] = delivery.outcome
        connector.close()
    final = {200: Outcome.ACK, 201: Outcome.ACK, 409: Outcome.REJECT, 422: Outcome.REJECT}
    assert seen == {status: final.get(status, Outcome.RETRY) for status in seen}


def test_the_mock_refuses_what_is_not_as_the_document_says() -> None:
    """Or the test above would prove nothing."""
    with mock_server(CONTRACT) as mock:
        for body in (b"{", b"{}", b'{"uuids": ["x"]}', b'{"uuids": 7}'):
            reply = requests.post(
                f"{mock.url}/events/lookup", data=body, headers={"Content-Type": "application/json"}, timeout=5
            )
            assert reply.status_code == 422
        assert requests.get(f"{mock.url}/nothing", timeout=5).status_code == 404
        for words in (
            "the body is no JSON",
            "is a required property",
            "does not match",
            "is not of type",
            "is not signed",
        ):
            assert any(words in fault for fault in mock.faults), words

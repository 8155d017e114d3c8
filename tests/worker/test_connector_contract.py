"""What every connector has to keep. A new connector adds a module to ``subjects/`` and passes.

The connector for a supplier's stock Odoo passes the same promises against a real one in
``tests/e2e/test_supplier_odoo.py``.
"""

from __future__ import annotations

import hashlib
import pkgutil
import uuid as uuids
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib import import_module
from importlib.metadata import entry_points

import pytest
import subjects
from worker_fakes import PAYLOADS, payload

from franchise_sync.erp.port import Endpoint, Message, Outcome
from franchise_sync.errors import ConfigurationError
from franchise_sync.suppliers import registry
from franchise_sync.suppliers.odoo import OdooConnector
from franchise_sync.suppliers.port import Connector, ConnectorContext
from franchise_sync.transport.deadline import Deadline

CONTEXT = ConnectorContext(secret="not-a-real-secret")
STRANGE = "telegram_sent"
SUBJECTS: list[Callable[[], AbstractContextManager[Connector]]] = [
    subject
    for module in sorted(module.name for module in pkgutil.iter_modules(subjects.__path__))
    for subject in import_module(f"subjects.{module}").SUBJECTS
]


def message(number: int = 1, kind: str = "claim_submitted") -> Message:
    key = str(uuids.uuid4())
    text = PAYLOADS.get(kind, payload)(key)
    return Message(number, key, kind, "a,1", 1, 1, text, hashlib.sha256(text.encode()).hexdigest())


@pytest.fixture(params=SUBJECTS, ids=lambda subject: subject.__name__)
def connector(request: pytest.FixtureRequest) -> Iterator[Connector]:
    with request.param() as made:
        yield made
        made.close()


def test_one_delivery_a_message(connector: Connector) -> None:
    """R-G2: whatever happens, each message gets its own result; kinds may be mixed."""
    batch = [message(number, kind) for number, kind in enumerate([*PAYLOADS, *PAYLOADS])]
    deliveries = connector.send(batch, Deadline(30))
    assert sorted(delivery.uuid for delivery in deliveries) == sorted(m.uuid for m in batch)
    assert {delivery.outcome for delivery in deliveries} == {Outcome.ACK}
    assert all(delivery.remote_ref for delivery in deliveries)


def test_a_repetition_names_the_same_document(connector: Connector) -> None:
    """R-G4: one document a uuid."""
    batch = [message()]
    [first], [second] = connector.send(batch, Deadline(30)), connector.send(batch, Deadline(30))
    assert first.remote_ref == second.remote_ref


def test_asking_by_key(connector: Connector) -> None:
    """R-G4: what is there is named, what isn't is left out. One that can't be asked says nothing, and promises nothing."""
    [sent, other] = message(), message()
    [delivery] = connector.send([sent], Deadline(30))
    if not connector.can_be_asked:
        assert not connector.resend_is_safe
        assert dict(connector.ask([sent.uuid, other.uuid], Deadline(30))) == {}
        return
    assert dict(connector.ask([sent.uuid, other.uuid], Deadline(30))) == {sent.uuid: delivery.remote_ref}


def test_facts_name_what_is_there(connector: Connector) -> None:
    """R-G5: reconciliation finds each message that arrived, and none that didn't."""
    [sent, other] = message(), message()
    [delivery] = connector.send([sent], Deadline(30))
    facts = connector.facts([sent.uuid, other.uuid], Deadline(30))
    if not connector.can_be_asked:
        assert facts == {}
        return
    assert {uuid: fact.remote_ref for uuid, fact in facts.items()} == {sent.uuid: delivery.remote_ref}


def test_a_kind_that_is_not_known_is_parked(connector: Connector) -> None:
    """R-G1: of a newer addon; with a sentence, and without holding up the others."""
    known, strange = message(1, "termination_notice"), message(2, STRANGE)
    outcomes = {d.uuid: d for d in connector.send([known, strange], Deadline(30))}
    assert outcomes[known.uuid].outcome is Outcome.ACK
    assert outcomes[strange.uuid].outcome is Outcome.UNKNOWN
    assert STRANGE in outcomes[strange.uuid].detail
    assert dict(connector.ask([strange.uuid], Deadline(30))) == {}


def test_check_never_raises(connector: Connector) -> None:
    """R-G7: a check explains."""
    assert all(finding.sentence for finding in connector.check())


def test_the_stock_odoo_connector_is_found_by_entry_point() -> None:
    """R-G2: a new connector is one class and one line in its package."""
    assert "odoo" in {point.name for point in entry_points(group=registry.GROUP)}
    assert registry.find("odoo") is OdooConnector
    assert OdooConnector.resend_is_safe


def test_the_stock_odoo_connector_parks_strange_kinds_without_a_call() -> None:
    """R-G1: nothing leaves the house for a kind that this worker can't word."""
    endpoint = Endpoint("x", "X", "odoo", True, "https://erp.example.com", "d", "l")
    connector = registry.build(endpoint, CONTEXT)
    [delivery] = connector.send([message(1, STRANGE)], Deadline(30))
    assert delivery.outcome is Outcome.UNKNOWN
    assert delivery.detail == "Messages of kind 'telegram_sent' are unknown to this worker; it was not sent."
    assert set(connector.kinds) == set(PAYLOADS)


def test_unknown_connectors_are_named() -> None:
    """R-G7: with what there is."""
    with pytest.raises(ConfigurationError, match=r"'telex'.*odoo"):
        registry.find("telex")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": ""}, "no url"),
        ({"database": ""}, "no database"),
        ({"login": ""}, "no login"),
        ({"url": "http://erp.example.com"}, "not encrypted"),
        ({"url": "file:///etc/passwd"}, "https"),
        ({"options": {"page_size": "many"}}, "page_size"),
        ({"options": {"overlap_seconds": -1}}, "overlap_seconds"),
    ],
)
def test_unusable_endpoints_say_why(changes: dict, words: str) -> None:
    """R-G7: before anything is leased."""
    facts = {"url": "https://erp.example.com", "database": "d", "login": "l", "options": {}, **changes}
    with pytest.raises(ConfigurationError, match=words):
        registry.build(Endpoint("x", "X", "odoo", True, **facts), CONTEXT)


def test_check_of_a_forbidden_address_is_a_sentence() -> None:
    """R-G4: loopback is refused on connect unless named in the settings."""
    endpoint = Endpoint("x", "X", "odoo", True, "https://127.0.0.1:1", "d", "l")
    [finding] = registry.build(endpoint, CONTEXT).check()
    assert not finding.ok
    assert "not a public address" in finding.sentence


def test_the_secret_is_not_in_a_repr() -> None:
    """R-H5: a stray repr in a log or traceback shows no key."""
    assert "not-a-real-secret" not in repr(CONTEXT)

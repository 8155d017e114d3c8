"""R-G2: the example of docs/connectors.md keeps the contract, as it stands there."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
import test_connector_contract as contract

from franchise_sync.erp.port import Endpoint, Outcome
from franchise_sync.errors import ConfigurationError
from franchise_sync.suppliers.port import Connector
from franchise_sync.transport.deadline import Deadline

PAGE = (Path(__file__).parents[2] / "docs" / "connectors.md").read_text(encoding="utf-8")
PROMISES = [
    contract.test_one_delivery_a_message,
    contract.test_a_repetition_names_the_same_document,
    contract.test_asking_by_key,
    contract.test_facts_name_what_is_there,
    contract.test_a_kind_that_is_not_known_is_parked,
    contract.test_check_never_raises,
]


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """The module that the page prints."""
    [code] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    module = ModuleType("folder")
    exec(compile(code, "docs/connectors.md", "exec"), module.__dict__)
    return module


@pytest.fixture
def connector(example: ModuleType, tmp_path: Path) -> Connector:
    endpoint = Endpoint("shared", "Shared", "folder", True, options={"folder": str(tmp_path)})
    return example.FolderConnector(endpoint, contract.CONTEXT)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_the_example_keeps_each_promise(promise: object, connector: Connector) -> None:
    assert callable(promise)
    promise(connector)


def test_the_example_reads_answers(connector: Connector, tmp_path: Path) -> None:
    """Also one that nobody understands; nothing is skipped."""
    (tmp_path / "answers").mkdir()
    good = {"uuid": "u", "state": "accepted", "currency": "CNY", "amount": "1.50"}
    (tmp_path / "answers" / "001.json").write_text(json.dumps(good))
    (tmp_path / "answers" / "002.json").write_text('{"uuid": NaN')
    pages = list(connector.answers(""))
    assert [page.cursor for page in pages] == ["001.json", "002.json"]
    [first], [second] = pages[0].answers, pages[1].answers
    assert (first.state, first.amount) == ("accepted", Decimal("1.50"))
    assert second.state == "unreadable"
    assert list(connector.answers("002.json")) == []


def test_the_example_says_what_is_wrong(example: ModuleType, connector: Connector, tmp_path: Path) -> None:
    """A folder that went away is no refusal of a claim."""
    assert [finding.ok for finding in connector.check()] == [True]
    tmp_path.rmdir()
    assert [finding.ok for finding in connector.check()] == [False]
    [delivery] = connector.send([contract.message()], Deadline(5))
    assert delivery.outcome is Outcome.RETRY
    with pytest.raises(ConfigurationError, match="no folder"):
        example.FolderConnector(Endpoint("x", "X", "folder", True), contract.CONTEXT)

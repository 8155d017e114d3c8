"""The contract of connectors, kept by each profile over a real Odoo of a supplier (R-G2)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from profile_books import MODELS
from supplier_books import connect

from franchise_sync.suppliers.odoo import OdooConnector

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "suppliers"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "worker"))

from test_connector_contract import (
    test_a_kind_that_is_not_known_is_parked,
    test_a_repetition_names_the_same_document,
    test_asking_by_key,
    test_check_never_raises,
    test_facts_name_what_is_there,
)

PROMISES = (
    test_a_kind_that_is_not_known_is_parked,
    test_a_repetition_names_the_same_document,
    test_asking_by_key,
    test_check_never_raises,
    test_facts_name_what_is_there,
)


@pytest.fixture(params=["account_move", *MODELS])
def connector(request: pytest.FixtureRequest, supplier_apps: Any) -> Iterator[OdooConnector]:
    made = connect(supplier_apps, profile=request.param)
    yield made
    made.close()

"""Claims by a profile: products of theirs, rights, what waits and what is refused. The database is in memory."""

from __future__ import annotations

import hashlib
import uuid as uuids
from pathlib import Path
from typing import Any

import pytest
from test_odoo_profiles import REPAIR
from worker_fakes import payload

from franchise_sync.erp.port import Endpoint, Message, Outcome
from franchise_sync.errors import ConfigurationError, MissingRight
from franchise_sync.suppliers.odoo_books import Books
from franchise_sync.suppliers.odoo_profile import load_profile
from franchise_sync.suppliers.odoo_profile_claims import ProfileClaims
from franchise_sync.suppliers.port import Delivery

SHIPPED = Path(load_profile.__code__.co_filename).parent / "profiles" / "repair_order.toml"
RULES = 'unknown = "wait"'


class Client:
    """As much of a supplier's Odoo with Repairs as claims need: products, customers, records by external id."""

    target = "https://erp.example.com"
    uid = 5

    def __init__(self, products: list[str], *, denied: str = "", missing: bool = False) -> None:
        self.products, self.denied, self.missing = products, denied, missing
        self.loaded: dict[str, list[dict[str, str]]] = {"repair.order": [], "mail.message": []}

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        kwargs.pop("deadline", None)
        return getattr(self, f"_{method}")(model, *args)

    def _fields_get(self, model: str, *_args: Any) -> dict[str, Any]:
        if self.missing:
            raise ConfigurationError(f"{self.target} lacks a module: Object {model} doesn't exist")
        return REPAIR

    def _has_access(self, model: str, _ids: list[int], operation: str) -> bool:
        return f"{operation} {model}" != self.denied

    def _search(self, _model: str, _domain: list[Any]) -> list[int]:
        return [8]

    def _search_read(self, model: str, domain: list[Any], _fields: list[str]) -> list[dict[str, Any]]:
        if model == "product.product":
            asked = domain[0][2]
            return [{"id": 40 + n, "default_code": c} for n, c in enumerate(self.products) if c in asked]
        asked = domain[0][2]
        rows = [row for row in self.loaded["mail.message"] if row["message_id"] in asked]
        return [{"id": 1, "res_id": int(row["res_id"])} for row in rows]

    def _get_metadata(self, _model: str, ids: list[int]) -> list[dict[str, Any]]:
        names = [row["id"] for row in self.loaded["repair.order"]]
        return [{"id": i, "xmlids": [{"xmlid": names[i - 1]}]} for i in ids]

    def _load(self, model: str, fields: list[str], rows: list[list[str]]) -> dict[str, Any]:
        known = self.loaded[model]
        ids = []
        for row in rows:
            names = [found["id"] for found in known]
            if row[0] not in names:
                known.append(dict(zip(fields, row, strict=True)))
            ids.append([found["id"] for found in known].index(row[0]) + 1)
        return {"ids": ids, "messages": []}


def send(client: Client, folder: Path, rules: str, *codes: str) -> Delivery:
    (folder / "own.toml").write_text(SHIPPED.read_text(encoding="utf-8").replace(RULES, rules), encoding="utf-8")
    endpoint = Endpoint("x", "X", "odoo", True, "https://erp.example.com", "d", "franchise", {})
    books = Books(client, endpoint, load_profile("own", folder))  # type: ignore[arg-type]
    key = str(uuids.uuid4())
    lines = [
        {"key": str(n), "product_code": code, "description": f"Part {n}", "amount": "10.00"}
        for n, code in enumerate(codes, 1)
    ]
    text = payload(key, lines=lines, amount=f"{10 * len(codes)}.00")
    sent = Message(1, key, "claim_submitted", "a,1", 1, 1, text, hashlib.sha256(text.encode()).hexdigest())
    return ProfileClaims(books).send([sent])[key]


@pytest.mark.parametrize(
    ("rules", "codes", "outcome", "products"),
    [
        (RULES, ("A", "B"), Outcome.ACK, ["40", "41"]),
        (RULES, ("A", ""), Outcome.ACK, ["40", ""]),
        (RULES, ("A", "Z"), Outcome.RETRY, []),
        (RULES, ("TWICE",), Outcome.RETRY, []),
        ('unknown = "refuse"', ("Z",), Outcome.REJECT, []),
        ('unknown = "empty"', ("A", "Z"), Outcome.ACK, ["40", ""]),
        ('unknown = "wait"\nfallback = "B"', ("A", "Z"), Outcome.ACK, ["40", "41"]),
        ('unknown = "refuse"\nfallback = "Y"', ("Z",), Outcome.REJECT, []),
    ],
)
def test_products_of_theirs(
    tmp_path: Path, rules: str, codes: tuple[str, ...], outcome: Outcome, products: list[str]
) -> None:
    """R-G2, R-G4: a code that they don't know waits, is refused, is left out or has a stand-in, as the profile says."""
    client = Client(["A", "B", "TWICE", "TWICE"])
    delivery = send(client, tmp_path, rules, *codes)
    assert delivery.outcome is outcome, delivery
    assert [row["product_id/.id"] for row in client.loaded["repair.order"]] == products
    assert len(client.loaded["mail.message"]) == len(products)
    if outcome is not Outcome.ACK:
        assert f"with the code {codes[-1]!r}" in delivery.detail
        assert ("more than one product" in delivery.detail) is (codes == ("TWICE",))


@pytest.mark.parametrize("denied", ["create repair.order", "write repair.order", "create mail.message"])
def test_a_right_that_is_missing_is_named(tmp_path: Path, denied: str) -> None:
    """R-G8: with the group that gives it, before anything is sent."""
    client = Client(["A"], denied=denied)
    with pytest.raises(MissingRight, match=rf"may not {denied}: give it the group Inventory: User"):
        send(client, tmp_path, RULES, "A")
    assert client.loaded == {"repair.order": [], "mail.message": []}


def test_a_module_that_is_missing_is_named(tmp_path: Path) -> None:
    """R-G7: not the claim is wrong."""
    with pytest.raises(ConfigurationError, match=r"no model repair\.order: the module repair isn't installed"):
        send(Client(["A"], missing=True), tmp_path, RULES, "A")

"""What a supplier's stock Odoo has of our messages, to reconcile: the document's state and amount (R-G5).

A draft is what they have received and not decided. For claims that became credit notes; of other kinds only
that they are there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from franchise_sync.suppliers.odoo_answers import STATES, money
from franchise_sync.suppliers.odoo_books import Books
from franchise_sync.suppliers.port import RemoteFact

PREFIX = "account.move,"


def read_facts(books: Books, there: Mapping[str, str]) -> dict[str, RemoteFact]:
    """:param there: remote reference by uuid, as asking by key gives it
    :return: facts by uuid, for all of them; four calls at most, however many there are
    """
    moves = {
        uuid: int(ref.removeprefix(PREFIX))
        for uuid, ref in there.items()
        if ref.startswith(PREFIX) and ref.removeprefix(PREFIX).isdigit()
    }
    rows = {}
    if moves:
        ids = sorted(set(moves.values()))
        fields = ["state", "amount_untaxed", "currency_id", "invoice_origin"]
        rows = {row["id"]: row for row in books.call("account.move", "read", ids, fields)}
    digits = _currencies(books, {row["currency_id"][0] for row in rows.values()})
    facts = {}
    for uuid, ref in there.items():
        row = rows.get(moves.get(uuid, 0))
        # A note about a claim names the claim's document: what was decided there is no answer to the note.
        if row is None or row["invoice_origin"] != f"franchise:{uuid}":
            facts[uuid] = RemoteFact(ref)
            continue
        name, places = digits[row["currency_id"][0]]
        state = STATES.get(row["state"], "acknowledged")
        amount = money(row["amount_untaxed"], places) if state == "accepted" else None
        facts[uuid] = RemoteFact(ref, state, amount, name)
    return facts


def _currencies(books: Books, ids: Collection[int]) -> dict[int, tuple[str, int]]:
    """:return: (name, decimal places) by database id"""
    if not ids:
        return {}
    rows = books.call("res.currency", "read", sorted(ids), ["name", "decimal_places"])
    return {row["id"]: (row["name"], int(row["decimal_places"])) for row in rows}

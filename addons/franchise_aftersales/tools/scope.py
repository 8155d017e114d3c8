"""Which goods an agreement is about: include and exclude rows, the most specific one decides. Pure; no ORM.

A row names a product, a category, a brand and a region, or some of them; it fits an item when everything it names
fits. Of the rows that fit, the most specific decides: a product before a category (a deeper category before a higher
one), a category before a brand, a brand before a region, a state before its country. Of two equally specific rows the
excluding one decides. When none fits, the item is covered if the agreement only excludes (or has no rows at all),
and not covered if it lists what is included.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Item(NamedTuple):
    """What a claim line is about; ids, None where it is not known. `category_path`: ids from the root to its category."""

    product: int | None = None
    category_path: tuple[int, ...] = ()
    brand: int | None = None
    country: int | None = None
    state: int | None = None


class Row(NamedTuple):
    """One row of a scope; None: it says nothing about that. `key` is handed back by `decide`."""

    key: int
    include: bool
    product: int | None = None
    category: int | None = None
    brand: int | None = None
    country: int | None = None
    state: int | None = None


class Decision(NamedTuple):
    """Whether the item is covered, and the key of the row that decides (None: no row fits)."""

    included: bool
    key: int | None


def fits(row: Row, item: Item) -> bool:
    """Whether everything that the row names is so of the item."""
    return (
        row.product in (None, item.product)
        and (row.category is None or row.category in item.category_path)
        and row.brand in (None, item.brand)
        and row.country in (None, item.country)
        and row.state in (None, item.state)
    )


def specificity(row: Row, item: Item) -> tuple[int, int, int, int, int]:
    """How specific a fitting row is; greater is more specific. A category counts by its depth (1 is the root)."""
    depth = item.category_path.index(row.category) + 1 if row.category is not None else 0
    return (
        int(row.product is not None),
        depth,
        int(row.brand is not None),
        int(row.state is not None),
        int(row.country is not None),
    )


def decide(rows: Sequence[Row], item: Item) -> Decision:
    """Whether `item` is within the scope, and by which row."""
    fitting = [row for row in rows if fits(row, item)]
    if not fitting:
        return Decision(not any(row.include for row in rows), None)
    best = max(fitting, key=lambda row: (specificity(row, item), not row.include))
    return Decision(best.include, best.key)

"""Rows as arrays, one for each column: many rows go to PostgreSQL as the few parameters of an `unnest`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def as_arrays(names: Sequence[str], rows: Collection[Sequence[object]]) -> dict[str, list[object]]:
    """Return the columns of rows by their names, in the rows' order; without rows each is empty."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}

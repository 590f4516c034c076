"""Rows as arrays, one for each column: many rows go to PostgreSQL as the few parameters of an `unnest`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


def as_arrays(names: Sequence[str], rows: Collection[Sequence[object]]) -> dict[str, list[object]]:
    """Return the columns of rows by their names, in the rows' order; without rows each is empty."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def word_array(words: Iterable[str]) -> str:
    """Return an array of words that need no quotes, as PostgreSQL writes one; the driver would look for quotes in each.

    None of them is empty or `null`, or has anything but letters.
    """
    return f"{{{','.join(words)}}}"

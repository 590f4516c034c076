"""What is asked for of /indicator-values: short pages and long ones."""

from __future__ import annotations

from collections.abc import Iterable

INDICATORS = ("graffiti-cleanups", "school-visits", "participants")
# Of every indicator the first; of the one that every area has, later ones too.
LONG_PAGES = (*((indicator, 1) for indicator in INDICATORS), ("participants", 2), ("participants", 3))


def short_queries(codes: Iterable[str]) -> list[str]:
    """Return what asks for the first 20 months of one indicator in each municipality."""
    return [f"indicator={INDICATORS[0]}&area={code}&periodType=month" for code in codes]


def long_queries() -> list[str]:
    """Return what asks for the years of every area, 1 000 values each, of each of LONG_PAGES."""
    return [f"indicator={indicator}&periodType=year&page={page}&limit=1000" for indicator, page in LONG_PAGES]

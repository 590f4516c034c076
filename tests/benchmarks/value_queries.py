"""What is asked for of /indicator-values: short pages and long ones."""

from __future__ import annotations

from collections.abc import Iterable

INDICATORS = ("graffiti-cleanups", "school-visits", "participants")
# Those of which even the small world fills each page. The last is of an indicator that every area has.
LONG_PAGES = (("graffiti-cleanups", 1), ("participants", 1), ("participants", 2))


def short_queries(codes: Iterable[str]) -> list[str]:
    """Return what asks for the first 20 months of one indicator in each municipality."""
    return [f"indicator={INDICATORS[0]}&area={code}&periodType=month" for code in codes]


def long_queries() -> list[str]:
    """Return what asks for the years of every area, 1 000 values each, of each of LONG_PAGES."""
    return [f"indicator={indicator}&periodType=year&page={page}&limit=1000" for indicator, page in LONG_PAGES]

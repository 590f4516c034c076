"""Rows of the read model as tests of targets write them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from shared.domain.period import Period

MISSING = (None, None, "missing")


class Row(NamedTuple):
    """A row of the read model, as far as targets look at it."""

    period_type: str
    period_start: date
    numerator: Decimal | None
    denominator: Decimal | None
    status: str


def row(code: str, figure: Any) -> Row:
    """Return a row: of a number, of a pair, or of a triple whose status says why there is no figure."""
    numerator, denominator, *status = figure if isinstance(figure, tuple) else (figure, None)
    otherwise = "zero" if numerator == 0 and denominator is None else "observed"
    period = Period.parse(code)
    above, below = (None if part is None else Decimal(part) for part in (numerator, denominator))
    return Row(period.type, period.start, above, below, status[0] if status else otherwise)


def months(year: int, figures: Iterable[Any]) -> dict[str, Any]:
    return {f"{year}-{number:02}": figure for number, figure in enumerate(figures, 1)}

"""The id of a served value, taken apart; the view puts it together."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.errors import InvalidPeriod
from shared.domain.period import Period


@dataclass(frozen=True, slots=True)
class ValueKey:
    """What an id is made of: it follows from indicator, slice, area and period, and never changes."""

    indicator: str
    slice: str
    area: str
    period: Period


def find_key(value_id: str) -> ValueKey | None:
    """Read an id; None when it cannot be one."""
    pieces = value_id.split("~")
    if len(pieces) != 4:  # noqa: PLR2004  indicator, slice, area, period
        return None
    try:
        return ValueKey(pieces[0], pieces[1], pieces[2], Period.parse(pieces[3].upper()))
    except InvalidPeriod:
        return None

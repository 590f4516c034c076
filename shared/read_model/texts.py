"""Instants and numbers as JSON has them, where Python writes them: as the view and its functions write them in SQL."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal


@overload
def instant_text(instant: datetime) -> str: ...
@overload
def instant_text(instant: datetime | None) -> str | None: ...
def instant_text(instant: datetime | None) -> str | None:
    """Return an instant in UTC: 2016-05-02T08:15:30Z, or with microseconds where it has any.

    The SQL function of this name writes the same.
    """
    if instant is None:
        return None
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"


def json_number(number: Decimal | int | None) -> int | float | None:
    """Return a number as JSON writes it: 31, not 31.0."""
    if number is None:
        return None
    whole = int(number)
    return whole if number == whole else float(number)

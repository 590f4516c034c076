"""Which indicators count an activity type as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.catalogue.loader import Catalogue


def indicators_counting(catalogue: Catalogue, activity_type: str) -> list[str]:
    """Return the codes of the indicators that name a type; those that count every type are left out."""
    return [
        code
        for code, definition in catalogue.indicators.items()
        if activity_type in definition.activity_types and catalogue.written[code].activity_types != "all"
    ]

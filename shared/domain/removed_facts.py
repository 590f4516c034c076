"""What is refused because it is of a period whose facts have been removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.domain.errors import Violation

if TYPE_CHECKING:
    from datetime import date


def of_removed_period(field: str, before: date) -> Violation:
    """Return the violation of a fact of a period that ends before a day; `field` is where its date is."""
    reason = f"facts from before {before} have been removed, and the figures of that time stay as they are"
    return Violation(field, reason, "Check the date. If it is right, leave this out: it can no longer be counted.")


def of_removed_activities(field: str, before: date) -> Violation:
    """Return the violation of a commitment that would count activities from before a day."""
    reason = f"activities from before {before}, which would count, have been removed"
    return Violation(field, reason, f"Leave what was due before that day as it was, or give {before} or a later day.")

"""The area that a form names: by its name as it is typed, or by a choice among those of a name like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shared.domain.errors import Violation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.api.pages.forms import Form
    from services.api.pages.reporting.places import ReportingPlace, ReportingPlaces


class PickedArea(NamedTuple):
    """An area; None with what is wrong, and with those that may be meant."""

    place: ReportingPlace | None
    faults: Sequence[Violation] = ()
    near: Sequence[ReportingPlace] = ()


def picked_area(places: ReportingPlaces, sent: Form) -> PickedArea:
    """Return the area that the fields `area` and `place-code` name."""
    if (picked := places.by_code(sent["place-code"])) is not None:
        return PickedArea(picked)
    named = places.named(sent["area"])
    if len(named) == 1:
        return PickedArea(named[0])
    near = named or places.near(sent["area"])
    if near:
        return PickedArea(None, [Violation("area", "several areas may be meant", "Choose one of them.")], near)
    reason = "no area that you coordinate has this name"
    return PickedArea(None, [Violation("area", reason, "Look at its spelling.")])

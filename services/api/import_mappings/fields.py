"""Which fields a mapping can state: of an activity, or of an observation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shared.domain.activity import MOMENT_NAMES
from shared.domain.activity_type import ATTRIBUTE_PATTERN
from shared.intake.activity_form import ActivityBody, Participants
from shared.intake.fields import Document
from shared.intake.observations import ObservationBody

Makes = Literal["activities", "observations"]
# What stands in a file of observations for the period, when it has no column of its own.
PERIOD_PARTS = ("periodType", "year", "month")


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one kind of record. One of each group of `required` must be stated; `dated` may have a format."""

    noun: str
    body: type[Document]
    names: frozenset[str]
    required: tuple[tuple[str, ...], ...]
    dated: frozenset[str]
    takes_attributes: bool = False

    def hold(self, name: str) -> bool:
        """Tell whether a name is that of a field, such as `area`, `participants.police` or `attributes.contentKind`."""
        if name in self.names:
            return True
        top, _, below = name.partition(".")
        return self.takes_attributes and top == "attributes" and re.fullmatch(ATTRIBUTE_PATTERN, below) is not None


def _names(body: type[Document]) -> frozenset[str]:
    return frozenset(field.alias or name for name, field in body.model_fields.items())


FIELDS: Mapping[Makes, Fields] = {
    "activities": Fields(
        noun="an activity",
        body=ActivityBody,
        names=_names(ActivityBody) - {"participants", "attributes"}
        | {f"participants.{group}" for group in _names(Participants)},
        required=(("source",), ("externalId",), ("type",), ("agreement",), ("area",), ("status",)),
        dated=frozenset({*MOMENT_NAMES, "changedAt"}),
        takes_attributes=True,
    ),
    "observations": Fields(
        noun="an observation",
        body=ObservationBody,
        names=_names(ObservationBody) | {*PERIOD_PARTS},
        required=(("source",), ("measure",), ("area",), ("period", "year"), ("numerator", "value")),
        dated=frozenset({"publishedOn"}),
    ),
}

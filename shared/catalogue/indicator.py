"""What an indicator definition says: which activities it reads, by which date, and what its figures are made of."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from shared.domain.activity import PARTICIPANT_GROUP_NAMES
from shared.domain.activity_type import (
    ATTRIBUTE_PATTERN,
    CODE_PATTERN,
    Definition,
    GroupName,
    MomentName,
    Wording,
)

THEMES = (
    "visible-police",
    "planning",
    "safety-walks",
    "attractive-city",
    "drugs-and-tobacco",
    "drug-free-gyms",
    "contact-officers",
    "school-social-police",
    "online-abuse",
    "close-relationship-violence",
)


def _known_theme(code: str) -> str:
    if code not in THEMES:
        message = f"unknown theme '{code}': write one of {', '.join(THEMES)}"
        raise ValueError(message)
    return code


Theme = Annotated[str, AfterValidator(_known_theme)]


class Participants(Definition):
    """Attendances of some groups: all of them, or all but the officials, say."""

    excluding: tuple[GroupName, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that are added up, by their names in the API."""
        return tuple(group for group in PARTICIPANT_GROUP_NAMES if group not in self.excluding)


class AtLeast(Definition):
    """The condition that enough participants came."""

    participants: Participants
    at_least: Annotated[int, Field(ge=1)]


class Deadline(Definition):
    """A time limit in working days: `by` must come within so many working days after `after`.

    Where `by` is unknown, `else_by` within the limit proves the case in time; outside the limit it proves nothing,
    and the case is left out and counted apart, like one without `after` and one that is not yet due.
    """

    after: Literal["reported"]
    by: MomentName
    else_by: MomentName | None = None
    working_days: Annotated[int, Field(ge=1, le=250)]


class Selection(Definition):
    """Which activities a figure is about: every condition must hold."""

    attributes: dict[Annotated[str, Field(pattern=ATTRIBUTE_PATTERN)], tuple[str, ...]] = Field(default_factory=dict)
    without_attribute: Annotated[str, Field(pattern=ATTRIBUTE_PATTERN)] | None = None


class IndicatorDefinition(Definition):
    """One indicator (domain terms: indikator, nyckeltal): `factor × numerator / denominator`.

    kind: `count` counts performed activities; `sum` adds up their participants; `share` divides those that meet
    `meets` or `deadline` by all selected; `distinct` counts each place with a performed activity once.
    """

    code: str = Field(pattern=CODE_PATTERN)
    version: Annotated[int, Field(ge=1)]
    name: Wording
    definition: Wording
    numerator: Wording
    denominator: Wording | None = None
    themes: tuple[Theme, ...] = ()
    unit: Literal["count", "percent"]
    direction: Literal["higher", "lower", "none"]
    kind: Literal["count", "sum", "share", "distinct"]
    # "all" is resolved at loading: every type, or for a sum every type that takes participants.
    activity_types: tuple[str, ...] | Literal["all"]
    selects: Selection = Selection()
    sums: Participants | None = None
    meets: AtLeast | None = None
    deadline: Deadline | None = None

    def __hash__(self) -> int:
        """Definitions hold mappings, which pydantic cannot hash; these two tell nearly all apart."""
        return hash((self.code, self.version))

    @property
    def over_time(self) -> Literal["sum", "distinct"]:
        """How a longer period follows from the facts: added up, or each place counted once."""
        return "distinct" if self.kind == "distinct" else "sum"

    @property
    def factor(self) -> int:
        """What numerator / denominator is multiplied by."""
        return 100 if self.unit == "percent" else 1

    @property
    def fingerprint(self) -> str:
        """Changes with everything that can change a figure, so that an edited definition recomputes."""
        return hashlib.sha256(self.model_dump_json(exclude={"name", "definition"}).encode()).hexdigest()[:16]

    def reads(self, activity_type: str) -> bool:
        """Whether an activity of this type can change the figure."""
        return activity_type in self.activity_types

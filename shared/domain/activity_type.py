"""What an activity of a given type carries: its moments, participant groups, attributes, and the date it counts by."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.domain.activity import MOMENT_NAMES, PARTICIPANT_GROUP_NAMES

CODE_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
ATTRIBUTE_PATTERN = r"^[a-z][a-zA-Z0-9]{0,39}$"


class Definition(BaseModel):
    """A frozen piece of the catalogue, read from camelCase YAML; unknown keys are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Wording(Definition):
    """The same text in both languages."""

    sv: str = Field(min_length=1)
    en: str = Field(min_length=1)


def _known_moment(name: str) -> str:
    if name not in MOMENT_NAMES:
        message = f"unknown moment '{name}': write one of {', '.join(MOMENT_NAMES)}"
        raise ValueError(message)
    return name


def _known_group(name: str) -> str:
    if name not in PARTICIPANT_GROUP_NAMES:
        message = f"unknown participant group '{name}': write one of {', '.join(PARTICIPANT_GROUP_NAMES)}"
        raise ValueError(message)
    return name


MomentName = Annotated[str, AfterValidator(_known_moment)]
GroupName = Annotated[str, AfterValidator(_known_group)]


class Attribute(Definition):
    """A further property of an activity: a choice of codes, or a reference to another activity's external id."""

    kind: Literal["choice", "reference"]
    name: Wording
    values: tuple[str, ...] = ()
    required: bool = False


class ActivityType(Definition):
    """One type of activity (domain term: aktivitetstyp)."""

    code: str = Field(pattern=CODE_PATTERN)
    name: Wording
    description: Wording
    # Remedial work counts by its start, else its completion; everything else by its start.
    counts_by: Literal["start", "startElseCompleted"] = "start"
    moments: tuple[MomentName, ...]
    participant_groups: tuple[GroupName, ...] = ()
    participants_required: bool = False
    place_kinds: tuple[str, ...] = ()
    attributes: dict[Annotated[str, Field(pattern=ATTRIBUTE_PATTERN)], Attribute] = {}
    takes_cost: bool = False

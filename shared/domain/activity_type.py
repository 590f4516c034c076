"""What an activity of a given type carries: its moments, participant groups, attributes, and the date it counts by."""

from datetime import date
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


AttributeName = Annotated[str, Field(pattern=ATTRIBUTE_PATTERN)]
ValueCode = Annotated[str, Field(pattern=CODE_PATTERN, max_length=100)]


class Attribute(Definition):
    """A further property of an activity.

    | kind        | value                                                       |
    | ----------- | ----------------------------------------------------------- |
    | `choice`    | one of `values`                                             |
    | `reference` | the external id of another activity from the same source    |
    | `items`     | a list of things to do, each of them open or done           |
    | `number`    | a whole number, written as a text of digits                 |
    | `hours`     | how many hours it took, as a text: `4.5`                    |
    """

    kind: Literal["choice", "reference", "items", "number", "hours"]
    name: Wording
    # What each value is called, by its code.
    values: dict[ValueCode, Wording] = {}
    # A performed activity must state it; what is only planned may not know it yet.
    required: bool = False
    # An activity that states the attribute named here carries none of this one; `exclusion` says why, and what to do.
    excluded_by: AttributeName | None = None
    exclusion: Wording | None = None


class ActivityType(Definition):
    """One type of activity (domain term: aktivitetstyp)."""

    code: str = Field(pattern=CODE_PATTERN)
    version: Annotated[int, Field(ge=1)] = 1
    # The days on which activities of the type may happen, both included.
    valid_from: date | None = None
    valid_to: date | None = None
    # The type that it adds to: it has all of that one's, besides its own, and counts wherever that one does.
    extends: Annotated[str, Field(pattern=CODE_PATTERN)] | None = None
    name: Wording
    description: Wording
    # Remedial work counts by its start, else its completion; everything else by its start.
    counts_by: Literal["start", "startElseCompleted"] = "start"
    moments: tuple[MomentName, ...] = ()
    participant_groups: tuple[GroupName, ...] = ()
    participants_required: bool = False
    place_kinds: tuple[Annotated[str, Field(pattern=CODE_PATTERN)], ...] = ()
    attributes: dict[AttributeName, Attribute] = {}
    takes_cost: bool = False
    # Several may be reported at once, by their number: 62 checks of a month.
    takes_count: bool = False

    def added_to(self, base: "ActivityType") -> "ActivityType":
        """Return this type with all that the one which it extends has, and a choice's values added to its own."""
        attributes = dict(base.attributes)
        for name, own in self.attributes.items():
            same = base.attributes.get(name)
            attributes[name] = same.model_copy(update={"values": {**own.values, **same.values}}) if same else own
        return self.model_copy(
            update={
                "counts_by": base.counts_by,
                "moments": (*base.moments, *(name for name in self.moments if name not in base.moments)),
                "participant_groups": tuple(dict.fromkeys((*base.participant_groups, *self.participant_groups))),
                "participants_required": base.participants_required or self.participants_required,
                "place_kinds": base.place_kinds,
                "attributes": attributes,
                "takes_cost": base.takes_cost or self.takes_cost,
                "takes_count": base.takes_count or self.takes_count,
            }
        )

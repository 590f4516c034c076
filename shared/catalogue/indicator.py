"""What an indicator definition says: which facts it reads, by which date, and what its figures are made of."""

# Over 300 lines: all that a definition says, read together.

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, PrivateAttr

from shared.catalogue.times import ClockTime, Deadline, Regularity, SelectedTimes
from shared.domain.activity import PARTICIPANT_GROUP_NAMES
from shared.domain.activity_type import (
    CODE_PATTERN,
    AttributeName,
    Definition,
    GroupName,
    Wording,
)
from shared.domain.commitment import COMMITMENTS
from shared.domain.role import ROLE_CHANGES, RoleCode
from shared.domain.term import TERM_CHANGES

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

# What can change a figure besides activities, which stand under their type.
FACTS_OTHER_THAN_ACTIVITIES = {
    "state": (ROLE_CHANGES,),
    "coverage": (ROLE_CHANGES, TERM_CHANGES),
    "commitments": (COMMITMENTS,),
}
BASES = {
    "state": "place",
    "coverage": "place",
    "commitments": "commitment",
    "observed": "observation",
    "measured": "observation",
}
OVER_TIME = {"distinct": "distinct", "state": "last", "measured": "last"}

Kind = Literal[
    "count",
    "sum",
    "share",
    "distinct",
    "days",
    "regularity",
    "coverage",
    "state",
    "observed",
    "measured",
    "commitments",
]
Unit = Literal["count", "SEK", "percent", "mean", "hours", "days", "own"]
# What numerator / denominator is multiplied by, where a figure is both: a share, or a mean of what was answered.
FACTORS = {"percent": 100, "mean": 1}


def _known_theme(code: str) -> str:
    if code not in THEMES:
        message = f"unknown theme '{code}': write one of {', '.join(THEMES)}"
        raise ValueError(message)
    return code


Theme = Annotated[str, AfterValidator(_known_theme)]


Bound = Annotated[float, Field(ge=0, le=10**6, allow_inf_nan=False)]
AttributeValues = dict[AttributeName, Annotated[tuple[str, ...], Field(min_length=1)]]


class Participants(Definition):
    """Attendances of some groups: all of them, only some, or all but the officials, say."""

    only: tuple[GroupName, ...] = ()
    excluding: tuple[GroupName, ...] = ()
    # Each attendance times the hours from start to end: an activity without both times is left out.
    times_hours: bool = False

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that are added up, by their names in the API."""
        counted = self.only or PARTICIPANT_GROUP_NAMES
        return tuple(group for group in counted if group not in self.excluding)


class Addend(Participants):
    """What a sum adds up of each activity: attendances, or the number that an attribute states."""

    attribute: AttributeName | None = None


class Condition(Definition):
    """What an activity must meet: enough participants, or attributes with one of the values named."""

    participants: Participants | None = None
    at_least: Annotated[int, Field(ge=1)] | None = None
    attributes: AttributeValues = Field(default_factory=dict)


class IndicatorSelection(SelectedTimes):
    """Which activities or commitments a figure is about: every condition must hold."""

    attributes: AttributeValues = Field(default_factory=dict)
    without_attribute: AttributeName | None = None
    # Reported under an annex of this theme.
    annex: Theme | None = None
    # Reported under an annex with this code: of the slices that annexes have of their own.
    annex_code: str | None = None

    def and_also(self, other: IndicatorSelection) -> IndicatorSelection:
        """Return the selection of what both select."""
        return IndicatorSelection(
            attributes={**self.attributes, **other.attributes},
            without_attribute=self.without_attribute or other.without_attribute,
            annex=self.annex or other.annex,
            annex_code=self.annex_code or other.annex_code,
            weekdays=other.weekdays or self.weekdays,
            from_time=other.from_time or self.from_time,
            to_time=other.to_time or self.to_time,
            at_least_minutes=other.at_least_minutes or self.at_least_minutes,
        )


class Slice(IndicatorSelection):
    """A part of what an indicator selects. `name` is what it is called beside its annex, as *detaljplaner*."""

    name: Wording | None = None


class Expectation(Definition):
    """What is expected month by month: in term time, so many activities as places of these kinds in this role need."""

    role: RoleCode
    place_kinds: tuple[Annotated[str, Field(pattern=CODE_PATTERN)], ...] = ()


class Population(Definition):
    """The areas that a state is told of: places of some kinds, areas of a kind, or all in a role."""

    place_kinds: tuple[Annotated[str, Field(pattern=CODE_PATTERN)], ...] = ()
    area_kind: Literal["vulnerable-area", "district", "local-police-area", "municipality"] | None = None
    role: RoleCode | None = None


class State(Definition):
    """What must be true of an area on the day; empty: that it exists.

    `role`: it is in the role; with `within_months`, the role began less than so many months ago. `met_since`: an
    activity of the definition's types has been performed there since then.
    """

    role: RoleCode | None = None
    within_months: Annotated[int, Field(ge=1, le=120)] | None = None
    met_since: Literal["yearStart"] | None = None


class ListedCode(Definition):
    """A crime code, and the days on which it was in use (the last one included)."""

    code: Annotated[str, Field(pattern=r"^[0-9]{4,6}$")]
    valid_from: date | None = None
    valid_to: date | None = None


class CodeList(Definition):
    """The codes that an indicator adds up, and where the list comes from."""

    source: Annotated[str, Field(min_length=1)]
    entries: Annotated[tuple[ListedCode, ...], Field(min_length=1)]


class Measure(Definition):
    """Which observations a figure is made of; without a code list, those without a code."""

    measure: Annotated[str, Field(pattern=CODE_PATTERN)]
    codes: CodeList | None = None
    # The least and the most that a mean can be: an observation beyond them is refused.
    between: Annotated[tuple[Bound, ...], Field(min_length=2, max_length=2)] | None = None


class IndicatorDefinition(Definition):
    """One indicator (domain terms: indikator, nyckeltal): `factor × numerator / denominator`.

    | kind          | figure                                                                                     |
    | ------------- | ------------------------------------------------------------------------------------------ |
    | `count`       | performed activities; several that were reported at once by their number                   |
    | `sum`         | their participants, participants times hours, or a number that they state                  |
    | `share`       | those that keep a `deadline` or meet `meets`, of all; or items done of items listed        |
    | `distinct`    | places with a performed activity, each once in the period                                  |
    | `days`        | areas and local dates with a performed activity, each pair once                            |
    | `regularity`  | days, weeks or months in which an area `recurs` enough, of those that were over            |
    | `coverage`    | place-months with as many activities as the place needs, of the term months it is expected |
    | `state`       | areas that `holds` is true of at the end of the period, of those in `of`                   |
    | `observed`    | observations of a month, added up over codes and months; of a share or mean, both parts    |
    | `measured`    | an observation as it was published for the very area and period, never added up            |
    | `commitments` | commitments fulfilled by their due date, of those due in the period                        |
    """

    code: str = Field(pattern=CODE_PATTERN)
    version: Annotated[int, Field(ge=1)]
    valid_from: date | None = None
    valid_to: date | None = None
    name: Wording
    definition: Wording
    numerator: Wording
    denominator: Wording | None = None
    themes: tuple[Theme, ...] = ()
    unit: Unit
    # What the unit is called, when it is the measure's own.
    unit_name: Wording | None = None
    direction: Literal["higher", "lower", "none"]
    kind: Kind
    # "all" is resolved at loading: every type, or for a sum every type that takes participants.
    activity_types: tuple[str, ...] | Literal["all"] = ()
    selects: IndicatorSelection = IndicatorSelection()
    sums: Addend | None = None
    meets: Condition | None = None
    # The attribute whose list of items is counted, those done of all.
    items: AttributeName | None = None
    deadline: Deadline | None = None
    # The local time until which an activity counts on the day before, as a shift of the night does.
    day_ends_at: ClockTime | None = None
    recurs: Regularity | None = None
    expects: Expectation | None = None
    of: Population | None = None
    holds: State | None = None
    observes: Measure | None = None
    # Only commitments made to the public.
    promises_only: bool = False
    # Figures of fewer persons than this are suppressed, since they could tell who they are.
    suppress_below: Annotated[int, Field(ge=2)] | None = None
    # Places in this role have a row even when nothing happened.
    expected_at: RoleCode | None = None
    # Further figures of the same definition, each of a part of what it selects. "annex" is resolved at loading: one
    # for each theme.
    slices: dict[Annotated[str, Field(pattern=CODE_PATTERN)], Slice] | Literal["annex"] = Field(default_factory=dict)
    # Which slice this is the definition of.
    _part: str = PrivateAttr(default="all")
    # Which of the types are of cases that can be done on a day that no one knows; resolved at loading, from the types.
    _case_types: tuple[str, ...] = PrivateAttr(default=())

    @property
    def undated_types(self) -> tuple[str, ...]:
        """The types whose cases are counted apart where they were reported, when they were done on an unknown day.

        A time limit has its own reason for these; a place or day that is counted once needs a date.
        """
        return self._case_types if self.deadline is None and self.kind in ("count", "sum", "share") else ()

    def reading(self, case_types: tuple[str, ...]) -> IndicatorDefinition:
        """Return the definition that knows which of its types are of cases."""
        copy = self.model_copy()
        copy._case_types = case_types  # noqa: SLF001  a copy of its own kind
        return copy

    def __hash__(self) -> int:
        """Definitions hold mappings, which pydantic cannot hash; these tell nearly all apart."""
        return hash((self.code, self.version, self.selects.annex, self.selects.annex_code))

    @property
    def over_time(self) -> str:
        """How a longer period follows from the facts: added up (sum), the state at its end (last), or distinct."""
        return OVER_TIME.get(self.kind, "sum")

    @property
    def basis(self) -> str:
        """What kind of fact is behind the figure: activity, place, commitment or observation."""
        return BASES.get(self.kind, "activity")

    @property
    def roles(self) -> dict[tuple[str, ...], str]:
        """The roles that it reads, by the keys that name them."""
        parts = (("expects", self.expects), ("of", self.of), ("holds", self.holds))
        named: dict[tuple[str, ...], str] = {(key, "role"): part.role for key, part in parts if part and part.role}
        return named | ({("expectedAt",): self.expected_at} if self.expected_at else {})

    @property
    def is_share(self) -> bool:
        """Whether the figure is a numerator by a denominator: a share, or a mean."""
        return self.unit in FACTORS

    @property
    def factor(self) -> int:
        """What numerator / denominator is multiplied by."""
        return FACTORS.get(self.unit, 1)

    def in_unit(self, unit: str | None) -> Self:
        """Return the definition as a figure in a unit is read: one of a closed period keeps its own; None is none."""
        return self if unit in {None, self.unit} else self.model_copy(update={"unit": unit})

    @property
    def fingerprint(self) -> str:
        """Changes with everything that can change a figure, so that an edited definition recomputes; words cannot."""
        words: dict[str, Any] = dict.fromkeys(("name", "definition", "numerator", "denominator", "unit_name"), True)
        words |= {"slices": {"__all__": {"name", "annex_code"}}, "observes": {"between"}}
        if self.selects.annex_code is None:
            words["selects"] = {"annex_code"}
        # Slices of single annexes come and go with agreements, and change no other figure.
        written = {code: part for code, part in self.slices_by_code.items() if part.annex_code is None}
        plain = self if isinstance(self.slices, str) else self.model_copy(update={"slices": written})
        undated = ",".join(self.undated_types)
        said = plain.model_dump_json(exclude=words, exclude_defaults=True)
        return hashlib.sha256(f"{said}{undated}".encode()).hexdigest()[:16]

    def reads(self, fact: str) -> bool:
        """Whether a fact of this activity type, or of this kind, can change the figure."""
        return fact in self.activity_types or fact in FACTS_OTHER_THAN_ACTIVITIES.get(self.kind, ())

    @property
    def slices_by_code(self) -> dict[str, Slice]:
        """What each slice selects; none where "annex" has not been spelled out."""
        return {} if isinstance(self.slices, str) else self.slices

    def sliced(self, code: str) -> IndicatorDefinition:
        """Return the definition of one slice; `all` is the definition itself."""
        if code == "all":
            return self
        part = self.slices_by_code[code]
        themes = (part.annex,) if part.annex else self.themes
        sliced = self.model_copy(update={"selects": self.selects.and_also(part), "themes": themes})
        sliced._part = code  # noqa: SLF001  it is one of these
        return sliced

    @property
    def part(self) -> str:
        """Which slice this is the definition of; `all` is the whole."""
        return self._part

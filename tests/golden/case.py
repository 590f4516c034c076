"""The format of a golden case: facts that a person can read, and the figures that follow, worked out by hand."""

# Over 300 lines: the whole format in one place.

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import Catalogue
from shared.domain.moment import Moment, read_moment
from shared.domain.period import PeriodType
from shared.domain.recurrence import Every
from shared.domain.target import TargetRule
from shared.domain.target_span import Per

HERE = Path(__file__).parent
# The municipality that most cases are about.
HOME = "1282"
AGREEMENT = "golden"
# In that year each annex was in force in the month of its own number, and nothing happened.
ANNEX_YEAR = 2014


class CasePart(BaseModel):
    """A part of a case, read from camelCase YAML; unknown keys are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


# YAML reads 2016 as a number and 2016-03-24 as a day: both are also written plainly.
Text = Annotated[str, BeforeValidator(str)]
When = Annotated[Moment, BeforeValidator(lambda day: read_moment(str(day)))]


class Parent(CasePart):
    """An area that another lies in, for all time or for some days (the last one included)."""

    code: str
    valid_from: date | None = None
    valid_to: date | None = None


class Area(CasePart):
    """An area as it is put; a plain code as parent is one for all time."""

    code: str
    kind: str = "place"
    place_kind: str | None = None
    parents: tuple[str | Parent, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None


class Followed(CasePart):
    """An indicator that is followed, and a slice of it."""

    indicator: str
    slice: str = "all"


class Annex(CasePart):
    """An annex, in force as long as its agreement unless it says otherwise."""

    number: int
    theme: str
    code: str | None = None
    indicators: tuple[Followed, ...] | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class Target(Followed):
    """A target; without an annex the agreement itself sets it, and without days it is for the agreement's."""

    annex: int | None = None
    area: str | None = None
    rule: TargetRule
    value: Decimal | None = None
    upper_value: Decimal | None = None
    per: Per = Per.YEAR
    valid_from: date | None = None
    valid_to: date | None = None
    percent: Decimal | None = None
    tolerance: Decimal | None = None
    per_inhabitants: int | None = None
    baseline: Text | None = None
    areas: tuple[str, ...] = ()


class Agreement(CasePart):
    """An agreement as it is put."""

    code: str
    areas: tuple[str, ...]
    rhythms: tuple[PeriodType, ...] = ()
    valid_from: date
    valid_to: date
    annexes: tuple[Annex, ...] = ()
    indicators: tuple[Followed, ...] = ()
    targets: tuple[Target, ...] = ()


class Activity(CasePart):
    """An activity as it is sent; the same id again is the same activity, corrected."""

    id: str
    type: str
    area: str
    status: str = "performed"
    agreement: str = AGREEMENT
    annex: int | None = None
    commitment: str | None = None
    commitments: tuple[str, ...] = ()
    start: When | None = None
    end: When | None = None
    reported: When | None = None
    police_reported: When | None = None
    completed: When | None = None
    participants: dict[str, int] = {}
    count: int = 1
    attributes: dict[str, str | list[dict[str, str]]] = {}


class Role(CasePart):
    """A role that an area has; those of one stage are all that the area has."""

    area: str
    role: str
    valid_from: date
    valid_to: date | None = None
    need: int | None = None


class Term(CasePart):
    """A term of a municipality; those of one stage are all that it has."""

    area: str = HOME
    valid_from: date
    valid_to: date


class Observation(CasePart):
    """An observation as it is sent."""

    measure: str
    area: str
    period: Text
    code: str = ""
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    status: str = "observed"
    finality: str = "preliminary"
    source: str = "golden"


class Decision(CasePart):
    """That a commitment is fulfilled in an area since a day."""

    area: str
    fulfilled_on: date


class Recurrence(CasePart):
    """Spans at whose ends a commitment is due."""

    every: Every
    first: Annotated[date | None, Field(alias="from")] = None
    until: date | None = None


class Selection(CasePart):
    """Activities that fulfil a commitment without being linked."""

    activity_types: tuple[str, ...]
    attributes: dict[str, tuple[str, ...]] = {}
    first: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None


class Commitment(CasePart):
    """A commitment as it is put."""

    code: str
    agreement: str = AGREEMENT
    annex: int | None = None
    promise: bool = False
    times: int = 1
    areas: tuple[str, ...] = (HOME,)
    due_on: date | None = None
    withdrawn_on: date | None = None
    decisions: tuple[Decision, ...] = ()
    each_area: bool = False
    recurrence: Recurrence | None = None
    selection: Selection | None = None


_FIGURE = re.compile(
    r"""(?:(?P<numerator>\d+(?:\.\d+)?)(?:/(?P<denominator>\d+(?:\.\d+)?))?|(?P<word>[a-zA-Z]+(?:\ row)?))
        (?:\ \+(?P<apart>\d+))?(?:,\ (?P<months>\d+)\ months)?(?:,\ (?P<finality>preliminary|final))?""",
    re.VERBOSE,
)
_WORDS = ("missing", "notApplicable", "suppressed", "no row", "a row")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the read model, or what is expected of one; `no row` and `a row` say only whether there is any."""

    status: str
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    apart: int = 0
    months: int | None = None
    finality: str | None = None

    @classmethod
    def read(cls, text: object) -> Figure:
        """Read what README explains: `3`, `1/2 +1`, `missing`, `12, 4 months, final`."""
        found = _FIGURE.fullmatch(str(text))
        if found is None or (found["word"] and found["word"] not in _WORDS):
            raise ValueError(f"'{text}' is no figure")
        numerator, denominator = (Decimal(part) if part else None for part in found.group("numerator", "denominator"))
        status = found["word"] or _status(numerator, denominator)
        months = int(found["months"]) if found["months"] else None
        return cls(status, numerator, denominator, int(found["apart"] or 0), months, found["finality"])

    def allows(self, actual: Figure | None) -> bool:
        """Tell whether this is met; months and finality count where they are told."""
        if actual is None or self.status in {"no row", "a row"}:
            return (actual is None) == (self.status == "no row")
        return (
            (self.status, self.apart) == (actual.status, actual.apart)
            and self.number == actual.number
            and self.months in {None, actual.months}
            and self.finality in {None, actual.finality}
        )

    @property
    def number(self) -> tuple[Decimal | int, Decimal | int]:
        """Numerator and denominator; what is unknown is nothing here."""
        return self.numerator or 0, self.denominator or 0

    def __str__(self) -> str:
        number = f"{self.numerator}" + ("" if self.denominator is None else f"/{self.denominator}")
        months = "" if self.months is None else f", {self.months} months"
        return f"{self.status} {number} +{self.apart}{months}, {self.finality}"


def _status(numerator: Decimal | None, denominator: Decimal | None) -> str:
    if denominator is not None:
        return "observed" if denominator else "missing"
    return "observed" if numerator else "zero"


# Area and period as people write them.
Key = tuple[str, str]
Figures = dict[Text, dict[Text, Annotated[Figure, BeforeValidator(Figure.read)]]]


class Stage(CasePart):
    """What is told, and the figures of the day after it."""

    as_of: date = date(2016, 12, 31)
    areas: tuple[Area, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    terms: tuple[Term, ...] = ()
    roles: tuple[Role, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    activities: tuple[Activity, ...] = ()
    erased: tuple[str, ...] = ()
    observations: tuple[Observation, ...] = ()
    # By area and period.
    expected: Figures = {}
    # By slice, area and period.
    slices: dict[str, Figures] = {}

    def expectations(self, part: str = "all") -> dict[Key, Figure]:
        """Return what is expected of one slice."""
        figures = self.expected if part == "all" else self.slices.get(part, {})
        return {(area, period): figure for area, periods in figures.items() for period, figure in periods.items()}


class Document(Stage):
    """Agreements with what was reported under them, and what follows, of several indicators."""

    # By indicator and slice, as `trainings all`.
    figures: dict[str, Figures] = {}
    # By indicator and slice, area and period: what became of the target, or why it is not judged; none if it has none.
    judged: dict[str, dict[str, dict[Text, str | None]]] = {}
    # Whether each field of its targets and commitments is changed, besides what annexes and agreements follow.
    has_changed_fields: bool = False


class Case(Stage):
    """A golden case: a stage of its own, and what happens `then`. Without `definition` it is of a shipped one."""

    indicator: str
    definition: IndicatorDefinition | None = None
    # Whose own the definition is; one that ships is no one's.
    owners: tuple[Text, ...] = ()
    # The annexes of Landskrona's agreement that serve the indicator: where none is in force, it has no rows of 0.
    annexes: tuple[int, ...] | None = None
    # A second opinion: SELECT numerator, denominator over the base tables, written from the definition in words. It
    # reads :area (a code), :period (month, tertial or year), :first, :last, :as_of, and the relation `inside` (area_id)
    # of the area and all that lies in it.
    check: str | None = None
    then: tuple[Stage, ...] = ()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What happens, in order."""
        return (self, *self.then)

    def expectations(self, part: str = "all") -> dict[Key, Figure]:
        """Return what is expected of one slice, and of all in which months of the annexes' year there is a row."""
        return dict(self._rows_of_annexes() if part == "all" else ()) | super().expectations(part)

    def _rows_of_annexes(self) -> Iterator[tuple[Key, Figure]]:
        if self.annexes is not None:
            for number in range(1, 11):
                row = "a row" if number in self.annexes else "no row"
                yield (HOME, f"{ANNEX_YEAR}-{number:02}"), Figure(row)

    def catalogue(self, shipped: Catalogue) -> Catalogue:
        """Return the catalogue that holds just this indicator."""
        written = self.definition or shipped.written[self.indicator]
        return Catalogue(shipped.activity_types, {self.indicator: written}, roles=shipped.roles)


def read_case(path: Path) -> Case:
    """Read one case. Raises ValidationError, which names the keys that are wrong."""
    return Case.model_validate(yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader))


def read_cases(folder: str) -> dict[str, Case]:
    """Return the cases of a folder, by the names of their files."""
    return {path.stem: read_case(path) for path in sorted((HERE / folder).glob("*.yaml"))}

"""What was to be reported in a year and whether it was, and what arrived late: sums of any period of it.

*Missing* is what an agreement expects of somebody, where nothing at all has been reported though its time has passed:
a place's visits in a term month that is over (fewer than it needs are some), a figure that a target is judged by once
its reporting day has passed, whether a commitment was fulfilled, what became of something planned. *Late* is an
activity that arrived after the day by which its tertial is reported (`shared.domain.reporting_day`); one that arrived
more than a year after that was loaded afterwards as history, and is not late. It has arrived when it was first
recorded: later corrections do not make it late.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from shared.domain.period import Period, PeriodType
from shared.domain.reporting_day import reporting_day_of
from shared.expectations.expectation import Expectation, ExpectationKind

if TYPE_CHECKING:
    from collections.abc import Iterable

# An indicator and a slice, by their codes.
Series = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ExpectedReport:
    """What was expected, whether it is missing, and the indicator by whose rule it is expected, if by one's.

    `activity_types` are those that it could be reported as, and `place_kind` is that of the place of visits; `observes`
    is an observation's measure with its codes. `period` is which one it is of: an observation of its own, all else of
    the month of its day.
    """

    expectation: Expectation
    is_missing: bool
    indicator: str | None = None
    activity_types: tuple[str, ...] = ()
    place_kind: str | None = None
    observes: tuple[str, ...] = ()
    period: Period = field(init=False)

    def __post_init__(self) -> None:
        period = self.expectation.period or Period.containing(PeriodType.MONTH, self.expectation.day)
        object.__setattr__(self, "period", period)

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells it from other reports: several indicators, under several annexes, may expect the same one."""
        expectation = self.expectation
        match expectation.kind:
            case ExpectationKind.VISITS:
                return expectation.kind, frozenset(self.activity_types), expectation.place.code, self.period
            case ExpectationKind.OBSERVATION:
                return expectation.kind, self.observes, expectation.place.code, self.period
            case _:
                return expectation.kind, expectation.key


class LateReports(NamedTuple):
    """How many activities of a type, under an annex and in a month, arrived late, and how many days at most."""

    agreement: str
    annex: int | None
    activity_type: str
    month: date
    number: int
    most_days: int


@dataclass(frozen=True, slots=True)
class YearReports:
    """All that was expected in an area's year, and all that arrived late there.

    `late_in` says how many of each series' activities, by the month in which it counts them.
    """

    expected: tuple[ExpectedReport, ...] = ()
    late: tuple[LateReports, ...] = ()
    late_in: Mapping[Series, Mapping[date, int]] = field(default_factory=dict)

    def late_of(self, series: Series, period: Period) -> int:
        """Return how many of the activities in a figure arrived late."""
        months = self.late_in.get(series, {})
        return sum(number for month, number in months.items() if period.start <= month <= period.end)


class Share(NamedTuple):
    """How many of what was expected are missing."""

    missing: int
    expected: int


class Lateness(NamedTuple):
    """How many (`number`) activities arrived late, after which day, and how many days after it at most."""

    number: int
    reporting_day: date
    most_days: int


def each_once(reports: Iterable[ExpectedReport]) -> list[ExpectedReport]:
    """Return reports as they are to be counted: what several expect is one report."""
    found: dict[tuple[object, ...], ExpectedReport] = {}
    for one in reports:
        found.setdefault(one.identity, one)
    return [*found.values()]


def count_missing(reports: Iterable[ExpectedReport]) -> int:
    """Return how many reports have to come until none is missing.

    A visit that was planned and is reported as done is the one that its place lacks for the month, too.
    """
    missing = [one for one in each_once(reports) if one.is_missing]
    lacking = {one.identity: one for one in missing if one.expectation.kind is ExpectationKind.VISITS}
    for planned in missing:
        if planned.expectation.kind is ExpectationKind.PLANNED:
            found = (identity for identity, one in lacking.items() if _would_be(planned, one))
            lacking.pop(next(found, ()), None)
    return len(lacking) + sum(one.expectation.kind is not ExpectationKind.VISITS for one in missing)


def _would_be(planned: ExpectedReport, visit: ExpectedReport) -> bool:
    """Tell whether something planned, once it is done, is the visit that a place lacks for a month."""
    is_there_then = (planned.expectation.place.code, planned.period) == (visit.expectation.place.code, visit.period)
    return is_there_then and {*planned.activity_types} <= {*visit.activity_types}


def of_period(reports: Iterable[ExpectedReport], period: Period) -> list[ExpectedReport]:
    """Return those whose own period lies in another one."""
    first, last = period.start, period.end
    # What begins in it and is longer ends later.
    return [one for one in reports if first <= one.period.start <= last and one.period.end <= last]


def shares_of(reports: Iterable[ExpectedReport]) -> dict[ExpectationKind, Share]:
    """Return how many of each kind are missing, of those kinds that are expected."""
    reports = [*reports]
    expected = Counter(one.expectation.kind for one in reports)
    missing = Counter(one.expectation.kind for one in reports if one.is_missing)
    return {kind: Share(missing[kind], expected[kind]) for kind in ExpectationKind if expected[kind]}


def lateness_of(late: Iterable[LateReports]) -> tuple[Lateness, ...]:
    """Return how many arrived late by the reporting days of their tertials."""
    found: dict[date, list[LateReports]] = defaultdict(list)
    for one in late:
        found[reporting_day_of(one.month)].append(one)
    return tuple(
        Lateness(sum(one.number for one in found[day]), day, max(one.most_days for one in found[day]))
        for day in sorted(found)
    )


class LittleValue(NamedTuple):
    """A value that rests on little, by its series, its name and its period."""

    series: Series
    name: str
    period: Period


@dataclass(frozen=True, slots=True)
class Completeness:
    """How complete an annex's year is: what was expected under it, what arrived late, which values rest on little."""

    expected: tuple[ExpectedReport, ...] = ()
    late: tuple[LateReports, ...] = ()
    little: tuple[LittleValue, ...] = ()

    def of(self, period: Period) -> Completeness:
        """Return what of it is of a period; values are of that very one."""
        return Completeness(
            tuple(of_period(self.expected, period)),
            tuple(one for one in self.late if period.start <= one.month <= period.end),
            tuple(one for one in self.little if one.period == period),
        )

    @property
    def missing(self) -> tuple[ExpectedReport, ...]:
        """What is missing, one by one."""
        return tuple(one for one in self.expected if one.is_missing)

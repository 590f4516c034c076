"""The values of a year as they are stored, in the rows that an annex has for them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.completeness.reports import Completeness
from shared.domain.period import RHYTHMS, Period, PeriodType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from psycopg.types.range import Range

    from shared.annex_tables.targets import Judged
    from shared.catalogue.indicator import IndicatorDefinition

NOTHING_KNOWN = Completeness()
# The columns by an area's rhythm: its periods by their type and first month, and the year.
COLUMNS: dict[str, tuple[tuple[str, int], ...]] = {
    rhythm.value: (*((rhythm.value, month) for month in range(1, 13, rhythm.month_count)), ("year", 1))
    for rhythm in (*RHYTHMS, PeriodType.TERTIAL)
}


def columns_to(period: Period) -> tuple[tuple[str, int], ...]:
    """Return the columns of a year up to a period of it, which is the last."""
    return tuple((period.type.value, month) for month in range(1, period.start.month + 1, period.type.month_count))


class TableValue(NamedTuple):
    """One value of the read model, with what became of its targets, what it was a year before, and the year so far."""

    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    left_out: int | None
    status: str
    finality: str
    months_arrived: int | None
    targets: Sequence[Mapping[str, Any]]
    last_year: Mapping[str, Any] | None = None
    # Whether somebody is asked for it, where it is observed.
    is_asked_for: bool = False
    year_to_date: Mapping[str, Any] | None = None
    signal: Mapping[str, Any] | None = None
    # Where it is not the one of its definition: a closed period keeps it.
    unit: str | None = None


def as_stored(value: Mapping[str, Any]) -> TableValue:
    """Return a value as the API serves it as one of the tables."""
    numerator, denominator, number = (
        None if value[name] is None else Decimal(str(value[name])) for name in ("numerator", "denominator", "value")
    )
    return TableValue(
        numerator,
        denominator,
        number,
        value["leftOut"],
        value["status"],
        value["finality"],
        value["monthsArrived"],
        value["targets"],
        value["comparisons"]["samePeriodLastYear"],
        year_to_date=value["comparisons"]["yearToDate"],
        signal=value["signal"],
        unit=value["unit"],
    )


class Gaps(NamedTuple):
    """What a value lacks: how many reports are missing, of how many (0 where that is not known), and how many late."""

    missing: int = 0
    expected: int = 0
    late: int = 0


NO_GAPS = Gaps()


class TableLine(NamedTuple):
    """A series by its name, and its values in the columns of a table."""

    name: str
    definition: IndicatorDefinition
    figures: tuple[TableValue | None, ...]
    # The targets of its months, as far as there are any.
    months: Sequence[Judged] = ()
    # The periods of its values; the last is the one that the table is of.
    columns: tuple[tuple[str, int], ...] = COLUMNS["tertial"]
    slice: str = "all"
    # Of each value, as far as that is known; and of observations which are asked for, and whether they have arrived.
    gaps: tuple[Gaps, ...] = ()
    observations: Sequence[tuple[Period, bool]] = ()


class Section(NamedTuple):
    """The lines of one table; of an annex of the area's own agreements also where it is found."""

    title: str
    lines: Sequence[TableLine]
    agreement: str | None = None
    agreement_id: int | None = None
    number: int | None = None
    # What the annex is for, and what it is to reach, as the agreement words it.
    purpose: str = ""
    goals: tuple[str, ...] = ()
    # The days on which the annex holds for the area; None of what is no annex's.
    in_force: Sequence[Range[date]] | None = None
    completeness: Completeness = NOTHING_KNOWN

"""What a query asks for: which values, which fields of each, and in which order; what does not exist is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.api.http.problems import InvalidQuery
from services.api.values.names import NAMES
from services.api.values.queries import SORT_KEYS, AreaCodes, Order, SeriesCodes, ValueFilter, series_code
from shared.domain.errors import InvalidPeriod, Violation
from shared.domain.period import Period, PeriodType
from shared.read_model.columns import COLUMNS, PUBLIC_NAMES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date

    from psycopg import AsyncConnection

    from services.api.http.dependencies import Resources
    from services.api.values.schemas import ValueQuery, ValueSelection
    from shared.catalogue.loader import Catalogue
    from shared.read_model.columns import Column

    # The type of the periods, and the first and the last day on which one may begin.
    Span = tuple[str | None, date | None, date | None]

NO_SERIES = 0

# Periods relative to today's date: the address that names one stays the same from month to month.
# By code: the type of the periods, how many before today's the first and the last of them are, and what that means.
RELATIVE_PERIODS: dict[str, tuple[PeriodType, int, int, str]] = {
    "current-month": (PeriodType.MONTH, 0, 0, "the month of today"),
    "previous-month": (PeriodType.MONTH, 1, 1, "the month before it"),
    "last-12-months": (PeriodType.MONTH, 12, 1, "the twelve months that have ended last"),
    "current-tertial": (PeriodType.TERTIAL, 0, 0, "the tertial of today"),
    "previous-tertial": (PeriodType.TERTIAL, 1, 1, "the tertial before it"),
    "current-year": (PeriodType.YEAR, 0, 0, "the year of today"),
    "previous-year": (PeriodType.YEAR, 1, 1, "the year before it"),
}
YEAR_TO_DATE = "year-to-date"
PERIOD_MEANINGS = {code: meaning for code, (_, _, _, meaning) in RELATIVE_PERIODS.items()} | {
    YEAR_TO_DATE: "the months from January to the month of today"
}


async def catalogue_with(resources: Resources, asked: Collection[str]) -> Catalogue:
    """Return the definitions; the database is asked only when an indicator is asked for that was not known yet."""
    if resources.catalogue.latest.indicators.keys() >= {*asked}:
        return resources.catalogue.latest
    async with resources.reading.connect() as connection:
        return await resources.catalogue.current(connection)


async def filter_of(
    resources: Resources, connection: AsyncConnection, query: ValueSelection, today: date | None = None
) -> ValueFilter:
    """Return what the query asks for; an unknown code is refused, since an empty list would look like an answer.

    What a relative period means follows from `today`, or from the clock where that is not given.

    Raises:
        InvalidQuery: it asks for what does not exist, or for two things that exclude each other.
    """
    catalogue = await catalogue_with(resources, query.indicator)
    around = [query.within] if query.within is not None else []
    known = await resources.singleton(AreaCodes).ids(connection, [*query.area, *around])
    named = query.period and _one_span(query, query.period, today or resources.clock())
    period_type, first, last = named or _span(query)
    unknown = [
        *_unknown_series(query, catalogue),
        *(Violation("area", "is not an area's code", "See /areas.") for code in query.area if code not in known),
        *(Violation("within", "is not an area's code", "See /areas.") for code in around if code not in known),
    ]
    if unknown:
        raise InvalidQuery("The query asks for what does not exist.", unknown)
    codes = [series_code(code, part) for code in query.indicator for part in query.slice]
    series = await resources.singleton(SeriesCodes).ids(connection, codes)
    return ValueFilter(
        # The worker gives a new definition its series when it starts; until then the indicator has no values.
        tuple(sorted(series.values())) or (NO_SERIES,) * bool(codes),
        () if codes else tuple(sorted(query.slice)),
        tuple(sorted(known[code] for code in {*query.area})),
        period_type,
        first,
        last,
        *(known[code] for code in around),
    )


def _span(query: ValueSelection) -> Span:
    first, last = _bound("from", query.begins_from), _bound("to", query.begins_to)
    if first and last and first.start > last.end:
        raise _refusal("to", "is before 'from'", "Swap them.")
    return query.period_type, first.start if first else None, last.end if last else None


def _one_span(query: ValueSelection, code: str, today: date) -> Span:
    if query.begins_from or query.begins_to:
        raise _refusal("period", "cannot stand beside 'from' and 'to'", "Leave it out, or both of these.")
    try:
        first, last = span_of(code, today)
    except InvalidPeriod as error:
        remedy = f"Write 2016-03, 2016-T1, 2016, or one of {', '.join(PERIOD_MEANINGS)}."
        raise _refusal("period", "names no period", remedy) from error
    if query.period_type not in {None, first.type.value}:
        raise _refusal("periodType", "is not the type of 'period'", f"Leave it out: here it is {first.type}.")
    return first.type, first.start, last.start


def span_of(code: str, today: date) -> tuple[Period, Period]:
    """Return the first and the last period, both of one type, that a code means: a relative one or a period's own.

    Raises:
        InvalidPeriod: it is neither.
    """
    if code == YEAR_TO_DATE:
        month = Period.containing(PeriodType.MONTH, today)
        return replace(month, start=month.start.replace(month=1)), month
    if code in RELATIVE_PERIODS:
        period_type, first, last, _ = RELATIVE_PERIODS[code]
        current = Period.containing(period_type, today)
        return _before(current, first), _before(current, last)
    period = Period.parse(code)
    return period, period


def _before(period: Period, count: int) -> Period:
    for _ in range(count):
        period = period.previous()
    return period


def _bound(name: str, code: str | None) -> Period | None:
    try:
        return Period.parse(code) if code else None
    except InvalidPeriod as error:
        (violation,) = error.violations
        raise _refusal(name, violation.reason, violation.remedy) from error


def _refusal(name: str, reason: str, remedy: str) -> InvalidQuery:
    return InvalidQuery("The query asks for a time that does not exist.", [Violation(name, reason, remedy)])


def _unknown_series(query: ValueSelection, catalogue: Catalogue) -> Iterator[Violation]:
    for code in query.indicator:
        if code not in catalogue.indicators:
            yield Violation("indicator", "is not an indicator's code", "See /indicators.")
    for part in query.slice:
        if part != "all" and not any(
            (code, part) in catalogue.series for code in query.indicator or catalogue.indicators
        ):
            yield Violation("slice", "is not a slice of what is asked for", "See the indicator at /indicators.")


@dataclass(frozen=True, slots=True)
class Presentation:
    """The columns and names to show, in the order of COLUMNS and of NAMES, and the order of the values."""

    columns: tuple[Column, ...]
    names: tuple[str, ...]
    order: Order


def presentation_of(query: ValueQuery) -> Presentation:
    """Return what the query asks for.

    Raises:
        InvalidQuery: it names a field that there is not, or one that cannot be sorted by.
    """
    if query.fields is query.sort is query.expand is None:
        return WHOLE
    known = (*PUBLIC_NAMES, *(NAMES if query.expand else ()))
    fields = _listed(query.fields)
    order = tuple((name.removeprefix("-"), name.startswith("-")) for name in _listed(query.sort))
    violations = [*_unknown_fields(fields, known), *_unsortable(order)]
    if violations:
        raise InvalidQuery("The query asks for fields that do not exist.", violations)
    wanted = {*(fields or known)}
    return Presentation(
        tuple(column for column in COLUMNS if column.public_name in wanted),
        tuple(name for name in NAMES if name in wanted),
        order,
    )


WHOLE = Presentation(COLUMNS, (), ())


def _listed(names: str | None) -> list[str]:
    return [name.strip() for name in names.split(",")] if names is not None else []


def _unknown_fields(fields: Sequence[str], known: Sequence[str]) -> Iterator[Violation]:
    if any(name not in known for name in fields):
        fields, names = ", ".join(known), ", ".join(NAMES)
        remedy = f"Known: {fields}." if set(NAMES) <= set(known) else f"Known: {fields}. With expand=names: {names}."
        yield Violation("fields", "names a field that a value does not have", remedy)


def _unsortable(order: Order) -> Iterator[Violation]:
    names = [name for name, _ in order]
    if any(name not in SORT_KEYS for name in names):
        remedy = f"Sort by {', '.join(SORT_KEYS)}; a minus before the name turns the order round."
        yield Violation("sort", "names a field that values are not sorted by", remedy)
    elif len({*names}) < len(names):
        yield Violation("sort", "names a field twice", "Name each once.")

"""Plain SELECTs on the read model. Nothing is summed here: the worker has done that.

They run on psycopg directly: SQLAlchemy's way to a result takes longer than PostgreSQL takes to answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from shared.domain.activity_type import Wording
from shared.domain.errors import InvalidPeriod
from shared.domain.period import Period

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
    from datetime import date

    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

    from services.api.paging import Page

T = TypeVar("T")

# Sorting reads them all for each page: a tenth of a second for the first, half a second for a late one.
MOST_SORTED = 50_000
# Fields and orders can be combined in more ways than need be remembered.
MOST_STATEMENTS = 256

COLUMNS = (
    "id",
    "indicatorCode",
    "areaCode",
    "periodType",
    "period",
    "periodStart",
    "periodEnd",
    "numerator",
    "denominator",
    "value",
    "leftOut",
    "notPlaced",
    "monthsArrived",
    "slice",
    "unit",
    "status",
    "finality",
    "revision",
    "targets",
    "comparisons",
    "definitionVersion",
    "computedAt",
)
INDICATOR, SLICE, AREA = (COLUMNS.index(name) for name in ("indicatorCode", "slice", "areaCode"))
# What stands in the JSON as it comes: numbers, and what is JSON already.
_BARE = {
    *("numerator", "denominator", "value", "leftOut", "notPlaced", "monthsArrived", "revision", "targets"),
    *("comparisons", "definitionVersion"),
}
Order = tuple[tuple[str, bool], ...]
"""Which fields values are sorted by, each with whether the greatest comes first."""

# What an undefined comparison shows: every key is always there.
NO_COMPARISONS: dict[str, None] = dict.fromkeys(
    (
        *("previousPeriod", "samePeriodLastYear", "yearToDate", "last12Months", "per100000", "latestMeasurement"),
        "reportingMunicipalities",
    )
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which values are asked for; None or empty means any. Codes have become ids; slices matter without series."""

    series: tuple[int, ...] = ()
    slices: tuple[str, ...] = ()
    areas: tuple[int, ...] = ()
    period_type: str | None = None
    first: date | None = None
    last: date | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What is compared with, by the names of the conditions."""
        given = {
            **_one_or_several("series", self.series),
            **_one_or_several("slice", self.slices),
            **_one_or_several("area", self.areas),
            "period_type": self.period_type,
            "first": self.first,
            "last": self.last,
        }
        return {name: value for name, value in given.items() if value is not None}


def _one_or_several(name: str, ids: Sequence[int | str]) -> dict[str, Any]:
    """Return a single one as it is: PostgreSQL plans anew for every array, which takes longer than the rest."""
    if len(ids) == 1:
        return {name: ids[0]}
    return {f"several_{name}": list(ids)} if ids else {}


_CONDITIONS = {
    "series": "series_id = %(series)s",
    "several_series": "series_id = ANY(%(several_series)s::smallint[])",
    "slice": "series_id IN (SELECT series_id FROM indicator_series WHERE slice = %(slice)s)",
    "several_slice": "series_id IN (SELECT series_id FROM indicator_series WHERE slice = ANY(%(several_slice)s))",
    "area": "area_id = %(area)s",
    "several_area": "area_id = ANY(%(several_area)s::integer[])",
    "period_type": "period_type = %(period_type)s",
    "first": "period_start >= %(first)s",
    "last": "period_start <= %(last)s",
}

_PERIOD = """CASE period_type WHEN 'month' THEN to_char(period_start, 'YYYY-MM')
                  WHEN 'tertial' THEN concat(to_char(period_start, 'YYYY-"T"'),
                                             extract(month FROM period_start)::integer / 4 + 1)
                  ELSE to_char(period_start, 'YYYY') END"""
_KEY = "series_id, area_id, period_type, period_start"
_UNDEFINED = json.dumps(NO_COMPARISONS)


def _shown(chosen: str, order: str) -> str:
    """Return the SELECT of a page of the rows chosen, in their order.

    A suppressed figure is nowhere shown, nor a comparison that was made for another figure than the one beside it.
    """
    return f"""
    SELECT concat_ws('~', indicator_code, slice, area.code, lower(period)) AS "id",
           indicator_code AS "indicatorCode", area.code AS "areaCode", period_type AS "periodType", period AS "period",
           period_start AS "periodStart",
           (period_start + CASE period_type WHEN 'month' THEN interval '1 month' WHEN 'tertial' THEN interval '4 months'
                                ELSE interval '1 year' END - interval '1 day')::date AS "periodEnd",
           trim_scale(shown.numerator) AS "numerator", trim_scale(shown.denominator) AS "denominator",
           CASE WHEN NOT is_share THEN trim_scale(shown.numerator)
                ELSE trim_scale(round(factor * shown.numerator / nullif(shown.denominator, 0), 6)) END AS "value",
           left_out AS "leftOut", trim_scale(shown.not_placed) AS "notPlaced", months_arrived AS "monthsArrived",
           slice AS "slice", unit AS "unit", status AS "status", finality AS "finality", revision AS "revision",
           coalesce(targets, '[]') AS "targets", coalesce(shown.beside, '{_UNDEFINED}') AS "comparisons",
           value.definition_version AS "definitionVersion",
           to_char(computed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "computedAt"
    FROM ({chosen} LIMIT %(limit)s OFFSET %(offset)s) AS value
    JOIN indicator_series USING (series_id) JOIN area USING (area_id)
    LEFT JOIN comparison USING ({_KEY})
    CROSS JOIN LATERAL (SELECT {_PERIOD} AS period) AS named
    CROSS JOIN LATERAL (
        SELECT CASE WHEN status <> 'suppressed' THEN value.numerator END AS numerator,
               CASE WHEN status <> 'suppressed' THEN value.denominator END AS denominator,
               CASE WHEN status <> 'suppressed' THEN value.not_placed END AS not_placed,
               CASE WHEN (value.numerator, value.denominator)
                         IS NOT DISTINCT FROM (comparison.numerator, comparison.denominator) THEN comparison.beside
               END AS beside) AS shown
    ORDER BY {order}"""


# What a field that values are sorted by is before it is shown. A suppressed figure has no place among the others.
SORT_KEYS = {
    "indicatorCode": "indicator_code",
    "slice": "slice",
    "areaCode": "area.code",
    "periodStart": "period_start",
    "value": """CASE WHEN status = 'suppressed' THEN NULL WHEN NOT is_share THEN value.numerator
                     ELSE round(factor * value.numerator / nullif(value.denominator, 0), 6) END""",
    "computedAt": "computed_at",
}


@lru_cache(MOST_STATEMENTS)
def _rows(conditions: tuple[str, ...], order: Order = ()) -> str:
    """Return the SELECT of a page; the key comes last in every order, so that no two values change places."""
    where = _where(conditions)
    if not order:
        return _shown(f"SELECT * FROM indicator_value {where} ORDER BY {_KEY}", _KEY)
    keys = ", ".join(f"{SORT_KEYS[name]} {'DESC' if is_falling else 'ASC'} NULLS LAST" for name, is_falling in order)
    chosen = f"""SELECT value.* FROM indicator_value AS value
                 JOIN indicator_series USING (series_id) JOIN area USING (area_id) {where} ORDER BY {keys}, {_KEY}"""
    return _shown(chosen, f"{keys}, {_KEY}")


@lru_cache(MOST_STATEMENTS)
def _json_rows(
    conditions: tuple[str, ...], columns: tuple[str, ...] = COLUMNS, order: Order = (), beside: str = ""
) -> str:
    """Return the same rows, each as one JSON text: no value needs quoting that its pattern does not keep harmless."""
    slots = [f'"{name}":' + ("%%s" if name in _BARE else '"%%s"') for name in columns]
    values = [f"""coalesce("{name}"::text, 'null')""" if name in _BARE else f'"{name}"' for name in columns]
    template = "{" + ",".join(slots) + "}"
    told = ", ".join([f"'{template}'", *values])
    return f"SELECT format({told}){beside} FROM ({_rows(conditions, order)}) AS row"


_AREA_NAMES = "SELECT code, name, coalesce(name_en, name) FROM area WHERE code = ANY(%(codes)s)"


@cache
def _count(conditions: tuple[str, ...]) -> str:
    return f"SELECT count(*) FROM indicator_value {_where(conditions)}"


def _where(conditions: Iterable[str]) -> str:
    condition = " AND ".join(_CONDITIONS[name] for name in conditions)
    return f"WHERE {condition}" if condition else ""


async def on_figures(pool: AsyncConnectionPool, select: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Run SELECTs on a connection of the pool, and once more if PostgreSQL has been restarted since it was opened."""
    try:
        async with pool.connection() as connection:
            return await select(connection)
    except psycopg.OperationalError:
        await pool.check()
    async with pool.connection() as connection:
        return await select(connection)


async def json_rows(
    connection: AsyncConnection, asked: Filter, page: Page, columns: tuple[str, ...] = COLUMNS, order: Order = ()
) -> list[str]:
    """Return one page of values, each as JSON text."""
    compared = asked.parameters
    statement = _json_rows(tuple(compared), columns, order)
    return [row for (row,) in await _select(connection, statement, compared | _bounds(page))]


async def coded_rows(
    connection: AsyncConnection, asked: Filter, page: Page, columns: tuple[str, ...], order: Order
) -> Sequence[tuple[str, str, str, str]]:
    """Return one page of values, each as JSON text with the codes of its indicator, slice and area."""
    compared = asked.parameters
    statement = _json_rows(tuple(compared), columns, order, ', "indicatorCode", "slice", "areaCode"')
    return await _select(connection, statement, compared | _bounds(page))


async def plain_rows(
    connection: AsyncConnection, asked: Filter, page: Page, order: Order = ()
) -> Sequence[tuple[Any, ...]]:
    """Return one page of values as tuples in the order of COLUMNS."""
    compared = asked.parameters
    return await _select(connection, _rows(tuple(compared), order), compared | _bounds(page))


async def batches(connection: AsyncConnection, asked: Filter, size: int) -> AsyncGenerator[Sequence[tuple[Any, ...]]]:
    """Yield every value there is at this moment as tuples in the order of COLUMNS, so many at a time.

    PostgreSQL holds those not yet read, and gives up when nobody asks for them for a minute.
    """
    compared = asked.parameters
    async with connection.transaction(), connection.cursor("every_value") as cursor:
        await cursor.execute(_rows(tuple(compared)).encode(), {**compared, "limit": None, "offset": 0})
        while batch := await cursor.fetchmany(size):
            yield batch


def _bounds(page: Page) -> dict[str, int]:
    return {"limit": page.limit, "offset": page.offset}


async def count(connection: AsyncConnection, asked: Filter) -> int:
    """Return how many values there are."""
    compared = asked.parameters
    total: int = (await _select(connection, _count(tuple(compared)), compared))[0][0]
    return total


async def _select(
    connection: AsyncConnection, statement: str, parameters: Mapping[str, Any]
) -> Sequence[tuple[Any, ...]]:
    return await (await connection.execute(statement.encode(), parameters)).fetchall()


async def area_names(connection: AsyncConnection, codes: Iterable[str]) -> dict[str, Wording]:
    """Return the names of areas by code; one that has none in English is called the same there."""
    rows = await _select(connection, _AREA_NAMES, {"codes": [*{*codes}]})
    return {code: Wording(sv=name, en=name_en) for code, name, name_en in rows}


def series_code(indicator: str, part: str) -> str:
    """Return what a series is found by, of an indicator's code and a slice."""
    return f"{indicator}~{part}"


@dataclass(frozen=True, slots=True)
class ValueKey:
    """What an id is made of: it follows from indicator, slice, area and period, and never changes."""

    indicator: str
    slice: str
    area: str
    period: Period


def find_key(value_id: str) -> ValueKey | None:
    """Read an id; None when it cannot be one."""
    pieces = value_id.split("~")
    if len(pieces) != 4:  # noqa: PLR2004  indicator, slice, area, period
        return None
    try:
        return ValueKey(pieces[0], pieces[1], pieces[2], Period.parse(pieces[3].upper()))
    except InvalidPeriod:
        return None

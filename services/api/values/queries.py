"""SELECTs on the view of the values that are served, and what is asked again and again and remembered.

They run on psycopg directly: SQLAlchemy's way to a result takes longer than PostgreSQL takes to answer.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import psycopg

from shared.db.access import current_access
from shared.domain.activity_type import Wording
from shared.read_model.columns import BY_PUBLIC_NAME, COLUMNS, KEY, PUBLIC_NAMES, json_object, select_list

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
    from datetime import date

    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

    from services.api.http.responses import Page
    from shared.db.access import Access
    from shared.read_model.columns import Column

T = TypeVar("T")

# Sorting reads them all for each page: a tenth of a second for the first, half a second for a late one.
MOST_SORTED = 50_000
# Conditions, fields and lengths of pages can be combined in more ways than need be remembered.
MOST_STATEMENTS = 256
# How long the length of a list may be taken from memory: counting costs more than reading a page.
COUNT_SECONDS = 5.0
MOST_COUNTS = 1000

# By which fields values are sorted. A suppressed figure has no value, and so no place among the others.
SORT_KEYS = ("indicatorCode", "slice", "areaCode", "periodStart", "value", "computedAt")

# The positions in a tuple of COLUMNS of the codes by which a value's names are found.
INDICATOR, SLICE, AREA, UNIT = (PUBLIC_NAMES.index(name) for name in ("indicatorCode", "slice", "areaCode", "unit"))

Order = tuple[tuple[str, bool], ...]
"""Which of SORT_KEYS values are sorted by, each with whether the greatest comes first."""


@dataclass(frozen=True, slots=True)
class ValueFilter:
    """Which values are asked for; None or empty means any. Codes have become ids; slices matter without series."""

    series: tuple[int, ...] = ()
    slices: tuple[str, ...] = ()
    areas: tuple[int, ...] = ()
    period_type: str | None = None
    first: date | None = None
    last: date | None = None
    within: int | None = None

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
            "within": self.within,
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
    "within": """area_id IN (SELECT area_id FROM area_closure JOIN area ON area_id = descendant_id
                             WHERE ancestor_id = %(within)s AND area.kind = 'place')""",
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What decides the text of a SELECT of values: what of each, under which conditions, in which order."""

    selected: str
    conditions: tuple[str, ...]
    order: Order = ()


@lru_cache(MOST_STATEMENTS)
def _first_page(wanted: _Wanted, limit: int) -> str:
    """Return the SELECT of the first page in the order of the key.

    The limit is in the text: of one that it does not know PostgreSQL thinks a tenth of all values, and so plans
    anew each time.
    """
    return f"SELECT {wanted.selected} FROM served_value {_where(wanted.conditions)} ORDER BY {KEY} LIMIT {limit}"


def _page(wanted: _Wanted, page: Page) -> str:
    """Return the SELECT of any page: its keys first, so that of all values before it nothing is joined or written."""
    order = _order_by(wanted.order)
    return f"""SELECT {wanted.selected}
               FROM (SELECT {KEY} FROM served_value {_where(wanted.conditions)} ORDER BY {order}
                     LIMIT {page.limit} OFFSET {page.offset}) AS page
               JOIN served_value USING ({KEY}) ORDER BY {order}"""


def _order_by(order: Order) -> str:
    """Return the terms of ORDER BY; the key comes last in every order, so that no two values change places."""
    return ", ".join(
        (*(f"{BY_PUBLIC_NAME[name].name} {'DESC' if falls else 'ASC'} NULLS LAST" for name, falls in order), KEY)
    )


def _where(conditions: Iterable[str]) -> str:
    condition = " AND ".join(_CONDITIONS[name] for name in conditions)
    return f"WHERE {condition}" if condition else ""


_ALL_AS_JSON, _ALL = json_object(COLUMNS), select_list(COLUMNS)
_AREA_NAMES = "SELECT code, name, coalesce(name_en, name) FROM area WHERE code = ANY(%(codes)s)"


async def on_figures(pool: AsyncConnectionPool, select: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Run SELECTs on a connection of the pool, and once more if PostgreSQL has been restarted since it was opened."""
    async with pool.connection() as connection:
        try:
            return await select(connection)
        except psycopg.OperationalError:
            if not connection.closed:
                raise
    await pool.check()
    async with pool.connection() as connection:
        return await select(connection)


async def json_rows(
    connection: AsyncConnection,
    asked: ValueFilter,
    page: Page,
    columns: tuple[Column, ...] = COLUMNS,
    order: Order = (),
) -> list[str]:
    """Return one page of values, each as JSON text."""
    selected = _ALL_AS_JSON if columns is COLUMNS else json_object(columns)
    return [row for (row,) in await _rows_of(connection, asked, page, selected, order)]


async def coded_rows(
    connection: AsyncConnection, asked: ValueFilter, page: Page, columns: tuple[Column, ...], order: Order
) -> Sequence[tuple[str, str, str, str, str]]:
    """Return one page of values, each as JSON text with the codes of its indicator, slice, area and unit."""
    selected = f"{json_object(columns)}, indicator_code, slice, area_code, unit"
    return await _rows_of(connection, asked, page, selected, order)


async def plain_rows(
    connection: AsyncConnection, asked: ValueFilter, page: Page, order: Order = ()
) -> Sequence[tuple[Any, ...]]:
    """Return one page of values as tuples in the order of COLUMNS."""
    return await _rows_of(connection, asked, page, _ALL, order)


async def _rows_of(
    connection: AsyncConnection, asked: ValueFilter, page: Page, selected: str, order: Order
) -> Sequence[tuple[Any, ...]]:
    return await rows_of(connection, *page_statement(asked, page, selected, order))


def page_statement(
    asked: ValueFilter, page: Page, selected: str = _ALL_AS_JSON, order: Order = ()
) -> tuple[str, dict[str, Any]]:
    """Return the SELECT of what is `selected` of one page of values, and its parameters."""
    compared = asked.parameters
    wanted = _Wanted(selected, tuple(compared), order)
    if page.number == 1 and not order:
        return _first_page(wanted, page.limit), compared
    return _page(wanted, page), compared


async def batches(
    connection: AsyncConnection, asked: ValueFilter, size: int
) -> AsyncGenerator[Sequence[tuple[Any, ...]]]:
    """Yield every value there is at this moment as tuples in the order of COLUMNS, so many at a time.

    PostgreSQL holds those not yet read, and gives up when nobody asks for them for a minute.
    """
    compared = asked.parameters
    statement = f"SELECT {_ALL} FROM served_value {_where(compared)} ORDER BY {KEY}"
    async with connection.transaction(), connection.cursor("every_value") as cursor:
        await cursor.execute(statement.encode(), compared)
        while batch := await cursor.fetchmany(size):
            yield batch


async def count(connection: AsyncConnection, asked: ValueFilter) -> int:
    """Return how many values there are."""
    compared = asked.parameters
    rows = await rows_of(connection, f"SELECT count(*) FROM served_value {_where(compared)}", compared)
    total: int = rows[0][0]
    return total


async def rows_of(
    connection: AsyncConnection, statement: str, parameters: Mapping[str, Any]
) -> Sequence[tuple[Any, ...]]:
    """Return all rows of a SELECT."""
    return await (await connection.execute(statement.encode(), parameters)).fetchall()


async def area_names(connection: AsyncConnection, codes: Iterable[str]) -> dict[str, Wording]:
    """Return the names of areas by code; one that has none in English is called the same there."""
    rows = await rows_of(connection, _AREA_NAMES, {"codes": [*{*codes}]})
    return {code: Wording(sv=name, en=name_en) for code, name, name_en in rows}


class CountCache:
    """How long lists are to whom, remembered for a few seconds."""

    def __init__(self) -> None:
        self._known: dict[tuple[ValueFilter, Access | None], tuple[float, int]] = {}

    async def of(self, connection: AsyncConnection, asked: ValueFilter, page: Page, on_page: int) -> int:
        """Return how many values there are, `on_page` of them on the page; a short first page is the whole list."""
        if page.number == 1 and on_page < page.limit:
            return on_page
        return await self.at_least(connection, asked, page.offset + on_page)

    async def at_least(self, connection: AsyncConnection, asked: ValueFilter, seen: int = 0) -> int:
        """Return how many values there are, of which so many have been seen."""
        now = time.monotonic()
        key = asked, current_access()
        known = self._known.get(key)
        if known is not None and known[0] > now and known[1] >= seen:
            return known[1]
        total = await count(connection, asked)
        if len(self._known) >= MOST_COUNTS:
            self._known.clear()
        self._known[key] = (now + COUNT_SECONDS, total)
        return total


def series_code(indicator: str, part: str) -> str:
    """Return what a series is found by, of an indicator's code and a slice: the beginning of its values' ids."""
    return f"{indicator}~{part}"


class Codes:
    """Ids by code, remembered: a code never gets another id."""

    statement: ClassVar[bytes]

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    async def ids(self, connection: AsyncConnection, codes: Sequence[str]) -> dict[str, int]:
        """Return the ids of those codes that exist."""
        missing = [code for code in codes if code not in self._known]
        if missing:
            found = await connection.execute(self.statement, {"codes": missing})
            self._known |= dict(await found.fetchall())
        return {code: self._known[code] for code in codes if code in self._known}


class AreaCodes(Codes):
    """The ids of areas."""

    statement = b"SELECT code, area_id FROM area WHERE code = ANY(%(codes)s)"


class SeriesCodes(Codes):
    """The ids of series, which have the beginning of their values' ids for a code: indicator~slice."""

    statement = b"""SELECT concat_ws('~', indicator_code, slice) AS code, series_id AS id FROM indicator_series
                    WHERE concat_ws('~', indicator_code, slice) = ANY(%(codes)s)"""

"""Runs compiled queries: a page, a single row, a count. PostgreSQL filters, orders, adds up and writes the JSON.

The connections run what clients compose: they can only read, and are stopped before they hold the database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg_pool import AsyncConnectionPool

from services.api.http.dependencies import Resources
from services.api.odata.dimensions import CATALOGUE_PARAMETER, definition_rows
from services.api.odata.errors import Busy, InvalidRequest, QueryTooCostly, UnknownResource
from services.api.odata.formats import JsonFormat
from services.api.odata.model import Edm, EntitySet
from services.api.odata.options import Query
from services.api.odata.paging import PagePosition, after
from services.api.odata.rendering import JsonMember, Member, Nested, rendered
from services.api.odata.resources import Entity
from services.api.odata.scope import Parameters
from services.api.odata.sets import FEEDS, MODEL, Feed
from services.api.odata.statement import Order, Statement, select_statement
from services.api.values.queries import on_figures
from shared.db.engine import PoolKind, build_pool, statement_timeout

T = TypeVar("T")


def build_feed_pool(database_url: str, connections: int, seconds: float) -> AsyncConnectionPool:
    """Return the feed's own pool, to be opened, whose statements may take so long."""
    return build_pool(
        database_url,
        PoolKind.FEED,
        connections=connections,
        limits={
            **statement_timeout(seconds),
            "default_transaction_read_only": "on",
            "default_transaction_isolation": r"repeatable\ read",
        },
    )


@dataclass(frozen=True, slots=True)
class RowPage:
    """Rows as JSON, without the brackets around them; and if more follow, the sort columns of the last one as text."""

    rows: bytes
    end: tuple[str | None, ...] | None


class FeedReader:
    """A connection to the feed's data, in one snapshot."""

    def __init__(self, connection: AsyncConnection, resources: Resources) -> None:
        self._connection = connection
        self._resources = resources

    async def page(
        self, statement: Statement, feed: Feed, form: JsonFormat, size: int, place: PagePosition | None
    ) -> RowPage:
        """Return the rows that come after a place, at most `size` of them and no more than `$top` leaves."""
        await self._heed_guards(statement)
        order = sort_columns(statement, feed)
        sql, parameters = _page_sql(statement, order, form, size, place)
        cursor = await self._run(sql, parameters)
        found = cursor.pgresult
        assert found is not None  # noqa: S101  a SELECT always has a result
        rows = found.get_value(0, 0) or b""
        values = tuple(_text(found.get_value(0, column)) for column in range(2, 2 + len(order)))
        is_full = int(found.get_value(0, 1) or b"0") > size
        return RowPage(rows, values if is_full else None)

    async def count(self, statement: Statement) -> int:
        """Return how many rows there are, whatever `$top` and `$skip` leave of them."""
        await self._heed_guards(statement)
        cursor = await self._run(statement.count_sql, statement.parameters.values)
        return int((await cursor.fetchone() or (0,))[0])

    async def row(self, entity: Entity, query: Query, form: JsonFormat) -> bytes | None:
        """Return one row as JSON; None if a navigation leads nowhere.

        Raises:
            UnknownResource: there is no such row.
        """
        parameters = Parameters()
        condition = _is_addressed(entity, parameters)
        entity_set = entity.feed.entity_set
        if entity.navigation is not None:
            await self._refuse_missing(entity, condition, parameters)
            entity_set = MODEL.entity_set(entity.navigation.target)
            condition = _is_reached(entity, condition)
        statement = select_statement(query, entity_set, MODEL)
        wanted = replace(statement, where=f"{statement.where} AND {condition}")
        wanted.parameters.values.update(parameters.values)
        page = await self.page(wanted, FEEDS[entity_set.name], form, 1, None)
        if not page.rows and entity.navigation is None:
            raise _unknown()
        return page.rows or None

    async def _refuse_missing(self, entity: Entity, condition: str, parameters: Parameters) -> None:
        sql = f"SELECT 1 FROM {entity.feed.entity_set.source} WHERE {condition}"
        if await (await self._run(sql, parameters.values)).fetchone() is None:
            raise _unknown()

    async def _heed_guards(self, statement: Statement) -> None:
        for guard in statement.guards:
            if await (await self._run(guard.sql, statement.parameters.values)).fetchone() is not None:
                raise guard.refusal

    async def _run(self, sql: str, parameters: Mapping[str, Any]) -> AsyncCursor:
        if f"%({CATALOGUE_PARAMETER})s" in sql:
            parameters = {**parameters, CATALOGUE_PARAMETER: await self._definitions()}
        with refusals_translated():
            return await self._connection.execute(sql.encode(), parameters)

    async def _definitions(self) -> str:
        async with self._resources.reading.connect() as connection:
            return definition_rows(await self._resources.catalogue.current(connection))


async def read(resources: Resources, select: Callable[[FeedReader], Awaitable[T]]) -> T:
    """Run SELECTs in one snapshot, so that what guards a sum sees what is summed; once more after a restart."""

    async def in_transaction(connection: AsyncConnection) -> T:
        async with connection.transaction():
            return await select(FeedReader(connection, resources))

    with failures_translated():
        return await on_figures(resources.feed, in_transaction)


def sort_columns(statement: Statement, feed: Feed) -> tuple[Order, ...]:
    """Return what rows are sorted by: what was asked for, and then what tells all rows apart."""
    return (*statement.order, *(feed.order if _is_as_stored(statement) else statement.key))


def _is_as_stored(statement: Statement) -> bool:
    """Tell rows of a set from groups that `$apply` has made of them."""
    return statement.entity_set is MODEL.sets[statement.entity_set.name]


def _page_sql(
    statement: Statement, order: Sequence[Order], form: JsonFormat, size: int, place: PagePosition | None
) -> tuple[str, Mapping[str, Any]]:
    """Return the SELECT of one row: the rows' JSON, how many there are of one more than a page, and where it ends."""
    parameters = Parameters({**statement.parameters.values})
    where = statement.where
    if place is not None:
        where = f"{where} AND {after(order, place.values, parameters)}"
    limit = size + 1 if statement.top is None else min(size + 1, statement.top)
    skip = 0 if place is not None or statement.skip is None else statement.skip
    ends = (f", max(page.k{number}::text) FILTER (WHERE page.number = %(size)s)" for number in range(len(order)))
    keys = (f", {one.sql} AS k{number}" for number, one in enumerate(order))
    columns = [(column.path, JsonMember(column.path[-1], column.sql, column.type)) for column in statement.columns]
    members = list(_nested(columns, statement.entity_set, statement.present))
    json = rendered(members, statement.entity_set if _is_as_stored(statement) else None, form)
    sql = f"""SELECT string_agg(page.json, ',') FILTER (WHERE page.number <= %(size)s), count(*){"".join(ends)}
        FROM (SELECT ordered.*, row_number() OVER () AS number
              FROM (SELECT {json} AS json{"".join(keys)} FROM {statement.source} WHERE {where}
                    {_order_by(order)} LIMIT %(limit)s OFFSET %(skip)s) AS ordered) AS page"""
    return sql, {**parameters.values, "size": size, "limit": limit, "skip": skip}


def _order_by(order: Sequence[Order]) -> str:
    """Return ORDER BY; where nothing is null, an index is in the order already."""
    clauses = (one.clause if one.nullable or one.descending else one.sql for one in order)
    return f"ORDER BY {', '.join(clauses)}" if order else ""


def _nested(
    columns: Sequence[tuple[tuple[str, ...], JsonMember]], entity_set: EntitySet | None, present: Mapping[str, str]
) -> Iterator[Member]:
    """Yield values, and objects of those whose paths begin alike, in the order in which they come first."""
    targets = {navigation.name: navigation.target for navigation in entity_set.navigations} if entity_set else {}
    for first in dict.fromkeys(path[0] for path, _ in columns):
        alike = [(path[1:], column) for path, column in columns if path[0] == first]
        if alike[0][0]:
            target = MODEL.sets.get(targets.get(first, ""))
            yield Nested(first, tuple(_nested(alike, target, {})), target, present.get(first))
        else:
            yield alike[0][1]


def _is_addressed(entity: Entity, parameters: Parameters) -> str:
    """Return the SQL condition of the row that a key addresses."""
    if entity.feed.find is not None:
        found = entity.feed.find(entity.key)
        if found is None:
            raise _unknown()
        parameters.values.update(found.parameters)
        return found.sql
    (name,) = entity.feed.entity_set.key
    parameters.values["key"] = entity.key
    key = entity.feed.entity_set.property(name)
    return f"{key.sql} = %(key)s::{'uuid' if key.type is Edm.GUID else 'text'}"


def _is_reached(entity: Entity, condition: str) -> str:
    """Return the SQL condition of the row that a navigation from an addressed row leads to."""
    assert entity.navigation is not None  # noqa: S101  asked by who has seen it
    origin, target = entity.feed.entity_set, MODEL.entity_set(entity.navigation.target)
    reached = (
        f"{target.property(theirs).sql} = (SELECT {origin.property(own).sql} FROM {origin.source} WHERE {condition})"
        for own, theirs in entity.navigation.keys
    )
    return " AND ".join(reached)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _unknown() -> UnknownResource:
    return UnknownResource("The set has no row with this key.")


@contextmanager
def refusals_translated() -> Iterator[None]:
    """Translate what PostgreSQL says of a statement that a client's expressions are part of."""
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        raise QueryTooCostly(
            "The answer would take longer than one may. Narrow it by $filter, or leave $orderby out."
        ) from error
    except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded, psycopg.errors.StatementTooComplex) as error:
        raise InvalidRequest(
            "An expression has no value for some row, such as a number or a date out of bounds.", code="NoValue"
        ) from error


@contextmanager
def failures_translated() -> Iterator[None]:
    """Translate that PostgreSQL cannot be asked: every connection is taken, or it is away."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise Busy("The service is busy. Try again in a while.", headers={"Retry-After": "10"}) from error

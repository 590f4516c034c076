"""A reader that applies the change feed, and how values are written and served apart from it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.http.responses import Page
from services.api.values import queries
from shared.db.access import FULL_ACCESS, acting
from shared.db.cursors import Cursor
from shared.db.engine import PoolKind, build_pool
from shared.feed.changes import ChangeFilter, read_changes

CLEANUPS, VISITS = "graffiti-cleanups", "school-visits"
LANDSKRONA, SKANE = "1282", "12"

# An indicator, an area and a month, and how many.
Figures = Mapping[tuple[str, str, int], int | None]

_WRITE = text(
    """INSERT INTO indicator_value AS existing (series_id, area_id, period_type, period_start, numerator, left_out,
                                                status)
       SELECT series_id, area_id, 'month', make_date(2016, :month, 1), :figure, 0, 'observed'
       FROM indicator_series CROSS JOIN area
       WHERE indicator_code = :indicator AND slice = 'all' AND area.code = :area
       ON CONFLICT (series_id, area_id, period_type, period_start) DO UPDATE
       SET numerator = excluded.numerator, revision = existing.revision + 1, computed_at = now(), changed_in = DEFAULT,
           change_number = DEFAULT"""
)
_REMOVE = text(
    """DELETE FROM indicator_value USING indicator_series, area
       WHERE indicator_value.series_id = indicator_series.series_id AND indicator_value.area_id = area.area_id
         AND indicator_code = :indicator AND slice = 'all' AND area.code = :area
         AND period_start = make_date(2016, :month, 1)"""
)


async def write(connection: AsyncConnection, figures: Figures) -> None:
    """Make these values so, or remove those that are None."""
    for (indicator, area, month), figure in figures.items():
        key = {"indicator": indicator, "area": area, "month": month}
        await connection.execute(_REMOVE if figure is None else _WRITE, key | {"figure": figure})


@dataclass
class Reader:
    """Someone who follows the feed, and stores each value as of its latest change."""

    engine: AsyncEngine
    wanted: ChangeFilter = field(default_factory=ChangeFilter)
    limit: int = 7
    since: Cursor | None = None
    values: dict[str, Any] = field(default_factory=dict)
    changes: list[tuple[str, str]] = field(default_factory=list)

    async def poll(self) -> bool:
        """Read one answer; return whether there is more."""
        async with self.engine.connect() as connection:
            found = await read_changes(connection, self.since, self.wanted, self.limit)
        assert len(found.entries) <= self.limit
        for entry in found.entries:
            self.changes.append((entry["id"], entry["change"]))
            if entry["change"] == "removed":
                assert entry["indicatorValue"] is None
                self.values.pop(entry["id"], None)
            else:
                self.values[entry["id"]] = orjson.loads(orjson.dumps(entry["indicatorValue"]))
        self.since = found.next
        return found.has_more

    async def catch_up(self, *, though_others_write: bool = False) -> Reader:
        """Read until there is no more of what is committed now."""
        if not though_others_write:
            await older_ones_end(self.engine)
        while await self.poll():
            pass
        return self


async def older_ones_end(engine: AsyncEngine) -> None:
    """Wait until every transaction that has begun is over: also those by which PostgreSQL looks after itself."""
    async with engine.begin() as connection:
        latest = (await connection.execute(text("SELECT pg_current_xact_id()::text"))).scalar_one()
    passed = text("SELECT pg_snapshot_xmin(pg_current_snapshot()) > CAST(:latest AS xid8)")
    while True:
        async with engine.connect() as connection:
            if (await connection.execute(passed, {"latest": latest})).scalar_one():
                return
        await asyncio.sleep(0.01)


def value_id(indicator: str, area: str, month: int) -> str:
    return f"{indicator}~all~{area}~2016-{month:02}"


async def served_values(database_url: str) -> dict[str, dict[str, Any]]:
    """Return what /indicator-values serves, without the comparisons of each figure."""
    with acting(FULL_ACCESS):
        async with build_pool(database_url, PoolKind.FEED, connections=1) as pool, pool.connection() as connection:
            rows = [
                orjson.loads(row)
                for row in await queries.json_rows(connection, queries.ValueFilter(), Page(1, 100_000))
            ]
    return {row["id"]: {name: row[name] for name in row if name != "comparisons"} for row in rows}

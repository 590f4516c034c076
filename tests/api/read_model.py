"""Figures put into the read model as they are, for tests of how they are served."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import NullPool, create_engine, text

from shared.catalogue.loader import shipped_catalogue
from shared.db.engine import build_engine
from shared.domain.period import Period
from shared.facts.series import put_series

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

_INSERT = text(
    """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, denominator, left_out,
                                    status, targets)
       SELECT series_id, area_id, :period_type, :start, :numerator, :denominator, 0, :status, CAST(:targets AS jsonb)
       FROM indicator_series, area
       WHERE indicator_code = :indicator AND slice = :slice AND area.code = :area"""
)


@dataclass(frozen=True, slots=True)
class Value:
    """One figure; Landskrona's, unless another area's."""

    indicator: str
    period: str
    numerator: float | None
    denominator: float | None = None
    area: str = "1282"
    slice: str = "all"
    status: str = "observed"
    targets: tuple[dict[str, Any], ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        period = Period.parse(self.period)
        fields = {name: getattr(self, name) for name in ("indicator", "numerator", "denominator", "area", "slice")}
        targets = orjson.dumps(self.targets).decode() if self.targets else None
        return fields | {"period_type": period.type, "start": period.start, "status": self.status, "targets": targets}


def put_shipped_series(database_url: str) -> None:
    """Put the series of the catalogue, as the worker does."""
    asyncio.run(_put(database_url, []))


@contextmanager
def emptied(database_url: str, *tables: str) -> Iterator[Connection]:
    """Yield a connection whose rows are seen at once; the read model is empty, and so are further tables."""
    with create_engine(database_url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(('indicator_value', 'comparison', *tables))}"))
        yield connection


def put_value(rows: Connection, indicator: str, area: str = "1282", part: str = "all", **fields: Any) -> None:
    """Put a value for March 2016, unless the fields say otherwise."""
    value = {"period_type": "month", "period_start": date(2016, 3, 1), "numerator": 5, "denominator": None}
    value |= {"left_out": 0, "status": "observed"} | fields
    done = rows.execute(
        text(
            f"""INSERT INTO indicator_value (series_id, area_id, {", ".join(value)})
                SELECT series_id, area_id, {", ".join(f":{name}" for name in value)} FROM indicator_series, area
                WHERE indicator_code = :indicator AND slice = :part AND area.code = :area"""
        ),
        value | {"indicator": indicator, "area": area, "part": part},
    )
    assert done.rowcount == 1


def put_values(database_url: str, values: Iterable[Value]) -> None:
    """Put the series of the catalogue, as the worker does, and the values."""
    asyncio.run(_put(database_url, [value.parameters for value in values]))


async def _put(database_url: str, rows: list[dict[str, Any]]) -> None:
    engine = build_engine(database_url)
    async with engine.begin() as connection:
        await put_series(connection, shipped_catalogue(), date(2017, 1, 1))
        if rows:
            await connection.execute(_INSERT, rows)
    await engine.dispose()

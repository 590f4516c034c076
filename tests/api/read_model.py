"""Figures put into the read model as they are, for tests of how they are served."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import text

from shared.catalogue.loader import shipped_catalogue
from shared.db.engine import build_engine
from shared.domain.period import Period
from shared.facts.series import put_series

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def put_values(database_url: str, values: Iterable[Value]) -> None:
    """Put the series of the catalogue, as the worker does, and the values."""
    asyncio.run(_put(database_url, [value.parameters for value in values]))


async def _put(database_url: str, rows: list[dict[str, Any]]) -> None:
    engine = build_engine(database_url)
    async with engine.begin() as connection:
        await put_series(connection, shipped_catalogue(), date(2017, 1, 1))
        await connection.execute(_INSERT, rows)
    await engine.dispose()

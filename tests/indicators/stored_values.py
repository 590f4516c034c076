"""Values put into the read model as they are, and what the comparisons make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import text

from services.indicators.compute.comparisons import MARK_COMPARISONS, compare, compare_all
from services.indicators.compute.values import SeriesYear
from shared.db.arrays import as_arrays
from shared.domain.period import Period, PeriodType
from tests.indicators.world import World

GYMS = "certified-gyms"
AS_OF = date(2017, 1, 1)
MONTHS_2015, MONTHS_2016 = ([f"{year}-{month:02}" for month in range(1, 13)] for year in (2015, 2016))
NOTHING = dict.fromkeys(
    (
        *("previousPeriod", "samePeriodLastYear", "yearToDate", "last12Months", "per100000", "latestMeasurement"),
        "reportingMunicipalities",
    )
)

# Numerator, denominator, status.
ValueRow = tuple[Any, Any, str]
MISSING: ValueRow = (None, None, "missing")


@dataclass
class StoredValues:
    """Values stored as they are, and the comparisons made of them."""

    world: World
    series: dict[str, int] = field(default_factory=dict)

    async def put(self, indicator: str, area: str, values: Mapping[str, ValueRow]) -> None:
        """Put values by period, replacing those that are there."""
        rows = [
            {
                "series_id": self.series[indicator],
                "area_id": self.world.ids[area],
                "period_type": Period.parse(code).type.value,
                "period_start": Period.parse(code).start,
                "numerator": numerator,
                "denominator": denominator,
                "status": status,
            }
            for code, (numerator, denominator, status) in values.items()
        ]
        async with self.world.engine.begin() as connection:
            await connection.execute(_PUT, rows)

    async def run(self, statement: str, **parameters: Any) -> None:
        async with self.world.engine.begin() as connection:
            await connection.execute(text(statement), parameters)

    async def compare_all(self, as_of: date = AS_OF) -> int:
        async with self.world.engine.begin() as connection:
            return await compare_all(connection, as_of)

    async def comparisons(self, indicator: str, area: str, as_of: date = AS_OF) -> dict[str, dict[str, Any]]:
        """Compare everything and return the comparisons of each period of an indicator in an area."""
        await self.compare_all(as_of)
        async with self.world.engine.begin() as connection:
            rows = await connection.execute(
                _COMPARISONS, {"series_id": self.series[indicator], "area_id": self.world.ids[area]}
            )
            return {Period(PeriodType(row.period_type), row.period_start).code: row.comparisons for row in rows}


def changed(value: float, change: float | None, percent: float | None) -> dict[str, float | None]:
    return {"value": value, "change": change, "changePercent": percent}


_PUT = text(
    """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, denominator, left_out,
                                    status)
       VALUES (:series_id, :area_id, :period_type, :period_start, :numerator, :denominator, 0, :status)
       ON CONFLICT (series_id, area_id, period_type, period_start) DO UPDATE
       SET numerator = excluded.numerator, denominator = excluded.denominator, status = excluded.status"""
)


_COMPARISONS = text(
    """SELECT period_type, period_start, comparisons FROM comparison
       WHERE series_id = :series_id AND area_id = :area_id"""
)


def count(number: int) -> ValueRow:
    return number, None, "observed" if number else "zero"


def share(numerator: int, denominator: int) -> ValueRow:
    return numerator, denominator, "observed" if denominator else "missing"


def numbered(months: Sequence[str], first: int = 1) -> dict[str, ValueRow]:
    return {code: count(number) for number, code in enumerate(months, first)}


async def mark_and_compare(stored_values: StoredValues, wanted: SeriesYear) -> int:
    async with stored_values.world.engine.begin() as connection:
        await connection.execute(MARK_COMPARISONS, as_arrays(SeriesYear._fields, [wanted]))
        return await compare(connection, lambda: AS_OF)


POPULATION = """INSERT INTO observation (source, measure, area_id, period_type, period_start, numerator, finality)
                 VALUES (:finality, 'population', :area, 'year', :year, :number, :finality)"""

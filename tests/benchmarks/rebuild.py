"""(c) A rebuild of the whole read model, against one GROUP BY per indicator and granularity that is stored just so."""

from __future__ import annotations

import time
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.indicators.rebuild import rebuild
from services.indicators.series import series_ids
from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import Catalogue
from shared.catalogue.parts import COUNTED_APART, parts
from tests.benchmarks.results import Result

AIM = 1.5

_TERTIAL = (
    "make_date(extract(year FROM counted_on)::integer, (extract(month FROM counted_on)::integer - 1) / 4 * 4 + 1, 1)"
)
_STARTS = {
    "month": "date_trunc('month', counted_on)::date",
    "tertial": _TERTIAL,
    "year": "date_trunc('year', counted_on)::date",
}
_NUMERATORS = {
    "count": "sum(numerator)",
    "sum": "sum(numerator)",
    "share": "coalesce(sum(numerator), 0)",
    "distinct": "count(DISTINCT part.area_id) FILTER (WHERE reason IS NULL)",
}
_ROWS_AND_DIFFERENCES = text(
    """SELECT count(*), count(*) FILTER (WHERE (ours.numerator, ours.denominator, ours.left_out)
                                     IS DISTINCT FROM (theirs.numerator, theirs.denominator, theirs.left_out))
       FROM indicator_value AS ours FULL JOIN grouped AS theirs USING (series_id, area_id, period_type, period_start)"""
)


async def compare(engine: AsyncEngine, catalogue: Catalogue, today: date) -> Result:
    """Measure both, once: each takes minutes. Ours begins with an empty read model; both must make the same rows."""
    await _run(engine, "TRUNCATE cell, atom_figure, indicator_value")
    ours = await _seconds_of_rebuild(engine, catalogue, today)
    theirs = await _seconds_of_grouping(engine, catalogue, today)
    rows = await _same_rows(engine)
    await _run(engine, "DROP TABLE grouped")
    what = f"rebuild of {rows:,} values, seconds"
    return Result.at_most(what, [ours], "a GROUP BY per indicator and granularity", [theirs], AIM)


async def _seconds_of_rebuild(engine: AsyncEngine, catalogue: Catalogue, today: date) -> float:
    started = time.perf_counter()
    async with engine.begin() as connection:
        await rebuild(connection, catalogue, today)
    return time.perf_counter() - started


async def _seconds_of_grouping(engine: AsyncEngine, catalogue: Catalogue, today: date) -> float:
    started = time.perf_counter()
    async with engine.begin() as connection:
        # As the rebuild sets it for itself.
        await connection.exec_driver_sql("SET LOCAL work_mem = '256MB'")
        await connection.exec_driver_sql("CREATE TABLE grouped (LIKE indicator_value INCLUDING ALL)")
        series = await series_ids(connection)
        for definition in catalogue.indicators.values():
            for period_type in _STARTS:
                statement = _grouping(definition, series[definition.code], period_type)
                await connection.execute(text(statement), {"as_of": today})
        await _add_rows_of_nothing(connection, today)
    return time.perf_counter() - started


def _grouping(definition: IndicatorDefinition, series_id: int, period_type: str) -> str:
    apart = ", ".join(f"'{reason}'" for reason in COUNTED_APART)
    denominator = "coalesce(sum(denominator), 0)" if definition.kind == "share" else "NULL::numeric"
    return f"""
        INSERT INTO grouped (series_id, area_id, period_type, period_start, numerator, denominator, left_out)
        SELECT {series_id}, ancestor_id, '{period_type}', {_STARTS[period_type]},
               {_NUMERATORS[definition.kind]}, {denominator}, count(*) FILTER (WHERE reason IS NOT NULL)
        FROM ({parts(definition)}) AS part
        JOIN area_closure ON descendant_id = part.area_id AND valid @> counted_on
        WHERE reason IS NULL OR reason IN ({apart})
        GROUP BY 1, 2, 3, 4"""


async def _add_rows_of_nothing(connection: AsyncConnection, today: date) -> None:
    """Where reporting is on and nothing happened, the read model says so; here one statement for all does."""
    await connection.execute(_ROWS_OF_NOTHING, {"as_of": today})


async def _same_rows(engine: AsyncEngine) -> int:
    """Return how many rows each side has made."""
    async with engine.connect() as connection:
        await connection.exec_driver_sql("SET LOCAL work_mem = '256MB'")
        rows, differences = (await connection.execute(_ROWS_AND_DIFFERENCES)).one()
    if differences:
        raise AssertionError(f"the two sides differ in {differences} rows of {rows}: one of them is wrong")
    return int(rows)


async def _run(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.exec_driver_sql(statement)


_ROWS_OF_NOTHING = text(
    """INSERT INTO grouped (series_id, area_id, period_type, period_start, numerator, denominator, left_out)
       SELECT DISTINCT series_id, area_id, period_type, start::date, 0, CASE WHEN kind = 'share' THEN 0 END, 0
       FROM indicator_series
       JOIN reporting ON theme = ANY(themes)
       CROSS JOIN (VALUES ('month', interval '1 month'), ('tertial', interval '4 months'),
                          ('year', interval '1 year')) AS period(period_type, length)
       CROSS JOIN LATERAL generate_series(date_trunc('year', lower(valid)), upper(valid) - 1, length) AS start
       WHERE start <= :as_of AND start + length > lower(valid)
       ON CONFLICT DO NOTHING"""
)

"""(c) A rebuild of the whole read model, against one GROUP BY per series and granularity that is stored just so.

Nothing has been observed in these databases. Where reporting is on, a rebuild says so of each observed figure: for
these rows, a seventh of all, the other side has no statement. Beside them a rebuild also keeps the leaf figures that
recomputations begin with, compares all with what is stored, and marks what follows.

It is made by two connections, each with half of the series, on a processor each; the other side by one, since
PostgreSQL plans no parallel workers for a statement that writes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.indicators.compute.rebuild import rebuild
from shared.catalogue.cells import SeriesKey
from shared.catalogue.contributions import COUNTED_APART, parts
from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import Catalogue
from shared.catalogue.place_months import TERM_DAYS, all_place_months
from shared.db.locks import figures_in_snapshot, second_in_snapshot
from shared.facts.series import NumberedSeries, series_by_key
from tests.benchmarks.bench import Bench, Effort
from tests.benchmarks.database import Database
from tests.benchmarks.results import Result, thousands

AIM = 0.4
_TERTIAL = (
    "make_date(extract(year FROM counted_on)::integer, (extract(month FROM counted_on)::integer - 1) / 4 * 4 + 1, 1)"
)
# Where a period begins, and how many months after that its last one does.
_PERIODS = {
    "month": ("date_trunc('month', counted_on)::date", 0),
    "tertial": (_TERTIAL, 3),
    "year": ("date_trunc('year', counted_on)::date", 11),
}
_COUNTED = {
    "distinct": "count(DISTINCT part.area_id) FILTER (WHERE reason IS NULL)",
    "days": "count(DISTINCT (part.area_id, counted_on)) FILTER (WHERE reason IS NULL)",
}
_COMPARED = ("numerator", "denominator", "left_out", "status")
_KEY = "series_id, area_id, period_type, period_start"


class _Round(NamedTuple):
    """The seconds of ours and of theirs, and the rows each has made."""

    ours: float
    theirs: float
    rows: int


def measure(bench: Bench) -> Iterator[Result]:
    """Measure both sides in turn; ours begins with an empty read model, and both must make the same rows."""
    size = bench.effort.rebuilt_activities or bench.size
    facts = bench.databases.facts(size)
    started = time.perf_counter()
    rounds = [_round(bench, facts)]
    while _fit_two_more(len(rounds), time.perf_counter() - started, bench.effort):
        rounds += [_round(bench, facts), _round(bench, facts)]
    theirs = [one.theirs for one in rounds]
    what = f"rebuild of {thousands(rounds[0].rows)} values from {thousands(size)} activities"
    against = "a GROUP BY per series and granularity"
    yield Result.at_most(f"{what}, seconds", [one.ours for one in rounds], against, theirs, AIM)


def _round(bench: Bench, facts: Database) -> _Round:
    with bench.cache.copy(facts) as database:
        ours = database.with_engine(lambda engine: _seconds_of_rebuild(engine, bench.catalogue, bench.today))
        theirs = database.with_engine(lambda engine: _seconds_of_grouping(engine, bench.catalogue, bench.today))
        return _Round(ours, theirs, database.with_engine(_same_rows))


def _fit_two_more(rounds: int, seconds: float, effort: Effort) -> bool:
    """Tell whether two more rounds, which keep their number odd, end in time."""
    return rounds < effort.rounds and seconds * (rounds + 2) / rounds < effort.seconds_of_rebuild


async def _seconds_of_rebuild(engine: AsyncEngine, catalogue: Catalogue, today: date) -> float:
    """Return how long it takes as the command does it, with two connections."""
    started = time.perf_counter()
    async with figures_in_snapshot(engine) as connection, second_in_snapshot(engine, connection) as second:
        await rebuild(connection, catalogue, today, second=second)
    return time.perf_counter() - started


async def _seconds_of_grouping(engine: AsyncEngine, catalogue: Catalogue, today: date) -> float:
    started = time.perf_counter()
    async with engine.begin() as connection:
        # As the rebuild sets it for itself. The planner knows the tables here, and is left to choose.
        await connection.exec_driver_sql("SET LOCAL work_mem = '256MB'")
        await connection.exec_driver_sql("CREATE TABLE grouped (LIKE indicator_value INCLUDING ALL)")
        for statement in _groupings(catalogue, await series_by_key(connection)):
            await connection.execute(text(statement), {"as_of": today})
        await _add_rows_of_nothing(connection, today)
    return time.perf_counter() - started


def _groupings(catalogue: Catalogue, series: dict[SeriesKey, NumberedSeries]) -> Iterator[str]:
    """Yield the statement of each series and granularity."""
    for key, definition in catalogue.series.items():
        if definition.basis != "observation":
            for period_type in _PERIODS:
                yield _grouping(definition, series[key].series_id, period_type)


def _grouping(definition: IndicatorDefinition, series_id: int, period_type: str) -> str:
    start, months = _PERIODS[period_type]
    apart = ", ".join(f"'{reason}'" for reason in COUNTED_APART)
    numerator = _COUNTED.get(definition.kind, "sum(numerator)")
    denominator, status = "NULL::numeric", f"CASE {numerator} WHEN 0 THEN 'zero' ELSE 'observed' END"
    if definition.is_share:
        numerator, denominator = "coalesce(sum(numerator), 0)", "coalesce(sum(denominator), 0)"
        status = "CASE WHEN sum(denominator) > 0 THEN 'observed' ELSE 'missing' END"
    elif numerator.startswith("sum"):
        status = f"CASE WHEN {numerator} IS NULL THEN 'missing' ELSE {status} END"
    # Of a state, a longer period shows what it ends with, or the latest there is.
    ends = f"least({start} + interval '{months} months', date_trunc('month', CAST(:as_of AS date)))"
    last = f"AND date_trunc('month', counted_on) = {ends}" if definition.over_time == "last" else ""
    rows = parts(definition, all_place_months(definition)) if definition.basis == "place" else parts(definition)
    return f"""
        INSERT INTO grouped ({_KEY}, {", ".join(_COMPARED)})
        SELECT {series_id}, ancestor_id, '{period_type}', {start}, {numerator}, {denominator},
               count(*) FILTER (WHERE reason IS NOT NULL), {status}
        FROM ({rows}) AS part
        JOIN area_closure ON descendant_id = part.area_id AND valid @> counted_on
        WHERE (reason IS NULL OR reason IN ({apart})) {last}
        GROUP BY 1, 2, 3, 4"""


async def _add_rows_of_nothing(connection: AsyncConnection, today: date) -> None:
    """Where reporting is on and nothing happened, the read model says so; here one statement for all does."""
    await connection.execute(_ROWS_OF_NOTHING, {"as_of": today})


async def _same_rows(engine: AsyncEngine) -> int:
    """Return how many rows each side has made."""
    async with engine.connect() as connection:
        await connection.exec_driver_sql("SET LOCAL work_mem = '256MB'")
        rows, differences, example = (await connection.execute(_ROWS_AND_DIFFERENCES)).one()
    if differences:
        raise RuntimeError(f"the two sides differ in {differences} rows of {rows}, one of them being wrong: {example}")
    return int(rows)


def _of(side: str) -> str:
    return ", ".join(f"{side}.{name}" for name in _COMPARED)


# Every municipality has the same terms here: a period without a term month of one is without one of any.
_ROWS_OF_NOTHING = text(
    f"""WITH series AS (SELECT * FROM indicator_series WHERE measure IS NULL),
        term AS MATERIALIZED (SELECT DISTINCT month FROM term_month WHERE working_days >= {TERM_DAYS}),
        expected AS (
            SELECT series_id, area_id, is_share, kind, series.valid * reporting.valid AS valid
            FROM series JOIN reporting ON follows = ANY(followed_by) AND (follows <> 'agreement' OR over_time = 'last')
            UNION ALL
            SELECT series_id, role.area_id, is_share, series.kind, series.valid * reporting.valid * role.valid
            FROM series JOIN area_role AS role ON role.role = expected_role
            JOIN area USING (area_id)
            JOIN reporting ON reporting.area_id = municipality_id AND follows = ANY(followed_by)
                          AND follows <> 'agreement')
        INSERT INTO grouped ({_KEY}, {", ".join(_COMPARED)})
        SELECT DISTINCT series_id, area_id, period_type, start::date, 0, CASE WHEN is_share THEN 0 END, 0,
               CASE WHEN NOT is_share THEN 'zero'
                    WHEN kind = 'coverage' AND NOT EXISTS (
                        SELECT FROM term WHERE month >= start AND month < start + length) THEN 'notApplicable'
                    ELSE 'missing' END
        FROM expected
        CROSS JOIN (VALUES ('month', interval '1 month'), ('tertial', interval '4 months'),
                           ('year', interval '1 year')) AS period(period_type, length)
        CROSS JOIN LATERAL generate_series(date_trunc('year', lower(valid)), upper(valid) - 1,
                                           length) AS start
        WHERE start <= :as_of AND start + length > lower(valid)
        ON CONFLICT DO NOTHING"""
)
_ROWS_AND_DIFFERENCES = text(
    f"""SELECT count(*), count(*) FILTER (WHERE differs), min(row((ours), (theirs))::text) FILTER (WHERE differs)
        FROM (SELECT ours, theirs, ({_of("ours")}) IS DISTINCT FROM ({_of("theirs")}) AS differs
              FROM (SELECT {_KEY}, {", ".join(_COMPARED)} FROM indicator_value
                    JOIN indicator_series USING (series_id) WHERE measure IS NULL) AS ours
              FULL JOIN grouped AS theirs USING ({_KEY})) AS paired"""
)

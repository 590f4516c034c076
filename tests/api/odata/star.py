"""Figures put into the read model as they are, so that a test knows what the feed must show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import Connection, NullPool, create_engine, text

from tests.api.read_model import put_shipped_series

# What a figure is follows from its place in the star: some are null, some suppressed, some compared.
_FILL = text(
    """
    INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, denominator, left_out,
                                 not_placed, status, revision, computed_at)
    SELECT series_id, area_id, period_type, period_start, CASE WHEN number % 7 > 0 THEN number END,
           CASE WHEN is_share THEN number + 1.5 END, number % 3, number % 4,
           CASE WHEN number % 11 = 5 THEN 'suppressed' WHEN number % 7 = 0 THEN 'missing' ELSE 'observed' END,
           1 + number % 5, timestamptz '2026-03-01T12:00:00.25Z' + number * interval '1 second'
    FROM indicator_series JOIN area ON area.kind = ANY(:kinds)
    CROSS JOIN (
        SELECT 'month' AS period_type, day::date AS period_start
        FROM generate_series(CAST(:first AS timestamp), CAST(:last AS timestamp), interval '1 month') AS day
        UNION ALL SELECT 'tertial', day::date
        FROM generate_series(CAST(:first AS timestamp), CAST(:last AS timestamp), interval '4 months') AS day
        UNION ALL SELECT 'year', day::date
        FROM generate_series(CAST(:first AS timestamp), CAST(:last AS timestamp), interval '1 year') AS day) AS period
    CROSS JOIN LATERAL (
        SELECT (series_id * 31 + area_id * 17 + (period_start - date '2000-01-01')) % 997 AS number) AS made_up
    WHERE indicator_code = ANY(:indicators) AND slice = 'all'"""
)
_COMPARE = text(
    """
    INSERT INTO comparison (series_id, area_id, period_type, period_start, numerator, denominator, comparisons)
    SELECT series_id, area_id, period_type, period_start, numerator, denominator,
           jsonb_build_object('previousPeriod', jsonb_build_object('value', 4, 'change', 1, 'changePercent', 25),
                              'samePeriodLastYear', NULL, 'yearToDate', NULL, 'last12Months', NULL, 'per100000', NULL,
                              'latestMeasurement', NULL, 'reportingMunicipalities', NULL)
    FROM indicator_value WHERE status = 'observed' AND period_type = 'year'"""
)

_ACTIVITY = text(
    """
    INSERT INTO activity (source, external_id, activity_type, agreement_id, annex_number, area_id, status, start_on,
                          start_at, period_on, participants_police, participants_residents, cost, note, attributes)
    SELECT 'test', 'walk-1', 'safety-walk', agreement_id, 3, area_id, 'performed', '2016-04-12',
           '2016-04-12T18:00:00+02:00', '2016-04-12', 2, 21, 1200.50, 'a note', '{"items": "free text"}'
    FROM agreement CROSS JOIN area WHERE area.code = '1282-karlslund'"""
)


def put_activity(database_url: str) -> None:
    """Put a safety walk with a note, under the agreement that there is."""
    with writing(database_url) as connection:
        connection.execute(_ACTIVITY)


def put_star(
    database_url: str,
    *,
    indicators: tuple[str, ...] = ("graffiti-cleanups", "graffiti-started-in-time"),
    kinds: tuple[str, ...] = ("country", "county", "municipality"),
    years: tuple[int, int] = (2016, 2016),
) -> None:
    """Put figures of these indicators for all areas of these kinds and all periods of these years."""
    put_shipped_series(database_url)
    with writing(database_url) as connection:
        span = {"first": date(years[0], 1, 1), "last": date(years[1], 12, 31)}
        connection.execute(_FILL, {"indicators": list(indicators), "kinds": list(kinds), **span})
        connection.execute(_COMPARE)
        connection.execute(text("ANALYZE indicator_value, comparison"))


@contextmanager
def writing(database_url: str) -> Iterator[Connection]:
    """Yield a connection whose every statement is seen at once."""
    with create_engine(database_url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        yield connection

"""The functions and the view that ship are those that the migrations make, and cost no call."""

from importlib.resources import files

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

FUNCTIONS = ("period_code", "next_period_start", "value_id", "instant_text", "exact_value", "rounded_value")
# It is called: few values have targets for several areas together.
CALLED = "targets_seen"
DEFINITIONS = text(
    """SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE proname = ANY(:names) AND prokind = 'f'
       UNION ALL SELECT 'served_value', pg_get_viewdef('served_value'::regclass)"""
)


async def test_the_migrations_make_what_the_files_say(engine: AsyncEngine) -> None:
    """Whoever changes a file adds a migration that does the same, and the other way round."""
    async with engine.connect() as connection:
        migrated: dict[str, str] = dict((await connection.execute(DEFINITIONS, {"names": [*FUNCTIONS, CALLED]})).all())
        for name in ("functions.sql", "served_value.sql"):
            written = files("shared.read_model").joinpath(name).read_text(encoding="utf-8")
            await connection.exec_driver_sql(written)
        assert dict((await connection.execute(DEFINITIONS, {"names": [*FUNCTIONS, CALLED]})).all()) == migrated
    assert {*migrated} == {*FUNCTIONS, CALLED, "served_value"}


@pytest.mark.parametrize("columns", ["*", "instant_text(computed_at)"])
async def test_no_function_is_called(engine: AsyncEngine, columns: str) -> None:
    async with engine.connect() as connection:
        rows = await connection.exec_driver_sql(f"EXPLAIN (VERBOSE) SELECT {columns} FROM served_value")
        plan = "\n".join(rows.scalars())
    assert not [name for name in FUNCTIONS if f"{name}(" in plan]


async def test_a_count_joins_nothing(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        plan = "\n".join((await connection.exec_driver_sql("EXPLAIN SELECT count(*) FROM served_value")).scalars())
    assert "Join" not in plan
    assert "Nested Loop" not in plan


@pytest.mark.parametrize(
    ("period_type", "start", "code", "following"),
    [
        ("month", "2016-01-01", "2016-01", "2016-02-01"),
        ("month", "2016-12-01", "2016-12", "2017-01-01"),
        ("tertial", "2016-01-01", "2016-T1", "2016-05-01"),
        ("tertial", "2016-05-01", "2016-T2", "2016-09-01"),
        ("tertial", "2016-09-01", "2016-T3", "2017-01-01"),
        ("year", "2016-01-01", "2016", "2017-01-01"),
    ],
)
async def test_periods(engine: AsyncEngine, period_type: str, start: str, code: str, following: str) -> None:
    period = f"'{period_type}', date '{start}'"
    async with engine.connect() as connection:
        row = await connection.exec_driver_sql(f"SELECT period_code({period}), next_period_start({period})::text")
    assert row.one() == (code, following)


async def test_an_instant_is_in_utc_wherever_it_is_read(engine: AsyncEngine) -> None:
    asked = """SELECT instant_text('2016-05-02T10:15:30+02'), instant_text('2016-05-02T08:15:30.1Z'),
                      period_code('month', '2016-01-01')"""
    async with engine.connect() as connection:
        await connection.exec_driver_sql("SET timezone = 'America/New_York'; SET datestyle = 'German'")
        assert (await connection.exec_driver_sql(asked)).one() == (
            "2016-05-02T08:15:30Z",
            "2016-05-02T08:15:30.100000Z",
            "2016-01",
        )


@pytest.mark.parametrize(
    ("factor", "numerator", "denominator", "value"),
    [
        ("NULL", "31.50", "4", "31.5"),
        ("NULL", "NULL", "4", None),
        ("100", "1", "3", "33.333333"),
        ("100", "2", "3", "66.666667"),
        ("1", "1.0", "2", "0.5"),
        ("100", "1", "0", None),
        ("100", "1", "NULL", None),
        ("100", "NULL", "3", None),
    ],
)
async def test_figures(engine: AsyncEngine, factor: str, numerator: str, denominator: str, value: str | None) -> None:
    asked = f"SELECT rounded_value({factor}, exact_value({factor}, {numerator}, {denominator}))::text"
    async with engine.connect() as connection:
        assert (await connection.exec_driver_sql(asked)).scalar() == value

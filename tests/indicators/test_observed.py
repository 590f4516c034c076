"""The read model says what the observations say, and moves only with them."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from psycopg.types.range import DateRange
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.indicators.compute.observations import replace_all_observed, replace_observed
from services.indicators.compute.values import SeriesYear
from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import Catalogue
from shared.domain.observation import Observation
from shared.domain.period import Period
from shared.facts.observations import ObservationFact, RecordedObservation, erase_observation, record_observation
from tests.indicators.observing import CRIMES, definition

# Blekinge is a county with five municipalities.
BLEKINGE, KARLSKRONA, OLOFSTROM = "10", "1080", "1060"
MUNICIPALITIES = ("1060", "1080", "1081", "1082", "1083")
THEMED = definition(themes=["visible-police"], valid_to="2016-12-31")


@dataclass
class Observatory:
    """Records observations and replaces the figures of one indicator."""

    engine: AsyncEngine
    series: int
    ids: dict[str, int]
    of: IndicatorDefinition = field(default=CRIMES)
    as_of: date = date(2016, 12, 30)

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue({}, {self.of.code: self.of})

    async def observe(
        self, area: str, period: str, numerator: int, *, source: str = "brå", finality: str = "preliminary"
    ) -> RecordedObservation:
        observation = Observation(
            source, "crimes", "", area, Period.parse(period), Decimal(numerator), None, "observed", finality
        )
        async with self.engine.begin() as connection:
            return await record_observation(connection, ObservationFact(observation, self.ids[area]))

    async def replace(self, year: int = 2016) -> Any:
        async with self.engine.begin() as connection:
            return await replace_observed(connection, self.catalogue, {(self.series, year)}, self.as_of)

    async def rebuild(self) -> Any:
        async with self.engine.begin() as connection:
            return await replace_all_observed(connection, self.catalogue, self.as_of)

    async def rows(self) -> dict[tuple[str, str, int], tuple[Any, ...]]:
        """Return (numerator, status, revision) by area and period."""
        statement = text("SELECT code, indicator_value.* FROM indicator_value JOIN area USING (area_id)")
        async with self.engine.begin() as connection:
            return {
                (row.code, row.period_type, row.period_start.month): (row.numerator, row.status, row.revision)
                for row in await connection.execute(statement)
            }

    async def report_on(self, area: str, first: date, following: date) -> None:
        statement = text(
            """INSERT INTO reporting (area_id, follows, valid)
               SELECT :area, unnest(ARRAY['agreement', 'theme/visible-police']), :valid"""
        )
        async with self.engine.begin() as connection:
            await connection.execute(statement, {"area": self.ids[area], "valid": DateRange(first, following)})


@pytest.fixture
async def observatory(engine: AsyncEngine) -> Observatory:
    async with engine.begin() as connection:
        for table in ("observation", "reporting", "indicator_value", "indicator_series"):
            await connection.execute(text(f"DELETE FROM {table}"))
        rows = await connection.execute(text("SELECT code, area_id FROM area"))
        ids = {row.code: row.area_id for row in rows}
        series = await connection.execute(_SERIES)
        return Observatory(engine, series.scalar_one(), ids)


_SERIES = text(
    """INSERT INTO indicator_series (indicator_code, definition_version, fingerprint, kind, unit, factor, themes,
                                     over_time, is_share, measure)
       VALUES ('crimes', 1, 'x', 'observed', 'count', 1, '{}', 'sum', false, 'crimes') RETURNING series_id"""
)


async def test_figures_are_written_once_and_only_what_differs_is_written_again(observatory: Observatory) -> None:
    for area in MUNICIPALITIES:
        await observatory.observe(area, "2016-03", 4)
    changed = await observatory.replace()
    assert {one.area_id for one in changed} == {observatory.ids[code] for code in (*MUNICIPALITIES, BLEKINGE)}
    assert (await observatory.rows())[BLEKINGE, "month", 3] == (20, "observed", 1)
    assert await observatory.replace() == []
    await observatory.observe(KARLSKRONA, "2016-03", 5, finality="final")
    changed = await observatory.replace()
    assert changed == sorted(
        SeriesYear(observatory.series, observatory.ids[code], 2016) for code in (KARLSKRONA, BLEKINGE)
    )
    rows = await observatory.rows()
    assert rows[KARLSKRONA, "month", 3] == (5, "observed", 2)
    assert rows[BLEKINGE, "month", 3] == (21, "observed", 2)
    assert rows[OLOFSTROM, "month", 3] == (4, "observed", 1)
    assert rows[KARLSKRONA, "tertial", 1] == (None, "missing", 1)


async def test_what_is_taken_back_leaves_no_row_behind(observatory: Observatory) -> None:
    first = await observatory.observe(KARLSKRONA, "2016-03", 4)
    await observatory.observe(KARLSKRONA, "2015-03", 4)
    await observatory.replace()
    await observatory.replace(2015)
    async with observatory.engine.begin() as connection:
        assert await erase_observation(connection, first.observation_id)
    assert await observatory.replace() == [SeriesYear(observatory.series, observatory.ids[KARLSKRONA], 2016)]
    rows = await observatory.rows()
    assert {key[1] for key in rows} == {"month", "tertial", "year"}
    assert rows[KARLSKRONA, "month", 3] == (4, "observed", 1)
    assert await observatory.rebuild() == 0


async def test_of_several_sources_a_final_figure_counts_and_else_the_latest(observatory: Observatory) -> None:
    await observatory.observe(KARLSKRONA, "2016-03", 4, source="police")
    await observatory.observe(KARLSKRONA, "2016-03", 5, source="brå")
    await observatory.replace()
    assert (await observatory.rows())[KARLSKRONA, "month", 3][0] == 5
    await observatory.observe(KARLSKRONA, "2016-03", 6, source="police", finality="final")
    await observatory.observe(KARLSKRONA, "2016-03", 7, source="brå")
    await observatory.replace()
    assert (await observatory.rows())[KARLSKRONA, "month", 3][0] == 6


async def test_reporting_brings_missing_rows_as_far_as_the_day_and_the_definition_reach(
    observatory: Observatory,
) -> None:
    observatory.of = THEMED
    await observatory.report_on(KARLSKRONA, date(2016, 3, 15), date(2017, 3, 1))
    observatory.as_of = date(2016, 5, 1)
    assert await observatory.replace() == [SeriesYear(observatory.series, observatory.ids[KARLSKRONA], 2016)]
    assert await observatory.rows() == {
        (KARLSKRONA, kind, month): (None, "missing", 1)
        for kind, month in (("month", 3), ("month", 4), ("month", 5), ("tertial", 1), ("tertial", 5), ("year", 1))
    }
    observatory.as_of = date(2017, 2, 1)
    assert await observatory.rebuild() == 8  # the rest of 2016; in 2017 the definition is no longer in force
    assert len(await observatory.rows()) == 10 + 3 + 1


async def test_another_theme_brings_no_rows_and_no_theme_means_any(observatory: Observatory) -> None:
    await observatory.report_on(KARLSKRONA, date(2016, 1, 1), date(2016, 2, 1))
    observatory.of = definition(themes=["planning"])
    assert await observatory.replace() == []
    observatory.of = CRIMES
    assert len(await observatory.replace()) == 1


async def test_a_municipality_s_own_indicator_is_told_of_its_own_areas_alone(observatory: Observatory) -> None:
    own = text("UPDATE indicator_series SET defining_area_ids = ARRAY[CAST(:owner AS integer)]")
    async with observatory.engine.begin() as connection:
        await connection.execute(own, {"owner": observatory.ids[KARLSKRONA]})
    for area in MUNICIPALITIES:
        await observatory.observe(area, "2016-03", 4)
    assert {one.area_id for one in await observatory.replace()} == {observatory.ids[KARLSKRONA]}
    assert await observatory.rebuild() == 0


async def test_a_series_of_another_kind_is_left_alone(observatory: Observatory) -> None:
    async with observatory.engine.begin() as connection:
        await connection.execute(text("UPDATE indicator_series SET measure = NULL"))
    await observatory.observe(KARLSKRONA, "2016-03", 4)
    assert (await observatory.replace(), await observatory.rebuild()) == ([], 0)

"""An observation, its revisions and its marks are written together or not at all."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from psycopg.types.range import DateRange
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.domain.observation import Observation
from shared.domain.period import Period
from shared.facts.activities import FactOutcome
from shared.facts.observations import (
    ObservationFact,
    RecordedObservation,
    erase_observation,
    record_observation,
    record_observations,
)

CREATED, UPDATED, UNCHANGED, OUTDATED = (
    FactOutcome.CREATED,
    FactOutcome.UPDATED,
    FactOutcome.UNCHANGED,
    FactOutcome.OUTDATED,
)
MARCH = Observation(
    "brå", "crimes", "13197", "1282", Period.parse("2016-03"), Decimal(31), None, "observed", "preliminary"
)
FINAL = replace(MARCH, numerator=Decimal(33), finality="final", published_on=date(2017, 3, 30))


class Archive:
    def __init__(self, engine: AsyncEngine, ids: dict[str, int]) -> None:
        self.engine, self.ids = engine, ids

    def fact(self, observation: Observation) -> ObservationFact:
        return ObservationFact(observation, self.ids[observation.area])

    async def record(self, observation: Observation) -> RecordedObservation:
        async with self.engine.begin() as connection:
            return await record_observation(connection, self.fact(observation))

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        async with self.engine.begin() as connection:
            return [tuple(row) for row in await connection.execute(text(statement))]

    async def stored(self) -> list[tuple[Any, ...]]:
        return await self.rows("SELECT numerator, finality, revision FROM observation ORDER BY source, code")

    async def before(self) -> list[tuple[Any, ...]]:
        return await self.rows("SELECT revision, numerator, finality FROM observation_revision ORDER BY revision")

    async def marks(self, table: str = "rollup_mark") -> set[tuple[Any, ...]]:
        return set(
            await self.rows(
                f"""SELECT indicator_code, code, year FROM {table}
                    JOIN indicator_series USING (series_id) JOIN area USING (area_id)"""
            )
        )

    async def forget_marks(self) -> None:
        await self.rows("DELETE FROM rollup_mark RETURNING 1")


@pytest.fixture
async def archive(engine: AsyncEngine) -> Archive:
    series = text(
        """INSERT INTO indicator_series (indicator_code, definition_version, fingerprint, kind, unit, factor, themes,
                                         over_time, is_share, measure)
           VALUES (:code, 1, 'x', 'observed', 'count', 1, '{}', 'sum', false, :measure)"""
    )
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM indicator_series"))
        for code, measure in (("assaults", "crimes"), ("robberies", "crimes"), ("safe", "safe"), ("walks", None)):
            await connection.execute(series, {"code": code, "measure": measure})
        rows = await connection.execute(text("SELECT code, area_id FROM area"))
        return Archive(engine, {row.code: row.area_id for row in rows})


async def test_a_new_observation_marks_every_series_of_its_measure(archive: Archive) -> None:
    assert (await archive.record(MARCH)).outcome is CREATED
    assert await archive.stored() == [(31, "preliminary", 1)]
    assert await archive.marks() == {("assaults", "1282", 2016), ("robberies", "1282", 2016)}
    assert await archive.marks("comparison_mark") == set()


async def test_the_same_content_changes_nothing_and_marks_nothing(archive: Archive) -> None:
    first = await archive.record(MARCH)
    await archive.forget_marks()
    second = await archive.record(replace(MARCH, numerator=Decimal("31.0")))
    assert second == replace(first, outcome=UNCHANGED)
    assert (await archive.stored(), await archive.before()) == ([(31, "preliminary", 1)], [])
    assert await archive.marks() == set()


async def test_a_final_figure_replaces_the_preliminary_and_both_stay_traceable(archive: Archive) -> None:
    first = await archive.record(MARCH)
    await archive.forget_marks()
    assert await archive.record(FINAL) == replace(first, outcome=UPDATED)
    assert await archive.stored() == [(33, "final", 2)]
    assert await archive.before() == [(1, 31, "preliminary")]
    assert await archive.marks() == {("assaults", "1282", 2016), ("robberies", "1282", 2016)}


async def test_a_preliminary_figure_never_replaces_a_final_one(archive: Archive) -> None:
    first = await archive.record(FINAL)
    for later in (MARCH, replace(FINAL, finality="preliminary")):
        assert await archive.record(later) == replace(first, outcome=OUTDATED)
    assert (await archive.stored(), await archive.before()) == ([(33, "final", 1)], [])


async def test_a_final_figure_may_be_corrected_by_another(archive: Archive) -> None:
    await archive.record(FINAL)
    assert (await archive.record(replace(FINAL, numerator=Decimal(34)))).outcome is UPDATED
    assert (await archive.stored(), await archive.before()) == ([(34, "final", 2)], [(1, 33, "final")])


async def test_a_figure_that_becomes_confidential_is_a_change(archive: Archive) -> None:
    await archive.record(MARCH)
    await archive.record(replace(MARCH, numerator=None, status="confidential"))
    assert await archive.stored() == [(None, "preliminary", 2)]


async def test_other_sources_codes_and_periods_are_other_observations(archive: Archive) -> None:
    others = (
        {"source": "polisen"},
        {"code": "13216"},
        {"area": "1283"},
        {"period": Period.parse("2016-04")},
        {"period": Period.parse("2016")},
    )
    for other in ({}, *others):
        assert (await archive.record(replace(MARCH, **other))).outcome is CREATED


async def test_many_at_once_are_told_in_their_order(archive: Archive) -> None:
    await archive.record(MARCH)
    await archive.record(replace(FINAL, code="13216"))
    sent = [
        replace(MARCH, code="13268"),
        replace(MARCH, code="13216"),
        MARCH,
        replace(MARCH, code="13197", period=Period.parse("2016-02")),
    ]
    async with archive.engine.begin() as connection:
        recorded = await record_observations(connection, [archive.fact(observation) for observation in sent])
        assert [one.outcome for one in recorded] == [CREATED, OUTDATED, UNCHANGED, CREATED]
        ids = await connection.execute(text("SELECT observation_id, code FROM observation"))
        codes = {row.observation_id: row.code for row in ids}
        assert [codes[one.observation_id] for one in recorded] == [observation.code for observation in sent]
        assert await record_observations(connection, []) == []


async def test_what_is_erased_is_marked_and_leaves_no_revisions(archive: Archive) -> None:
    await archive.record(MARCH)
    recorded = await archive.record(FINAL)
    await archive.forget_marks()
    async with archive.engine.begin() as connection:
        assert await erase_observation(connection, recorded.observation_id)
        assert not await erase_observation(connection, recorded.observation_id)
    assert (await archive.stored(), await archive.before()) == ([], [])
    assert await archive.marks() == {("assaults", "1282", 2016), ("robberies", "1282", 2016)}


async def test_a_population_marks_what_the_next_year_is_compared_by_up_to_the_country(archive: Archive) -> None:
    people = replace(MARCH, measure="population", code="", period=Period.parse("2015"))
    await archive.record(people)
    every = ("assaults", "robberies", "safe", "walks")
    marked = await archive.marks("comparison_mark")
    assert {(code, area, 2016) for code in every for area in ("1282", "12", "SE")} <= marked
    assert {year for _, _, year in marked} == {2016}
    assert "1283" not in {area for _, area, _ in marked}
    assert await archive.marks() == set()


async def test_a_population_marks_the_county_that_the_area_has_left_too(archive: Archive) -> None:
    statement = text("UPDATE area_closure SET valid = :valid WHERE descendant_id = :area AND ancestor_id = :above")
    span = {"area": archive.ids["1282"], "above": archive.ids["12"], "valid": DateRange(None, date(2016, 1, 1))}
    async with archive.engine.begin() as connection:
        await connection.execute(statement, span)
    await archive.record(replace(MARCH, measure="population", code="", period=Period.parse("2015")))
    assert ("walks", "12", 2016) in await archive.marks("comparison_mark")


async def test_two_writers_of_one_observation_wait_for_each_other_and_lose_nothing(archive: Archive) -> None:
    async with archive.engine.connect() as connection:
        await record_observation(connection, archive.fact(MARCH))
        other = asyncio.create_task(archive.record(FINAL))
        await asyncio.wait([other], timeout=0.3)
        assert not other.done()
        await connection.commit()
    assert (await other).outcome is UPDATED
    assert (await archive.stored(), await archive.before()) == ([(33, "final", 2)], [(1, 31, "preliminary")])


async def test_many_writers_at_once_leave_every_revision_behind(archive: Archive) -> None:
    figures = [replace(MARCH, numerator=Decimal(number)) for number in range(12)]
    outcomes = [one.outcome for one in await asyncio.gather(*(archive.record(figure) for figure in figures))]
    assert sorted(outcomes) == [CREATED, *[UPDATED] * 11]
    ((last, _, revision),) = await archive.stored()
    numerators = [numerator for _, numerator, _ in await archive.before()]
    assert revision == 12
    assert sorted([*numerators, last]) == list(range(12))


async def test_two_who_write_the_same_many_in_another_order_never_block_each_other(archive: Archive) -> None:
    sent = [replace(MARCH, code=f"{number:04}") for number in range(200)]

    async def record_all(observations: Sequence[Observation]) -> list[RecordedObservation]:
        async with archive.engine.begin() as connection:
            facts = [archive.fact(observation) for observation in observations]
            return await record_observations(connection, facts)

    one, other = await asyncio.gather(record_all(sent), record_all(sent[::-1]))
    assert {one.outcome for one in (*one, *other)} == {CREATED, UNCHANGED}


async def test_an_observation_that_cannot_be_marked_is_not_written(archive: Archive) -> None:
    async with archive.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE rollup_mark ADD CONSTRAINT poisoned CHECK (year = 0) NOT VALID"))
    with pytest.raises(DBAPIError, match="poisoned"):
        await archive.record(MARCH)
    assert await archive.stored() == []

"""Whatever has happened, once quiet the read model equals a rebuild from nothing, and a second opinion."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.indicators.compute.comparisons import compare_all
from services.indicators.compute.rebuild import RebuildDifferences, rebuild
from services.indicators.compute.signals import judge_all_signals
from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import Catalogue, shipped_catalogue
from shared.db.engine import build_engine
from tests.extent import IS_LONG, ONLY_LONG, amount
from tests.feed.follower import Reader, served_values
from tests.indicators import world as w
from tests.indicators.commitment_opinion import PROMISES, commitment_opinion
from tests.indicators.histories import Event
from tests.indicators.other_events import OWN_WITHOUT_OPINION
from tests.indicators.own_opinion import own_opinion
from tests.indicators.place_opinion import OF_PLACES, municipalities_opinion, place_opinion, read_sent
from tests.indicators.racing import Account, bring_about, race
from tests.indicators.random_histories import BEGINNINGS, DAYS, histories
from tests.indicators.rhythm_opinion import by_rhythm
from tests.indicators.second_opinion import CASES, Figure, Key, second_opinion
from tests.indicators.world import HELSINGBORG, LANDSKRONA, STOCKHOLM, World

# The tests of every day try the same few histories; those of `make test-long` more, and new ones each time.
EVERY_TIME: dict[str, Any] = {
    "deadline": None,
    "derandomize": not IS_LONG,
    "database": None,
    # To shrink a history takes minutes; and a race is not the same again.
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
}
_EMPTIED = ("cell", "ancestor_set_total", "indicator_value", "comparison")
NOTHING_TO_MEND = RebuildDifferences(0, 0, 0, 0, 0, 0)
# One or two of every kind: all of them would take as many times as long, and say the same.
_SHIPPED_WITHOUT_OPINION = ("commitments-fulfilled", w.VANDALISM_COST, w.FEELS_SAFE)
_WITHOUT_OPINION = {*_SHIPPED_WITHOUT_OPINION, w.WEEKS_CHECKED, *OWN_WITHOUT_OPINION}
INDICATORS = (*CASES, *sorted(OF_PLACES), PROMISES, *_SHIPPED_WITHOUT_OPINION)
# No indicator of this kind ships.
WEEKS_CHECKED = IndicatorDefinition.model_validate(
    {
        "code": w.WEEKS_CHECKED,
        "version": 1,
        **{key: {"sv": "x", "en": "x"} for key in ("name", "definition", "numerator", "denominator")},
        "themes": ["visible-police"],
        "unit": "percent",
        "direction": "higher",
        "kind": "regularity",
        "activityTypes": ["traffic-check"],
        "recurs": {"each": "week", "atLeast": 2},
    }
)
REPORTING = (LANDSKRONA, HELSINGBORG, STOCKHOLM)


@pytest.mark.long
@settings(max_examples=amount(2, 60), **EVERY_TIME)
@given(st.sampled_from(DAYS), st.sampled_from(BEGINNINGS), histories(30))
def test_read_model_follows_every_history(
    runner: Runner, today: date, beginning: Sequence[Event], events: list[Event]
) -> None:
    runner.run(_begin(runner.world, today, [*beginning, *events]))
    runner.run(_settle(runner.world))
    runner.run(_follow(runner.follower, runner.url))


@ONLY_LONG  # each way in which two meet is told by itself in test_races.py
@settings(max_examples=amount(2, 40), **EVERY_TIME)
@given(st.sampled_from(DAYS), st.sampled_from(BEGINNINGS), histories(45))
def test_read_model_is_right_after_writers_workers_and_deaths_have_raced(
    runner: Runner, today: date, beginning: Sequence[Event], events: list[Event]
) -> None:
    account: Account = []
    with _reported(account):
        runner.run(_begin(runner.world, today, beginning))
        runner.run(race(runner.world, events, account))
        runner.run(_settle(runner.world))
        runner.run(_follow(runner.follower, runner.url))


async def _begin(world: World, today: date, events: Sequence[Event]) -> None:
    await world.forget()
    world.as_of = today
    for one in events:
        await bring_about(one, world)


async def _settle(world: World) -> None:
    await world.settle()
    await _examine(world)


@contextmanager
def _reported(account: Account) -> Iterator[None]:
    """Say of a race that fails how it went: it may not be the same again."""
    try:
        yield
    except Exception as error:
        error.add_note("\n".join(account))
        raise


async def _examine(world: World) -> None:
    async with world.engine.begin() as connection:
        stored = await _rows(connection)
        sent = await read_sent(connection, world.as_of, REPORTING)
        expected = await second_opinion(connection, world.as_of, REPORTING) | place_opinion(sent)
        expected |= await commitment_opinion(connection, sent) | await own_opinion(connection, sent)
        expected = await by_rhythm(connection, sent, expected)
        reporting = {(tuple(row[:3]), tuple(row[3:])) for row in await connection.execute(_REPORTING_MUNICIPALITIES)}
        asked = sorted({spot for spot, _ in reporting})
        assert reporting == set(municipalities_opinion(sent, asked).items())
    figures = await world.figures()
    assert {key: figure for key, figure in figures.items() if key[0] not in _WITHOUT_OPINION} == expected
    _count_kinds(figures)
    assert await world.verify() == NOTHING_TO_MEND
    async with world.engine.connect() as connection:
        for table in _EMPTIED:
            await connection.execute(text(f"DELETE FROM {table}"))
        await rebuild(connection, await world.definitions.current(connection), world.as_of)
        await compare_all(connection, world.as_of)
        await judge_all_signals(connection, world.as_of)
        assert await _rows(connection) == stored
        await connection.rollback()


def _count_kinds(figures: Mapping[Key, Figure]) -> None:
    """Let `--hypothesis-show-statistics` say in how many histories there was something of each kind."""
    something = (key for key, figure in figures.items() if figure[0])
    for kind in {f"{code}{' by rhythm' if period[5:6] in {'Q', 'H'} else ''}" for code, _, period in something}:
        event(kind)


async def _follow(follower: Reader, url: str) -> None:
    """Read on in the change feed, where the history before ended: all its changes together are the served values."""
    await follower.catch_up()
    assert follower.values == await served_values(url)


_REPORTING_MUNICIPALITIES = text(
    """SELECT DISTINCT array_to_string(followed_by, ' '), code, period_code(period_type, period_start),
              (comparisons -> 'reportingMunicipalities' ->> 'reporting')::integer,
              (comparisons -> 'reportingMunicipalities' ->> 'of')::integer
       FROM comparison JOIN indicator_series USING (series_id) JOIN area USING (area_id)
       WHERE comparisons ->> 'reportingMunicipalities' IS NOT NULL AND period_type <> 'month'
         -- Of several owners, it is of these.
         AND defining_area_ids IS NULL"""
)


async def _rows(connection: AsyncConnection) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    rows = await connection.execute(
        text(
            """SELECT series_id, area_id, period_type, period_start, value.numerator, value.denominator, left_out,
                      not_placed, status, finality, months_arrived, targets, comparisons
               FROM indicator_value AS value
               LEFT JOIN comparison USING (series_id, area_id, period_type, period_start)"""
        )
    )
    return {tuple(row)[:4]: tuple(row)[4:] for row in rows}


class Runner:
    """One event loop and one world for many examples: Hypothesis calls a test as a plain function."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.loop = asyncio.Runner()
        whole = shipped_catalogue()
        indicators = {code: whole.indicators[code] for code in INDICATORS} | {w.WEEKS_CHECKED: WEEKS_CHECKED}
        catalogue = Catalogue(whole.activity_types, indicators, roles=whole.roles)
        self.world = self.run(World(build_engine(url, application="story"), catalogue).begin())
        self.follower = Reader(self.world.engine, limit=1000)

    def run(self, story: Any) -> Any:
        return self.loop.run(story)

    def close(self) -> None:
        self.run(self.world.engine.dispose())
        self.loop.close()


@pytest.fixture(scope="module")
def runner(database_url: str) -> Iterator[Runner]:
    runner = Runner(database_url)
    yield runner
    runner.close()

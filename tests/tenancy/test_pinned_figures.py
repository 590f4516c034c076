"""Whoever holds a key cannot tell a figure of few persons that is another's, by whatever the key reads and reckons.

The intruder has the key of a municipality, a district, a police area or another county, and reads by every interface:
lists in JSON and CSV, files, the OData feed with its comparisons and `$apply`, the changes, charts, the observations
behind each figure, and its own observations. Own indicators of the same measure are put by it and others. Each figure,
difference, percentage and figure per 100 000 is a row of a mixed-integer program over the numbers of each smallest
area, month and code (`ledger`). A figure of few is found out if its least and its greatest possible value are the same;
the intruder is told of each that it is of few, though no interface says so.

Not read: webhooks, which compose from the changes as the key sees them (`test_property`), and what is made of shown
figures alone: pictures' lines, judgements of targets. Not tried: several areas whose keys are put together; what was
served before a correction, as long as nobody says what else was not corrected; and a municipality that reports wrong
figures to see what is then hidden.

A world has 24 to 48 numbers, and what is read of it makes some hundred rows: one intruder takes about two seconds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from functools import partial
from importlib.resources import files
from random import Random
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.indicators.compute import comparisons, measure_suppression, suppression
from services.indicators.compute.interval_protection import Tables
from shared.catalogue.loader import Catalogue
from shared.db import keys
from shared.db.keys import KeyScope
from shared.domain.owner import Owner
from tests.conftest import BASE_URL
from tests.extent import amount, sample_of
from tests.feed.follower import older_ones_end
from tests.indicators.world import World
from tests.tenancy.few_reading import GIVEN, OF_OWN, Reading
from tests.tenancy.few_world import AREAS, OUTSIDE, POLICE, FewWorld, put_few_areas
from tests.tenancy.interfaces import Interfaces
from tests.tenancy.ledger import Ledger

pytestmark = [pytest.mark.long]

INTRUDERS = ("1080", "1081", "1083", "1082-a", POLICE, OUTSIDE)
AFTER = date(2017, 2, 1)
Attack = Callable[[int], Awaitable[set[Any]]]


@pytest.fixture
async def attack(app: FastAPI, engine: AsyncEngine, database_url: str) -> Attack:
    """Return what lets a world happen, and one intruder read all of it; and returns what it has found out."""
    await put_few_areas(engine)
    service = await World(engine).begin()
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL)

    def key(*areas: str) -> str:
        with create_engine(database_url, poolclass=NullPool).begin() as connection:
            return keys.create(connection, "test", [KeyScope.ADMINISTER], areas)

    async def attacked(seed: int) -> set[Any]:
        random = Random(seed)
        await service.forget()
        world = FewWorld.drawn(random)
        await world.happen(engine, client, key, random)
        await service.settle(AFTER)
        await older_ones_end(engine)
        intruder = INTRUDERS[seed % len(INTRUDERS)]
        ledger = await Reading(world, Interfaces(client, key(intruder))).read()
        return _found_out(intruder, world, ledger)

    return attacked


def _found_out(intruder: str, world: FewWorld, ledger: Ledger) -> set[Any]:
    """Return what an intruder tells of others: by reading alone, or by what it was told of few, too.

    Of some figures that tells everything already: of 3 of its own, and one of others in the same few.
    """
    figures = {
        name: cells
        for name, cells in world.figures().items()
        if any(world.truth[cell] for cell in cells if cell[0] not in AREAS.get(intruder, ()))
    }
    by_reading = ledger.pinned(figures, world.truth, ledger.channels - {GIVEN})
    by_own = ledger.pinned(figures, world.truth, {GIVEN, *OF_OWN})
    hidden_well = {name: cells for name, cells in figures.items() if name not in by_own}
    by_all = ledger.pinned(hidden_well, world.truth, ledger.channels)
    return {(intruder, *figure) for figure in by_reading | by_all}


@pytest.mark.parametrize("seed", range(amount(2, 60)))
async def test_nobody_can_tell_another_s_figure_of_few(seed: int, attack: Attack) -> None:
    assert await attack(seed) == set()


def _by_indicator(patch: pytest.MonkeyPatch) -> None:
    """The threshold is that of the indicator, and of none that says nothing of it."""
    patch.setattr(Catalogue, "_with_threshold", lambda _, definition: definition)


def _of_owners_that_meet(patch: pytest.MonkeyPatch) -> None:
    """A county and a police area that have a municipality in common are nothing to each other."""
    patch.setattr(Owner, "overlaps", Owner.meets)


def _alone(patch: pytest.MonkeyPatch) -> None:
    """Nothing is hidden besides what is of few."""
    patch.setattr(suppression, "_hide", lambda *_: None)


def _without_intervals(patch: pytest.MonkeyPatch) -> None:
    """No more is hidden than what one sum tells at a glance."""
    patch.setattr(Tables, "narrowed_down", lambda *_: set())


def _from_the_public(patch: pytest.MonkeyPatch) -> None:
    """Nobody is thought to know figures of their own."""
    patch.setattr(measure_suppression._Problem, "_holders", lambda *_: frozenset())  # a mutant


def _but_in_comparisons(patch: pytest.MonkeyPatch) -> None:
    """What is hidden is compared with all the same."""
    masked = partial(replace, status="suppressed")
    patch.setattr(measure_suppression, "_suppressed", masked)
    merge = files(str(comparisons.__package__)).joinpath("comparisons.sql").read_text(encoding="utf-8")
    merge = merge.replace(" status IN ('observed', 'zero')", " true").replace("status <> 'suppressed'", "true")
    patch.setattr(comparisons, "statement", lambda *_: text(merge))


# With the first world in which it is noticed, or one not long before that.
MUTANTS = (
    (_by_indicator, 0),
    (_of_owners_that_meet, 30),
    (_alone, 0),
    (_without_intervals, 0),
    (_from_the_public, 0),
    (_but_in_comparisons, 0),
)


@pytest.mark.parametrize(("weaken", "first"), sample_of(MUTANTS, 3))
async def test_where_less_is_hidden_something_is_told(
    weaken: Callable[[pytest.MonkeyPatch], None], first: int, attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    weaken(monkeypatch)
    for seed in range(first, first + 12):
        if await attack(seed):
            return
    raise AssertionError(weaken.__doc__)

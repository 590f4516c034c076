"""Whatever happens while periods are closed and reopened: frozen figures never move by a byte, and revisions stay."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from shared.catalogue.loader import Catalogue
from shared.closing.steps import Step
from shared.db.locks import share_area_hierarchy
from shared.domain.activity import Span
from shared.domain.errors import DomainError, FiguresNotSettled
from shared.domain.period import Period, PeriodType
from shared.domain.target import TargetRule
from shared.domain.target_span import Per
from shared.facts.series import put_series
from shared.read_model.columns import COLUMNS, json_object
from tests.closing.closings import AGREEMENT, SECOND, reopen, revision, take
from tests.extent import ONLY_LONG, amount
from tests.indicators.racing import bring_about, race
from tests.indicators.random_histories import BEGINNINGS, histories
from tests.indicators.test_property import EVERY_TIME, NOTHING_TO_MEND, Runner
from tests.indicators.world import CLEANUPS, LANDSKRONA, SKANE, Annex, Goal, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.indicators.histories import Event

DAYS = (date(2016, 1, 11), date(2016, 2, 28), date(2016, 5, 9), date(2016, 9, 12))
# What is closed is of 2015 or later, and is compared with a year before. More years of nothing would take their time.
ALL = Span(date(2014, 1, 1), date(2029, 12, 31))
SECONDS_TO_SETTLE = 6.0
# What may be closed besides the tertial that each history begins with; that again, which is refused, seldom.
CLOSINGS = (
    (PeriodType.YEAR, AGREEMENT),
    (PeriodType.TERTIAL, "county"),
    (PeriodType.YEAR, "county"),
    (PeriodType.TERTIAL, AGREEMENT),
)

_FROZEN = text(
    f"""SELECT id, {json_object(COLUMNS)} AS served
        FROM (SELECT value.* FROM agreement_period AS closed
              JOIN closed_area_period AS held USING (agreement_period_id)
              JOIN served_value AS value ON value.area_id = held.area_id AND value.period_type = held.period_type
                                        AND value.period_start = held.period_start
              JOIN agreement ON agreement.agreement_id = closed.agreement_id
              WHERE code = :agreement AND period_code(closed.period_type, closed.period_start) = :period) AS frozen"""
)


@dataclass
class Ledger:
    """What was served when periods were closed, by agreement and period: told once, and compared with ever after."""

    frozen: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    revisions: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    # Of two closings at once one waits: that is another test's.
    closing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def look(self, world: World) -> None:
        """Compare all that is frozen with what was served."""
        for (agreement, code), rows in self.frozen.items():
            assert await _frozen(world, agreement, code) == rows, (agreement, code)


async def _frozen(world: World, agreement: str, code: str) -> dict[str, str]:
    async with world.engine.connect() as connection:
        rows = await connection.execute(_FROZEN, {"agreement": agreement, "period": code})
        return {row.id: row.served for row in rows}


@dataclass(frozen=True)
class Close:
    """The period before today's is closed, as soon as its figures have settled; in a race they may never."""

    ledger: Ledger = field(repr=False, compare=False)
    period_type: PeriodType
    agreement: str

    async def happen(self, world: World) -> None:
        code = Period.containing(self.period_type, world.as_of).previous().code
        async with self.ledger.closing:
            await self.ledger.look(world)
            for step in (Step.PREPARE, Step.SUBMIT):
                with suppress(DomainError):
                    await take(world, step, code, agreement=self.agreement)
            if await self._approve(world, code):
                rows = await _frozen(world, self.agreement, code)
                event(f"{self.period_type} of {self.agreement} closed")
                self.ledger.frozen[self.agreement, code] = rows
                self.ledger.revisions.setdefault((self.agreement, code), []).append(rows)

    async def _approve(self, world: World, code: str) -> bool:
        until = asyncio.get_running_loop().time() + SECONDS_TO_SETTLE
        while asyncio.get_running_loop().time() < until:
            try:
                await take(world, Step.APPROVE, code, SECOND, agreement=self.agreement, seconds=0.5)
            except FiguresNotSettled:
                await asyncio.sleep(0.02)
            else:
                return True
        return False


@dataclass(frozen=True)
class Reopen:
    """One of the closed periods is reopened, if it is in none that is closed."""

    ledger: Ledger = field(repr=False, compare=False)
    which: int

    async def happen(self, world: World) -> None:
        async with self.ledger.closing:
            await self.ledger.look(world)
            closed = sorted(self.ledger.frozen)
            if closed:
                agreement, code = closed[self.which % len(closed)]
                await reopen(world, code, agreement)
                del self.ledger.frozen[agreement, code]
                event("reopened")


@dataclass(frozen=True)
class Late:
    """A cleanup of a closed period is reported at last, or of the same period a year before, which it compares with."""

    name: str
    day: date

    async def happen(self, world: World) -> None:
        await world.record(self.name, "graffiti-cleanup", LANDSKRONA, start=self.day)


@dataclass(frozen=True)
class Aim:
    """The municipality's agreement sets another target, of closed periods, too."""

    most: int

    async def happen(self, world: World) -> None:
        goal = Goal(CLEANUPS, LANDSKRONA, TargetRule.AT_MOST, Decimal(self.most), Per.TERTIAL)
        await world.agree(AGREEMENT, ALL, [LANDSKRONA], Annex("attractive-city", ALL, (goal,)))
        async with world.engine.begin() as connection:
            await connection.execute(text("UPDATE agreement SET closing_needs_ready_annexes = false"))


def _late(first: Period) -> list[Late | Aim]:
    day = first.start + timedelta(40)
    return [Late("late", day), Late("late-before", day.replace(year=day.year - 1)), Aim(500)]


@dataclass(frozen=True)
class Redefine:
    """A definition that ships has another version."""

    version: int

    async def happen(self, world: World) -> None:
        old = world.catalogue
        changed = old.indicators[CLEANUPS].model_copy(update={"version": self.version})
        await _ship(world, Catalogue(old.activity_types, {**old.written, CLEANUPS: changed}, roles=old.roles))


async def _ship(world: World, catalogue: Catalogue) -> None:
    """Let workers begin with another catalogue."""
    world.catalogue = catalogue
    async with world.engine.begin() as connection:
        await share_area_hierarchy(connection)
        await put_series(connection, await world.definitions.current(connection), world.as_of)


def _closings(ledger: Ledger) -> st.SearchStrategy[Any]:
    closes = st.sampled_from(CLOSINGS).map(lambda one: Close(ledger, *one))
    return st.one_of(
        closes, closes, st.builds(Reopen, st.just(ledger), st.integers(0, 5)), st.builds(Redefine, st.integers(2, 4))
    )


@st.composite
def _stories(draw: st.DrawFn, longest: int) -> tuple[Ledger, list[Any]]:
    """Return a history in which periods are closed and reopened."""
    ledger = Ledger()
    events: list[Any] = list(draw(histories(longest)))
    for one in draw(st.lists(_closings(ledger), min_size=3, max_size=6)):
        events.insert(draw(st.integers(0, len(events))), one)
    return ledger, events


@settings(max_examples=amount(2, 24), **EVERY_TIME)
@given(st.sampled_from(DAYS), st.sampled_from(BEGINNINGS), _stories(25))
def test_frozen_figures_stay_in_every_history(
    runner: Runner, today: date, beginning: Sequence[Event], story: tuple[Ledger, list[Any]]
) -> None:
    runner.run(_in_turn(runner.world, today, beginning, *story))


@ONLY_LONG  # each way in which two meet is told by itself in test_at_once.py
@settings(max_examples=amount(2, 12), **EVERY_TIME)
@given(st.sampled_from(DAYS), st.sampled_from(BEGINNINGS), _stories(40))
def test_frozen_figures_stay_though_writers_workers_and_deaths_race(
    runner: Runner, today: date, beginning: Sequence[Event], story: tuple[Ledger, list[Any]]
) -> None:
    runner.run(_racing(runner.world, today, beginning, *story))


async def _in_turn(
    world: World, today: date, beginning: Sequence[Event], ledger: Ledger, events: Sequence[Any]
) -> None:
    late = _late(await _begin(world, today, beginning, ledger))
    for one in [*events, *late]:
        if isinstance(one, Close):
            await world.settle()
        await bring_about(one, world)
        await ledger.look(world)
    await _end(world, ledger)


async def _racing(world: World, today: date, beginning: Sequence[Event], ledger: Ledger, events: Sequence[Any]) -> None:
    late: list[Any] = [*_late(await _begin(world, today, beginning, ledger))]
    account: list[str] = []
    try:
        await race(world, [*late, *events], account)
        await _end(world, ledger)
    except Exception as error:
        error.add_note("\n".join(account))
        raise


async def _begin(world: World, today: date, beginning: Sequence[Event], ledger: Ledger) -> Period:
    """Begin with two agreements of areas that lie in one another, and a closed tertial, which is returned."""
    await world.forget()
    world.as_of = today
    await Redefine(1).happen(world)
    await Aim(0).happen(world)
    await world.agree("county", ALL, [SKANE])
    for one in beginning:
        await bring_about(one, world)
    await world.settle()
    await Close(ledger, PeriodType.TERTIAL, AGREEMENT).happen(world)
    (first,) = ledger.frozen
    return Period.parse(first[1])


async def _end(world: World, ledger: Ledger) -> None:
    """See that all is as it was told, that verify agrees, and that nothing is left of closings that are reopened."""
    await world.settle()
    await ledger.look(world)
    assert await world.verify() == NOTHING_TO_MEND
    await world.rebuild()
    await world.settle()
    await ledger.look(world)
    for (agreement, code), closings in ledger.revisions.items():
        for number, rows in enumerate(closings, 1):
            assert await revision(world, code, number, agreement) == rows
    # Years are reopened first: they hold what else is closed.
    for agreement, code in sorted(ledger.frozen, key=lambda one: len(one[1])):
        await reopen(world, code, agreement)
    await world.settle()
    assert await world.verify() == NOTHING_TO_MEND
    async with world.engine.connect() as connection:
        left = text("SELECT (SELECT count(*) FROM closed_area_period) + (SELECT count(*) FROM later_value)")
        assert (await connection.execute(left)).scalar_one() == 0


@pytest.fixture(scope="module")
def runner(database_url: str) -> Iterator[Runner]:
    runner = Runner(database_url)
    yield runner
    runner.close()

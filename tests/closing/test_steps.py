"""Each step is taken once, in its order, by somebody who may; what stands in the way is said."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from shared.closing.periods import ClosingState, find_period, periods_of_agreement
from shared.closing.reading import annexes_of, steps_of
from shared.closing.steps import Step, WantedStep, mark_ready, take_step, unmark_ready
from shared.db.access import EVERY_AREA, Access, acting
from shared.db.locks import figures_in_snapshot
from shared.domain.activity import Span
from shared.domain.errors import (
    FiguresNotSettled,
    InvalidStep,
    StepNotPossible,
    UnknownAgreementPeriod,
    UnknownAnnex,
)
from shared.domain.period import Period, PeriodType
from tests.closing.closings import ADMINISTRATOR, AGREEMENT, COORDINATOR, SECOND, close, reopen, take
from tests.indicators.world import ATTRACTIVE, CLEANUPS, LANDSKRONA, YEAR_2016, World

if TYPE_CHECKING:
    from shared.closing.steps import Taker
    from shared.domain.errors import DomainError

T1, T2, YEAR = "2016-T1", "2016-T2", "2016"


@pytest.fixture
async def agreed(world: World) -> World:
    """A world with an agreement whose only annex is ready for the first tertial, which has ended."""
    await world.agree(AGREEMENT, YEAR_2016, [LANDSKRONA], ATTRACTIVE, rhythms=(PeriodType.QUARTER,))
    await world.settle(date(2016, 5, 10))
    await _mark(world)
    return world


async def _mark(world: World, number: int = 1) -> None:
    async with world.engine.begin() as connection:
        await mark_ready(connection, AGREEMENT, Period.parse(T1), number, COORDINATOR.actor)


async def _set(world: World, change: str) -> None:
    async with world.engine.begin() as connection:
        await connection.execute(text(change))


async def test_an_agreement_closes_its_tertials_its_years_and_the_periods_of_its_rhythm(agreed: World) -> None:
    await take(agreed, Step.PREPARE, T1)
    async with agreed.engine.connect() as connection:
        periods = await periods_of_agreement(connection, AGREEMENT, agreed.as_of)
    assert {one.period.code: one.state.value for one in periods} == {
        "2016-Q1": "open", T1: "prepared", "2016-Q2": "open", T2: "open", YEAR: "open",
    }  # fmt: skip
    for code in ("2016-03", "2017-T1", "2016-H1"):
        with pytest.raises(UnknownAgreementPeriod):
            await take(agreed, Step.PREPARE, code)


async def test_a_closed_period_is_reopened_though_the_agreement_has_other_rhythms_and_days(agreed: World) -> None:
    quarter = "2016-Q1"
    await _set(agreed, "UPDATE agreement SET closing_needs_ready_annexes = false")
    await close(agreed, quarter)
    later = Span(date(2016, 4, 1), date(2016, 12, 31))
    await agreed.agree(AGREEMENT, later, [LANDSKRONA], replace(ATTRACTIVE, valid=later))
    async with agreed.engine.connect() as connection:
        codes = [one.period.code for one in await periods_of_agreement(connection, AGREEMENT, agreed.as_of)]
    assert codes == [quarter, T1, T2, YEAR]
    await reopen(agreed, quarter)
    await agreed.settle()
    assert (await agreed.verify()).total == 0
    with pytest.raises(UnknownAgreementPeriod):
        await take(agreed, Step.PREPARE, "2016-Q2")


WALK: tuple[tuple[Step, Taker, str | None, DomainError | None], ...] = (
    (Step.SUBMIT, COORDINATOR, None, StepNotPossible("The period is open.")),
    (Step.APPROVE, COORDINATOR, None, StepNotPossible("The period is open.")),
    (Step.REOPEN, COORDINATOR, "Why not.", StepNotPossible("The period is open.")),
    (Step.PREPARE, COORDINATOR, None, None),
    (Step.PREPARE, COORDINATOR, None, StepNotPossible("The period is prepared.")),
    (Step.APPROVE, COORDINATOR, None, StepNotPossible("The period is prepared.")),
    (Step.REOPEN, COORDINATOR, None, InvalidStep("The step cannot")),
    (Step.REOPEN, COORDINATOR, " ", InvalidStep("The step cannot")),
    (Step.REOPEN, COORDINATOR, "Ask 19811218-9876.", InvalidStep("The step cannot")),
    (Step.REOPEN, COORDINATOR, "Too early.", None),
    (Step.PREPARE, COORDINATOR, None, None),
    (Step.SUBMIT, COORDINATOR, None, None),
    (Step.SUBMIT, SECOND, None, StepNotPossible("The period is submitted.")),
    (Step.APPROVE, COORDINATOR, None, StepNotPossible("Who has submitted")),
    (Step.APPROVE, SECOND, None, None),
    (Step.APPROVE, ADMINISTRATOR, None, StepNotPossible("The period is closed.")),
    (Step.PREPARE, COORDINATOR, None, StepNotPossible("The period is closed.")),
    (Step.REOPEN, COORDINATOR, None, InvalidStep("The step cannot")),
    (Step.REOPEN, COORDINATOR, "A school was forgotten.", None),
)


async def test_steps_are_taken_once_and_in_their_order(agreed: World) -> None:
    for step, taker, reason, refusal in WALK:
        if refusal is None:
            await take(agreed, step, T1, taker, reason)
        else:
            with pytest.raises(type(refusal)) as caught:
                await take(agreed, step, T1, taker, reason)
            assert caught.value.detail.startswith(refusal.detail), (step, reason)
    async with agreed.engine.connect() as connection:
        found = await find_period(connection, AGREEMENT, Period.parse(T1))
        taken = await steps_of(connection, found)
        assert [one.marked_at for one in await annexes_of(connection, found)] == [None]
        with acting(Access(figures=EVERY_AREA)):
            seen_elsewhere = await steps_of(connection, found)
    assert {(one.taken_by, one.reason) for one in seen_elsewhere} == {(None, None)}
    assert (found.state, found.revision) == (ClosingState.OPEN, 1)
    assert [(one.step, one.actor, one.reason, one.revision) for one in taken] == [
        (step, taker.actor.id, reason, 1 if step is Step.APPROVE else None)
        for step, taker, reason, refusal in WALK
        if refusal is None
    ]


async def test_a_period_that_has_not_ended_is_not_closed(agreed: World) -> None:
    with pytest.raises(StepNotPossible, match="has not ended"):
        await take(agreed, Step.PREPARE, T2)


async def test_an_annex_that_is_not_ready_stops_the_submission_unless_the_agreement_does_not_ask(
    agreed: World,
) -> None:
    async with agreed.engine.begin() as connection:
        await unmark_ready(connection, AGREEMENT, Period.parse(T1), 1)
    await take(agreed, Step.PREPARE, T1)
    with pytest.raises(StepNotPossible, match="not marked ready") as caught:
        await take(agreed, Step.SUBMIT, T1)
    assert [one.reason for one in caught.value.violations] == ["annex 1 is not marked ready"]
    await _set(agreed, "UPDATE agreement SET closing_needs_ready_annexes = false")
    await take(agreed, Step.SUBMIT, T1)
    with pytest.raises(StepNotPossible, match="is submitted"):
        await _mark(agreed)


async def test_only_annexes_of_the_period_are_marked(agreed: World) -> None:
    with pytest.raises(UnknownAnnex):
        await _mark(agreed, 2)


async def test_who_administers_approves_alone_where_the_agreement_does_not_ask_for_two(agreed: World) -> None:
    await _set(agreed, "UPDATE agreement SET closing_by_two_persons = false")
    await take(agreed, Step.PREPARE, T1, ADMINISTRATOR)
    await take(agreed, Step.SUBMIT, T1, ADMINISTRATOR)
    await take(agreed, Step.APPROVE, T1, ADMINISTRATOR)


PENDING = (
    """INSERT INTO dirty_mark (writing_area_id, year, ripens_on)
       SELECT area_id, 2016, '-infinity' FROM area WHERE code = '1282'""",
    """INSERT INTO rollup_mark (series_id, area_id, year)
       SELECT series_id, area_id, 2016 FROM area, indicator_series
       WHERE code = '0180' AND indicator_code = 'care-referrals'""",
    """INSERT INTO signal_mark (series_id, area_id, year)
       SELECT series_id, area_id, 2016 FROM area, indicator_series WHERE code = '1282'""",
    """INSERT INTO comparison_mark (series_id, area_id, year)
       SELECT series_id, area_id, 2015 FROM area, indicator_series WHERE code = '1282-alfa'""",
    "UPDATE day_rollover SET day = day - 1",
    """INSERT INTO file_import (owner_area_id, makes, dry_run)
       SELECT area_id, 'activities', false FROM area WHERE code = '12'""",
)


# Figures of other months, other areas and other years: a busy service always has some.
ELSEWHERE = (
    """INSERT INTO dirty_mark (writing_area_id, year, area_id, month, fact, ripens_on)
       SELECT area_id, 2016, area_id, '2016-05-01', 'graffiti-cleanup', '-infinity' FROM area WHERE code = '1282'""",
    """INSERT INTO dirty_mark (writing_area_id, year, ripens_on)
       SELECT area_id, 2016, '-infinity' FROM area WHERE code = '1283'""",
    """INSERT INTO dirty_mark (writing_area_id, year, ripens_on)
       SELECT area_id, 2017, '-infinity' FROM area WHERE code = '1282'""",
    """INSERT INTO rollup_mark (series_id, area_id, year)
       SELECT series_id, area_id, 2016 FROM area, indicator_series
       WHERE code = '0180' AND indicator_code = 'feels-safe-outdoors'""",
    """INSERT INTO comparison_mark (series_id, area_id, year)
       SELECT series_id, area_id, 2016 FROM area, indicator_series WHERE code IN ('12', '1283')""",
)


async def test_what_waits_elsewhere_does_not_keep_a_period_open(agreed: World) -> None:
    await take(agreed, Step.PREPARE, T1)
    await take(agreed, Step.SUBMIT, T1)
    for pending in ELSEWHERE:
        await _set(agreed, pending)
    await take(agreed, Step.APPROVE, T1, SECOND)


async def test_an_approval_waits_for_the_worker_a_while(agreed: World) -> None:
    """First for a fact of the period, then for what stands beside its figures."""
    await take(agreed, Step.PREPARE, T1)
    await take(agreed, Step.SUBMIT, T1)
    await agreed.record("late", "graffiti-cleanup", LANDSKRONA, start=date(2016, 3, 7))
    approval = asyncio.create_task(take(agreed, Step.APPROVE, T1, SECOND, seconds=20))
    await asyncio.sleep(0.3)
    assert not approval.done()
    while not approval.done():
        await agreed.sweep()
        await agreed.roll_up()
    await approval
    assert await agreed.figure(CLEANUPS, LANDSKRONA, T1) == (1, None, 0)
    assert await agreed.column("finality", CLEANUPS, LANDSKRONA, T1) == "final"
    await agreed.settle()  # what the approval does not wait for
    assert (await agreed.verify()).total == 0


async def test_figures_that_are_not_settled_are_not_frozen(agreed: World) -> None:
    await take(agreed, Step.PREPARE, T1)
    await take(agreed, Step.SUBMIT, T1)
    for pending in PENDING:
        async with agreed.engine.connect() as connection:
            await connection.execute(text(pending))
            catalogue = await agreed.definitions.current(connection)
            wanted = WantedStep(AGREEMENT, Period.parse(T1), Step.APPROVE)
            answer = "A file is being imported" if "file_import" in pending else "are still being computed"
            with pytest.raises(FiguresNotSettled, match=f"{answer}.*Try again"):
                await take_step(connection, catalogue, wanted, SECOND, agreed.as_of, seconds=0)
            await connection.rollback()
    async with figures_in_snapshot(agreed.engine):
        with pytest.raises(FiguresNotSettled, match="rebuilt"):
            await take(agreed, Step.APPROVE, T1, SECOND)
    await take(agreed, Step.APPROVE, T1, SECOND)


async def test_of_two_at_once_one_closes_the_period(agreed: World) -> None:
    await take(agreed, Step.PREPARE, T1)
    await take(agreed, Step.SUBMIT, T1)
    outcomes = await asyncio.gather(*(take(agreed, Step.APPROVE, T1, SECOND) for _ in range(2)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["NoneType", "StepNotPossible"]


async def test_what_a_longer_closed_period_holds_is_reopened_after_it(agreed: World) -> None:
    await _set(agreed, "UPDATE agreement SET closing_needs_ready_annexes = false")
    await close(agreed, T1)
    await agreed.settle(date(2017, 1, 10))
    await close(agreed, YEAR)
    with pytest.raises(StepNotPossible, match="longer period"):
        await reopen(agreed, T1)
    await reopen(agreed, YEAR)
    await agreed.settle()
    async with agreed.engine.connect() as connection:
        finalities = await connection.execute(
            text("SELECT DISTINCT period_code(period_type, period_start) FROM indicator_value WHERE finality = 'final'")
        )
        assert {*finalities.scalars()} == {T1, "2016-Q1", "2016-01", "2016-02", "2016-03", "2016-04"}
    await reopen(agreed, T1)
    await agreed.settle()
    assert (await agreed.verify()).total == 0

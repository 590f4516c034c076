"""The steps by which a period of an agreement is closed: prepared, submitted, approved; and reopened.

Annexes are marked ready before. Each step is taken once: who comes second, be it a moment later, is told so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.closing.freezing import SECONDS_TO_SETTLE, free, freeze
from shared.closing.periods import AgreementPeriod, ClosingState, known_id, lock_period
from shared.domain.errors import InvalidStep, StepNotPossible, UnknownAnnex, Violation
from shared.domain.free_text import text_faults
from shared.facts.removed_periods import find_removal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.catalogue.loader import Catalogue
    from shared.db.actor import Actor
    from shared.domain.period import Period

LONGEST_REASON = 1000


class Step(StrEnum):
    """What is done with a period."""

    PREPARE = "prepare"
    SUBMIT = "submit"
    APPROVE = "approve"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class WantedStep:
    """A step of a period of an agreement, by its code; a period is reopened for a reason."""

    agreement: str
    period: Period
    step: Step
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Taker:
    """Who takes a step, as the audit trail names them, and whether they administer all areas of the agreement."""

    actor: Actor
    administers: bool = False


_BEFORE = {Step.PREPARE: ClosingState.OPEN, Step.SUBMIT: ClosingState.PREPARED, Step.APPROVE: ClosingState.SUBMITTED}
_AFTER = {
    Step.PREPARE: ClosingState.PREPARED,
    Step.SUBMIT: ClosingState.SUBMITTED,
    Step.APPROVE: ClosingState.CLOSED,
    Step.REOPEN: ClosingState.OPEN,
}
_WRONG_STATE = {
    ClosingState.OPEN: "The period is open. Prepare it first, then submit it.",
    ClosingState.PREPARED: "The period is prepared. Submit it next, or reopen it with a reason.",
    ClosingState.SUBMITTED: "The period is submitted. Somebody can approve it, or reopen it with a reason.",
    ClosingState.CLOSED: "The period is closed. Reopen it with a reason first.",
}
_NOT_READY = text(
    """SELECT number FROM annex
       WHERE agreement_id = :agreement_id AND valid && daterange(:first, :last, '[]')
         AND number NOT IN (SELECT annex_number FROM ready_annex WHERE agreement_period_id = :id)
       ORDER BY number"""
)
_SUBMITTED_BY = text(
    """SELECT actor FROM agreement_period_step WHERE agreement_period_id = :id AND step = 'submit'
       ORDER BY step_id DESC LIMIT 1"""
)
_LONGER = text(
    """SELECT period_type FROM agreement_period
       WHERE agreement_id = :agreement_id AND state = 'closed' AND agreement_period_id <> :id
         AND period_start <= :first AND next_period_start(period_type, period_start) > :last"""
)
_ADD = text(
    """INSERT INTO agreement_period_step (agreement_period_id, step, actor, actor_name, reason, revision)
       VALUES (:id, :step, :actor, :actor_name, :reason, :revision) RETURNING step_id"""
)
_MOVE = text("UPDATE agreement_period SET state = :state, revision = :revision WHERE agreement_period_id = :id")
_FORGET_READY = text("DELETE FROM ready_annex WHERE agreement_period_id = :id")
_IN_FORCE = text(
    """SELECT 1 FROM annex
       WHERE agreement_id = :agreement_id AND number = :number AND valid && daterange(:first, :last, '[]')"""
)
_MARK_READY = text(
    """INSERT INTO ready_annex (agreement_period_id, annex_number, actor, actor_name)
       VALUES (:id, :number, :actor, :actor_name) ON CONFLICT DO NOTHING RETURNING annex_number"""
)
_UNMARK_READY = text("DELETE FROM ready_annex WHERE agreement_period_id = :id AND annex_number = :number")


async def take_step(  # noqa: PLR0913  how long an approval waits, besides
    connection: AsyncConnection,
    catalogue: Catalogue,
    wanted: WantedStep,
    taker: Taker,
    today: date,
    *,
    seconds: float = SECONDS_TO_SETTLE,
) -> UUID:
    """Take a step of a period, which is committed by the caller; return the step's id.

    An approval waits for figures that are being computed, so many seconds at most at each of two steps.
    The caller has seen that who takes it coordinates all areas of the agreement, and has access to all of its figures.

    Raises:
        UnknownAgreement: no agreement has the code.
        UnknownAgreementPeriod: the agreement has no such period.
        InvalidStep: it is reopened without a reason, or the reason holds personal data.
        StepNotPossible: the period is not as it must be, or whoever submitted it would approve it.
        FiguresNotSettled: its figures are being brought up to date, or a file is being imported.
    """
    step, revision = wanted.step, None
    refuse_reason(step, wanted.reason)
    found = await lock_period(connection, wanted.agreement, wanted.period)
    if _BEFORE.get(step, found.state) is not found.state or (step is Step.REOPEN and found.state is ClosingState.OPEN):
        raise StepNotPossible(_WRONG_STATE[found.state])
    if step is not Step.REOPEN and today <= wanted.period.end:
        raise StepNotPossible("The period has not ended. It can be closed from the day after its last.")
    if step is Step.SUBMIT and found.needs_ready_annexes:
        await _refuse_unready(connection, found)
    if step is Step.APPROVE:
        await _refuse_own(connection, found, taker)
        revision = await freeze(connection, catalogue, found, today, seconds)
    if step is Step.REOPEN and found.state is ClosingState.CLOSED:
        await _refuse_without_facts(connection, found)
        await free(connection, found)
        # Only now nobody else closes the longer one at the same time.
        await _refuse_inside_closed(connection, found)
        await connection.execute(_FORGET_READY, {"id": found.id})
    moved = {"id": found.id, "state": _AFTER[step].value, "revision": revision or found.revision}
    await connection.execute(_MOVE, moved)
    return await _add_step(connection, known_id(found), wanted, taker, revision)


async def _add_step(
    connection: AsyncConnection, id_: int, wanted: WantedStep, taker: Taker, revision: int | None
) -> UUID:
    added = {
        "id": id_,
        "step": wanted.step.value,
        "actor": taker.actor.id,
        "actor_name": taker.actor.name,
        "reason": wanted.reason,
        "revision": revision,
    }
    step_id: UUID = (await connection.execute(_ADD, added)).scalar_one()
    return step_id


async def mark_ready(connection: AsyncConnection, agreement: str, period: Period, number: int, actor: Actor) -> bool:
    """Mark an annex ready for the closing of a period; return whether it was not before.

    Raises:
        UnknownAgreement: no agreement has the code.
        UnknownAgreementPeriod: the agreement has no such period.
        UnknownAnnex: no annex of this number is in force in the period.
        StepNotPossible: the period is submitted or closed.
    """
    found = await _lock_annex(connection, agreement, period, number)
    marked = {"id": found.id, "number": number, "actor": actor.id, "actor_name": actor.name}
    return (await connection.execute(_MARK_READY, marked)).scalar_one_or_none() is not None


async def unmark_ready(connection: AsyncConnection, agreement: str, period: Period, number: int) -> None:
    """Take back that an annex is ready, if it is.

    Raises:
        UnknownAgreement: no agreement has the code.
        UnknownAgreementPeriod: the agreement has no such period.
        UnknownAnnex: no annex of this number is in force in the period.
        StepNotPossible: the period is submitted or closed.
    """
    found = await _lock_annex(connection, agreement, period, number)
    await connection.execute(_UNMARK_READY, {"id": found.id, "number": number})


async def _lock_annex(connection: AsyncConnection, agreement: str, period: Period, number: int) -> AgreementPeriod:
    found = await lock_period(connection, agreement, period)
    if (await connection.execute(_IN_FORCE, _days(found) | {"number": number})).scalar_one_or_none() is None:
        raise UnknownAnnex
    if found.state not in {ClosingState.OPEN, ClosingState.PREPARED}:
        raise StepNotPossible(_WRONG_STATE[found.state])
    return found


def _days(found: AgreementPeriod) -> dict[str, object]:
    period = found.period
    return {"agreement_id": found.agreement_id, "id": found.id, "first": period.start, "last": period.end}


def refuse_reason(step: Step, reason: str | None) -> None:
    """Refuse a step whose reason cannot be stored, or is lacking, whatever it is a step of.

    Raises:
        InvalidStep: it is so.
    """
    violations: Sequence[Violation] = [*text_faults([("reason", reason)])]
    if step is Step.REOPEN and not (reason and reason.strip()):
        violations = [Violation("reason", "is missing", "Say why the period is reopened.")]
    if violations:
        raise InvalidStep("The step cannot be taken as it is.", violations)


async def _refuse_unready(connection: AsyncConnection, found: AgreementPeriod) -> None:
    numbers = (await connection.execute(_NOT_READY, _days(found))).scalars().all()
    if numbers:
        violations = [
            Violation(
                f"annexes[{number}]", f"annex {number} is not marked ready", "Mark it ready, or have its owner do so."
            )
            for number in numbers
        ]
        raise StepNotPossible("Annexes are not marked ready.", violations)


async def has_to_be_anothers(connection: AsyncConnection, found: AgreementPeriod, taker: Taker) -> bool:
    """Tell whether a submitted period is for somebody else to approve: who would, has submitted it."""
    submitted_by = (await connection.execute(_SUBMITTED_BY, {"id": found.id})).scalar_one()
    return bool(submitted_by == taker.actor.id and (found.by_two_persons or not taker.administers))


async def _refuse_own(connection: AsyncConnection, found: AgreementPeriod, taker: Taker) -> None:
    if await has_to_be_anothers(connection, found, taker):
        raise StepNotPossible(
            "Who has submitted a period does not approve it. Ask another who coordinates or administers the area."
        )


async def _refuse_inside_closed(connection: AsyncConnection, found: AgreementPeriod) -> None:
    if (await connection.execute(_LONGER, _days(found))).first() is not None:
        raise StepNotPossible("A longer period that holds this one is closed. Reopen that one first.")


async def _refuse_without_facts(connection: AsyncConnection, found: AgreementPeriod) -> None:
    """Refuse to reopen what is not computed any more: what came later would be neither brought in nor told."""
    if await find_removal(connection, found.period.start) is not None:
        raise StepNotPossible("The activities of the period have been removed, so it stays closed.")

"""The periods that an agreement closes: its tertials and years, and those of its further rhythms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import text

from shared.db.codes import get_agreement_id
from shared.domain.errors import UnknownAgreementPeriod
from shared.domain.period import Period, PeriodType, periods_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from typing import TypeAlias

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    # The rows of an agreement's periods of which a step has been taken.
    _Stored: TypeAlias = Mapping[Period, Row[tuple[object, ...]]]

CLOSED_TYPES = (PeriodType.TERTIAL, PeriodType.YEAR)
"""The types of periods that every agreement closes, besides those of its rhythms."""


class ClosingState(StrEnum):
    """How far a period of an agreement has come."""

    OPEN = "open"
    PREPARED = "prepared"
    SUBMITTED = "submitted"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class AgreementPeriod:
    """A period of an agreement. `id` is None of one of which no step has been taken; `revision` counts closings."""

    agreement_id: int
    agreement: str
    period: Period
    id: int | None = None
    state: ClosingState = ClosingState.OPEN
    revision: int = 0
    by_two_persons: bool = True
    needs_ready_annexes: bool = True


_AGREEMENT = text(
    """SELECT agreement_id, code, lower(valid) AS first, upper(valid) - 1 AS last, rhythms, closing_by_two_persons,
              closing_needs_ready_annexes
       FROM agreement WHERE agreement_id = :agreement_id"""
)
_STORED = text("SELECT * FROM agreement_period WHERE agreement_id = :agreement_id")
_ADD = text(
    """INSERT INTO agreement_period (agreement_id, period_type, period_start)
       VALUES (:agreement_id, :period_type, :period_start) ON CONFLICT DO NOTHING"""
)
_LOCK = text(
    """SELECT * FROM agreement_period
       WHERE agreement_id = :agreement_id AND period_type = :period_type AND period_start = :period_start FOR UPDATE"""
)


async def periods_of_agreement(connection: AsyncConnection, code: str, today: date) -> list[AgreementPeriod]:
    """Return all periods of an agreement that have begun, the first first, a year after its parts.

    Raises:
        UnknownAgreement: no agreement has the code.
    """
    agreement = await _agreement(connection, code)
    stored = await _stored(connection, agreement)
    periods = [one for one in _periods(agreement, stored) if one.start <= today]
    return [_as_period(agreement, one, stored.get(one)) for one in periods]


async def find_period(connection: AsyncConnection, code: str, period: Period) -> AgreementPeriod:
    """Return a period of an agreement.

    Raises:
        UnknownAgreement: no agreement has the code.
        UnknownAgreementPeriod: the agreement has no such period.
    """
    agreement = await _agreement(connection, code)
    stored = await _stored(connection, agreement)
    _refuse_unknown(agreement, stored, period)
    return _as_period(agreement, period, stored.get(period))


async def lock_period(connection: AsyncConnection, code: str, period: Period) -> AgreementPeriod:
    """Return a period of an agreement, and keep others from taking a step of it until the transaction ends.

    Raises:
        UnknownAgreement: no agreement has the code.
        UnknownAgreementPeriod: the agreement has no such period.
    """
    agreement = await _agreement(connection, code)
    _refuse_unknown(agreement, await _stored(connection, agreement), period)
    key = {
        "agreement_id": agreement.agreement_id,
        "period_type": period.type.value,
        "period_start": period.start,
    }
    await connection.execute(_ADD, key)
    return _as_period(agreement, period, (await connection.execute(_LOCK, key)).one())


def known_id(period: AgreementPeriod) -> int:
    """Return the id of a period that is stored."""
    if period.id is None:
        raise LookupError("the period has not been stored")
    return period.id


async def _agreement(connection: AsyncConnection, code: str) -> Row[tuple[object, ...]]:
    agreement_id = await get_agreement_id(connection, code)
    return (await connection.execute(_AGREEMENT, {"agreement_id": agreement_id})).one()


async def _stored(connection: AsyncConnection, agreement: Row[tuple[object, ...]]) -> _Stored:
    rows = await connection.execute(_STORED, {"agreement_id": agreement.agreement_id})
    return {Period(PeriodType(row.period_type), row.period_start): row for row in rows}


def _periods(agreement: Row[tuple[object, ...]], stored: _Stored) -> Sequence[Period]:
    """Return the agreement's periods, and those that were closed before it had other days or rhythms."""
    types = [*CLOSED_TYPES, *(PeriodType(one) for one in agreement.rhythms)]
    years = range(agreement.first.year, agreement.last.year + 1)
    overlapping = {
        one
        for year in years
        for one in periods_of(year, types)
        if one.start <= agreement.last and agreement.first <= one.end
    }
    closed = {one for one, row in stored.items() if row.revision}
    return sorted(overlapping | closed, key=lambda one: (one.end, one.type.month_count))


def _refuse_unknown(agreement: Row[tuple[object, ...]], stored: _Stored, period: Period) -> None:
    if period not in _periods(agreement, stored):
        raise UnknownAgreementPeriod(
            "The agreement has no such period. Its tertials and years are closed, and the periods of its rhythms."
        )


def _as_period(
    agreement: Row[tuple[object, ...]], period: Period, stored: Row[tuple[object, ...]] | None
) -> AgreementPeriod:
    return AgreementPeriod(
        agreement.agreement_id,
        agreement.code,
        period,
        None if stored is None else stored.agreement_period_id,
        ClosingState.OPEN if stored is None else ClosingState(stored.state),
        0 if stored is None else stored.revision,
        agreement.closing_by_two_persons,
        agreement.closing_needs_ready_annexes,
    )

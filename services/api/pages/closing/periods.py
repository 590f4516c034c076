"""Which periods of which agreements somebody can look at the closing of, and what they may do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Path
from sqlalchemy import text

from services.api.agreement_periods.addresses import found_period
from services.api.http.authority import has_scope_over_agreement
from services.api.pages.agreement.choice import OVERVIEW
from shared.closing.periods import ClosingState, periods_of_agreement
from shared.closing.reading import annexes_of
from shared.db.keys import KeyScope
from shared.domain.errors import UnknownAgreement
from shared.domain.person import PersonRole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.http.sessions import Visitor
    from services.api.pages.agreement.areas import ReadableArea
    from services.api.pages.agreement.choice import YearChoice
    from shared.closing.periods import AgreementPeriod

ON_THE_WAY = (ClosingState.OPEN, ClosingState.PREPARED)
"""The states in which annexes are marked ready, and what is missing can still be reported."""
CLOSING = f"{OVERVIEW}/stangning"
OF_PERIOD = f"{CLOSING}/{{agreement}}/{{period}}"

AgreementCode = Annotated[str, Path(alias="agreement", max_length=100)]
PeriodCode = Annotated[str, Path(alias="period", max_length=10)]

_COVERING = text(
    """SELECT DISTINCT agreement.code, title, lower(agreement.valid) AS first
       FROM agreement JOIN agreement_area USING (agreement_id)
       JOIN area_closure ON ancestor_id = agreement_area.area_id
       WHERE descendant_id = :area_id ORDER BY first DESC, code"""
)
_AREAS = text(
    """SELECT area_id FROM agreement JOIN agreement_area USING (agreement_id) WHERE code = :code ORDER BY area_id"""
)


@dataclass(frozen=True, slots=True)
class ListedPeriod:
    """A period, and how many of its annexes are marked ready, where that is asked for: once somebody has begun."""

    found: AgreementPeriod
    ready: int = 0
    annexes: int = 0


@dataclass(frozen=True, slots=True)
class AgreementPeriods:
    """An agreement by its title, with its periods that have begun: the latest first, a year before its parts."""

    title: str
    periods: tuple[ListedPeriod, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """A period that somebody looks at: in which areas of the agreement, and what they may do there.

    `area` is the first of the agreement's areas that they can choose; `is_own` where they see its facts.
    """

    found: AgreementPeriod
    area: ReadableArea
    may_step: bool
    # The annexes that they may mark ready; None is all.
    may_mark: frozenset[int] | None

    @property
    def address(self) -> str:
        """Where it is looked at."""
        return address_of(self.found)

    def visitor_may_mark(self, number: int) -> bool:
        """Tell whether the visitor may mark an annex ready."""
        return self.may_mark is None or number in self.may_mark


def address_of(found: AgreementPeriod) -> str:
    """Return the address of a period's page."""
    return OF_PERIOD.format(agreement=found.agreement, period=found.period.code.lower())


async def periods_of_area(connection: AsyncConnection, area_id: int, today: date) -> list[AgreementPeriods]:
    """Return the periods of all agreements that cover an area, the latest agreement first."""
    found = []
    for row in (await connection.execute(_COVERING, {"area_id": area_id})).all():
        periods = await periods_of_agreement(connection, row.code, today)
        found.append(AgreementPeriods(row.title, tuple([await _listed(connection, one) for one in reversed(periods)])))
    return found


async def _listed(connection: AsyncConnection, found: AgreementPeriod) -> ListedPeriod:
    if found.id is None or found.state not in ON_THE_WAY:
        return ListedPeriod(found)
    annexes = await annexes_of(connection, found)
    return ListedPeriod(found, sum(one.marked_at is not None for one in annexes), len(annexes))


async def looked_at(
    connection: AsyncConnection, visitor: Visitor, choice: YearChoice, agreement: str, period: str
) -> Looked:
    """Return the period that an address names, as somebody sees it who is signed in.

    Raises:
        UnknownAgreement: there is no such agreement in areas that they can choose.
        UnknownAgreementPeriod: the agreement has no such period.
    """
    ids = [*(await connection.execute(_AREAS, {"code": agreement})).scalars()]
    areas: Sequence[ReadableArea] = [one for one in choice.areas if one.area_id in ids]
    if not areas:
        raise UnknownAgreement
    found = await found_period(connection, agreement, period)
    coordinates = await has_scope_over_agreement(connection, agreement, visitor.accesses, KeyScope.COORDINATE)
    reports = await has_scope_over_agreement(connection, agreement, visitor.accesses, KeyScope.REPORT)
    return Looked(found, areas[0], coordinates, _annexes_of(visitor, found, reports=reports, coordinates=coordinates))


def _annexes_of(visitor: Visitor, found: AgreementPeriod, *, reports: bool, coordinates: bool) -> frozenset[int] | None:
    """Return the annexes that somebody may mark ready: their own, and who coordinates the agreement, all."""
    if coordinates:
        return None
    owned = (
        one.annex
        for one in visitor.person.roles
        if one.role is PersonRole.ANNEX_OWNER and one.agreement_id == found.agreement_id
    )
    return frozenset(one for one in owned if one is not None) if reports else frozenset()

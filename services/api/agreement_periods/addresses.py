"""The addresses of agreements' periods: what their parts are, and the period that one names."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.problems import problems_of
from shared.closing.periods import AgreementPeriod, find_period
from shared.domain.errors import InvalidPeriod, UnknownAgreement, UnknownAgreementPeriod
from shared.domain.period import Period

PeriodCode = Annotated[
    str, Path(description="The period: a tertial, a year, or of the agreement's rhythm.", examples=["2016-t1"])
]
NOT_FOUND = problems_of(UnknownAgreement, UnknownAgreementPeriod)


def period_of(code: str) -> Period:
    """Return the period that a code names, in small letters as well.

    Raises:
        UnknownAgreementPeriod: it names none.
    """
    try:
        return Period.parse(code.upper())
    except InvalidPeriod as error:
        raise UnknownAgreementPeriod("The agreement has no such period.", error.violations) from error


async def found_period(connection: AsyncConnection, agreement: str, code: str) -> AgreementPeriod:
    """Return the period that an address names.

    Raises:
        UnknownAgreement: no agreement has the code.
        UnknownAgreementPeriod: the agreement has no such period.
    """
    return await find_period(connection, agreement, period_of(code))


def path_of(found: AgreementPeriod) -> str:
    """Return the address of a period below the API's root."""
    return f"agreements/{found.agreement}/periods/{found.period.code.lower()}"

"""`/agreements/{agreementCode}/periods/{period}/completeness`: what is missing, late, and rests on little."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query, Request
from sqlalchemy import text

from services.api.agreement_periods.addresses import PeriodCode, found_period
from services.api.agreement_periods.completeness_schemas import CompletenessPage
from services.api.agreements.schemas import AgreementCode
from services.api.http.auth import READ
from services.api.http.dependencies import Definitions, Reading, Today
from services.api.http.problems import InvalidQuery, problems_of
from services.api.http.responses import Answer, Paging, slice_answer
from services.api.http.routing import router
from shared.annex_tables.reading import Area, YearAsOf, read_year
from shared.completeness.reports import lateness_of, shares_of
from shared.completeness.sentences import sums_in_words
from shared.domain.errors import UnknownAgreement, UnknownAgreementPeriod, Violation
from shared.domain.wording import Language

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.closing.periods import AgreementPeriod
    from shared.completeness.reports import Completeness, ExpectedReport

period_completeness = router("agreements")

# The agreement's own areas come first.
_AREA = text(
    """SELECT area_id, code, name FROM area
       WHERE CASE WHEN CAST(:area AS text) IS NULL
                  THEN area_id IN (SELECT area_id FROM agreement_area WHERE agreement_id = :agreement_id)
                  ELSE code = :area END
       ORDER BY code LIMIT 1"""
)


@period_completeness.get(
    "/{agreementCode}/periods/{period}/completeness",
    response_model=CompletenessPage,
    responses=problems_of(UnknownAgreement, UnknownAgreementPeriod),
    dependencies=[READ],
    summary="List how complete the data of a period are",
)
async def list_completeness(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    today: Today,
    agreement_code: AgreementCode,
    period: PeriodCode,
    page: Paging,
    area: Annotated[
        str | None, Query(description="Of the area with this code; left out, of the agreement's first area.")
    ] = None,
) -> Answer:
    """Visa hur fullständiga periodens uppgifter är, per bilaga. / Show how complete a period's data are, by annex.

    Vad som skulle ha rapporterats och saknas, vad som kom in efter rapporteringsdagen, och vilka värden som har litet
    underlag. Det som inte har hunnit bli klart saknas inte. /
    What should have been reported and is missing, what arrived after the reporting day, and which values rest on
    little. What is not due yet is not missing.
    """
    found = await found_period(reading, agreement_code, period)
    asked = YearAsOf(await _area(reading, found, area), found.period.start.year, Language.SV, today)
    tables = await reading.run_sync(lambda connection: read_year(connection, definitions, asked))
    is_displayed = found.period in {column.period for column in tables.columns}
    entries = [
        _entry(one.number, one.completeness.of(found.period), is_displayed=is_displayed)
        for one in tables.tables
        if one.agreement == found.agreement
    ]
    return slice_answer(request, page, "annexes", entries)


async def _area(connection: AsyncConnection, found: AgreementPeriod, code: str | None) -> Area:
    """Return the area that is asked for.

    Raises:
        InvalidQuery: there is none with the code.
    """
    row = (await connection.execute(_AREA, {"area": code, "agreement_id": found.agreement_id})).one_or_none()
    if row is None:
        violation = Violation("area", "is not an area's code", "See /areas.")
        raise InvalidQuery("The query asks for what does not exist.", [violation])
    return Area(*row)


def _entry(annex: int | None, completeness: Completeness, *, is_displayed: bool) -> dict[str, Any]:
    in_swedish, in_english = (sums_in_words(completeness, language) for language in Language)
    little = [{"indicator": one.series[0], "slice": one.series[1]} for one in completeness.little]
    return {
        "annex": annex,
        "expectedReports": [
            {"kind": kind, "expected": share.expected, "missing": share.missing}
            for kind, share in shares_of(completeness.expected).items()
        ],
        "missingReports": [_missing(one) for one in completeness.missing],
        "lateActivities": [
            {"reportingDay": one.reporting_day, "activities": one.number, "mostDays": one.most_days}
            for one in lateness_of(completeness.late)
        ],
        "uncertainValues": little if is_displayed else None,
        "sentences": [{"sv": sv, "en": en} for sv, en in zip(in_swedish, in_english, strict=True)],
    }


def _missing(report: ExpectedReport) -> dict[str, Any]:
    expectation = report.expectation
    return {
        "kind": expectation.kind,
        "what": {"sv": expectation.subject.sv, "en": expectation.subject.en},
        "indicator": report.indicator,
        "area": expectation.place.code,
        "period": report.period.code,
        "dueOn": expectation.due_on,
    }

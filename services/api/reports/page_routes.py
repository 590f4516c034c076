"""`/overenskommelsen/rapport`: the report for the council, chosen by period, language and format, and downloaded."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated

from fastapi import Path, Query, Request, Response

from services.api.http.dependencies import Definitions, Reading, Today, resources_of
from services.api.http.files import attachment
from services.api.pages.agreement.choice import OVERVIEW, Chosen
from services.api.pages.rendering import HEADERS, page, visit_of
from services.api.pages.routing import READER, page_router, person_of
from services.api.pages.texts import translator
from services.api.reports.making import KINDS, report_file
from services.api.reports.reading import ReportRequest, period_of, periods_to_report, year_to_report
from services.api.reports.schemas import LONGEST_CODE
from shared.annex_tables.reading import years_with_values
from shared.closing.decided import Approval, approvals_of_year
from shared.domain.errors import UnknownArea, UnknownReport
from shared.domain.period import Period, PeriodType
from shared.domain.wording import Language
from shared.report.html import content_policy
from shared.report.wording import name_of_report, period_with_months

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

report_pages = page_router()

ADDRESS = f"{OVERVIEW}/rapport"
# A period's code and a format: 2016-t1.pdf.
FileName = Annotated[str, Path(alias="file", max_length=20)]
OfRevision = Annotated[int | None, Query(alias="version", ge=1, le=10**6)]
OfAgreement = Annotated[str | None, Query(alias="overenskommelse", max_length=LONGEST_CODE)]


@report_pages.get(ADDRESS, dependencies=[READER])
async def choose_report(request: Request, reading: Reading, today: Today, choice: Chosen) -> Response:
    """Show which reports there are of an area's year, and in which formats."""
    if choice.area is None:
        return page(request, "agreement_none.html")
    language = visit_of(request).language
    periods = await periods_to_report(reading, choice.area, today)
    years = sorted({one.start.year for one in periods}, reverse=True)
    year = year_to_report(choice.year, years, await reading.run_sync(years_with_values, choice.area.code), today)
    return page(
        request,
        "agreement_report.html",
        choice=choice.at(year),
        year=year,
        years=years,
        periods=[(one.code.lower(), _heading(one, language)) for one in periods if one.start.year == year],
        approvals=_by_period(await approvals_of_year(reading, choice.area.area_id, year)),
        formats=[*KINDS],
    )


@report_pages.get(f"{ADDRESS}/{{file}}", dependencies=[READER])
async def download_report(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    today: Today,
    choice: Chosen,
    file: FileName,
    revision: OfRevision = None,
    agreement: OfAgreement = None,
) -> Response:
    """Send the report on a period in a format: as things are now, or as the period was closed in a revision."""
    code, _, ending = file.partition(".")
    form = next((one for one in KINDS if one == ending), None)
    if form is None:
        formats = ", ".join(KINDS)
        raise UnknownReport(f"The report comes as {formats}.")
    if choice.area is None:
        raise UnknownArea
    person, language = person_of(request), visit_of(request).language
    period = period_of(code)
    asked = (person, KINDS[form].draws, revision, agreement)
    subject = ReportRequest(str(person.person_id), choice.area, period, language, today, *asked)
    content = await report_file(resources_of(request), reading, definitions, subject, form)
    name = name_of_report(choice.area.name, period, language, revision)
    headers = {
        **HEADERS,
        "Cache-Control": "no-store",
        "Content-Disposition": attachment(name, form),
        "Content-Security-Policy": content_policy(),
    }
    return Response(content, headers=headers, media_type=KINDS[form].media_type)


def _by_period(approvals: Iterable[Approval]) -> Mapping[str, Sequence[Approval]]:
    """Return the closings of each period, by its code as it is in addresses."""
    found: dict[str, list[Approval]] = defaultdict(list)
    for one in approvals:
        found[one.period.code.lower()].append(one)
    return found


def _heading(period: Period, language: Language) -> str:
    if period.type is PeriodType.YEAR:
        return translator(language)("files.reportYear", year=period.code)
    name = period_with_months(period, language)
    return name[0].upper() + name[1:]

"""`/reports`: an area's tertial or year as a document for the council, to be handed out as it is."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request, Response

from services.api.http.auth import READ
from services.api.http.dependencies import Definitions, Reading, Today, resources_of
from services.api.http.files import attachment
from services.api.http.languages import preferred_language
from services.api.http.media_types import preferred
from services.api.http.problems import InvalidQuery, NotAcceptable, NotReady, problems_of
from services.api.http.reads import record_read
from services.api.http.routing import query_parameters, read_query, router
from services.api.pages.agreement.areas import readable_area
from services.api.reports.making import KINDS, Format, report_file, see_that_there_is
from services.api.reports.reading import ReportRequest, period_of
from services.api.reports.schemas import ReportQuery
from shared.domain.errors import UnknownArea, UnknownReport, Violation
from shared.domain.wording import Language
from shared.report.html import content_policy
from shared.report.wording import name_of_report

reports = router("reports")

ReportId = Annotated[
    str,
    Path(
        alias="reportId",
        max_length=200,
        description="An area's code and a period, such as 1282~2016-t1.",
        examples=["1282~2016-t1"],
    ),
]
_BODY = {"schema": {"type": "string", "format": "binary"}}


@reports.get(
    "/{reportId}",
    dependencies=[READ],
    response_class=Response,
    summary="Get the report on an area's period",
    openapi_extra=query_parameters(ReportQuery),
    responses={
        200: {
            "content": {
                kind.media_type.partition(";")[0]: {**_BODY, "example": kind.beginning} for kind in KINDS.values()
            }
        },
        **problems_of(UnknownReport, UnknownArea, NotAcceptable, NotReady),
    },
)
async def get_report(
    request: Request, reading: Reading, definitions: Definitions, today: Today, report_id: ReportId
) -> Response:
    """Hämta rapporten om ett områdes tertial eller år, att lämna till rådet. / Get the report on a period of an area.

    `format` anger formatet, annars `Accept`; `language` språket, annars `Accept-Language`. Rapporten har samma värden
    som `/indicator-values`, bilaga för bilaga, med mål, diagram, åtaganden, det som saknas och kommentarer. De fem
    sakerna på första sidan har valts efter en regel som rapporten anger. Det du inte får se är inte med. Perioden är
    ett tertial, ett kvartal, ett halvår eller ett år. `revision` ger rapporten som perioden stängdes i den, med de
    värden, kommentarer och definitioner som gällde då, också sedan perioden har öppnats igen. /
    `format` states the format, otherwise `Accept`; `language` the language, otherwise `Accept-Language`. The report has
    the same values as `/indicator-values`, annex by annex, with targets, charts, commitments, what is missing, and
    comments. The five things on its first page are chosen by a rule that it states. What you may not see is not in it.
    The period is a tertial, a quarter, a half-year or a year. `revision` gives the report as the period was closed in
    it, with the values, comments and definitions of then, also after the period has been reopened.
    """
    query = read_query(request, ReportQuery)
    if query.agreement is not None and query.revision is None:
        idle = Violation("agreement", "does nothing without `revision`", "Name a revision of it, or leave it out.")
        raise InvalidQuery("An option does nothing for this file.", [idle])
    form = query.format or _preferred_format(request)
    language = Language(query.language) if query.language else _preferred_language(request)
    code, _, period = report_id.partition("~")
    asked_period = period_of(period)
    area = await readable_area(reading, code, language)
    client, decided = request.state.caller.key_id, (query.revision, query.agreement)
    subject = ReportRequest(client, area, asked_period, language, today, None, KINDS[form].draws, *decided)
    resources = resources_of(request)
    if request.method == "HEAD":
        await see_that_there_is(reading, definitions, subject)
        content = b""
    else:
        asked = [("format", form), *([("revision", str(query.revision))] if query.revision else [])]
        await record_read(request, f"reports/{code}~{asked_period.code}", asked)
        content = await report_file(resources, reading, definitions, subject, form)
    headers = _headers(name_of_report(area.name, asked_period, language, query.revision), language, form)
    answer = Response(content, headers=headers, media_type=KINDS[form].media_type)
    if request.method == "HEAD":
        # How long it is is not known before it is made.
        del answer.headers["Content-Length"]
    return answer


def _headers(name: str, language: Language, form: Format) -> dict[str, str]:
    return {
        "Content-Disposition": attachment(name, form),
        "Content-Security-Policy": content_policy(),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
        "Content-Language": language.value,
        "Vary": "Accept, Accept-Language, Authorization",
    }


def _preferred_format(request: Request) -> Format:
    by_type: dict[str, Format] = {kind.media_type.partition(";")[0]: form for form, kind in KINDS.items()}
    wanted = preferred(",".join(request.headers.getlist("accept")), (*by_type,))
    if wanted is None:
        media_types = ", ".join(by_type)
        raise NotAcceptable(f"The report comes as {media_types}; or name a format in `format`.")
    return by_type[wanted]


def _preferred_language(request: Request) -> Language:
    return preferred_language(request.headers.get("accept-language", ""), Language.SV)

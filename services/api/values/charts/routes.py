"""`/indicator-values/chart.svg`: a picture of an indicator in an area, for a page that needs only an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request, Response
from psycopg import AsyncConnection

from services.api.http.auth import READ
from services.api.http.dependencies import Resources, Today, resources_of
from services.api.http.languages import preferred_language
from services.api.http.problems import InvalidQuery, NotReady, problems_of
from services.api.http.routing import query_parameters, read_query, router
from services.api.values import queries
from services.api.values.charts.cache import ChartCache
from services.api.values.charts.chart_data import Subject, figures_of
from services.api.values.charts.schemas import ChartQuery
from services.api.values.charts.svg import compose
from services.api.values.names import names_of
from services.api.values.selection import catalogue_with, filter_of
from shared.domain.errors import Violation
from shared.domain.wording import Language, in_language

if TYPE_CHECKING:
    from datetime import date

SVG = "image/svg+xml"
# A picture runs nothing and loads nothing, whoever named what is in it.
SAFE = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}
EXAMPLE = '<svg role="img" xml:lang="sv" lang="sv" aria-labelledby="title-… told-…" xmlns="http://www.w3.org/2000/svg">…</svg>'

charts = router("indicator-values")


@charts.get(
    "/chart.svg",
    dependencies=[READ],
    response_class=Response,
    summary="Show a chart of an indicator in an area",
    openapi_extra=query_parameters(ChartQuery),
    responses={
        200: {"content": {SVG: {"schema": {"type": "string"}, "example": EXAMPLE}}},
        304: {"description": "The picture is still the one with this ETag."},
        **problems_of(NotReady),
    },
)
async def show_chart(request: Request, today: Today) -> Response:
    """Visa ett diagram över en indikator i ett område. / Show a chart of an indicator in an area.

    Staplar för antal och summor, en linje för andelar och lägen. Preliminära värden är ljusare. Där ett värde saknas,
    är dolt eller inte är aktuellt står det i diagrammet. Ett mål ritas om det gäller just en sådan period, eller om
    värdet inte växer med perioden; övriga mål står i text. Bildens titel och beskrivning är till för skärmläsare. /
    Bars for counts and sums, a line for shares and states. Preliminary values are lighter. Where a value is missing,
    hidden or not applicable, the chart says so. A target is drawn where it is for just such a period, or for a value
    that does not grow with the period; other targets are given in words. Title and description are for screen readers.
    """
    resources, query = resources_of(request), _checked(read_query(request, ChartQuery))
    accepted = request.headers.get("accept-language", "")
    language = Language(query.language) if query.language else preferred_language(accepted, Language.SV)

    async def select(connection: AsyncConnection) -> Subject:
        return await _subject(resources, connection, query, language, today)

    picture = compose(await queries.on_figures(resources.figures, select), language, query.width, query.height)
    headers = {
        "ETag": f'"{picture.tag}"',
        "Cache-Control": "private, no-cache",
        "Content-Language": language.value,
        "Vary": "Accept-Language, Authorization",
        **SAFE,
    }
    if picture.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(await resources.singleton(ChartCache).show(picture), headers=headers, media_type=SVG)


def _checked(query: ChartQuery) -> ChartQuery:
    needed = {"indicator": query.indicator, "area": query.area}
    missing = [Violation(name, "is missing", f"Give one {name}'s code.") for name, code in needed.items() if not code]
    if missing:
        raise InvalidQuery("A chart is of one indicator in one area.", missing)
    return query


async def _subject(
    resources: Resources, connection: AsyncConnection, query: ChartQuery, language: Language, today: date
) -> Subject:
    """Return what is asked for, with its names.

    Raises:
        InvalidQuery: it does not exist, or has too many periods.
    """
    indicator, area = str(query.indicator), str(query.area)
    asked = await filter_of(resources, connection, query.selection, today)
    catalogue = await catalogue_with(resources, [indicator])
    area_name = (await queries.area_names(connection, [area]))[area]
    names = names_of(catalogue, indicator, query.slice, area_name)
    name = in_language(names["indicatorName"], language)
    if query.slice != "all":
        name = f"{name}, {in_language(names['sliceName'], language)}"
    unit = in_language(names["unitName"], language)
    definition = catalogue.series[indicator, query.slice]
    figures = await figures_of(connection, asked, today)
    return Subject(name, in_language(area_name, language), unit, definition, str(asked.period_type), figures)

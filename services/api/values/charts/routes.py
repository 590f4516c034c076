"""`/indicator-value-charts`: a picture of an indicator in an area, for a page that needs only an image.

It is found at `/indicator-values/chart.svg` too, where it was before; the national profile has no dots in addresses.
"""

from __future__ import annotations

from datetime import date

from fastapi import Request, Response
from psycopg import AsyncConnection

from services.api.http.auth import READ
from services.api.http.dependencies import Resources, Today, resources_of
from services.api.http.languages import preferred_language
from services.api.http.media_types import preferred
from services.api.http.problems import InvalidQuery, NotAcceptable, NotReady, problems_of
from services.api.http.responses import names_tag
from services.api.http.routing import query_parameters, read_query, router
from services.api.values import queries
from services.api.values.charts.cache import PngCache
from services.api.values.charts.chart_data import ChartSubject, figures_of, unit_of
from services.api.values.charts.schemas import ChartImageQuery, ChartQuery
from services.api.values.charts.svg import compose
from services.api.values.names import names_of_values
from services.api.values.selection import catalogue_with, filter_of
from shared.domain.errors import Violation
from shared.domain.wording import Language, in_language

SVG, PNG = "image/svg+xml", "image/png"
# A picture runs nothing and loads nothing, whoever named what is in it.
SAFE = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}
EXAMPLE = '<svg role="img" xml:lang="sv" lang="sv" aria-labelledby="title-… description-…" xmlns="http://www.w3.org/2000/svg">…</svg>'

charts = router("indicator-value-charts")
# Before a value's own address, which would take the name for an id.
svg_charts = router("indicator-values")


@charts.get(
    "",
    dependencies=[READ],
    response_class=Response,
    summary="Show a chart of an indicator in an area",
    openapi_extra=query_parameters(ChartImageQuery),
    responses={
        200: {
            "content": {
                SVG: {"schema": {"type": "string"}, "example": EXAMPLE},
                PNG: {"schema": {"type": "string", "format": "binary"}, "example": "\N{REPLACEMENT CHARACTER}PNG…"},
            }
        },
        304: {"description": "The picture is still the one with this ETag."},
        **problems_of(NotAcceptable, NotReady),
    },
)
async def show_chart(request: Request, today: Today) -> Response:
    """Visa ett diagram över en indikator i ett område, SVG eller PNG. / Show a chart of an indicator in an area.

    `format` anger formatet, annars `Accept`. SVG kan läsas upp av en skärmläsare; PNG har dubbel upplösning.
    Staplar för antal och summor, en linje för andelar och lägen. Preliminära värden är ljusare. Där ett värde saknas,
    är dolt eller inte är aktuellt står det i diagrammet. Ett mål ritas om det gäller just en sådan period, eller om
    värdet inte växer med perioden; övriga mål står i text. Bildens titel och beskrivning är till för skärmläsare. /
    `format` states the format, otherwise `Accept`. A screen reader can read SVG; PNG has twice the resolution.
    Bars for counts and sums, a line for shares and states. Preliminary values are lighter. Where a value is missing,
    hidden or not applicable, the chart says so. A target is drawn where it is for just such a period, or for a value
    that does not grow with the period; other targets are given in words. Title and description are for screen readers.
    """
    query = read_query(request, ChartImageQuery)
    media_type = {"svg": SVG, "png": PNG}[query.format] if query.format else _preferred_type(request)
    return await _answer(request, today, query, media_type)


@svg_charts.get(
    "/chart.svg",
    dependencies=[READ],
    response_class=Response,
    openapi_extra=query_parameters(ChartQuery),
    include_in_schema=False,
)
async def show_svg_chart(request: Request, today: Today) -> Response:
    """Show the same as SVG."""
    return await _answer(request, today, read_query(request, ChartQuery), SVG)


def _preferred_type(request: Request) -> str:
    wanted = preferred(",".join(request.headers.getlist("accept")), (SVG, PNG))
    if wanted is None:
        raise NotAcceptable(f"The picture comes as {SVG} or {PNG}; or name one in `format`.")
    return wanted


async def _answer(request: Request, today: date, asked: ChartQuery, media_type: str) -> Response:
    resources, query = resources_of(request), _checked(asked)
    accepted = request.headers.get("accept-language", "")
    language = Language(query.language) if query.language else preferred_language(accepted, Language.SV)

    async def select(connection: AsyncConnection) -> ChartSubject:
        return await _subject(resources, connection, query, language, today)

    picture = compose(await queries.on_figures(resources.figures, select), language, query.width, query.height)
    tag = picture.tag if media_type == SVG else f"{picture.tag}p"
    headers = {
        "ETag": f'"{tag}"',
        "Cache-Control": "private, no-cache",
        "Content-Language": language.value,
        "Vary": "Accept, Accept-Language, Authorization",
        **SAFE,
    }
    if names_tag(",".join(request.headers.getlist("if-none-match")), tag):
        return Response(status_code=304, headers=headers)
    drawn = (
        picture.svg
        if media_type == SVG
        else await resources.singleton(PngCache).png_of(picture, request.state.caller.key_id)
    )
    return Response(drawn, headers=headers, media_type=media_type)


def _checked(query: ChartQuery) -> ChartQuery:
    needed = {"indicator": query.indicator, "area": query.area}
    missing = [Violation(name, "is missing", f"Give one {name}'s code.") for name, code in needed.items() if not code]
    if missing:
        raise InvalidQuery("A chart is of one indicator in one area.", missing)
    return query


async def _subject(
    resources: Resources, connection: AsyncConnection, query: ChartQuery, language: Language, today: date
) -> ChartSubject:
    """Return what is asked for, with its names.

    Raises:
        InvalidQuery: it does not exist, or has too many periods.
    """
    indicator, area = str(query.indicator), str(query.area)
    asked = await filter_of(resources, connection, query.selection, today)
    catalogue = await catalogue_with(resources, [indicator])
    definition = catalogue.series[indicator, query.slice]
    figures = await figures_of(connection, asked, today)
    unit = unit_of(figures, definition)
    [names] = (await names_of_values(connection, catalogue, {(indicator, query.slice, area, unit)}, {})).values()
    name = in_language(names["indicatorName"], language)
    if query.slice != "all":
        name = f"{name}, {in_language(names['sliceName'], language)}"
    area_name, unit_name = (in_language(names[key], language) for key in ("areaName", "unitName"))
    return ChartSubject(name, area_name, unit_name, definition.in_unit(unit), str(asked.period_type), figures)

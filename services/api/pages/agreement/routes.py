"""`/overenskommelsen`: the agreement's year annex by annex, each indicator with its chart, each value's parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Path, Request, Response

from services.api.http.dependencies import Definitions, Reading, Today
from services.api.pages.agreement.annexes import row_of
from services.api.pages.agreement.choice import OVERVIEW, Chosen
from services.api.pages.agreement.differences import differences_of_kind
from services.api.pages.agreement.indicator_page import Series, show_indicator_page
from services.api.pages.agreement.summary import judgements_in
from services.api.pages.agreement.underlying import Reader, Underlying, underlying_of
from services.api.pages.agreement.view import View, Viewed, view_of
from services.api.pages.decisions.content import coordinated_agreements
from services.api.pages.rendering import HEADERS, page
from services.api.pages.routing import READER, PageNumber, page_router, person_of
from services.api.values.charts.svg import compose
from services.api.values.differences.funnel_chart import funnel_chart
from services.api.values.lookup import definition_of, key_of, value_of
from shared.annex_tables.lines import as_stored
from shared.annex_tables.rows import cell_of, signs_in_words
from shared.db.access import acting
from shared.db.keys import KeyScope
from shared.domain.wording import in_language
from shared.wording.dates import period_in_words

if TYPE_CHECKING:
    from shared.catalogue.indicator import IndicatorDefinition
    from shared.read_model.value_id import ValueKey

agreement = page_router()

WIDTH, HEIGHT = 720, 340
# Of what has not been reported so many things are shown at once.
MOST_EXPECTED = 3
# A picture runs nothing and loads nothing, whoever named what is in it.
_PICTURE = {**HEADERS, "Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, no-cache"}

ValueId = Annotated[str, Path(alias="value", max_length=300)]


@agreement.get(OVERVIEW, dependencies=[READER])
async def show_agreement(
    request: Request, reading: Reading, definitions: Definitions, today: Today, choice: Chosen
) -> Response:
    """Show an area's year, annex by annex."""
    if choice.area is None:
        return page(request, "agreement_none.html")
    view = await view_of(request, reading, definitions, today, choice, values_alone=False)
    agreements = {one.agreement for annex in view.content.annexes for one in annex.commitments}
    return page(
        request,
        "agreement.html",
        content=view.content,
        choice=view.choice,
        coordinated=await coordinated_agreements(reading, view.visitor, agreements),
        judgements=judgements_in(view.content.tables.tables),
        today=today,
        most_expected=MOST_EXPECTED,
    )


@agreement.get(f"{OVERVIEW}/indikatorer/{{series}}", dependencies=[READER])
async def show_indicator(view: Viewed, series: Series) -> Response:
    """Show an indicator: what it says, its chart and the values in it, its targets and what is written about it."""
    return await show_indicator_page(view, series)


@agreement.get(f"{OVERVIEW}/indikatorer/{{series}}/diagram", dependencies=[READER])
async def show_chart(view: Viewed, series: Series) -> Response:
    """Draw the chart of an indicator."""
    indicator = await view.indicator(series)
    picture = compose(indicator.chart, view.language, WIDTH, HEIGHT)
    return Response(picture.svg, headers=_PICTURE, media_type="image/svg+xml")


@agreement.get(f"{OVERVIEW}/indikatorer/{{series}}/skillnader/{{kind}}", dependencies=[READER])
async def show_differences(view: Viewed, series: Series, kind: Annotated[str, Path(max_length=50)]) -> Response:
    """Draw the areas of a kind beside each other."""
    found = await differences_of_kind(view, series, kind)
    picture = funnel_chart(found, row_of(view.content, series).name, view.language)
    return Response(picture.svg, headers=_PICTURE, media_type="image/svg+xml")


@agreement.get(f"{OVERVIEW}/varden/{{value}}", dependencies=[READER])
async def show_value(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    today: Today,
    choice: Chosen,
    value_id: ValueId,
    number: PageNumber = 1,
) -> Response:
    """Show what a value is made of, and what was left out and why."""
    key = key_of(value_id)
    chosen = choice.of_area(key.area).at(key.period.start.year)
    value, definition = await value_of(request, key), definition_of(definitions, key)
    view = await view_of(request, reading, definitions, today, chosen)
    series = f"{key.indicator}~{key.slice}"
    cell = cell_of(definition, key.period.type, as_stored(value), view.language)
    return page(
        request,
        "agreement_value.html",
        content=view.content,
        choice=view.choice,
        row=row_of(view.content, series),
        series=series,
        value_id=value["id"],
        period=period_in_words(key.period, view.language),
        cell=cell,
        legend=signs_in_words([cell], view.language),
        numerator=in_language(definition.numerator, view.language),
        denominator=in_language(definition.denominator, view.language) if definition.denominator else "",
        underlying=await _underlying(view, definition, key, number),
    )


async def _underlying(view: View, definition: IndicatorDefinition, key: ValueKey, number: int) -> Underlying | None:
    """Return what a value is made of; None where the visitor may not know it.

    Observations are for those who report there: what makes a value suppressed is among them.
    """
    if not view.content.area.is_own:
        return None
    reader = Reader(person_of(view.request), view.definitions, view.language, view.today)
    if definition.basis != "observation":
        return await underlying_of(view.connection, definition, key, number, reader)
    reporting = view.visitor.accesses.get(KeyScope.REPORT) if view.visitor else None
    if reporting is None or view.content.area.area_id not in reporting.details:
        return None
    with acting(reporting):
        async with view.resources.reading.connect() as connection:
            return await underlying_of(connection, definition, key, number, reader)

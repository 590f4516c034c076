"""`/indicator-values`: the figures, as JSON or CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import Request, Response
from psycopg import AsyncConnection

from services.api.http.auth import READ
from services.api.http.dependencies import Resources, resources_of
from services.api.http.media_types import preferred
from services.api.http.problems import InvalidQuery, problems_of
from services.api.http.responses import Answer, Page, link, link_header, page_answer, root_url, with_etag
from services.api.http.routing import BASE, query_parameters, read_query, router
from services.api.values import queries
from services.api.values.csv_export import EXAMPLE_SHEET, sheet_of
from services.api.values.lineage.queries import LISTS
from services.api.values.lookup import definition_of, key_of, value_of
from services.api.values.names import Key, Names, names_of_values, with_names
from services.api.values.queries import AREA, INDICATOR, MOST_SORTED, SLICE, UNIT, CountCache, ValueFilter
from services.api.values.schemas import IndicatorValue, IndicatorValuePage, ValueId, ValueQuery
from services.api.values.selection import Presentation, catalogue_with, filter_of, presentation_of
from shared.domain.errors import UnknownIndicatorValue, Violation
from shared.files.media_types import CSV

indicator_values = router("indicator-values")


@indicator_values.get(
    "",
    response_model=IndicatorValuePage,
    dependencies=[READ],
    summary="List indicator values",
    openapi_extra=query_parameters(ValueQuery),
    # To a typed client the two make the answer a page or text: by sending Accept: application/json it knows which. CSV
    # at an address of its own, and whole, is /indicator-value-files.
    responses={
        200: {"content": {CSV: {"schema": {"type": "string"}, "example": EXAMPLE_SHEET}}},
        304: {"description": "Nothing has changed since the answer with this ETag."},
    },
)
async def list_indicator_values(request: Request) -> Response:
    """Visa värden per område och period, som JSON eller CSV. / List values by area and period, as JSON or CSV.

    `indicator`, `area` och `slice` kan anges flera gånger. `Accept: text/csv` ger CSV i UTF-8, med länkar mellan
    sidorna i rubriken `Link`. Med `ETag` är det billigt att fråga igen: fråga varje gång, för värden ändras inom en
    sekund, och vad en relativ `period` betyder ändras vid midnatt. /
    `indicator`, `area` and `slice` may each be given several times. CSV, in UTF-8, is what `Accept: text/csv` asks for;
    its pages are linked in the header `Link`. An `ETag` lets a client ask again cheaply: ask each time, since values
    change within a second, and what a relative `period` means changes at midnight.
    """
    resources, query = resources_of(request), read_query(request, ValueQuery)
    presentation, page = presentation_of(query), Page(query.page, query.limit)
    accepted = ",".join(request.headers.getlist("accept"))
    is_sheet = "text/" in accepted.lower() and preferred(accepted, ("application/json", CSV)) == CSV

    async def select(connection: AsyncConnection) -> tuple[Sequence[Any], int]:
        asked = await filter_of(resources, connection, query)
        if presentation.order:
            await _refuse_to_sort_many(resources, connection, asked)
        rows = await (_sheet_rows if is_sheet else _json_rows)(resources, connection, asked, page, presentation)
        return rows, await resources.singleton(CountCache).of(connection, asked, page, len(rows))

    rows, total = await queries.on_figures(resources.figures, select)
    if not is_sheet:
        return with_etag(request, page_answer(request, page, total, "indicatorValues", [*map(orjson.Fragment, rows)]))
    page.check(total)
    sheet = sheet_of(rows, presentation.columns, presentation.names)
    sheet.headers["Link"] = link_header(request, page, total)
    return with_etag(request, sheet)


async def _refuse_to_sort_many(resources: Resources, connection: AsyncConnection, asked: ValueFilter) -> None:
    if await resources.singleton(CountCache).at_least(connection, asked) > MOST_SORTED:
        remedy = f"Name indicators, areas or a period, so that at most {MOST_SORTED:,} are left; or leave it out."
        raise InvalidQuery("So many values are not sorted.", [Violation("sort", "would sort too many values", remedy)])


async def _json_rows(
    resources: Resources, connection: AsyncConnection, asked: ValueFilter, page: Page, presentation: Presentation
) -> Sequence[str]:
    """Return one page of values, each as JSON text."""
    if not presentation.names:
        return await queries.json_rows(connection, asked, page, presentation.columns, presentation.order)
    rows = await queries.coded_rows(connection, asked, page, presentation.columns, presentation.order)
    names = await _names(resources, connection, [codes for _, *codes in rows])
    return [with_names(text, names[one[0], one[1], one[2], one[3]], presentation.names) for text, *one in rows]


async def _sheet_rows(
    resources: Resources, connection: AsyncConnection, asked: ValueFilter, page: Page, presentation: Presentation
) -> Sequence[Sequence[Any]]:
    """Return one page of values as tuples, each with the names that are asked for behind its columns."""
    rows = await queries.plain_rows(connection, asked, page, presentation.order)
    if not presentation.names:
        return rows
    codes = [(row[INDICATOR], row[SLICE], row[AREA], row[UNIT]) for row in rows]
    names = await _names(resources, connection, codes)
    return [
        (*row, *(names[of_row][name].model_dump() for name in presentation.names))
        for row, of_row in zip(rows, codes, strict=True)
    ]


async def _names(resources: Resources, connection: AsyncConnection, codes: Sequence[Sequence[str]]) -> dict[Key, Names]:
    """Return the names of values by the codes of their indicator, slice, area and unit."""
    catalogue = await catalogue_with(resources, {one[0] for one in codes})
    return await names_of_values(connection, catalogue, {(one[0], one[1], one[2], one[3]) for one in codes}, {})


@indicator_values.get(
    "/{indicatorValueId}",
    response_model=IndicatorValue,
    dependencies=[READ],
    summary="Show an indicator value",
    responses=problems_of(UnknownIndicatorValue),
)
async def show_indicator_value(request: Request, value_id: ValueId) -> Response:
    """Visa ett värde. / Show one value."""
    key = key_of(value_id)
    value = await value_of(request, key)
    definition = definition_of(await catalogue_with(resources_of(request), [key.indicator]), key)
    of_value = urlencode({"indicator": value["indicatorCode"], "area": value["areaCode"], "period": value["period"]})
    root = f"{root_url(request)}{BASE}"
    facts = LISTS[definition.basis]
    links = {
        "self": link(f"{root}/indicator-values/{value_id}", "self"),
        facts: link(f"{root}/indicator-values/{value_id}/{facts}", facts),
        "notes": link(f"{root}/notes?{of_value}", "notes"),
    }
    return with_etag(request, Answer({"_links": links, **value}))

"""`/indicator-values`: the figures, and what each is made of."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import Path, Request, Response
from psycopg import AsyncConnection

from services.api.answers import Answer, link, root_url
from services.api.auth import READ
from services.api.dependencies import Definitions, Equipment, Reading, Today, equipment
from services.api.indicator_values import lineage, queries
from services.api.indicator_values.queries import Filter
from services.api.indicator_values.schemas import IndicatorValue, IndicatorValuePage, PartPage, ValueQuery
from services.api.paging import Page, Paging, page_answer
from services.api.problems import InvalidQuery
from services.api.requests import BASE, query_parameters, read_query, router
from services.api.specification import problems_of
from shared.catalogue.loader import Catalogue
from shared.domain.errors import DomainError, InvalidPeriod, UnknownIndicatorValue, Violation
from shared.domain.period import Period

indicator_values = router("indicator-values")

ValueId = Annotated[str, Path(alias="indicatorValueId", description="A value's `id`.")]
_CSV = "text/csv"
NO_SERIES = 0


def _bound(name: str, code: str | None) -> Period | None:
    try:
        return Period.parse(code) if code else None
    except InvalidPeriod as error:
        wrong = [Violation(name, violation.reason, violation.remedy) for violation in error.violations]
        raise InvalidQuery("A bound names no period.", wrong) from error


async def _catalogue(held: Equipment, asked: Collection[str]) -> Catalogue:
    """Return the definitions; the database is asked only when an indicator is asked for that was not known yet."""
    if held.catalogue.latest.indicators.keys() >= {*asked}:
        return held.catalogue.latest
    async with held.reading.connect() as connection:
        return await held.catalogue.current(connection)


async def _filter(held: Equipment, connection: AsyncConnection, query: ValueQuery) -> Filter:
    """Return what the query asks for; an unknown code is refused, since an empty list would look like an answer."""
    catalogue = await _catalogue(held, query.indicator)
    areas = await held.area_codes.ids(connection, query.area)
    unknown = [
        *_unknown_series(query, catalogue),
        *(Violation("area", "is not an area's code", "See /areas.") for code in query.area if code not in areas),
    ]
    first, last = _bound("from", query.begins_from), _bound("to", query.begins_to)
    if first and last and first.start > last.end:
        unknown.append(Violation("to", "is before 'from'", "Swap them."))
    if unknown:
        raise InvalidQuery("The query asks for what does not exist.", unknown)
    codes = [queries.series_code(code, part) for code in query.indicator for part in query.slice]
    series = await held.series_codes.ids(connection, codes)
    return Filter(
        # The worker gives a new definition its series when it starts; until then the indicator has no values.
        tuple(sorted(series.values())) or (NO_SERIES,) * bool(codes),
        () if codes else tuple(sorted(query.slice)),
        tuple(sorted(areas.values())),
        query.period_type,
        first.start if first else None,
        last.end if last else None,
    )


def _unknown_series(query: ValueQuery, catalogue: Catalogue) -> Iterator[Violation]:
    for code in query.indicator:
        if code not in catalogue.indicators:
            yield Violation("indicator", "is not an indicator's code", "See /indicators.")
    for part in query.slice:
        if part != "all" and not any(
            (code, part) in catalogue.series for code in query.indicator or catalogue.indicators
        ):
            yield Violation("slice", "is not a slice of what is asked for", "See the indicator at /indicators.")


@indicator_values.get(
    "",
    response_model=IndicatorValuePage,
    dependencies=[READ],
    summary="List indicator values",
    openapi_extra=query_parameters(ValueQuery),
    responses={
        200: {"content": {_CSV: {"schema": {"type": "string"}, "example": "id,indicatorCode,…"}}},
        304: {"description": "Nothing has changed since the answer with this ETag."},
    },
)
async def list_indicator_values(request: Request) -> Response:
    """Visa mått per område och period, som JSON eller CSV. / List figures by area and period, as JSON or CSV.

    CSV, in UTF-8, is what `Accept: text/csv` asks for. An `ETag` lets a client ask again cheaply.
    """
    held, query = equipment(request), read_query(request, ValueQuery)
    page = Page(query.page, query.limit)
    is_sheet = _CSV in request.headers.get("accept", "")

    async def select(connection: AsyncConnection) -> tuple[Sequence[Any], int]:
        asked = await _filter(held, connection, query)
        rows = await (queries.plain_rows if is_sheet else queries.json_rows)(connection, asked, page)
        return rows, await held.value_counts.of(connection, asked, page, len(rows))

    rows, total = await queries.on_figures(held.figures, select)
    if is_sheet:
        page.check(total)
        return _with_etag(request, _sheet(rows))
    return _with_etag(request, page_answer(request, page, total, "indicatorValues", [*map(orjson.Fragment, rows)]))


def _sheet(rows: Sequence[Sequence[Any]]) -> Response:
    """Answer with rows of COLUMNS as CSV; what stands inside the comparisons has a column each."""
    at = queries.COLUMNS.index("comparisons")
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([*queries.COLUMNS[:at], *(".".join(path) for path in _COMPARED), *queries.COLUMNS[at + 1 :]])
    for row in rows:
        cells = [orjson.dumps(cell).decode() if isinstance(cell, list) else cell for cell in row]
        cells[at : at + 1] = [_inside(row[at], path) for path in _COMPARED]
        writer.writerow(cells)
    return Response(sheet.getvalue(), media_type="text/csv; charset=utf-8")


_COMPARED = (
    *(
        (span, figure)
        for span in ("previousPeriod", "samePeriodLastYear", "yearToDate", "last12Months")
        for figure in ("value", "change", "changePercent")
    ),
    ("per100000",),
    ("latestMeasurement", "period"),
    ("latestMeasurement", "value"),
    ("reportingMunicipalities", "reporting"),
    ("reportingMunicipalities", "of"),
)


def _inside(comparisons: Any, path: Sequence[str]) -> object:  # noqa: ANN401  JSON of any depth
    """Return what stands at the path; nothing where a part of it is null."""
    for name in path:
        comparisons = comparisons and comparisons[name]
    return comparisons


def _with_etag(request: Request, response: Response) -> Response:
    """Add the ETag, or answer 304 when the client has the same already."""
    tag = f'"{hashlib.blake2b(response.body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response


@indicator_values.get(
    "/{indicatorValueId}",
    response_model=IndicatorValue,
    dependencies=[READ],
    summary="Show an indicator value",
    responses=problems_of(UnknownIndicatorValue),
)
async def show_indicator_value(request: Request, value_id: ValueId) -> Response:
    """Visa ett mått. / Show one figure."""
    value = await _value(request, value_id)
    beside = urlencode({"indicator": value["indicatorCode"], "area": value["areaCode"], "period": value["period"]})
    root = f"{root_url(request)}{BASE}"
    links = {
        "self": link(f"{root}/indicator-values/{value_id}", "self"),
        "notes": link(f"{root}/notes?{beside}", "notes"),
    }
    return _with_etag(request, Answer({"_links": links, **value}))


@indicator_values.get(
    "/{indicatorValueId}/activities",
    response_model=PartPage,
    dependencies=[READ],
    summary="List the activities behind a value",
    responses=problems_of(UnknownIndicatorValue),
)
async def list_activities_behind(
    request: Request, reading: Reading, definitions: Definitions, today: Today, page: Paging, value_id: ValueId
) -> Response:
    """Visa vad ett mått består av. / Show what a figure is made of.

    Each activity's part in numerator and denominator, and what was left out and why.
    """
    await _value(request, value_id)
    key = _key(value_id)
    definition = definitions.series[key.indicator, key.slice]
    total, entries = await lineage.activities_behind(reading, definition, key, page, today)
    return page_answer(request, page, total, "activities", entries)


async def _value(request: Request, value_id: str) -> dict[str, Any]:
    key, held = _key(value_id), equipment(request)

    async def select(connection: AsyncConnection) -> Sequence[str]:
        series = await held.series_codes.ids(connection, [queries.series_code(key.indicator, key.slice)])
        areas = await held.area_codes.ids(connection, [key.area])
        start = key.period.start
        asked = Filter(tuple(series.values()), (), tuple(areas.values()), key.period.type, start, start)
        return await queries.json_rows(connection, asked, Page(1, 1)) if series and areas else []

    rows = await queries.on_figures(held.figures, select)
    if not rows:
        raise _unknown()
    value: dict[str, Any] = orjson.loads(rows[0])
    return value


def _key(value_id: str) -> queries.ValueKey:
    key = queries.find_key(value_id)
    if key is None:
        raise _unknown()
    return key


def _unknown() -> DomainError:
    return UnknownIndicatorValue("No indicator value has this id. Ids follow from /indicator-values.")

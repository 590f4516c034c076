"""`/indicator-values`: the figures, and what each is made of."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import Annotated, Any

import orjson
from fastapi import Depends, Path, Query, Request, Response

from services.api.answers import resource
from services.api.auth import READ
from services.api.dependencies import Definitions, Reading, Today, equipment
from services.api.indicator_values import lineage, queries
from services.api.indicator_values.queries import Filter
from services.api.indicator_values.schemas import IndicatorValue, IndicatorValuePage, PartPage
from services.api.paging import Page, Paging, page_answer
from services.api.problems import InvalidQuery
from services.api.requests import router
from services.api.specification import problems_of
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


async def wanted_values(
    request: Request,
    reading: Reading,
    indicator: Annotated[list[str] | None, Query(description="Indicator codes; any when left out.")] = None,
    area: Annotated[list[str] | None, Query(description="Area codes; any when left out.")] = None,
    period_type: Annotated[
        str | None, Query(alias="periodType", pattern="^(month|tertial|year)$", description="month, tertial or year.")
    ] = None,
    begins_from: Annotated[
        str | None,
        Query(alias="from", description="Periods that begin with this one or later: 2016-03, 2016-T1, 2016."),
    ] = None,
    begins_to: Annotated[
        str | None, Query(alias="to", description="Periods that begin before this one ends: 2016-03, 2016-T1, 2016.")
    ] = None,
) -> Filter:
    """Return what the query asks for; an unknown code is refused, since an empty list would look like an answer."""
    held = equipment(request)
    indicators, areas = indicator or [], area or []
    series = await held.series_codes.ids(reading, indicators)
    known = await held.area_codes.ids(reading, areas)
    unknown = [
        *(
            Violation("indicator", "is not an indicator's code", "See /indicators.")
            for code in indicators
            if code not in held.catalogue.indicators
        ),
        *(Violation("area", "is not an area's code", "See /areas.") for code in areas if code not in known),
    ]
    first, last = _bound("from", begins_from), _bound("to", begins_to)
    if first and last and first.start > last.end:
        unknown.append(Violation("to", "is before 'from'", "Swap them."))
    if unknown:
        raise InvalidQuery("The query asks for what does not exist.", unknown)
    return Filter(
        # The worker gives a new definition its series when it starts; until then the indicator has no values.
        tuple(sorted(series.get(code, NO_SERIES) for code in indicators)),
        tuple(sorted(known.values())),
        period_type,
        first.start if first else None,
        last.end if last else None,
    )


Wanted = Annotated[Filter, Depends(wanted_values)]


@indicator_values.get(
    "",
    response_model=IndicatorValuePage,
    dependencies=[READ],
    summary="List indicator values",
    responses={
        200: {"content": {_CSV: {"schema": {"type": "string"}, "example": "id,indicatorCode,…"}}},
        304: {"description": "Nothing has changed since the answer with this ETag."},
    },
)
async def list_indicator_values(request: Request, reading: Reading, asked: Wanted, page: Paging) -> Response:
    """Visa mått per område och period, som JSON eller CSV. / List figures by area and period, as JSON or CSV.

    CSV, in UTF-8, is what `Accept: text/csv` asks for. An `ETag` lets a client ask again cheaply.
    """
    if _CSV in request.headers.get("accept", ""):
        return _with_etag(request, await _csv_answer(request, reading, asked, page))
    rows = await queries.json_rows(reading, asked, page)
    total = await equipment(request).value_counts.of(reading, asked, page, len(rows))
    return _with_etag(
        request, page_answer(request, page, total, "indicatorValues", [orjson.Fragment(row) for row in rows])
    )


async def _csv_answer(request: Request, reading: Reading, asked: Filter, page: Page) -> Response:
    rows = await queries.plain_rows(reading, asked, page)
    page.check(await equipment(request).value_counts.of(reading, asked, page, len(rows)))
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(queries.COLUMNS)
    for row in rows:
        writer.writerow([orjson.dumps(cell).decode() if isinstance(cell, list) else cell for cell in row])
    return Response(sheet.getvalue(), media_type="text/csv; charset=utf-8")


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
async def show_indicator_value(request: Request, reading: Reading, value_id: ValueId) -> Response:
    """Visa ett mått. / Show one figure."""
    return _with_etag(
        request, resource(request, f"indicator-values/{value_id}", await _value(request, reading, value_id))
    )


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
    await _value(request, reading, value_id)
    key = _key(value_id)
    total, entries = await lineage.activities_behind(reading, definitions.indicators[key.indicator], key, page, today)
    return page_answer(request, page, total, "activities", entries)


async def _value(request: Request, reading: Reading, value_id: str) -> dict[str, Any]:
    key = _key(value_id)
    held = equipment(request)
    series = await held.series_codes.ids(reading, [key.indicator])
    areas = await held.area_codes.ids(reading, [key.area])
    asked = Filter(tuple(series.values()), tuple(areas.values()), key.period.type, key.period.start, key.period.start)
    rows = await queries.json_rows(reading, asked, Page(1, 1)) if series and areas else []
    if not rows:
        raise _unknown()
    value: dict[str, Any] = orjson.loads(rows[0])
    return value


def _key(value_id: str) -> queries.ValueKey:
    key = queries.find_key(value_id)
    if key is None or key.slice != "all":
        raise _unknown()
    return key


def _unknown() -> DomainError:
    return UnknownIndicatorValue("No indicator value has this id. Ids follow from /indicator-values.")

"""`/indicator-values`: the figures, and what each is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import Path, Request, Response
from psycopg import AsyncConnection

from services.api.answers import Answer, link, root_url
from services.api.auth import READ, REPORT
from services.api.dependencies import Definitions, Equipment, Reading, Today, equipment
from services.api.indicator_values import queries
from services.api.indicator_values.lineage import LISTS, parts_behind
from services.api.indicator_values.observed_lineage import observations_behind
from services.api.indicator_values.part_schemas import (
    ActivityPartPage,
    CommitmentPartPage,
    ObservationPartPage,
    PlacePartPage,
)
from services.api.indicator_values.queries import Filter
from services.api.indicator_values.schemas import IndicatorValue, IndicatorValuePage, ValueQuery
from services.api.indicator_values.sheet import CSV, sheet_of
from services.api.paging import Page, Paging, page_answer, slice_answer
from services.api.problems import InvalidQuery, UnknownPath
from services.api.requests import BASE, query_parameters, read_query, router
from services.api.specification import problems_of
from shared.catalogue.indicator import IndicatorDefinition
from shared.catalogue.loader import Catalogue
from shared.domain.errors import DomainError, InvalidPeriod, UnknownIndicatorValue, Violation
from shared.domain.period import Period

indicator_values = router("indicator-values")

ValueId = Annotated[str, Path(alias="indicatorValueId", description="A value's `id`.")]
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
        200: {"content": {CSV: {"schema": {"type": "string"}, "example": "id,indicatorCode,…"}}},
        304: {"description": "Nothing has changed since the answer with this ETag."},
    },
)
async def list_indicator_values(request: Request) -> Response:
    """Visa mått per område och period, som JSON eller CSV. / List figures by area and period, as JSON or CSV.

    CSV, in UTF-8, is what `Accept: text/csv` asks for. An `ETag` lets a client ask again cheaply.
    """
    held, query = equipment(request), read_query(request, ValueQuery)
    page = Page(query.page, query.limit)
    is_sheet = CSV in request.headers.get("accept", "")

    async def select(connection: AsyncConnection) -> tuple[Sequence[Any], int]:
        asked = await _filter(held, connection, query)
        rows = await (queries.plain_rows if is_sheet else queries.json_rows)(connection, asked, page)
        return rows, await held.value_counts.of(connection, asked, page, len(rows))

    rows, total = await queries.on_figures(held.figures, select)
    if is_sheet:
        page.check(total)
        return _with_etag(request, sheet_of(rows))
    return _with_etag(request, page_answer(request, page, total, "indicatorValues", [*map(orjson.Fragment, rows)]))


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
    definition = _definition(await _catalogue(equipment(request), [value["indicatorCode"]]), _key(value_id))
    beside = urlencode({"indicator": value["indicatorCode"], "area": value["areaCode"], "period": value["period"]})
    root = f"{root_url(request)}{BASE}"
    facts = LISTS[definition.basis]
    links = {
        "self": link(f"{root}/indicator-values/{value_id}", "self"),
        facts: link(f"{root}/indicator-values/{value_id}/{facts}", facts),
        "notes": link(f"{root}/notes?{beside}", "notes"),
    }
    return _with_etag(request, Answer({"_links": links, **value}))


@indicator_values.get(
    "/{indicatorValueId}/activities",
    response_model=ActivityPartPage,
    dependencies=[READ],
    summary="List the activities behind a value",
    responses=problems_of(UnknownIndicatorValue),
)
async def list_activities_behind(
    request: Request, reading: Reading, definitions: Definitions, today: Today, page: Paging, value_id: ValueId
) -> Response:
    """Visa de aktiviteter som ett mått består av. / Show the activities that a figure is made of.

    Each activity's part in numerator and denominator, and what was left out and why.
    """
    definition = await _made_of("activity", request, definitions, value_id)
    total, entries = await parts_behind(reading, definition, _key(value_id), page, today)
    return page_answer(request, page, total, "activities", entries)


@indicator_values.get(
    "/{indicatorValueId}/places",
    response_model=PlacePartPage,
    dependencies=[READ],
    summary="List the places behind a value",
    responses=problems_of(UnknownIndicatorValue),
)
async def list_places_behind(
    request: Request, reading: Reading, definitions: Definitions, today: Today, page: Paging, value_id: ValueId
) -> Response:
    """Visa de platser som ett mått består av. / Show the places that a figure is made of.

    Of a state: each place on the day that the period is told by, its last one or today. Of visits expected: each place
    and month. What was left out, and why, stands beside it.
    """
    definition = await _made_of("place", request, definitions, value_id)
    total, entries = await parts_behind(reading, definition, _key(value_id), page, today)
    return page_answer(request, page, total, "places", entries)


@indicator_values.get(
    "/{indicatorValueId}/commitments",
    response_model=CommitmentPartPage,
    dependencies=[READ],
    summary="List the commitments behind a value",
    responses=problems_of(UnknownIndicatorValue),
)
async def list_commitments_behind(
    request: Request, reading: Reading, definitions: Definitions, today: Today, page: Paging, value_id: ValueId
) -> Response:
    """Visa de åtaganden som ett mått består av. / Show the commitments that a figure is made of.

    Each commitment in each of its areas, how far it has come, and what was left out and why.
    """
    definition = await _made_of("commitment", request, definitions, value_id)
    total, entries = await parts_behind(reading, definition, _key(value_id), page, today)
    return page_answer(request, page, total, "commitments", entries)


@indicator_values.get(
    "/{indicatorValueId}/observations",
    response_model=ObservationPartPage,
    dependencies=[REPORT],
    summary="List the observations behind a value",
    responses=problems_of(UnknownIndicatorValue),
)
async def list_observations_behind(
    request: Request, reading: Reading, definitions: Definitions, page: Paging, value_id: ValueId
) -> Response:
    """Visa de mätvärden som ett mått består av. / Show the observations that a figure is made of.

    Its own, or those of other areas and months that were added up; what the sum still waits for; what was left out and
    why. A suppressed figure stands here in clear, so reading it takes the scope `report`.
    """
    definition = await _made_of("observation", request, definitions, value_id)
    return slice_answer(request, page, "observations", await observations_behind(reading, definition, _key(value_id)))


async def _made_of(basis: str, request: Request, definitions: Catalogue, value_id: str) -> IndicatorDefinition:
    """Return the definition of a value that is made of facts of this kind.

    Raises:
        UnknownIndicatorValue: there is no such value.
        UnknownPath: it is made of facts of another kind.

    """
    value = await _value(request, value_id)
    definition = _definition(definitions, _key(value_id))
    if definition.basis != basis:
        address = f"/indicator-values/{value['id']}/{LISTS[definition.basis]}"
        raise UnknownPath(f"This value is made of {LISTS[definition.basis]}: see {address}.")
    return definition


def _definition(definitions: Catalogue, key: queries.ValueKey) -> IndicatorDefinition:
    """Return what a value was computed by; one whose definition has just been taken away goes with it."""
    definition = definitions.series.get((key.indicator, key.slice))
    if definition is None:
        raise _unknown()
    return definition


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

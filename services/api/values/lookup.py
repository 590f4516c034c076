"""One value by its id, and the definition that it was computed by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from services.api.http.dependencies import resources_of
from services.api.http.responses import Page
from services.api.values import queries
from services.api.values.queries import AreaCodes, SeriesCodes, ValueFilter, series_code
from shared.domain.errors import UnknownIndicatorValue
from shared.read_model.value_id import ValueKey, find_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import AsyncConnection
    from starlette.requests import Request

    from shared.catalogue.indicator import IndicatorDefinition
    from shared.catalogue.loader import Catalogue


async def value_of(request: Request, key: ValueKey) -> dict[str, Any]:
    """Return a value as the API serves it.

    Raises:
        UnknownIndicatorValue: there is none.
    """
    resources = resources_of(request)

    async def select(connection: AsyncConnection) -> Sequence[str]:
        series = await resources.singleton(SeriesCodes).ids(connection, [series_code(key.indicator, key.slice)])
        areas = await resources.singleton(AreaCodes).ids(connection, [key.area])
        start = key.period.start
        asked = ValueFilter(tuple(series.values()), (), tuple(areas.values()), key.period.type, start, start)
        return await queries.json_rows(connection, asked, Page(1, 1)) if series and areas else []

    rows = await queries.on_figures(resources.figures, select)
    if not rows:
        raise UnknownIndicatorValue
    value: dict[str, Any] = orjson.loads(rows[0])
    return value


def definition_of(definitions: Catalogue, key: ValueKey) -> IndicatorDefinition:
    """Return what a value was computed by; one whose definition has just been taken away goes with it.

    Raises:
        UnknownIndicatorValue: it has been taken away.
    """
    definition = definitions.series.get((key.indicator, key.slice))
    if definition is None:
        raise UnknownIndicatorValue
    return definition


def key_of(value_id: str) -> ValueKey:
    """Return what an id is made of.

    Raises:
        UnknownIndicatorValue: it cannot be one.
    """
    key = find_key(value_id)
    if key is None:
        raise UnknownIndicatorValue
    return key

"""`/indicators`: definitions from the catalogue."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request

from services.api.answers import Answer, resource
from services.api.auth import READ
from services.api.dependencies import Definitions
from services.api.indicators.schemas import Indicator, IndicatorPage
from services.api.paging import Paging, slice_answer
from services.api.requests import router
from services.api.specification import problems_of
from shared.catalogue.indicator import IndicatorDefinition
from shared.domain.errors import UnknownIndicator

indicators = router("indicators")


@indicators.get("", response_model=IndicatorPage, dependencies=[READ], summary="List indicators")
async def list_indicators(request: Request, definitions: Definitions, page: Paging) -> Answer:
    """Visa indikatorernas definitioner, i kodordning. / List the indicators' definitions, by code."""
    entries = [_entry(definition) for _, definition in sorted(definitions.indicators.items())]
    return slice_answer(request, page, "indicators", entries)


@indicators.get(
    "/{indicatorCode}",
    response_model=Indicator,
    responses=problems_of(UnknownIndicator),
    dependencies=[READ],
    summary="Show an indicator",
)
async def show_indicator(
    request: Request,
    definitions: Definitions,
    indicator_code: Annotated[
        str, Path(alias="indicatorCode", description="The indicator's code.", examples=["graffiti-cleanups"])
    ],
) -> Answer:
    """Visa en indikators definition. / Show an indicator's definition."""
    definition = definitions.indicators.get(indicator_code)
    if definition is None:
        raise UnknownIndicator("No indicator has this code. /indicators lists them all.")
    return resource(request, f"indicators/{indicator_code}", _entry(definition))


def _entry(definition: IndicatorDefinition) -> dict[str, Any]:
    shown = {"code", "version", "name", "definition", "numerator", "denominator", "themes", "unit", "direction"}
    return {
        **definition.model_dump(mode="json", by_alias=True, include=shown),
        "overTime": definition.over_time,
        "activityTypes": sorted(definition.activity_types),
    }

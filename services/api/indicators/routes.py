"""`/indicators`: what each figure says and how it is made; municipalities and others add their own here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body, Path, Query, Request
from pydantic import WrapValidator

from services.api.http.auth import COORDINATE, READ
from services.api.http.authority import require_authority
from services.api.http.dependencies import Definitions, Reading, StructureConnection, Today, resources_of
from services.api.http.problems import InvalidQuery, problems_of
from services.api.http.responses import Answer, Paging, resource, slice_answer
from services.api.http.routing import router
from services.api.http.threads import JSON_THREAD
from services.api.indicators.schemas import Indicator, IndicatorBody, IndicatorPage
from services.api.municipal_definitions import AddedBy, is_of, named_owner, read_upload, refuse_unknown_area
from shared.catalogue.indicator import THEMES, IndicatorDefinition
from shared.catalogue.loader import Catalogue
from shared.catalogue.municipal_definitions import DefinitionKind
from shared.domain.errors import DefinitionInUse, DefinitionTaken, InvalidDefinition, UnknownIndicator, Violation
from shared.domain.fields import DefinedCode
from shared.facts.municipal_definitions import put_municipal_definition

indicators = router("indicators")

# Left as it was sent: the form and the rules are checked together, so that all faults are reported at once.
Sent = Annotated[IndicatorBody, WrapValidator(lambda sent, _handler: sent), Body()]
_CODE = Path(alias="indicatorCode", description="The indicator's code.", examples=["graffiti-cleanups"])


@indicators.get("", response_model=IndicatorPage, dependencies=[READ], summary="List indicators")
async def list_indicators(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    page: Paging,
    area: AddedBy = None,
    theme: Annotated[str | None, Query(description="Only those that serve annexes of this theme.")] = None,
) -> Answer:
    """Visa indikatorernas definitioner, i kodordning. / List the indicators' definitions, by code."""
    await refuse_unknown_area(reading, area)
    if theme is not None and theme not in THEMES:
        violation = Violation("theme", "is not a known theme", f"Write one of {', '.join(THEMES)}.")
        raise InvalidQuery("The theme is unknown.", [violation])
    entries = [
        _entry(definition, definitions)
        for code, definition in sorted(definitions.indicators.items())
        if is_of(definitions.owners.get(code), area) and (theme is None or theme in definition.themes)
    ]
    return slice_answer(request, page, "indicators", entries)


@indicators.get(
    "/{indicatorCode}",
    response_model=Indicator,
    responses=problems_of(UnknownIndicator),
    dependencies=[READ],
    summary="Show an indicator",
)
async def show_indicator(request: Request, definitions: Definitions, indicator_code: Annotated[str, _CODE]) -> Answer:
    """Visa en indikators definition. / Show an indicator's definition.

    Med definitionen kan vem som helst räkna om värdena. / With it anyone can recompute the values.
    """
    definition = definitions.indicators.get(indicator_code)
    if definition is None:
        raise UnknownIndicator
    return resource(request, f"indicators/{indicator_code}", _entry(definition, definitions))


@indicators.put(
    "/{indicatorCode}",
    response_model=Indicator,
    responses={
        201: {"model": Indicator, "description": "Created."},
        **problems_of(InvalidDefinition, DefinitionTaken, DefinitionInUse),
    },
    dependencies=[COORDINATE],
    summary="Create or revise an own indicator",
)
async def put_indicator(
    request: Request,
    connection: StructureConnection,
    today: Today,
    indicator_code: Annotated[DefinedCode, _CODE],
    sent: Sent,
) -> Answer:
    """Skapa eller ändra en egen indikator. / Create or revise an own indicator.

    Den är en kommuns, en regions, ett polisområdes eller flera kommuners gemensamma, och räknas för deras områden. För
    flera kommuner räknas även summan i områden som rymmer dem alla; av mätvärden när alla har lämnat sina, och aldrig
    av enkäter (`measured`), som inte kan summeras. Ett ändrat innehåll, eller fler kommuner, blir en ny version, och
    värdena räknas om; samma innehåll ändrar ingenting. /
    It is the own of a municipality, a county, a police area, or several municipalities together, and is computed for
    their areas alone. Of several municipalities the sum is computed too, in areas that contain them all: of
    observations once all have delivered theirs, and never of surveys (`measured`), which cannot be added up. A changed
    content, or more municipalities, becomes a new version, and the values are recomputed; the same content changes
    nothing.
    """
    upload = await JSON_THREAD.run(read_upload, DefinitionKind.INDICATOR, indicator_code, sent)
    await require_authority(connection, upload.areas.values())
    put = await put_municipal_definition(connection, resources_of(request).catalogue, upload, today)
    entry = _entry(put.catalogue.indicators[indicator_code], put.catalogue)
    return resource(request, f"indicators/{indicator_code}", entry, created=put.created)


def _entry(definition: IndicatorDefinition, catalogue: Catalogue) -> dict[str, Any]:
    return {
        **definition.model_dump(mode="json", by_alias=True),
        **named_owner(catalogue.owners.get(definition.code)),
        "factor": definition.factor,
        "overTime": definition.over_time,
        "roles": {code: catalogue.roles[code].name.model_dump() for code in sorted({*definition.roles.values()})},
    }

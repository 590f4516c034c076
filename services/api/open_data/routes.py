"""`/open-data-catalogues`: whether a municipality publishes its final figures as open data, and as whom."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request, Response

from services.api.http.auth import ADMINISTER, READ
from services.api.http.authority import require_authority
from services.api.http.dependencies import Connection, Reading, Today, resources_of
from services.api.http.problems import OutsideAreas, problems_of
from services.api.http.responses import Answer, Paging, page_answer, resource
from services.api.http.routing import router
from services.api.open_data import queries
from services.api.open_data.addresses import catalogue_address
from services.api.open_data.publishing import publish
from services.api.open_data.schemas import OpenData, OpenDataBody, OpenDataPage
from shared.db.codes import find_area_id, get_area_id
from shared.domain.errors import FiguresNotOpen, InvalidOpenData, UnknownArea, UnknownOpenData
from shared.read_model.texts import instant_text

open_data_catalogues = router("open-data-catalogues")

AreaCode = Annotated[str, Path(alias="areaCode", description="SCB's code of a municipality.", examples=["1282"])]


@open_data_catalogues.get(
    "", response_model=OpenDataPage, dependencies=[READ], summary="List the municipalities that publish open data"
)
async def list_open_data(request: Request, reading: Reading, page: Paging) -> Answer:
    """Visa vilka kommuner som publicerar öppna data. / List the municipalities that publish open data."""
    found = await queries.catalogues(reading, page.limit, page.offset)
    entries = [_entry(request, one) for one in found]
    return page_answer(request, page, await queries.count(reading), "openDataCatalogues", entries)


@open_data_catalogues.get(
    "/{areaCode}",
    response_model=OpenData,
    responses=problems_of(UnknownOpenData),
    dependencies=[READ],
    summary="Show whether a municipality publishes open data",
)
async def show_open_data(request: Request, reading: Reading, area_code: AreaCode) -> Answer:
    """Visa om och som vem en kommun publicerar öppna data. / Show whether, and as whom, a municipality publishes."""
    found = await queries.find_catalogue(reading, area_code)
    if found is None:
        raise UnknownOpenData
    return resource(request, f"open-data-catalogues/{area_code}", _entry(request, found))


@open_data_catalogues.put(
    "/{areaCode}",
    response_model=OpenData,
    responses={
        201: {"model": OpenData, "description": "Created."},
        **problems_of(UnknownArea, InvalidOpenData, FiguresNotOpen, OutsideAreas),
    },
    dependencies=[ADMINISTER],
    summary="Publish a municipality's final figures as open data",
)
async def put_open_data(
    request: Request, connection: Connection, today: Today, area_code: AreaCode, body: OpenDataBody
) -> Answer:
    """Publicera en kommuns slutliga värden som öppna data. / Publish a municipality's final figures as open data.

    Vem som helst kan sedan hämta dem, under CC0: kommunens och stadsdelarnas slutliga värden. Dolda, preliminära och
    saknade värden publiceras inte. `address` är katalogen (DCAT-AP-SE 3), som dataportal.se kan skörda. Den svarar 404
    tills det finns ett slutligt värde. /
    Everybody can then fetch them, under CC0: final figures of the municipality and its districts. Suppressed,
    preliminary and missing ones are not published. `address` is the catalogue (DCAT-AP-SE 3), which dataportal.se can
    harvest. It answers 404 until there is a final figure.
    """
    await require_authority(connection, [area_code])
    area_id = await get_area_id(connection, area_code)
    is_new = await queries.find_catalogue(connection, area_code) is None
    await publish(connection, area_id, body.as_publisher(), today, resources_of(request).settings.figures_above)
    stored = await queries.find_catalogue(connection, area_code)
    if stored is None:
        raise UnknownOpenData
    return resource(request, f"open-data-catalogues/{area_code}", _entry(request, stored), created=is_new)


@open_data_catalogues.delete(
    "/{areaCode}",
    status_code=204,
    response_class=Response,
    responses=problems_of(UnknownOpenData, OutsideAreas),
    dependencies=[ADMINISTER],
    summary="Publish a municipality's figures no more",
)
async def remove_open_data(connection: Connection, area_code: AreaCode) -> Response:
    """Sluta publicera en kommuns värden. / Publish a municipality's figures no more.

    Adresserna svarar då 404. Det som andra redan har hämtat är kvar hos dem. / The addresses then answer 404. What
    others have fetched already stays with them.
    """
    await require_authority(connection, [area_code])
    area_id = await find_area_id(connection, area_code)
    if area_id is None or not await queries.remove(connection, area_id):
        raise UnknownOpenData
    return Response(status_code=204)


def _entry(request: Request, catalogue: queries.OpenDataCatalogue) -> dict[str, Any]:
    return {
        "area": catalogue.code,
        "publisher": catalogue.publisher,
        "contactEmail": catalogue.contact_email,
        "organisationNumber": catalogue.organisation_number,
        "publishedAt": instant_text(catalogue.published_at),
        "address": catalogue_address(resources_of(request).settings.public_url, catalogue.code),
    }

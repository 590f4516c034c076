"""`/komma-igang/{area}/oppna-data`: who administers a municipality turns its open data on and off."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Path, Request, Response

from services.api.http.dependencies import Connection, Reading, Today, resources_of
from services.api.open_data import queries
from services.api.open_data.addresses import catalogue_address
from services.api.open_data.publishing import publish
from services.api.pages.faults import text_of
from services.api.pages.rendering import page, redirect, visit_of
from services.api.pages.routing import ADMINISTRATOR, page_router, sent_form
from services.api.pages.setup.stored import municipality_with
from services.api.pages.texts import translator
from services.api.values.queries import on_figures
from shared.db.territories import FiguresAbove
from shared.domain.errors import InvalidOpenData
from shared.domain.open_data import Publisher, read_organisation_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.api.open_data.queries import OpenDataCatalogue
    from services.api.pages.setup.stored import MunicipalityInSetup
    from shared.domain.errors import Violation

open_data_pages = page_router()

Area = Annotated[str, Path(max_length=10)]
# What the API calls its fields, as the form does.
_FIELDS = {"contactEmail": "contact", "organisationNumber": "number"}


@open_data_pages.get("/komma-igang/{area}/oppna-data", dependencies=[ADMINISTRATOR])
async def show_open_data_switch(request: Request, reading: Reading, today: Today, area: Area) -> Response:
    """Show whether a municipality publishes, what, and as whom."""
    municipality = await municipality_with(reading, area, today)
    return await _page(request, municipality, await queries.find_catalogue(reading, area))


@open_data_pages.post("/komma-igang/{area}/oppna-data", dependencies=[ADMINISTRATOR])
async def change_open_data(request: Request, connection: Connection, today: Today, area: Area) -> Response:
    """Have a municipality publish, or publish no more; what cannot be published is said at its field."""
    municipality = await municipality_with(connection, area, today)
    sent = sent_form(request)
    if sent["published"] == "no":
        await queries.remove(connection, municipality.area_id)
    else:
        number = sent["number"] or None
        number = number and (read_organisation_number(number) or number)
        publisher = Publisher(sent["publisher"], sent["contact"], number)
        figures_above = resources_of(request).settings.figures_above
        try:
            await publish(connection, municipality.area_id, publisher, today, figures_above)
        except InvalidOpenData as error:
            catalogue = await queries.find_catalogue(connection, area)
            return await _page(request, municipality, catalogue, error.violations)
    return redirect(f"/komma-igang/{area}/oppna-data")


async def _page(
    request: Request,
    municipality: MunicipalityInSetup,
    catalogue: OpenDataCatalogue | None,
    faults: Sequence[Violation] = (),
) -> Response:
    resources, language = resources_of(request), visit_of(request).language
    t = translator(language)
    datasets = 0
    filled = dict(sent_form(request).items())
    if catalogue is not None:
        datasets = len(await on_figures(resources.figures, partial(queries.datasets_of, catalogue=catalogue)))
        stored = (catalogue.publisher, catalogue.contact_email, catalogue.organisation_number or "")
        filled = filled or dict(zip(("publisher", "contact", "number"), stored, strict=True))
    return page(
        request,
        "open_data.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        municipality=municipality,
        is_published=catalogue is not None,
        is_closed=resources.settings.figures_above is FiguresAbove.CLOSED,
        address=catalogue_address(resources.settings.public_url, municipality.code),
        datasets=datasets,
        filled=filled,
        faults=[(_FIELDS.get(one.field, one.field), text_of(one, language, t)) for one in faults],
    )

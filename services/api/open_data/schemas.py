"""Catalogues of open data as the API takes and shows them: who publishes, not what."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.api.http.schemas import PageOf, Resource, example_page, example_resource
from shared.domain.codes import AreaCode
from shared.domain.fields import Document, Instant
from shared.domain.open_data import LONGEST_CONTACT, LONGEST_PUBLISHER, Publisher, read_organisation_number

EXAMPLE: dict[str, Any] = {
    "publisher": "Landskrona stad",
    "contactEmail": "oppnadata@landskrona.example",
    "organisationNumber": "2120001140",
}
ENTRY_EXAMPLE: dict[str, Any] = {
    "area": "1282",
    **EXAMPLE,
    "publishedAt": "2026-05-10T08:00:01Z",
    "address": "https://samverkan.example/oppna-data/1282",
}


class OpenDataBody(Document):
    """Who publishes a municipality's final figures, as a client sends it."""

    publisher: Annotated[
        str, Field(min_length=1, max_length=LONGEST_PUBLISHER, description="The municipality's name in full.")
    ]
    contact_email: Annotated[
        str,
        Field(
            min_length=3,
            max_length=LONGEST_CONTACT,
            description="Where to ask about the data: the address of a function, not of a person. It is published.",
        ),
    ]
    organisation_number: Annotated[
        str | None,
        Field(
            min_length=10,
            max_length=11,
            description="By which the national portal knows the publisher: 212000-1140, or without the hyphen.",
        ),
    ] = None

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    def as_publisher(self) -> Publisher:
        """Return who publishes; a number that is none is left as it was sent."""
        number = self.organisation_number
        return Publisher(self.publisher, self.contact_email, number and (read_organisation_number(number) or number))


class OpenDataEntry(Document):
    """A municipality that publishes its final figures."""

    area: AreaCode
    publisher: str
    contact_email: str
    organisation_number: str | None
    published_at: Annotated[Instant, Field(description="Since when.")]
    address: Annotated[str, Field(description="The catalogue, for everybody and without a key; portals harvest it.")]


class OpenData(OpenDataEntry, Resource):
    """One municipality that publishes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource("open-data-catalogues/1282", ENTRY_EXAMPLE)]}
    )


class OpenDataPage(PageOf):
    """A page of the municipalities that publish, by code."""

    open_data_catalogues: list[OpenDataEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("open-data-catalogues", "openDataCatalogues", ENTRY_EXAMPLE)]}
    )

"""`/areas/{areaCode}/terms`: when the schools of a municipality have term, which is when visits are expected."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.areas.schemas import Name
from services.api.http.auth import COORDINATE, READ
from services.api.http.authority import require_authority
from services.api.http.dependencies import Reading, StructureConnection, Today
from services.api.http.problems import problems_of
from services.api.http.responses import Answer, resource
from services.api.http.routing import router
from services.api.http.schemas import Resource, example_resource
from shared.db.codes import get_area_id
from shared.domain.activity import Span
from shared.domain.errors import InvalidArea, UnknownArea
from shared.domain.fields import Day, Document
from shared.domain.term import Term
from shared.facts.terms import find_terms, put_terms

MOST_TERMS = 500
EXAMPLE: dict[str, Any] = {"terms": [{"name": "Vårterminen 2016", "validFrom": "2016-01-11", "validTo": "2016-06-10"}]}

area_terms = router("areas")

_CODE = Path(alias="areaCode", description="SCB's code of a municipality.", examples=["1282"])


class AreaTerm(Document):
    """A term, and its days."""

    name: Name
    valid_from: Annotated[Day, Field(description="The first day.")]
    valid_to: Annotated[Day, Field(description="The last day, included.")]

    def as_term(self) -> Term:
        """Return the term as it is to be stored."""
        return Term(self.name, Span(self.valid_from, self.valid_to))


class AreaTermsBody(Document):
    """All terms of a municipality, as a client sends them."""

    terms: Annotated[list[AreaTerm], Field(max_length=MOST_TERMS)]

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})


class AreaTerms(Resource):
    """All terms of a municipality, by day; other areas have none."""

    terms: list[AreaTerm]

    model_config = ConfigDict(json_schema_extra={"examples": [example_resource("areas/1282/terms", EXAMPLE)]})


@area_terms.get(
    "/{areaCode}/terms",
    response_model=AreaTerms,
    responses=problems_of(UnknownArea),
    dependencies=[READ],
    summary="Show a municipality's terms",
)
async def show_terms(request: Request, reading: Reading, area_code: Annotated[str, _CODE]) -> Answer:
    """Visa en kommuns terminer. / Show a municipality's terms."""
    return await _answer(request, reading, area_code)


@area_terms.put(
    "/{areaCode}/terms",
    response_model=AreaTerms,
    responses=problems_of(UnknownArea, InvalidArea),
    dependencies=[COORDINATE],
    summary="Replace a municipality's terms",
)
async def replace_terms(
    request: Request,
    connection: StructureConnection,
    today: Today,
    area_code: Annotated[str, _CODE],
    body: AreaTermsBody,
) -> Answer:
    """Ersätt en kommuns alla terminer. / Replace all terms of a municipality."""
    await require_authority(connection, [area_code])
    await put_terms(connection, area_code, [term.as_term() for term in body.terms], today)
    return await _answer(request, connection, area_code)


async def _answer(request: Request, connection: AsyncConnection, area_code: str) -> Answer:
    area_id = await get_area_id(connection, area_code)
    terms = [
        {"name": term.name, "validFrom": term.days.first, "validTo": term.days.last}
        for term in await find_terms(connection, area_id)
    ]
    return resource(request, f"areas/{area_code}/terms", {"terms": terms})

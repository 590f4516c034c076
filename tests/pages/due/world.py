"""A small world in Landskrona's spring of 2016, put together by hand: a school, its terms, and what is done or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from services.api.http.routing import BASE
from shared.catalogue.loader import shipped_catalogue
from shared.expectations.reading import Question, expectations
from shared.facts.catalogue_in_force import CatalogueInForce

if TYPE_CHECKING:
    from datetime import date

    import httpx
    from sqlalchemy.ext.asyncio import AsyncEngine

    from shared.expectations.expectation import Expectation, ExpectationKind

AGREEMENT, SCHOOL, POLICE, TOWN = (
    "landskrona-2015-2016",
    "1282-havsbrisskolan",
    "Lokalpolisområde Landskrona",
    "Landskrona stad",
)
TERMS = [
    {"name": "Vår", "validFrom": "2016-01-11", "validTo": "2016-06-10"},
    {"name": "Höst", "validFrom": "2016-08-17", "validTo": "2016-12-20"},
]


async def have_contact_officer(client: httpx.AsyncClient, need: int = 1, school: str = SCHOOL) -> None:
    """Let a school need visits each month of the terms."""
    roles = [{"role": "contact-officer", "validFrom": "2016-01-01", "need": need}]
    await put(client, f"/areas/{school}/roles", {"roles": roles})
    await put(client, "/areas/1282/terms", {"terms": TERMS})


async def report(client: httpx.AsyncClient, day: str, **fields: Any) -> str:
    """Report an activity, a school visit unless said otherwise, and return its id."""
    activity = {
        "source": "test",
        "externalId": f"{fields.get('type', 'visit')}-{day}",
        "type": "school-visit",
        "agreement": AGREEMENT,
        "annex": 7,
        "area": SCHOOL,
        "status": "performed",
        "start": day,
        "participants": {"pupils": 30},
    } | fields
    answer = await client.post(f"{BASE}/activities", json=activity)
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


async def promise(client: httpx.AsyncClient, due: str, **fields: Any) -> None:
    """Have the police commit themselves to something."""
    commitment = {"annex": 4, "party": POLICE, "wording": "Polisen gör det.", "areas": ["1282"], "dueOn": due} | fields
    await put(client, f"/agreements/{AGREEMENT}/commitments/promise", commitment | {"promise": False})


async def put(client: httpx.AsyncClient, address: str, document: dict[str, Any]) -> None:
    answer = await client.put(f"{BASE}{address}", json=document)
    assert answer.is_success, answer.text


async def expected(
    engine: AsyncEngine, day: date, kind: ExpectationKind | None = None, area: str = "1282"
) -> list[Expectation]:
    """Return what is expected on a day."""
    async with engine.connect() as connection:
        statement = text("SELECT area_id FROM area WHERE code = :area")
        area_id = (await connection.execute(statement, {"area": area})).scalar_one()
        catalogue = await CatalogueInForce(shipped_catalogue()).current(connection)
        found = await expectations(connection, Question(frozenset({area_id}), catalogue, day))
    return [one for one in found if kind is None or one.kind is kind]

"""A small world in Landskrona's year 2016: schools that report or do not, one that closes, a late import, few cases.

It is looked at as of 20 November 2016, and no test changes it: all modules have the same.
"""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import NullPool, create_engine, text

from services.api.http.routing import BASE
from services.cli.show import catalogue_in_force
from shared.annex_tables.reading import YearAsOf, area_of, read_year
from shared.db.engine import build_engine
from shared.db.keys import KeyScope
from shared.domain.wording import Language
from shared.settings import Settings
from tests.conftest import served
from tests.indicators.story_catalogue import story_catalogue
from tests.landskrona.loading import prepare, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.annex_tables.reading import YearTables

AGREEMENT, AS_OF = "landskrona-2015-2016", date(2016, 11, 20)
DILIGENT, SILENT, CLOSING = "1282-havsbrisskolan", "1282-kornblomsskolan", "1282-closing-school"
TERMS = [
    {"name": "Vår", "validFrom": "2016-01-11", "validTo": "2016-06-10"},
    {"name": "Höst", "validFrom": "2016-08-17", "validTo": "2016-12-20"},
]
# By when each activity was recorded; all else by the day after it happened.
ARRIVALS = {"late-1": "2016-05-11 12:00+02", "late-2": "2016-05-22 12:00+02", "history": "2017-05-12 12:00+02"}
_RECORD = text(
    """UPDATE activity SET recorded_at = coalesce(
           (CAST(:arrivals AS jsonb) ->> external_id)::timestamptz,
           (coalesce(reported_on, period_on, start_on) + 1)::timestamp AT TIME ZONE 'Europe/Stockholm')"""
)


class World:
    """What puts the world together, through the API."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def put(self, address: str, document: dict[str, Any]) -> None:
        """Put a document to an address."""
        self._client.put(f"{BASE}{address}", json=document).raise_for_status()

    def have_school(self, code: str, need: int, valid_to: str | None = None) -> None:
        """Let a school have a contact officer."""
        role = {"role": "contact-officer", "validFrom": "2016-01-01", "validTo": valid_to, "need": need}
        self.put(f"/areas/{code}/roles", {"roles": [role]})

    def report(self, external_id: str, **fields: Any) -> None:
        """Report an activity, a school visit unless said otherwise."""
        activity = {"type": "school-visit", "annex": 7, "area": DILIGENT, "status": "performed"} | fields
        if activity["type"] == "school-visit":
            activity["participants"] = {"pupils": 30}
        source = {"source": "test", "externalId": external_id, "agreement": AGREEMENT}
        self._client.post(f"{BASE}/activities", json=source | activity).raise_for_status()


def build(world: World) -> None:
    """Put the world together."""
    span = {"validFrom": "2015-01-01", "validTo": "2016-02-29"}
    school = {"kind": "place", "placeKind": "school", "name": "Nedläggningsskolan", **span}
    world.put(f"/areas/{CLOSING}", school | {"parents": [{"code": "1282", **span}]})
    world.put("/areas/1282/terms", {"terms": TERMS})
    world.have_school(DILIGENT, 2)
    world.have_school(SILENT, 1)
    world.have_school(CLOSING, 1, "2016-02-29")
    # One of the two visits that it needs in April: too few, but reported.
    for month in (1, 2, 3, 5, 6, 9, 10):
        for day in (18, 19) if month < 10 else (18,):
            world.report(f"visit-{month}-{day}", start=f"2016-{month:02}-{day}")
    world.report("late-1", start="2016-04-12")
    world.report("visit-silent", start="2016-01-20", area=SILENT)
    world.report("visit-closing", start="2016-01-21", area=CLOSING)
    world.report("history", start="2016-03-01", area=SILENT)
    _report_graffiti(world)
    world.report("walk", type="safety-walk", annex=3, area="1282-karlslund", status="planned", start="2016-10-04")
    world.report("coming", type="safety-walk", annex=3, area="1282-karlslund", status="planned", start="2016-12-04")
    promise = {"annex": 4, "party": "Landskrona stad", "areas": ["1282"], "promise": False, "fulfilledBy": "decision"}
    for code, due, said in (
        ("silent", "2016-03-31", []),
        ("told", "2016-04-30", ["2016-04-20"]),
        ("coming", "2016-12-20", []),
    ):
        follow_ups = [{"notedOn": day, "status": "ongoing", "text": "Pågår."} for day in said]
        wording = f"Staden gör det ({code})."
        world.put(
            f"/agreements/{AGREEMENT}/commitments/{code}",
            promise | {"dueOn": due, "wording": wording, "followUps": follow_ups},
        )


def _report_graffiti(world: World) -> None:
    """Report four cases in April, of which three are begun in time and one arrives late, and one racist in May."""
    for number, begun in enumerate(("2016-04-05", "2016-04-05", "2016-04-06", "2016-04-14")):
        world.report(
            "late-2" if number == 3 else f"graffiti-{number}",
            type="graffiti-cleanup",
            annex=4,
            area="1282-karlslund",
            reported="2016-04-04",
            start=begun,
            attributes={"contentKind": "ordinary"},
        )
    world.report(
        "graffiti-racist",
        type="graffiti-cleanup",
        annex=4,
        area="1282-karlslund",
        reported="2016-05-02",
        start="2016-05-03",
        attributes={"contentKind": "racist"},
    )


@pytest.fixture(scope="session")
def world_url(
    landskrona_database: Callable[[], str],
    api_keys: Mapping[KeyScope, str],
    redis_url: str,
) -> str:
    url = landskrona_database()

    async def compute() -> None:
        engine = build_engine(url)
        await prepare(engine, story_catalogue())
        await settle(engine, AS_OF, story_catalogue())
        await engine.dispose()

    with served(Settings(database_url=url, redis_url=redis_url, log_level="warning")) as address:
        headers = {"Authorization": f"Bearer {api_keys[KeyScope.ADMINISTER]}"}
        with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
            build(World(client))
    with create_engine(url, poolclass=NullPool).begin() as connection:
        arrivals = "{" + ", ".join(f'"{one}": "{at}"' for one, at in ARRIVALS.items()) + "}"
        connection.execute(_RECORD, {"arrivals": arrivals})
    asyncio.run(compute())
    return url


@pytest.fixture(scope="module")
def database_url(world_url: str) -> str:
    return world_url


@pytest.fixture(scope="module")
def tables_as_of(database_url: str) -> Callable[..., YearTables]:
    """Return what reads Landskrona's year as of a day."""

    def read(today: date = AS_OF, language: Language = Language.SV) -> YearTables:
        with create_engine(database_url, poolclass=NullPool).connect() as connection:
            asked = YearAsOf(area_of(connection, "1282"), 2016, language, today)
            return read_year(connection, catalogue_in_force(connection), asked)

    return read

"""A real browser before a small world of the present year: an agreement in force, and what is not done by its day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from services.cli.client import connect
from shared.db.keys import KeyScope
from shared.domain.period import today
from shared.settings import Settings
from tests.conftest import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# Where a walk was planned for yesterday.
PLANNED = ("karlslund", "norra-torget")
AGREEMENT, POLICE, TOWN = "now", "Lokalpolisområde Landskrona", "Landskrona stad"
PROMISE = "{} går med på en vandring i veckan."


@pytest.fixture(scope="module")
def database_url(landskrona_database: Callable[[], str]) -> str:
    return landskrona_database()


@pytest.fixture(scope="module")
def address(database_url: str, redis_url: str, api_keys: Mapping[KeyScope, str]) -> Iterator[str]:
    """Serve Landskrona with an agreement of today: each party's promise soon due, and walks planned for yesterday."""
    with served(Settings(database_url=database_url, redis_url=redis_url, log_level="warning")) as address:
        with connect(address, api_keys[KeyScope.ADMINISTER]) as client:
            for path, document in _world().items():
                client.put(path, json=document).raise_for_status()
            for place in PLANNED:
                client.post("/activities", json=_planned_at(place)).raise_for_status()
        yield address


def _world() -> dict[str, dict[str, Any]]:
    day = today()
    span = {"validFrom": f"{day.year}-01-01", "validTo": f"{day.year + 1}-12-31"}
    annex = {"number": 3, "theme": "safety-walks", "title": "Trygghetsvandringar", **span}
    agreement = {"code": AGREEMENT, "title": "Överenskommelsen i dag", "areas": ["1282"], "parties": [TOWN, POLICE]}
    promise = {"annex": 3, "promise": False, "areas": ["1282"], "dueOn": (day + timedelta(days=7)).isoformat()}
    return {
        f"/agreements/{AGREEMENT}": {**agreement, **span, "annexes": [annex]},
        **{
            f"/agreements/{AGREEMENT}/commitments/weekly-{code}": {
                **promise,
                "party": party,
                "wording": PROMISE.format(party),
            }
            for code, party in (("town", TOWN), ("police", POLICE))
        },
    }


def _planned_at(place: str) -> dict[str, Any]:
    yesterday = (today() - timedelta(days=1)).isoformat()
    activity = {"source": "calendar", "externalId": place, "type": "safety-walk", "status": "planned"}
    return {**activity, "agreement": AGREEMENT, "annex": 3, "area": f"1282-{place}", "start": yesterday}


@pytest.fixture
def open_context(browser: Browser, address: str) -> Iterator[Callable[..., BrowserContext]]:
    """Return what opens a browser of somebody's, that has never been here."""
    opened: list[BrowserContext] = []

    def open_one(width: int = 1280, **options: Any) -> BrowserContext:
        context = browser.new_context(
            base_url=address, locale="sv-SE", viewport={"width": width, "height": 800}, **options
        )
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()

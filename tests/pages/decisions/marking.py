"""A commitment of Landskrona's, the pages where it is marked as done, and what the API says of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.api.http.routing import BASE
from tests.pages.due.world import AGREEMENT

if TYPE_CHECKING:
    import httpx

PROMISE = f"{BASE}/agreements/{AGREEMENT}/commitments/promise"
PAGES = f"/overenskommelsen/ataganden/{AGREEMENT}/promise"
MARK, TAKE_BACK = f"{PAGES}/klart", f"{PAGES}/ta-tillbaka"
PARKS = ["1282-karlslund", "1282-lindparken"]


async def decisions(client: httpx.AsyncClient) -> list[tuple[str, str]]:
    """Return the areas and days of the decisions that the API answers."""
    answer = (await client.get(PROMISE)).json()
    return [(one["area"], one["fulfilledOn"]) for one in answer["decisions"]]

"""Who reports for a party sees first the annexes in which it has commitments; an annex owner, their own."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from services.api.http.routing import BASE
from shared.domain.person import GivenRole, PersonRole
from tests.pages.filling import open_form
from tests.pages.people import AREA, browser, invite, sign_in, words_of

AGREEMENT = "landskrona-2015-2016"
CITY, POLICE = "Landskrona stad", "Lokalpolisområde Landskrona"
COMMITMENTS = {
    "evenings": {"annex": 1, "party": POLICE},
    "walks": {"annex": 3, "party": f"{CITY} och {POLICE}"},
    "light": {"annex": 4, "party": CITY},
    # Nobody's any more.
    "camera": {"annex": 2, "party": POLICE, "withdrawnOn": "2016-02-01"},
}
OTHERS = "Andra bilagor"


@pytest.fixture(scope="module")
def database_url(landskrona_database: Callable[[], str]) -> str:
    return landskrona_database()


# By what somebody does: the annexes that come first, and those that come then.
CASES: list[tuple[list[GivenRole], set[int], set[int]]] = [
    ([GivenRole(PersonRole.REPORTER, AREA, POLICE)], {1, 3}, {2, 4}),
    ([GivenRole(PersonRole.REPORTER, AREA, CITY)], {3, 4}, {1, 2}),
    (
        [GivenRole(PersonRole.REPORTER, AREA, CITY), GivenRole(PersonRole.ANNEX_OWNER, AREA, None, AGREEMENT, 1)],
        {1, 3, 4},
        {2},
    ),
    ([GivenRole(PersonRole.ANNEX_OWNER, AREA, None, AGREEMENT, 4)], {4}, {1, 2, 3}),
    ([GivenRole(PersonRole.REPORTER, AREA, "Trafikverket")], {1, 2, 3, 4}, set()),
    ([GivenRole(PersonRole.REPORTER, AREA)], {1, 2, 3, 4}, set()),
    ([GivenRole(PersonRole.REPORTER, AREA, POLICE), GivenRole(PersonRole.COORDINATOR, AREA)], {1, 2, 3, 4}, set()),
]


async def test_ones_own_annexes_come_first(client: httpx.AsyncClient, app: FastAPI, database_url: str) -> None:
    for code, fields in COMMITMENTS.items():
        body = {"promise": False, "decisions": [], "followUps": [], "wording": "Ett löfte.", "areas": [AREA], **fields}
        (await client.put(f"{BASE}/agreements/{AGREEMENT}/commitments/{code}", json=body)).raise_for_status()
    for number, (roles, first, then) in enumerate(CASES):
        async with browser(app) as phone:
            await sign_in(phone, invite(database_url, f"person-{number}@kommun.example", roles))
            before, _, after = words_of(await phone.get("/rapportera")).partition(OTHERS)
        assert (annexes_in(before), annexes_in(after)) == (first, then), roles


def annexes_in(words: str) -> set[int]:
    return {number for number in range(1, 5) if f"Bilaga {number}:" in words}


async def test_where_an_annex_has_to_be_chosen_nothing_else_is_said_to_be_missing(anna: httpx.AsyncClient) -> None:
    """Two annexes ask for trainings."""
    answer = await (await open_form(anna, "/rapportera/training")).send(
        {"place": "Landskrona", "annex": "", "start": "2016-04-12", "participants.residents": "3"}
    )
    assert answer.status_code == 422
    faults = words_of(answer).partition("innan du kan skicka")[2].partition("Plats")[0]
    assert "Välj vilken bilaga det gäller." in faults
    assert "saknas" not in faults

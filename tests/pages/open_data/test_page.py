"""The page on which a municipality publishes open data: turned on, corrected and off again, without a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.domain.person import PersonRole
from tests.open_data.conftest import PUBLISHER, SWITCH
from tests.pages.people import send, words_of
from tests.pages.setup.conftest import database_url, desk_in  # noqa: F401  fixtures

if TYPE_CHECKING:
    import httpx

    from tests.pages.setup.conftest import SeatedIn

pytestmark = [pytest.mark.long]
WHO: dict[str, str | list[str]] = {
    "publisher": "Hörby kommun",
    "contact": "oppnadata@horby.example",
    "number": "212000-1140",
    "published": "yes",
}


async def test_it_is_turned_on_corrected_and_off(desk_in: SeatedIn, client: httpx.AsyncClient) -> None:  # noqa: F811
    async with desk_in("1266") as desk:
        switch = f"{desk.address}/oppna-data"
        assert f'href="{switch}"' in (await desk.client.get(desk.address)).text
        assert "Kommunen publicerar inga öppna data." in words_of(await desk.client.get(switch))
        done = await send(desk.client, switch, WHO)
        assert (done.status_code, done.headers["location"]) == (303, switch)
        page = words_of(await desk.client.get(switch))
        assert "Kommunen publicerar öppna data." in page
        assert "Det finns inga slutliga värden ännu." in page
        assert "/oppna-data/1266" in page
        stored = (await client.get(f"{SWITCH}/1266")).json()
        assert (stored["publisher"], stored["organisationNumber"]) == ("Hörby kommun", "2120001140")
        assert (await send(desk.client, switch, {**WHO, "number": ""})).status_code == 303
        assert (await client.get(f"{SWITCH}/1266")).json()["organisationNumber"] is None
        assert (await send(desk.client, switch, {"published": "no"})).status_code == 303
    assert (await client.get(f"{SWITCH}/1266")).status_code == 404


async def test_what_cannot_be_published_is_said_at_its_field(desk_in: SeatedIn) -> None:  # noqa: F811
    async with desk_in("1267") as desk:
        wrong = await send(desk.client, f"{desk.address}/oppna-data", {**WHO, "contact": "horby", "number": "12"})
        assert wrong.status_code == 422
        for name in ("contact", "number"):
            assert f'href="#{name}"' in wrong.text
            assert f'id="{name}-fault"' in wrong.text
        assert 'value="horby"' in wrong.text
        assert "Kommunen publicerar inga öppna data." in words_of(wrong)


async def test_who_administers_another_municipality_or_coordinates_alone_is_not_let_in(
    desk_in: SeatedIn,  # noqa: F811
    client: httpx.AsyncClient,
) -> None:
    assert (await client.put(f"{SWITCH}/1270", json=PUBLISHER)).is_success
    async with desk_in("1270", area="1272") as neighbour:
        answer = await send(neighbour.client, "/komma-igang/1270/oppna-data", {"published": "no"})
        assert answer.status_code == 404
    async with desk_in("1270", PersonRole.COORDINATOR) as coordinator:
        answer = await send(coordinator.client, "/komma-igang/1270/oppna-data", {"published": "no"})
        assert answer.status_code == 403
    assert (await client.get(f"{SWITCH}/1270")).status_code == 200

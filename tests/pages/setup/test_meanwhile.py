"""Two who set a municipality up at once, one who may not, and a set-up that is broken off."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from services.api.pages.setup import routes
from services.api.pages.setup.filled_in import FilledTemplate
from shared.db.locks import share_area_hierarchy
from shared.domain.person import PersonRole
from tests.pages.people import words_of
from tests.pages.setup import world
from tests.pages.setup.test_template import changes_on
from tests.taken_connections import note_taken

if TYPE_CHECKING:
    from fastapi import FastAPI
    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.pages.setup.conftest import SeatedIn

pytestmark = [pytest.mark.long]
PLACES = {"places": world.places()}


async def test_the_second_of_two_is_told_and_can_go_on(desk_in: SeatedIn) -> None:
    async with desk_in("1260") as first, desk_in("1260") as second:
        people = {**PLACES, "people": [{"email": "ny@k1260.example", "role": "Läsare"}]}
        reviewed = await first.reviewed(people), await second.reviewed({**PLACES})
        answers = await asyncio.gather(first.save(reviewed[0]), second.save(reviewed[1]))
        statuses = [answer.status_code for answer in answers]
        assert sorted(statuses) in ([200, 409], [303, 409]), statuses
        late = statuses.index(409)
        assert "Någon annan har ändrat något" in words_of(answers[late])
        assert changes_on(answers[late])["Platser"][0] in {0, 12}
        if sum(map(sum, (numbers[:3] for numbers in changes_on(answers[late]).values()))):
            assert (await (first, second)[late].save(answers[late])).status_code in {200, 303}
        counted = words_of(await first.client.get(first.address))
        assert "12 platser" in counted


async def test_what_has_become_faulty_meanwhile_is_said(desk_in: SeatedIn) -> None:
    async with desk_in("1261") as first, desk_in("1261") as second:
        district = [{"name": "Stadsparken", "kind": world.name_of("placeKind", "district")}]
        reviewed = await first.reviewed({"places": district}), await second.reviewed({**PLACES})
        assert (await second.save(reviewed[1])).status_code == 303
        answer = await first.save(reviewed[0])
        assert answer.status_code in {409, 422}


async def test_a_preview_and_who_writes_facts_do_not_wait_for_each_other(
    desk_in: SeatedIn, engine: AsyncEngine
) -> None:
    async with desk_in("1231") as desk, engine.connect() as connection, connection.begin():
        await share_area_hierarchy(connection)
        async with asyncio.timeout(20):
            preview = await desk.reviewed({**PLACES, "agreement": world.agreement(), "annexes": world.annexes()[:1]})
        assert changes_on(preview)["Platser"][0] == 12
        await connection.rollback()
        # What was previewed has left nothing.
        assert (await desk.save(preview)).status_code == 303


async def test_a_set_up_that_is_broken_off_leaves_nothing(desk_in: SeatedIn) -> None:
    async with desk_in("1262") as desk:
        for seconds in (0.1, 0.5):
            preview = await desk.reviewed(world.whole("k1262.example"))
            saving = asyncio.create_task(desk.save(preview))
            await asyncio.sleep(seconds)
            saving.cancel()
            with suppress(asyncio.CancelledError):
                await saving
            counted = words_of(await desk.client.get(desk.address))
            if "10 bilagor" in counted:
                assert "8 mål" in counted
                assert "21 personer" in counted
                break
            assert "plats" not in counted.partition("Det här finns nu")[2].partition("1. Hämta")[0]


async def test_who_coordinates_the_municipality_alone_cannot_set_it_up(desk_in: SeatedIn) -> None:
    async with desk_in("1263", PersonRole.COORDINATOR) as desk:
        for address in ("/komma-igang", desk.address, f"{desk.address}/mall"):
            assert (await desk.client.get(address)).status_code == 403
        assert (await desk.upload(b"PK")).status_code == 403


async def test_the_operator_chooses_among_all_municipalities(desk_in: SeatedIn) -> None:
    async with desk_in("1264", area="SE") as operator, desk_in("1265") as neighbour:
        choice = await operator.client.get("/komma-igang")
        assert choice.text.count("<option value=") == 290
        people = world.people("k1264.example")[:14]
        led = await operator.client.get("/komma-igang?kommun=1264")
        assert (led.status_code, led.headers["location"]) == (303, operator.address)
        done = await operator.save(
            await operator.reviewed({"people": [{**one, "party": None, "area": None} for one in people]})
        )
        assert done.status_code == 200, words_of(done)
        assert (await neighbour.client.get("/komma-igang")).headers["location"] == neighbour.address
        for address in (operator.address, "/komma-igang/9999", f"{operator.address}/mall"):
            assert (await neighbour.client.get(address)).status_code == 404
    async with desk_in("1264") as own:
        assert "15 personer" in words_of(await own.client.get(own.address)), "people belong to the municipality"


async def test_no_connection_is_held_while_a_template_is_read(
    desk_in: SeatedIn, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is read at a time: five that were sent at once kept everybody from writing."""
    read = note_taken(monkeypatch, app, routes, "read_template")
    carried = note_taken(monkeypatch, app, FilledTemplate, "from_carried")
    async with desk_in("1233") as desk:
        preview = await desk.reviewed({**PLACES})
        assert (await desk.save(preview)).status_code == 303
        assert (await desk.upload(b"no workbook")).status_code == 422
    assert (read, carried) == ([0, 0], [0])

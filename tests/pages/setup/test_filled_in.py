"""The template filled in with what is stored: sent again it changes nothing, and changed it changes just that."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from services.api.http.routing import BASE
from shared.domain.wording import Language
from shared.files.workbook import Workbook
from tests.pages.people import send, words_of
from tests.pages.setup import world
from tests.pages.setup.sheets import cell, cells_of, filled
from tests.pages.setup.test_template import changes_on

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.pages.setup.conftest import Desk, SeatedIn

pytestmark = [pytest.mark.long]


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    """Return the demo's database: what it has was written by no template."""
    return year_database()


async def _filled_in(desk: Desk) -> bytes:
    answer = await desk.client.get(f"{desk.address}/mall", params={"ifylld": "ja"})
    assert answer.status_code == 200, words_of(answer)
    assert "ifylld" in answer.headers["content-disposition"] or "filled" in answer.headers["content-disposition"]
    return answer.content


async def _changes(desk: Desk, content: bytes) -> dict[str, list[int]]:
    """Return how many of each part would be made, changed and removed, where there are any."""
    preview = await desk.upload(content)
    assert preview.status_code == 200, words_of(preview)
    return {part: numbers[:3] for part, numbers in changes_on(preview).items() if sum(numbers[:3])}


async def test_what_no_template_has_made_comes_back_as_it_was(desk_in: SeatedIn) -> None:
    async with desk_in("1282") as desk:
        for language in Language:
            await send(desk.client, "/sprak", {"language": language, "till": "/"})
            content = await _filled_in(desk)
            assert await _changes(desk, content) == {}
        rows = {title: [*of] for title, of in Workbook(BytesIO(content)).sheets()}
        assert min(len(rows[part]) for part in ("Annexes", "Targets", "Commitments", "Places", "Roles")) > 12


async def test_what_is_changed_in_it_is_all_that_changes(desk_in: SeatedIn, client: httpx.AsyncClient) -> None:
    async with desk_in("1284") as desk:
        await desk.save(await desk.reviewed(world.whole("k1284.example")))
        await _say_what_the_template_cannot(client)
        content = await _filled_in(desk)
        assert await _changes(desk, content) == {}
        rows = [one for one in _rows(content, "Mål") if "Minst 80 procent i tid." in one.cells]
        value = filled(content, {("targets", f"E{rows[0].number}"): 90})
        assert await _changes(desk, value) == {"Mål": [0, 1, 0]}
        added = filled(content, cells_of({"places": []}) | {("terms", cell("terms", "name", 0)): "Våren 2026"})
        assert await _changes(desk, added) == {"Terminer": [0, 1, 0]}


def _rows(content: bytes, sheet: str) -> list[Any]:
    return [*dict(Workbook(BytesIO(content)).sheets())[sheet]]


async def _say_what_the_template_cannot(client: httpx.AsyncClient) -> None:
    address = f"{BASE}/agreements/hoganas-2026-2027"
    document = (await client.get(address)).json()
    del document["_links"]
    target = next(one for one in document["targets"] if one["rule"] == "atLeast" and one["indicator"] == "safety-walks")
    together = {"area": None, "areas": ["1284-stadsparken", "1284-an"], "indicator": "graffiti-cleanups", "annex": 4}
    document["targets"] += [{**target, **together, "rule": "atMost", "value": 2.5}]
    document["closing"] = {"twoPersons": False, "readyAnnexes": True}
    document["annexes"][0]["followUps"] = [{"notedOn": "2026-05-02", "status": "ongoing", "text": "Det går bra."}]
    answer = await client.put(address, json=document)
    assert answer.status_code == 200, answer.text
    promise = f"{address}/commitments/lamps"
    body = {
        "annex": 4,
        "promise": True,
        "party": world.PARTIES[0],
        "wording": "Två parker får lampor.",
        "areas": ["1284-stadsparken", "1284-an"],
        "dueOn": "2026-10-31",
        "followUps": [{"notedOn": "2026-05-02", "status": "ongoing", "text": "Den ena är klar."}],
    }
    answer = await client.put(promise, json=body)
    assert answer.status_code == 201, answer.text

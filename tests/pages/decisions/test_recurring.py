"""What recurs is marked as done time by time, also late."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from tests.pages.decisions.marking import MARK, PAGES, PARKS, PROMISE, TAKE_BACK, decisions
from tests.pages.due.world import promise, put
from tests.pages.filling import open_form
from tests.pages.people import words_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx


async def test_each_time_of_what_recurs_is_marked_also_late(
    coordinator: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    await promise(client, "2016-06-30", recurrence={"every": "month", "from": "2016-03-01", "until": "2016-06-30"})
    to_do = (await coordinator.get("/att-gora")).text
    links = [unescape(one) for one in re.findall(rf'href="({PAGES}/klart[^"]*)"', to_do)]
    forms = [await open_form(coordinator, one) for one in links]
    assert [(form["due"], form["day"]) for form in forms][0::2] == [
        ("2016-03-31", "2016-05-20"),
        ("2016-05-31", "2016-05-20"),
    ]
    assert (await open_form(coordinator, MARK))["due"] == "2016-05-31", "the time that runs, where none is named"
    for changed, field, said in (
        ({"day": "2016-02-28"}, "day", "Datumet ligger före den period som det gäller."),
        ({"due": ""}, "due", "Välj vilken gång det gäller."),
        ({"due": "2016-06-30"}, "due", "Välj vilken gång det gäller."),
        ({"due": "2016-04-01"}, "due", "Välj vilken gång det gäller."),
    ):
        answer = await forms[0].send(changed)
        assert answer.status_code == 422, changed
        assert said in words_of(answer), changed
        assert f'id="{field}-fault"' in answer.text, changed
    assert (await forms[0].send()).status_code == 303
    assert (await forms[0].send()).status_code == 303, "a second tap"
    form = await open_form(coordinator, MARK)
    assert (await form.send()).status_code == 303
    assert await decisions(client) == [("1282", "2016-05-20"), ("1282", "2016-05-20")]
    answered = (await client.get(PROMISE)).json()
    assert [(one["dueOn"], one["fulfilled"]) for one in answered["progress"]] == [
        ("2016-03-31", False),
        ("2016-04-30", False),
        ("2016-05-31", True),
        ("2016-06-30", False),
    ]
    page = await coordinator.get(MARK)
    listed = words_of(page).replace("\xa0", " ")
    assert "Landskrona: 20 maj 2016 (klart senast 31 mars 2016)" in listed
    assert "Klart senast 30 april 2016." in listed
    assert '<select id="due"' not in page.text, "one time is left: there is nothing to choose"
    removal = await open_form(coordinator, TAKE_BACK)
    assert "Landskrona: 20 maj 2016 (klart senast 31 mars 2016)" in words_of(removal.page).replace("\xa0", " ")
    assert (await removal.send({"parts": "1282~2016-03-31"})).status_code == 303
    assert [one["dueOn"] for one in (await client.get(PROMISE)).json()["decisions"]] == ["2016-05-31"]


async def test_a_time_of_what_recurs_is_marked_place_by_place(
    coordinator: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    recurrence = {"every": "month", "from": "2016-04-01", "until": "2016-06-30"}
    await promise(client, "2016-06-30", areas=PARKS, eachArea=True, recurrence=recurrence)
    form = await open_form(coordinator, f"{MARK}?plats={PARKS[0]}&senast=2016-04-30")
    assert (form["due"], form["areas"]) == ("2016-04-30", PARKS[0])
    assert (await form.send()).status_code == 303
    form = await open_form(coordinator, MARK)
    answer = await form.send({"due": "2016-04-30", "areas": PARKS})
    assert answer.status_code == 422
    assert "En av platserna kan inte markeras för den gången." in words_of(answer)
    assert (await form.send({"due": "2016-05-31", "areas": PARKS})).status_code == 303
    assert await decisions(client) == [(PARKS[0], "2016-05-20"), (PARKS[0], "2016-05-20"), (PARKS[1], "2016-05-20")]


@pytest.mark.parametrize("chosen", ["senast=i+april", "senast=2016-13-01", "plats=1284&senast=9999-12-31", "senast=0"])
async def test_what_an_address_names_and_is_not_there_is_not_chosen(
    coordinator: httpx.AsyncClient, client: httpx.AsyncClient, chosen: str
) -> None:
    await promise(client, "2016-06-30", recurrence={"every": "month", "from": "2016-04-01", "until": "2016-06-30"})
    form = await open_form(coordinator, f"{MARK}?{chosen}")
    assert (form["due"], form["day"]) == ("2016-05-31", "2016-05-20")


async def test_one_more_is_marked_of_a_commitment_with_many_decisions(
    coordinator: httpx.AsyncClient, client: httpx.AsyncClient, execute: Callable[..., int]
) -> None:
    """More than a list of the API may otherwise have: each week's of some districts."""
    parks = [f"1282-park-{number}" for number in range(8)]
    for park in parks:
        body = {"kind": "place", "placeKind": "park", "name": park, "validFrom": "2010-01-01", "parents": [
            {"code": "1282", "validFrom": "2010-01-01"}]}  # fmt: skip
        await put(client, f"/areas/{park}", body)
    recurrence = {"every": "week", "from": "2015-01-05", "until": "2016-06-30"}
    await promise(client, "2016-06-26", areas=parks, recurrence=recurrence)
    execute("UPDATE commitment_area SET decided_on = due_on WHERE due_on < '2016-05-16'")
    assert len((await client.get(PROMISE)).json()["decisions"]) > 500
    assert (await (await open_form(coordinator, MARK)).send()).status_code == 303
    assert ("1282-park-0", "2016-05-20") in await decisions(client)

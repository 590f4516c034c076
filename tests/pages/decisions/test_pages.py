"""A commitment without activities is marked as done where it is asked for, by who coordinates, and taken back."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from shared.domain.person import GivenRole, PersonRole
from tests.pages.decisions.marking import MARK, PAGES, PARKS, PROMISE, TAKE_BACK, decisions
from tests.pages.due.people import browser, invite
from tests.pages.due.test_pages import items
from tests.pages.due.world import AGREEMENT, TOWN, promise, put
from tests.pages.filling import FilledForm, open_form
from tests.pages.people import words_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from fastapi import FastAPI

PLAN = "Ta fram en handlingsplan."
CLOSE = (
    """INSERT INTO agreement_period (agreement_id, period_type, period_start, state)
       SELECT agreement_id, 'tertial', '2016-01-01', 'closed' FROM agreement""",
    """INSERT INTO closed_area_period (area_id, period_type, period_start, agreement_period_id)
       SELECT area_id, 'month', '2016-04-01', agreement_period_id FROM area, agreement_period WHERE code = '1282'""",
)


async def test_what_is_to_do_is_marked_as_done_and_taken_back(
    coordinator: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    follow_ups = [{"notedOn": "2016-05-02", "status": "ongoing", "text": "Ett utkast finns."}]
    await promise(client, "2016-05-31", party=TOWN, wording=PLAN, followUps=follow_ups)
    before = (await client.get(PROMISE)).json()
    to_do = (await coordinator.get("/att-gora")).text
    [address] = re.findall(rf'href="({PAGES}/klart[^"]*)">Markera som klart<span class="unseen"> ', to_do)
    [overview] = re.findall(
        rf'href="({PAGES}/klart[^"]*)">Markera som klart',
        (await coordinator.get("/overenskommelsen?omrade=1282&ar=2016")).text,
    )
    assert unescape(overview) == f"{MARK}?omrade=1282&ar=2016"
    form = await open_form(coordinator, unescape(address))
    assert form["day"] == "2016-05-20"
    assert "Ta fram en handlingsplan. Landskrona stad. Klart senast 31 maj 2016. Plats: Landskrona" in (
        words_of(form.page).replace("\xa0", " ")
    )
    answer = await form.send({"day": "2016-05-18"})
    assert answer.status_code == 303
    assert await decisions(client) == [("1282", "2016-05-18")]
    after = (await client.get(PROMISE)).json()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"decisions", "progress"}
    assert "handlingsplan" not in (await coordinator.get("/att-gora")).text
    done = await coordinator.get(answer.headers["location"])
    assert "Landskrona: 18 maj 2016" in words_of(done).replace("\xa0", " ")
    assert "<form" not in done.text.partition("<main")[2].partition("</main>")[0]

    removal = await open_form(coordinator, TAKE_BACK)
    assert removal.fields["parts"] == ["1282~2016-05-31"]
    assert (await removal.send()).status_code == 303
    assert (await client.get(PROMISE)).json() == before
    assert "handlingsplan" in (await coordinator.get("/att-gora")).text


async def test_the_audit_trail_says_who(
    coordinator: httpx.AsyncClient, client: httpx.AsyncClient, execute: Callable[..., int]
) -> None:
    await promise(client, "2016-05-31", wording=PLAN)
    written = """SELECT FROM audit_pending WHERE actor LIKE 'person%' AND after::text LIKE '%2016-05-20%'"""
    assert execute(written) == 0
    await (await open_form(coordinator, MARK)).send()
    assert execute(written) > 0


async def test_it_is_marked_place_by_place(coordinator: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    await promise(client, "2016-05-31", areas=PARKS, eachArea=True)
    assert "areas" not in (await open_form(coordinator, MARK)).fields, "none is chosen for somebody"
    [of_karlslund] = re.findall(
        r'href="([^"]*plats=1282-karlslund[^"]*)">Markera', (await coordinator.get("/att-gora")).text
    )
    form = await open_form(coordinator, unescape(of_karlslund))
    assert form.fields["areas"] == ["1282-karlslund"]
    await form.send()
    assert await decisions(client) == [("1282-karlslund", "2016-05-20")]
    form = await open_form(coordinator, MARK)
    assert form.fields["areas"] == ["1282-lindparken"]
    await form.send({"day": "2016-05-19"})
    assert await decisions(client) == [("1282-karlslund", "2016-05-20"), ("1282-lindparken", "2016-05-19")]
    removal = await open_form(coordinator, TAKE_BACK)
    assert "parts" not in removal.fields
    refused = await removal.send()
    assert (refused.status_code, "Välj vad som ska tas tillbaka." in refused.text) == (422, True)
    await removal.send({"parts": "1282-karlslund~2016-05-31"})
    assert await decisions(client) == [("1282-lindparken", "2016-05-19")]


async def test_one_for_all_places_is_marked_in_all(coordinator: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    await promise(client, "2016-05-31", areas=PARKS, times=2)
    form = await open_form(coordinator, MARK)
    assert form.fields["areas"] == PARKS
    assert "Karlslund (0 av 2 gjorda)" in words_of(form.page)
    await form.send()
    assert await decisions(client) == [(park, "2016-05-20") for park in PARKS]


async def test_what_cannot_be_is_said_at_its_field_and_stays_filled_in(
    coordinator: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    await promise(client, "2016-05-31", areas=PARKS)
    form = await open_form(coordinator, MARK)
    for changed, field, said in (
        ({"day": "2016-05-21"}, "day", "Datumet ligger i framtiden."),
        ({"day": "2014-12-31"}, "day", "Datumet ligger före överenskommelsens första dag. Ange 2015-01-01"),
        ({"day": ""}, "day", "Välj vilken dag det blev klart."),
        ({"day": "i går"}, "day", "Välj vilken dag det blev klart."),
        ({"areas": []}, "areas", "Välj var det blev klart."),
        ({"areas": ["1284"]}, "areas", "Välj var det blev klart."),
    ):
        answer = await form.send(changed)
        assert answer.status_code == 422, changed
        assert answer.text.count(f'href="#{field}"') == 1, changed
        assert f'id="{field}-fault"' in answer.text, changed
        assert said in words_of(answer), changed
        again = FilledForm(coordinator, answer)
        assert again["day"] == changed.get("day", "2016-05-20")
        assert again.fields.get("areas", []) == (PARKS if "day" in changed else [])
    assert await decisions(client) == []


async def test_nothing_that_others_have_changed_is_lost(
    coordinator: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    await promise(client, "2016-05-31", areas=PARKS)
    form = await open_form(coordinator, MARK)
    decided = [{"area": PARKS[0], "fulfilledOn": "2016-05-03"}]
    await promise(client, "2016-06-30", areas=PARKS, decisions=decided)
    answer = await form.send({"day": "2016-05-10"})
    assert answer.status_code == 409
    assert "Någon annan har ändrat åtagandet" in words_of(answer)
    assert await decisions(client) == [(PARKS[0], "2016-05-03")]
    again = FilledForm(coordinator, answer)
    assert (again["day"], again["areas"]) == ("2016-05-10", PARKS[1])
    assert (await again.send()).status_code == 303
    assert await decisions(client) == [(PARKS[0], "2016-05-03"), (PARKS[1], "2016-05-10")]
    assert (await client.get(PROMISE)).json()["dueOn"] == "2016-06-30"

    removal = await open_form(coordinator, TAKE_BACK)
    await promise(client, "2016-05-31", areas=PARKS, decisions=decided)
    assert (await removal.send({"parts": f"{PARKS[0]}~2016-05-31"})).status_code == 409
    assert await decisions(client) == [(PARKS[0], "2016-05-03")]


async def test_a_second_tap_changes_nothing(coordinator: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    await promise(client, "2016-05-31")
    form = await open_form(coordinator, MARK)
    assert [(await form.send()).status_code for _ in range(2)] == [303, 303]
    removal = await open_form(coordinator, TAKE_BACK)
    assert [(await removal.send()).status_code for _ in range(2)] == [303, 303]
    assert await decisions(client) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"withdrawnOn": "2016-04-01"}, "Åtagandet är återtaget"),
        ({"selection": {"activityTypes": ["safety-walk"]}}, "Åtagandet uppfylls av aktiviteter."),
    ],
)
async def test_what_is_not_decided_has_no_form(
    coordinator: httpx.AsyncClient, client: httpx.AsyncClient, fields: dict[str, Any], said: str
) -> None:
    await promise(client, "2016-05-31", **fields)
    page = await coordinator.get(MARK)
    assert said in words_of(page)
    assert 'name="day"' not in page.text
    for address in ("/att-gora", "/overenskommelsen?omrade=1282&ar=2016"):
        assert MARK not in (await coordinator.get(address)).text


async def test_others_are_told_who_marks_it(app: FastAPI, client: httpx.AsyncClient, database_url: str) -> None:
    await promise(client, "2016-05-31", party=TOWN, wording=PLAN)
    for role, area, status in (
        (GivenRole(PersonRole.REPORTER, "1282", TOWN), "1282", 403),
        (GivenRole(PersonRole.COORDINATOR, "1282-karlslund"), "1282", 404),
        (GivenRole(PersonRole.COORDINATOR, "1284"), "1284", 404),
    ):
        async with browser(app, invite(database_url, f"{area}-{role.role}-{status}@kommun.example", role)) as opened:
            listed = items((await opened.get("/att-gora")).text)
            for address in (MARK, TAKE_BACK):
                assert (await opened.get(address)).status_code == status, role
            assert MARK not in (await opened.get("/overenskommelsen?ar=2016")).text
            if role.role is PersonRole.REPORTER:
                assert any("Säg till samordnaren när det är klart, så markeras det här." in one for one in listed)


async def test_what_counts_in_a_closed_period_says_so(
    coordinator: httpx.AsyncClient, client: httpx.AsyncClient, execute: Callable[..., int]
) -> None:
    await promise(client, "2016-04-30")
    said = "Den periodens värden står kvar som de är."
    assert said not in words_of(await coordinator.get(MARK))
    for statement in CLOSE:
        execute(statement)
    form = await open_form(coordinator, MARK)
    assert said in words_of(form.page)
    assert (await form.send({"day": "2016-04-30"})).status_code == 303
    assert said in words_of(await coordinator.get(TAKE_BACK))


async def test_there_is_no_page_for_none(coordinator: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    await put(client, f"/agreements/{AGREEMENT}/commitments/promise", {
        "annex": 4, "party": TOWN, "wording": PLAN, "areas": ["1282"], "promise": False,
    })  # fmt: skip
    answer = await coordinator.get(MARK.replace("promise", "nothing"))
    assert answer.status_code == 404
    assert "Åtagandet finns inte" in answer.text

"""Breaks on pages: who coordinates an area sets and removes them, and its readers see where and why."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from shared.domain.person import PersonRole
from tests.pages.people import send, words_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    import httpx

    Visiting = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]

START = "/overenskommelsen/startpunkter?omrade=1282"
INDICATOR = "/overenskommelsen/indikatorer/graffiti-cleanups~all?omrade=1282&ar=2016"
GIVEN: dict[str, str | list[str]] = {
    "indicator": "graffiti-cleanups",
    "month": "2016-05",
    "reason": "Ny entreprenör, som också sanerar elskåp.",
}


def removal_in(page: httpx.Response) -> str:
    [address] = re.findall(r'href="([^"]*/ta-bort[^"]*)"', page.text)
    return unescape(str(address))


async def test_a_break_is_set_seen_and_removed(visiting: Visiting) -> None:
    async with visiting(PersonRole.COORDINATOR) as coordinator, visiting(PersonRole.READER) as reader:
        overview = (await coordinator.get("/overenskommelsen?omrade=1282&ar=2016")).text
        assert 'href="/overenskommelsen/startpunkter?omrade=1282&amp;ar=2016"' in overview
        chosen = (await coordinator.get(f"{START}&indikator=graffiti-cleanups")).text
        assert '<option value="graffiti-cleanups" selected>' in chosen
        assert (await send(coordinator, START, GIVEN)).headers["location"] == START
        # Sent twice, it is there once.
        assert (await send(coordinator, START, GIVEN)).status_code == 303
        listed = await coordinator.get(START)
        assert words_of(listed).count("Klottersaneringar Landskrona Från och med: maj 2016") == 1
        for visitor in (coordinator, reader):
            page = await visitor.get(INDICATOR)
            assert "Maj 2016: Ny entreprenör, som också sanerar elskåp." in words_of(page)
        assert (
            "Ny startpunkt: maj 2016."
            in (
                await reader.get("/overenskommelsen/indikatorer/graffiti-cleanups~all/diagram?omrade=1282&ar=2016")
            ).text
        )
        seen = await reader.get(START)
        assert "sanerar elskåp" in seen.text
        assert "ta-bort" not in seen.text
        assert 'id="month"' not in seen.text
        address = removal_in(listed)
        assert "maj 2016" in words_of(await coordinator.get(address))
        assert (await send(coordinator, address, {})).headers["location"] == START
        assert (await coordinator.get(address)).status_code == 404
        assert "Det finns inga nya startpunkter." in words_of(await reader.get(START))
        assert "Ny entreprenör" not in (await reader.get(INDICATOR)).text


async def test_what_cannot_be_is_said_at_its_field_and_stays_filled_in(visiting: Visiting) -> None:
    async with visiting(PersonRole.COORDINATOR) as coordinator:
        await send(coordinator, START, GIVEN)
        for changed, field, said in (
            ({"indicator": ""}, "indicator", "Välj en indikator."),
            ({"month": ""}, "month", "Välj en månad."),
            ({"month": "maj"}, "month", "Skriv månaden som 2016-05."),
            ({"month": "2013-01"}, "month", "Det finns inga tidigare värden."),
            ({"reason": ""}, "reason", "Skriv vad som ändrades."),
            ({"reason": "x" * 501}, "reason", "högst 500"),
            ({"reason": "Anna 19121212-1212 har slutat."}, "reason", "personnummer"),
            ({"reason": "Ny definition."}, "month", "Det finns redan en startpunkt den månaden."),
        ):
            answer = await send(coordinator, START, {**GIVEN, **changed})
            assert answer.status_code == 422, changed
            assert f'href="#{field}"' in answer.text, changed
            assert f'id="{field}-fault"' in answer.text, changed
            assert said in words_of(answer), changed
            if "month" not in changed:
                assert 'value="2016-05"' in answer.text
        assert (await send(coordinator, removal_in(await coordinator.get(START)), {})).status_code == 303


async def test_others_set_and_remove_none(visiting: Visiting) -> None:
    async with visiting(PersonRole.COORDINATOR) as coordinator:
        await send(coordinator, START, GIVEN)
        address = removal_in(await coordinator.get(START))
        async with visiting(PersonRole.ANNEX_OWNER) as owner, visiting(PersonRole.COORDINATOR, "1284") as other:
            assert (await send(owner, START, GIVEN)).status_code == 403
            assert (await owner.get(address)).status_code == 403
            assert (await send(other, START, GIVEN)).status_code == 404
            assert (await other.get(address)).status_code == 404
            assert (await send(other, address, {})).status_code == 404
            # Of the county a coordinator of a municipality sees figures alone.
            county = "/overenskommelsen/startpunkter?omrade=12"
            assert "visas bara för dina egna områden" in words_of(await coordinator.get(county))
            assert (await send(coordinator, county, GIVEN)).status_code == 403
        assert (await send(coordinator, address, {})).status_code == 303

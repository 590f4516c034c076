"""Somebody else's report that is much like it is asked about; one's own is not, and nothing is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.api.http.routing import BASE
from tests.pages.filling import FilledForm, open_form
from tests.pages.people import browser, invite, sign_in, words_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    from fastapi import FastAPI

FORM = "/rapportera/school-visit"
VISIT = {"place": "Havsbrisskolan", "start": "2016-05-03"}
AT_NIGHT = {"start-time": "00:30"}


@pytest.fixture
async def bo(app: FastAPI, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Return the browser of another reporter."""
    async with browser(app) as client:
        await sign_in(client, invite(database_url, "bo@kommun.example"))
        yield client


async def report(client: httpx.AsyncClient, **fields: str) -> httpx.Response:
    return await (await open_form(client, FORM)).send({**VISIT, **fields})


async def stored(client: httpx.AsyncClient) -> list[dict[str, object]]:
    activities: list[dict[str, object]] = (await client.get(f"{BASE}/activities?source=form")).json()["activities"]
    return activities


async def test_ones_own_second_report_is_stored_unasked(anna: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    assert [(await report(anna)).status_code for _ in range(2)] == [303, 303]
    assert len(await stored(client)) == 2


@pytest.mark.parametrize("time", [{}, AT_NIGHT], ids=["by day", "just past midnight"])
async def test_anothers_is_asked_about_first(
    anna: httpx.AsyncClient, bo: httpx.AsyncClient, client: httpx.AsyncClient, time: dict[str, str]
) -> None:
    assert (await report(anna, **time)).status_code == 303
    asked = await report(bo, **time)
    assert (asked.status_code, "Kan det vara samma?" in words_of(asked)) == (200, True)
    assert len(await stored(client)) == 1
    assert (await report(bo, start="2016-05-02")).status_code == 303


@pytest.mark.parametrize(("answer", "is_linked"), [("same", True), ("other", False)])
async def test_it_is_linked_or_counts_too(
    anna: httpx.AsyncClient, bo: httpx.AsyncClient, client: httpx.AsyncClient, answer: str, *, is_linked: bool
) -> None:
    await report(anna)
    form = FilledForm(bo, await report(bo))
    assert (await form.send({"alike": answer})).status_code == 303
    first, second = await stored(client)
    assert second["duplicateOf"] == (first["id"] if is_linked else None)

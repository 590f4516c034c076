"""`/changes` over HTTP: links that lead on, and clear refusals."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE
from shared.db.cursors import Cursor
from shared.db.signing import Signer
from tests.feed.follower import CLEANUPS, LANDSKRONA, SKANE, VISITS, older_ones_end, value_id, write

CHANGES = f"{BASE}/changes"

pytestmark = pytest.mark.usefixtures("series")


@pytest.fixture
async def figures(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await write(connection, {(CLEANUPS, LANDSKRONA, month): month for month in range(1, 6)})
        await write(connection, {(VISITS, SKANE, month): month for month in range(1, 4)})
        await write(connection, {(CLEANUPS, LANDSKRONA, 5): None})
    await older_ones_end(engine)


async def follow(client: httpx.AsyncClient, **query: str | int | list[str]) -> tuple[list[str], str]:
    """Follow the links until there is no more; return the changes in order, and the last link."""
    answer = (await client.get(CHANGES, params=query)).json()
    changes = []
    while True:
        changes += [f"{entry['change']} {entry['id']}" for entry in answer["changes"]]
        following = answer["_links"]["next"]["href"]
        assert httpx.URL(following).params["since"] == answer["nextCursor"]
        assert answer["_meta"]["count"] == len(answer["changes"])
        if not answer["hasMore"]:
            return changes, following
        answer = (await client.get(following)).json()


async def test_the_links_lead_through_the_whole_feed(
    reader: httpx.AsyncClient, figures: None, engine: AsyncEngine
) -> None:
    changes, following = await follow(reader, batchSize=2)
    removed = f"removed {value_id(CLEANUPS, LANDSKRONA, 5)}"
    assert changes == [
        *(f"put {value_id(CLEANUPS, LANDSKRONA, month)}" for month in range(1, 5)),
        *(f"put {value_id(VISITS, SKANE, month)}" for month in range(1, 4)),
        removed,
    ]
    async with engine.begin() as connection:
        await write(connection, {(VISITS, SKANE, 2): 9})
    await older_ones_end(engine)
    (later,) = (await reader.get(following)).json()["changes"]
    assert (later["id"], later["revision"], later["indicatorValue"]["value"]) == (value_id(VISITS, SKANE, 2), 2, 9)


async def test_filters_go_on_with_the_links(reader: httpx.AsyncClient, figures: None) -> None:
    changes, following = await follow(reader, batchSize=1, indicator=[VISITS], area=[SKANE], periodType="month")
    assert changes == [f"put {value_id(VISITS, SKANE, month)}" for month in range(1, 4)]
    assert {("indicator", VISITS), ("area", SKANE), ("periodType", "month"), ("batchSize", "1")} <= set(
        httpx.URL(following).params.multi_items()
    )
    assert (await follow(reader, indicator=[CLEANUPS, VISITS], area=[LANDSKRONA]))[0] == [
        *(f"put {value_id(CLEANUPS, LANDSKRONA, month)}" for month in range(1, 5)),
        f"removed {value_id(CLEANUPS, LANDSKRONA, 5)}",
    ]


async def test_a_value_that_is_gone_has_no_figure(reader: httpx.AsyncClient, figures: None) -> None:
    last = (await reader.get(CHANGES)).json()["changes"][-1]
    assert (last["change"], last["indicatorValue"], last["revision"]) == ("removed", None, 1)


async def test_what_cannot_be_asked(reader: httpx.AsyncClient) -> None:
    """`trials C8`: a forged cursor is no fault of ours."""
    for query, status, kind, field in (
        ({"since": "x"}, 400, "invalid-cursor", "since"),
        ({"since": ""}, 400, "invalid-cursor", "since"),
        ({"since": Cursor(1, 2, 2**63).stored()}, 400, "invalid-cursor", "since"),
        ({"since": Cursor(1, 2, 3).stored()}, 410, "outdated-cursor", "since"),
        ({"since": Cursor(1, 2, 3).signed(Signer(b"guessed"))}, 400, "invalid-cursor", "since"),
        ({"since": "A" * 54}, 400, "invalid-cursor", "since"),
        ({"indicator": "no-such"}, 400, "invalid-query", "indicator"),
        ({"area": "9999"}, 400, "invalid-query", "area"),
        ({"periodType": "week"}, 400, "invalid-query", "periodType"),
        ({"batchSize": "0"}, 400, "invalid-query", "batchSize"),
        ({"batchSize": "1001"}, 400, "invalid-query", "batchSize"),
        ({"page": "2"}, 400, "invalid-query", "page"),
    ):
        answer = await reader.get(CHANGES, params=query)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, kind)
        (violation,) = answer.json()["violations"]
        assert violation["field"] == field
        assert violation["remedy"]


async def test_only_who_may_read_may_follow(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get(CHANGES)).status_code == 401

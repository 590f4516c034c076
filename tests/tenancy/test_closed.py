"""Where figures above one's own area are closed, every interface shows of others only what tells no municipality's."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.app import create_app
from services.api.http.routing import BASE
from services.api.values import queries
from services.indicators import worker
from services.indicators.compute.figures_above import serve_none
from services.indicators.compute.rollup import roll_up
from shared.db.engine import build_engine
from shared.db.keys import COUNTRY
from shared.db.territories import FiguresAbove
from shared.settings import Settings
from tests.conftest import BASE_URL
from tests.indicators.world import CLEANUPS
from tests.tenancy.closed_world import INSIDE, MONTHS, MUNICIPALITIES, POLICE, SPANS, Closed, closed_world
from tests.tenancy.interfaces import Interfaces, Json
from tests.tenancy.ledger import Cell, Ledger

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

CALLERS = (("1080",), ("1282",), ("0980",), ("10",), (POLICE,), ("1080", "1282"))


@pytest.fixture(scope="module")
def settings(fresh_database: Callable[[], str], redis_url: str) -> Settings:
    return Settings(
        database_url=fresh_database(),
        redis_url=redis_url,
        public_url=BASE_URL,
        log_level="warning",
        figures_above=FiguresAbove.CLOSED,
    )


@pytest.fixture(scope="module")
async def closed(settings: Settings) -> AsyncIterator[Closed]:
    app = create_app(settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "COUNT_SECONDS", 0.0)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL) as client,
            disposing(build_engine(settings.database_url)) as engine,
        ):
            yield Closed(await closed_world(engine), client)


@asynccontextmanager
async def disposing(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    try:
        yield engine
    finally:
        await engine.dispose()


async def test_every_interface_shows_ones_own_and_what_is_safe_above(closed: Closed) -> None:
    random = Random(1)
    await closed.count({(area, month): random.choice((0, 1, 4, 9)) for area in MUNICIPALITIES for month in MONTHS})
    whole = await _Everything(closed.reads([COUNTRY])).read()
    served = await closed.served()
    areas_served = {one.split("~")[2] for one in served}
    assert areas_served
    assert "09" not in areas_served  # it has one municipality
    for granted in CALLERS:
        inside = {*granted, *(code for area in granted for code in INSIDE.get(area, ()))}
        above = served if len(granted) == 1 else set()
        seen = await _Everything(closed.reads(granted)).read()
        expected = {one for one in whole.values if one.split("~")[2] in inside} | (above & whole.values.keys())
        assert {*seen.values} == expected, granted
        for value_id, value in seen.values.items():
            if value["areaCode"] in inside:
                assert value == whole.values[value_id]
            else:
                assert value["value"] == whole.values[value_id]["value"]
                assert {*value["comparisons"].values(), value["leftOut"], value["notPlaced"]} == {None}
                assert value["targets"] == []
        for name, ids in vars(seen).items():
            if isinstance(ids, set):
                every: set[str] = getattr(whole, name)
                assert ids == {one for one in every if one.split("~")[2] in inside or one in above}, (granted, name)
        assert seen.counted == (len(seen.fed), Counter(one.split("~")[2] for one in seen.fed))
        assert _attacked(closed.counts, seen.values, inside) == set(), granted
    assert await closed.messages_of("1080") == (await _Everything(closed.reads(["1080"])).read()).followed


async def test_what_is_shown_no_more_is_removed_for_those_who_have_it_from_above_alone(closed: Closed) -> None:
    counts = {(area, month): 5 for area in MUNICIPALITIES for month in MONTHS}
    await closed.count(counts)
    county, outsider, inside = "12", _Follower(closed.reads(["1080"])), _Follower(closed.reads(["1282"]))
    holder = _Follower(closed.reads([county]))
    before = {one for one in await closed.served() if f"~{county}~" in one and one.startswith(f"{CLEANUPS}~")}
    assert any(one.endswith("~2016-t1") for one in before)
    for follower in (outsider, inside, holder):
        await follower.catch_up()
        assert before <= follower.values.keys()
    await closed.count({(area, "2016-03"): 0 for area in INSIDE[county]})
    after = {one for one in await closed.served() if f"~{county}~" in one and one.startswith(f"{CLEANUPS}~")}
    assert before - after
    for follower in (outsider, inside, holder):
        await follower.catch_up()
    assert not (before - after) & (outsider.values.keys() | inside.values.keys())
    assert before <= holder.values.keys()
    await closed.count(counts)
    await outsider.catch_up()
    assert before <= outsider.values.keys()


async def test_after_a_rebuild_what_is_served_is_decided_anew(closed: Closed) -> None:
    before = await closed.served()
    assert before
    await closed.world.rebuild()
    async with closed.world.engine.connect() as connection:
        marks = (await connection.execute(text("SELECT count(*) FROM rollup_mark"))).scalar_one()
    assert marks > 0
    await closed.count({})
    assert await closed.served() == before


async def test_what_a_pass_decided_that_was_rolled_back_is_decided_again(
    closed: Closed, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker remembers what is decided already: not what it has only tried to store."""
    before = await closed.served()
    assert before
    async with closed.world.engine.begin() as connection:
        await serve_none(connection)
    computing = worker.ComputingWorker(settings)
    async with disposing(computing._engine):
        with monkeypatch.context() as patch:
            patch.setattr(worker, "roll_up", _rolled_back)
            with pytest.raises(ConnectionResetError):
                await computing.roll_up()
        for _ in range(20):
            await computing.roll_up()
    assert await closed.served() == before


async def _rolled_back(*given: Any) -> None:
    await roll_up(*given)
    raise ConnectionResetError


async def test_once_figures_above_are_open_again_nothing_is_marked(closed: Closed) -> None:
    async with closed.world.engine.begin() as connection:
        await serve_none(connection)
    assert await closed.served() == set()
    seen = await _Everything(closed.reads(["1080"])).read()
    assert {one.split("~")[2] for one in seen.values} == {"1080"}


class _Everything:
    """All that a caller reads of figures."""

    def __init__(self, reads: Interfaces) -> None:
        self._reads = reads

    async def read(self) -> _Everything:
        self.values: dict[str, Json] = {one["id"]: one for one in await self._reads.listed("indicator-values")}
        self.listed = {*self.values}
        self.sheet = {one["id"] for one in await self._reads.sheet()}
        self.file = {one["id"] for one in await self._reads.file()}
        self.followed = {*await self._reads.followed()}
        self.fed = {one["id"] for one in await self._reads.fed("IndicatorValues?$select=id")}
        self.counted = await self._reads.counted("IndicatorValues")
        return self


class _Follower:
    """Whoever keeps what the feed tells, from where it was left."""

    def __init__(self, reads: Interfaces) -> None:
        self._reads = reads
        self._address = f"{BASE}/changes?batchSize=1000"
        self.values: dict[str, Json] = {}

    async def catch_up(self) -> None:
        has_more = True
        while has_more:
            page = (await self._reads.read(self._address)).json()
            for change in page["changes"]:
                self.values.pop(change["id"], None)
                if change["change"] == "put":
                    self.values[change["id"]] = change["indicatorValue"]
            self._address, has_more = page["_links"]["next"]["href"], page["hasMore"]


def _attacked(
    counts: Mapping[tuple[str, str], int], values: Mapping[str, Json], inside: Collection[str]
) -> set[tuple[str, str]]:
    """Return the figures of others that somebody can tell, of all that is read of one indicator."""
    truth = {_cell(area, month): counts[area, month] for area in MUNICIPALITIES for month in MONTHS}
    ledger = Ledger([*truth])
    for value in values.values():
        area, period = value["areaCode"], value["period"]
        if value["indicatorCode"] == CLEANUPS and period in SPANS and value["numerator"] is not None:
            counted = INSIDE.get(area, (area,) if area in MUNICIPALITIES else ())
            cells = [_cell(one, month) for one in counted for month in SPANS[period]]
            if cells:
                ledger.learn("read", cells, value["numerator"], value["numerator"])
    figures = {
        (area, period): frozenset(_cell(area, month) for month in months)
        for area in MUNICIPALITIES
        if area not in inside
        for period, months in SPANS.items()
    }
    return ledger.pinned(figures, truth, {"read"})


def _cell(area: str, month: str) -> Cell:
    return area, month, "", ""

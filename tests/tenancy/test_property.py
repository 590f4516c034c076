"""Whatever has happened, by every interface each caller reads what is theirs and the open figures, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import date

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import NullPool, create_engine, text

from services.api.app import create_app
from services.api.http.routing import BASE
from services.api.values import queries
from services.indicators.webhooks.outbox import compose
from shared.db import keys
from shared.db.keys import COUNTRY, KeyScope
from shared.db.territories import FiguresAbove
from shared.domain.period import today
from shared.settings import Settings
from tests.conftest import BASE_URL
from tests.extent import IS_LONG, amount
from tests.feed.follower import older_ones_end
from tests.indicators import world as w
from tests.indicators.histories import Event
from tests.indicators.racing import bring_about
from tests.indicators.random_histories import BEGINNINGS, DAYS, histories
from tests.indicators.test_property import EVERY_TIME
from tests.indicators.test_property import Runner as WorldRunner
from tests.tenancy.interfaces import Interfaces, Json
from tests.tenancy.oracle import Oracle, of
from tests.tenancy.requesting import without_chance

GRANTS = st.sets(st.sampled_from(w.AREAS), min_size=1, max_size=2).map(sorted)
MOST_ITEMS = 15


@pytest.mark.long
@pytest.mark.timeout(3600 if IS_LONG else 300)
@settings(max_examples=amount(2, 40), **EVERY_TIME)
@given(st.sampled_from(DAYS), st.sampled_from(BEGINNINGS), histories(20), st.lists(GRANTS, min_size=2, max_size=2))
def test_everybody_reads_what_is_theirs(
    runner: Runner, day: date, beginning: Sequence[Event], events: list[Event], callers: list[list[str]]
) -> None:
    runner.run(runner.happen(day, [*beginning, *events]))
    runner.run(runner.examine(callers))


class Runner(WorldRunner):
    """The world of the random histories, and the API on its database."""

    def __init__(self, url: str, redis_url: str) -> None:
        super().__init__(url)
        self.stack = AsyncExitStack()
        self.client: httpx.AsyncClient = self.run(self._serve(redis_url))

    async def _serve(self, redis_url: str) -> httpx.AsyncClient:
        app = create_app(Settings(database_url=self.url, redis_url=redis_url, public_url=BASE_URL, log_level="warning"))
        await self.stack.enter_async_context(app.router.lifespan_context(app))
        return await self.stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL)
        )

    def close(self) -> None:
        self.run(self.stack.aclose())
        super().close()

    async def happen(self, day: date, events: Sequence[Event]) -> None:
        """Let a history happen, and give its activities owners of all kinds, and its areas notes."""
        await self.world.forget()
        self.world.as_of = day
        for event in events:
            await bring_about(event, self.world)
        await self.world.settle()
        async with self.world.engine.begin() as connection:
            for statement in _AFTERWARDS:
                await connection.execute(text(statement), {"areas": [*w.AREAS]})
        await older_ones_end(self.world.engine)

    def key(self, areas: Sequence[str]) -> str:
        """Return a new key for some areas, which acts for the first of them."""
        with create_engine(self.url, poolclass=NullPool).begin() as connection:
            return keys.create(connection, "test", [KeyScope.ADMINISTER], areas)

    async def examine(self, callers: Sequence[Sequence[str]]) -> None:
        """Compare what each caller reads with what is theirs of what the country reads."""
        whole = Interfaces(self.client, self.key([COUNTRY]))
        everything = await _Everything(whole).read()
        await _examine_agreement(whole, everything)
        oracle = await Oracle(today()).read(self.world.engine)
        for granted in callers:
            inside, open_to = oracle.inside(granted), oracle.figures(granted)
            owned = await self._owned_by(granted[0])
            caller = Interfaces(self.client, self.key(granted))
            seen = await _Everything(caller).read()
            await _examine_agreement(caller, seen)
            assert seen == everything.only(inside, open_to, owned), granted
            await _examine_items(caller, whole, everything, seen)
            await _examine_lineage(caller, whole, seen, {one["id"] for one in seen.activities})
            assert await self._messages_of(granted[0]) == {
                key: value
                for key, value in everything.followed.items()
                if value["areaCode"] in oracle.figures(granted[:1])
            }

    async def _owned_by(self, code: str) -> set[str]:
        statement = (
            "SELECT activity_id::text FROM activity JOIN area ON area.area_id = owner_area_id WHERE code = :code"
        )
        async with self.world.engine.connect() as connection:
            return {*(await connection.execute(text(statement), {"code": code})).scalars()}

    async def _messages_of(self, owner: str) -> dict[str, Json]:
        """Return the values that messages of a webhook of an owner's lead to."""
        async with self.world.engine.begin() as connection:
            webhook_id = (await connection.execute(text(_SUBSCRIBE), {"code": owner})).scalar_one()
        values: dict[str, Json] = {}
        has_more = True
        while has_more:
            async with self.world.engine.begin() as connection:
                has_more = await compose(connection, webhook_id, today(), FiguresAbove.OPEN)
                bodies = (await connection.execute(text(_TAKE), {"webhook_id": webhook_id})).scalars().all()
            for change in (change for body in bodies for change in orjson.loads(body)["data"]["changes"]):
                if change["change"] == "removed":
                    values.pop(change["id"], None)
                else:
                    values[change["id"]] = change["indicatorValue"]
        return values


class _Everything:
    """All that a caller reads, to be compared."""

    def __init__(self, reads: Interfaces) -> None:
        self._reads = reads

    async def read(self) -> _Everything:
        self.activities = await self._reads.listed("activities")
        self.observations = await self._reads.listed("observations")
        self.notes = await self._reads.listed("notes")
        self.values = await self._reads.listed("indicator-values")
        self.sheet = await self._reads.sheet()
        self.file = await self._reads.file()
        self.followed = await self._reads.followed()
        self.fed_activities = await self._reads.fed("Activities?$expand=Area,TimePeriod")
        self.fed_values = await self._reads.fed("IndicatorValues?$select=id,areaCode,value&$expand=Area($select=code)")
        self.counted = [await self._reads.counted(name) for name in ("Activities", "IndicatorValues")]
        return self

    def only(self, inside: set[str], open_to: set[str], owned: set[str]) -> _Everything:
        """Return of what the country reads that of which facts and figures are in some areas, or are owned."""
        less = _Everything(self._reads)
        less.activities = [one for one in self.activities if one["area"] in inside or one["id"] in owned]
        less.observations = of(self.observations, inside)
        less.notes = of(self.notes, inside)
        less.values = of(self.values, open_to, "areaCode")
        less.sheet = of(self.sheet, open_to, "areaCode")
        less.file = of(self.file, open_to, "areaCode")
        less.followed = {key: value for key, value in self.followed.items() if value["areaCode"] in open_to}
        less.fed_activities = [one for one in self.fed_activities if one["areaCode"] in inside or one["id"] in owned]
        less.fed_values = of(self.fed_values, open_to, "areaCode")
        counts = [Counter(one["areaCode"] for one in rows) for rows in (less.fed_activities, less.fed_values)]
        less.counted = [(one.total(), one) for one in counts]
        return less

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, _Everything)
        for name, seen in vars(self).items():
            if name != "_reads":
                assert seen == getattr(other, name), name
        return True

    __hash__ = None  # type: ignore[assignment]  # it is compared alone


async def _examine_agreement(reads: Interfaces, seen: _Everything) -> None:
    """The feed and the changes have every slice; lists and files have `all` alone, unless slices are named."""
    ids = {one["id"] for one in seen.fed_values}
    assert {*seen.followed} == ids
    slices = sorted({value_id.split("~")[1] for value_id in ids} | {"all"})
    named = "".join(f"&slice={one}" for one in slices)
    assert {one["id"] for one in await reads.listed("indicator-values", named)} == ids
    wholes = {value_id for value_id in ids if value_id.split("~")[1] == "all"}
    assert {one["id"] for one in seen.values} == wholes
    months = {one["id"] for one in seen.values if one["periodType"] == "month"}
    assert {one["id"] for one in seen.file} == months
    assert {one["id"] for one in seen.sheet} == {one for one in wholes if one.startswith("graffiti-cleanups~")}


async def _examine_items(caller: Interfaces, whole: Interfaces, everything: _Everything, seen: _Everything) -> None:
    """What is in a list is the same by its id as to the country; what is in none is not found."""
    for noun in ("activities", "observations", "notes", "indicator-values"):
        listed = {"indicator-values": "values"}.get(noun, noun)
        visible = {one["id"] for one in getattr(seen, listed)}
        entries = getattr(everything, listed)
        for one in entries[:: max(1, len(entries) // MOST_ITEMS)]:
            address = f"{BASE}/{noun}/{one['id']}"
            if one["id"] in visible:
                assert without_chance(await caller.get(address)) == without_chance(await whole.get(address))
            else:
                assert (await caller.get(address)).status_code == 404


async def _examine_lineage(caller: Interfaces, whole: Interfaces, seen: _Everything, activities: set[str]) -> None:
    """Behind a figure are the caller's own of all the facts that are behind it."""
    counting = [one for one in seen.values if one["indicatorCode"] == "graffiti-cleanups" and one["numerator"]]
    for one in counting[:: max(1, len(counting) // MOST_ITEMS)]:
        address = f"{BASE}/indicator-values/{one['id']}/activities?limit=1000"
        behind, all_behind = [
            [part["activityId"] for part in (await reads.read(address)).json()["activities"]]
            for reads in (caller, whole)
        ]
        assert behind == [activity_id for activity_id in all_behind if activity_id in activities]


_AFTERWARDS = (
    "DELETE FROM indicator_note",
    """UPDATE activity SET owner_area_id = owner.area_id
       FROM (SELECT area_id, row_number() OVER (ORDER BY code) AS nth, count(*) OVER () AS all_of
             FROM area WHERE code = ANY(:areas)) AS owner
       WHERE nth = 1 + abs(hashtext(external_id)) % all_of""",
    """INSERT INTO indicator_note (indicator_code, area_id, period_type, period_start, noted_on, text, written_by)
       SELECT 'graffiti-cleanups', area_id, 'month', '2016-01-01', '2016-02-01', 'x', 'x'
       FROM area WHERE code = ANY(:areas)""",
)
_SUBSCRIBE = """INSERT INTO webhook (owner_area_id, url, secret, status)
                SELECT area_id, 'https://a.example', 'x', 'active' FROM area WHERE code = :code RETURNING webhook_id"""
_TAKE = """UPDATE webhook_message SET status = 'delivered' WHERE webhook_id = :webhook_id AND status = 'pending'
           RETURNING body"""


@pytest.fixture(scope="module")
def runner(fresh_database: Callable[[], str], redis_url: str) -> Iterator[Runner]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "COUNT_SECONDS", 0.0)
        runner = Runner(fresh_database(), redis_url)
        yield runner
        runner.close()

"""A service whose figures above are closed: four counties, thirteen municipalities, and cleanups in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

import httpx
import orjson
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.indicators.compute.figures_above import FiguresAboveKeeper
from services.indicators.webhooks.outbox import compose
from shared.db import keys
from shared.db.keys import COUNTRY, KeyScope
from shared.db.territories import FiguresAbove
from shared.domain.activity import Span
from shared.domain.period import today
from shared.facts.areas import Area, Parent
from tests.feed.follower import older_ones_end
from tests.indicators.world import ALWAYS, Annex, World
from tests.tenancy.interfaces import Interfaces

AFTER = date(2017, 1, 15)
YEAR_2016 = Span(date(2016, 1, 1), date(2016, 12, 31))
MONTHS = tuple(f"2016-{month:02}" for month in range(1, 13))
SPANS = {
    **{month: (month,) for month in MONTHS},
    **{f"2016-T{number}": MONTHS[4 * number - 4 : 4 * number] for number in (1, 2, 3)},
    "2016": MONTHS,
}
# Four counties, one of them of one municipality; and a police area across two.
COUNTIES = {
    "12": ("1214", "1230", "1231", "1256", "1260", "1282"),
    "10": ("1060", "1080", "1081"),
    "08": ("0880", "0881", "0882"),
    "09": ("0980",),
}
POLICE = "lpa-across"
IN_POLICE = ("1080", "1081", "1256", "1260")
MUNICIPALITIES = tuple(one for inside in COUNTIES.values() for one in inside)
INSIDE = {**COUNTIES, POLICE: IN_POLICE, COUNTRY: MUNICIPALITIES}


THEME = "attractive-city"


@dataclass
class Closed:
    """A service whose figures above are closed."""

    world: World
    client: httpx.AsyncClient
    decides: FiguresAboveKeeper = field(default_factory=FiguresAboveKeeper)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    async def count(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Let so many cleanups have happened in municipalities and months, and settle."""
        for (area, month), count in counts.items():
            day = date.fromisoformat(f"{month}-15")
            await self.world.erase(f"{area} {month}")
            if count:
                await self.world.record(f"{area} {month}", "graffiti-cleanup", area, start=day, count=count)
        self.counts |= counts
        self.world.figures_above = self.decides
        await self.world.settle(AFTER)
        while self.decides.is_due(AFTER):
            await self.world.roll_up()
        await older_ones_end(self.world.engine)

    def reads(self, areas: Collection[str]) -> Interfaces:
        url = self.world.engine.url.render_as_string(hide_password=False)
        with create_engine(url, poolclass=NullPool).begin() as connection:
            return Interfaces(self.client, keys.create(connection, "test", [KeyScope.ADMINISTER], [*areas]))

    async def served(self) -> set[str]:
        """Return the ids of what is shown above."""
        async with self.world.engine.connect() as connection:
            return {*(await connection.execute(text(_SERVED))).scalars()}

    async def messages_of(self, owner: str) -> set[str]:
        """Return the ids of the values that messages of a webhook of an owner's lead to."""
        ids: set[str] = set()
        async with self.world.engine.begin() as connection:
            webhook_id = (await connection.execute(text(_SUBSCRIBE), {"code": owner})).scalar_one()
        has_more = True
        while has_more:
            async with self.world.engine.begin() as connection:
                has_more = await compose(connection, webhook_id, today(), FiguresAbove.CLOSED)
                bodies = (await connection.execute(text(_TAKE), {"webhook_id": webhook_id})).scalars().all()
            for change in (change for body in bodies for change in orjson.loads(body)["data"]["changes"]):
                (ids.discard if change["change"] == "removed" else ids.add)(change["id"])
        return ids


_SERVED = """SELECT id FROM served_value JOIN indicator_value USING (series_id, area_id, period_type, period_start)
            WHERE served_above"""
_SUBSCRIBE = """INSERT INTO webhook (owner_area_id, url, secret, status)
                SELECT area_id, 'https://a.example', 'x', 'active' FROM area WHERE code = :code RETURNING webhook_id"""
_TAKE = """UPDATE webhook_message SET status = 'delivered' WHERE webhook_id = :webhook_id AND status = 'pending'
           RETURNING body"""


async def closed_world(engine: AsyncEngine) -> World:
    """Put the areas, which all report."""
    world = await World(engine).begin()
    region, country = Parent("police-region-syd", ALWAYS), Parent(COUNTRY, ALWAYS)
    counties = [Area(code, "county", None, code, None, ALWAYS, (country,)) for code in COUNTIES]
    across = Area(POLICE, "local-police-area", None, POLICE, None, ALWAYS, (region,))
    inside = [
        Area(
            code,
            "municipality",
            None,
            code,
            None,
            ALWAYS,
            (Parent(county, ALWAYS), *([Parent(POLICE, ALWAYS)] if code in IN_POLICE else [])),
        )
        for county, codes in COUNTIES.items()
        for code in codes
    ]
    await world.put(*counties, across, *inside)
    async with engine.begin() as connection:
        rows = await connection.execute(text("SELECT code, area_id FROM area"))
        world.ids = {row.code: row.area_id for row in rows}
    await world.agree("all", YEAR_2016, MUNICIPALITIES, Annex(THEME, YEAR_2016))
    return world

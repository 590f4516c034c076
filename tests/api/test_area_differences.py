"""Areas beside each other: municipalities of a county, from rows put into the read model as they are."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree  # type: ignore[import-untyped]  # it tells no types
from sqlalchemy import NullPool, create_engine, text

from services.api.http.routing import BASE
from services.api.values.differences.funnel_chart import funnel_chart
from services.api.values.differences.reading import Differences, differences_in, is_comparable
from shared.catalogue.loader import shipped_catalogue
from shared.db.access import EVERY_AREA, NO_AREA, Access, Areas, acting
from shared.db.engine import build_engine
from shared.domain.period import Period
from shared.domain.wording import Language
from shared.facts.series import put_series

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from sqlalchemy.ext.asyncio import AsyncEngine

IN_TIME = "graffiti-started-in-time"
DIFFERENCES = f"{BASE}/indicator-values/{IN_TIME}~all~12~2016/area-differences"
TODAY = date(2017, 1, 1)
# Of each of Skåne's municipalities so many of so many, by their codes; one is far below, one is hidden.
CASES = {"1214": (45, 50), "1230": (17, 20), "1231": (88, 100), "1233": (9, 10), "1256": (35, 40), "1257": (27, 30)}
CASES |= {"1260": (20, 50), "1261": (51, 60)}
HIDDEN, NONE = "1262", "1263"
_PUT = text(
    """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, denominator, left_out,
                                    status)
       SELECT series_id, area_id, 'year', date '2016-01-01', :above, :below, 0, :status
       FROM indicator_series CROSS JOIN area
       WHERE indicator_code = :indicator AND slice = 'all' AND area.code = :area"""
)

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    url = fresh_database()
    asyncio.run(_put_series(url))
    rows = [{"area": code, "above": above, "below": of, "status": "observed"} for code, (above, of) in CASES.items()]
    rows.append({"area": HIDDEN, "above": 1, "below": 90, "status": "suppressed"})
    # Of Skåne itself, and of areas without others inside and of counts: there are values, and nothing to compare.
    rows += [{"area": code, "above": 3, "below": 4, "status": "observed"} for code in ("12", "0180")]
    rows.append({"area": NONE, "above": 0, "below": 0, "status": "missing"})
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(_PUT, [{"indicator": IN_TIME, **row} for row in rows])
        count = {"area": "12", "above": 3, "below": None, "status": "observed"}
        connection.execute(_PUT, [{"indicator": "graffiti-cleanups", **count}])
    return url


async def _put_series(url: str) -> None:
    engine = build_engine(url)
    async with engine.begin() as connection:
        await put_series(connection, shipped_catalogue(), TODAY)
    await engine.dispose()


async def differences(engine: AsyncEngine, access: Access) -> list[Differences]:
    definition = shipped_catalogue().series[IN_TIME, "all"]
    async with engine.connect() as connection:
        county = (await connection.execute(text("SELECT area_id FROM area WHERE code = '12'"))).scalar_one()
        with acting(access):
            period = Period.parse("2016")
            return [*await differences_in(connection, definition, (IN_TIME, "all"), county, period, TODAY)]


async def test_the_one_that_differs_is_told_among_the_others_by_name(reader: httpx.AsyncClient) -> None:
    entries: list[dict[str, Any]] = (await reader.get(DIFFERENCES)).json()["areaDifferences"]
    assert {one["areaCode"] for one in entries} == {*CASES}
    names = [one["areaName"]["sv"] for one in entries]
    assert names == sorted(names, key=lambda name: name.replace("Ä", "Z"))
    assert [one["areaCode"] for one in entries if one["verdict"] == "fewer"] == ["1260"]
    assert [one["areaCode"] for one in entries if one["text"]] == ["1260"]
    [low] = [one for one in entries if one["text"]]
    assert (low["value"], low["areas"], low["areaKind"]) == (40, 8, "municipality")
    assert low["value"] < low["lowerLimit"] < low["common"] < low["upperLimit"] <= 100
    assert "lägre än de andra, 40\u00a0% (20 av 50)" in low["text"]["sv"]
    assert "lower than the others, 40% (20 of 50)" in low["text"]["en"]


@pytest.mark.parametrize("value", [f"{IN_TIME}~all~0180~2016", "graffiti-cleanups~all~12~2016"])
async def test_there_is_nothing_without_shares_of_enough_areas(reader: httpx.AsyncClient, value: str) -> None:
    answer = await reader.get(f"{BASE}/indicator-values/{value}/area-differences")
    assert answer.json()["areaDifferences"] == []


@pytest.mark.parametrize("value", [f"{IN_TIME}~all~12~2015", "nothing~all~12~2016", f"{IN_TIME}~all~nowhere~2016", "x"])
async def test_what_is_no_value_has_no_areas(reader: httpx.AsyncClient, value: str) -> None:
    answer = await reader.get(f"{BASE}/indicator-values/{value}/area-differences")
    assert answer.status_code == 404


async def test_who_does_not_see_the_whole_area_is_told_nothing(engine: AsyncEngine) -> None:
    [found] = await differences(engine, Access(EVERY_AREA, EVERY_AREA))
    assert len(found.areas) == len(CASES)
    assert await differences(engine, Access(NO_AREA, EVERY_AREA)) == []
    async with engine.connect() as connection:
        some = await connection.execute(text("SELECT area_id FROM area WHERE code IN ('12', '1214', '1230')"))
        few = Areas.of(some.scalars())
    assert await differences(engine, Access(few, few)) == []


async def test_the_chart_says_what_it_shows(engine: AsyncEngine) -> None:
    [found] = await differences(engine, Access(EVERY_AREA, EVERY_AREA))
    picture = funnel_chart(found, "Klottersanering påbörjad i tid", Language.SV)
    drawn = etree.fromstring(picture.svg)
    assert len(drawn.findall(".//{*}g[@class='points']/{*}circle")) == len(CASES)
    assert "Alla 8 områden tillsammans:" in picture.description
    low = next(area.name.sv for area in found.areas if area.code == "1260")
    assert low in {one.text for one in drawn.iter("{*}text")}
    assert low in picture.description
    assert picture.svg == funnel_chart(found, "Klottersanering påbörjad i tid", Language.SV).svg


def test_what_is_so_or_not_and_what_was_promised_are_not_compared() -> None:
    compared = {
        code for (code, part), one in shipped_catalogue().series.items() if part == "all" and is_comparable(one)
    }
    assert {IN_TIME, "school-visits-as-needed", "feels-safe-outdoors"} <= compared
    assert not {"schools-with-contact-officer", "commitments-fulfilled", "graffiti-cleanups"} & compared

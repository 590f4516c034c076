"""The entity sets of the feed, read by everybody in all the ways that OData has, and figures below the municipality."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median, quantiles
from typing import Any

import httpx
import pytest

from services.api.http.routing import BASE
from services.api.odata.routes import ROOT
from tests.api.odata.conftest import asked
from tests.tenancy.requesting import NOWHERE, made_for, without_chance
from tests.tenancy.rules import ENTITY_SETS, Rule
from tests.tenancy.tenants import INSIDE, OUTSIDE, STRANGERS, Caller, Tenants

pytestmark = [pytest.mark.long]
PLACE = "1282-karlslund"
# What is added up, counted, followed and filtered of Landskrona's: each tells something if others' rows are in it.
OF_ACTIVITIES = (
    asked("Activities", count="true", top=0),
    asked("Activities", apply="aggregate($count as n)"),
    asked("Activities", apply="groupby((areaCode),aggregate(count with sum as n))"),
    asked("Activities", filter="startswith(areaCode,'1282')"),
    asked("Activities", expand="Area,TimePeriod"),
    asked("Activities", filter="Area/municipalityCode eq '1282'"),
    asked("Activities", orderby="recordedAt desc", top=1),
)
OF_FIGURES = (
    asked("IndicatorValues", filter=f"areaCode eq '{PLACE}'", count="true"),
    asked("IndicatorValues", filter=f"Area/code eq '{PLACE}'", expand="Area,Indicator"),
    asked(
        "IndicatorValues",
        apply=f"filter(areaCode eq '{PLACE}')/aggregate($count as n)",
    ),
)


@pytest.fixture(scope="module")
def database_url(year_url: str) -> str:
    return year_url


async def test_every_set_is_read_with_a_key_alone(anyone: httpx.AsyncClient, tenants: Tenants) -> None:
    for name, caller in ((name, caller) for name in ENTITY_SETS for caller in STRANGERS):
        answer = await anyone.get(f"{ROOT}/{name}", headers={"Authorization": "", **tenants.headers(caller)})
        assert answer.status_code == 401, name


async def test_public_sets_are_the_same_for_everybody(anyone: httpx.AsyncClient, tenants: Tenants) -> None:
    for name in (name for name, rule in ENTITY_SETS.items() if rule is Rule.STRUCTURE):
        counts = {await _get(anyone, tenants, caller, f"{name}/$count") for caller in (*OUTSIDE, *INSIDE)}
        assert len(counts) == 1, name


async def test_activities_are_read_by_whose_they_are(anyone: httpx.AsyncClient, tenants: Tenants) -> None:
    there = await made_for(anyone, "showActivity")
    activity_id = there.names["activityId"]
    everything = int(await _get(anyone, tenants, Caller.COUNTRY, "Activities/$count"))
    for caller in INSIDE:
        assert int(await _get(anyone, tenants, caller, "Activities/$count")) == everything > 300
        assert activity_id in await _get(anyone, tenants, caller, f"Activities({activity_id})")
    for caller in OUTSIDE:
        assert await _get(anyone, tenants, caller, "Activities/$count") == "0"
        for address in OF_ACTIVITIES:
            text = await _get(anyone, tenants, caller, address)
            assert "1282" not in text.partition('"value"')[2], address
            assert '"n":null' not in text or "1282" not in text
        for suffix in ("", "/Area"):
            found, nothing = [
                await _ask(anyone, tenants, caller, f"Activities({one}){suffix}") for one in (activity_id, NOWHERE)
            ]
            assert found.status_code == 404
            assert without_chance(found) == without_chance(nothing)


async def test_figures_of_municipalities_are_for_everybody_and_of_places_for_whose_they_are(
    anyone: httpx.AsyncClient, tenants: Tenants
) -> None:
    of_municipality = asked("IndicatorValues/$count", filter="areaCode eq '1282'")
    counts = {await _get(anyone, tenants, caller, of_municipality) for caller in (*OUTSIDE, *INSIDE)}
    assert len(counts) == 1
    place = f"indicator=graffiti-cleanups&area={PLACE}"
    (value,) = (await _json(anyone, tenants, Caller.OWN, f"{place}&period=2016"))["indicatorValues"]
    for caller in OUTSIDE:
        assert (await _json(anyone, tenants, caller, place))["_meta"]["totalRecords"] == 0
        for address in OF_FIGURES:
            rows = (await _get(anyone, tenants, caller, address)).partition('"value"')[2]
            assert PLACE not in rows, address
        found, nothing = [
            await _ask(anyone, tenants, caller, f"{BASE}/indicator-values/{one}")
            for one in (value["id"], value["id"].replace(PLACE, "1282-nowhere"))
        ]
        assert (found.status_code, without_chance(found)) == (404, without_chance(nothing))


async def test_a_place_figure_is_in_no_file_and_no_chart_of_others(anyone: httpx.AsyncClient, tenants: Tenants) -> None:
    file = f"{BASE}/indicator-value-files?indicator=graffiti-cleanups&periodType=year&format=csv"
    chart = f"{BASE}/indicator-value-charts?indicator=graffiti-cleanups&periodType=year&format=svg&area="
    assert PLACE in (await _ask(anyone, tenants, Caller.OWN, file)).text
    drawn = (await _ask(anyone, tenants, Caller.OWN, chart + PLACE)).text
    for caller in OUTSIDE:
        assert PLACE not in (await _ask(anyone, tenants, caller, file)).text
        of_place = await _ask(anyone, tenants, caller, chart + PLACE)
        assert of_place.text != drawn
        assert (await _ask(anyone, tenants, caller, f"{BASE}/changes?area={PLACE}&batchSize=1000")).json()[
            "changes"
        ] == []


async def test_what_is_elsewhere_takes_no_longer_than_what_is_nowhere(
    anyone: httpx.AsyncClient, tenants: Tenants
) -> None:
    """Compared in turns, and with a bound of what the machine's own unrest makes of it."""
    there = await made_for(anyone, "showActivity")
    elsewhere: list[float] = []
    nowhere: list[float] = []
    for _ in range(80):
        for one, times in ((there.names["activityId"], elsewhere), (NOWHERE, nowhere)):
            begun = time.perf_counter()
            answer = await _ask(anyone, tenants, Caller.OTHER, f"{BASE}/activities/{one}")
            times.append(time.perf_counter() - begun)
            assert answer.status_code == 404
    assert abs(median(elsewhere) - median(nowhere)) < max(_unrest(elsewhere), _unrest(nowhere), 0.001)


def _unrest(times: Sequence[float]) -> float:
    low, _, high = quantiles(times, n=4)
    return high - low


async def _get(anyone: httpx.AsyncClient, tenants: Tenants, caller: Caller, address: str) -> str:
    answer = await _ask(anyone, tenants, caller, address)
    assert answer.status_code == 200, f"{caller}: {address}: {answer.text}"
    return answer.text


async def _json(anyone: httpx.AsyncClient, tenants: Tenants, caller: Caller, query: str) -> dict[str, Any]:
    answer = await _ask(anyone, tenants, caller, f"{BASE}/indicator-values?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _ask(anyone: httpx.AsyncClient, tenants: Tenants, caller: Caller, address: str) -> httpx.Response:
    url = address if address.startswith("/") else f"{ROOT}/{address}"
    return await anyone.get(url, headers=tenants.headers(caller))

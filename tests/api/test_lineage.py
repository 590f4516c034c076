"""What a figure is made of: the list that its kind has, each fact's part in it, and what was left out and why."""

# Over 300 lines: all rules of one resource, tested with the same few helpers.

import inspect
import re
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE
from services.api.values.lineage.queries import LISTS, REASONS
from shared.catalogue import contributions, place_months
from shared.catalogue.loader import shipped_catalogue
from shared.domain.period import Period
from shared.facts.series import put_series
from tests.api.today import let_today_be

pytestmark = pytest.mark.begins_with("landskrona")
VALUES = f"{BASE}/indicator-values"
AGREEMENT = f"{BASE}/agreements/landskrona-2015-2016"
TODAY = date(2016, 5, 20)
SCHOOL = "1282-ljungbacksskolan"
VALUE = text(
    """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, left_out, status)
       SELECT series_id, area_id, :period_type, :period_start, 0, 'observed' FROM indicator_series, area
       WHERE indicator_code = :indicator AND slice = :slice AND area.code = :area"""
)


@pytest.fixture
async def values(app: FastAPI, engine: AsyncEngine) -> Callable[[str], Awaitable[str]]:
    """Return what puts a value into the read model, so that what it is made of can be asked for."""
    let_today_be(app, TODAY)
    async with engine.begin() as connection:
        await put_series(connection, shipped_catalogue(), TODAY)

    async def put(value_id: str) -> str:
        indicator, part, area, code = value_id.split("~")
        period = Period.parse(code.upper())
        named = {"indicator": indicator, "slice": part, "area": area}
        async with engine.begin() as connection:
            await connection.execute(VALUE, named | {"period_type": period.type.value, "period_start": period.start})
        return f"{VALUES}/{value_id}"

    return put


async def listed(client: httpx.AsyncClient, address: str, noun: str) -> list[dict[str, Any]]:
    answer = await client.get(f"{address}/{noun}")
    assert answer.status_code == 200, answer.text
    return answer.json()[noun]


async def send(client: httpx.AsyncClient, method: str, address: str, body: dict[str, Any]) -> None:
    answer = await client.request(method, f"{BASE}{address}", json=body)
    assert answer.is_success, answer.text


async def observe(client: httpx.AsyncClient, period: str, numerator: float | None, **fields: Any) -> None:
    observation = {"source": "kommunen", "measure": "vandalism-cost", "area": "1282", "period": period}
    status = {"status": "missing"} if numerator is None else {}
    await send(client, "POST", "/observations", observation | status | {"numerator": numerator} | fields)


def figures(entries: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [
        (*(entry[name] for name in names), entry["numerator"], (entry["leftOut"] or {}).get("reason"))
        for entry in entries
    ]


def test_every_reason_is_told_in_words() -> None:
    source = "".join(inspect.getsource(module) for module in (contributions, place_months))
    reasons = {*re.findall(r"THEN '(\w+)'", source), *contributions.COUNTED_APART}
    assert len(reasons) > 8
    assert reasons <= REASONS.keys()


@pytest.mark.parametrize(
    ("value_id", "noun"),
    [
        ("graffiti-cleanups~all~1282~2016-t1", "activities"),
        ("volunteer-hours~all~1282~2016-03", "activities"),
        ("graffiti-started-in-time~all~1282~2016", "activities"),
        ("schools-visited~all~1282~2016-03", "activities"),
        ("schools-with-contact-officer~all~1282~2016-t1", "places"),
        ("school-visits-as-needed~all~1282~2016-t1", "places"),
        ("commitments-fulfilled~visible-police~1282~2016", "commitments"),
        ("reported-assaults~all~1282~2016-03", "observations"),
        ("satisfied-cleaning~all~1282~2016", "observations"),
    ],
)
async def test_a_value_leads_to_the_one_list_of_what_it_is_made_of(
    reporter: httpx.AsyncClient, values: Callable[[str], Awaitable[str]], value_id: str, noun: str
) -> None:
    address = await values(value_id)
    links = (await reporter.get(address)).json()["_links"]
    assert links.keys() == {"self", "notes", noun}
    assert (await reporter.get(links[noun]["href"])).status_code == 200
    for other in {*LISTS.values()} - {noun}:
        refused = await reporter.get(f"{address}/{other}")
        assert (refused.status_code, refused.json()["title"]) == (404, "Unknown path")
        assert f"/indicator-values/{value_id}/{noun}" in refused.json()["detail"]


@pytest.mark.parametrize("noun", LISTS.values())
async def test_an_unknown_value_is_made_of_nothing(reporter: httpx.AsyncClient, noun: str) -> None:
    assert (await reporter.get(f"{VALUES}/nothing~all~1282~2016/{noun}")).status_code == 404


async def test_what_hides_behind_a_suppressed_figure_takes_a_key_that_reports(
    reader: httpx.AsyncClient, reporter: httpx.AsyncClient, values: Callable[[str], Awaitable[str]]
) -> None:
    await observe(reporter, "2016-03", 2, measure="care-referrals")
    address = await values("care-referrals~all~1282~2016-03")
    assert (await reader.get(f"{address}/observations")).status_code == 403
    assert figures(await listed(reporter, address, "observations")) == [(2, None)]


async def test_hours_are_told_with_their_fractions(
    client: httpx.AsyncClient, values: Callable[[str], Awaitable[str]]
) -> None:
    shift = {
        "source": "test",
        "externalId": "shift",
        "type": "volunteer-shift",
        "agreement": "landskrona-2015-2016",
        "annex": 1,
        "area": "1282",
        "status": "performed",
        "start": "2016-03-04T20:00:00+01:00",
        "participants": {"volunteers": 3},
    }
    await send(client, "POST", "/activities", shift | {"end": "2016-03-04T22:30:00+01:00"})
    await send(client, "POST", "/activities", shift | {"externalId": "endless"})
    address = await values("volunteer-hours~all~1282~2016-03")
    assert sorted(figures(await listed(client, address, "activities"), "externalId")) == [
        ("endless", None, "hoursUnknown"),
        ("shift", 7.5, None),
    ]


async def test_a_place_counts_once_however_often_it_is_visited(
    client: httpx.AsyncClient, values: Callable[[str], Awaitable[str]]
) -> None:
    visit = {
        "source": "test",
        "type": "school-visit",
        "agreement": "landskrona-2015-2016",
        "annex": 7,
        "area": SCHOOL,
        "status": "performed",
    }
    for day in ("2016-03-03", "2016-03-17", "2016-04-07"):
        await send(client, "POST", "/activities", visit | {"externalId": day, "start": day})
    first, second, third = "2016-03-03", "2016-03-17", "2016-04-07"
    for period, expected in {
        "2016-03": [(first, 1, None), (second, None, "alreadyCounted")],
        "2016-04": [(third, 1, None)],
        "2016-t1": [(first, 1, None), (second, None, "alreadyCounted"), (third, None, "alreadyCounted")],
    }.items():
        address = await values(f"schools-visited~all~1282~{period}")
        assert figures(await listed(client, address, "activities"), "countedOn") == expected


async def test_a_state_is_told_of_the_last_day_or_of_today(
    client: httpx.AsyncClient, values: Callable[[str], Awaitable[str]]
) -> None:
    roles = [
        {"role": "contact-officer-school", "validFrom": "2015-01-01"},
        {"role": "contact-officer", "validFrom": "2016-05-01"},
    ]
    await send(client, "PUT", f"/areas/{SCHOOL}/roles", {"roles": roles})
    for period, expected in {
        "2016-t1": [(SCHOOL, "2016-04-30", 1, 0, None)],
        "2016-05": [(SCHOOL, "2016-05-20", 1, 1, None)],
        "2016": [(SCHOOL, "2016-05-20", 1, 1, None)],
    }.items():
        address = await values(f"schools-with-contact-officer~all~1282~{period}")
        places = await listed(client, address, "places")
        assert figures(places, "area", "countedOn", "denominator") == expected


async def test_visits_are_expected_month_by_month(
    client: httpx.AsyncClient, values: Callable[[str], Awaitable[str]]
) -> None:
    await send(
        client,
        "PUT",
        "/areas/1282/terms",
        {"terms": [{"name": "v", "validFrom": "2016-03-01", "validTo": "2016-06-10"}]},
    )
    await send(
        client, "PUT", f"/areas/{SCHOOL}/roles", {"roles": [{"role": "contact-officer", "validFrom": "2015-01-01"}]}
    )
    address = await values("school-visits-as-needed~all~1282~2016")
    assert figures(await listed(client, address, "places"), "area", "countedOn", "denominator") == [
        (SCHOOL, "2016-03-31", 1, 0, None),
        (SCHOOL, "2016-04-29", 1, 0, None),
        (SCHOOL, "2016-05-31", None, None, "notYetDue"),
    ]


async def test_each_commitment_tells_how_far_it_has_come_and_why_it_is_left_out(
    client: httpx.AsyncClient, values: Callable[[str], Awaitable[str]]
) -> None:
    """generality W5: a commitment is listed once with its areas."""
    promise = {"annex": 3, "promise": True, "party": "Staden", "wording": "Fyra vandringar.", "times": 4}
    decided = {"decisions": [{"area": "1282-karlslund", "fulfilledOn": "2016-03-01"}]}
    promises: dict[str, dict[str, Any]] = {
        "decided": {"areas": ["1282", "1282-karlslund"], "dueOn": "2016-03-31"} | decided,
        "dropped": {"areas": ["1282"], "dueOn": "2016-04-30", "withdrawnOn": "2016-02-01"},
        "later": {"areas": ["1282"], "dueOn": "2016-05-31"},
    }
    for code, fields in promises.items():
        await send(client, "PUT", f"/agreements/landskrona-2015-2016/commitments/{code}", promise | fields)
    address = await values("citizen-promises-kept~all~1282~2016")
    found = await listed(client, address, "commitments")
    assert figures(found, "commitment", "area", "dueOn", "denominator") == [
        ("decided", None, "2016-03-31", 1, 0, None),
        ("dropped", "1282", "2016-04-30", None, None, "withdrawn"),
        ("later", "1282", "2016-05-31", None, None, "notYetDue"),
    ]
    assert [(one["times"], one["done"], one["decidedOn"], one["withdrawnOn"]) for one in found[:2]] == [
        (4, 0, None, None),
        (4, 0, None, "2016-02-01"),
    ]
    assert found[0]["areas"] == [
        {"area": "1282", "done": 0, "decidedOn": None, "fulfilled": False},
        {"area": "1282-karlslund", "done": 0, "decidedOn": "2016-03-01", "fulfilled": True},
    ]
    inside = await listed(client, await values("citizen-promises-kept~all~1282-karlslund~2016"), "commitments")
    assert figures(inside, "commitment", "area", "dueOn", "denominator") == [
        ("decided", "1282-karlslund", "2016-03-31", 1, 1, None)
    ]
    assert {one["agreement"] for one in found} == {"landskrona-2015-2016"}


class TestObservations:
    async def test_its_own_count_before_its_months(
        self, reporter: httpx.AsyncClient, values: Callable[[str], Awaitable[str]]
    ) -> None:
        for month in range(1, 13):
            await observe(reporter, f"2015-{month:02}", month)
        await observe(reporter, "2015", 79, finality="final")
        observations = await listed(reporter, await values("vandalism-cost~all~1282~2015"), "observations")
        assert figures(observations, "period", "finality", "source") == [("2015", "final", "kommunen", 79, None)]

    async def test_months_that_have_not_arrived_stand_among_those_that_have(
        self, reporter: httpx.AsyncClient, values: Callable[[str], Awaitable[str]]
    ) -> None:
        await observe(reporter, "2016-01", 1)
        await observe(reporter, "2016-02", 2.5)
        await observe(reporter, "2016-04", None)
        observations = await listed(reporter, await values("vandalism-cost~all~1282~2016-t1"), "observations")
        assert figures(observations, "period") == [
            ("2016-01", 1, None),
            ("2016-02", 2.5, None),
            ("2016-03", None, "notArrived"),
            ("2016-04", None, "missing"),
        ]
        assert [one["observationId"] is None for one in observations] == [False, False, True, False]
        assert observations[2]["leftOut"]["sv"] == "Har inte kommit in"

    async def test_an_area_rests_on_those_that_it_is_made_of(
        self, reporter: httpx.AsyncClient, values: Callable[[str], Awaitable[str]]
    ) -> None:
        municipalities = (await reporter.get(f"{BASE}/areas?kind=municipality&parent=10&limit=100")).json()["areas"]
        codes = [one["code"] for one in municipalities]
        for code in codes:
            await observe(reporter, "2016-03", 3, area=code)
        address = await values("vandalism-cost~all~10~2016-03")
        observations = await listed(reporter, address, "observations")
        assert figures(observations, "area") == [(code, 3, None) for code in codes]
        # A tertial of which only March has come, and that in all of them.
        address = await values("vandalism-cost~all~10~2016-t1")
        observations = await listed(reporter, address, "observations")
        assert figures(observations, "area", "period") == [
            *(("10", month, None, "notArrived") for month in ("2016-01", "2016-02", "2016-04")),
            *((code, "2016-03", 3, None) for code in codes),
        ]

    async def test_nothing_at_all_is_waited_for_as_a_whole(
        self, reporter: httpx.AsyncClient, values: Callable[[str], Awaitable[str]]
    ) -> None:
        observations = await listed(reporter, await values("vandalism-cost~all~SE~2016"), "observations")
        assert figures(observations, "area", "period") == [("SE", "2016", None, "notArrived")]

    async def test_another_source_and_another_code_are_no_part_of_it(
        self, reporter: httpx.AsyncClient, values: Callable[[str], Awaitable[str]]
    ) -> None:
        crimes = {"measure": "crimes-by-category", "code": "13197"}
        await observe(reporter, "2016-03", 30, **crimes)
        await observe(reporter, "2016-03", 31, **crimes, source="brå", finality="final")
        await observe(reporter, "2016-03", 7, **crimes | {"code": "13216"})
        observations = await listed(reporter, await values("reported-assaults~all~1282~2016-03"), "observations")
        assert figures(observations, "source", "code") == [
            ("brå", "13197", 31, None),
            ("kommunen", "13197", None, "otherSourceCounts"),
        ]

    async def test_a_measurement_is_never_added_up(
        self, reporter: httpx.AsyncClient, values: Callable[[str], Awaitable[str]]
    ) -> None:
        for month in range(1, 5):
            await observe(reporter, f"2016-0{month}", None, measure="satisfied-cleaning", status="observed", value=70)
        observations = await listed(reporter, await values("satisfied-cleaning~all~1282~2016-03"), "observations")
        assert figures(observations, "period", "denominator") == [("2016-03", 100, 70, None)]
        observations = await listed(reporter, await values("satisfied-cleaning~all~1282~2016-t1"), "observations")
        assert figures(observations, "period") == [("2016-T1", None, "notArrived")]

"""Observations over HTTP: report, correct, find, trace, take back."""

# Over 300 lines: an observation from its first version to its removal, and what is refused of it.

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.routing import BASE

OBSERVATIONS = f"{BASE}/observations"


@pytest.fixture
def crimes() -> dict[str, Any]:
    """Return a number of reported crimes that breaks no rule."""
    return {
        "source": "brå",
        "measure": "crimes-by-category",
        "code": "13197",
        "area": "1282",
        "period": "2016-03",
        "numerator": 31,
        "denominator": None,
        "status": "observed",
        "finality": "preliminary",
        "publishedOn": "2016-04-15",
    }


@pytest.fixture
def survey() -> dict[str, Any]:
    """Return a survey's share that breaks no rule."""
    return {
        "source": "trygghetsmätningen",
        "measure": "feels-safe-outdoors",
        "area": "1282",
        "period": "2016",
        "value": 72.5,
        "finality": "final",
    }


async def report(client: httpx.AsyncClient, observation: dict[str, Any]) -> httpx.Response:
    response = await client.post(OBSERVATIONS, json=observation)
    assert response.status_code in {200, 201}, response.text
    return response


async def test_a_new_observation_is_created_and_can_be_read_where_the_answer_says(
    reporter: httpx.AsyncClient, crimes: dict[str, Any]
) -> None:
    response = await report(reporter, crimes)
    assert response.status_code == 201
    again = await reporter.get(response.headers["Location"])
    assert again.json() == response.json()
    assert again.headers["ETag"] == response.headers["ETag"] == '"1"'
    assert {name: response.json()[name] for name in crimes} == crimes


async def test_the_same_observation_sent_twice_changes_nothing_the_second_time(
    client: httpx.AsyncClient, crimes: dict[str, Any]
) -> None:
    first, second = await report(client, crimes), await report(client, crimes)
    assert (first.status_code, second.status_code) == (201, 200)
    assert "Location" not in second.headers
    assert second.json() == first.json()


async def test_a_final_figure_replaces_the_preliminary_and_both_are_told(
    client: httpx.AsyncClient, crimes: dict[str, Any]
) -> None:
    address = (await report(client, crimes)).headers["Location"]
    final = {"numerator": 33, "finality": "final", "publishedOn": "2017-03-30"}
    corrected = await report(client, crimes | final)
    assert (corrected.status_code, corrected.headers["ETag"]) == (200, '"2"')
    body = (await client.get(f"{address}/revisions")).json()
    assert [(one["revision"], one["numerator"], one["finality"]) for one in body["revisions"]] == [
        (1, 31, "preliminary"),
        (2, 33, "final"),
    ]
    assert body["_meta"]["totalRecords"] == 2
    assert body["revisions"][1]["revisedAt"] == corrected.json()["revisedAt"]


async def test_a_preliminary_figure_is_refused_where_a_final_one_stands(
    client: httpx.AsyncClient, crimes: dict[str, Any]
) -> None:
    created = await report(client, crimes | {"finality": "final"})
    address, etag = created.headers["Location"], created.headers["ETag"]
    for refused in (
        await client.post(OBSERVATIONS, json=crimes),
        await client.put(address, json=crimes, headers={"If-Match": etag}),
    ):
        assert refused.status_code == 409
        assert refused.json()["type"].endswith("/outdated-observation")
    assert (await client.get(address)).json()["finality"] == "final"


async def test_a_share_may_be_told_in_percent_or_by_its_parts(
    client: httpx.AsyncClient, survey: dict[str, Any]
) -> None:
    by_value = (await report(client, survey)).json()
    assert (by_value["numerator"], by_value["denominator"], by_value["code"]) == (72.5, 100, None)
    del survey["value"]
    parts = (await report(client, survey | {"numerator": 145, "denominator": 200})).json()
    assert (parts["id"], parts["numerator"], parts["denominator"]) == (by_value["id"], 145, 200)


async def test_what_is_withheld_has_a_status_instead_of_a_figure(
    client: httpx.AsyncClient, crimes: dict[str, Any]
) -> None:
    body = (await report(client, crimes | {"numerator": None, "status": "confidential"})).json()
    assert (body["numerator"], body["status"]) == (None, "confidential")


async def test_inhabitants_are_observed_by_year(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(_SERIES)
    people = {"source": "scb", "measure": "population", "area": "1282", "period": "2015", "numerator": 44611}
    await report(client, people | {"finality": "final"})
    async with engine.connect() as connection:
        years = (await connection.execute(text("SELECT DISTINCT year FROM comparison_mark"))).scalars().all()
    assert years == [2016]


_SERIES = text(
    """INSERT INTO indicator_series (indicator_code, definition_version, fingerprint, kind, unit, factor, themes,
                                     over_time, is_share)
       VALUES ('x', 1, 'x', 'count', 'count', 1, '{}', 'sum', false)"""
)


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"measure": "happiness"}, "measure"),
        ({"measure": "Happiness!"}, "measure"),
        ({"code": None}, "code"),
        ({"code": "13"}, "code"),
        ({"code": 13197}, "code"),
        ({"area": "9999"}, "area"),
        ({"period": "2016-13"}, "period"),
        ({"period": 2016}, "period"),
        ({"period": "2016-T1"}, "period"),
        ({"period": "2079-01"}, "period"),
        ({"period": "2016"}, "finality"),
        ({"numerator": -1}, "numerator"),
        ({"numerator": "31"}, "numerator"),
        ({"numerator": True}, "numerator"),
        ({"numerator": 3.5}, "numerator"),
        ({"numerator": 1e300}, "numerator"),
        ({"numerator": None}, "numerator"),
        ({"denominator": 100}, "denominator"),
        ({"numerator": None, "value": 50}, "value"),
        ({"value": 50}, ""),
        ({"status": "unknown"}, "status"),
        ({"status": "missing"}, "numerator"),
        ({"finality": "almost"}, "finality"),
        ({"publishedOn": "2016-04-31"}, "publishedOn"),
        ({"source": ""}, "source"),
        ({"source": "Anna 19121212-1212"}, "source"),
        ({"source": "a\0b"}, "source"),
        ({"sources": "x"}, "sources"),
    ],
)
async def test_what_is_wrong_is_refused_with_its_field_and_a_remedy(
    client: httpx.AsyncClient, crimes: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    answer = await client.post(OBSERVATIONS, json=crimes | change)
    assert answer.status_code == 422, answer.text
    (violation,) = answer.json()["violations"]
    assert violation["field"] == field
    assert violation["reason"]
    assert violation["remedy"]
    assert "19121212" not in answer.text


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": 100.5}, "value"),
        # A later figure in per cent of it could not be read.
        ({"value": 1e-301}, "value"),
        ({"status": "missing"}, "value"),
        ({"value": None}, "numerator"),
        ({"value": None, "numerator": 5}, "denominator"),
        ({"value": None, "numerator": 5, "denominator": 0}, "denominator"),
        ({"value": None, "numerator": 5, "denominator": 4}, "numerator"),
        ({"code": "13197"}, "code"),
    ],
)
async def test_a_share_that_cannot_be_is_refused(
    client: httpx.AsyncClient, survey: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    answer = await client.post(OBSERVATIONS, json=survey | change)
    assert answer.status_code == 422, answer.text
    assert field in [violation["field"] for violation in answer.json()["violations"]]


@pytest.mark.parametrize(
    ("precondition", "status", "problem"),
    [(None, 428, "missing-precondition"), ('"7"', 412, "stale-revision")],
)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_change_that_does_not_build_on_the_latest_revision_is_refused(
    client: httpx.AsyncClient, crimes: dict[str, Any], method: str, precondition: str | None, status: int, problem: str
) -> None:
    address = (await report(client, crimes)).headers["Location"]
    headers = {"If-Match": precondition} if precondition else {}
    body: dict[str, Any] = {"json": crimes} if method == "PUT" else {}
    answer = await client.request(method, address, headers=headers, **body)
    assert answer.status_code == status
    assert answer.json()["type"].endswith(problem)


async def test_a_put_corrects_and_cannot_make_it_another_observation(
    client: httpx.AsyncClient, crimes: dict[str, Any]
) -> None:
    created = await report(client, crimes)
    address, precondition = created.headers["Location"], {"If-Match": created.headers["ETag"]}
    other = crimes | {"source": "x", "code": "13216", "area": "1283", "period": "2016-04"}
    answer = await client.put(address, json=other, headers=precondition)
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["violations"]] == ["source", "code", "area", "period"]
    corrected = await client.put(address, json=crimes | {"numerator": 30}, headers=precondition)
    assert (corrected.json()["numerator"], corrected.headers["ETag"]) == (30, '"2"')


async def test_of_two_corrections_at_once_one_is_told_that_it_came_too_late(
    client: httpx.AsyncClient, crimes: dict[str, Any]
) -> None:
    address = (await report(client, crimes)).headers["Location"]
    answers = await asyncio.gather(
        *(client.put(address, json=crimes | {"numerator": number}, headers={"If-Match": '"1"'}) for number in (40, 50))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_what_is_taken_back_is_gone(client: httpx.AsyncClient, crimes: dict[str, Any]) -> None:
    created = await report(client, crimes)
    address = created.headers["Location"]
    gone = await client.delete(address, headers={"If-Match": created.headers["ETag"]})
    assert (gone.status_code, gone.content) == (204, b"")
    for answer in (
        await client.get(address),
        await client.get(f"{address}/revisions"),
        await client.put(address, json=crimes, headers={"If-Match": "*"}),
        await client.delete(address, headers={"If-Match": "*"}),
    ):
        assert answer.status_code == 404
        assert answer.json()["type"].endswith("/unknown-observation")


async def test_the_list_is_filtered_and_paged(
    client: httpx.AsyncClient, crimes: dict[str, Any], survey: dict[str, Any]
) -> None:
    await report(client, crimes)
    await report(client, crimes | {"code": "13216", "source": "polisen"})
    await report(client, crimes | {"period": "2016-04", "finality": "final"})
    await report(client, crimes | {"area": "1283", "period": "2015", "finality": "final"})
    await report(client, survey)
    for query, found in (
        ("", 5),
        ("measure=crimes-by-category", 4),
        ("code=13216", 1),
        ("area=1282", 4),
        ("period=2016-03", 2),
        ("period=2016", 1),
        ("periodType=year", 2),
        ("from=2016-01-01&to=2016-03-31", 3),
        ("finality=final", 3),
        ("source=polisen", 1),
        ("measure=population", 0),
    ):
        answer = await client.get(f"{OBSERVATIONS}?{query}")
        assert answer.json()["_meta"]["totalRecords"] == found, query
    page = (await client.get(f"{OBSERVATIONS}?limit=2&page=2")).json()
    assert [entry["period"] for entry in page["observations"]] == ["2016-04", "2015"]


@pytest.mark.one_app
@pytest.mark.parametrize(
    "query",
    ["measure=x", "area=9999", "period=2016-5", "periodType=week", "from=2016-02-01&to=2016-01-01", "code=a", "x=1"],
)
async def test_a_filter_that_cannot_be_is_refused(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"{OBSERVATIONS}?{query}")
    assert answer.status_code == 400
    assert answer.json()["violations"]


async def test_a_key_that_only_reads_sees_figures_of_few_nowhere(
    client: httpx.AsyncClient, reader: httpx.AsyncClient, crimes: dict[str, Any]
) -> None:
    address = (await report(client, crimes)).headers["Location"]
    for path in (OBSERVATIONS, address, f"{address}/revisions"):
        assert (await reader.get(path)).status_code == 403

"""/areas: the shipped ones, places that are put, and what a put refuses."""

from typing import Any

import httpx
import pytest

URL = "/samverkan/v1/areas"
PARK: dict[str, Any] = {
    "code": "1282-karlslund",
    "kind": "place",
    "placeKind": "park",
    "name": "Karlslund",
    "nameEn": None,
    "validFrom": "2015-01-01",
    "validTo": "2020-12-31",
    "parents": [{"code": "1282", "validFrom": "2015-01-01", "validTo": None}],
}


@pytest.mark.one_app
async def test_every_municipality_county_and_police_region_ships(reader: httpx.AsyncClient) -> None:
    totals = {}
    for kind in ("country", "county", "municipality", "police-region"):
        answer = await reader.get(URL, params={"kind": kind, "limit": 1})
        totals[kind] = answer.json()["_meta"]["totalRecords"]
    assert totals == {"country": 1, "county": 21, "municipality": 290, "police-region": 7}


@pytest.mark.one_app
async def test_an_area_is_published_with_its_parents_and_days(reader: httpx.AsyncClient) -> None:
    answer = (await reader.get(f"{URL}/1282")).json()
    assert answer.pop("_links")["self"]["href"].endswith("/samverkan/v1/areas/1282")
    assert answer == {
        "code": "1282",
        "kind": "municipality",
        "placeKind": None,
        "name": "Landskrona",
        "nameEn": None,
        "validFrom": None,
        "validTo": None,
        "parents": [{"code": "12", "validFrom": None, "validTo": None}],
    }


async def test_a_place_comes_back_as_it_was_put(client: httpx.AsyncClient) -> None:
    created = await client.put(f"{URL}/1282-karlslund", json=PARK)
    assert created.status_code == 201
    assert created.headers["location"].endswith("/samverkan/v1/areas/1282-karlslund")
    body = (await client.get(f"{URL}/1282-karlslund")).json()
    del body["_links"]
    assert body == PARK


async def test_putting_the_same_twice_changes_nothing(client: httpx.AsyncClient) -> None:
    first = await client.put(f"{URL}/1282-karlslund", json=PARK)
    second = await client.put(f"{URL}/1282-karlslund", json=PARK)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


async def test_a_list_can_be_narrowed_by_parent_and_day(client: httpx.AsyncClient) -> None:
    await client.put(f"{URL}/1282-karlslund", json=PARK)

    async def codes(**query: str) -> list[str]:
        answer = await client.get(URL, params=query)
        return [area["code"] for area in answer.json()["areas"]]

    assert await codes(parent="1282") == ["1282-karlslund"]
    assert await codes(parent="1282", validOn="2020-12-31") == ["1282-karlslund"]
    assert await codes(parent="1282", validOn="2021-01-01") == []
    assert await codes(kind="place", validOn="2014-12-31") == []
    assert "1282" in await codes(parent="12", limit="1000")


async def test_a_local_police_area_is_put_and_what_lies_in_it_is_listed(client: httpx.AsyncClient) -> None:
    await client.put(
        f"{URL}/local-north", json={"kind": "local-police-area", "name": "Norr", "parents": [{"code": "12"}]}
    )
    ends = {"code": "local-north", "validFrom": None, "validTo": "2016-06-30"}
    municipality = {"kind": "municipality", "name": "Landskrona", "parents": [{"code": "12"}, ends]}
    assert (await client.put(f"{URL}/1282", json=municipality)).status_code == 200
    await client.put(f"{URL}/1282-karlslund", json=PARK)

    async def codes(**query: str) -> list[str]:
        answer = await client.get(URL, params=query)
        return [area["code"] for area in answer.json()["areas"]]

    assert await codes(within="local-north") == ["1282", "1282-karlslund"]
    assert await codes(within="local-north", placeKind="park", validOn="2016-06-30") == ["1282-karlslund"]
    assert await codes(within="local-north", validOn="2016-07-01") == []
    assert await codes(placeKind="school") == []
    assert await codes(kind="local-police-area", parent="12") == ["local-north"]


@pytest.mark.one_app
async def test_pages_are_linked_with_the_other_parameters_kept(reader: httpx.AsyncClient) -> None:
    answer = (await reader.get(URL, params={"kind": "county", "page": 2, "limit": 10})).json()
    assert answer["_meta"] == {"count": 10, "page": 2, "limit": 10, "totalRecords": 21, "totalPages": 3}
    hrefs = {relation: link["href"] for relation, link in answer["_links"].items()}
    assert hrefs == {
        relation: f"http://testserver.example{URL}?kind=county&page={page}&limit=10"
        for relation, page in {"self": 2, "first": 1, "prev": 1, "next": 3, "last": 3}.items()
    }
    for link in answer["_links"].values():
        assert (await reader.get(link["href"])).status_code == 200


@pytest.mark.one_app
async def test_an_unknown_area_is_not_found(reader: httpx.AsyncClient) -> None:
    answer = await reader.get(f"{URL}/9999")
    assert (answer.status_code, answer.json()["type"]) == (404, "https://samverkan.example/problems/unknown-area")


@pytest.mark.one_app
@pytest.mark.parametrize("parameter", ["parent", "within"])
async def test_an_unknown_parent_is_no_empty_list(reader: httpx.AsyncClient, parameter: str) -> None:
    answer = await reader.get(URL, params={parameter: "9999"})
    assert answer.status_code == 400
    assert answer.json()["violations"][0]["field"] == parameter


@pytest.mark.one_app
async def test_only_an_administrator_puts_areas(reporter: httpx.AsyncClient) -> None:
    assert (await reporter.put(f"{URL}/1282-karlslund", json=PARK)).status_code == 403

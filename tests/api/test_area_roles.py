"""/areas/{areaCode}/roles and /terms: what is put comes back, and what cannot be is refused with its field."""

from typing import Any

import httpx
import pytest

AREAS = "/samverkan/v1/areas"
SCHOOL: dict[str, Any] = {
    "kind": "place",
    "placeKind": "school",
    "name": "Skolan",
    "validFrom": "2015-01-01",
    "parents": [{"code": "1282"}],
}
OFFICER = {"role": "contact-officer", "validFrom": "2015-01-01", "validTo": None, "need": 2}
PICTURE = {"role": "situational-picture", "validFrom": "2016-01-01", "validTo": "2016-12-31", "need": None}
SPRING = {"name": "Vårterminen 2016", "validFrom": "2016-01-11", "validTo": "2016-06-10"}
AUTUMN = {"name": "Höstterminen 2016", "validFrom": "2016-08-18", "validTo": "2016-12-21"}


@pytest.fixture
async def roles(client: httpx.AsyncClient) -> str:
    """Return the address of a school's roles."""
    (await client.put(f"{AREAS}/1282-school", json=SCHOOL)).raise_for_status()
    return f"{AREAS}/1282-school/roles"


TERMS = f"{AREAS}/1282/terms"


async def fields_refused(client: httpx.AsyncClient, url: str, body: object) -> list[str]:
    answer = await client.put(url, json=body)
    assert answer.status_code == 422, answer.text
    return [violation["field"] for violation in answer.json()["violations"]]


async def test_roles_come_back_as_they_were_put(client: httpx.AsyncClient, roles: str) -> None:
    assert (await client.get(roles)).json()["roles"] == []
    put = await client.put(roles, json={"roles": [PICTURE, OFFICER]})
    assert (put.status_code, put.json()["roles"]) == (200, [OFFICER, PICTURE])
    body = (await client.get(roles)).json()
    assert body["_links"]["self"]["href"].endswith("/areas/1282-school/roles")
    assert body["roles"] == [OFFICER, PICTURE]
    assert (await client.put(roles, json={"roles": []})).json()["roles"] == []


async def test_one_visit_a_month_is_needed_unless_told(client: httpx.AsyncClient, roles: str) -> None:
    put = await client.put(roles, json={"roles": [{"role": "contact-officer", "validFrom": "2015-01-01"}]})
    assert put.json()["roles"] == [{**OFFICER, "need": 1}]


async def test_terms_come_back_as_they_were_put(client: httpx.AsyncClient) -> None:
    put = await client.put(TERMS, json={"terms": [AUTUMN, SPRING]})
    assert (put.status_code, put.json()["terms"]) == (200, [SPRING, AUTUMN])
    assert (await client.get(TERMS)).json() == put.json()


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": "headmaster"}, "roles[0].role"),
        ({"role": 5}, "roles[0].role"),
        ({"role": "contact-person"}, "roles[0].need"),
        ({"need": -1}, "roles[0].need"),
        ({"need": 10**12}, "roles[0].need"),
        ({"need": "2"}, "roles[0].need"),
        ({"need": 1.5}, "roles[0].need"),
        ({"validFrom": None}, "roles[0].validFrom"),
        ({"validFrom": "2014-12-31"}, "roles[0].validFrom"),
        ({"validFrom": "2016-02-30"}, "roles[0].validFrom"),
        ({"validTo": "2014-12-31"}, "roles[0].validTo"),
        ({"size": 1}, "roles[0].size"),
    ],
)
async def test_a_role_is_refused_with_its_field(
    client: httpx.AsyncClient, roles: str, changes: dict[str, Any], field: str
) -> None:
    assert await fields_refused(client, roles, {"roles": [{**OFFICER, **changes}]}) == [field]


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "Anna 19121212-1212"}, "terms[0].name"),
        ({"name": ""}, "terms[0].name"),
        ({"name": "a\0b"}, "terms[0].name"),
        ({"validTo": None}, "terms[0].validTo"),
        ({"validTo": "2016-01-10"}, "terms[0].validTo"),
        ({"validTo": "2017-01-12"}, "terms[0].validTo"),
    ],
)
async def test_a_term_is_refused_with_its_field(client: httpx.AsyncClient, changes: dict[str, Any], field: str) -> None:
    assert await fields_refused(client, TERMS, {"terms": [{**SPRING, **changes}]}) == [field]


@pytest.mark.one_app
@pytest.mark.parametrize("noun", ["roles", "terms"])
async def test_a_body_without_its_list_is_refused(client: httpx.AsyncClient, noun: str) -> None:
    bodies: tuple[object, ...] = ({}, {noun: None}, {noun: [None]}, [], {noun: [{}]})
    for body in bodies:
        assert await fields_refused(client, f"{AREAS}/1282/{noun}", body)


@pytest.mark.one_app
async def test_what_overlaps_is_refused(client: httpx.AsyncClient, roles: str) -> None:
    assert await fields_refused(client, roles, {"roles": [OFFICER, OFFICER]}) == ["roles[1]"]
    assert await fields_refused(client, TERMS, {"terms": [SPRING, SPRING]}) == ["terms[1]"]


async def test_only_municipalities_have_terms(client: httpx.AsyncClient) -> None:
    assert await fields_refused(client, f"{AREAS}/12/terms", {"terms": [SPRING]}) == ["terms"]


@pytest.mark.one_app
@pytest.mark.parametrize("noun", ["roles", "terms"])
async def test_an_unknown_area_is_not_found(client: httpx.AsyncClient, noun: str) -> None:
    for answer in (
        await client.get(f"{AREAS}/9999/{noun}"),
        await client.put(f"{AREAS}/9999/{noun}", json={noun: []}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, "https://samverkan.example/problems/unknown-area")


@pytest.mark.parametrize("noun", ["roles", "terms"])
async def test_only_an_administrator_puts_them(reporter: httpx.AsyncClient, noun: str) -> None:
    assert (await reporter.get(f"{AREAS}/1282/{noun}")).status_code == 200
    assert (await reporter.put(f"{AREAS}/1282/{noun}", json={noun: []})).status_code == 403

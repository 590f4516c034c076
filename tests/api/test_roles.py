"""Roles as data: those that ship, and a municipality's own, which its areas have and its indicators count by."""

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.begins_with("landskrona")
URL = "/samverkan/v1"
HOST: dict[str, Any] = {"area": "1282", "name": {"sv": "Har en trygghetsvärd", "en": "Has a safety host"}}
WORDS = {"sv": "Antal", "en": "Number"}
HOSTED: dict[str, Any] = {
    "area": "1282",
    "name": {"sv": "Platser med värd", "en": "Places with a host"},
    "definition": WORDS,
    "numerator": WORDS,
    "unit": "count",
    "direction": "higher",
    "kind": "state",
    "of": {"placeKinds": ["park"]},
}
SINCE = {"validFrom": "2016-01-01"}


async def put(client: httpx.AsyncClient, path: str, body: object) -> tuple[int, list[str]]:
    """Return the status, and the fields that are refused."""
    answer = await client.put(f"{URL}/{path}", json=body)
    return answer.status_code, [violation["field"] for violation in answer.json().get("violations", [])]


async def test_generality_e10_a_municipality_adds_a_role(client: httpx.AsyncClient) -> None:
    answer = await client.put(f"{URL}/roles/safety-host", json=HOST)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["owner"], body["version"], body["takesNeed"]) == ("1282", 1, False)
    assert (await client.get(f"{URL}/roles/safety-host")).json() == body
    assert [one["code"] for one in (await client.get(f"{URL}/roles?area=1282")).json()["roles"]] == ["safety-host"]
    every = [one["code"] for one in (await client.get(f"{URL}/roles")).json()["roles"]]
    assert {"hot-spot", "action-plan", "contact-officer", "safety-host"} <= set(every)
    assert await put(client, "roles/safety-host", HOST) == (200, [])


async def test_generality_e10_its_areas_have_it_and_its_indicators_count_by_it(client: httpx.AsyncClient) -> None:
    await put(client, "roles/safety-host", HOST)
    roles = {"roles": [{"role": "safety-host", **SINCE}, {"role": "hot-spot", **SINCE}]}
    assert await put(client, "areas/1282-karlslund/roles", roles) == (200, [])
    answer = await client.put(f"{URL}/indicators/hosted", json=HOSTED | {"holds": {"role": "safety-host"}})
    assert (answer.status_code, answer.json()["roles"]) == (201, {"safety-host": HOST["name"]}), answer.text
    # Elsewhere no one knows it.
    assert await put(client, "areas/1283/roles", roles) == (422, ["roles[0].role"])
    elsewhere = HOSTED | {"area": "1283", "holds": {"role": "safety-host"}}
    assert await put(client, "indicators/theirs", elsewhere) == (422, ["holds.role"])


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("code", "body", "expected"),
    [
        ("contact-officer", HOST, (409, ["code"])),
        ("Host", HOST, (404, ["roleCode"])),
        ("host", {**HOST, "area": "9999"}, (422, ["area"])),
        ("host", {"name": HOST["name"]}, (422, ["area"])),
        ("host", {**HOST, "name": {"sv": "Värd"}}, (422, ["name.en"])),
        ("host", {**HOST, "colour": "red"}, (422, ["colour"])),
        ("host", {**HOST, "version": 2}, (422, ["version"])),
        ("host", {**HOST, "name": {"sv": "Kontakt 850709-9805", "en": "x"}}, (422, ["name.sv"])),
    ],
)
async def test_generality_e10_what_is_no_role_is_refused(
    client: httpx.AsyncClient, code: str, body: object, expected: tuple[int, list[str]]
) -> None:
    assert await put(client, f"roles/{code}", body) == expected


async def test_generality_e10_another_municipality_has_a_code_of_its_own(client: httpx.AsyncClient) -> None:
    await put(client, "roles/safety-host", HOST)
    assert await put(client, "roles/safety-host", HOST | {"area": "1283"}) == (409, ["area"])


async def test_generality_e10_needs_belong_to_roles_that_take_them(client: httpx.AsyncClient) -> None:
    visits = HOSTED | {
        "kind": "coverage",
        "unit": "percent",
        "denominator": WORDS,
        "activityTypes": ["school-visit"],
        "of": None,
        "expects": {"role": "safety-host"},
    }
    await put(client, "roles/safety-host", HOST)
    assert await put(client, "indicators/hosted", visits) == (422, ["expects.role"])
    assert await put(
        client, "areas/1282-karlslund/roles", {"roles": [{"role": "safety-host", "need": 2, **SINCE}]}
    ) == (*(422, ["roles[0].need"]),)
    await put(client, "roles/safety-host", HOST | {"takesNeed": True})
    assert await put(client, "indicators/hosted", visits) == (201, [])
    assert await put(
        client, "areas/1282-karlslund/roles", {"roles": [{"role": "safety-host", "need": 2, **SINCE}]}
    ) == (*(200, []),)
    # The indicator reads it.
    assert await put(client, "roles/safety-host", HOST) == (409, ["takesNeed"])

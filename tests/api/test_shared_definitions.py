"""PUT /indicators, /activity-types and /roles: the own of a county or of several municipalities together."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.odata.routes import ROOT
from shared.catalogue.loader import shipped_catalogue
from shared.facts.series import put_series
from tests.landskrona.loading import AS_OF, settle

pytestmark = pytest.mark.begins_with("landskrona")
URL = "/samverkan/v1"
BOTH = ["1282", "1283"]


@pytest.fixture
def patrols() -> dict[str, Any]:
    """Return an indicator that breaks no rule, but for whose own it is."""
    return {
        "name": {"sv": "Fotpatruller hos oss", "en": "Foot patrols of ours"},
        "definition": {"sv": "Antal.", "en": "Number."},
        "numerator": {"sv": "Utförda", "en": "Performed"},
        "unit": "count",
        "direction": "higher",
        "kind": "count",
        "activityTypes": ["foot-patrol"],
    }


@pytest.fixture
def walk_type() -> dict[str, Any]:
    return {
        "name": {"sv": "Hundpromenad", "en": "Dog walk"},
        "description": {"sv": "En runda med hund.", "en": "A round with a dog."},
        "moments": ["start", "end"],
        "participantGroups": ["residents"],
    }


async def put(client: httpx.AsyncClient, path: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
    answer = await client.put(f"{URL}/{path}", json=body)
    assert answer.status_code == status, answer.text
    content: dict[str, Any] = answer.json()
    return content


async def test_whose_own_it_is_is_said_and_asked_for(client: httpx.AsyncClient, patrols: dict[str, Any]) -> None:
    shared = await put(client, "indicators/our-patrols", patrols | {"areas": BOTH})
    assert (shared["owner"], shared["owners"]) == (None, BOTH)
    of_county = await put(client, "indicators/county-patrols", patrols | {"area": "12"})
    assert of_county["owner"] == "12"
    assert "owners" not in of_county
    for area, codes in {"1282": ["our-patrols"], "1283": ["our-patrols"], "12": ["county-patrols"], "1281": []}.items():
        listed = (await client.get(f"{URL}/indicators?area={area}")).json()["indicators"]
        assert [one["code"] for one in listed] == codes
    role = {"name": {"sv": "Trygghetsvärd", "en": "Safety host"}, "areas": BOTH}
    assert (await put(client, "roles/safety-host", role))["owners"] == BOTH


async def test_one_area_in_a_list_is_that_area(client: httpx.AsyncClient, patrols: dict[str, Any]) -> None:
    assert (await put(client, "indicators/our-patrols", patrols | {"areas": ["1282"]}))["owner"] == "1282"
    assert (await put(client, "indicators/our-patrols", patrols | {"area": "1282"}, 200))["version"] == 1
    assert (await put(client, "indicators/our-patrols", patrols | {"areas": BOTH}, 200))["version"] == 2
    assert (await put(client, "indicators/our-patrols", patrols | {"areas": BOTH[::-1]}, 200))["version"] == 2


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("owner", "fields"),
    [
        ({"areas": ["1282", "12"]}, ["areas[1]"]),
        ({"areas": ["1282", "9999", "1282-karlslund"]}, ["areas[1]", "areas[2]"]),
        ({"areas": ["1282", "1282"]}, ["areas[1]"]),
        ({"areas": BOTH, "area": "1282"}, ["area"]),
        ({"areas": []}, ["areas"]),
        ({"areas": "1282"}, ["areas"]),
        ({"areas": [1282]}, ["areas"]),
        ({"areas": [f"{number:04}" for number in range(51)]}, ["areas"]),
        ({"area": "1282-karlslund"}, ["area"]),
    ],
)
async def test_a_faulty_owner_is_refused(
    client: httpx.AsyncClient, patrols: dict[str, Any], owner: dict[str, Any], fields: list[str]
) -> None:
    body = await put(client, "indicators/our-patrols", patrols | owner, 422)
    assert [fault["field"] for fault in body["violations"]] == fields


@pytest.mark.parametrize(
    ("language", "reason", "remedy"),
    [
        (
            "en",
            "/indicators/our-patrols of 12 is in force there",
            "Choose another code, or send all of its areas to revise it.",
        ),
        (
            "sv",
            "/indicators/our-patrols, som 12 äger, gäller redan där.",
            "Välj en annan kod, eller skicka alla dess områden för att ändra den.",
        ),
    ],
)
async def test_a_municipality_s_code_that_its_county_has_is_refused(
    client: httpx.AsyncClient, patrols: dict[str, Any], language: str, reason: str, remedy: str
) -> None:
    await put(client, "indicators/our-patrols", patrols | {"area": "12"})
    client.headers["Accept-Language"] = language
    body = await put(client, "indicators/our-patrols", patrols | {"area": "1282"}, 409)
    [fault] = body["violations"]
    assert (fault["field"], fault["reason"], fault["remedy"]) == ("area", reason, remedy)


async def test_a_definition_is_not_shared_with_a_municipality_that_has_one_of_that_code(
    client: httpx.AsyncClient, patrols: dict[str, Any]
) -> None:
    await put(client, "indicators/our-patrols", patrols | {"area": "1283", "direction": "none"})
    for owner, field in (({"areas": BOTH}, "areas[1]"), ({"area": "12"}, "area")):
        body = await put(client, "indicators/our-patrols", patrols | owner, 409)
        [fault] = body["violations"]
        assert fault["field"] == field
        assert fault["reason"] == "/indicators/our-patrols of 1283 is in force there and says something else"
        assert fault["remedy"].startswith("Choose another code; or send it unchanged with all areas to share it")
    assert (await client.get(f"{URL}/indicators/our-patrols")).json()["owner"] == "1283"


async def test_a_type_of_several_is_used_in_each_and_counts_there(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    walk: dict[str, Any],
    walk_type: dict[str, Any],
    patrols: dict[str, Any],
) -> None:
    async with engine.begin() as connection:
        await put_series(connection, shipped_catalogue(), AS_OF)
    await put(client, "activity-types/dog-walk", walk_type | {"areas": ["1282", "1281"]})
    await put(client, "activity-types/their-walk", walk_type | {"areas": ["1281", "1283"]})
    await put(client, "indicators/dog-walks", patrols | {"areas": ["1282", "1281"], "activityTypes": ["dog-walk"]})
    ours = walk | {"type": "dog-walk", "participants": {"residents": 3}, "attributes": {}}
    assert (await client.post(f"{URL}/activities", json=ours)).status_code == 201
    answer = await client.post(f"{URL}/activities", json=ours | {"type": "their-walk", "externalId": "2"})
    [fault] = answer.json()["violations"]
    assert (fault["field"], "does not lie in 1281, 1283" in fault["reason"]) == ("area", True)
    await settle(engine)
    year = {"indicator": "dog-walks", "period": "2016"}
    rows = (await client.get(f"{URL}/indicator-values", params=year)).json()["indicatorValues"]
    assert {row["areaCode"]: row["value"] for row in rows if row["areaCode"] in {"1282", "12", "1283"}} == {
        "1282": 1,
        "12": 1,
    }
    [whole] = [row for row in rows if row["areaCode"] == "12"]
    parts = (await client.get(f"{URL}/indicator-values/{whole['id']}/activities")).json()
    assert [part["numerator"] for part in parts["activities"]] == [1]


async def test_other_forms_say_whose_own_it_is(client: httpx.AsyncClient, patrols: dict[str, Any]) -> None:
    await put(client, "indicators/our-patrols", patrols | {"areas": BOTH})
    await put(client, "indicators/county-patrols", patrols | {"area": "12"})
    asked = {"$filter": "ownerCode ne null", "$select": "code,ownerCode", "$expand": "Owner($select=code)"}
    rows = (await client.get(f"{ROOT}/Indicators", params=asked)).json()["value"]
    assert {row["code"]: row["ownerCode"] for row in rows} == {"our-patrols": "1282, 1283", "county-patrols": "12"}
    assert {row["code"]: row["Owner"] and row["Owner"]["code"] for row in rows} == {
        "our-patrols": None,
        "county-patrols": "12",
    }

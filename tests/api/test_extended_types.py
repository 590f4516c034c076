"""PUT /activity-types with `extends`: attributes that a municipality adds to a type that ships: generality E10."""

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.begins_with("landskrona")
URL = "/samverkan/v1"
WORDS = {"sv": "Antal", "en": "Number"}
LABOUR = {"sv": "svartjobb", "en": "undeclared work"}
OURS: dict[str, Any] = {
    "area": "1282",
    "extends": "targeted-operation",
    "name": {"sv": "Riktad insats i Landskrona", "en": "Targeted operation in Landskrona"},
    "description": WORDS,
    "attributes": {
        "focus": {"kind": "choice", "name": {"sv": "Inriktning", "en": "Focus"}, "values": {"undeclared-work": LABOUR}},
        "visits": {"kind": "number", "name": {"sv": "Antal besökta", "en": "Number visited"}},
    },
}


async def test_generality_e10_it_has_what_the_other_has_besides_its_own(client: httpx.AsyncClient) -> None:
    answer = await client.put(f"{URL}/activity-types/our-operation", json=OURS)
    assert answer.status_code == 201, answer.text
    body, base = answer.json(), (await client.get(f"{URL}/activity-types/targeted-operation")).json()
    assert (body["extends"], body["moments"], body["takesCount"]) == ("targeted-operation", base["moments"], True)
    assert body["participantGroups"] == base["participantGroups"]
    assert body["attributes"]["focus"]["values"] == base["attributes"]["focus"]["values"] | {"undeclared-work": LABOUR}
    assert "undeclared-work" not in base["attributes"]["focus"]["values"]
    again = await client.put(f"{URL}/activity-types/our-operation", json=OURS)
    assert (again.status_code, again.json()["version"]) == (200, 1)


async def test_generality_e10_it_counts_where_the_other_does(client: httpx.AsyncClient) -> None:
    await client.put(f"{URL}/activity-types/our-operation", json=OURS)
    read = (await client.get(f"{URL}/indicators/targeted-operations")).json()["activityTypes"]
    assert read == ["targeted-operation", "our-operation"]
    own = {
        "area": "1282",
        "name": WORDS,
        "definition": WORDS,
        "numerator": WORDS,
        "unit": "count",
        "direction": "none",
        "kind": "sum",
        "activityTypes": ["our-operation"],
        "sums": {"attribute": "visits"},
    }
    answer = await client.put(
        f"{URL}/indicators/operation-visits", json=own | {"name": {"sv": "Besök", "en": "Visits"}}
    )
    assert answer.status_code == 201, answer.text
    activity: dict[str, Any] = {
        "source": "test",
        "externalId": "1",
        "type": "our-operation",
        "agreement": "landskrona-2015-2016",
        "area": "1282",
        "status": "performed",
        "start": "2016-04-01",
        "count": 3,
    }
    for attributes in ({"focus": "undeclared-work", "visits": "4"}, {"focus": "drugs"}):
        sent = await client.post(f"{URL}/activities", json=activity | {"attributes": attributes})
        assert sent.status_code in {200, 201}, sent.text
    plain = activity | {"type": "targeted-operation", "attributes": {"focus": "undeclared-work"}}
    refused = (await client.post(f"{URL}/activities", json=plain)).json()["violations"]
    assert [violation["field"] for violation in refused] == ["attributes.focus"]


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"extends": "juggling"}, ["extends"]),
        ({"extends": "our-operation"}, ["extends"]),
        ({"extends": "Traffic"}, ["extends"]),
        ({"extends": None}, ["moments"]),
        ({"placeKinds": ["school"]}, ["placeKinds"]),
        ({"countsBy": "startElseCompleted"}, ["countsBy"]),
        ({"attributes": {"focus": {"kind": "reference", "name": WORDS}}}, ["attributes.focus"]),
        (
            {"attributes": {"focus": {"kind": "choice", "name": WORDS, "values": {"drugs": LABOUR}}}},
            ["attributes.focus.values.drugs"],
        ),
    ],
)
async def test_generality_e10_what_adds_nothing_is_refused(
    client: httpx.AsyncClient, fields: dict[str, Any], refused: list[str]
) -> None:
    answer = await client.put(f"{URL}/activity-types/our-operation", json=OURS | fields)
    assert answer.status_code == 422, answer.text
    violations = answer.json()["violations"]
    assert [violation["field"] for violation in violations] == refused
    assert all(violation["reason"] and violation["remedy"] for violation in violations)

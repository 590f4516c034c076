"""PUT /indicators of nights, rhythm, selected times and limits in hours, and every way to say them wrongly."""

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.begins_with("landskrona")
URL = "/samverkan/v1"
WORDS = {"sv": "Antal", "en": "Number"}
PATROLS: dict[str, Any] = {
    "area": "1282",
    "name": {"sv": "Kvällspass", "en": "Evening shifts"},
    "definition": WORDS,
    "numerator": WORDS,
    "unit": "count",
    "direction": "higher",
    "kind": "count",
    "activityTypes": ["foot-patrol"],
}
WEEKS: dict[str, Any] = {
    **PATROLS,
    "kind": "regularity",
    "unit": "percent",
    "denominator": WORDS,
    "recurs": {"each": "week", "atLeast": 3},
}
CASES_IN_TIME: dict[str, Any] = {
    **PATROLS,
    "kind": "share",
    "unit": "percent",
    "denominator": WORDS,
    "activityTypes": ["graffiti-cleanup"],
}
LIMIT = {"after": "reported", "by": "start"}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (PATROLS, {"dayEndsAt": "05:00"}),
        (PATROLS | {"kind": "days", "unit": "days"}, {"dayEndsAt": "00:30"}),
        (PATROLS, {"selects": {"weekdays": ["friday"], "from": "18:00", "to": "03:00", "atLeastMinutes": 20}}),
        (PATROLS, {"slices": {"evenings": {"from": "18:00", "to": "23:59"}, "long": {"atLeastMinutes": 60}}}),
        (WEEKS, {"recurs": {"each": "day", "atLeast": 1}}),
        (WEEKS | {"unit": "days", "denominator": None}, {"recurs": {"each": "day", "atLeast": 1}}),
        (WEEKS | {"unit": "count", "denominator": None}, {}),
        (CASES_IN_TIME, {"deadline": LIMIT | {"hours": 24}}),
        (CASES_IN_TIME, {"deadline": LIMIT | {"minutes": 30}}),
    ],
)
async def test_generality_e4_it_is_taken_as_it_is_said(
    client: httpx.AsyncClient, body: dict[str, Any], fields: dict[str, Any]
) -> None:
    answer = await client.put(f"{URL}/indicators/our-own", json=body | fields)
    assert answer.status_code == 201, answer.text
    answered = (await client.get(f"{URL}/indicators/our-own")).json()
    assert all(_says(answered[name], said) for name, said in fields.items())
    again = await client.put(f"{URL}/indicators/our-own", json=body | fields)
    assert (again.status_code, again.json()["version"]) == (200, 1)


def _says(answered: Any, said: Any) -> bool:
    if isinstance(said, dict):
        return all(_says(answered[name], value) for name, value in said.items())
    return bool(answered == said)


@pytest.mark.one_app
@pytest.mark.parametrize(
    ("body", "fields", "refused"),
    [
        (PATROLS, {"dayEndsAt": "5:00"}, ["dayEndsAt"]),
        (PATROLS, {"dayEndsAt": "24:00"}, ["dayEndsAt"]),
        (PATROLS, {"dayEndsAt": 300}, ["dayEndsAt"]),
        (PATROLS, {"recurs": {"each": "week", "atLeast": 3}}, ["recurs"]),
        (WEEKS, {"recurs": None}, ["kind"]),
        (WEEKS, {"recurs": {"each": "fortnight", "atLeast": 3}}, ["recurs.each"]),
        (WEEKS, {"recurs": {"each": "week", "atLeast": 0}}, ["recurs.atLeast"]),
        (WEEKS | {"denominator": None}, {"unit": "days"}, ["unit"]),
        (WEEKS | {"denominator": None}, {"unit": "hours"}, ["unit"]),
        (WEEKS, {"selects": {"from": "18:00", "to": "03:00"}}, ["selects.to"]),
        (WEEKS, {"slices": {"nights": {"from": "18:00", "to": "03:00"}}}, ["slices.nights.to"]),
        (PATROLS, {"selects": {"from": "18:00"}}, ["selects.from"]),
        (PATROLS, {"selects": {"to": "18:00"}}, ["selects.from"]),
        (PATROLS, {"selects": {"from": "18:00", "to": "18:00"}}, ["selects.from"]),
        (PATROLS, {"selects": {"weekdays": ["fredag"]}}, ["selects.weekdays[0]"]),
        (PATROLS, {"selects": {"weekdays": ["friday", "friday"]}}, ["selects.weekdays[1]"]),
        (PATROLS, {"selects": {"atLeastMinutes": 0}}, ["selects.atLeastMinutes"]),
        (
            PATROLS | {"selects": {"weekdays": ["friday"], "atLeastMinutes": 20}},
            {"slices": {"a": {"weekdays": ["sunday"]}, "b": {"atLeastMinutes": 10}}},
            ["slices.a.weekdays", "slices.b.atLeastMinutes"],
        ),
        (
            PATROLS | {"activityTypes": ["plan-description"]},
            {"selects": {"atLeastMinutes": 9}},
            ["selects.atLeastMinutes"],
        ),
        (CASES_IN_TIME, {"deadline": LIMIT}, ["deadline"]),
        (CASES_IN_TIME, {"deadline": LIMIT | {"hours": 24, "workingDays": 2}}, ["deadline"]),
        (CASES_IN_TIME, {"deadline": LIMIT | {"minutes": 0}}, ["deadline.minutes"]),
        (CASES_IN_TIME, {"deadline": LIMIT | {"hours": 24}, "dayEndsAt": "05:00"}, ["dayEndsAt"]),
        (
            PATROLS | {"kind": "commitments", "unit": "percent", "denominator": WORDS, "activityTypes": []},
            {"selects": {"weekdays": ["friday"]}},
            ["selects"],
        ),
        (PATROLS | {"kind": "sum"}, {"sums": {"attribute": "fines"}}, ["sums.attribute"]),
        (
            PATROLS | {"kind": "sum", "activityTypes": ["traffic-check"]},
            {"sums": {"attribute": "fines", "only": ["police"]}},
            ["sums"],
        ),
    ],
)
async def test_generality_e4_what_makes_no_sense_is_refused(
    client: httpx.AsyncClient, body: dict[str, Any], fields: dict[str, Any], refused: list[str]
) -> None:
    answer = await client.put(f"{URL}/indicators/our-own", json=body | fields)
    assert answer.status_code == 422, answer.text
    violations = answer.json()["violations"]
    assert [violation["field"] for violation in violations] == refused
    assert all(violation["reason"] and violation["remedy"] for violation in violations)

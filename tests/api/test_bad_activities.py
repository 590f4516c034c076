"""Bad input: all faults are reported at once, each with its field and remedy, and none as a server error."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from services.api.http.routing import BASE
from shared.domain.activity import MOMENT_NAMES, PARTICIPANT_GROUP_NAMES
from shared.intake.activity_form import ActivityBody, Participants
from tests.extent import amount

ACTIVITIES = f"{BASE}/activities"
PERSONAL_NUMBER = "850709-9805"
LAMP = {"item": "Trasig lampa", "state": "open"}
JSON_HEADERS = {"Content-Type": "application/json"}

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(landskrona_database: Callable[[], str]) -> str:
    """Return one database for all tests here: what they send is refused."""
    return landskrona_database()


async def refusal(client: httpx.AsyncClient, body: object, status: int = 422) -> dict[str, Any]:
    response = await client.post(ACTIVITIES, json=body)
    assert response.status_code == status, response.text
    problem = response.json()
    assert all(fault["reason"] and fault["remedy"] for fault in problem["violations"])
    return problem


def fields(problem: dict[str, Any]) -> list[str]:
    return [fault["field"] for fault in problem["violations"]]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"area": "1282-nowhere"}, "area"),
        ({"area": "0180"}, "area"),
        ({"area": "SE"}, "area"),
        ({"type": "moon-landing"}, "type"),
        ({"agreement": "unknown"}, "agreement"),
        ({"annex": 99}, "annex"),
        ({"annex": 99999}, "annex"),
        ({"annex": -1}, "annex"),
        ({"colour": "red"}, "colour"),
        ({"start": "2014-12-31", "area": "1282"}, "start"),
        ({"start": "2017-01-01"}, "start"),
        ({"start": "2015-06-01"}, "annex"),
        ({"start": "2016-02-30"}, "start"),
        ({"start": "12 april"}, "start"),
        ({"start": "2016-04-12T18:00:00"}, "start"),
        ({"start": "2016-04-12T25:00:00Z"}, "start"),
        ({"start": "0001-01-01"}, "start"),
        ({"start": "9999-12-31T23:59:59-23:59"}, "start"),
        ({"start": 20160412}, "start"),
        ({"start": None}, "start"),
        ({"end": "2016-04-11"}, "end"),
        ({"reported": "2016-04-01"}, "reported"),
        ({"status": "done"}, "status"),
        ({"status": None}, "status"),
        ({"source": ""}, "source"),
        ({"source": "x" * 101}, "source"),
        ({"externalId": ""}, "externalId"),
        ({"externalId": 17}, "externalId"),
        ({"participants": {"residents": -1}}, "participants.residents"),
        ({"participants": {"residents": "21"}}, "participants.residents"),
        ({"participants": {"residents": 1.5}}, "participants.residents"),
        ({"participants": {"residents": True}}, "participants.residents"),
        ({"participants": {"residents": 10**12}}, "participants.residents"),
        ({"participants": {"aliens": 2}}, "participants.aliens"),
        ({"participants": 21}, "participants"),
        ({"participants": {}}, "participants"),
        ({"participants": None}, "participants"),
        ({"cost": 100}, "cost"),
        ({"attributes": {"contentKind": "racist"}}, "attributes.contentKind"),
        ({"attributes": {"Name": "x"}}, "attributes.Name"),
        ({"attributes": {"followsUp": 7}}, "attributes.followsUp"),
        ({"attributes": []}, "attributes"),
        ({"attributes": {"followsUp": []}}, "attributes.followsUp"),
        ({"attributes": {"followsUp": "x" * 201}}, "attributes.followsUp"),
        ({"attributes": {"actionItems": "Trasig lampa"}}, "attributes.actionItems"),
        ({"attributes": {"actionItems": None}}, "attributes.actionItems"),
        ({"attributes": {"actionItems": [LAMP] * 101}}, "attributes.actionItems"),
        ({"attributes": {"actionItems": [LAMP, "lamp"]}}, "attributes.actionItems[1]"),
        ({"attributes": {"actionItems": [LAMP, LAMP, LAMP | {"state": "fixed"}]}}, "attributes.actionItems[2].state"),
        ({"attributes": {"actionItems": [{"state": "open"}]}}, "attributes.actionItems[0].item"),
        ({"attributes": {"actionItems": [LAMP | {"item": "  "}]}}, "attributes.actionItems[0].item"),
        ({"attributes": {"actionItems": [LAMP | {"item": "x" * 201}]}}, "attributes.actionItems[0].item"),
        ({"attributes": {"actionItems": [LAMP | {"item": "a | b"}]}}, "attributes.actionItems[0].item"),
        ({"attributes": {"actionItems": [LAMP | {"who": "x"}]}}, "attributes.actionItems[0].who"),
        ({"note": "x" * 5000}, "note"),
        ({"version": -1}, "version"),
        ({"version": 2**63}, "version"),
        ({"version": True}, "version"),
        ({"changedAt": "2016-05-01"}, "changedAt"),
        ({"changedAt": "2016-05-01T08:00:00"}, "changedAt"),
    ],
)
async def test_a_fault_is_told_where_it_stands(
    client: httpx.AsyncClient, walk: dict[str, Any], changed: dict[str, Any], field: str
) -> None:
    problem = await refusal(client, walk | changed)
    assert problem["type"].endswith("/invalid-activity")
    assert [path.removesuffix(".[key]") for path in fields(problem)] == [field]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"start": "2016-03-20"}, "start"),
        ({"completed": "2016-03-20", "start": None}, "completed"),
        ({"completed": "2016-03-28"}, "completed"),
        ({"cost": -1}, "cost"),
        ({"cost": 1.005}, "cost"),
        ({"cost": 0.00001}, "cost"),
        ({"cost": 1e300}, "cost"),
        ({"cost": "100"}, "cost"),
        ({"attributes": {"contentKind": "funny"}}, "attributes.contentKind"),
        ({"participants": {"residents": 1}}, "participants.residents"),
        ({"end": "2016-03-30"}, "end"),
        ({"status": "performed", "start": None, "completed": None, "reported": None}, "start"),
    ],
)
async def test_a_fault_of_a_cleanup_is_told_where_it_stands(
    client: httpx.AsyncClient, cleanup: dict[str, Any], changed: dict[str, Any], field: str
) -> None:
    assert fields(await refusal(client, cleanup | changed)) == [field]


async def test_a_performed_activity_in_the_future_is_refused(
    client: httpx.AsyncClient, cleanup: dict[str, Any]
) -> None:
    agreement = {"title": "Framtid", "validFrom": "2060-01-01", "validTo": "2060-12-31", "areas": ["1282"]}
    (await client.put(f"{BASE}/agreements/future", json=agreement)).raise_for_status()
    later = cleanup | {"agreement": "future", "annex": None, "start": "2060-03-29", "completed": None}
    assert fields(await refusal(client, later)) == ["start"]
    planned = await client.post(ACTIVITIES, json=later | {"status": "planned", "externalId": "future-1"})
    assert planned.status_code in {200, 201}


async def test_a_school_visit_happens_at_a_school(client: httpx.AsyncClient, walk: dict[str, Any]) -> None:
    visit = walk | {"type": "school-visit", "annex": 7, "participants": {"pupils": 20}}
    assert fields(await refusal(client, visit)) == ["area"]


async def test_faults_of_form_reference_and_rule_are_told_together(
    client: httpx.AsyncClient, cleanup: dict[str, Any]
) -> None:
    body = cleanup | {
        "colour": "red",
        "area": "1282-nowhere",
        "cost": -1,
        "completed": "2016-03-20",
        "annex": 77,
        "note": PERSONAL_NUMBER,
    }
    assert set(fields(await refusal(client, body))) == {"annex", "area", "colour", "completed", "cost", "note"}


async def test_an_empty_object_is_told_every_field_it_lacks(client: httpx.AsyncClient) -> None:
    problem = await refusal(client, {})
    assert sorted(fields(problem)) == ["agreement", "area", "source", "status", "type"]


@pytest.mark.parametrize(
    "changed",
    [
        {"source": f"skola {PERSONAL_NUMBER}"},
        {"externalId": PERSONAL_NUMBER},
        {"externalId": "19850709-9805"},
        {"note": f"Ring {PERSONAL_NUMBER}."},
        {"attributes": {"followsUp": PERSONAL_NUMBER}},
        {"attributes": {"a8507099805": "x"}},
        {"attributes": {"actionItems": [LAMP, LAMP | {"item": PERSONAL_NUMBER}]}},
        {"attributes": {"actionItems": [LAMP | {PERSONAL_NUMBER: "x"}]}},
        {"area": "850709-9805"},
        {"agreement": PERSONAL_NUMBER},
        {"type": PERSONAL_NUMBER},
        {"status": PERSONAL_NUMBER},
        {"start": PERSONAL_NUMBER},
        {"participants": {PERSONAL_NUMBER: 1}},
        {PERSONAL_NUMBER: 1},
    ],
)
async def test_a_personal_number_is_refused_in_every_field_and_never_repeated(
    client: httpx.AsyncClient, walk: dict[str, Any], changed: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    problem = await refusal(client, walk | changed)
    for output in (json.dumps(problem), caplog.text):
        assert "850709" not in output


@pytest.mark.parametrize(
    ("body", "headers", "status", "problem"),
    [
        (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported-media-type"),
        (b"{}", {}, 415, "unsupported-media-type"),
        (b'{"source": "x', JSON_HEADERS, 400, "malformed-body"),
        (b'{"source": "\xff\xfe"}', JSON_HEADERS, 400, "malformed-body"),
        ('{"source": "å"}'.encode("latin-1"), JSON_HEADERS, 400, "malformed-body"),
        (b'{"cost": NaN}', JSON_HEADERS, 400, "malformed-body"),
        (b'{"cost": Infinity}', JSON_HEADERS, 400, "malformed-body"),
        (b'{"cost": 1e999}', JSON_HEADERS, None, None),
        (b'{"annex": ' + b"9" * 400 + b"}", JSON_HEADERS, None, None),
        (b'{"note": "a\\u0000b"}', JSON_HEADERS, 422, "invalid-body"),
        (b"[" * 100_000, JSON_HEADERS, 400, "malformed-body"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, JSON_HEADERS, 400, "malformed-body"),
        (b'{"note": "' + b"x" * 1_100_000 + b'"}', JSON_HEADERS, 413, "body-too-large"),
        (b"", JSON_HEADERS, None, None),
        (b"null", JSON_HEADERS, 422, None),
        (b"[]", JSON_HEADERS, 422, "invalid-activity"),
        (b'"text"', JSON_HEADERS, 422, "invalid-activity"),
        (b'{"note": "\\ud800"}', JSON_HEADERS, 400, "malformed-body"),
    ],
)
async def test_a_body_that_is_no_sound_json_is_refused(
    client: httpx.AsyncClient, body: bytes, headers: dict[str, Any], status: int | None, problem: str | None
) -> None:
    response = await client.post(ACTIVITIES, content=body, headers=headers)
    assert 400 <= response.status_code < 500
    if status:
        assert response.status_code == status
    if problem:
        assert response.json()["type"].endswith(f"/{problem}")


async def test_a_byte_order_mark_before_json_is_passed_over(client: httpx.AsyncClient, walk: dict[str, Any]) -> None:
    """trials B6"""
    answer = await client.post(ACTIVITIES, content=b"\xef\xbb\xbf" + json.dumps(walk).encode(), headers=JSON_HEADERS)
    assert answer.status_code == 201
    assert (await client.post(ACTIVITIES, content=b"\xef\xbb\xbf", headers=JSON_HEADERS)).status_code == 400


async def test_an_unknown_path_method_or_query_parameter_is_refused(
    client: httpx.AsyncClient, walk: dict[str, Any]
) -> None:
    assert (await client.get(f"{BASE}/activitys")).status_code == 404
    assert (await client.patch(ACTIVITIES, json=walk)).status_code == 405
    assert (await client.post(ACTIVITIES, params={"dryRun": "true"}, json=walk)).status_code == 400


def test_the_model_has_the_domains_fields() -> None:
    assert [field.alias for field in Participants.model_fields.values()] == list(PARTICIPANT_GROUP_NAMES)
    assert {field.alias for field in ActivityBody.model_fields.values()} >= set(MOMENT_NAMES)


NAMES = st.sampled_from([field.alias for field in ActivityBody.model_fields.values()]) | st.text(max_size=12)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.sampled_from(
        ["2016-04-12", "2016-02-30", "2016-04-12T18:00:00Z", "1282", "landskrona-2015-2016", "0001-01-01"]
    )
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)


@hypothesis_settings(
    max_examples=amount(20, 150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changed=st.dictionaries(NAMES, VALUES, max_size=4), gone=st.sets(NAMES, max_size=2))
async def test_no_body_is_answered_with_a_fault_of_ours(
    client: httpx.AsyncClient, walk: dict[str, Any], changed: dict[str, Any], gone: set[str]
) -> None:
    body = {name: value for name, value in (walk | changed).items() if name not in gone}
    response = await client.post(ACTIVITIES, content=json.dumps(body), headers=JSON_HEADERS)
    assert response.status_code < 500, (body, response.text)


@hypothesis_settings(
    max_examples=amount(12, 60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode()))
async def test_no_bytes_are_answered_with_a_fault_of_ours(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post(ACTIVITIES, content=body, headers=JSON_HEADERS)
    assert response.status_code < 500, (body, response.text)

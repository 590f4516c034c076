"""Whatever is sent, the answer is a problem with a stable type, says what to mend, and is never a 5xx."""

# Over 300 lines: whatever can be wrong with any request.

import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import ClientDisconnect

from services.api.http import problems
from services.api.http.json_bodies import DEEPEST_BODY, LARGEST_BODY
from shared.domain.errors import DomainError
from shared.settings import Settings

BASE = "/samverkan/v1"
AREA = f"{BASE}/areas/1282-park"
PERSONAL_NUMBER = "19121212-1212"
JSON = {"Content-Type": "application/json"}

pytestmark = pytest.mark.one_app


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return one database for all: nothing here is ever stored."""
    return fresh_database()


def problem_of(answer: httpx.Response) -> tuple[int, str]:
    """Return a problem's status and the end of its type; its form is checked by the client itself."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["type"].removeprefix("https://samverkan.example/problems/")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", (400, "malformed-body")),
        (b'{"name": "Park', (400, "malformed-body")),
        (b'{"name": "Pa\xffrk"}', (400, "malformed-body")),
        ('{"name": "Pärk"}'.encode("utf-16"), (400, "malformed-body")),
        (b'{"name": NaN}', (400, "malformed-body")),
        (b'{"name": Infinity}', (400, "malformed-body")),
        (b'{"name": "\\ud800"}', (400, "malformed-body")),
        (b"[" * (DEEPEST_BODY + 1) + b"]" * (DEEPEST_BODY + 1), (400, "malformed-body")),
        (b"[" * 100_000, (400, "malformed-body")),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, (400, "malformed-body")),
        (b'{"name": "Park\\u0000"}', (422, "invalid-body")),
        (b'{"na\\u0000me": "Park"}', (422, "invalid-body")),
        (b'{"name": 1e999}', (400, "malformed-body")),
        (b'{"name": "Park", "name": "Park"}', (422, "invalid-body")),
        (b'{"name": 123456789012345678901234567890}', (422, "invalid-body")),
        (b"", (422, "invalid-body")),
        (b"null", (422, "invalid-body")),
        (b"[]", (422, "invalid-body")),
        (b'"text"', (422, "invalid-body")),
        (b"{}", (422, "invalid-body")),
        (b"x" * (LARGEST_BODY + 1), (413, "body-too-large")),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_a_bad_body_is_refused(client: httpx.AsyncClient, body: bytes, expected: tuple[int | str, ...]) -> None:
    assert problem_of(await client.put(AREA, content=body, headers=JSON)) == expected


async def test_a_body_that_comes_in_pieces_is_limited_too(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65536

    assert problem_of(await client.put(AREA, content=endless(), headers=JSON)) == (413, "body-too-large")


async def test_a_client_that_goes_away_is_no_fault(client: httpx.AsyncClient) -> None:
    async def broken_off() -> AsyncIterator[bytes]:
        yield b"{"
        raise ClientDisconnect

    assert problem_of(await client.put(AREA, content=broken_off(), headers=JSON)) == (400, "malformed-body")


@pytest.mark.parametrize(
    "media_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/xml", "application/json; charset=utf-7"],
)
async def test_a_body_of_another_media_type_is_refused(client: httpx.AsyncClient, media_type: str) -> None:
    answer = await client.put(AREA, content=b"{}", headers={"Content-Type": media_type})
    assert problem_of(answer) == (415, "unsupported-media-type")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'])
async def test_a_charset_may_be_named(client: httpx.AsyncClient, media_type: str) -> None:
    answer = await client.put(AREA, content=b"{}", headers={"Content-Type": media_type})
    assert problem_of(answer) == (422, "invalid-body")


@pytest.mark.parametrize(
    ("query", "expected", "field"),
    [
        ("page=0", (400, "invalid-query"), "page"),
        ("page=-1", (400, "invalid-query"), "page"),
        ("page=one", (400, "invalid-query"), "page"),
        ("page=1.5", (400, "invalid-query"), "page"),
        ("page=99999999999999999999999", (400, "invalid-query"), "page"),
        ("page=", (400, "invalid-query"), "page"),
        ("limit=0", (400, "invalid-query"), "limit"),
        ("limit=100000", (400, "invalid-query"), "limit"),
        ("limit=1001", (400, "invalid-query"), "limit"),
        ("size=5", (400, "invalid-query"), "size"),
        ("Page=1", (400, "invalid-query"), "Page"),
        ("kind=street", (400, "invalid-query"), "kind"),
        ("validOn=2016-02-30", (400, "invalid-query"), "validOn"),
        ("validOn=yesterday", (400, "invalid-query"), "validOn"),
        ("parent=9999", (400, "invalid-query"), "parent"),
        ("parent=%00", (400, "invalid-query"), "parent"),
        ("parent=%FF", (400, "invalid-query"), "parent"),
        ("parent=%27%3B--", (400, "invalid-query"), "parent"),
        ("parent=" + "1" * 5000, (400, "invalid-query"), "parent"),
        ("parent=1282&parent=1284", (400, "invalid-query"), "parent"),
    ],
)
async def test_a_bad_query_is_refused_with_its_parameter(
    client: httpx.AsyncClient, query: str, expected: tuple[int | str, ...], field: str
) -> None:
    answer = await client.get(f"{BASE}/areas?{query}")
    assert problem_of(answer) == expected
    (violation,) = answer.json()["violations"]
    assert violation["field"] == field
    assert violation["remedy"]


@pytest.mark.parametrize("path", ["indicator-values", "changes"])
async def test_a_parameter_that_is_a_list_may_be_given_several_times(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"{BASE}/{path}?area=1282&area=1283&indicator=graffiti-cleanups&indicator=trainings")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ('{"name": "Park", "validTo": 1, "name": "Park", "validTo": 2}', ["name", "validTo"]),
        ('{"name": "Park", "na\\u006de" : "Lake"}', ["name"]),
        ('{"parents": [{}, {"code": "1282", "code": "1284"}]}', ["parents[1].code"]),
        (f'{{"{PERSONAL_NUMBER}": 1, "{PERSONAL_NUMBER}": 2}}', ["(hidden)"]),
    ],
)
async def test_each_field_of_an_object_is_given_once(client: httpx.AsyncClient, body: str, fields: list[str]) -> None:
    answer = await client.put(AREA, content=body, headers=JSON)
    assert problem_of(answer) == (422, "invalid-body")
    assert [(one["field"], one["reason"]) for one in answer.json()["violations"]] == [
        (field, "stands here a second time") for field in fields
    ]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
async def test_a_text_that_reads_like_names_is_a_text(client: httpx.AsyncClient, mark: str) -> None:
    body = mark + json.dumps({"kind": "street", "name": 'Park "name": "Lake"', "parents": []})
    answer = await client.put(AREA, content=body.encode(), headers=JSON)
    assert [one["field"] for one in answer.json()["violations"]] == ["kind"]


async def test_an_unknown_parameter_is_told_which_there_are(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{BASE}/areas?size=5")
    remedy = answer.json()["violations"][0]["remedy"]
    assert remedy == "Known here: kind, limit, page, parent, placeKind, validOn, within."


@pytest.mark.parametrize(
    "path", ["/api-info", "/openapi.json", "/openapi.yaml", "/docs", "/areas/1282", "/activity-types/training"]
)
async def test_an_address_without_parameters_takes_none(client: httpx.AsyncClient, path: str) -> None:
    assert problem_of(await client.get(f"{BASE}{path}?x=1")) == (400, "invalid-query")


@pytest.mark.parametrize("query", ["page=99", "page=1000000000", "page=2&limit=1000"])
async def test_a_page_beyond_the_last_is_not_found(client: httpx.AsyncClient, query: str) -> None:
    assert problem_of(await client.get(f"{BASE}/areas?{query}")) == (404, "page-out-of-range")


async def test_an_empty_list_has_a_first_page(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{BASE}/areas?kind=place")
    assert answer.json()["_meta"] == {"count": 0, "page": 1, "limit": 20, "totalRecords": 0, "totalPages": 0}


@pytest.mark.parametrize(
    "path",
    ["/favicon.ico", "/samverkan", f"{BASE}/", f"{BASE}/nothing", f"{BASE}/areas/", f"{BASE}/areas/1282/x", "/health"],
)
async def test_an_unknown_path_is_a_problem(client: httpx.AsyncClient, path: str) -> None:
    assert problem_of(await client.get(path)) == (404, "unknown-path")


@pytest.mark.parametrize("path", ["areas/%00", "areas/%FF", "areas/%2F", "areas/..%2F", "areas/1282%20", "areas/å"])
async def test_an_odd_path_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(f"{BASE}/{path}")).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
async def test_a_method_that_is_not_taken_is_a_problem(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, f"{BASE}/areas")
    assert problem_of(answer) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD"


async def test_what_was_sent_is_never_repeated(client: httpx.AsyncClient) -> None:
    body = {
        PERSONAL_NUMBER: 1,
        "name": f"Anna {PERSONAL_NUMBER}",
        "kind": PERSONAL_NUMBER,
        "placeKind": PERSONAL_NUMBER,
    }
    answers = [
        await client.put(AREA, json=body),
        await client.put(AREA, json={"kind": "place", "placeKind": "park", "name": PERSONAL_NUMBER}),
        await client.put(AREA, content=json.dumps(body)[:-5], headers=JSON),
        await client.put(f"{BASE}/areas/{PERSONAL_NUMBER}", json={"kind": "district", "name": "x", "parents": []}),
        await client.get(f"{BASE}/areas?{PERSONAL_NUMBER}=1"),
        await client.get(f"{BASE}/areas?kind={PERSONAL_NUMBER}&validOn={PERSONAL_NUMBER}"),
        await client.get(f"{BASE}/areas?parent={PERSONAL_NUMBER}"),
        await client.get(f"{BASE}/areas/{PERSONAL_NUMBER}"),
        await client.get(f"{BASE}/{PERSONAL_NUMBER}"),
    ]
    for answer in answers:
        assert answer.is_client_error
        assert PERSONAL_NUMBER not in answer.text


async def test_each_field_has_a_reason_and_a_remedy(client: httpx.AsyncClient) -> None:
    answer = await client.put(AREA, json={"kind": "street", "name": 5, "size": 1, "validFrom": "never"})
    assert answer.status_code == 422
    violations = {violation["field"]: violation for violation in answer.json()["violations"]}
    assert set(violations) == {"kind", "name", "size", "validFrom"}
    assert "'country'" in violations["kind"]["remedy"]
    assert violations["name"]["remedy"] == "Write a text, in quotes."
    assert "Remove the field" in violations["size"]["remedy"]
    assert "2016-03-24" in violations["validFrom"]["remedy"]


@pytest.mark.parametrize("blank", ["  ", "\u200b", "\u00a0\n\t"])
@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PUT", "areas/1282-park", {"name": ...}, "name"),
        ("PUT", "agreements/x", {"title": ...}, "title"),
        ("PUT", "agreements/x", {"parties": [...]}, "parties[0]"),
        ("PUT", "agreements/x/commitments/x", {"wording": ...}, "wording"),
        ("PUT", "indicators/x", {"area": "1282", "name": {"sv": ..., "en": "x"}}, "name.sv"),
        ("POST", "activities", {"source": ...}, "source"),
        ("POST", "activities", {"externalId": ...}, "externalId"),
        ("POST", "observations", {"source": ...}, "source"),
        ("POST", "notes", {"text": ...}, "text"),
        ("POST", "breaks", {"reason": ...}, "reason"),
    ],
)
async def test_a_text_that_says_something_is_not_blank(
    client: httpx.AsyncClient, method: str, path: str, body: dict[str, object], field: str, blank: str
) -> None:
    text = json.dumps(body, default=lambda _: blank)
    answer = await client.request(method, f"{BASE}/{path}", content=text, headers=JSON)
    assert answer.status_code == 422, answer.text
    assert (field, "is blank") in [(one["field"], one["reason"]) for one in answer.json()["violations"]]


async def test_a_fault_of_ours_says_nothing_of_the_inside(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_arguments: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("services.api.areas.queries.count", fail)
    answer = await client.get(f"{BASE}/areas")
    assert problem_of(answer) == (500, "internal-error")
    assert "secret" not in answer.text
    assert "Runtime" not in answer.text


def test_every_condition_of_the_domain_has_a_status() -> None:
    def conditions(above: type[DomainError]) -> set[type[DomainError]]:
        return {above}.union(*map(conditions, above.__subclasses__()))

    for condition in conditions(DomainError) - {DomainError, problems.RequestError}:
        assert 400 <= problems.status_of(condition) < 600


def test_types_are_stable() -> None:
    types = {condition.slug() for condition in problems.STATUS}
    assert {"invalid-activity", "unknown-area", "stale-revision"} <= types
    assert problems.type_of(problems.InvalidBody) == "https://samverkan.example/problems/invalid-body"


@pytest.mark.own_app
class TestWithoutDatabase:
    @pytest.fixture
    def settings(self, redis_url: str) -> Settings:
        return Settings(
            database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing",
            redis_url=redis_url,
            public_url="http://testserver.example",
        )

    async def test_it_lives_but_is_not_ready(self, stranger: httpx.AsyncClient) -> None:
        assert (await stranger.get("/health/live")).status_code == 200
        assert problem_of(await stranger.get("/health/ready")) == (503, "not-ready")

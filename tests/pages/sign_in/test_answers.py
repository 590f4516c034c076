"""Every answer of a page: no other site shows it, no script of others runs in it, nothing leads away from it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from services.api.http.dependencies import Resources
from services.api.pages.rendering import CONTENT_POLICY, STATIC
from shared.domain.person import GivenRole, PersonRole
from tests.pages.addresses import STATIC as STATIC_PATH
from tests.pages.addresses import addresses, example_of
from tests.pages.people import AREA, SITE, invite, send, sign_in, token_on, words_of

pytestmark = [pytest.mark.long]
ROLES = tuple(GivenRole(role, AREA) for role in (PersonRole.REPORTER, PersonRole.COORDINATOR))
PROTECTED = {
    "content-security-policy": CONTENT_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
# What is the same for all may be kept.
LASTING = {STATIC_PATH: "public, max-age=31536000, immutable", "/service-worker.js": "no-cache"}
ELSEWHERE = (
    *(
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%2F/evil.example",
    ),
    *("javascript:alert(1)", "data:text/html,x", " //evil.example", "/\t/evil.example", "/\n/evil.example"),
    *(
        "/x\r\nSet-Cookie: a=b",
        "/..//evil.example",
        "/.evil.example",
        "evil.example",
        "/@evil.example",
        "/rapportera?x=//a",
    ),
    *("/å", "/rapportera/", "", "https:/evil.example", "/" + "x" * 5000 + ":"),
)


def is_protected(answer: httpx.Response) -> bool:
    return {name: answer.headers.get(name) for name in PROTECTED} == PROTECTED


async def test_every_page_is_protected_whoever_asks(
    phone: httpx.AsyncClient, desk: httpx.AsyncClient, database_url: str
) -> None:
    await sign_in(phone, invite(database_url, roles=ROLES))
    for path in addresses("GET"):
        for client in (phone, desk):
            for method in ("GET", "HEAD"):
                answer = await client.request(method, example_of(path))
                assert is_protected(answer), path
                assert answer.headers["cache-control"] == LASTING.get(path, "no-store"), path
    for path in addresses("POST"):
        for client in (phone, desk):
            assert is_protected(await client.post(example_of(path), headers={"Origin": SITE})), path
            assert is_protected(await client.post(example_of(path))), path


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/nowhere", 404),
        ("HEAD", "/nowhere", 404),
        ("GET", "/nowhere/%00", 404),
        ("GET", "/static/x.css", 404),
        ("GET", "/static/..%2Fstyle.css", 404),
        ("GET", "/static/STYLE.css", 404),
        ("GET", "/rapporterat/x", 303),
        ("GET", "/rapportera/nothing", 303),
        ("POST", "/", 405),
        ("DELETE", "/rapportera", 405),
        ("GET", "/logga-ut", 405),
        ("GET", "/logga-in?till=" + "x" * 201, 400),
        ("POST", "/nowhere", 404),
    ],
)
async def test_what_is_refused_to_a_browser_is_a_page(
    phone: httpx.AsyncClient, method: str, address: str, status: int
) -> None:
    answer = await phone.request(method, address)
    assert answer.status_code == status
    assert is_protected(answer)
    if status != HTTPStatus.SEE_OTHER:
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert '<html lang="sv">' in answer.text or method == "HEAD"
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        assert method not in answer.headers["allow"].split(", ")


async def test_what_is_refused_to_a_program_is_a_problem(phone: httpx.AsyncClient) -> None:
    for address, accept in (("/nowhere", "*/*"), ("/samverkan/v1/nowhere", "text/html"), ("/health/x", "text/html")):
        answer = await phone.get(address, headers={"Accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), address


async def test_refusals_are_in_the_language_that_was_chosen(phone: httpx.AsyncClient) -> None:
    await phone.post("/sprak", headers={"Origin": SITE}, data={"language": "en"})
    answer = await phone.get("/nowhere")
    assert '<html lang="en">' in answer.text
    assert "Sidan finns inte" not in answer.text


async def test_a_fault_of_ours_is_a_page(
    phone: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    (route,) = (one for one in app.routes if getattr(one, "path", "") == "/tillganglighet")

    async def broken(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(route, "app", broken)
    answer = await phone.get("/tillganglighet")
    assert (answer.status_code, is_protected(answer)) == (500, True)
    assert "Något gick fel hos oss" in words_of(answer)
    assert "broken on purpose" not in answer.text


async def test_too_many_requests_are_answered_by_a_page(phone: httpx.AsyncClient, app: FastAPI) -> None:
    resources: Resources = app.state.resources
    resources.rate_limits.by_address.limit = 1
    answers = [await phone.get("/tillganglighet") for _ in range(3)]
    # A minute may end between any two of them.
    limited = next(one for one in answers if one.status_code == 429)
    assert is_protected(limited)
    assert int(limited.headers["retry-after"]) > 0
    assert "Vänta en stund" in words_of(limited)


async def test_without_a_database_a_page_says_so(
    phone: httpx.AsyncClient, app: FastAPI, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(phone, invite(database_url))
    resources: Resources = app.state.resources

    async def away(_: str) -> None:
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr(resources.sessions, "find", away)
    answer = await phone.get("/rapportera")
    assert (answer.status_code, is_protected(answer)) == (503, True)
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize("wanted", ELSEWHERE)
async def test_nothing_leads_to_another_site(
    phone: httpx.AsyncClient, desk: httpx.AsyncClient, database_url: str, wanted: str
) -> None:
    anna = invite(database_url)
    answer = await phone.post(anna.address, headers={"Origin": SITE}, data={"till": wanted})
    assert answer.headers["location"] == "/"
    assert (await send(phone, "/sprak", {"till": wanted})).headers["location"] == "/"
    answer = await phone.get("/logga-in", params={"till": wanted})
    assert answer.headers.get("location", "/") == "/"
    page = await desk.get(invite(database_url).address, params={"till": wanted})
    assert 'name="till" value="/"' in page.text or page.status_code == 400


async def test_addresses_of_ours_are_gone_on_to(phone: httpx.AsyncClient, database_url: str) -> None:
    anna = invite(database_url)
    page = await phone.get(anna.address, params={"till": "/rapportera/safety-walk"})
    assert 'name="till" value="/rapportera/safety-walk"' in page.text
    for wanted in ("/", "/rapportera", "/rapportera/safety-walk", anna.address):
        answer = await phone.post("/sprak", headers={"Origin": SITE}, data={"till": wanted})
        assert answer.headers["location"] == wanted


SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


async def test_no_text_that_somebody_enters_becomes_a_part_of_a_page(
    phone: httpx.AsyncClient, database_url: str, execute: Callable[..., int]
) -> None:
    anna = invite(database_url, "script@kommun.example", [GivenRole(PersonRole.REPORTER, AREA, SCRIPT[:90])])
    await sign_in(phone, anna)
    assert (await send(phone, "/mina-uppgifter", {"name": SCRIPT})).status_code == 303
    walk: dict[str, str | list[str]] = {
        "external-id": SCRIPT,
        "place": "Karlslund",
        "start": "2016-04-12",
        "participants.residents": "2",
        "attributes.actionItems": [SCRIPT, "Klipp häcken"],
        "note": SCRIPT,
    }
    stored = await send(phone, "/rapportera/safety-walk", walk)
    assert stored.status_code == 303, words_of(stored)
    identity = stored.headers["location"].rpartition("/")[2]
    answers = [
        await phone.get("/mina-uppgifter"),
        await phone.get(stored.headers["location"]),
        await phone.get("/rapportera/safety-walk", params={"som": identity}),
        await phone.get("/rapportera"),
        await send(phone, "/rapportera/safety-walk", walk | {"place": SCRIPT, "annex": SCRIPT, "status": SCRIPT}),
        await phone.post("/rapportera/safety-walk", headers={"Origin": SITE}, data=walk),
        await phone.get(invite(database_url, "script@kommun.example").address),
        await phone.get(f"/{SCRIPT}"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 422, 403, 200, 404]
    for answer in answers:
        assert "<script>" not in answer.text, answer.url
        assert "<img" not in answer.text
        assert "onerror=alert(1)>" not in answer.text
    assert SCRIPT in words_of(answers[5])
    assert execute("SELECT FROM person_contact WHERE name = :name", name=SCRIPT) == 1


async def test_static_files_are_as_they_are_stored(phone: httpx.AsyncClient) -> None:
    for file in STATIC.iterdir():
        answer = await phone.get(f"/static/{file.name}")
        assert answer.content == file.read_bytes()
        assert (await phone.head(f"/static/{file.name}")).status_code == 200


async def test_a_token_is_in_no_address(phone: httpx.AsyncClient, database_url: str) -> None:
    await sign_in(phone, invite(database_url))
    token = await token_on(phone)
    assert len(token) == 32
    for path in addresses("GET"):
        assert token not in (await phone.get(example_of(path))).headers.get("location", "")

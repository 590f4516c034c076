"""A link signs in once, within a day, whoever looks at it before; each sign-in begins a session of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest

from services.api.http.sessions import COOKIE
from shared.domain.person import GivenRole, PersonRole
from tests.pages.people import AREA, SITE, invite, session_of, sign_in, token_on, words_of

pytestmark = [pytest.mark.long]
ORIGIN = {"Origin": SITE}
OUTDATE = (
    "UPDATE sign_in_link SET valid_until = now() WHERE person_id = (SELECT person_id FROM person WHERE number = :n)"
)
SESSIONS = """SELECT FROM web_session WHERE person_id = (SELECT person_id FROM person WHERE number = :n)"""


async def test_a_link_signs_in_by_a_cookie_that_no_script_and_no_other_site_has(
    phone: httpx.AsyncClient, database_url: str
) -> None:
    anna = invite(database_url)
    answer = await phone.post(anna.address, headers=ORIGIN, data={"till": "/rapportera"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/rapportera")
    cookie = answer.headers["set-cookie"]
    name, _, attributes = cookie.partition("=")
    assert name == COOKIE
    assert {*attributes.split("; ")[1:]} == {
        "HttpOnly",
        f"Max-Age={30 * 24 * 3600}",
        "Path=/",
        "SameSite=lax",
        "Secure",
    }
    assert anna.link not in cookie
    assert (await phone.get("/rapportera")).status_code == 200


async def test_a_link_is_used_once(phone: httpx.AsyncClient, desk: httpx.AsyncClient, database_url: str) -> None:
    anna = invite(database_url)
    await sign_in(phone, anna)
    again = await desk.post(anna.address, headers=ORIGIN)
    assert (again.status_code, session_of(desk)) == (410, None)
    assert "redan använd" in words_of(again)
    assert (await desk.get(anna.address)).status_code == 410
    assert (await desk.get("/mina-uppgifter")).headers["location"] == "/logga-in?till=/mina-uppgifter"
    shared = await desk.get("/overenskommelsen?omrade=1282&ar=2016")
    assert shared.headers["location"] == "/logga-in?till=/overenskommelsen%3Fomrade%3D1282%26ar%3D2016"
    assert (await desk.get(f"/att-gora?x={'x' * 200}")).headers["location"] == "/logga-in?till=/att-gora"


async def test_of_many_at_once_one_is_let_in(
    phone: httpx.AsyncClient, desk: httpx.AsyncClient, database_url: str, execute: Callable[..., int]
) -> None:
    anna = invite(database_url, "once@kommun.example")
    answers = await asyncio.gather(*(one.post(anna.address, headers=ORIGIN) for one in (phone, desk) * 4))
    assert sorted(answer.status_code for answer in answers) == [303, *[410] * 7]
    assert execute(SESSIONS, n=anna.number) == 1


async def test_looking_at_a_link_does_not_use_it(phone: httpx.AsyncClient, database_url: str) -> None:
    """Programs that look through mail open what is in it, some of them by HEAD."""
    anna = invite(database_url)
    for method in ("HEAD", "GET", "GET"):
        answer = await phone.request(method, anna.address)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    await sign_in(phone, anna)


async def test_a_shared_link_is_where_signing_in_by_another_one_leads(
    phone: httpx.AsyncClient, database_url: str
) -> None:
    shared = "/overenskommelsen?omrade=1282&ar=2016&sprak=sv"
    await phone.get((await phone.get(shared)).headers["location"])
    for expected in (shared, "/"):
        answer = await phone.post(
            invite(database_url).address, headers=ORIGIN, data={"till": "/", "form-token": await _token_of(phone)}
        )
        assert (answer.status_code, answer.headers["location"]) == (303, expected)


async def _token_of(client: httpx.AsyncClient) -> str:
    """Return what the forms of who is signed in carry, if somebody is."""
    return await token_on(client) if session_of(client) else ""


async def test_a_link_has_an_end(phone: httpx.AsyncClient, database_url: str, execute: Callable[..., int]) -> None:
    anna = invite(database_url, "late@kommun.example")
    assert execute("SELECT FROM sign_in_link WHERE valid_until - created_at = interval '1 day'") > 0
    assert execute(OUTDATE, n=anna.number) == 1
    for answer in (await phone.get(anna.address), await phone.post(anna.address, headers=ORIGIN)):
        assert (answer.status_code, session_of(phone)) == (410, None)
        assert "gått ut" in words_of(answer)


@pytest.mark.parametrize("link", ["x", "a" * 43, "%00", "å", "a%2Fb", "a" * 100, "a" * 101])
async def test_no_other_text_is_a_link(phone: httpx.AsyncClient, link: str) -> None:
    for answer in (await phone.get(f"/logga-in/{link}"), await phone.post(f"/logga-in/{link}", headers=ORIGIN)):
        assert (answer.status_code, session_of(phone)) == (404, None)
        assert answer.headers["content-type"].startswith("text/html")


async def test_another_ones_link_signs_the_first_one_out(
    phone: httpx.AsyncClient, desk: httpx.AsyncClient, database_url: str
) -> None:
    await sign_in(phone, invite(database_url, "bo@kommun.example", name="Bo"))
    former = session_of(phone)
    anna = invite(database_url, "anna2@kommun.example", name="Anna")
    assert "redan inloggad som Bo" in words_of(await phone.get(anna.address))
    token = await token_on(phone)
    answer = await phone.post(anna.address, headers=ORIGIN, data={"form-token": token})
    assert answer.status_code == 303
    assert "anna2@kommun.example" in words_of(await phone.get("/mina-uppgifter"))
    desk.cookies.set(COOKIE, former or "", domain="testserver.example")
    assert (await desk.get("/mina-uppgifter")).status_code == 303


async def test_who_is_signed_in_is_not_signed_in_as_another_by_another_site(
    phone: httpx.AsyncClient, database_url: str
) -> None:
    await sign_in(phone, invite(database_url, "bo@kommun.example"))
    anna = invite(database_url, "anna3@kommun.example")
    for headers, fields in (({"Origin": "https://evil.example"}, {}), (ORIGIN, {}), (ORIGIN, {"form-token": "0" * 64})):
        assert (await phone.post(anna.address, headers=headers, data=fields)).status_code == 403
    assert "bo@kommun.example" in words_of(await phone.get("/mina-uppgifter"))


async def test_a_session_that_was_foisted_on_somebody_is_none(
    phone: httpx.AsyncClient, desk: httpx.AsyncClient, database_url: str
) -> None:
    """Session fixation: what a cookie had before says nothing once somebody has signed in."""
    foisted = "f" * 43
    phone.cookies.set(COOKIE, foisted, domain="testserver.example")
    anna = invite(database_url)
    tokens: set[str] = set()
    for _ in range(2):
        answer = await phone.post(
            anna.address, headers=ORIGIN, data={"form-token": "" if not tokens else await token_on(phone)}
        )
        assert answer.status_code == 303
        tokens.add(answer.cookies[COOKIE])
        phone.cookies.delete(COOKIE)
        phone.cookies.set(COOKIE, answer.cookies[COOKIE], domain="testserver.example")
        anna = invite(database_url)
    assert len(tokens) == 2
    assert foisted not in tokens
    desk.cookies.set(COOKIE, foisted, domain="testserver.example")
    assert (await desk.get("/mina-uppgifter")).status_code == 303


async def test_attempts_from_an_address_are_counted(phone: httpx.AsyncClient, database_url: str) -> None:
    roles = (GivenRole(PersonRole.READER, AREA),)
    anna = invite(database_url, "patient@kommun.example", roles)
    answers = [await phone.post(f"/logga-in/{number}", headers=ORIGIN) for number in range(61)]
    assert {answer.status_code for answer in answers[:60]} == {404}
    refused = answers[60]
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert "Vänta en stund" in words_of(refused)
    assert (await phone.post(anna.address, headers=ORIGIN)).status_code == 429
    assert (await phone.get(anna.address)).status_code == 200, "it has not been used up"

"""Signing in by an account elsewhere, at a real issuer: for who was invited, once, in the browser that set out."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.http.sessions import COOKIE
from services.api.pages.sign_in_by_account import SIGN_IN_COOKIE
from shared.domain.person import GivenRole, PersonRole
from tests.api.tokens.provider import Provider
from tests.pages.accounts.conftest import BACK
from tests.pages.people import find, invite, remove, session_of, sign_in, words_of

pytestmark = [pytest.mark.long]
ANNA = "anna@kommun.example"


async def set_out(client: httpx.AsyncClient, wanted: str = "/rapportera") -> str:
    """Begin to sign in, and return the issuer's address that it leads to."""
    answer = await client.get(f"/inloggning/kommunen?till={wanted}")
    assert answer.status_code == 303, words_of(answer)
    return answer.headers["location"]


async def come_back(client: httpx.AsyncClient, address: str) -> httpx.Response:
    """Open where the issuer leads back to."""
    assert urlsplit(address).path == BACK
    return await client.get(f"{BACK}?{urlsplit(address).query}")


def cookie_of(client: httpx.AsyncClient) -> str | None:
    return client.cookies.get(SIGN_IN_COOKIE)


async def test_who_was_invited_signs_in_by_an_account(
    phone: httpx.AsyncClient, provider: Provider, database_url: str, engine: AsyncEngine
) -> None:
    anna = invite(database_url, ANNA)
    shared = "/overenskommelsen?omrade=1282&ar=2016&sprak=sv"
    page = await phone.get((await phone.get(shared)).headers["location"])
    assert "Logga in via Landskrona stad" in words_of(page)
    (way,) = re.findall(r'href="/inloggning/kommunen\?till=([^"]*)"', page.text)
    address = await set_out(phone, unescape(way))
    assert address.startswith(f"{provider.issuer}/auth?")
    answer = await come_back(phone, provider.sign_in(address, ANNA.upper()))
    assert (answer.status_code, answer.headers["location"]) == (303, shared), words_of(answer)
    assert f"Max-Age={12 * 3600}" in answer.headers["set-cookie"]
    assert cookie_of(phone) is None
    assert ANNA in words_of(await phone.get("/mina-uppgifter"))
    known = find(database_url, anna.number)
    assert known is not None
    assert known.signed_in_at is not None
    async with engine.connect() as connection:
        lasting = await connection.execute(text("SELECT valid_until - created_at FROM web_session"))
        assert {row[0].total_seconds() for row in lasting} == {12 * 3600}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("stranger@kommun.example", "Adressen stranger@kommun.example har inte bjudits in. Be samordnaren"),
        ("unconfirmed@kommun.example", "ingen bekräftad e-postadress"),
        ("nobody", "ingen bekräftad e-postadress"),
        ("K\u212aommun@kommun.example", "ingen bekräftad e-postadress"),
        ("elsewhere@kommun.example", "har inte bjudits in"),
        ("removed@kommun.example", "har inte bjudits in"),
    ],
)
async def test_nobody_else_is_let_in(
    phone: httpx.AsyncClient, provider: Provider, database_url: str, name: str, says: str
) -> None:
    """One whose address the issuer does not vouch for, another municipality's, one who was removed, and a stranger."""
    invite(database_url, "unconfirmed@kommun.example")
    invite(database_url, "elsewhere@kommun.example", [GivenRole(PersonRole.REPORTER, "1280")], owner="1280")
    remove(database_url, invite(database_url, "removed@kommun.example"))
    answer = await come_back(phone, provider.sign_in(await set_out(phone), name))
    assert (answer.status_code, session_of(phone), cookie_of(phone)) == (403, None, None)
    assert says in words_of(answer)


async def test_who_has_no_role_left_is_not_let_in(
    phone: httpx.AsyncClient, provider: Provider, database_url: str, engine: AsyncEngine
) -> None:
    bo = invite(database_url, "bo@kommun.example")
    async with engine.begin() as connection:
        roles = "DELETE FROM person_role USING person WHERE person.person_id = person_role.person_id AND number = :n"
        await connection.execute(text(roles), {"n": bo.number})
    answer = await come_back(phone, provider.sign_in(await set_out(phone), "bo@kommun.example"))
    assert (answer.status_code, session_of(phone)) == (403, None)


async def test_an_answer_is_taken_once(
    phone: httpx.AsyncClient, desk: httpx.AsyncClient, provider: Provider, database_url: str
) -> None:
    """Also by somebody who has the whole cookie: the issuer takes no code twice."""
    invite(database_url, ANNA)
    address = await set_out(phone)
    cookie = cookie_of(phone)
    back = provider.sign_in(address, ANNA)
    assert (await come_back(phone, back)).status_code == 303
    again = await come_back(desk, back)
    assert (again.status_code, session_of(desk)) == (400, None)
    assert "Inloggningen avbröts" in words_of(again)
    desk.cookies.set(SIGN_IN_COOKIE, cookie or "", domain="testserver.example")
    replayed = await come_back(desk, back)
    assert (replayed.status_code, session_of(desk), cookie_of(desk)) == (400, None, None)
    assert "gick inte att använda" in words_of(replayed)


async def test_another_browsers_answer_signs_nobody_in(
    phone: httpx.AsyncClient, desk: httpx.AsyncClient, provider: Provider, database_url: str
) -> None:
    """Neither by its own state nor, with the code put into the victim's answer, by the victim's."""
    invite(database_url, ANNA)
    invite(database_url, "eve@kommun.example")
    eves = provider.sign_in(await set_out(desk), "eve@kommun.example")
    own = await set_out(phone)
    assert (await come_back(phone, eves)).status_code == 400
    assert cookie_of(phone) is None, "what was begun has ended"
    own = await set_out(phone)
    state = httpx.URL(own).params["state"]
    injected = httpx.URL(eves).copy_set_param("state", state)
    answer = await come_back(phone, str(injected))
    assert (answer.status_code, session_of(phone)) == (400, None)
    assert "gick inte att använda" in words_of(answer)


@pytest.mark.parametrize(("name", "value"), [("nonce", "another"), ("code_challenge", "x" * 43), ("scope", "openid")])
async def test_what_was_asked_for_otherwise_is_not_taken(
    phone: httpx.AsyncClient, provider: Provider, database_url: str, name: str, value: str
) -> None:
    """A nonce or a challenge of somebody else's, and a sign-in that says no address."""
    invite(database_url, ANNA)
    address = httpx.URL(await set_out(phone)).copy_set_param(name, value)
    answer = await come_back(phone, provider.sign_in(str(address), ANNA))
    assert (answer.status_code, session_of(phone)) == (403 if value == "openid" else 400, None)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("error=access_denied&state={state}", "Du loggade inte in hos Landskrona stad"),
        ("error=server_error&state={state}", "gick inte att använda"),
        ("error=%3Cscript%3E&state={state}", "gick inte att använda"),
        ("error=access_denied&state=x", "redan avslutad"),
        ("code=x&state={state}&iss=https://evil.example", "redan avslutad"),
        ("code=x&state={state}", "gick inte att använda"),
        ("code=&state={state}", "redan avslutad"),
        ("state={state}", "redan avslutad"),
        ("code=x&state=", "redan avslutad"),
        ("code=x&state=%C3%A5", "redan avslutad"),
        ("code=x", "redan avslutad"),
        ("", "redan avslutad"),
        ("code=" + "x" * 4097 + "&state={state}", "redan avslutad"),
    ],
)
async def test_an_answer_that_is_none_is_told_in_words(phone: httpx.AsyncClient, query: str, says: str) -> None:
    state = httpx.URL(await set_out(phone)).params["state"]
    answer = await phone.get(f"{BACK}?{query.format(state=state)}")
    assert (answer.status_code, session_of(phone), cookie_of(phone)) == (400, None, None)
    assert says in words_of(answer)
    assert "<script>" not in answer.text


@pytest.mark.parametrize("cookie", ["", "x", ".kommunen./", "x.polisen./", "x.kommunen", "." * 20])
async def test_a_cookie_that_was_foisted_on_somebody_begins_nothing(phone: httpx.AsyncClient, cookie: str) -> None:
    phone.cookies.set(SIGN_IN_COOKIE, cookie, domain="testserver.example")
    assert (await phone.get(f"{BACK}?code=x&state=x")).status_code == 400


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_nobody_is_led_away(phone: httpx.AsyncClient, provider: Provider, database_url: str, wanted: str) -> None:
    invite(database_url, ANNA)
    assert "evil" not in (await phone.get("/logga-in", params={"till": wanted})).text.partition("<main")[2]
    answer = await phone.get("/inloggning/kommunen", params={"till": wanted})
    assert answer.headers["location"].startswith(provider.issuer)
    back = await come_back(phone, provider.sign_in(answer.headers["location"], ANNA))
    assert back.headers["location"] == "/"
    foisted = f"{'s' * 43}.kommunen.{wanted}"
    phone.cookies.set(SIGN_IN_COOKIE, foisted, domain="testserver.example")
    assert "evil" not in (await phone.get(f"{BACK}?code=x&state=x")).text.partition("<main")[2]


async def test_each_sign_in_begins_a_session_of_its_own(
    phone: httpx.AsyncClient, desk: httpx.AsyncClient, provider: Provider, database_url: str
) -> None:
    """Session fixation: what a cookie had before says nothing, and who was signed in before is signed out."""
    invite(database_url, ANNA)
    await sign_in(phone, invite(database_url, "bo@kommun.example"))
    former = session_of(phone)
    answer = await come_back(phone, provider.sign_in(await set_out(phone), ANNA))
    token = answer.cookies[COOKIE]
    assert token != former
    desk.cookies.set(COOKIE, former or "", domain="testserver.example")
    assert (await desk.get("/mina-uppgifter")).status_code == 303


async def test_what_is_begun_is_kept_from_scripts_and_other_sites(phone: httpx.AsyncClient) -> None:
    answer = await phone.get("/inloggning/kommunen")
    cookie = answer.headers["set-cookie"]
    assert re.match(r"__Host-sign-in=", cookie)
    for attribute in ("HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=900"):
        assert attribute in cookie
    address = httpx.URL(answer.headers["location"])
    assert {*address.params} == {
        *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce"),
        *("code_challenge", "code_challenge_method"),
    }
    secret = (cookie_of(phone) or "").strip('"').partition(".")[0]
    assert len(secret) == 43
    assert secret not in str(address)


async def test_who_has_a_link_that_does_not_work_is_told_of_the_account(phone: httpx.AsyncClient) -> None:
    answer = await phone.get("/logga-in/x")
    assert answer.status_code == 404
    assert "Du kan också logga in med ditt konto" in words_of(answer)


async def test_there_are_no_accounts_of_others(phone: httpx.AsyncClient) -> None:
    for address in ("/inloggning/polisen", "/inloggning/polisen/svar", "/inloggning/%00"):
        assert (await phone.get(address)).status_code == 404


async def test_attempts_are_counted(phone: httpx.AsyncClient) -> None:
    answers = [await phone.get(f"{BACK}?code=x&state=x") for _ in range(61)]
    assert [answer.status_code for answer in answers[59:]] == [400, 429]


async def test_while_the_issuer_is_away_that_is_told(
    phone: httpx.AsyncClient, provider: Provider, database_url: str
) -> None:
    """The module's last: the issuer answers no more."""
    invite(database_url, ANNA)
    back = provider.sign_in(await set_out(phone), ANNA)
    provider.stop()
    answer = await come_back(phone, back)
    assert (answer.status_code, session_of(phone)) == (503, None)
    assert "Landskrona stad går inte att nå" in words_of(answer)


async def test_nobody_is_led_to_an_issuer_that_is_away(phone: httpx.AsyncClient, provider: Provider) -> None:
    provider.stop()
    answer = await phone.get("/inloggning/kommunen")
    assert answer.status_code == 503
    assert "be samordnaren om en länk" in words_of(answer)

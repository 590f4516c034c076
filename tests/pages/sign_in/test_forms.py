"""A form is taken from a page of ours alone, of the one who sends it; what somebody has filled in is never lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import httpx
import pytest

from services.api.http.sessions import COOKIE
from services.api.pages.forms import LARGEST_FORM
from shared.domain.person import GivenRole, PersonRole
from tests.pages.addresses import addresses, example_of
from tests.pages.people import AREA, SITE, invite, send, sign_in, token_on, words_of

pytestmark = [pytest.mark.long]
EVERYTHING = tuple(GivenRole(role, AREA) for role in (PersonRole.COORDINATOR, PersonRole.ADMINISTRATOR))
WALK = {
    "place": "Karlslund",
    "start": "2016-04-12",
    "participants.residents": "21",
    "participants.police": "2",
    "note": "Trasig lampa <vid> lekplatsen",
}
STORED = "SELECT FROM activity WHERE source = 'form' AND note LIKE 'Trasig%'"
_FIELD = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
# Forms that who is not signed in sends, too.
OF_STRANGERS = {"/logga-in/{link}", "/sprak"}


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "https://testserver.example.evil.example", "https://[", ""]
)
async def test_no_form_is_taken_from_elsewhere(phone: httpx.AsyncClient, database_url: str, origin: str | None) -> None:
    await sign_in(phone, invite(database_url, roles=EVERYTHING))
    token = await token_on(phone)
    headers = {} if origin is None else {"Origin": origin}
    for path in addresses("POST"):
        answer = await phone.post(example_of(path), headers=headers, data={"form-token": token, "note": "x"})
        assert answer.status_code == 403, path
        assert "Skicka igen" not in answer.text, "what another site has filled in is not offered"


async def test_a_form_without_a_token_or_with_another_ones_is_published_again(
    phone: httpx.AsyncClient, desk: httpx.AsyncClient, database_url: str
) -> None:
    await sign_in(phone, invite(database_url, roles=EVERYTHING))
    await sign_in(desk, invite(database_url, "bo@kommun.example", EVERYTHING))
    others = await token_on(desk)
    for path in addresses("POST"):
        for token in ({}, {"form-token": ""}, {"form-token": others}, {"form-token": "å"}):
            answer = await phone.post(example_of(path), headers={"Origin": SITE}, data={"note": "Hej & hå", **token})
            assert answer.status_code == 403, path
            assert "Hej & hå" in words_of(answer)


async def test_a_referer_does_where_there_is_no_origin(phone: httpx.AsyncClient, database_url: str) -> None:
    await sign_in(phone, invite(database_url))
    token = await token_on(phone)
    for referer, status in ((f"{SITE}/mina-uppgifter", 303), ("https://evil.example/x", 403)):
        answer = await phone.post("/mina-uppgifter", headers={"Referer": referer}, data={"form-token": token})
        assert answer.status_code == status


async def test_nothing_is_changed_by_looking(phone: httpx.AsyncClient, database_url: str) -> None:
    await sign_in(phone, invite(database_url, roles=EVERYTHING))
    for path in set(addresses("POST")) - set(addresses("GET")):
        assert (await phone.get(example_of(path))).status_code == 405, path


async def test_what_was_filled_in_outlives_signing_out(
    phone: httpx.AsyncClient, database_url: str, execute: Callable[..., int]
) -> None:
    """The form was opened, the session ended meanwhile, and they sign in by a new link in another tab."""
    await sign_in(phone, invite(database_url))
    form = _hidden((await phone.get("/rapportera/safety-walk")).text)
    await send(phone, "/logga-ut", {})
    answer = await phone.post("/rapportera/safety-walk", headers={"Origin": SITE}, data=form | WALK)
    assert answer.status_code == 401
    assert "Du är utloggad" in words_of(answer)
    assert WALK["note"] in words_of(answer)
    assert form["external-id"] not in words_of(answer), "nobody has typed that"
    await sign_in(phone, invite(database_url))
    for status in (403, 303, 303):  # the page was a stranger's; the last is a double tap
        answer = await phone.post(
            "/rapportera/safety-walk", headers={"Origin": SITE}, data=_hidden(answer.text) or form
        )
        assert answer.status_code == status, words_of(answer)
        form = _hidden(answer.text) or form
    assert execute(STORED) == 1


async def test_a_new_session_of_the_same_person_takes_the_forms_of_the_former(
    phone: httpx.AsyncClient, database_url: str
) -> None:
    await sign_in(phone, invite(database_url))
    token = await token_on(phone)
    phone.cookies.delete(COOKIE)
    await sign_in(phone, invite(database_url))
    answer = await phone.post("/mina-uppgifter", headers={"Origin": SITE}, data={"form-token": token, "name": "Anna"})
    assert answer.status_code == 303


async def test_a_name_that_cannot_be_stored_is_told_in_words(phone: httpx.AsyncClient, database_url: str) -> None:
    await sign_in(phone, invite(database_url))
    answer = await send(phone, "/mina-uppgifter", {"name": "Anna 19900101-9802"})
    assert answer.status_code == 422
    assert "personnummer. Ta bort" in words_of(answer)
    assert "Violation" not in answer.text


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"note=" + b"x" * LARGEST_FORM, "application/x-www-form-urlencoded", 413),
        (b"a=1&" * 1001, "application/x-www-form-urlencoded", 400),
        (b"note=%FF", "application/x-www-form-urlencoded", 400),
        (b"note=%00", "application/x-www-form-urlencoded", 400),
        (b"note=\xc3\xa5", "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"--x--", "multipart/form-data; boundary=x", 415),
    ],
)
async def test_what_is_no_form_is_refused_by_a_page(
    phone: httpx.AsyncClient, database_url: str, body: bytes, media_type: str, status: int
) -> None:
    await sign_in(phone, invite(database_url))
    headers = {"Origin": SITE, "Content-Type": media_type}
    answer = await phone.post("/mina-uppgifter", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")


def _hidden(page: str) -> dict[str, str]:
    """Return the fields that the page's last form has hidden."""
    forms = page.partition("<main")[2].split("<form")
    return {name: unescape(value) for name, value in _FIELD.findall(forms[-1])} if len(forms) > 1 else {}

"""A session lasts thirty days, and ends at once when its holder signs out or is removed; roles are asked for anew."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from services.api.http.sessions import COOKIE
from shared.domain.person import GivenRole, PersonRole
from tests.pages.people import AREA, SITE, invite, remove, send, session_of, sign_in, words_of

pytestmark = [pytest.mark.long]
OF_PERSON = "person_id = (SELECT person_id FROM person WHERE number = :n)"


async def test_signing_out_ends_the_session_and_not_only_the_cookie(
    phone: httpx.AsyncClient, desk: httpx.AsyncClient, database_url: str
) -> None:
    await sign_in(phone, invite(database_url))
    token = session_of(phone) or ""
    answer = await send(phone, "/logga-ut", {})
    assert (answer.status_code, answer.headers["location"]) == (303, "/logga-in")
    assert session_of(phone) is None
    desk.cookies.set(COOKIE, token, domain="testserver.example")
    assert (await desk.get("/mina-uppgifter")).status_code == 303
    assert "Öppna länken" in words_of(await desk.get("/logga-in"))


async def test_other_devices_stay_signed_in(
    phone: httpx.AsyncClient, desk: httpx.AsyncClient, database_url: str
) -> None:
    for client in (phone, desk):
        await sign_in(client, invite(database_url))
    await send(phone, "/logga-ut", {})
    assert (await desk.get("/mina-uppgifter")).status_code == 200


async def test_a_session_ends_after_thirty_days(
    phone: httpx.AsyncClient, database_url: str, execute: Callable[..., int]
) -> None:
    anna = invite(database_url, "month@kommun.example")
    await sign_in(phone, anna)
    lasting = f"SELECT FROM web_session WHERE {OF_PERSON} AND valid_until - created_at = interval '30 days'"
    assert execute(lasting, n=anna.number) == 1
    assert (await phone.get("/mina-uppgifter")).status_code == 200
    assert execute(f"UPDATE web_session SET valid_until = now() WHERE {OF_PERSON}", n=anna.number) == 1
    assert (await phone.get("/mina-uppgifter")).status_code == 303


async def test_who_is_removed_is_out_at_once_and_their_links_are_none(
    phone: httpx.AsyncClient, desk: httpx.AsyncClient, database_url: str, execute: Callable[..., int]
) -> None:
    bo = invite(database_url, "bo@kommun.example", name="Bo Ek")
    await sign_in(phone, bo)
    waiting = invite(database_url, "bo@kommun.example")
    remove(database_url, bo)
    assert (await phone.get("/rapportera")).status_code == 303
    assert (await phone.post("/mina-uppgifter", headers={"Origin": SITE}, data={"name": "Bo"})).status_code == 401
    assert (await desk.post(waiting.address, headers={"Origin": SITE})).status_code == 404
    assert execute("SELECT FROM person_contact WHERE email = 'bo@kommun.example'") == 0
    assert execute("SELECT FROM audit_pending WHERE (before::text || after::text) LIKE '%bo@%'") == 0


async def test_a_role_that_is_taken_away_lets_do_nothing_from_the_next_request(
    phone: httpx.AsyncClient, database_url: str, execute: Callable[..., int]
) -> None:
    roles = (GivenRole(PersonRole.READER, AREA), GivenRole(PersonRole.REPORTER, AREA))
    anna = invite(database_url, "roles@kommun.example", roles)
    await sign_in(phone, anna)
    assert (await phone.get("/rapportera")).status_code == 200
    assert execute(f"DELETE FROM person_role WHERE role = 'reporter' AND {OF_PERSON}", n=anna.number) == 1
    refused = await phone.get("/rapportera")
    assert refused.status_code == 403
    assert "Din roll räcker inte" in words_of(refused)
    assert (await phone.get("/mina-uppgifter")).status_code == 200
    assert execute(f"DELETE FROM person_role WHERE {OF_PERSON}", n=anna.number) == 1
    assert (await phone.get("/mina-uppgifter")).status_code == 200, "what is their own they see"
    assert (await send(phone, "/logga-ut", {})).status_code == 303, "and sign out"

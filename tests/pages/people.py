"""People of the tests: invited as a command would, signed in by a link, and sending forms as a browser does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

import httpx
from sqlalchemy import NullPool, create_engine, text

from services.api.http.sessions import COOKIE
from services.cli.people import act_for
from shared.db.access import EVERY_AREA, Access, acting
from shared.domain.person import GivenRole, Invitation, PersonRole
from shared.people import people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from sqlalchemy import Connection

    from shared.people.people import InvitedPerson

# As browsers reach it: else no cookie of ours would be sent back.
SITE = "https://testserver.example"
AREA = "1282"
_TOKEN = re.compile(r'name="form-token" value="([0-9a-f]*)"')
_ONE = text("SELECT number FROM person WHERE person_id = :person_id")


# In a test, requests run in its own context and leave their access there: commands have every area.
_OF_COMMANDS = Access(EVERY_AREA, EVERY_AREA, EVERY_AREA, None, EVERY_AREA, EVERY_AREA)


@contextmanager
def _command(database_url: str) -> Iterator[Connection]:
    with acting(_OF_COMMANDS), create_engine(database_url, poolclass=NullPool).begin() as connection:
        yield connection


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who has been invited, with a link to sign in by."""

    number: int
    email: str
    link: str

    @property
    def address(self) -> str:
        """Where they sign in."""
        return f"/logga-in/{self.link}"


def invite(
    database_url: str,
    email: str = "anna@kommun.example",
    roles: Sequence[GivenRole] = (GivenRole(PersonRole.REPORTER, AREA),),
    *,
    name: str | None = None,
    owner: str = AREA,
    language: str = "sv",
) -> Invited:
    """Invite somebody, and make a link for them."""
    with _command(database_url) as connection:
        act_for(connection, owner)
        person_id = people.invite(connection, Invitation(email, tuple(roles), name), language)
        number = connection.execute(_ONE, {"person_id": person_id}).scalar_one()
        return Invited(number, email, people.create_link(connection, person_id))


def find(database_url: str, number: int) -> InvitedPerson | None:
    """Return somebody as who coordinates sees them."""
    with _command(database_url) as connection:
        return people.find(connection, number)


def remove(database_url: str, invited: Invited) -> None:
    """Remove somebody, as a command would."""
    with _command(database_url) as connection:
        person = people.find(connection, invited.number)
        assert person is not None
        people.remove(connection, person)


def browser(app: FastAPI) -> httpx.AsyncClient:
    """Return a browser that has never been here."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=SITE, headers={"Accept": "text/html"})


async def sign_in(client: httpx.AsyncClient, invited: Invited | str) -> None:
    """Sign in by a link that has not been used: an invited person's, or one by its token."""
    address = f"/logga-in/{invited}" if isinstance(invited, str) else invited.address
    answer = await client.post(address, headers={"Origin": SITE}, data={"till": "/"})
    assert answer.status_code == 303, answer.text


async def token_on(client: httpx.AsyncClient, address: str = "/mina-uppgifter") -> str:
    """Return what forms on a page carry."""
    found = _TOKEN.search((await client.get(address)).text)
    assert found is not None
    return found[1]


async def send(
    client: httpx.AsyncClient, address: str, fields: dict[str, str | list[str]], **headers: str
) -> httpx.Response:
    """Send a form from a page of ours."""
    token = await token_on(client)
    return await client.post(address, data={"form-token": token, **fields}, headers={"Origin": SITE, **headers})


def session_of(client: httpx.AsyncClient) -> str | None:
    """Return the token that a browser has in its cookie."""
    return client.cookies.get(COOKIE)


def words_of(answer: httpx.Response) -> str:
    """Return a page's text without its tags."""
    main = answer.text.partition("<main")[2].partition(">")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())

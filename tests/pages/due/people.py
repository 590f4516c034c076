"""People of a test who have signed in, as a browser does it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
from sqlalchemy import NullPool, create_engine, text

from shared.domain.person import GivenRole, Invitation
from shared.people import people
from tests.conftest import BASE_URL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

_ACT_FOR = text("SELECT set_config('samverkan.owner', area_id::text, true) FROM area WHERE code = '1282'")


def invite(database_url: str, email: str, *roles: GivenRole, language: str = "sv", name: str | None = None) -> str:
    """Invite a person of Landskrona, and return the token of a link by which they sign in."""
    # In a context of its own: in the test's, the access of whoever visited last is left.
    return Context().run(_invite, database_url, Invitation(email, roles, name), language)


def _invite(database_url: str, invitation: Invitation, language: str) -> str:
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.execute(_ACT_FOR)
        return people.create_link(connection, people.invite(connection, invitation, language))


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser in which somebody has signed in."""

    client: httpx.AsyncClient

    async def get(self, address: str) -> httpx.Response:
        return await self.client.get(address)

    async def post(self, address: str, **fields: str) -> httpx.Response:
        """Send a form as a page of ours does."""
        return await self.client.post(address, data=fields, headers={"Origin": BASE_URL})


@asynccontextmanager
async def browser(app: FastAPI, token: str | None = None) -> AsyncIterator[Browser]:
    """Open a browser, and sign in by a link where one is given."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        opened = Browser(client)
        if token is not None:
            answer = await opened.post(f"/logga-in/{token}", till="/")
            # The test's address has no TLS: the client would keep a secure cookie back.
            client.headers["Cookie"] = answer.headers["set-cookie"].partition(";")[0]
            client.cookies.clear()
        yield opened

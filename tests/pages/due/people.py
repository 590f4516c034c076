"""People of Landskrona who have signed in, each in a browser that is closed again."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tests.pages import people

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    from fastapi import FastAPI

    from shared.domain.person import GivenRole


def invite(database_url: str, email: str, *roles: GivenRole, language: str = "sv", name: str | None = None) -> str:
    """Invite a person, and return the token of a link by which they sign in."""
    return people.invite(database_url, email, roles, name=name, language=language).link


@asynccontextmanager
async def browser(app: FastAPI, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """Open a browser, and sign in by a link where one is given."""
    async with people.browser(app) as client:
        if token is not None:
            await people.sign_in(client, token)
        yield client

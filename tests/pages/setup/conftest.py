from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Protocol

import httpx
import pytest
from fastapi import FastAPI

from shared.domain.person import GivenRole, PersonRole
from tests.pages.people import SITE, browser, invite, send, sign_in, token_on, words_of
from tests.pages.setup.sheets import Cells, Rows, cells_of, filled

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody at the pages of one municipality."""

    client: httpx.AsyncClient
    code: str

    @property
    def address(self) -> str:
        return f"/komma-igang/{self.code}"

    async def template(self) -> bytes:
        answer = await self.client.get(f"{self.address}/mall")
        assert answer.status_code == 200, words_of(answer)
        return answer.content

    async def upload(self, content: bytes, name: str = "mall.xlsx") -> httpx.Response:
        token = await token_on(self.client)
        return await self.client.post(
            self.address, headers={"Origin": SITE}, data={"form-token": token}, files={"file": (name, content)}
        )

    async def fill_in(self, content: dict[str, Rows], further: Cells | None = None) -> httpx.Response:
        """Upload the template with rows filled in."""
        return await self.upload(filled(await self.template(), cells_of(content) | (further or {})))

    async def reviewed(self, content: dict[str, Rows]) -> httpx.Response:
        """Return the preview of rows that are sound."""
        preview = await self.fill_in(content)
        assert preview.status_code == 200, words_of(preview)
        return preview

    async def save(self, preview: httpx.Response) -> httpx.Response:
        """Say yes to what a preview shows."""
        assert preview.status_code in {200, 409}, words_of(preview)
        fields = {name: _hidden(preview, name) for name in ("content", "seen")}
        return await send(self.client, f"{self.address}/spara", {**fields})


def _hidden(answer: httpx.Response, name: str) -> str:
    return answer.text.partition(f'name="{name}" value="')[2].partition('"')[0]


@pytest.fixture(scope="module")
def database_url(fresh_database: Callable[[], str]) -> str:
    """Return a database without any agreement; each test sets up a municipality of its own."""
    return fresh_database()


class SeatedIn(Protocol):
    """Seats somebody at the pages of a municipality: who administers it, unless they have another role or area."""

    def __call__(
        self, code: str, role: PersonRole = PersonRole.ADMINISTRATOR, area: str | None = None
    ) -> AbstractAsyncContextManager[Desk]: ...


@pytest.fixture
def desk_in(app: FastAPI, database_url: str) -> SeatedIn:
    """Return what seats somebody who administers a municipality at its pages."""

    @asynccontextmanager
    async def seated(
        code: str, role: PersonRole = PersonRole.ADMINISTRATOR, area: str | None = None
    ) -> AsyncIterator[Desk]:
        address = f"admin{next(_numbers)}@kommun.example"
        person = invite(database_url, address, [GivenRole(role, area or code)], owner=area or code)
        async with browser(app) as client:
            await sign_in(client, person)
            yield Desk(client, code)

    return seated

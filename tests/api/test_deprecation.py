"""What is on its way out says so: in answers, and in the specification."""

from __future__ import annotations

import json
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from services.api.http.deprecation import Deprecation
from services.api.http.responses import Answer
from services.api.http.routing import BASE, router
from shared.domain.fields import Document
from shared.settings import Settings
from tests.conftest import BASE_URL

if TYPE_CHECKING:
    pass


def client_of(app: Any, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers)


OLD = Deprecation(
    since=date(2027, 3, 1), sunset=date(2028, 3, 1), details="https://samverkan.example/changes#old-figures"
)


OLD_FIELD = Deprecation(since=date(2027, 6, 1), details="https://samverkan.example/changes#old-name")


class Named(Document):
    old_name: Annotated[str, OLD_FIELD]
    name: str


class Renamed(Document):
    entries: list[Named]


@pytest.fixture
def ageing() -> FastAPI:
    """Return an app of which some is on its way out."""
    app = FastAPI()
    settings = Settings(database_url="postgresql+psycopg://", redis_url="redis://", public_url=BASE_URL)
    app.state.resources = SimpleNamespace(settings=settings)
    figures = router("figures")

    @figures.get("/old", response_model=None)
    @OLD
    async def show_old(request: Request) -> Answer:
        return Answer({})

    @figures.get("/renamed", response_model=Renamed)
    async def show_renamed(request: Request) -> Answer:
        return Answer({"entries": []})

    @figures.get("/new", response_model=None)
    async def show_new(request: Request) -> Answer:
        return Answer({})

    app.include_router(figures)
    return app


async def test_a_deprecated_route_says_so_in_every_answer(ageing: FastAPI) -> None:
    async with client_of(ageing) as client:
        old, new = await client.get(f"{BASE}/figures/old"), await client.get(f"{BASE}/figures/new")
    assert old.headers["deprecation"] == "@1803859200"
    assert old.headers["sunset"] == "Wed, 01 Mar 2028 00:00:00 GMT"
    assert old.links["deprecation"]["url"] == OLD.details
    assert not {"deprecation", "sunset", "link"} & set(new.headers)


async def test_a_deprecated_field_leads_to_what_is_said_of_it(ageing: FastAPI) -> None:
    async with client_of(ageing) as client:
        answer = await client.get(f"{BASE}/figures/renamed")
    assert answer.links["deprecation"]["url"] == OLD_FIELD.details
    assert not {"deprecation", "sunset"} & set(answer.headers)


def test_the_specification_marks_what_is_deprecated(ageing: FastAPI) -> None:
    specification = ageing.openapi()
    paths = specification["paths"]
    assert {path for path, item in paths.items() if item["get"].get("deprecated")} == {f"{BASE}/figures/old"}
    fields = specification["components"]["schemas"]["Named"]["properties"]
    assert fields["oldName"]["deprecated"] is True
    assert OLD_FIELD.details in fields["oldName"]["description"]
    assert "deprecated" not in fields["name"]


def test_nothing_is_gone_before_it_is_deprecated() -> None:
    with pytest.raises(ValueError, match="before"):
        Deprecation(since=date(2027, 3, 1), sunset=date(2027, 2, 1), details="https://samverkan.example/changes")


async def test_nothing_here_is_deprecated_now(app: FastAPI, stranger: httpx.AsyncClient) -> None:
    assert '"deprecated"' not in json.dumps(app.state.specification.document)
    assert "deprecation" not in (await stranger.get(f"{BASE}/api-info")).headers

"""The other side of (d): a bare Starlette route that runs one SELECT, whose JSON PostgreSQL builds, and passes it on.

Neither credentials nor parameters, neither paging nor links: the pages it knows, and the heads of their answers, stand
in the file that BASELINE_PAGES names.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PAGES = "BASELINE_PAGES"
CONNECTIONS = 10
TAIL = b"]}"


@dataclass(frozen=True, slots=True)
class BaselinePage:
    """A page: what comes before its rows, and the SELECT of the rows with its parameters."""

    head: str
    statement: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BaselinePages:
    """What the route knows beforehand: the pages by query string."""

    conninfo: str
    pages: dict[str, BaselinePage]


def create_app() -> Starlette:
    """Build the app for the pages of the file."""
    known = json.loads(Path(os.environ[PAGES]).read_text())
    pages = {
        query.encode(): (page["head"].encode(), page["statement"].encode(), page["parameters"])
        for query, page in known["pages"].items()
    }
    idle: list[psycopg.AsyncConnection] = []

    async def show(request: Request) -> Response:
        head, statement, parameters = pages[request.scope["query_string"]]
        connection = idle.pop()
        try:
            cursor = await connection.execute(statement, parameters)
            row = await cursor.fetchone()
        finally:
            idle.append(connection)
        return Response(head + cast("tuple[str]", row)[0].encode() + TAIL, media_type="application/json")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        for _ in range(CONNECTIONS):
            connection = await psycopg.AsyncConnection.connect(
                cast("LiteralString", known["conninfo"]), autocommit=True, prepare_threshold=2
            )
            idle.append(connection)
        yield
        for connection in idle:
            await connection.close()

    async def live(_request: Request) -> Response:
        return Response()

    return Starlette(routes=[Route("/values", show), Route("/health/live", live)], lifespan=lifespan)

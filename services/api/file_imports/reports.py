"""Answers about imports: their lists, reports and remarks."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import Request
from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.answers import Answer, link, resource, root_url
from services.api.file_imports import queries
from services.api.file_imports.kinds import D, F, K, Kind
from services.api.paging import Page, page_answer
from services.api.requests import BASE
from shared.domain.errors import UnknownImport

FIRST_REMARKS = 100


async def show(
    request: Request,
    connection: AsyncConnection,
    kind: Kind[D, F, K],
    import_id: UUID,
    *,
    arrived: bool = False,
    kept: bool = False,
) -> Answer:
    """Answer with the report of an import: one that has just `arrived` is created, or, if `kept`, accepted."""
    entry = await queries.find(connection, kind.makes, import_id)
    if entry is None:
        raise _unknown_import()
    path = f"{kind.noun}/{import_id}"
    url = f"{root_url(request)}{BASE}/{path}"
    remarks = await queries.remarks(connection, import_id, FIRST_REMARKS)
    links = {"self": link(url, "self"), "remarks": link(f"{url}/remarks", "remarks")}
    answer = resource(request, path, {**entry, "_links": links, "remarks": remarks}, created=arrived)
    if kept:
        answer.status_code = HTTPStatus.ACCEPTED
        answer.headers["Preference-Applied"] = "respond-async"
    return answer


async def list_all(request: Request, connection: AsyncConnection, kind: Kind[D, F, K], page: Page) -> Answer:
    """Answer with a page of the imports, the latest first."""
    total = await queries.count(connection, kind.makes)
    page.check(total)
    entries = await queries.entries(connection, kind.makes, page)
    return page_answer(request, page, total, to_camel(kind.noun.replace("-", "_")), entries)


async def list_remarks(
    request: Request, connection: AsyncConnection, kind: Kind[D, F, K], import_id: UUID, page: Page
) -> Answer:
    """Answer with a page of the remarks of an import, by row."""
    if await queries.find(connection, kind.makes, import_id) is None:
        raise _unknown_import()
    total = await queries.count_remarks(connection, import_id)
    page.check(total)
    remarks = await queries.remarks(connection, import_id, page.limit, page.offset)
    return page_answer(request, page, total, "remarks", remarks)


def _unknown_import() -> UnknownImport:
    return UnknownImport("No import has this id.")

"""`/pulled-sources`: systems that are asked for their service requests by the worker, on a schedule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import httpx
from fastapi import Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.http.auth import ADMINISTER
from services.api.http.dependencies import Connection, LockedDefinitions, Reading, resources_of
from services.api.http.problems import problems_of
from services.api.http.responses import Answer, Paging, page_answer, resource
from services.api.http.routing import refuse_other_code, router
from services.api.pulled_sources import queries
from services.api.pulled_sources.schemas import PulledSourceBody, PulledSourcePage, ShownPulledSource
from shared.catalogue.loader import Catalogue
from shared.connectors.outgoing import fault_of
from shared.db.codes import find_area_ids
from shared.domain.errors import InvalidPulledSource, UnknownPulledSource, Violation
from shared.domain.fields import DefinedCode
from shared.domain.pulled_source import PulledSource
from shared.facts.pulled_sources import delete_source, put_source
from shared.facts.references import find_references
from shared.intake.violations import redacted

pulled_sources = router("pulled-sources")

SourceCode = Annotated[DefinedCode, Path(alias="sourceCode", description="The source's code.", examples=["city-311"])]


@pulled_sources.get("", response_model=PulledSourcePage, dependencies=[ADMINISTER], summary="List pulled sources")
async def list_pulled_sources(request: Request, reading: Reading, page: Paging) -> Answer:
    """Visa källor som hämtas automatiskt, och senaste hämtningen. / List the pulled sources and their last run."""
    total = await queries.count(reading)
    page.check(total)
    return page_answer(request, page, total, "pulledSources", await queries.entries(reading, page))


@pulled_sources.get(
    "/{sourceCode}",
    response_model=ShownPulledSource,
    responses=problems_of(UnknownPulledSource),
    dependencies=[ADMINISTER],
    summary="Show a pulled source",
)
async def show_pulled_source(request: Request, reading: Reading, source_code: SourceCode) -> Answer:
    """Visa en källa och hur senaste hämtningen gick. / Show a source, and how the last run went."""
    entry = await queries.find(reading, source_code)
    if entry is None:
        raise UnknownPulledSource
    return resource(request, f"pulled-sources/{source_code}", entry)


@pulled_sources.put(
    "/{sourceCode}",
    response_model=ShownPulledSource,
    responses={
        201: {"model": ShownPulledSource, "description": "Created."},
        **problems_of(InvalidPulledSource),
    },
    dependencies=[ADMINISTER],
    summary="Create or replace a pulled source",
)
async def replace_pulled_source(
    request: Request,
    connection: Connection,
    definitions: LockedDefinitions,
    source_code: SourceCode,
    body: PulledSourceBody,
) -> Answer:
    """Skapa eller ersätt en källa, som läses från början. / Create or replace a source, read from its beginning.

    Bara datum, typ, status och plats läses: beskrivningar, adresser, koordinater och bilder tas aldrig emot. Samma
    ärende en gång till ändrar inget, och en äldre version ersätter aldrig en nyare. /
    Only dates, kind, status and place are read: descriptions, addresses, coordinates and pictures are never taken in.
    The same request again changes nothing, and an older version never replaces a newer one.
    """
    refuse_other_code(source_code, body.code)
    source = body.as_source()
    faults = [*_faults_of_address(request, source), *await _faults_of_references(connection, definitions, source)]
    if faults:
        raise InvalidPulledSource("The source cannot be read as it is.", faults)
    created = await put_source(connection, source_code, source, datetime.now(UTC))
    entry = await queries.find(connection, source_code) or {}
    return resource(request, f"pulled-sources/{source_code}", entry, created=created)


@pulled_sources.delete(
    "/{sourceCode}",
    status_code=204,
    responses=problems_of(UnknownPulledSource),
    dependencies=[ADMINISTER],
    summary="Remove a pulled source",
)
async def remove_pulled_source(connection: Connection, source_code: SourceCode) -> Response:
    """Ta bort en källa; det som hämtats finns kvar. / Remove a source; what was fetched stays."""
    if not await delete_source(connection, source_code):
        raise UnknownPulledSource
    return Response(status_code=204)


def _faults_of_address(request: Request, source: PulledSource) -> Iterator[Violation]:
    fault = fault_of(source.url, resources_of(request).settings.trusted_networks)
    if fault is None and httpx.URL(source.url).query:
        fault = "has a query"
    if fault is not None:
        yield Violation("url", fault, "Write a public https address, without a query.")


async def _faults_of_references(
    connection: AsyncConnection, definitions: Catalogue, source: PulledSource
) -> list[Violation]:
    """Return what is named but does not exist; each name once."""
    known = (await find_area_ids(connection, source.areas.areas)).keys()
    faults = [
        Violation("areas", "names what no area has as its code", "Take codes from /areas.")
        for _ in sorted(source.areas.areas - known)[:1]
    ]
    if not source.areas.areas:
        faults.append(Violation("areas", "names no area", "Give `otherwise`, or a list."))
    for code, service in source.services.items():
        if service.type not in definitions.activity_types:
            remedy = "Take a code from /activity-types."
            faults.append(Violation(f"services.{redacted(code)}.type", "is not a known activity type", remedy))
    return [*faults, *await _faults_of_agreement(connection, source, min(known, default=""))]


async def _faults_of_agreement(connection: AsyncConnection, source: PulledSource, some_area: str) -> list[Violation]:
    services = source.services.items()
    references = {code: (source.agreement, service.annex, some_area, None, ()) for code, service in services}
    known = await find_references(connection, {*references.values()})
    faults: dict[tuple[str, str], Violation] = {}
    for code, reference in references.items():
        found = known.of(reference)
        for fault in found if isinstance(found, list) else ():
            if fault.field in {"agreement", "annex"}:
                name = fault.field if fault.field == "agreement" else f"services.{redacted(code)}.annex"
                faults[name, fault.reason] = Violation(name, fault.reason, fault.remedy)
    return [*faults.values()]

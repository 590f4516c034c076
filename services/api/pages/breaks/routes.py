"""`/overenskommelsen/startpunkter`: an area's breaks with their reasons; who coordinates it adds and removes them."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response

from services.api.breaks.queries import find
from services.api.breaks.schemas import LONGEST_REASON
from services.api.http.dependencies import Connection, Definitions, Reading
from services.api.pages.agreement.choice import OVERVIEW, Chosen
from services.api.pages.breaks.content import BreakLine, breaks_about, indicators_with_figures, line_of
from services.api.pages.faults import FieldFault, text_of
from services.api.pages.rendering import page, redirect, visit_of
from services.api.pages.routing import COORDINATOR, READER, missing_role, page_router, person_of, sent_form, visitor_of
from services.api.pages.texts import translator
from shared.db.keys import KeyScope
from shared.domain.errors import BreakExists, InvalidBreak, UnknownArea, UnknownBreak
from shared.facts.breaks import Break, add_break, remove_break

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.agreement.areas import ReadableArea
    from services.api.pages.agreement.choice import YearChoice
    from shared.catalogue.loader import Catalogue
    from shared.domain.errors import Violation

break_pages = page_router()

BREAKS = f"{OVERVIEW}/startpunkter"
BREAKS_PATH = BREAKS.removeprefix(OVERVIEW)
BreakId = Annotated[str, Path(alias="break", max_length=36)]
ChosenIndicator = Annotated[str, Query(alias="indikator", max_length=100)]
_FIELDS = ("indicator", "month", "reason")


@break_pages.get(BREAKS, dependencies=[READER])
async def show_breaks(
    request: Request, reading: Reading, definitions: Definitions, choice: Chosen, indicator: ChosenIndicator = ""
) -> Response:
    """Show the breaks of an area, and to who coordinates it a form for a new one."""
    return await _page(request, reading, definitions, choice, {"indicator": indicator})


@break_pages.post(BREAKS, dependencies=[COORDINATOR])
async def set_break(
    request: Request, reading: Reading, connection: Connection, definitions: Definitions, choice: Chosen
) -> Response:
    """Set a break in the chosen area, and in all that lies in it."""
    form = sent_form(request)
    filled = {name: form[name].strip() for name in _FIELDS}
    area = _coordinated(request, choice)
    faults = _missing(request, filled)
    if not faults:
        author = person_of(request).actor_id
        given = Break(filled["indicator"], area.code, filled["month"], filled["reason"], author)
        try:
            await add_break(connection, given, definitions.indicators)
        except (InvalidBreak, BreakExists) as error:
            faults = _faults_of(request, error.violations)
    if faults:
        return await _page(request, reading, definitions, choice, filled, faults)
    return redirect(choice.address(BREAKS_PATH))


@dataclass(frozen=True, slots=True)
class Found:
    """A break as it is stored, and where it is listed."""

    line: BreakLine
    choice: YearChoice


async def found_break(
    request: Request, reading: Reading, definitions: Definitions, choice: Chosen, break_id: BreakId
) -> Found:
    """Return the break that an address names.

    Raises:
        UnknownBreak: there is none in areas that the visitor coordinates.
    """
    try:
        entry = await find(reading, UUID(break_id))
    except ValueError:
        entry = None
    if entry is None:
        raise UnknownBreak
    chosen = choice.of_area(entry["area"])
    _coordinated(request, chosen)
    return Found(await line_of(reading, definitions, entry, visit_of(request).language), chosen)


FoundBreak = Annotated[Found, Depends(found_break, scope="function")]


@break_pages.get(f"{BREAKS}/{{break}}/ta-bort", dependencies=[COORDINATOR])
async def show_removal_of_break(request: Request, found: FoundBreak) -> Response:
    """Ask whether a break is to be removed."""
    return _removal_page(request, found)


@break_pages.post(f"{BREAKS}/{{break}}/ta-bort", dependencies=[COORDINATOR])
async def withdraw_break(request: Request, connection: Connection, found: FoundBreak) -> Response:
    """Remove a break, unless its period is closed."""
    try:
        await remove_break(connection, found.line.break_id)
    except InvalidBreak as error:
        return _removal_page(request, found, _faults_of(request, error.violations))
    return redirect(found.choice.address(BREAKS_PATH))


def _coordinated(request: Request, choice: YearChoice) -> ReadableArea:
    """Return the chosen area, if the visitor coordinates it.

    Raises:
        UnknownArea: there is none to choose.
        MissingScope: they do not.
    """
    if choice.area is None:
        raise UnknownArea
    if not _coordinates(request, choice.area):
        raise missing_role()
    return choice.area


def _coordinates(request: Request, area: ReadableArea) -> bool:
    access = visitor_of(request).accesses.get(KeyScope.COORDINATE)
    return access is not None and area.area_id in access.writes


def _missing(request: Request, filled: Mapping[str, str]) -> list[FieldFault]:
    t = translator(visit_of(request).language)
    faults = [(name, t(f"breaks.no.{name}")) for name in _FIELDS if not filled[name]]
    if len(filled["reason"]) > LONGEST_REASON:
        faults.append(("reason", t("form.tooLong", most=LONGEST_REASON)))
    return faults


def _faults_of(request: Request, violations: Sequence[Violation]) -> list[FieldFault]:
    language = visit_of(request).language
    t = translator(language)
    return [(one.field if one.field in _FIELDS else "month", text_of(one, language, t)) for one in violations]


def _removal_page(request: Request, found: Found, faults: Sequence[FieldFault] = ()) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return page(request, "break_removal.html", status, found=found.line, choice=found.choice, faults=faults)


async def _page(
    request: Request,
    connection: AsyncConnection,
    catalogue: Catalogue,
    choice: YearChoice,
    filled: Mapping[str, str],
    faults: Sequence[FieldFault] = (),
) -> Response:
    if choice.area is None:
        return page(request, "agreement_none.html")
    area_id, language = choice.area.area_id, visit_of(request).language
    may_change = _coordinates(request, choice.area)
    return page(
        request,
        "breaks.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        choice=choice,
        lines=await breaks_about(connection, catalogue, area_id, language),
        coordinated={one.code for one in choice.areas if _coordinates(request, one)},
        may_change=may_change,
        indicators=await indicators_with_figures(connection, catalogue, area_id, language) if may_change else [],
        filled=filled,
        faults=faults,
        longest_reason=LONGEST_REASON,
    )

"""`/rapportera`: what can be reported, a form for each type, and the receipt."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid4

from fastapi import Path, Query, Request, Response
from fastapi.responses import JSONResponse

from services.api.activities import queries
from services.api.http.dependencies import Connection, Definitions, LockedDefinitions, Reading, Today, resources_of
from services.api.pages.rendering import HEADERS, page, redirect, visit_of
from services.api.pages.reporting import asked, receipt, reports
from services.api.pages.reporting.faults import faults_at_fields
from services.api.pages.reporting.form_pages import (
    FormPage,
    form_page_of,
    read_filled,
    setting_of,
    types_to_choose,
)
from services.api.pages.reporting.reading import filled_in_of
from services.api.pages.routing import REPORTER, form_of, page_router, person_of
from services.api.pages.texts import translator
from shared.domain.errors import InvalidActivity, UnknownActivity
from shared.domain.wording import in_language
from shared.facts.duplicates import link
from shared.facts.references import ReferenceCache

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.api.pages.forms import Form
    from services.api.pages.reporting.places import Place
    from shared.domain.errors import Violation

reporting = page_router()

TypeCode = Annotated[str, Path(alias="type", max_length=100)]
ActivityId = Annotated[UUID, Path(alias="id")]
SAME, OTHER = "same", "other"


@reporting.get("/rapportera", dependencies=[REPORTER])
async def show_types(request: Request, reading: Reading, definitions: Definitions, today: Today) -> Response:
    """Show what can be reported: what was reported last, what the annexes ask for, and all other types."""
    person, language = person_of(request), visit_of(request).language
    setting = await setting_of(reading, person, definitions, today, language)
    sections = asked.types_asked_for(setting.annexes, definitions, setting.day, language)
    in_annexes = {one.code for _, types in sections for one in types}
    latest = [code for code in await reports.latest_types(reading, person.person_id) if setting.has_type(code)]
    return page(
        request,
        "report_types.html",
        latest=[definitions.activity_types[code] for code in latest],
        sections=sections,
        others=types_to_choose(setting, in_annexes),
        name_of=lambda one: in_language(one.name, language),
        day=setting.day,
        is_past=setting.is_past,
    )


@reporting.get("/rapportera/{type}", dependencies=[REPORTER])
async def show_form(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    today: Today,
    type_code: TypeCode,
    like: Annotated[UUID | None, Query(alias="som")] = None,
) -> Response:
    """Show the form of a type, empty or filled in as an earlier report was."""
    setting = await setting_of(reading, person_of(request), definitions, today, visit_of(request).language)
    form_page = await form_page_of(reading, setting, type_code)
    filled: dict[str, Any] = {"start": setting.day.isoformat()}
    if form_page.places.only is not None:
        filled["place"] = form_page.places.only.label
    if like is not None and (entry := await queries.find(reading, like)) is not None:
        place = form_page.places.by_code(entry["area"])
        filled = {**filled_in_of(entry), **filled, **({"place": place.label} if place else {})}
    filled["external-id"] = str(uuid4())
    return _form(request, form_page, filled)


@reporting.post("/rapportera/{type}", dependencies=[REPORTER])
async def report(
    request: Request, connection: Connection, definitions: LockedDefinitions, today: Today, type_code: TypeCode
) -> Response:
    """Store a report. Sent twice, it is one; another's that is much like it is asked about first."""
    person, sent = person_of(request), form_of(request)
    setting = await setting_of(connection, person, definitions, today, visit_of(request).language)
    form_page = await form_page_of(connection, setting, type_code)
    filled = await read_filled(connection, form_page, sent)
    activity = filled.activity | {"externalId": sent["external-id"] or str(uuid4())}
    alike = None if filled.faults else await reports.find_alike(connection, activity)
    reporter = reports.Reporter(person.person_id, definitions, resources_of(request).singleton(ReferenceCache), today)
    savepoint = await connection.begin_nested()
    try:
        activity_id = await reports.store(connection, reporter, activity, filled.faults)
    except InvalidActivity as error:
        await savepoint.rollback()
        return _form(request, form_page, _sent_again(sent), error.violations, filled.near)
    if alike is not None and sent["alike"] not in {SAME, OTHER}:
        await savepoint.rollback()
        return _form(request, form_page, _sent_again(sent), is_alike=True)
    if alike is not None and sent["alike"] == SAME:
        await link(connection, alike, activity_id, today)
    return _received(request, f"/rapporterat/{activity_id}")


@reporting.get("/rapporterat/{id}", dependencies=[REPORTER])
async def show_receipt(request: Request, definitions: Definitions, today: Today, activity_id: ActivityId) -> Response:
    """Show what was stored, and which values count it."""
    engine, language = resources_of(request).reading, visit_of(request).language
    area_id = await receipt.area_of(engine, activity_id)
    if area_id is None:
        raise UnknownActivity("No activity has this id.")
    is_computed = await receipt.wait_until_computed(engine, area_id, today)
    async with engine.connect() as connection:
        entry = await queries.find(connection, activity_id)
        if entry is None:
            raise UnknownActivity("No activity has this id.")
        place = await receipt.name_of_area(connection, area_id)
    day = entry["periodDate"]
    activity_type = definitions.activity_types[entry["type"]]
    values = []
    if is_computed and day is not None and entry["status"] == "performed":
        values = await receipt.values_counting(engine, definitions, entry["type"], area_id, day, language)
    return page(
        request,
        "receipt.html",
        entry=entry,
        name=in_language(activity_type.name, language),
        place=place,
        day=day,
        values=values,
        is_computed=is_computed,
    )


def _received(request: Request, address: str) -> Response:
    """Lead to the receipt; a script, which cannot see where an answer leads, is told."""
    if request.headers.get("accept") == "application/json":
        return JSONResponse({"address": address}, HTTPStatus.CREATED, HEADERS)
    return redirect(address)


def _form(
    request: Request,
    form_page: FormPage,
    filled: Mapping[str, Any],
    violations: Sequence[Violation] = (),
    near: Sequence[Place] = (),
    *,
    is_alike: bool = False,
) -> Response:
    """Show a form with what is filled in, and what is wrong with it."""
    language = visit_of(request).language
    faults = faults_at_fields(violations, form_page.form, language, translator(language))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return page(
        request,
        "report_form.html",
        status,
        form=form_page.form,
        day=None if form_page.setting.is_past else form_page.setting.day.isoformat(),
        name=in_language(form_page.form.type.name, language),
        about=in_language(form_page.form.type.description, language),
        places=form_page.places,
        annexes=form_page.annexes,
        filled=filled,
        faults=faults,
        near=near,
        is_alike=is_alike,
    )


def _sent_again(sent: Form) -> dict[str, Any]:
    """Return what was filled in, for the form to show it again; of a list of items each with whether it is done."""
    filled: dict[str, Any] = dict(sent.items())
    for name in [name for name in filled if name.startswith("attributes.") and not name.endswith(".done")]:
        texts, done = sent.every(name), {*sent.every(f"{name}.done")}
        if len(texts) > 1:
            filled[name] = [
                {"item": one, "state": "done" if str(place) in done else "open"}
                for place, one in enumerate(texts)
                if one
            ]
    return filled

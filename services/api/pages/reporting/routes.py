"""`/rapportera`: what can be reported, a form for each type, and the receipt."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Path, Query, Request, Response
from fastapi.responses import JSONResponse

from services.api.http.dependencies import Connection, Definitions, LockedDefinitions, Reading, Today, resources_of
from services.api.pages.area_names import area_names_by_id
from services.api.pages.due.lists import own_of, words_for
from services.api.pages.forms import day_or_none
from services.api.pages.rendering import HEADERS, page, redirect, visit_of
from services.api.pages.reporting import asked, conflicts, receipt, reports
from services.api.pages.reporting.form_answer import sent_again, show
from services.api.pages.reporting.form_pages import (
    Filled,
    FormPage,
    ReportingSetting,
    for_day,
    form_page_of,
    read_filled,
    setting_of,
    types_to_choose,
)
from services.api.pages.reporting.reading import corrected, filled_in_of
from services.api.pages.reporting.visibility import find_report
from services.api.pages.routing import REPORTER, page_router, person_of, sent_form
from shared.domain.errors import InvalidActivity
from shared.domain.period import local_date
from shared.domain.wording import in_language
from shared.facts.duplicates import link
from shared.facts.references import ReferenceCache

reporting = page_router()

TypeCode = Annotated[str, Path(alias="type", max_length=100)]
ActivityId = Annotated[UUID, Path(alias="id")]
# Of a prefilled form: what is no code or day is left out, as is a day to come.
Code = Annotated[str | None, Query(alias="plats", max_length=100)]
Day = Annotated[str | None, Query(alias="dag", max_length=10)]
SAME, OTHER = "same", "other"
MOST_DUE = 5
"""Of what is expected, so much is shown before what can be reported."""


@reporting.get("/rapportera", dependencies=[REPORTER])
async def show_types(request: Request, reading: Reading, definitions: Definitions, today: Today) -> Response:
    """Show what can be reported: what was reported last, what the annexes ask for, and all other types."""
    person, language = person_of(request), visit_of(request).language
    setting = await setting_of(reading, person, definitions, today, language)
    sections = asked.types_asked_for(setting.annexes, definitions, setting.day, language)
    in_annexes = {one.code for _, types in sections for one in types}
    own, of_others = asked.own_and_others(sections, person)
    latest = [code for code in await reports.latest_types(reading, person.person_id) if setting.has_type(code)]
    due = (await own_of(reading, person, definitions, today))[:MOST_DUE]
    words = await words_for(reading, visit_of(request), due, today)
    return page(
        request,
        "report_types.html",
        due=[words.line(one) for one in due],
        latest=[definitions.activity_types[code] for code in latest],
        sections=own,
        sections_of_others=of_others,
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
    place_code: Code = None,
    day: Day = None,
) -> Response:
    """Show the form of a type, empty, with a place and day, or filled in as an earlier report was."""
    setting = await setting_of(reading, person_of(request), definitions, today, visit_of(request).language)
    form_page = await form_page_of(reading, setting, type_code)
    filled: dict[str, Any] = {"start": setting.day.isoformat()}
    if form_page.places.only is not None:
        filled["place"] = form_page.places.only.label
    if place_code is not None and (wanted := form_page.places.by_code(place_code)) is not None:
        filled["place"] = wanted.label
    if (given := _day_before(today, day)) is not None:
        filled["start"] = given.isoformat()
    if like is not None:
        entry = await find_report(reading, person_of(request), like)
        place = form_page.places.by_code(entry["area"])
        filled = {**filled_in_of(entry), **filled, **({"place": place.label} if place else {})}
    filled["external-id"] = str(uuid4())
    return show(request, form_page, filled)


@reporting.post("/rapportera/{type}", dependencies=[REPORTER])
async def report(
    request: Request, connection: Connection, definitions: LockedDefinitions, today: Today, type_code: TypeCode
) -> Response:
    """Store a report. Sent twice, it is one; another's that is much like it is asked about first."""
    person, sent = person_of(request), sent_form(request)
    setting = await setting_of(connection, person, definitions, today, visit_of(request).language)
    form_page = await form_page_of(connection, setting, type_code)
    filled = await read_filled(connection, form_page, sent)
    activity = filled.activity | {"externalId": sent["external-id"] or str(uuid4())}
    alike = None if filled.faults else await reports.find_alike(connection, person.person_id, activity)
    reporter = reports.Reporter(person.person_id, definitions, resources_of(request).singleton(ReferenceCache), today)
    savepoint = await connection.begin_nested()
    try:
        activity_id = await reports.store(connection, reporter, activity, filled.faults)
    except InvalidActivity as error:
        await savepoint.rollback()
        again = for_day(form_page, filled.day)
        return show(request, again, sent_again(sent), error.violations, filled.near)
    except reports.TakenBack as error:
        await savepoint.rollback()
        return _ask_to_report_again(request, form_page, error)
    except reports.ChangedSince as error:
        await savepoint.rollback()
        return await _ask_what_holds(request, connection, setting, filled, error.activity_id)
    if alike is not None and sent["alike"] not in {SAME, OTHER}:
        await savepoint.rollback()
        return show(request, form_page, sent_again(sent), is_alike=True)
    if alike is not None and sent["alike"] == SAME:
        await link(connection, alike, activity_id, today)
    return _received(request, f"/rapporterat/{activity_id}")


@reporting.get("/rapporterat/{id}", dependencies=[REPORTER])
async def show_receipt(request: Request, definitions: Definitions, today: Today, activity_id: ActivityId) -> Response:
    """Show what was stored, and which values count it."""
    engine, language = resources_of(request).reading, visit_of(request).language
    # No connection is held while the figures are waited for.
    async with engine.connect() as connection:
        await find_report(connection, person_of(request), activity_id)
        area_id = await receipt.area_of(connection, activity_id)
    is_computed = await receipt.wait_until_computed(resources_of(request).figures, area_id, today)
    async with engine.connect() as connection:
        entry = await find_report(connection, person_of(request), activity_id)
        places = await area_names_by_id(connection, [area_id], language)
        values = await receipt.values_of(connection, definitions, entry, area_id, language) if is_computed else []
    return page(
        request,
        "receipt.html",
        entry=entry,
        name=in_language(definitions.activity_types[entry["type"]].name, language),
        place=places[area_id],
        day=entry["periodDate"],
        values=values,
        is_computed=is_computed,
    )


def _ask_to_report_again(request: Request, form_page: FormPage, removed: reports.TakenBack) -> Response:
    """Say that the report was removed; if it is to be reported all the same, that is another one."""
    sent = sent_form(request)
    fields = [(name, value) for name, value in sent.items() if name != "external-id"]
    return page(
        request,
        "report_taken_back.html",
        HTTPStatus.CONFLICT,
        name=in_language(form_page.form.type.name, form_page.setting.language),
        day=local_date(removed.at),
        form_id=sent["external-id"],
        fields=[*fields, ("external-id", str(uuid4()))],
    )


async def _ask_what_holds(
    request: Request, connection: Connection, setting: ReportingSetting, filled: Filled, activity_id: UUID
) -> Response:
    """Show what the report says by now beside what is sent again, to be chosen from as of two people's corrections."""
    entry = await find_report(connection, person_of(request), activity_id)
    stored = await form_page_of(connection, setting, entry["type"], entry)
    activity = corrected(entry, filled.activity, stored.form)
    return conflicts.ask(request, stored, activity, form_id=sent_form(request)["external-id"])


def _received(request: Request, address: str) -> Response:
    """Lead to the receipt; a script, which cannot see where an answer leads, is told."""
    if request.headers.get("accept") == "application/json":
        return JSONResponse({"address": address}, HTTPStatus.CREATED, HEADERS)
    return redirect(address)


def _day_before(today: date, text: str | None) -> date | None:
    """Return the day that an address names, unless it is none or still to come."""
    day = day_or_none(text or "")
    return day if day and day <= today else None

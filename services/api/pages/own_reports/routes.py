"""`/mina-rapporter`: what has been reported, each report with its history, its correction and its removal."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Path, Request, Response

from services.api.activities import changes
from services.api.http.dependencies import Connection, Definitions, LockedDefinitions, Reading, Today, resources_of
from services.api.http.responses import etag
from services.api.pages.own_reports.history import history_of
from services.api.pages.own_reports.listing import asked_of, report_with_id, reports_of
from services.api.pages.rendering import page, redirect, visit_of
from services.api.pages.reporting import conflicts, receipt
from services.api.pages.reporting.form_answer import sent_again, show
from services.api.pages.reporting.form_pages import (
    for_day,
    form_page_of,
    read_filled,
    setting_of,
)
from services.api.pages.reporting.reading import corrected
from services.api.pages.reporting.said import words_of
from services.api.pages.reporting.visibility import choices_of, find_report
from services.api.pages.routing import REPORTER, page_router, person_of, sent_form
from services.api.pages.texts import translator
from shared.domain.activity import STATUSES
from shared.domain.errors import InvalidActivity, StaleRevision, UnknownActivity
from shared.domain.wording import in_language
from shared.facts.references import ReferenceCache

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.activities.queries import Entry
    from services.api.pages.reporting.form_pages import FormPage
    from shared.catalogue.loader import Catalogue

own_reports = page_router()


async def report_id_of(written: Annotated[str, Path(alias="id")]) -> UUID:
    """Return the id that an address has.

    Raises:
        UnknownActivity: it is none.
    """
    try:
        return UUID(written)
    except ValueError:
        raise UnknownActivity from None


ReportId = Annotated[UUID, Depends(report_id_of)]


@own_reports.get("/mina-rapporter", dependencies=[REPORTER])
async def show_reports(request: Request, reading: Reading, definitions: Definitions, today: Today) -> Response:
    """Show what the person has reported, or what their annexes or areas have, the latest first."""
    person, language = person_of(request), visit_of(request).language
    choices = choices_of(person)
    wanted = asked_of(request.query_params, choices)
    setting = await setting_of(reading, person, definitions, today, language)
    found, has_more = await reports_of(reading, person, wanted, today, language)
    t = translator(language)
    return page(
        request,
        "reports.html",
        reports=found,
        has_more=has_more,
        asked=wanted,
        choices=choices,
        types=setting.types(),
        statuses=STATUSES,
        name_of=lambda code: in_language(definitions.activity_types[code].name, language),
        faults=[(name, t("fault.is-no-date")) for name in wanted.unreadable],
        is_removed="borttagen" in request.query_params,
    )


@own_reports.get("/mina-rapporter/{id}", dependencies=[REPORTER])
async def show_report(
    request: Request, reading: Reading, definitions: Definitions, today: Today, report_id: ReportId
) -> Response:
    """Show what a report says, the values that count it, and what has become of it."""
    entry, form_page = await _form_page(request, reading, definitions, today, report_id)
    setting = form_page.setting
    person, language = person_of(request), setting.language
    report = await report_with_id(reading, report_id, today, language)
    area_id = await receipt.area_of(reading, report_id)
    annex = conflicts.annex_in_words(setting, form_page.stored_annex)
    values = form_page.filled_in() | {"place": report.place, "annex": annex}
    return page(
        request,
        "report.html",
        entry=entry,
        name=in_language(form_page.form.type.name, language),
        words=words_of(values, form_page.form, language).values(),
        counts=report.counts,
        is_computed=await receipt.is_computed(resources_of(request).figures, area_id, today),
        values=await receipt.values_of(reading, definitions, entry, area_id, language),
        history=await history_of(reading, person, report_id, form_page.form, language),
    )


@own_reports.get("/mina-rapporter/{id}/ratta", dependencies=[REPORTER])
async def show_correction(
    request: Request, reading: Reading, definitions: Definitions, today: Today, report_id: ReportId
) -> Response:
    """Show the form of a report, filled in as it is stored."""
    entry, form_page = await _form_page(request, reading, definitions, today, report_id)
    return show(request, form_page, {**form_page.filled_in(), "revision": str(entry["revision"])})


@own_reports.post("/mina-rapporter/{id}/ratta", dependencies=[REPORTER])
async def correct(
    request: Request, connection: Connection, definitions: LockedDefinitions, today: Today, report_id: ReportId
) -> Response:
    """Correct a report; where somebody else has done so meanwhile, show both and ask."""
    current = await changes.lock(connection, report_id, "*")
    entry, form_page = await _form_page(request, connection, definitions, today, report_id)
    sent = conflicts.chosen(sent_form(request), form_page)
    filled = await read_filled(connection, form_page, sent)
    activity = corrected(entry, filled.activity, form_page.form)
    if sent["revision"] != str(current.revision) and not filled.faults:
        return conflicts.ask(request, form_page, activity)
    references = resources_of(request).singleton(ReferenceCache)
    savepoint = await connection.begin_nested()
    try:
        await changes.correct(connection, references, definitions, today, report_id, current, activity, filled.faults)
    except InvalidActivity as error:
        await savepoint.rollback()
        return show(request, for_day(form_page, filled.day), sent_again(sent), error.violations, filled.near)
    return redirect(f"/mina-rapporter/{report_id}")


@own_reports.get("/mina-rapporter/{id}/ta-bort", dependencies=[REPORTER])
async def ask_to_take_back(
    request: Request, reading: Reading, definitions: Definitions, today: Today, report_id: ReportId
) -> Response:
    """Ask whether to take a report back, and say what follows."""
    return _removal(request, *await _form_page(request, reading, definitions, today, report_id))


@own_reports.post("/mina-rapporter/{id}/ta-bort", dependencies=[REPORTER])
async def take_back(
    request: Request, connection: Connection, definitions: LockedDefinitions, today: Today, report_id: ReportId
) -> Response:
    """Take a report back; where it has changed since it was looked at, ask again."""
    asked = await _form_page(request, connection, definitions, today, report_id)
    try:
        await changes.lock(connection, report_id, etag(_revision(sent_form(request)["revision"])))
    except StaleRevision:
        return _removal(request, *asked, is_changed=True)
    await changes.take_back(connection, report_id, today)
    return redirect("/mina-rapporter?borttagen=ja")


async def _form_page(
    request: Request, connection: AsyncConnection, definitions: Catalogue, today: date, report_id: UUID
) -> tuple[Entry, FormPage]:
    """Return a report that the person sees, and its form.

    Raises:
        UnknownActivity: there is none, or none that the person sees.
    """
    person, language = person_of(request), visit_of(request).language
    entry = await find_report(connection, person, report_id)
    setting = await setting_of(connection, person, definitions, today, language)
    return entry, await form_page_of(connection, setting, entry["type"], entry)


def _removal(request: Request, entry: Entry, form_page: FormPage, *, is_changed: bool = False) -> Response:
    return page(
        request,
        "report_removal.html",
        HTTPStatus.CONFLICT if is_changed else HTTPStatus.OK,
        entry=entry,
        name=in_language(form_page.form.type.name, form_page.setting.language),
        place=form_page.filled_in()["place"],
        is_changed=is_changed,
    )


def _revision(written: str) -> int:
    return int(written) if written.isascii() and written.isdigit() else 0

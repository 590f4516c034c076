"""`/ladda-upp`: a sheet is chosen, its proposal corrected, its rows tried, and taken."""

from __future__ import annotations

import hashlib
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Path, Request, Response

from services.api.http.dependencies import Connection, Today, resources_of
from services.api.http.problems import InflatedImport, InvalidImport
from services.api.imports import queries
from services.api.imports.proposals.reading import NoTable, SheetAnswers, media_type_of, survey_of
from services.api.pages.rendering import page, redirect, visit_of
from services.api.pages.routing import COORDINATOR, TAKES_FILE, page_router, person_of, sent_form
from services.api.pages.texts import translator
from services.api.pages.upload import trials
from services.api.pages.upload.correcting import corrections_in, faults_in, faults_of
from services.api.pages.upload.report import report_of
from services.api.pages.upload.sheet_form import answers_of, as_answers, corrections_of
from services.api.pages.upload.view import type_name, view_of
from services.api.pages.upload.work import Surveys, changing, upload_of, work_on
from shared.domain.errors import UnknownImport
from shared.domain.period import local_date
from shared.facts.uploads import (
    answer_upload,
    keep_upload,
    remove_upload,
    waiting_uploads,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import date

    from services.api.pages.upload.work import Work
    from shared.facts.uploads import Upload

uploads = page_router()

UploadId = Annotated[UUID, Path(alias="upload")]
_LONGEST_FILE_NAME = 120


@uploads.get("/ladda-upp", dependencies=[COORDINATOR])
async def show_start(request: Request) -> Response:
    """Show where a file is chosen, and those that wait."""
    return await _start(request)


@uploads.post("/ladda-upp", dependencies=[COORDINATOR, TAKES_FILE])
async def receive(request: Request) -> Response:
    """Keep a file that can be read. To see that may take long: no connection is held meanwhile."""
    surveys, person_id = resources_of(request).singleton(Surveys), person_of(request).person_id
    async with surveys.locks.of(str(person_id)):
        return await _receive(request, surveys, person_id)


async def _receive(request: Request, surveys: Surveys, person_id: UUID) -> Response:
    file, resources = sent_form(request).files.get("file"), resources_of(request)
    if file is None:
        return await _start(request, "noFile")
    content = await file.read()
    try:
        media_type = media_type_of(content)
        survey = await survey_of(_whole(content), media_type, resources.settings.limits)
    except NoTable as error:
        return await _start(request, error.reason)
    except InflatedImport:
        return await _start(request, "tooLarge")
    except InvalidImport:
        return await _start(request, "broken")
    async with resources.engine.begin() as connection:
        upload_id = await keep_upload(
            connection,
            person_id,
            file_name=(file.filename or "").replace("\\", "/").rpartition("/")[2][-_LONGEST_FILE_NAME:],
            media_type=media_type,
            digest=hashlib.sha256(content).digest(),
            content=content,
        )
    surveys.remember((upload_id, SheetAnswers()), survey)
    return redirect(f"/ladda-upp/{upload_id}")


@uploads.get("/ladda-upp/inlast/{importId}", dependencies=[COORDINATOR])
async def show_import(request: Request, import_id: Annotated[UUID, Path(alias="importId")]) -> Response:
    """Show what has become of a file that was taken."""
    # No connection is held while it is waited for.
    entry = await trials.wait_for(request, import_id)
    if entry is None or entry["dryRun"]:
        raise UnknownImport
    async with resources_of(request).reading.connect() as reading:
        remarks = await queries.first_refused(reading, import_id, trials.MOST_LISTED)
        removed, stayed = await queries.removal(reading, import_id)
    report = report_of(entry, remarks, visit_of(request).language)
    return page(request, "upload_done.html", report=report, removed=removed, stayed=stayed)


@uploads.get("/ladda-upp/{upload}", dependencies=[COORDINATOR])
async def show_proposal(request: Request, today: Today, upload_id: UploadId) -> Response:
    """Show what a file probably says."""
    upload = await upload_of(request, upload_id)
    if upload.import_id is not None:
        return redirect(f"/ladda-upp/inlast/{upload.import_id}")
    return _proposal(request, await work_on(request, upload, today))


@uploads.post("/ladda-upp/{upload}", dependencies=[COORDINATOR])
async def answer(request: Request, today: Today, upload_id: UploadId) -> Response:
    """Keep what was answered; try the file when nothing is open."""
    while True:
        upload = await upload_of(request, upload_id)
        if upload.import_id is not None:
            return redirect(f"/ladda-upp/inlast/{upload.import_id}")
        answers, is_about_page = answers_of(sent_form(request))
        if answers.get("sheet") == upload.answers.get("sheet"):
            answers |= as_answers(corrections_of(upload.answers))
        work = await work_on(request, upload, today, answers)
        async with changing(request, upload) as connection:
            if connection is None:
                continue
            await answer_upload(connection, upload_id, answers)
            if not is_about_page:
                return redirect(f"/ladda-upp/{upload_id}?omlast")
            if not work.proposal.is_settled:
                return _proposal(request, work, is_sent=True)
            await trials.queue(request, connection, upload, trials.mapping_for(work), is_trial=True)
            return redirect(f"/ladda-upp/{upload_id}/granska")


@uploads.get("/ladda-upp/{upload}/granska", dependencies=[COORDINATOR])
async def show_trial(request: Request, today: Today, upload_id: UploadId) -> Response:
    """Show what would become of each row."""
    upload = await upload_of(request, upload_id)
    if upload.import_id is not None:
        return redirect(f"/ladda-upp/inlast/{upload.import_id}")
    return await _trial(request, upload, today)


@uploads.post("/ladda-upp/{upload}/ratta", dependencies=[COORDINATOR])
async def correct(request: Request, today: Today, upload_id: UploadId) -> Response:
    """Keep what cells hold instead, and try the file again; the file stays as it was sent."""
    form, language = sent_form(request), visit_of(request).language
    while True:
        upload = await upload_of(request, upload_id)
        if upload.import_id is not None:
            return redirect(f"/ladda-upp/inlast/{upload.import_id}")
        former = await work_on(request, upload, today)
        faults = faults_in(form, language)
        corrections = {} if faults else corrections_in(form, former)
        faults = faults or faults_of(corrections, language)
        answers = {**former.answers, **as_answers(corrections)}
        is_changed = not faults and answers != former.answers
        work = await work_on(request, upload, today, answers) if is_changed else former
        if faults:
            return await _trial(request, upload, today, faults)
        if not is_changed:
            return redirect(f"/ladda-upp/{upload_id}/granska")
        async with changing(request, upload) as connection:
            if connection is None:
                continue
            await answer_upload(connection, upload_id, answers)
            if not work.proposal.is_settled:
                return redirect(f"/ladda-upp/{upload_id}")
            await trials.queue(request, connection, upload, trials.mapping_for(work), is_trial=True)
            return redirect(f"/ladda-upp/{upload_id}/granska")


async def _trial(request: Request, upload: Upload, today: date, faults: Sequence[tuple[str, str]] = ()) -> Response:
    """Show what would become of each row; with `faults`, of corrected cells, what was filled in."""
    language, upload_id = visit_of(request).language, upload.upload_id
    # No connection is held while it is waited for.
    entry = await trials.wait_for(request, upload.trial_id) if upload.trial_id else None
    if entry is None or upload.trial_id is None:
        return redirect(f"/ladda-upp/{upload_id}")
    work = await work_on(request, upload, today)
    async with resources_of(request).reading.connect() as reading:
        remarks = await queries.first_refused(reading, upload.trial_id, trials.MOST_LISTED)
        same = await trials.same_file(reading, upload)
    report = report_of(entry, remarks, language, work)
    lacking = await _lacking(request, work) if report.has_ended else []
    # A row that is refused is not known again: what is lacking may be that one.
    is_unsure, lacking = bool(lacking and report.faulty), [] if report.faulty else lacking
    offered = [row for row in lacking if row.may_go]
    return page(
        request,
        "upload_trial.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        report=report,
        faults=[*faults],
        typed=dict(sent_form(request).items()),
        corrections=corrections_of(work.answers),
        places=work.places.offered,
        upload=upload,
        name=trials.name_of(work),
        lacking=offered[: trials.MOST_OFFERED],
        not_offered=max(0, len(offered) - trials.MOST_OFFERED),
        newer=len(lacking) - len(offered),
        is_unsure=is_unsure,
        same=same,
        day_of=local_date,
        is_older=bool(lacking) and report.new == 0,
        type_name=partial(type_name, work, language),
    )


@uploads.post("/ladda-upp/{upload}/las-in", dependencies=[COORDINATOR])
async def take(request: Request, today: Today, upload_id: UploadId) -> Response:
    """Have a file imported that was tried, and then removed what it lacks and was chosen. Twice is once."""
    while True:
        upload = await upload_of(request, upload_id)
        if upload.import_id is not None:
            return redirect(f"/ladda-upp/inlast/{upload.import_id}")
        work = await work_on(request, upload, today)
        # What it was tried against may have changed since: a place that the sheet names is gone, or two are there.
        if upload.trial_id is None or not work.proposal.is_settled:
            return redirect(f"/ladda-upp/{upload_id}")
        removes = await _chosen(request, work)
        async with changing(request, upload) as connection:
            if connection is None:
                continue
            mapping = trials.mapping_for(work)
            import_id = await trials.queue(request, connection, upload, mapping, is_trial=False, removes=removes)
            return redirect(f"/ladda-upp/inlast/{import_id}")


@uploads.post("/ladda-upp/{upload}/ta-bort", dependencies=[COORDINATOR])
async def leave(request: Request, connection: Connection, upload_id: UploadId) -> Response:
    """Let go of a file that waits."""
    await remove_upload(connection, person_of(request).person_id, upload_id)
    return redirect("/ladda-upp")


async def _chosen(request: Request, work: Work) -> list[UUID]:
    """Return the activities that the file lacks and that were chosen."""
    chosen, trial = {*sent_form(request).every("remove")}, None
    if chosen and work.upload.trial_id:
        async with resources_of(request).reading.connect() as reading:
            trial = await trials.find(reading, work.upload.trial_id)
    lacking = await _lacking(request, work) if trial and not trial["refused"] else []
    return [row.activity_id for row in lacking if str(row.activity_id) in chosen]


async def _lacking(request: Request, work: Work) -> list[Any]:
    if work.proposal.measure is not None or work.proposal.days is None or not work.proposal.is_settled:
        return []
    return await trials.lacking(request, work.upload, trials.mapping_for(work), work.proposal.days)


async def _start(request: Request, fault: str | None = None) -> Response:
    person, t = person_of(request), translator(visit_of(request).language)
    faults = [("file", t(f"upload.fault.{fault}"))] if fault else []
    async with resources_of(request).reading.connect() as reading:
        waiting = await waiting_uploads(reading, person.person_id)
        imports = await trials.latest_imports(reading, person.person_id)
    return page(
        request,
        "upload.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        faults=faults,
        waiting=waiting,
        imports=imports,
        day_of=local_date,
    )


def _proposal(request: Request, work: Work, *, is_sent: bool = False) -> Response:
    language = visit_of(request).language
    view = view_of(work, language, translator(language))
    return page(
        request,
        "upload_sheet.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if is_sent else HTTPStatus.OK,
        view=view,
        questions=view.faults,
        faults=view.faults if is_sent else [],
        is_read_again="omlast" in request.query_params,
    )


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content

"""`/komma-igang`: which municipality, the template, what it would change, and what to do next."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import Path, Query, Request, Response
from starlette.background import BackgroundTask

from services.api.http.dependencies import (
    Definitions,
    Reading,
    Today,
    changing_structure,
    release,
    resources_of,
)
from services.api.http.threads import SHEET_THREAD
from services.api.pages.forms import LARGEST_FORM
from services.api.pages.people.mailing import mailer, send_invitations
from services.api.pages.rendering import HEADERS, page, redirect, visit_of
from services.api.pages.routing import ADMINISTRATOR, TAKES_FILE, page_router, sent_form
from services.api.pages.setup.choices import TemplateChoices
from services.api.pages.setup.differences import Names, changes_between
from services.api.pages.setup.filled_in import CellFault, FaultyTemplate, FilledTemplate, read_template
from services.api.pages.setup.stored import PARTS, around, municipalities, municipality_with, stored_of
from services.api.pages.setup.stored_rows import rows_of
from services.api.pages.setup.taking import Taking
from services.api.pages.setup.template import write_template
from services.api.pages.texts import translator
from shared.domain.codes import coded
from shared.files.media_types import XLSX
from shared.people import people
from shared.people.addresses import sign_in_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.api.pages.setup.inviting import NewPerson
    from services.api.pages.setup.stored import MunicipalityInSetup, Stored
    from services.api.pages.setup.taking import TemplateOutcome

setup = page_router()

Area = Annotated[str, Path(max_length=10)]

# Of bytes; the template as it is fetched has a fiftieth of it.
LARGEST_TEMPLATE = 2 * 1024 * 1024
_MEGABYTE = 1024 * 1024
# What the page of a preview carries leaves room for the form's other fields.
_MOST_CARRIED = LARGEST_FORM - 16 * 1024
MOST_FAULTS = 200


@setup.get("/komma-igang", dependencies=[ADMINISTRATOR])
async def choose_municipality(
    request: Request, reading: Reading, today: Today, code: Annotated[str, Query(alias="kommun", max_length=10)] = ""
) -> Response:
    """Ask which municipality is set up, of those that the visitor administers; lead on where that is known."""
    found = await municipalities(reading, today)
    chosen = found if len(found) == 1 else [one for one in found if one.code == code]
    if chosen:
        return redirect(f"/komma-igang/{chosen[0].code}")
    return page(request, "setup_choice.html", municipalities=found)


@setup.get("/komma-igang/{area}", dependencies=[ADMINISTRATOR])
async def show_setup(request: Request, reading: Reading, today: Today, area: Area) -> Response:
    """Show what a municipality has, where the template is fetched, and where it is uploaded."""
    municipality = await municipality_with(reading, area, today)
    return _upload_page(request, await _stored(reading, municipality))


@setup.get("/komma-igang/{area}/mall", dependencies=[ADMINISTRATOR])
async def fetch_template(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    today: Today,
    area: Area,
    filled_in: Annotated[str, Query(alias="ifylld", max_length=10)] = "",
) -> Response:
    """Answer with the template of a municipality, empty or filled in with what there is."""
    municipality = await municipality_with(reading, area, today)
    language = visit_of(request).language
    choices = TemplateChoices(definitions, await around(reading, municipality))
    rows = rows_of(await _stored(reading, municipality), choices, language) if filled_in else None
    content = await SHEET_THREAD.run(write_template, municipality.name, definitions, choices, language, rows)
    key = "setup.filledFileName" if filled_in else "setup.fileName"
    name = translator(language)(key, area=coded(municipality.name))
    disposition = f'attachment; filename="{name}"'
    return Response(
        content,
        media_type=XLSX,
        headers={**HEADERS, "Cache-Control": "no-store", "Content-Disposition": disposition},
    )


@setup.post("/komma-igang/{area}", dependencies=[ADMINISTRATOR, TAKES_FILE])
async def preview(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    today: Today,
    area: Area,
) -> Response:
    """Show what a filled-in template would change, or what is wrong with it; nothing is stored."""
    municipality = await municipality_with(reading, area, today)
    choices = TemplateChoices(definitions, await around(reading, municipality))
    await release(reading)
    try:
        filled = await _read(request, municipality, choices)
    except FaultyTemplate as error:
        return await _refused(request, municipality, error.faults)
    taking = Taking(resources_of(request).catalogue, municipality, filled, today, visit_of(request).language)
    async with changing_structure(request) as connection:
        outcome = await taking.run(connection)
    return _preview_page(request, outcome, filled, Names(definitions, choices, taking.language))


@setup.get("/komma-igang/{area}/spara", dependencies=[ADMINISTRATOR])
async def show_setup_again(area: Area) -> Response:
    """Lead on who comes to the address of the form by another way."""
    return redirect(f"/komma-igang/{area}")


@setup.post("/komma-igang/{area}/spara", dependencies=[ADMINISTRATOR])
async def save(
    request: Request,
    reading: Reading,
    definitions: Definitions,
    today: Today,
    area: Area,
) -> Response:
    """Store all that was previewed, or say what has changed since; the links of who was invited are shown once."""
    municipality = await municipality_with(reading, area, today)
    await release(reading)
    sent, language = sent_form(request), visit_of(request).language
    try:
        filled = await SHEET_THREAD.run(FilledTemplate.from_carried, sent["content"])
    except ValueError:
        t = translator(language)
        faults = [CellFault(t("setup.whereFile"), t("setup.fault.noFile"))]
        return await _refused(request, municipality, faults)
    taking = Taking(resources_of(request).catalogue, municipality, filled, today, language, sent["seen"])
    async with changing_structure(request) as connection:
        outcome = await taking.run(connection)
    if outcome.faults or outcome.has_changed:
        choices = TemplateChoices(definitions, outcome.before.around)
        return _preview_page(request, outcome, filled, Names(definitions, choices, language))
    if not outcome.people:
        return redirect(f"/komma-igang/{municipality.code}/klart")
    return _done_page(request, outcome.after, outcome.people)


@setup.get("/komma-igang/{area}/klart", dependencies=[ADMINISTRATOR])
async def show_next(request: Request, reading: Reading, today: Today, area: Area) -> Response:
    """Show what a municipality now has, and what to do next."""
    municipality = await municipality_with(reading, area, today)
    return _done_page(request, await _stored(reading, municipality))


async def _stored(reading: Reading, municipality: MunicipalityInSetup) -> Stored:
    return await stored_of(reading, municipality, await reading.run_sync(people.listed))


async def _read(request: Request, municipality: MunicipalityInSetup, choices: TemplateChoices) -> FilledTemplate:
    """Return the template that was sent.

    Raises:
        FaultyTemplate: there is none, or it cannot be read.
    """
    t, file = translator(visit_of(request).language), sent_form(request).files.get("file")
    where = t("setup.whereFile")
    if file is None:
        raise FaultyTemplate([CellFault(where, t("setup.fault.noFile"))])
    if (file.size or 0) > LARGEST_TEMPLATE:
        raise FaultyTemplate([CellFault(where, t("setup.fault.tooLarge", most=LARGEST_TEMPLATE // _MEGABYTE))])
    filled = await SHEET_THREAD.run(read_template, file.file, municipality.name, choices, t)
    if len(filled.carried()) > _MOST_CARRIED:
        raise FaultyTemplate([CellFault(where, t("setup.fault.tooMuch"))])
    return filled


async def _refused(request: Request, municipality: MunicipalityInSetup, faults: Sequence[CellFault]) -> Response:
    async with resources_of(request).reading.connect() as reading:
        return _upload_page(request, await _stored(reading, municipality), faults)


def _upload_page(request: Request, stored: Stored, faults: Sequence[CellFault] = ()) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    return page(
        request,
        "setup.html",
        status,
        municipality=stored.municipality,
        counts=_counts(stored),
        faults=faults[:MOST_FAULTS],
        total=len(faults),
        most=LARGEST_TEMPLATE // _MEGABYTE,
    )


def _preview_page(request: Request, outcome: TemplateOutcome, filled: FilledTemplate, names: Names) -> Response:
    if outcome.faults:
        return _upload_page(request, outcome.before, [*outcome.faults.values()])
    changes = changes_between(outcome.before, outcome.after, names)
    return page(
        request,
        "setup_preview.html",
        HTTPStatus.CONFLICT if outcome.has_changed else HTTPStatus.OK,
        municipality=outcome.before.municipality,
        changes=changes,
        is_new=any(one.named() for one in changes),
        examples=filled.examples,
        content=filled.carried(),
        seen=outcome.before.digest,
        has_changed=outcome.has_changed,
    )


def _done_page(request: Request, stored: Stored, invited: Sequence[NewPerson] = ()) -> Response:
    settings = resources_of(request).settings
    links = [(one.email, one.name, sign_in_address(settings.public_url, one.token)) for one in invited]
    sender = mailer(settings) if links else None
    answer = page(
        request,
        "setup_done.html",
        municipality=stored.municipality,
        counts=_counts(stored),
        links=links,
        is_mailed=sender is not None,
    )
    if sender is not None:
        mails = [(email, link) for email, _, link in links]
        # After the answer, and so after the links are committed.
        answer.background = BackgroundTask(send_invitations, sender, mails, stored.municipality.name)
    return answer


def _counts(stored: Stored) -> list[tuple[str, int]]:
    """Return how many there are of each part of which there are any."""
    return [(part, number) for part in PARTS if (number := len(stored.items(part)))]

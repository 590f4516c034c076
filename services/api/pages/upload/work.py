"""A file that waits, with what it probably says: read once, compared with what the municipality has, and answered."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.api.http.dependencies import resources_of
from services.api.http.responses import Page
from services.api.http.slots import ClientLocks
from services.api.http.threads import SHEET_THREAD
from services.api.imports.mappings.queries import content_of, entries
from services.api.imports.proposals.context import Answers, Context, KnownAnnex, KnownPlace
from services.api.imports.proposals.former import answers_of as former_answers
from services.api.imports.proposals.former import fits
from services.api.imports.proposals.proposal import SheetProposal
from services.api.imports.proposals.reading import SheetAnswers, Survey, survey_of
from services.api.imports.proposals.sheet_proposal import propose
from services.api.pages.rendering import visit_of
from services.api.pages.reporting.form_pages import setting_of
from services.api.pages.reporting.places import places_of
from services.api.pages.routing import person_of
from services.api.pages.texts import translator
from services.api.pages.upload.sheet_form import sheet_answers
from shared.domain.errors import UnknownUpload
from shared.domain.wording import in_language
from shared.facts.uploads import find_upload, lock_upload, pieces_of
from shared.people.roles import coordinated_areas

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import date
    from uuid import UUID

    from fastapi import Request
    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.http.dependencies import Resources
    from services.api.imports.proposals.sheets import Sheet
    from services.api.pages.reporting.form_pages import ReportingSetting
    from services.api.pages.reporting.places import ReportingPlaces
    from shared.facts.uploads import Upload

# Files that were looked at last: a page is shown, answered and shown again.
MOST_REMEMBERED = 4
_MOST_MAPPINGS = 200


class Surveys:
    """What the files look like that were asked for last. Of each person one is read at a time: others wait for it."""

    def __init__(self) -> None:
        self.locks = ClientLocks()
        self._known: OrderedDict[tuple[UUID, SheetAnswers], Survey] = OrderedDict()

    async def of(self, resources: Resources, upload: Upload, answers: SheetAnswers, client: str) -> Survey:
        """Return what a file looks like, with the sheet and the rows that were chosen.

        To read it may take long, and wait for others' files: whoever asks holds no connection.

        Raises:
            NoTable: it says nothing.
            InvalidImport: it cannot be read.
        """
        key = self._key(upload.upload_id, answers)
        async with self.locks.of(client):
            survey = self._known.get(key)
            if survey is None:
                pieces = pieces_of(resources.reading, upload)
                survey = await survey_of(pieces, upload.media_type, resources.settings.limits, answers)
            return self.remember(key, survey)

    def remember(self, key: tuple[UUID, SheetAnswers], survey: Survey) -> Survey:
        """Remember what a file looks like, and return it."""
        self._known[key] = survey
        self._known.move_to_end(key)
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return survey

    def _key(self, upload_id: UUID, answers: SheetAnswers) -> tuple[UUID, SheetAnswers]:
        """Return what a survey is remembered by: where the answers are what was found out, by that one."""
        found_out = self._known.get((upload_id, SheetAnswers()))
        if found_out is not None:
            sheet = found_out.chosen(answers)
            if answers == SheetAnswers(sheet.name, sheet.header.row, sheet.last_row):
                return upload_id, SheetAnswers()
        return upload_id, answers


@dataclass(frozen=True, slots=True)
class Work:
    """A file that waits, what is known, and what the file says given the answers.

    `former` is what people call the sheet that the same columns were read of before.
    """

    upload: Upload
    setting: ReportingSetting
    places: ReportingPlaces
    known: Context
    survey: Survey
    answers: Mapping[str, str]
    proposal: SheetProposal
    former: str | None = None


async def upload_of(request: Request, upload_id: UUID) -> Upload:
    """Return a file of the visitor's.

    Raises:
        UnknownUpload: there is none, or none any more.
    """
    async with resources_of(request).reading.connect() as connection:
        upload = await find_upload(connection, person_of(request).person_id, upload_id)
    if upload is None:
        raise UnknownUpload
    return upload


@asynccontextmanager
async def changing(request: Request, upload: Upload) -> AsyncIterator[AsyncConnection | None]:
    """Yield a connection on which a file is locked, until what is done on it is committed as this ends.

    Yields None where the file is not as it was read any more: what has been judged since is void. So a file is judged
    while nobody waits for it.
    """
    async with resources_of(request).engine.begin() as connection:
        is_same = await lock_upload(connection, person_of(request).person_id, upload.upload_id) == upload
        yield connection if is_same else None


async def work_on(request: Request, upload: Upload, today: date, answers: Mapping[str, str] | None = None) -> Work:
    """Return a file with what it says by some answers; without any by those that are kept, or by an earlier sheet's.

    Raises:
        NoTable: the file says nothing.
        InvalidImport: it cannot be read.
    """
    person, language = person_of(request), visit_of(request).language
    given = dict(upload.answers if answers is None else answers)
    resources = resources_of(request)
    surveys, asked, client = resources.singleton(Surveys), sheet_answers(given), str(person.person_id)
    survey = await surveys.of(resources, upload, asked, client)
    sheet = survey.chosen(asked)
    former = None
    async with resources.reading.connect() as connection:
        catalogue = await resources.catalogue.current(connection)
        setting = await setting_of(connection, person, catalogue, today, language)
        areas = coordinated_areas(person.roles)
        places = await places_of(connection, areas, (), setting.day, translator(language))
        if not given:
            former, given = await _former(connection, sheet, today)
    known = _context(setting, places)
    async with surveys.locks.of(client):
        proposal = await SHEET_THREAD.run(propose, sheet, known, Answers(given), upload.file_name)
    return Work(upload, setting, places, known, survey, given, proposal, former)


def _context(setting: ReportingSetting, places: ReportingPlaces) -> Context:
    return Context(
        {one.code: one for one in setting.types()},
        [KnownPlace(one.code, one.name, one.label, one.place_kind) for one in places.all],
        [KnownAnnex(one.code, one.title, one.first, one.last, one.types) for one in setting.annexes],
        setting.today,
        _measures(setting),
    )


def _measures(setting: ReportingSetting) -> dict[str, str]:
    """Return the measures of one value for an area and a period, with what their first indicator is called.

    Crimes have codes, and come from the authority that counts them.
    """
    found = {}
    for measure, indicators in setting.catalogue.measures.items():
        if not any(one.observes and one.observes.codes for one in indicators):
            found[measure] = in_language(indicators[0].name, setting.language)
    return found


async def _former(connection: AsyncConnection, sheet: Sheet, today: date) -> tuple[str | None, dict[str, str]]:
    """Return what an earlier sheet with the same columns is called, and what was answered about it."""
    for entry in await entries(connection, Page(1, _MOST_MAPPINGS)):
        mapping = content_of(entry)
        if mapping.name and fits(mapping, sheet):
            return mapping.name, former_answers(mapping, sheet, today)
    return None, {}

"""Writes, changes and removes comments, for who coordinates an area and who answers for an annex."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Request, Response

from services.api.http.dependencies import Connection, Definitions, Reading, Today
from services.api.notes import queries
from services.api.notes.schemas import LONGEST_TEXT
from services.api.pages.agreement.annexes import annexes_with, may_comment, row_of
from services.api.pages.agreement.choice import OVERVIEW, Chosen
from services.api.pages.agreement.indicator_page import Series, show_indicator_page
from services.api.pages.agreement.view import View, Viewed, view_of
from services.api.pages.faults import FieldFault, text_of
from services.api.pages.rendering import page, redirect
from services.api.pages.routing import REPORTER, missing_role, page_router, person_of, sent_form
from services.api.pages.texts import translator
from shared.domain.errors import InvalidNote, UnknownNote
from shared.domain.period import Period
from shared.domain.wording import in_language
from shared.facts.notes import Note, erase_note, rewrite_note, write_note
from shared.wording.dates import period_in_words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

commenting = page_router()

CommentId = Annotated[str, Path(alias="comment", max_length=36)]


@dataclass(frozen=True, slots=True)
class About:
    """A comment as it is stored, and the view of the year that it is about."""

    view: View
    entry: dict[str, Any]

    @property
    def indicator_address(self) -> str:
        """Where its indicator has its comments; of one that is not in the year's tables, where these are."""
        annexes = annexes_with(self.view.content, self.entry["indicator"])
        rows = (row for annex in annexes for row in annex.table.rows if row.indicator == self.entry["indicator"])
        row = next(rows, None)
        if row is None:
            return self.view.choice.address()
        return f"{self.view.choice.address(f'/indikatorer/{row.indicator}~{row.slice}')}#kommentarer"


async def commented(
    request: Request, reading: Reading, definitions: Definitions, today: Today, choice: Chosen, comment: CommentId
) -> About:
    """Return the comment that an address names.

    Raises:
        UnknownNote: there is none that the visitor sees.
        MissingScope: it is not theirs to change.
    """
    entry = await _find(reading, comment)
    period = Period.parse(entry["period"])
    view = await view_of(request, reading, definitions, today, choice.of_area(entry["area"]).at(period.start.year))
    _refuse_others(view, entry["indicator"])
    return About(view, entry)


Commented = Annotated[About, Depends(commented, scope="function")]


@commenting.post(f"{OVERVIEW}/indikatorer/{{series}}", dependencies=[REPORTER])
async def write_comment(view: Viewed, connection: Connection, series: Series) -> Response:
    """Write a comment on an indicator's value of a period of the year."""
    indicator, form = row_of(view.content, series).indicator, sent_form(view.request)
    _refuse_others(view, indicator)
    filled = {"period": form["period"], "text": form["text"].strip()}
    if filled["period"] not in {column.period.code for column in view.content.tables.columns}:
        missing = [("period", translator(view.language)("comment.noPeriod"))]
        return await show_indicator_page(view, series, filled, [*missing, *_faults_of(view, filled["text"])])
    note = _note(view, indicator, filled["period"], filled["text"])
    faults = _faults_of(view, note.text) or await _faults_in_storing(
        view, write_note(connection, note, view.definitions.indicators, view.today)
    )
    if faults:
        return await show_indicator_page(view, series, filled, faults)
    return redirect(f"{view.choice.address(f'/indikatorer/{series}')}#kommentarer")


@commenting.get(f"{OVERVIEW}/kommentarer/{{comment}}", dependencies=[REPORTER])
async def show_comment(about: Commented) -> Response:
    """Show a comment, to be changed."""
    return _comment_page(about, about.entry["text"])


@commenting.post(f"{OVERVIEW}/kommentarer/{{comment}}", dependencies=[REPORTER])
async def change_comment(about: Commented, connection: Connection) -> Response:
    """Change a comment, unless somebody else has changed it meanwhile."""
    view, entry, text = about.view, about.entry, sent_form(about.view.request)["text"].strip()
    if latest := await _changed_meanwhile(about, connection):
        return _comment_page(replace(about, entry=latest), text, is_changed=True)
    note = _note(view, entry["indicator"], entry["period"], text)
    storing = rewrite_note(connection, entry["id"], note, view.definitions.indicators, view.today)
    faults = _faults_of(view, text) or await _faults_in_storing(view, storing)
    return _comment_page(about, text, faults) if faults else redirect(about.indicator_address)


@commenting.get(f"{OVERVIEW}/kommentarer/{{comment}}/ta-bort", dependencies=[REPORTER])
async def show_removal(about: Commented) -> Response:
    """Ask whether a comment is to be removed."""
    return _page_about(about, "agreement_comment_removal.html", HTTPStatus.OK, is_changed=False)


@commenting.post(f"{OVERVIEW}/kommentarer/{{comment}}/ta-bort", dependencies=[REPORTER])
async def remove_comment(about: Commented, connection: Connection) -> Response:
    """Remove a comment, unless somebody else has changed it meanwhile."""
    if latest := await _changed_meanwhile(about, connection):
        changed = replace(about, entry=latest)
        return _page_about(changed, "agreement_comment_removal.html", HTTPStatus.CONFLICT, is_changed=True)
    await erase_note(connection, about.entry["id"])
    return redirect(about.indicator_address)


async def _changed_meanwhile(about: About, connection: AsyncConnection) -> dict[str, Any] | None:
    """Keep others from changing a comment; return it as it is now, where that is not what the form was made for."""
    revision = await queries.lock(connection, about.entry["id"])
    if str(revision) == sent_form(about.view.request)["revision"]:
        return None
    return await _find(connection, str(about.entry["id"]))


def _refuse_others(view: View, indicator: str) -> None:
    if not may_comment(view.visitor, view.content, indicator):
        raise missing_role()


async def _find(connection: AsyncConnection, comment: str) -> dict[str, Any]:
    try:
        entry = await queries.find(connection, UUID(comment))
    except ValueError:
        entry = None
    if entry is None:
        raise UnknownNote
    return entry


def _note(view: View, indicator: str, period: str, text: str) -> Note:
    """Return a comment as the API stores it, written by who is signed in as the audit trail names them."""
    author = person_of(view.request).actor_id
    return Note(indicator, view.content.area.code, period, view.today, text, author)


def _faults_of(view: View, text: str) -> list[FieldFault]:
    t = translator(view.language)
    if not text:
        return [("text", t("comment.empty"))]
    return [("text", t("comment.long", most=LONGEST_TEXT))] if len(text) > LONGEST_TEXT else []


async def _faults_in_storing(view: View, storing: Awaitable[object]) -> list[FieldFault]:
    """Store a comment; return what is wrong with it, where it cannot be."""
    try:
        await storing
    except InvalidNote as error:
        t = translator(view.language)
        return [
            (one.field if one.field == "period" else "text", text_of(one, view.language, t)) for one in error.violations
        ]
    return []


def _comment_page(about: About, text: str, faults: Sequence[FieldFault] = (), *, is_changed: bool = False) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.CONFLICT if is_changed else HTTPStatus.OK
    return _page_about(about, "agreement_comment.html", status, text=text, faults=faults, is_changed=is_changed)


def _page_about(about: About, template: str, status: HTTPStatus, **values: object) -> Response:
    view, entry = about.view, about.entry
    return page(
        view.request,
        template,
        status,
        content=view.content,
        choice=view.choice,
        entry=entry,
        name=in_language(view.definitions.indicators[entry["indicator"]].name, view.language),
        period=period_in_words(Period.parse(entry["period"]), view.language),
        **values,
    )

"""A comment is removed wherever it is kept, with a reason, by who administers its area."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Path, Request, Response

from services.api.http.dependencies import Connection
from services.api.notes.removal_schemas import LONGEST_REASON
from services.api.pages.closing.comments import CommentLine, comment_to_remove
from services.api.pages.closing.periods import OF_PERIOD
from services.api.pages.closing.routes import Looking, RevisionNumber, asked_of
from services.api.pages.faults import FieldFault, refusal_text
from services.api.pages.rendering import page, redirect, visit_of
from services.api.pages.routing import ADMINISTRATOR, page_router, person_of, sent_form
from services.api.pages.texts import translator
from shared.closing.note_removals import remove_note_everywhere
from shared.closing.reading import revision_of
from shared.domain.errors import InvalidNote, UnknownNote

if TYPE_CHECKING:
    from collections.abc import Sequence

comment_removals = page_router()

REMOVAL = f"{OF_PERIOD}/kommentarer/{{revision}}/{{comment}}/ta-bort"


@dataclass(frozen=True, slots=True)
class Found:
    """A comment that is asked about, and the address of the page that it is on."""

    line: CommentLine
    back: str


async def found_comment(
    looking: Looking, revision: RevisionNumber, comment: Annotated[str, Path(max_length=36)]
) -> Found:
    """Return the comment that an address names.

    Raises:
        UnknownAgreementPeriod: the period has no such revision.
        UnknownNote: the revision has no such comment that the visitor may remove.
    """
    looked, asked = looking.looked, await asked_of(looking, 1)
    number = revision_of(looked.found, revision)
    try:
        place = number, UUID(comment)
    except ValueError:
        raise UnknownNote("No note has this id.") from None
    line = await comment_to_remove(looking.connection, looking.definitions, looked, asked, place)
    return Found(line, f"{looked.address}/kommentarer/{number}")


FoundComment = Annotated[Found, Depends(found_comment, scope="function")]


@comment_removals.get(REMOVAL, dependencies=[ADMINISTRATOR])
async def show_removal_of_comment(request: Request, found: FoundComment) -> Response:
    """Ask why a comment is to be removed wherever it is kept."""
    return _page(request, found)


@comment_removals.post(REMOVAL, dependencies=[ADMINISTRATOR])
async def remove_comment(request: Request, connection: Connection, found: FoundComment) -> Response:
    """Remove a comment wherever it is kept, for a reason."""
    reason, language = sent_form(request)["reason"], visit_of(request).language
    if len(reason) > LONGEST_REASON:
        return _page(request, found, [("reason", translator(language)("form.tooLong", most=LONGEST_REASON))])
    try:
        await remove_note_everywhere(connection, found.line.comment_id, reason, person_of(request).actor_id)
    except InvalidNote as error:
        return _page(request, found, [(one.field, refusal_text(one, language)) for one in error.violations])
    return redirect(found.back)


def _page(request: Request, found: Found, faults: Sequence[FieldFault] = ()) -> Response:
    return page(
        request,
        "closing_comment_removal.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        back=found.back,
        comment=found.line,
        faults=faults,
        reason=sent_form(request)["reason"],
        longest_reason=LONGEST_REASON,
    )

"""What the page of a revision's comments shows: as they were when the period was closed, and what came after that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.api.http.responses import Page
from services.api.notes.queries import Entry, NoteFilter, closed_content_of, count, entries
from services.api.pages.area_names import area_names
from services.api.pages.closing.content import ON_A_PAGE, names_when_closed
from services.api.pages.own_reports.history import actor_in_words
from shared.closing.note_removals import removal_in_words
from shared.closing.notes import closed_notes, count_closed_notes
from shared.closing.periods import ClosingState
from shared.closing.reading import ALL, EntryQuery
from shared.db.codes import find_area_ids
from shared.domain.errors import UnknownNote
from shared.domain.period import Period
from shared.domain.wording import in_language
from shared.wording.dates import period_in_words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.closing.content import ClosingVisit
    from services.api.pages.closing.periods import Looked
    from shared.catalogue.loader import Catalogue


@dataclass(frozen=True, slots=True)
class CommentLine:
    """A comment, on the value of what, where and when, all in words; who wrote it last, and on which day.

    Of one that has been removed the text says when and why. `may_remove` where the visitor may remove it wherever it is
    kept.
    """

    comment_id: UUID
    name: str
    area: str
    period: str
    text: str
    who: str
    on: date
    may_remove: bool


@dataclass(frozen=True, slots=True)
class RevisionComments:
    """A page of a revision's comments, of how many in all; `later` came after it, of the last revision alone."""

    period: str
    revision: int
    lines: tuple[CommentLine, ...]
    total: int
    number: int
    later: tuple[CommentLine, ...]

    @property
    def has_more(self) -> bool:
        """Whether there are further ones."""
        return self.total > self.number * ON_A_PAGE


async def comments_of_revision(
    connection: AsyncConnection,
    catalogue: Catalogue,
    looked: Looked,
    asked: ClosingVisit,
    revision: int,
    most: int = ON_A_PAGE,
) -> RevisionComments:
    """Return what somebody sees of a revision's comments, so many on a page."""
    found, wanted = looked.found, EntryQuery(most, most * (asked.number - 1))
    copies = [closed_content_of(row) for row in await closed_notes(connection, found, revision, wanted)]
    later: Sequence[Entry] = []
    if found.state is ClosingState.CLOSED and revision == found.revision:
        after = NoteFilter(after_closing_of=found.id)
        later = await entries(connection, after, Page(1, await count(connection, after)))
    areas = await area_names(connection, {one["area"] for one in (*copies, *later)}, asked.language)
    names = {code: in_language(one.name, asked.language) for code, one in catalogue.indicators.items()}
    gone = await names_when_closed(connection, found, revision)
    names = {code: in_language(name, asked.language) for code, name in gone.items()} | names
    own = await _administered(connection, areas, asked)
    return RevisionComments(
        period_in_words(found.period, asked.language),
        revision,
        tuple(_line(one, names, areas, asked, own) for one in copies),
        await count_closed_notes(connection, found, revision, wanted),
        asked.number,
        tuple(_line(one, names, areas, asked, own) for one in later),
    )


async def comment_to_remove(
    connection: AsyncConnection, catalogue: Catalogue, looked: Looked, asked: ClosingVisit, place: tuple[int, UUID]
) -> CommentLine:
    """Return the comment on the page of a revision, by both their numbers, that the visitor may remove.

    Raises:
        UnknownNote: there is none.
    """
    revision, comment_id = place
    comments = await comments_of_revision(connection, catalogue, looked, asked, revision, most=ALL)
    lines = (*comments.lines, *comments.later)
    found = next((one for one in lines if one.comment_id == comment_id and one.may_remove), None)
    if found is None:
        raise UnknownNote("No note has this id.")
    return found


async def _administered(connection: AsyncConnection, areas: Collection[str], asked: ClosingVisit) -> set[str]:
    """Return which of some areas, by their codes, the visitor administers."""
    ids = await find_area_ids(connection, areas)
    return {code for code, area_id in ids.items() if area_id in asked.administers.writes}


def _line(
    entry: Entry, names: Mapping[str, str], areas: Mapping[str, str], asked: ClosingVisit, administered: Collection[str]
) -> CommentLine:
    # Of people the name is the id as well.
    author, said = entry["writtenBy"], entry["text"]
    if said is None:
        said = removal_in_words(entry["removedAt"], entry["removalReason"], asked.language)
    return CommentLine(
        entry["id"],
        names.get(entry["indicator"], entry["indicator"]),
        areas[entry["area"]],
        period_in_words(Period.parse(entry["period"]), asked.language),
        said,
        actor_in_words(author, author, asked.person, asked.language),
        entry["notedOn"],
        entry["text"] is not None and entry["area"] in administered,
    )

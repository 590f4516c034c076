"""What the page of a revision's comments shows: as they were when the period was closed, and what came after that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.api.http.responses import Page
from services.api.notes.queries import Entry, Filter, content_of, count, entries
from services.api.pages.area_names import area_names
from services.api.pages.closing.content import ON_A_PAGE, names_when_closed
from services.api.pages.own_reports.history import actor_in_words
from shared.closing.notes import closed_notes, count_closed_notes
from shared.closing.periods import State
from shared.closing.reading import Part
from shared.domain.period import Period
from shared.domain.wording import in_language
from shared.wording.dates import period_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.closing.content import Asked
    from services.api.pages.closing.periods import Looked
    from shared.catalogue.loader import Catalogue


@dataclass(frozen=True, slots=True)
class CommentLine:
    """A comment, on the value of what, where and when, all in words; who wrote it last, and on which day."""

    name: str
    area: str
    period: str
    text: str
    who: str
    on: date


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
    connection: AsyncConnection, catalogue: Catalogue, looked: Looked, asked: Asked, revision: int
) -> RevisionComments:
    """Return what somebody sees of a revision's comments."""
    found, part = looked.found, Part(ON_A_PAGE, ON_A_PAGE * (asked.number - 1))
    copies = [content_of(row) for row in await closed_notes(connection, found, revision, part)]
    later: Sequence[Entry] = []
    if found.state is State.CLOSED and revision == found.revision:
        after = Filter(after_closing_of=found.id)
        later = await entries(connection, after, Page(1, await count(connection, after)))
    areas = await area_names(connection, {one["area"] for one in (*copies, *later)}, asked.language)
    names = {code: in_language(one.name, asked.language) for code, one in catalogue.indicators.items()}
    gone = await names_when_closed(connection, found, revision)
    names = {code: in_language(name, asked.language) for code, name in gone.items()} | names
    return RevisionComments(
        period_in_words(found.period, asked.language),
        revision,
        tuple(_line(one, names, areas, asked) for one in copies),
        await count_closed_notes(connection, found, revision, part),
        asked.number,
        tuple(_line(one, names, areas, asked) for one in later),
    )


def _line(entry: Entry, names: Mapping[str, str], areas: Mapping[str, str], asked: Asked) -> CommentLine:
    # Of people the name is the id as well.
    author = entry["writtenBy"]
    return CommentLine(
        names.get(entry["indicator"], entry["indicator"]),
        areas[entry["area"]],
        period_in_words(Period.parse(entry["period"]), asked.language),
        entry["text"],
        actor_in_words(author, author, asked.person, asked.language),
        entry["notedOn"],
    )

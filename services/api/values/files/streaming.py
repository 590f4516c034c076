"""Values from PostgreSQL to the client, a batch at a time: neither side is ahead of the other by more than that."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from services.api.http.files import FileInPieces
from services.api.values import queries
from services.api.values.following import Following, following
from services.api.values.names import names_of_values
from services.api.values.queries import AREA, INDICATOR, SLICE, UNIT
from services.api.values.selection import catalogue_with

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from datetime import date

    from psycopg import AsyncConnection

    from services.api.http.dependencies import Resources
    from services.api.values.files.writers import TableWriter
    from services.api.values.queries import ValueFilter
    from shared.domain.activity_type import Wording

ROWS_IN_BATCH = 2_000
FOLLOWING = "Samverkan-Following"


class ValueFile(FileInPieces):
    """A file of values. What was to follow when it was read is told by the header `Samverkan-Following`."""

    def __init__(self, pieces: AsyncGenerator[bytes], media_type: str, name: str, followed_by: Following) -> None:
        super().__init__(pieces, media_type, name, {FOLLOWING: followed_by})


@dataclass(slots=True)
class Snapshot:
    """The moment as of which a file is read; what was to follow is known once the first piece has come."""

    today: date
    followed_by: Following = Following.FIGURES


async def pieces_of(
    resources: Resources, asked: ValueFilter, writer: TableWriter, names: Sequence[str], snapshot: Snapshot
) -> AsyncGenerator[bytes]:
    """Yield a file piece by piece, first an empty one, once it is known what follows the snapshot that is read.

    Rows are written in a thread: other requests are answered meanwhile.
    """
    async with resources.figures.connection() as connection, connection.transaction():
        await connection.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        snapshot.followed_by = await following(connection, asked, snapshot.today)
        yield b""
        named = Named(resources, connection, names)
        async with aclosing(queries.batches(connection, asked, ROWS_IN_BATCH)) as batches:
            async for batch in batches:
                rows = await named.rows(batch) if names else batch
                if piece := await asyncio.to_thread(writer.add, rows):
                    yield piece
    pieces = writer.finish()
    while rest := await asyncio.to_thread(next, pieces, b""):
        yield rest


@dataclass(slots=True)
class Named:
    """Adds names to rows, and remembers those of areas: there are many more values than areas."""

    resources: Resources
    connection: AsyncConnection
    names: Sequence[str]
    areas: dict[str, Wording] = field(default_factory=dict)

    async def rows(self, batch: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """Return the rows, each with its names behind it."""
        catalogue = await catalogue_with(self.resources, {row[INDICATOR] for row in batch})
        keys = [(row[INDICATOR], row[SLICE], row[AREA], row[UNIT]) for row in batch]
        named = await names_of_values(self.connection, catalogue, {*keys}, self.areas)
        found = {
            key: [wording.model_dump() for name, wording in names.items() if name in self.names]
            for key, names in named.items()
        }
        return [(*row, *found[key]) for row, key in zip(batch, keys, strict=True)]

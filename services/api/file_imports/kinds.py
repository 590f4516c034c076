"""What an import must know of the records that its rows become."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.file_imports.columns import Reading
from services.api.import_mappings.fields import Makes
from shared.catalogue.loader import Catalogue
from shared.domain.errors import Violation
from shared.facts.record import Outcome

# What was read of a row, as far as its form is sound; a fact that can be recorded; what references stand for.
D = TypeVar("D")
F = TypeVar("F")
K = TypeVar("K")


class Kind(Protocol[D, F, K]):
    """One kind of record: how it is read, judged and recorded."""

    @property
    def makes(self) -> Makes:
        """What a row becomes."""

    @property
    def noun(self) -> str:
        """The resource of its imports."""

    @property
    def key_field(self) -> tuple[str, str]:
        """The field that tells two rows of one record apart from others, and what makes them one, in words."""

    @property
    def outdated(self) -> tuple[str, str, str]:
        """The field, reason and remedy of a row that gives way to what is kept."""

    async def reading(self, connection: AsyncConnection, catalogue: Catalogue, named: Iterable[str]) -> Reading:
        """Return how cells are read; areas of the kinds `named` are read by name."""

    def from_cells(self, document: dict[str, Any], faults: Sequence[Violation]) -> D:
        """Read what the cells of a row say; `faults` are what is known already of fields that it lacks."""

    def from_json(self, sent: object) -> D:
        """Read one record from a JSON value."""

    def nothing_known(self) -> K:
        """Return no references at all."""

    async def look_up(self, connection: AsyncConnection, drafts: Sequence[D], known: K) -> K:
        """Return references that have those of the drafts: the known ones, or others if the structure has changed.

        Until the transaction ends, what they stand for stays as it was found.
        """

    def judge(self, draft: D, known: K, catalogue: Catalogue, today: date, row: int) -> F | list[Violation]:
        """Return the draft as a fact, or everything that is wrong with it."""

    def key(self, fact: F) -> tuple[object, ...]:
        """Return what a fact is found again by."""

    def is_older(self, fact: F, other: F) -> bool:
        """Tell whether a row says of itself that it must not replace the other; as the database compares them."""

    async def record(
        self,
        connection: AsyncConnection,
        facts: Sequence[tuple[int, F]],
        import_id: UUID,
        catalogue: Catalogue,
        today: date,
        sent: asyncio.Event,
    ) -> Mapping[int, Outcome]:
        """Record numbered facts, no two with one key; set `sent` when the database has them all.

        Returns what became of the rows; of those left out, nothing changed.
        """

    def unread(self, facts: Iterable[F], catalogue: Catalogue) -> Counter[tuple[str, str]]:
        """Count the facts of each measure and code that no indicator reads."""

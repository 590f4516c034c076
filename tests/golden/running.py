"""Runs a case: tells its stages one after the other, and compares what is computed with what is expected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.catalogue.loader import Catalogue
from shared.facts.definition_owners import find_owner
from tests.golden.case import Case, Stage
from tests.golden.figures import Worker, differences
from tests.golden.mutants import Mutant, mutants, mutants_of_owners
from tests.golden.world import Teller, besides

# A figure of these has no number to compare.
_WITHOUT_VALUE = {"missing", "notApplicable", "suppressed"}


@dataclass(frozen=True)
class Run:
    """A case in a world where nothing else happens, in a transaction that its caller rolls back."""

    connection: AsyncConnection
    case: Case
    shipped: Catalogue

    async def mistakes(self, *, is_rebuilt: bool = True) -> list[str]:
        """Return where the figures that the worker computes from marks are not those that they ought to be.

        These are the expected ones, those of the case's own query if it has one, and those of a rebuild if it
        `is_rebuilt`.
        """
        found: list[str] = []
        async for stage, worker in self.stages():
            await worker.follow_marks(stage.as_of)
            for part in ("all", *stage.slices):
                computed = await worker.figures(self.case.indicator, part)
                found += [
                    f"{stage.as_of} {part} {difference}"
                    for difference in differences(stage.expectations(part), computed)
                ]
            found += await self._objections(worker, stage)
            rows = await worker.would_rebuild(stage.as_of) if is_rebuilt else 0
            found += [f"{stage.as_of}: a rebuild changes {rows} rows"] if rows else []
        return found

    async def _objections(self, worker: Worker, stage: Stage) -> list[str]:
        """Return where a row of the read model is not what the case's own query says."""
        if self.case.check is None:
            return []
        computed = await worker.figures(self.case.indicator)
        known = {key: figure for key, figure in computed.items() if figure.status not in _WITHOUT_VALUE}
        opinions = await worker.second_opinion(self.case.check, known, stage.as_of)
        return [
            f"{stage.as_of} {' '.join(key)}: computed {figure}, by the check {opinions[key]}"
            for key, figure in known.items()
            if figure.number != opinions[key].number
        ]

    async def survivors(self) -> list[Mutant]:
        """Return the mutants of the definition that no expectation of any stage tells from it."""
        definition, owners = self.case.catalogue(self.shipped).indicators[self.case.indicator], self.case.owners
        alive = [replace(mutant, owners=owners) for mutant in mutants(definition, self.shipped)]
        alive += mutants_of_owners(definition, owners) if owners else ()
        async for stage, worker in self.stages():
            figures = await worker.figures_of_mutants(alive, stage.as_of) if alive else {}
            alive = [
                mutant
                for mutant in alive
                if not differences(stage.expectations(mutant.part), figures.get(mutant.code, {}))
            ]
        return alive

    async def stages(self) -> AsyncIterator[tuple[Stage, Worker]]:
        """Yield each stage when its facts have been told."""
        catalogue = await self._catalogue()
        worker, teller = Worker(self.connection, catalogue), Teller(self.connection, catalogue)
        await worker.begin(self.case.as_of)
        read = catalogue.indicators[self.case.indicator].activity_types
        if read:
            await teller.tell(besides(read))
        for stage in self.case.stages:
            await teller.tell(stage)
            yield stage, worker

    async def _catalogue(self) -> Catalogue:
        written = self.case.catalogue(self.shipped)
        if not self.case.owners:
            return written
        found = await find_owner(self.connection, self.case.owners)
        return replace(written, owners={self.case.indicator: found.owner})

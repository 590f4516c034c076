"""Runs a case: tells its stages one after the other, and compares what is computed with what is expected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.catalogue.loader import Catalogue
from tests.golden.case import Case, Stage
from tests.golden.figures import Worker, differences
from tests.golden.mutants import Mutant, mutants
from tests.golden.world import Teller, besides

# A figure of these has no number to compare.
_WITHOUT_VALUE = {"missing", "notApplicable", "suppressed"}


@dataclass(frozen=True)
class Run:
    """A case in a world where nothing else happens, in a transaction that its caller rolls back."""

    connection: AsyncConnection
    case: Case
    shipped: Catalogue

    async def mistakes(self) -> list[str]:
        """Return where the figures that the worker computes from marks are not those that they ought to be.

        These are the expected ones, those of the case's own query if it has one, and those of a rebuild.
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
            rows = await worker.would_rebuild(stage.as_of)
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
        definition = self.case.catalogue(self.shipped).indicators[self.case.indicator]
        alive = list(mutants(definition, self.shipped))
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
        catalogue = self.case.catalogue(self.shipped)
        worker, teller = Worker(self.connection, catalogue), Teller(self.connection, catalogue)
        await worker.begin(self.case.as_of)
        read = catalogue.indicators[self.case.indicator].activity_types
        if read:
            await teller.tell(besides(read))
        for stage in self.case.stages:
            await teller.tell(stage)
            yield stage, worker

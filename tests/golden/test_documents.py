"""Generality E1–E3, E6, E9, W2–W4: documents with lists, areas, targets and commitments, worked out by hand.

Every mutant of a document must be noticed too: by a figure, by a judgement, or because it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import yaml
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.catalogue.loader import Catalogue, shipped_catalogue
from shared.domain.errors import DomainError
from tests.extent import sample_of
from tests.golden.case import HERE, Commitment, Document, Recurrence, Selection, Target
from tests.golden.document_mutants import changed_fields, fields_of, mutants
from tests.golden.figures import Worker, differences
from tests.golden.world import Teller


def read(path: Path) -> Document:
    return Document.model_validate(yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader))


CASES = {path.stem: read(path) for path in sorted((HERE / "documents").glob("*.yaml"))}


@dataclass(frozen=True)
class Run:
    """A document in a world where nothing else happens that year, in a transaction that its caller rolls back."""

    connection: AsyncConnection

    async def mistakes(self, document: Document, *, rebuilt: bool = False) -> list[str]:
        """Return where figures and judgements are not the expected ones, or a rebuild's."""
        shipped = shipped_catalogue()
        # Of the indicators in question alone: all of them take many times as long.
        written = {code: shipped.written[code] for code in _indicators(document)}
        catalogue = Catalogue(shipped.activity_types, written, roles=shipped.roles)
        worker = Worker(self.connection, catalogue)
        await worker.begin(document.as_of)
        await Teller(self.connection, catalogue).tell(document)
        await (worker.follow_marks if rebuilt else worker.compute)(document.as_of)
        found = []
        for series, figures in document.figures.items():
            expected = {(area, period): one for area, of_area in figures.items() for period, one in of_area.items()}
            computed = await worker.figures(*series.split())
            found += [f"{series} {difference}" for difference in differences(expected, computed)]
        judged = {tuple(row)[:3]: row.judged for row in await self.connection.execute(_JUDGED)}
        for series, areas in document.judged.items():
            found += [
                f"{series} {area} {period}: {judged.get((series, area, period))}, not {judgement}"
                for area, periods in areas.items()
                for period, judgement in periods.items()
                if judged.get((series, area, period)) != judgement
            ]
        if rebuilt and (rows := await worker.would_rebuild(document.as_of)):
            found.append(f"a rebuild changes {rows} rows")
        return found


def _indicators(document: Document) -> set[str]:
    return {series.split()[0] for series in document.figures}


_JUDGED = text(
    """SELECT indicator_code || ' ' || slice AS series, code, period_code(period_type, period_start) AS period,
              coalesce(targets -> 0 ->> 'reason', targets -> 0 ->> 'judgement') AS judged
       FROM indicator_value JOIN indicator_series USING (series_id) JOIN area USING (area_id)
       WHERE targets IS NOT NULL"""
)


MUTANTS = [
    pytest.param(mutant, id=f"{name}-{change}")
    for name, case in CASES.items()
    for change, mutant in sample_of([*mutants(case)], every=80 if case.has_changed_fields else 12)
]


@pytest.mark.parametrize("name", CASES)
async def test_every_figure_is_as_worked_out_by_hand(connection: AsyncConnection, name: str) -> None:
    assert await Run(connection).mistakes(CASES[name], rebuilt=True) == []


@pytest.mark.parametrize("mutant", MUTANTS)
async def test_no_mutant_survives(connection: AsyncConnection, mutant: Document) -> None:
    try:
        assert await Run(connection).mistakes(mutant)
    except DomainError:
        return


def test_what_is_expected_is_of_the_past() -> None:
    assert {case.as_of for case in CASES.values()} == {date(2016, 1, 1)}


def test_every_field_of_targets_and_commitments_is_changed() -> None:
    changed = {key for case in CASES.values() for key in changed_fields(case)}
    assert {*fields_of(Target), *fields_of(Commitment), *fields_of(Recurrence), *fields_of(Selection)} == changed

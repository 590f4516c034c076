"""generality E1, E6, W2–W4: documents with lists, codes, areas and targets of their own, worked out by hand.

Every mutant of a document must be noticed too: by a figure, by a judgement, or because it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import yaml
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.catalogue.indicator import THEMES
from shared.catalogue.loader import Catalogue, shipped_catalogue
from shared.domain.errors import DomainError
from tests.golden.case import HERE, Agreement, Document
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
        await worker.follow_marks(document.as_of)
        found = []
        for series, figures in document.figures.items():
            expected = {(area, period): one for area, of_area in figures.items() for period, one in of_area.items()}
            computed = await worker.figures(*series.split())
            found += [f"{series} {difference}" for difference in differences(expected, computed)]
        judged = {tuple(row)[:2]: row.judgement for row in await self.connection.execute(_JUDGED)}
        for series, areas in document.judged.items():
            found += [
                f"{series} {area}: {judged.get((series, area))}, not {judgement}"
                for area, judgement in areas.items()
                if judged.get((series, area)) != judgement
            ]
        if rebuilt and (rows := await worker.would_rebuild(document.as_of)):
            found.append(f"a rebuild changes {rows} rows")
        return found


def _indicators(document: Document) -> set[str]:
    return {series.split()[0] for series in document.figures}


_JUDGED = text(
    """SELECT indicator_code || ' ' || slice AS series, code, targets -> 0 ->> 'judgement' AS judgement
       FROM indicator_value JOIN indicator_series USING (series_id) JOIN area USING (area_id)
       WHERE targets IS NOT NULL AND period_type = 'year' AND period_start = '2015-01-01'"""
)


def mutants(agreement: Agreement) -> Iterator[tuple[str, Agreement]]:
    """Yield the agreement with one thing else in each."""
    for index, annex in enumerate(agreement.annexes):
        changes: list[dict[str, object]] = []
        if annex.indicators is not None:
            changes += [{"indicators": _without(annex.indicators, one)} for one in range(len(annex.indicators))]
            changes += [
                {"indicators": (*_without(annex.indicators, at), one.model_copy(update={"slice": "all"}))}
                for at, one in enumerate(annex.indicators)
                if one.slice != "all"
            ]
        elif annex.theme in THEMES:
            changes.append({"indicators": ()})
        changes += [{"code": None}] if annex.code else []
        for change in changes:
            annexes = (*agreement.annexes[:index], annex.model_copy(update=change), *agreement.annexes[index + 1 :])
            yield f"annex {annex.number} {change}", agreement.model_copy(update={"annexes": annexes})
    if agreement.indicators:
        yield "no indicators", agreement.model_copy(update={"indicators": ()})
    for index, target in enumerate(agreement.targets):
        yield f"without {target}", agreement.model_copy(update={"targets": _without(agreement.targets, index)})


def _without(entries: tuple[object, ...], index: int) -> tuple[object, ...]:
    return (*entries[:index], *entries[index + 1 :])


MUTANTS = [
    pytest.param(
        case.model_copy(update={"agreements": (*(one for one in case.agreements if one.code != mutant.code), mutant)}),
        id=f"{name}-{agreement.code}-{number}",
    )
    for name, case in CASES.items()
    for agreement in case.agreements
    for number, (_, mutant) in enumerate(mutants(agreement))
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

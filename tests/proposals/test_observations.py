"""Sheets of observations: one measure, by area and period, however these are written."""

from __future__ import annotations

from dataclasses import replace

from services.api.imports.mappings.contradictions import contradictions
from services.api.imports.proposals.context import Answers, Context
from services.api.imports.proposals.former import answers_of, fits
from services.api.imports.proposals.mapping import mapping_of
from services.api.imports.proposals.proposal import SheetProposal
from services.api.imports.proposals.sheet_proposal import propose
from shared.files.cells import Cell, NumberCell
from tests.proposals.messy_sheets import TODAY, context
from tests.proposals.test_meanings import sheet_of

KNOWN: Context = replace(context(), measures={"unsafe": "Otrygga", "cost": "Kostnad"})


def read(*rows: list[Cell], **answers: str) -> SheetProposal:
    given = {name.replace("_", "-"): value for name, value in answers.items()}
    return propose(sheet_of(*rows), KNOWN, Answers({"type": "measure:unsafe"} | given))


def test_a_survey_is_read_by_its_headings() -> None:
    proposal = read(
        ["Trygghetsmätning"],
        ["Område", "År", "Andel", "Antal svar"],
        ["Karlslund", NumberCell(2015), NumberCell(31.5), NumberCell(120)],
        ["Lindparken", NumberCell(2016), NumberCell(28), NumberCell(98)],
    )
    assert (proposal.open, proposal.faults) == ([], ())
    mapping = mapping_of(proposal, "blad", "Bladet")
    assert [*contradictions(mapping)] == []
    assert mapping.makes == "observations"
    assert mapping.constants == {"source": "blad", "measure": "unsafe", "finality": "final"}
    assert {field: rule.column for field, rule in mapping.columns.items()} == {
        "area": "Område", "year": "År", "value": "Andel", "denominator": "Antal svar",
    }  # fmt: skip
    assert fits(mapping, proposal.sheet)
    again = propose(proposal.sheet, KNOWN, Answers(answers_of(mapping, proposal.sheet, TODAY)))
    assert (again.measure, again.open) == ("unsafe", [])


def test_months_need_a_year_and_a_sheet_without_places_one() -> None:
    rows: list[list[Cell]] = [
        ["Månad", "Kostnad"], ["januari", NumberCell(1200)], ["februari", NumberCell(900)], ["Totalt", NumberCell(2100)]
    ]  # fmt: skip
    proposal = read(*rows)
    assert {choice.key for choice in proposal.open} == {"field-B", "place", "year"}
    answered = read(*rows, field_B="numerator", place_typed="landskrona", year="2016")
    assert answered.open == []
    mapping = mapping_of(answered, "blad", "Bladet")
    assert [*contradictions(mapping)] == []
    assert mapping.columns["month"].values == {"januari": 1, "februari": 2}
    assert (mapping.constants["area"], mapping.constants["year"]) == ("1282", 2016)


def test_what_lacks_a_period_or_a_figure_says_so() -> None:
    unfit: tuple[tuple[list[Cell], list[Cell], str], ...] = (
        (["Område", "Andel"], ["Karlslund", NumberCell(3)], "noPeriod"),
        (["Område", "År"], ["Karlslund", NumberCell(2016)], "noFigure"),
    )
    for header, row, reason in unfit:
        assert [found for _, found in read(header, row).faults] == [reason]

"""What a proposal says beyond columns: several types, annexes, ids, weeks; and what is known of an earlier sheet."""

from __future__ import annotations

import pytest

from services.api.imports.activities import ActivityReading
from services.api.imports.columns import Columns
from services.api.imports.mappings.content import MappingContent
from services.api.imports.mappings.contradictions import contradictions
from services.api.imports.proposals.context import BY_COLUMN, Answers
from services.api.imports.proposals.former import answers_of, fits, reusable_content
from services.api.imports.proposals.mapping import mapping_of
from services.api.imports.proposals.proposal import SheetProposal
from services.api.imports.proposals.sheet_proposal import propose
from services.api.imports.proposals.sheets import MOST_COLUMNS, MOST_HEAD, Sheet, SheetSurvey
from shared.files.cells import Cell, NumberCell
from shared.files.csv_records import Record
from shared.files.table import Header
from tests.proposals.messy_sheets import TODAY, context, messy_sheet


def sheet_of(*rows: list[Cell]) -> Sheet:
    survey = SheetSurvey("Blad1")
    survey.take(Record(number, cells) for number, cells in enumerate(rows, 1) if cells)
    found = survey.finish()
    assert found is not None
    return found


def read(*rows: list[Cell], **answers: str) -> SheetProposal:
    given = {name.replace("_", "-"): value for name, value in answers.items()}
    return propose(sheet_of(*rows), context(), Answers(given))


def test_types_of_a_column_have_each_their_annex() -> None:
    proposal = read(
        ["Datum", "Aktivitet", "Plats"],
        ["2016-03-24", "Trygghetsvandring", "Karlslund"],
        ["2016-03-25", "Fotpatrullering", "Lindparken"],
        ["2016-03-26", "Klottersanering", "Lindparken"],
        # A school visit is at a school, and the others need not be.
        ["2016-03-27", "Skolbesök", "Havsbrisskolan"],
        field_A="start",
    )
    assert (proposal.type.value, proposal.open) == (BY_COLUMN, [])
    mapping = mapping_of(proposal, "blad", "Bladet")
    assert [*contradictions(mapping)] == []
    assert mapping.columns["annex"].values == {
        "Trygghetsvandring": 3,
        "Fotpatrullering": 3,
        "Klottersanering": 4,
        "Skolbesök": 7,
    }
    assert set(mapping.columns["agreement"].values.values()) == {"avtal"}
    again = Answers(answers_of(mapping, proposal.sheet, TODAY))
    assert propose(proposal.sheet, context(), again).open == []


def test_an_annex_of_a_column_comes_before_that_of_the_type() -> None:
    proposal = read(
        ["Datum", "Bilaga", "Plats"], ["2016-03-24", "Bilaga 7", "Karlslund"], ["2016-03-25", "3", "Centrum"],
        type="safety-walk",
    )  # fmt: skip
    (asked,) = proposal.open
    assert {*asked.options} >= {"1282-p6", "1282-c"}, "two places are called Centrum"
    answered = Answers({"type": "safety-walk", asked.key: "1282-c"})
    mapping = mapping_of(propose(proposal.sheet, context(), answered), "blad", "Bladet")
    assert mapping.columns["annex"].values == {"Bilaga 7": 7, "3": 3}
    assert "annex" not in mapping.constants


@pytest.mark.parametrize(
    ("rows", "letters"),
    [
        ([["2016-03-24", "Karlslund", "3"], ["2016-03-25", "Karlslund", "3"]], ("A", "B")),
        ([["2016-03-24", "Karlslund", "3"], ["2016-03-24", "Karlslund", "4"]], ("A", "B", "C")),
        ([["2016-03-24", "Karlslund", "3"], ["2016-03-24", "Karlslund", "3"]], ("A", "B")),
    ],
)
def test_rows_are_known_by_as_few_columns_as_tell_them_apart(rows: list[list[Cell]], letters: tuple[str, ...]) -> None:
    assert read(["Datum", "Plats", "Boende"], *rows, type="safety-walk").id_letters == letters


def test_a_column_of_numbers_without_a_known_name_is_asked_about() -> None:
    proposal = read(["Datum", "Plats", "Hur många kom"], ["2016-03-24", "Karlslund", NumberCell(3)], type="safety-walk")
    assert [choice.key for choice in proposal.open] == ["field-C"]


def test_a_day_of_a_case_is_asked_about_where_its_name_says_not_which() -> None:
    proposal = read(["Datum", "Plats"], ["2016-03-24", "Karlslund"], type="graffiti-cleanup")
    assert [choice.key for choice in proposal.open] == ["field-A"]


def test_two_columns_that_may_be_one_field_are_both_asked_about() -> None:
    proposal = read(["Datum", "Besöksdatum", "Plats"], ["2016-03-24", "2016-03-25", "Karlslund"], type="safety-walk")
    assert {choice.key for choice in proposal.open} == {"field-A", "field-B"}
    both = Answers({"type": "safety-walk", "field-A": "start", "field-B": "start"})
    faults = propose(proposal.sheet, context(), both).faults
    assert {reason for _, reason in faults} == {"sameField"}


def test_an_earlier_sheet_answers_what_was_asked_about_it() -> None:
    known, tried = context(), 0
    for seed in range(30):
        messy = messy_sheet(seed)
        sheet = sheet_of(*messy.rows)
        first = propose(sheet, known, Answers({"type": messy.activity_type}))
        taken = {one.key: one.likely for one in first.open if one.likely}
        proposal = propose(sheet, known, Answers({"type": messy.activity_type, "year": "2016", **taken}))
        if proposal.open or proposal.faults:
            continue
        tried += 1
        mapping = mapping_of(proposal, "blad", "Bladet")
        stored = MappingContent.model_validate(reusable_content(mapping.model_dump(mode="json", by_alias=True)))
        assert fits(stored, sheet)
        again = propose(sheet, known, Answers(answers_of(stored, sheet, TODAY)))
        # The year may be another one, and dates that mean two things may mean the other.
        assert {choice.key.partition("-")[0] for choice in again.open} <= {"year", "dates"}
        assert [one.field.value for one in again.columns] == [one.field.value for one in proposal.columns]
    assert tried > 10


def test_a_row_that_says_only_what_records_say_too_is_not_passed_over_by_that_word() -> None:
    proposal = read(
        ["Datum", "Plats", "Boende"],
        ["", "Karlslund", ""],
        ["2016-03-24", "Karlslund", NumberCell(3)],
        ["", "Mars", ""],
        ["2016-03-25", "Lindparken", NumberCell(4)],
        type="safety-walk",
    )
    assert [aside.text for aside in proposal.sheet.asides] == ["Karlslund", "Mars"]
    mapping = mapping_of(proposal, "blad", "Bladet")
    assert [(one.column, one.values) for one in mapping.skips] == [("Plats", ["Mars"])]


def test_what_stands_beside_the_columns_is_none_of_the_table() -> None:
    walk: list[Cell] = ["2016-03-24", "Karlslund", NumberCell(3)]
    lone_sum: list[Cell] = [*[""] * MOST_COLUMNS, "Summa"]
    proposal = read(
        ["Datum", "Plats", "Boende"], walk, *[walk] * MOST_HEAD, lone_sum, walk, lone_sum, type="safety-walk"
    )
    assert proposal.sheet.asides == []
    assert (proposal.sheet.row_count, len(proposal.sheet.foot)) == (MOST_HEAD + 3, 1)
    assert mapping_of(proposal, "blad", "Bladet").skips == []


@pytest.mark.parametrize(
    ("costs", "read_as"),
    [
        # Of two readings each, and nothing says which.
        (["3.125", "1,150"], [None, None]),
        (["3.125", "1,50 kr"], [3125, 1.5]),
        (["3.125", "1.5"], [3.125, 1.5]),
        (["3.125", "1.5", "1,5"], [None, 1.5, 1.5]),
    ],
)
def test_a_cost_of_two_readings_is_read_as_the_others_of_its_column_or_not(
    costs: list[str], read_as: list[float | None]
) -> None:
    header = ["Sanerat", "Plats", "Kostnad"]
    rows: list[list[Cell]] = [[f"2016-03-0{n}", "Karlslund", cost] for n, cost in enumerate(costs, 1)]
    proposal = read([*header], *rows, type="graffiti-cleanup", field_C="cost")
    mapping = mapping_of(proposal, "blad", "Bladet")
    columns = Columns(Header(1, header, 3, is_fit=True), mapping, ActivityReading({}, {}), is_workbook=True)
    found = [columns.read(row.number, row.cells) for row in proposal.sheet.rows]
    assert [one and one[0].get("cost") for one in found] == read_as

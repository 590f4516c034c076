"""Sheets with ten kinds of mess: nine of ten proposals are right, and nothing is taken for sure that is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any

import pytest

from services.api.imports.activities import ActivityReading
from services.api.imports.columns import Columns
from services.api.imports.mappings.contradictions import contradictions
from services.api.imports.proposals.context import Answers, Context
from services.api.imports.proposals.mapping import mapping_of
from services.api.imports.proposals.proposal import SheetProposal
from services.api.imports.proposals.reading import survey_of
from services.api.imports.proposals.sheet_proposal import propose
from services.api.imports.proposals.sheets import Sheet, SheetSurvey
from shared.domain.moment import UnreadableMoment, read_formatted
from shared.domain.period import STOCKHOLM
from shared.files.cells import Cell, text_of
from shared.files.csv_records import Record
from shared.files.media_types import CSV
from shared.files.table import MOST_COLUMNS, Header, column_letters
from shared.limits import Limits
from tests.extent import amount
from tests.proposals.messy_sheets import MessySheet, context, messy_sheet

SHEETS = amount(80, 800)
AT_LEAST = 0.9
# How many were proposed right, and how many there were, of each kind.
Tally = dict[str, Counter[bool]]


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), 1000):
        yield content[at : at + 1000]


async def _survey(messy: MessySheet, seed: int) -> Sheet:
    """Return what a sheet looks like: of a workbook, or of a text file in an old encoding."""
    if seed % 3 == 0:
        content = messy.as_csv(";", "cp1252" if seed % 2 else "utf-8-sig")
        (sheet,) = (await survey_of(_pieces(content), CSV, Limits())).sheets
        return sheet
    survey = SheetSurvey("Blad1")
    survey.take(Record(number, cells) for number, cells in enumerate(messy.rows, 1) if cells)
    found = survey.finish()
    assert found is not None
    return found


def _wrong(messy: MessySheet, proposal: SheetProposal, known: Context, tally: Tally) -> list[str]:
    """Tally what is proposed, and return what is taken for sure and wrong."""
    wrong: list[str] = []

    def judge(kind: str, likely: object, truth: object, *, is_sure: bool) -> None:
        tally.setdefault(kind, Counter())[likely == truth] += 1
        if is_sure and likely != truth:
            wrong.append(f"{kind}: {likely!r} where it is {truth!r}")

    sheet = proposal.sheet
    judge("header", sheet.header.row, messy.header_row, is_sure=sheet.header.is_sure)
    judge("end", sheet.last_row, messy.last_row, is_sure=True)
    for one in proposal.columns:
        truth = messy.fields[one.guess.column.index]
        if truth == "participants":
            # Of which group is asked about.
            assert one.field.is_open
            truth = one.field.likely if one.field.likely.startswith("participants.") else truth
        judge("column", one.field.likely, truth, is_sure=not one.field.is_open)
        if one.dates is not None and truth in {"start", "completed"}:
            year = int(proposal.year.likely) if proposal.year else None
            for text, day in messy.days.items():
                read = _read(one.guess.dates.readings[0].forms, text, year)
                is_sure = not one.dates.is_open and (proposal.year is None or not proposal.year.is_open)
                # What cannot be read is said of its row, and taken for nothing.
                judge("date", read, day, is_sure=is_sure and read is not None)
    by_code = {place.code: place.name for place in known.places}
    for word in proposal.words:
        if word.field == "area":
            meant = by_code.get(word.meaning.likely)
            judge("place", meant, messy.places[word.text], is_sure=not word.meaning.is_open)
    return wrong


def _read(forms: tuple[str, ...], text: str, year: int | None) -> date | None:
    try:
        return read_formatted(text, forms, STOCKHOLM, year).on
    except UnreadableMoment:
        return None


@pytest.mark.slow
async def test_proposals_are_right_in_nine_of_ten_and_never_sure_and_wrong() -> None:
    known, tally = context(), Tally()
    wrong = []
    for seed in range(SHEETS):
        messy = messy_sheet(seed)
        sheet = await _survey(messy, seed)
        proposal = propose(sheet, known, Answers(), f"{messy.name}.xlsx")
        tally.setdefault("type", Counter())[proposal.type.likely == messy.activity_type] += 1
        if not proposal.type.is_open and proposal.type.value != messy.activity_type:
            wrong.append(f"sheet {seed}: {proposal.type.value}")
        if proposal.type.is_open:
            proposal = propose(sheet, known, Answers({"type": messy.activity_type}))
        wrong += [f"sheet {seed} {sorted(messy.mess)}: {fault}" for fault in _wrong(messy, proposal, known, tally)]
    shares = {kind: counted[True] / counted.total() for kind, counted in tally.items()}
    assert wrong == []
    assert {kind: share for kind, share in shares.items() if share < AT_LEAST} == {}


@pytest.mark.slow
async def test_the_mapping_of_a_proposal_reads_what_the_sheet_says() -> None:
    known = context()
    for seed in range(0, SHEETS, 2):
        messy = messy_sheet(seed)
        sheet = await _survey(messy, seed)
        proposal = propose(sheet, known, Answers(answers_to(messy, sheet, known)))
        assert (proposal.open, proposal.faults) == ([], ()), messy.mess
        mapping = mapping_of(proposal, "blad", "Bladet", ";")
        assert [*contradictions(mapping)] == []
        names = messy.rows[messy.header_row - 1]
        header = Header(messy.header_row, [str(name) for name in names], 1, is_fit=True)
        if mapping.format.header_row == 0:
            header = Header(0, [column_letters(at) for at in range(MOST_COLUMNS)], 0, is_fit=True)
        columns = Columns(header, mapping, ActivityReading({}, {}), is_workbook=True)
        for row in sheet.rows:
            read = columns.read(row.number, row.cells)
            assert read is not None
            _compare(messy, row.cells, read[0], {place.name: place.code for place in known.places})


def _compare(messy: MessySheet, cells: Sequence[Cell], document: dict[str, Any], codes: dict[str, str]) -> None:
    by_field = {field: text_of(cells[at]) for at, field in messy.fields.items() if at < len(cells)}
    assert document["area"] == codes[messy.places[by_field["area"]]]
    field = "completed" if "completed" in by_field else "start"
    if field in document:
        assert document[field].on == messy.days.get(by_field[field], date.max) or by_field[field] not in messy.days
    assert document["type"] == messy.activity_type
    assert len(document["externalId"]) == len("00000000-0000-0000-0000-000000000000")


def answers_to(messy: MessySheet, sheet: Sheet, known: Context) -> dict[str, str]:
    """Return what somebody answers who knows the sheet: whatever is asked, until nothing is."""
    answers = {"type": messy.activity_type}
    codes = {place.name: place.code for place in known.places}
    for _ in range(3):
        proposal = propose(sheet, known, Answers(answers))
        for one in proposal.columns:
            truth = messy.fields[one.guess.column.index]
            if one.field.is_open:
                answers[one.field.key] = one.field.likely if truth == "participants" else truth
            if one.dates is not None and one.dates.is_open:
                answers[one.dates.key] = "yearFirst" if one.guess.dates.by("yearFirst") else "dayFirst"
        if proposal.year is not None:
            answers["year"] = "2016"
        for word in proposal.words:
            if word.meaning.is_open:
                answers[word.meaning.key] = "other"
                answers[f"{word.meaning.key}-typed"] = codes[messy.places[word.text]]
        answers |= {one.key: one.likely for one in proposal.annexes if one.is_open}
    return answers

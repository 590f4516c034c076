"""Workbooks: each cell has the type that its sheet gives it, and nothing is taken for a value that is none."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it tells no types
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from shared.domain.matching import composed
from shared.files.cells import Cell, DateCell, ErrorCell, NumberCell, TimeCell, TruthCell, decoded, encoded, text_of
from shared.files.csv_records import Record
from shared.files.number_formats import Display, display_of
from shared.files.reader import read_table
from shared.files.table import FaultyTable, WorkbookTable, wants
from shared.files.workbook import NoWorkbook, UnknownSheet, Workbook

DAY, TIME = date(2016, 3, 29), datetime(2016, 3, 29, 18)  # noqa: DTZ001  a cell knows no zone
NEVER_COMPUTED = ErrorCell("")


def workbook(*rows: Sequence[object], formats: Sequence[str | None] = (), **options: object) -> io.BytesIO:
    """Return a workbook of one sheet, whose columns have formats."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd hh:mm", **options}) as book:
        sheet = book.add_worksheet("Blad1")
        known = [book.add_format({"num_format": form}) if form else None for form in formats]
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write(number, column, cell, *known[column : column + 1])
    file.seek(0)
    return file


def patched(file: io.BytesIO, **changed: tuple[str, str]) -> io.BytesIO:
    """Return a workbook in whose parts, named by their beginning, one text is another."""
    result = io.BytesIO()
    with zipfile.ZipFile(file) as package, zipfile.ZipFile(result, "w") as other:
        for name in package.namelist():
            content = package.read(name)
            for part, (before, after) in changed.items():
                if name.rpartition("/")[2] == f"{part}.xml":
                    assert before.encode() in content
                    content = content.replace(before.encode(), after.encode())
            other.writestr(name, content)
    return result


def cells_of(file: io.BytesIO) -> list[list[Cell]]:
    ((_, rows),) = Workbook(file).sheets()
    return [row.cells for row in rows]


def sheet_of(xml: str) -> list[list[Cell]]:
    """Return the cells of a sheet that is written by hand."""
    return cells_of(patched(workbook(["x"]), sheet1=('<row r="1" spans="1:1"><c r="A1" t="s"><v>0</v></c></row>', xml)))


def test_every_type_is_what_the_sheet_says() -> None:
    """Trials B1: a typed date is a date, whatever else is in its column."""
    file = workbook(
        ["Ärende", 21, 8.5, True, DAY, TIME, time(18, 30), "20160329", None, 0.715, "2016-03-29"],
        formats=[*[None] * 6, "hh:mm", None, None, "0.0%"],
    )
    assert cells_of(file) == [
        [
            *("Ärende", NumberCell(21), NumberCell(8.5), TruthCell(True), DateCell(DAY), DateCell(TIME)),
            *(
                TimeCell(timedelta(hours=18, minutes=30)),
                "20160329",
                "",
                NumberCell(0.715, is_percent=True),
                "2016-03-29",
            ),
        ]
    ]


ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!")


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_is_an_error(error: str) -> None:
    """Trials A2."""
    row = '<row r="1"><c r="A1" t="e"><v>{}</v></c><c r="B1" t="e"><f>1/0</f><v>{}</v></c></row>'
    assert sheet_of(row.replace("{}", error)) == [[ErrorCell(error), ErrorCell(error)]]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("<f>A2</f>", NEVER_COMPUTED),
        ("<f>A2</f><v/>", NEVER_COMPUTED),
        ("<f>A2</f><v>0</v>", NEVER_COMPUTED),
        ("<f>A2</f><v>7</v>", NumberCell(7)),
    ],
)
def test_a_formula_that_no_program_has_computed_is_no_value(cell: str, expected: Cell) -> None:
    """Trials A2: libraries write formulas without a result, or with 0, for the program that opens the file."""
    assert sheet_of(f'<row r="1"><c r="A1">{cell}</c></row>') == [[expected]]


def test_a_formula_that_was_computed_may_be_0_or_empty() -> None:
    rows = (
        '<row r="1"><c r="A1"><f>A2</f><v>0</v></c><c r="B1" t="str"><f>""</f><v></v></c><c r="C1"><v>1</v></c></row>'
    )
    before = '<row r="1" spans="1:1"><c r="A1" t="s"><v>0</v></c></row>'
    file = patched(workbook(["x"]), sheet1=(before, rows), workbook=(' fullCalcOnLoad="1"', ""))
    assert cells_of(file) == [[NumberCell(0), "", NumberCell(1)]]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('t="inlineStr"><is><t>å</t></is>', "å"),
        ('t="inlineStr"><is><r><t>a</t></r><r><rPr><b/></rPr><t xml:space="preserve"> b</t></r></is>', "a b"),
        ('t="inlineStr"><is><t>漢</t><rPh sb="0" eb="1"><t>かん</t></rPh></is>', "漢"),
        ('t="str"><v>A\u0308_x000D_b_x005F_</v>', "Ä\rb_"),
        ('t="d"><v>2016-03-29T18:00:00</v>', DateCell(TIME)),
        ('t="b"><v>0</v>', TruthCell(False)),
        ("><v>1.1999999999999999E-2</v>", NumberCell(0.012)),
        ("><v>0.30000000000000004</v>", NumberCell(0.3)),
        ("><v>1E400</v>", "1E400"),
    ],
)
def test_cells_of_other_programs(cell: str, expected: Cell) -> None:
    """Of a number, as many digits count as a spreadsheet program shows."""
    (row,) = sheet_of(f'<row r="1"><c r="A1" {cell}</c></row>')
    assert [text_of(one) if isinstance(one, NumberCell) else one for one in row] == [
        text_of(expected) if isinstance(expected, NumberCell) else expected
    ]


def test_cells_without_a_place_follow_each_other() -> None:
    rows = "<row><c><v>1</v></c><c/><c><v>3</v></c></row><row/><row><c><v>4</v></c></row>"
    ((_, found),) = Workbook(
        patched(workbook(["x"]), sheet1=('<row r="1" spans="1:1"><c r="A1" t="s"><v>0</v></c></row>', rows))
    ).sheets()
    assert [(row.number, [*map(text_of, row.cells)]) for row in found] == [(1, ["1", "", "3"]), (3, ["4"])]


@pytest.mark.parametrize(
    ("code", "display"),
    [
        *(
            (code, Display.DATE)
            for code in ("yyyy-mm-dd", "d/m/yy", "mmm-yy", "[$-41D]yyyy\\-mm\\-dd;@", "yyyy mm dd hh:mm")
        ),
        *((code, Display.TIME) for code in ("hh:mm", "[h]:mm", "mm:ss.0", "[mm]:ss", "h:mm AM/PM")),
        *((code, Display.PER_CENT) for code in ("0%", "0.00%", "# ##0,0 %")),
        *((code, Display.NUMBER) for code in ("General", "0.00", '#,##0 "dagar"', "[Red]0", '0.0 "m"', "@", "0\\d")),
    ],
)
def test_what_a_format_displays(code: str, display: Display) -> None:
    assert display_of(200, code) is display


def test_days_are_counted_from_1900_or_1904() -> None:
    serials = [1, 59, 61, 42_458, 42_458.75, 42_458.7500001, -1, 2_958_466]
    rows = cells_of(workbook(serials, formats=["yyyy-mm-dd"] * len(serials)))
    days = ("1900-01-01", "1900-02-28", "1900-03-01", "2016-03-29", "2016-03-29 18:00:00", "2016-03-29 18:00:00")
    assert tuple(map(text_of, rows[0][:6])) == days
    assert [isinstance(cell, ErrorCell) for cell in rows[0][6:]] == [True, True]
    in_1904 = workbook([DAY], date_1904=True)
    assert cells_of(in_1904) == [[DateCell(DAY)]]


VALUES = st.one_of(
    st.text(st.characters(blacklist_categories=("Cs", "Cc", "Co", "Cn")), min_size=1, max_size=20).filter(str.strip),
    st.integers(-(10**14), 10**14),
    st.floats(-1e12, 1e12, allow_nan=False).map(lambda number: float(f"{number:.12g}")),
    st.booleans(),
    st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)).map(lambda moment: moment.replace(microsecond=0)),  # noqa: DTZ001
    st.none(),
)


def _plain(value: Any) -> str:
    """Return a value as a cell's text."""
    if isinstance(value, bool):
        return text_of(TruthCell(value))
    if isinstance(value, int | float):
        return text_of(NumberCell(float(value)))
    if isinstance(value, datetime | date):
        midnight = not isinstance(value, datetime) or value.time() == time.min
        return text_of(DateCell(date(value.year, value.month, value.day) if midnight else value))
    return composed(str(value or ""))


@pytest.mark.slow
@hypothesis_settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.lists(VALUES, min_size=1, max_size=5), min_size=1, max_size=5))
def test_what_is_read_is_what_another_reader_reads(rows: list[list[object]]) -> None:
    file = workbook(["first"], *rows, strings_to_numbers=False, strings_to_formulas=False, strings_to_urls=False)
    ((_, found),) = Workbook(file).sheets()
    mine = {row.number: [*map(text_of, row.cells)] for row in found}
    file.seek(0)
    theirs = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python(skip_empty_area=False)
    for number, row in enumerate(theirs, 1):
        expected = [*map(_plain, row)]
        assert [*mine.get(number, []), *[""] * (len(expected) - len(mine.get(number, [])))] == expected


@pytest.mark.slow
@given(
    cell=st.one_of(
        st.text(max_size=5),
        st.builds(NumberCell, st.floats(allow_nan=False, allow_infinity=False), st.booleans()),
        st.builds(TruthCell, st.booleans()),
        st.builds(DateCell, st.one_of(st.dates(), st.datetimes())),
        st.builds(TimeCell, st.timedeltas(timedelta(0), timedelta(2))),
        st.builds(ErrorCell, st.sampled_from(["", *ERRORS])),
    )
)
def test_a_cell_is_the_same_after_its_way_between_processes(cell: Cell) -> None:
    assert decoded(encoded(cell)) == cell


def test_keys_of_different_types_are_different() -> None:
    assert len({"1", NumberCell(1), TruthCell(True), NumberCell(1, is_percent=True), "True"}) == 5


def several(*sheets: tuple[str, Sequence[Sequence[object]], bool]) -> io.BytesIO:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for name, rows, is_hidden in sheets:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            if is_hidden:
                sheet.hide()
    file.seek(0)
    return file


def test_the_first_visible_sheet_with_the_columns_is_the_table() -> None:
    """Trials B9: a sheet can be named, or is found."""
    table: list[list[object]] = [["Klotter 2016"], [], ["Ärende", "Läge"], ["k-1", "Klar", None, "Obs!"]]
    file = several(
        ("Läs mig", [["Ärenden"], ["Fråga Anna"]], False),
        ("Gömt", [["Ärende", "Läge"], ["k-0", "Klar"]], True),
        ("Data", table, False),
        ("Data 2", [["Ärende", "Läge"], ["k-9", "Klar"]], False),
    )
    header, rows = read_table(file, wants(["ärende", "LÄGE"]))
    assert (header.number, rows) == (3, [Record(4, ["k-1", "Klar", "", "Obs!"])])
    ((name, _),) = Workbook(file).sheets("gömt")
    assert name == "Gömt"
    with pytest.raises(UnknownSheet):
        next(Workbook(file).sheets("Annat"))


def test_of_no_sheet_with_all_columns_the_best_is_named() -> None:
    file = several(("A", [["x"], ["y"]], False), ("B", [["Ärende"], ["k-1"]], False), ("C", [["z"]], False))
    table = WorkbookTable(wants(["Ärende", "Läge"]))
    for _, rows in Workbook(file).sheets():
        assert table.begin_sheet()
        assert table.take(Record(*row) for row in rows) == []
    assert table.finish() == []
    assert table.header is not None
    assert (table.header.names, table.header.is_fit) == (["Ärende"], False)


BROKEN = {
    "entities": ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', '<!DOCTYPE x [<!ENTITY a "b">]>'),
    "no XML": ("</worksheet>", ""),
    "a text that is not there": ("<v>0</v>", "<v>7</v>"),
    "a number that is none": ('t="s"><v>0</v>', "><v>x</v>"),
    "a row that no sheet has": ('r="1"', 'r="1048577"'),
    "a row below nothing": ('r="1"', 'r="-1"'),
    "a text without end": ('t="s"><v>0</v>', f't="str"><v>{"x" * 40_000}</v>'),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_broken_sheet_is_no_workbook(change: tuple[str, str]) -> None:
    with pytest.raises(NoWorkbook):
        cells_of(patched(workbook(["x"]), sheet1=change))


@pytest.mark.parametrize("content", [b"PK\x03\x04" + b"\0" * 100, workbook(["x"]).getvalue()[:-400]])
def test_what_is_no_workbook_says_so(content: bytes) -> None:
    with pytest.raises(FaultyTable):
        read_table(io.BytesIO(content), wants(["x"]))

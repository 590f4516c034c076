"""What a workbook may unpack to."""

from __future__ import annotations

import io
import zipfile

import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it tells no types

from shared.files.workbook import InflatedWorkbook, Workbook
from tests.files.test_workbook import patched, several


def test_a_part_counts_each_time_it_is_unpacked() -> None:
    """Trials C7: a hundred sheets may be one part."""
    file = several(("A", [["x"] * 20] * 20, False), ("B", [["y"]], False))
    size = sum(part.file_size for part in zipfile.ZipFile(file).infolist())
    twice = patched(file, workbook=('sheetId="2" r:id="rId2"', 'sheetId="2" r:id="rId1"'))
    assert sum(len([*rows]) for _, rows in Workbook(file, size).sheets()) == 21
    assert sum(len([*rows]) for _, rows in Workbook(twice, 2 * size).sheets()) == 40
    for most in (size - 1, size):
        with pytest.raises(InflatedWorkbook):
            [[*rows] for _, rows in Workbook(twice, most).sheets()]


def test_cells_far_apart_are_not_laid_out() -> None:
    """Trials C7."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "a")
        sheet.write(3999, 16_383, "x")
        sheet.write(1_048_575, 1, "z")
    ((_, rows),) = Workbook(file).sheets()
    assert [*rows] == [(1, ["a"]), (1_048_576, ["", "z"])]

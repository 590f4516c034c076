"""What a person should know of a sheet is noted beside its rows."""

from __future__ import annotations

import io

import xlsxwriter  # type: ignore[import-untyped]  # it tells no types

from shared.files.workbook import Workbook


def test_a_sheet_notes_hidden_rows_and_merged_cells() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "Plats")
        sheet.merge_range("A2:A4", "Karlslund")
        sheet.set_row(2, None, None, {"hidden": True})
    workbook = Workbook(file)
    for _, rows in workbook.sheets():
        assert [row.cells[0] for row in rows][:2] == ["Plats", "Karlslund"]
    assert (workbook.notes.hidden_rows, workbook.notes.merged_cells) == ([3], ["A2:A4"])

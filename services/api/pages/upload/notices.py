"""What a person should know of a sheet before it is read: where, by rows and cells as their program names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.files.table import column_letters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from services.api.imports.proposals.sheets import Sheet
    from services.api.pages.texts import Translate
    from services.api.pages.upload.work import Work

_MOST_NUMBERS: Final = 8


def notices_of(work: Work, t: Translate) -> Iterator[str]:
    """Yield what a person should know of the sheet before it is read."""
    sheet = work.proposal.sheet
    if sheet.header.row == 0:
        yield t("upload.notice.noHeader")
    if sheet.header.other is not None and not sheet.header.is_sure:
        yield t("upload.notice.header", row=sheet.header.row, other=sheet.header.other)
    if sheet.header.first < sheet.header.row:
        yield t("upload.notice.twoHeaders", first=sheet.header.first, row=sheet.header.row)
    yield from _of_rows(sheet, t)
    blocks = _blocks(work)
    if len(blocks) > 1:
        yield t("upload.notice.twoTables", first=blocks[0], second=blocks[1])
    if work.upload.file_name.lower().endswith(".xlsm"):
        yield t("upload.notice.macros")


def _of_rows(sheet: Sheet, t: Translate) -> Iterator[str]:
    if sheet.hidden_rows:
        yield t("upload.notice.hidden", rows=_numbers(sheet.hidden_rows, t))
    if sheet.merged_cells:
        yield t("upload.notice.merged", cells=_some(sheet.merged_cells, t))
    for column in sheet.columns:
        if column.errors:
            cells = [f"{column_letters(column.index)}{row}" for row in column.errors]
            yield t("upload.notice.errors", cells=_some(cells, t))
    if sheet.asides:
        yield t("upload.notice.asides", rows=_numbers([one.number for one in sheet.asides], t))
    if sheet.foot:
        yield t("upload.notice.foot", rows=_numbers([one.number for one in sheet.foot], t), last=sheet.last_row)


def _blocks(work: Work) -> list[str]:
    """Return where tables stand beside each other, with empty columns between them: A–D, F–I."""
    blocks: list[list[int]] = []
    for column in work.proposal.sheet.columns:
        if not column.filled and not column.name:
            blocks.append([])
        else:
            blocks = blocks or [[]]
            blocks[-1].append(column.index)
    wide = [block for block in blocks if len(block) > 1]
    return [f"{column_letters(block[0])}–{column_letters(block[-1])}" for block in wide]


def _numbers(numbers: Sequence[int], t: Translate) -> str:
    return _some([str(number) for number in numbers], t)


def _some(names: Sequence[str], t: Translate) -> str:
    listed = ", ".join(names[:_MOST_NUMBERS])
    rest = len(names) - _MOST_NUMBERS
    return t("upload.andMore", listed=listed, rest=rest) if rest > 0 else listed

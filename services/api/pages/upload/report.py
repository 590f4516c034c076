"""What would become of each row, or has: how many, and what is wrong with which cell, in words for people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from services.api.imports.run import REFUSED
from services.api.pages.faults import text_of
from services.api.pages.texts import translator
from services.api.pages.upload.sheet_form import LONGEST_CORRECTION, cell_field
from shared.domain.activity import MOMENT_NAMES
from shared.domain.errors import Violation
from shared.domain.wording import Language
from shared.files.cells import text_of as cell_text
from shared.wording.refusals import in_swedish

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from services.api.imports.proposals.sheets import Row
    from services.api.pages.upload.work import Work

_LONGEST_CELL = 60


@dataclass(frozen=True, slots=True)
class CellField:
    """Where a cell can be corrected: what the field and its column are called, what the cell holds, and if a place."""

    key: str
    column: str
    value: str
    is_place: bool


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row: its number, the cell as the program names it, what that says, and what to do.

    `field` is for the first fault of a cell that can be corrected on a page.
    """

    row: int
    cell: str
    says: str
    text: str
    field: CellField | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The counts of an import, and what is wrong with which rows; `more` are not listed."""

    makes: str
    has_ended: bool
    has_failed: bool
    failure: str
    rows: int
    read: int
    new: int
    changed: int
    unchanged: int
    faulty: int
    repeated: int
    skipped: int
    faults: Sequence[RowFault]
    more: int


def report_of(
    entry: Mapping[str, Any], remarks: Sequence[Mapping[str, Any]], language: Language, work: Work | None = None
) -> Report:
    """Return the report of an import; by the work on its file the cells are named."""
    rows = rows_by_number(work) if work else {}
    return Report(
        entry["makes"],
        entry["status"] not in {"received", "running"},
        entry["status"] in {"failed", "interrupted"},
        in_swedish(entry["failure"] or "") if language is Language.SV else entry["failure"] or "",
        entry["rows"],
        entry["created"] + entry["updated"],
        entry["created"],
        entry["updated"],
        entry["unchanged"],
        entry["refused"],
        entry["superseded"] + entry["outdated"],
        entry["skipped"],
        [*_faults(remarks, language, work, rows)],
        # A row may have several remarks, and one that is not refused has some, too.
        max(0, entry["refused"] - len({one["row"] for one in remarks if one["outcome"] == REFUSED})),
    )


def rows_by_number(work: Work) -> dict[int, Row]:
    """Return the rows of a sheet that are known, as they are with what was corrected."""
    return {row.number: row for row in work.proposal.sheet.rows}


def text_in(row: Row, index: int) -> str:
    """Return what a cell says, by its column from 0."""
    return cell_text(row.cells[index]) if index < len(row.cells) else ""


def _faults(
    remarks: Sequence[Mapping[str, Any]], language: Language, work: Work | None, rows: Mapping[int, Row]
) -> Iterator[RowFault]:
    offered = set[str]()
    for remark in remarks:
        found = _fault(remark, language, work, rows)
        if found.field is None or found.field.key not in offered:
            yield found
        else:
            yield replace(found, field=None)
        offered |= {found.field.key} if found.field else set()


def _fault(remark: Mapping[str, Any], language: Language, work: Work | None, rows: Mapping[int, Row]) -> RowFault:
    field, row = str(remark["field"]), rows.get(remark["row"])
    column = work.proposal.column_of(field) if work else None
    cell, says, own = "", "", None
    if column is not None:
        cell = f"{column.guess.letters}{remark['row']}"
        whole = text_in(row, column.guess.column.index) if row else ""
        says = whole[:_LONGEST_CELL]
        # A longer text, or one of several lines, is better corrected where it was written.
        if row is not None and len(whole) <= LONGEST_CORRECTION and "\n" not in whole:
            own = CellField(cell_field(cell), column.guess.column.name, whole, field == "area")
    return RowFault(remark["row"], cell, says, _text_of(remark, language, work), own)


def _text_of(remark: Mapping[str, Any], language: Language, work: Work | None) -> str:
    t, field = translator(language), str(remark["field"])
    reason = str(remark["reason"])
    if field in MOMENT_NAMES and reason.startswith(("is not of the form", "is neither a date")):
        return t("upload.fault.date")
    if reason.startswith("is not among the mapping's values"):
        return t("upload.fault.word")
    return text_of(Violation(field, reason, remark["remedy"]), language, t, type=_type_name(work, language))


def _type_name(work: Work | None, language: Language) -> str:
    if work is None or not work.proposal.types:
        return translator(language)("upload.activity")
    name = work.proposal.types[0].name
    return name.sv if language is Language.SV else name.en

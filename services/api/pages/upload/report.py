"""What would become of each row, or has: how many, and what is wrong with which cell, in words for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.api.pages.faults import text_of
from services.api.pages.texts import translator
from shared.domain.activity import MOMENT_NAMES
from shared.domain.errors import Violation
from shared.domain.wording import Language
from shared.files.cells import text_of as cell_text
from shared.wording.refusals import in_swedish

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.api.imports.proposals.sheets import Row
    from services.api.pages.upload.work import Work

_LONGEST_CELL = 60


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row: its number, the cell as the program names it, what that says, and what to do."""

    row: int
    cell: str
    says: str
    text: str


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
    rows = {row.number: row for row in work.proposal.sheet.rows} if work else {}
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
        [_fault(remark, language, work, rows) for remark in remarks],
        max(0, entry["refused"] - len(remarks)),
    )


def _fault(remark: Mapping[str, Any], language: Language, work: Work | None, rows: Mapping[int, Row]) -> RowFault:
    t = translator(language)
    field = str(remark["field"])
    column = work.proposal.column_of(field) if work else None
    cell, says = "", ""
    if column is not None:
        cell = f"{column.guess.letters}{remark['row']}"
        row, at = rows.get(remark["row"]), column.guess.column.index
        says = cell_text(row.cells[at])[:_LONGEST_CELL] if row and at < len(row.cells) else ""
    reason = str(remark["reason"])
    if field in MOMENT_NAMES and reason.startswith(("is not of the form", "is neither a date")):
        text = t("upload.fault.date")
    elif reason.startswith("is not among the mapping's values"):
        text = t("upload.fault.word")
    else:
        violation = Violation(field, reason, remark["remedy"])
        text = text_of(violation, language, t, type=_type_name(work, language))
    return RowFault(remark["row"], cell, says, text)


def _type_name(work: Work | None, language: Language) -> str:
    if work is None or not work.proposal.types:
        return translator(language)("upload.activity")
    name = work.proposal.types[0].name
    return name.sv if language is Language.SV else name.en

"""The agreement's year as a table that a spreadsheet of its language opens: semicolons and a decimal comma in Swedish.

A line has numbers as they are stored, and words where there is none. No text in it is a formula.
"""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING

from services.api.pages.agreement_files.sentences import asked_in, outcomes_in, remarks_on
from services.api.values.files.readable import local_text
from services.api.values.names import UNITS
from shared.domain.wording import WITHOUT_VALUE, Language, in_language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.api.pages.agreement.content import AgreementContent
    from services.api.pages.texts import Translate
    from shared.annex_tables.rows import Cell, TableRow

SEPARATORS = {Language.SV: ";", Language.EN: ","}


def table_of(content: AgreementContent, t: Translate) -> bytes:
    """Return a line for each row of each annex, in UTF-8 with a byte order mark."""
    language = content.tables.language
    lines = io.StringIO()
    writer = csv.writer(lines, delimiter=SEPARATORS[language], lineterminator="\r\n")
    writer.writerow(_headings(content, t))
    for annex in content.annexes:
        for row in annex.table.rows:
            cells = [annex.table.title, *_cells(row, content, t), " ".join(annex.gaps)]
            writer.writerow([local_text(cell, language) for cell in cells])
    return codecs.BOM_UTF8 + lines.getvalue().encode()


def _headings(content: AgreementContent, t: Translate) -> Iterator[str]:
    yield from (t("word.annex"), t("word.indicator"), t("files.unit"))
    for column in content.tables.columns:
        yield column.heading
        yield t("files.numerator", period=column.heading)
        yield t("files.denominator", period=column.heading)
    yield from (str(content.year - 1), t("agreement.change"), t("files.changeUnit"))
    yield from (content.tables.target_heading, t("agreement.judgement"), t("files.remark"))
    yield t("files.gaps")


def _cells(row: TableRow, content: AgreementContent, t: Translate) -> Iterator[object]:
    language, before = content.tables.language, row.last_year
    # A unit of its own is in the name.
    yield from (row.name, in_language(UNITS[row.unit], language) if row.unit in UNITS else "")
    for cell in row.cells:
        yield _value(cell, language)
        yield from (cell.numerator, cell.denominator) if cell.share_of else ("", "")
    yield "" if before.value is None else before.value
    yield before.change_text if before.change is None else before.change
    yield "" if before.change is None else t(f"files.changeIn.{row.unit if row.is_share else 'other'}")
    yield "; ".join(asked_in(row))
    yield "; ".join(outcomes_in(row))
    yield " ".join(remarks_on(row, content.tables.columns, t))


def _value(cell: Cell, language: Language) -> object:
    if cell.value is not None:
        return cell.value
    return "" if cell.status is None else WITHOUT_VALUE[language].get(cell.status, cell.text)

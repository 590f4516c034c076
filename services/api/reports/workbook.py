"""The report as a workbook: the agreement's sheets, with what is on the report's first and last pages around them.

Text is written as text: one that begins with = is no formula.
"""

from __future__ import annotations

import io
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter  # type: ignore[import-untyped]  # it tells no types

from services.api.pages.agreement_files.annex_sheet import A4, INDENT, AnnexSheet
from services.api.pages.agreement_files.styles import Styles
from services.api.pages.agreement_files.workbook import OPTIONS, name_of_sheet
from services.api.pages.texts import translator as page_translator
from shared.files.row_height import height_of
from shared.report.outline import outline_of
from shared.report.wording import translator

if TYPE_CHECKING:
    from services.api.pages.agreement.content import AgreementContent
    from shared.report.content import AnnexReport, Report
    from shared.report.outline import AnnexOutline, Outline

WIDTHS: Final = (30, 90)
"""Of the columns of a sheet of texts, in characters."""


def workbook_of(report: Report, content: AgreementContent) -> bytes:
    """Return the report on a content as a workbook; made again, it is the same to the byte."""
    file, say, outline = io.BytesIO(), translator(report.language), outline_of(report)
    t = page_translator(report.language)
    with xlsxwriter.Workbook(file, OPTIONS) as book:
        book.set_properties({"title": outline.title, "created": report.changed_at.astimezone(UTC).replace(tzinfo=None)})
        styles = Styles(book)
        names = [say("sheet.first"), say("sheet.last")]
        _write_first(TextSheet(book.add_worksheet(names[0]), styles), report, outline)
        for annex, said, annex_report in zip(content.annexes, outline.annexes, report.annexes, strict=True):
            names.append(name_of_sheet(annex.table, names, t))
            sheet = AnnexSheet(book.add_worksheet(names[-1]), styles, content, annex, t)
            sheet.write(_remarks(annex_report, said, report))
        _write_last(TextSheet(book.add_worksheet(names[1]), styles), report, outline)
    return file.getvalue()


def _remarks(annex: AnnexReport, said: AnnexOutline, report: Report) -> list[tuple[str, list[str]]]:
    """Return what the report says of an annex beyond its table, commitments and comments, by headings."""
    say = translator(report.language)
    # The sheet has purpose and goals, and what is missing in sum, already.
    missing = [one for one in said.missing if one not in annex.gaps]
    sections = [(say("signals"), [*said.signals]), (say("missing"), missing)]
    if said.no_comments:
        sections.append((say("comments"), [said.no_comments]))
    return [(heading, texts) for heading, texts in sections if texts]


class TextSheet:
    """A sheet of headings and texts, written from its top down."""

    def __init__(self, sheet: Any, styles: Styles) -> None:  # noqa: ANN401  the library tells no types
        self._sheet, self._styles, self._row = sheet, styles, 0
        for at, width in enumerate(WIDTHS):
            sheet.set_column(at, at, width)
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)

    def title(self, text: str) -> None:
        """Write the sheet's title."""
        self._write(text, self._styles.title)

    def heading(self, text: str) -> None:
        """Write a heading, a line below what is above it."""
        self._row += 1
        self._write(text, self._styles.section)

    def line(self, text: str, name: str = "") -> None:
        """Write a text, with what it is about before it."""
        self._sheet.write_string(self._row, 0, name, self._styles.name)
        self._sheet.write_string(self._row, 1, text, self._styles.text)
        self._sheet.set_row(self._row, height_of([(name, WIDTHS[0]), (text, WIDTHS[1] - INDENT)]))
        self._row += 1

    def _write(self, text: str, style: Any) -> None:  # noqa: ANN401  the library tells no types
        self._sheet.write_string(self._row, 0, text, style)
        self._row += 1


def _write_first(sheet: TextSheet, report: Report, outline: Outline) -> None:
    say = translator(report.language)
    sheet.title(outline.title)
    for one in (outline.subtitle, *outline.about):
        sheet.line(one)
    sheet.heading(outline.findings_heading)
    for kind, text, annex in outline.findings:
        sheet.line(f"{text} {annex}", kind)
    if not outline.findings:
        sheet.line(say("findings.none"))
    if outline.judgements:
        sheet.heading(say("judgements"))
        for one in outline.judgements:
            sheet.line(one)


def _write_last(sheet: TextSheet, report: Report, outline: Outline) -> None:
    say = translator(report.language)
    sheet.title(say("method"))
    for one in outline.method:
        sheet.line(one)
    for heading, texts in ((say("screening"), outline.screening), (say("revisions"), report.revisions)):
        if texts:
            sheet.heading(heading)
        for one in texts:
            sheet.line(one)
    sheet.heading(say("definitions"))
    for name, definition in outline.definitions:
        sheet.line(definition, name)

"""The report as a Word document, to go on with: real headings, tables with headings, pictures with descriptions."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from shared.domain.wording import Language, speakable
from shared.report.grid import grid_of
from shared.report.outline import outline_of
from shared.report.wording import translator

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from docx.document import Document

    from shared.report.content import AnnexReport, Chart, Report
    from shared.report.grid import Grid
    from shared.report.outline import AnnexOutline, Outline
    from shared.wording.translation import Translate

LANGUAGES: Final = {Language.SV: "sv-SE", Language.EN: "en-GB"}
FONT: Final = "Arial"
INK: Final = RGBColor(0x1B, 0x1B, 0x1B)
WIDTH: Final = Mm(174)
# Of the columns of a table, in parts of its width.
NAME, NUMBER, CHANGE, TARGET, JUDGEMENT = 9, 4, 5, 5, 8
# Between a cell's text and its edges, in the order that the format has.
MARGINS: Final = {"top": Mm(0.5), "left": Mm(1), "bottom": Mm(0.5), "right": Mm(1)}
# Where a ZIP file has the time and the day of an entry: in its own head, and in the list at the end, whose heads are so
# long. The first moment that it can tell: what is made again is the same.
_LOCAL_MOMENT, _LISTED_MOMENT, _LISTED_HEAD = 10, 12, 46
_FIRST_MOMENT: Final = b"\0\0\x21\0"


def docx_of(report: Report) -> bytes:
    """Return the report as a Word document; made again, it is the same to the byte."""
    outline, say = outline_of(report), translator(report.language)
    document = docx.Document()
    _set_up(document, report, outline)
    writer = Writer(document)
    _write_first(writer, outline, say)
    for annex, said in zip(report.annexes, outline.annexes, strict=True):
        _write_annex(writer, annex, said, grid_of(annex.rows, report.tables), say)
    _write_last(writer, report, outline, say)
    file = io.BytesIO()
    document.save(file)
    return _without_moments(file.getvalue())


class Writer:
    """A document, written from its top down. What is in a text is text."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def new_page(self) -> None:
        """Go on on a new page."""
        self.document.add_page_break()  # type: ignore[no-untyped-call]  # it tells no types

    def heading(self, text: str, level: int) -> None:
        """Write a heading; the title has level 0."""
        self.document.add_heading(speakable(text), level)

    def paragraph(self, text: str, bold: str = "", style: str | None = None, language: str = "") -> None:
        """Write a paragraph, which may begin in bold, in a style and a language of its own."""
        paragraph = self.document.add_paragraph(style=style)
        if bold:
            paragraph.add_run(f"{speakable(bold)} ").bold = True
        run = paragraph.add_run(speakable(text))
        if language:
            _set_language(run._r.get_or_add_rPr(), language)  # noqa: SLF001  the library has no way for it

    def items(self, texts: Iterable[str], language: str = "") -> None:
        """Write a list."""
        for text in texts:
            self.paragraph(text, style="List Bullet", language=language)

    def table(self, grid: Grid) -> None:
        """Write a table, whose headings are repeated on each page."""
        table = self.document.add_table(rows=1, cols=len(grid.headings), style="Table Grid")
        header: Any = table.rows[0]
        header._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001  the library has no way for it
        parts = [NAME, *[NUMBER] * (grid.numbers - 1), CHANGE, TARGET, JUDGEMENT]
        _set_margins(table)
        widths = [int(WIDTH * one / sum(parts)) for one in parts]
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        texts = [[f"{cell.text}\n{cell.small}" if cell.small else cell.text for cell in row] for row in grid.rows]
        for row in (grid.headings, *texts):
            is_heading = row is grid.headings
            cells = header.cells if is_heading else table.add_row().cells
            for at, (cell, text) in enumerate(zip(cells, row, strict=True)):
                cell.width = widths[at]
                _fill(cell, text, is_number=0 < at <= grid.numbers, is_bold=is_heading)

    def chart(self, chart: Chart) -> None:
        """Write a chart with its title above it."""
        self.document.add_paragraph(speakable(chart.title), style="Caption").paragraph_format.keep_with_next = True
        picture: Any = self.document.add_picture(io.BytesIO(chart.picture), width=Mm(120))
        properties = picture._inline.docPr  # noqa: SLF001  the library has no way for it
        properties.set("descr", speakable(chart.description))
        properties.set("title", speakable(chart.title))


def _set_up(document: Document, report: Report, outline: Outline) -> None:
    changed = report.changed_at.astimezone(UTC).replace(tzinfo=None)
    properties = document.core_properties
    # The longest that the format has.
    properties.title = speakable(outline.title)[:255]
    properties.author, properties.language = "Samverkan", LANGUAGES[report.language]
    properties.comments = ""
    properties.created = properties.modified = changed
    section: Any = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    normal: Any = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(10)
    _set_language(normal.element.get_or_add_rPr(), LANGUAGES[report.language])
    for name in ("Title", "Heading 1", "Heading 2", "Caption"):
        style: Any = document.styles[name]
        style.font.color.rgb = INK


def _write_first(writer: Writer, outline: Outline, say: Translate) -> None:
    writer.paragraph(outline.subtitle)
    writer.heading(outline.title, 0)
    for one in outline.about:
        writer.paragraph(one)
    writer.heading(outline.findings_heading, 1)
    for kind, text, annex in outline.findings:
        writer.paragraph(f"{text} {annex}", bold=f"{kind}.", style="List Number")
    if not outline.findings:
        writer.paragraph(say("findings.none"))
    if outline.judgements:
        writer.heading(say("judgements"), 1)
        writer.items(outline.judgements)


def _write_annex(writer: Writer, annex: AnnexReport, said: AnnexOutline, grid: Grid, say: Translate) -> None:
    writer.new_page()
    writer.heading(annex.title, 1)
    if annex.purpose or annex.goals:
        writer.heading(say("purpose"), 2)
        if annex.purpose:
            writer.paragraph(annex.purpose, language=LANGUAGES[Language.SV])
        writer.items(annex.goals, language=LANGUAGES[Language.SV])
    if annex.rows:
        writer.heading(say("values"), 2)
        writer.table(grid)
    _write_list(writer, say("signals"), said.signals)
    _write_list(writer, say("commitments"), [f"{promised}\n{outcome}" for promised, outcome in said.commitments])
    _write_list(writer, say("missing"), said.missing)
    writer.heading(say("comments"), 2)
    for about, text in said.comments:
        writer.paragraph(text, bold=f"{about}.")
    if said.no_comments:
        writer.paragraph(said.no_comments)
    if annex.charts:
        writer.heading(say("charts"), 2)
        for chart in annex.charts:
            writer.chart(chart)


def _write_list(writer: Writer, heading: str, texts: Sequence[str]) -> None:
    if texts:
        writer.heading(heading, 2)
        writer.items(texts)


def _write_last(writer: Writer, report: Report, outline: Outline, say: Translate) -> None:
    writer.new_page()
    writer.heading(say("method"), 1)
    for one in outline.method:
        writer.paragraph(one)
    if report.left_out_charts:
        writer.paragraph(say("leftOutCharts", n=report.left_out_charts))
    if outline.screening:
        writer.heading(say("screening"), 2)
        for one in outline.screening:
            writer.paragraph(one)
    _write_list(writer, say("revisions"), report.revisions)
    _write_list(writer, say("legend"), report.legend)
    writer.heading(say("definitions"), 2)
    for name, definition in outline.definitions:
        writer.paragraph(definition, bold=f"{name}:")


def _fill(cell: Any, text: str, *, is_number: bool, is_bold: bool = False) -> None:  # noqa: ANN401  the library's own
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(speakable(text))
    run.font.size = Pt(7.5)
    if is_bold:
        run.bold = True
    if is_number:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _set_margins(table: Any) -> None:  # noqa: ANN401  the library's own
    margins = OxmlElement("w:tblCellMar")
    for side, width in MARGINS.items():
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(width.twips))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    # The format has an order: what says how the table looks comes last.
    properties = table._tbl.tblPr  # noqa: SLF001  the library has no way for it
    properties.find(qn("w:tblLook")).addprevious(margins)


def _set_language(properties: Any, language: str) -> None:  # noqa: ANN401  an element of XML
    element = OxmlElement("w:lang")
    element.set(qn("w:val"), language)
    properties.append(element)


def _without_moments(file: bytes) -> bytes:
    """Return a ZIP file that does not tell when it was made: to pack it anew would take as long as to make it."""
    changed = bytearray(file)
    with zipfile.ZipFile(io.BytesIO(file)) as package:
        place = package.start_dir
        for entry in package.infolist():
            changed[entry.header_offset + _LOCAL_MOMENT : entry.header_offset + _LOCAL_MOMENT + 4] = _FIRST_MOMENT
            changed[place + _LISTED_MOMENT : place + _LISTED_MOMENT + 4] = _FIRST_MOMENT
            place += _LISTED_HEAD + len(entry.filename.encode()) + len(entry.extra) + len(entry.comment)
    return bytes(changed)

"""The sheet of an annex: its table and aims, what lacks, what was promised and written, and what the words mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.api.pages.agreement_files.number_forms import change_of, form_of, number_of
from services.api.pages.agreement_files.sentences import asked_in, heading_of, outcomes_in, remarks_on
from shared.annex_tables.rows import legend_of
from shared.files.row_height import height_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from services.api.pages.agreement.comments import ValueComment
    from services.api.pages.agreement.commitments import CommitmentLine
    from services.api.pages.agreement.content import AgreementContent, AnnexContent
    from services.api.pages.agreement_files.styles import Styles
    from services.api.pages.texts import Translate
    from shared.annex_tables.rows import Cell, TableComparison, TableRow

A4 = 9
# Widths of columns, and what texts are indented by, in characters.
NAME, VALUE, SHARE, CHANGE, TARGET, JUDGEMENT, REMARK = 42, 9, 10, 14, 26, 20, 24
INDENT = 2
_HEADINGS_AT = 3


class AnnexSheet:
    """A sheet, written from its top down.

    A column of values has one beside it where some are shares; the last columns are texts.
    """

    def __init__(
        self,
        sheet: Any,  # noqa: ANN401  the library tells no types
        styles: Styles,
        content: AgreementContent,
        annex: AnnexContent,
        t: Translate,
    ) -> None:
        self._sheet, self._styles, self._content, self._annex, self._t = sheet, styles, content, annex, t
        self._language = content.tables.language
        self._rows = annex.table.rows
        self._shares = [any(row.cells[at].share_of for row in self._rows) for at in range(len(content.tables.columns))]
        self._has_remarks = any(self._remark(row) for row in self._rows)
        values = [width for has_share in self._shares for width in ([VALUE, SHARE] if has_share else [VALUE])]
        texts = [TARGET, JUDGEMENT, REMARK] if self._has_remarks else [TARGET, JUDGEMENT]
        year_to_date = [VALUE] if content.tables.has_year_to_date else []
        self._widths = [NAME, *values, *year_to_date, VALUE, CHANGE, *texts]
        self._first_text = len(self._widths) - len(texts)
        self._last = len(self._widths) - 1
        # Where the next line goes.
        self._row = _HEADINGS_AT

    def write(self, remarks: Sequence[tuple[str, Sequence[str]]] = ()) -> None:
        """Write all of the annex, and further remarks below their headings."""
        title = self._annex.table.title
        for at, width in enumerate(self._widths):
            self._sheet.set_column(at, at, width)
        self._sheet.write_string(0, 0, title, self._styles.title)
        self._sheet.write_string(1, 0, heading_of(self._content, self._t), self._styles.subtitle)
        if self._rows:
            self._write_table()
        aims = [*filter(None, [self._annex.table.purpose]), *self._annex.table.goals]
        self._write_lines(self._t("agreement.aims"), aims)
        self._write_lines(self._t("agreement.gaps"), self._annex.gaps)
        if self._annex.commitments:
            self._write_commitments(self._annex.commitments)
        if self._annex.comments:
            self._write_comments(self._annex.comments)
        for heading, texts in remarks:
            self._write_lines(heading, texts)
        self._write_legend()
        self._set_up_print(title)

    def _set_up_print(self, title: str) -> None:
        self._sheet.set_landscape()
        self._sheet.set_paper(A4)
        self._sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        self._sheet.fit_to_pages(1, 0)
        self._sheet.print_area(0, 0, max(self._row - 1, 1), self._last)
        # In a footer & begins a code.
        about = f"{heading_of(self._content, self._t)}, {title}".replace("&", "&&")
        self._sheet.set_footer(f"&L{about}&R{self._t('files.page')}")

    def _write_table(self) -> None:
        for at, (text, style) in enumerate(self._headings()):
            self._sheet.write_string(self._row, at, text, style)
        self._sheet.repeat_rows(self._row)
        self._sheet.freeze_panes(self._row + 1, 1)
        for row in self._rows:
            self._row += 1
            self._write_row(row)
        self._row += 2

    def _headings(self) -> Iterator[tuple[str, Any]]:
        t, styles = self._t, self._styles
        yield t("word.indicator"), styles.heading
        for column, has_share in zip(self._content.tables.columns, self._shares, strict=True):
            yield column.heading, styles.number_heading
            if has_share:
                yield "", styles.heading
        if self._content.tables.has_year_to_date:
            yield t("files.yearToDate"), styles.number_heading
        yield self._content.tables.heading_before, styles.number_heading
        yield t("agreement.change"), styles.number_heading
        yield self._content.tables.target_heading, styles.text_heading
        yield t("agreement.judgement"), styles.text_heading
        if self._has_remarks:
            yield t("files.remark"), styles.text_heading

    def _write_row(self, row: TableRow) -> None:
        sheet, styles = self._sheet, self._styles
        sheet.write_string(self._row, 0, row.name, styles.name)
        at = 1
        for cell, has_share in zip(row.cells, self._shares, strict=True):
            self._write_value(at, cell, is_bold=cell is row.cells[-1])
            if has_share:
                sheet.write_string(self._row, at + 1, self._share(cell), styles.share)
            at += 2 if has_share else 1
        if self._content.tables.has_year_to_date:
            self._write_compared(at, row.year_to_date, row.unit)
            at += 1
        self._write_last_year(at, row)
        texts = ["\n".join(asked_in(row)), "\n".join(outcomes_in(row)), self._remark(row)]
        lines = [(row.name, NAME)]
        for further, width in enumerate(self._widths[self._first_text :]):
            sheet.write_string(self._row, self._first_text + further, texts[further], styles.text)
            lines.append((texts[further], width - INDENT))
        self._set_height(*lines)

    def _write_value(self, at: int, cell: Cell, *, is_bold: bool) -> None:
        if cell.value is None:
            self._sheet.write_string(self._row, at, cell.text, self._styles.word)
            return
        form = form_of(cell.value, cell.unit, self._language, is_preliminary=cell.is_preliminary)
        style = self._styles.number(form, is_bold=is_bold)
        self._sheet.write_number(self._row, at, number_of(cell.value, cell.unit), style)

    def _write_last_year(self, at: int, row: TableRow) -> None:
        before, styles = row.last_year, self._styles
        self._write_compared(at, before, row.unit)
        if before.change is None:
            self._sheet.write_string(self._row, at + 1, before.change_text, styles.word)
        else:
            changed, form = change_of(before.change, row.unit, self._language)
            self._sheet.write_number(self._row, at + 1, changed, styles.number(form))

    def _write_compared(self, at: int, compared: TableComparison, unit: str) -> None:
        if compared.value is None:
            self._sheet.write_string(self._row, at, compared.text, self._styles.word)
            return
        form = form_of(compared.value, unit, self._language)
        self._sheet.write_number(self._row, at, number_of(compared.value, unit), self._styles.number(form))

    def _share(self, cell: Cell) -> str:
        numerator, _, denominator = cell.share_of.partition("/")
        return self._t("files.share", numerator=numerator, denominator=denominator) if denominator else ""

    def _remark(self, row: TableRow) -> str:
        return " ".join(remarks_on(row, self._content.tables.columns, self._t))

    def _write_commitments(self, commitments: Sequence[CommitmentLine]) -> None:
        t, styles, first_text = self._t, self._styles, self._first_text
        self._write_section(t("agreement.commitments"))
        self._sheet.write_string(self._row, 0, t("word.commitment"), styles.heading)
        self._merge(1, first_text - 1, t("word.state"), styles.text_heading)
        self._sheet.write_string(self._row, first_text, t("files.parties"), styles.text_heading)
        self._sheet.write_string(self._row, first_text + 1, t("files.due"), styles.text_heading)
        for one in commitments:
            self._row += 1
            wording = f"{one.text} ({t('agreement.promise')})" if one.is_promise else one.text
            state = ". ".join(filter(None, (", ".join(filter(None, (one.state_text, one.done))), one.said)))
            self._sheet.write_string(self._row, 0, wording, styles.name)
            self._merge(1, first_text - 1, state, styles.text)
            self._sheet.write_string(self._row, first_text, one.parties, styles.text)
            self._sheet.write_datetime(self._row, first_text + 1, one.due_on, styles.day)
            self._set_height(
                (wording, NAME), (state, sum(self._widths[1:first_text]) - INDENT), (one.parties, TARGET - INDENT)
            )
        self._row += 2

    def _write_comments(self, comments: Sequence[ValueComment]) -> None:
        self._write_section(self._t("agreement.comments"))
        for one in comments:
            remark = f". {self._t(one.remark)}" if one.remark else ""
            subject = f"{one.name}, {one.period_name} ({one.noted_on}){remark}"
            self._sheet.write_string(self._row, 0, subject, self._styles.name)
            self._merge(1, self._last, one.text, self._styles.text)
            self._set_height((subject, NAME), (one.text, sum(self._widths[1:]) - INDENT))
            self._row += 1
        self._row += 1

    def _write_lines(self, title: str, lines: Sequence[str]) -> None:
        """Write a section of lines, where there are any."""
        if not lines:
            return
        self._write_section(title)
        for line in lines:
            self._merge(0, self._last, line, self._styles.text)
            self._set_height((line, sum(self._widths) - INDENT))
            self._row += 1
        self._row += 1

    def _write_legend(self) -> None:
        for text in legend_of(self._rows, self._content.tables.rhythm, self._language, tells_change=True):
            self._merge(0, self._last, text, self._styles.legend)
            self._set_height((text, sum(self._widths)))
            self._row += 1

    def _write_section(self, title: str) -> None:
        self._sheet.write_string(self._row, 0, title, self._styles.section)
        self._row += 1

    def _merge(self, first: int, last: int, text: str, style: Any) -> None:  # noqa: ANN401  the library tells no types
        self._sheet.merge_range(self._row, first, self._row, last, "", style)
        self._sheet.write_string(self._row, first, text, style)

    def _set_height(self, *texts: tuple[str, int]) -> None:
        """Make room for texts in cells of so many characters."""
        self._sheet.set_row(self._row, height_of(texts))

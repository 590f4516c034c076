"""Writes the template: an Excel workbook in which an agreement is filled in, made of the definitions in force."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter  # type: ignore[import-untyped]  # it tells no types

from services.api.pages.setup.examples import example_rows
from services.api.pages.setup.layout import (
    AGREEMENT,
    FIRST_FIELD_ROW,
    FIRST_ROW,
    HEADING_ROW,
    LAST_ROW,
    MOST_PARTIES,
    TABLES,
    VERSION,
    Input,
    TemplateColumn,
    TemplateSheet,
)
from services.api.pages.setup.styles import DATE, FORMATS
from services.api.pages.texts import translator
from shared.domain.followed import WHOLE
from shared.domain.wording import in_language
from shared.files.row_height import height_of
from shared.files.table import column_letters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.api.pages.setup.choices import TemplateChoices
    from services.api.pages.setup.stored_rows import Row
    from shared.catalogue.loader import Catalogue
    from shared.domain.wording import Language

Written = str | int | float | date
_PARAGRAPHS: Final = 9
# A program shows no more of the help at a cell.
_LONGEST_TITLE, _LONGEST_HELP = 32, 255
_FIELD_WIDTHS: Final = (24, 46, 48, 46)
_MARKER_WIDTH: Final = 11
_TEXT_WIDTH: Final = 90
_EARLIEST, _LATEST = date(1900, 1, 1), date(2199, 12, 31)


class _Writer:
    """Writes the sheets of a template into one workbook."""

    def __init__(
        self,
        municipality: str,
        catalogue: Catalogue,
        choices: TemplateChoices,
        language: Language,
        rows: Mapping[str, Sequence[Row]],
    ) -> None:
        self._municipality = municipality
        self._rows = rows
        self._catalogue = catalogue
        self._choices = choices
        self._language = language
        self._t = translator(language)
        self._bytes = BytesIO()
        self._book = xlsxwriter.Workbook(self._bytes, {"in_memory": True, "default_date_format": DATE})
        self._book.set_properties({"title": self._t("setup.readFirst.title"), "author": "Samverkan"})
        self._formats = {name: self._book.add_format(form) for name, form in FORMATS.items()}
        # Where the names of a list are, as a formula has it.
        self._ranges: dict[str, str] = {}

    def write(self) -> bytes:
        names = {key: self._book.add_worksheet(self._t(f"setup.sheet.{key}")) for key in _IN_ORDER}
        lists = self._book.add_worksheet(self._t("setup.sheet.lists"))
        self._write_lists(lists)
        self._write_first(names["readFirst"])
        self._write_agreement(names[AGREEMENT.key])
        for sheet in TABLES:
            self._write_table(names[sheet.key], sheet)
        self._book.close()
        return self._bytes.getvalue()

    def _write_first(self, sheet: Any) -> None:  # noqa: ANN401  the library tells no types
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, _TEXT_WIDTH)
        sheet.write_string(0, 0, self._t("setup.readFirst.title"), self._formats["title"])
        stamps = (("setup.forMunicipality", self._municipality), ("setup.version", str(VERSION)))
        for row, (key, value) in enumerate(stamps, 2):
            sheet.write_string(row, 0, self._t(key), self._formats["label"])
            sheet.write_string(row, 1, value, self._formats["plain"])
        for number in range(1, _PARAGRAPHS + 1):
            sheet.write_string(4 + number, 0, f"{number}.", self._formats["number"])
            text = self._t(f"setup.readFirst.{number}")
            sheet.write_string(4 + number, 1, text, self._formats["plain"])
            sheet.set_row(4 + number, height_of([(text, _TEXT_WIDTH)]))
        self._print(sheet, is_wide=False)

    def _write_agreement(self, sheet: Any) -> None:  # noqa: ANN401  the library tells no types
        for at, width in enumerate(_FIELD_WIDTHS):
            sheet.set_column(at, at, width)
        self._write_top(sheet, AGREEMENT)
        headings = ("setup.fieldColumn", "setup.valueColumn", "setup.helpColumn", "setup.exampleColumn")
        for at, key in enumerate(headings):
            sheet.write_string(FIRST_FIELD_ROW - 2, at, self._t(key), self._formats["heading"])
        (example,) = example_rows(AGREEMENT, self._choices, self._language, self._t)
        row = FIRST_FIELD_ROW - 1
        for column in AGREEMENT.columns:
            sheet.write_string(row, 0, self._heading(AGREEMENT, column), self._formats["label"])
            sheet.write_string(row, 2, self._help(AGREEMENT, column), self._formats["help"])
            self._write_cell(sheet, row, 3, example[column.key], "example")
            last = row + (MOST_PARTIES - 1 if column.key == "parties" else 0)
            stored = self._values(column)
            for one in range(row, max(last, row + len(stored) - 1) + 1):
                sheet.write_blank(one, 1, None, self._formats["inputDate" if column.input is Input.DATE else "input"])
            for one, value in enumerate(stored, row):
                self._write_cell(sheet, one, 1, value, "input")
            texts = (self._help(AGREEMENT, column), str(example[column.key]))
            sheet.set_row(row, height_of(zip(texts, _FIELD_WIDTHS[2:], strict=True)))
            self._validate(sheet, AGREEMENT, column, (row, 1, last, 1))
            row = last + 1
        self._print(sheet, is_wide=False)

    def _values(self, column: TemplateColumn) -> list[Written]:
        """Return what is stored of a field of the agreement: several parties each in a row."""
        (stored,) = self._rows.get(AGREEMENT.key) or ({},)
        value = stored.get(column.key)
        if isinstance(value, list):
            return [*value]
        return [] if value is None else [value]

    def _write_rows(self, sheet: Any, table: TemplateSheet) -> None:  # noqa: ANN401  the library tells no types
        """Write what is stored, below the examples."""
        for number, row in enumerate(self._rows.get(table.key, ()), FIRST_ROW - 1):
            stored = (row.get(column.key) for column in table.columns)
            values = ["\n".join(value) if isinstance(value, list) else value for value in stored]
            for at, value in enumerate(values, 1):
                if value not in {None, ""}:
                    self._write_cell(sheet, number, at, value, "wrapped")
            texts = ((str(value or ""), column.width) for value, column in zip(values, table.columns, strict=True))
            sheet.set_row(number, height_of(texts))

    def _write_table(self, sheet: Any, table: TemplateSheet) -> None:  # noqa: ANN401  the library tells no types
        self._write_top(sheet, table)
        sheet.set_column(0, 0, _MARKER_WIDTH)
        heading, first = HEADING_ROW - 1, FIRST_ROW - 1
        helps = self._t("setup.marker.help")
        sheet.write_blank(heading, 0, None, self._formats["heading"])
        sheet.write_string(heading + 1, 0, helps, self._formats["marker"])
        rows = example_rows(table, self._choices, self._language, self._t)
        for number, example in enumerate(rows):
            texts = [(str(example.get(column.key, "")), column.width) for column in table.columns]
            sheet.set_row(heading + 2 + number, height_of(texts))
            sheet.write_string(heading + 2 + number, 0, self._t("setup.marker.example"), self._formats["marker"])
            for at, column in enumerate(table.columns, 1):
                self._write_cell(sheet, heading + 2 + number, at, example.get(column.key, ""), "example")
        for at, column in enumerate(table.columns, 1):
            sheet.set_column(
                at, at, column.width, self._formats["dateInput" if column.input is Input.DATE else "wrapped"]
            )
            sheet.write_string(heading, at, self._heading(table, column), self._formats["heading"])
            sheet.write_string(heading + 1, at, self._help(table, column), self._formats["help"])
            self._validate(sheet, table, column, (first, at, LAST_ROW - 1, at))
        headings = ((self._heading(table, column), column.width) for column in table.columns)
        sheet.set_row(heading, height_of(headings, is_bold=True))
        sheet.set_row(heading + 1, height_of((self._help(table, column), column.width) for column in table.columns))
        self._write_rows(sheet, table)
        sheet.freeze_panes(heading + 1, 2)
        self._print(sheet, is_wide=True)

    def _write_top(self, sheet: Any, table: TemplateSheet) -> None:  # noqa: ANN401  the library tells no types
        sheet.write_string(0, 0, self._t(f"setup.sheet.{table.key}"), self._formats["title"])
        sheet.write_string(1, 0, self._t(f"setup.lead.{table.key}"), self._formats["lead"])

    def _write_cell(self, sheet: Any, row: int, at: int, value: Written, form: str) -> None:  # noqa: ANN401  the library tells no types
        if isinstance(value, date):
            sheet.write_datetime(row, at, value, self._formats[f"{form}Date"])
        elif isinstance(value, int | float):
            sheet.write_number(row, at, value, self._formats[form])
        else:
            sheet.write_string(row, at, value, self._formats[form])

    def _write_lists(self, sheet: Any) -> None:  # noqa: ANN401  the library tells no types
        """Write the lists to choose from, the longest first with what each of its entries is."""
        headings = ("setup.lists.indicators", "setup.lists.definition")
        for at, key in enumerate(headings):
            sheet.write_string(0, at, self._t(key), self._formats["heading"])
        sheet.set_column(0, 0, 56)
        sheet.set_column(1, 1, 90)
        for row, (code, name) in enumerate(self._choices.names("series", self._language).items(), 1):
            indicator, _, part = code.partition("/")
            sheet.write_string(row, 0, name, self._formats["wrapped"])
            if part == WHOLE:
                definition = self._catalogue.indicators[indicator].definition
                sheet.write_string(row, 1, in_language(definition, self._language), self._formats["wrapped"])
        self._note_range("series", 0)
        for at, source in enumerate((one for one in self._choices.sources() if one != "series"), 2):
            names = self._choices.names(source, self._language)
            sheet.set_column(at, at, 34)
            for row, (code, name) in enumerate(names.items(), 1):
                sheet.write_string(row, at, name, self._formats["wrapped"])
                if source == "theme":
                    sheet.write_comment(row, at, self._followed_by(code), {"x_scale": 3, "y_scale": 2})
            sheet.write_string(0, at, self._t(f"setup.list.{source}"), self._formats["heading"])
            self._note_range(source, at)
        sheet.freeze_panes(1, 1)

    def _followed_by(self, theme: str) -> str:
        names = self._choices.names("series", self._language)
        codes = [code for code, one in self._catalogue.indicators.items() if theme in one.themes]
        return ", ".join(names[f"{code}/{WHOLE}"] for code in codes if f"{code}/{WHOLE}" in names)

    def _note_range(self, source: str, at: int) -> None:
        last = len(self._choices.names(source, self._language)) + 1
        letters = column_letters(at)
        self._ranges[source] = f"='{self._t('setup.sheet.lists')}'!${letters}$2:${letters}${last}"

    def _validate(
        self,
        sheet: Any,  # noqa: ANN401  the library tells no types
        table: TemplateSheet,
        column: TemplateColumn,
        cells: tuple[int, int, int, int],
    ) -> None:
        """Offer a list, or help, at the cells of a column, and have the program refuse what can be no value there."""
        rule: dict[str, Any] = {
            "input_title": self._t(f"setup.column.{table.key}.{column.key}")[:_LONGEST_TITLE],
            "input_message": self._help(table, column)[:_LONGEST_HELP],
        }
        match column.input:
            case Input.CHOICE:
                rule |= {"validate": "list", "source": self._ranges[column.source]}
                rule |= {"error_title": self._t("setup.wrong"), "error_message": self._t("setup.fault.choice")}
            case Input.REFERENCE:
                # What was stored before, and stands on no sheet, can be typed.
                rule |= {"validate": "list", "source": self._reference(column.source), "show_error": False}
            case Input.DATE:
                rule |= {"validate": "date", "criteria": "between", "minimum": _EARLIEST, "maximum": _LATEST}
                rule |= {"error_title": self._t("setup.wrong"), "error_message": self._t("setup.fault.date")}
            case Input.WHOLE:
                rule |= {"validate": "integer", "criteria": ">=", "value": 0}
                rule |= {"error_title": self._t("setup.wrong"), "error_message": self._t("setup.fault.whole")}
            case Input.NUMBER:
                rule |= {"validate": "decimal", "criteria": ">=", "value": 0}
                rule |= {"error_title": self._t("setup.wrong"), "error_message": self._t("setup.fault.number")}
            case _:
                rule |= {"validate": "any"}
        sheet.data_validation(*cells, rule)

    def _reference(self, source: str) -> str:
        """Return where what another sheet names is written."""
        key, _, name = source.partition(".")
        title = self._t(f"setup.sheet.{key}")
        if key == AGREEMENT.key:
            first = FIRST_FIELD_ROW + [column.key for column in AGREEMENT.columns].index(name)
            return f"='{title}'!$B${first}:$B${first + MOST_PARTIES - 1}"
        (table,) = (one for one in TABLES if one.key == key)
        letters = column_letters([column.key for column in table.columns].index(name) + 1)
        return f"='{title}'!${letters}${FIRST_ROW}:${letters}${LAST_ROW}"

    def _heading(self, table: TemplateSheet, column: TemplateColumn) -> str:
        name = self._t(f"setup.column.{table.key}.{column.key}")
        return self._t("setup.required", name=name) if column.is_required else name

    def _help(self, table: TemplateSheet, column: TemplateColumn) -> str:
        return self._t(f"setup.help.{table.key}.{column.key}")

    @staticmethod
    def _print(sheet: Any, *, is_wide: bool) -> None:  # noqa: ANN401  the library tells no types
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        if is_wide:
            sheet.set_landscape()
            sheet.repeat_rows(HEADING_ROW - 1)


def write_template(
    municipality: str,
    catalogue: Catalogue,
    choices: TemplateChoices,
    language: Language,
    rows: Mapping[str, Sequence[Row]] | None = None,
) -> bytes:
    """Return the template of a municipality, by its name, as a workbook; with `rows` of its sheets filled in."""
    return _Writer(municipality, catalogue, choices, language, rows or {}).write()


_IN_ORDER: Final = ("readFirst", AGREEMENT.key, *(table.key for table in TABLES))

"""An import mapping: how a file is written, which rows are chosen, and how a cell becomes a value."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from services.api.imports.corrections import CorrectedRows, rows_by_number
from services.api.imports.mappings.parts import (
    LONGEST_VALUE,
    fault,
    fit_case_numbers,
    fit_delimiter,
    fit_formats,
    fit_template,
    fit_value,
    known_zone,
)
from shared.domain.case_numbers import LONGEST_PATTERN
from shared.domain.fields import Document
from shared.domain.moment import EPOCHS, SPREADSHEET_DAYS, WEEKS
from shared.files.numbers import DecimalSign
from shared.files.table import MOST_TITLE_ROWS, TableForm

LONGEST_COLUMN = 200
MOST_VALUES = 2000
MOST_FORMATS = 10
MOST_COLUMNS_OF_A_FIELD = 5
MOST_SKIPS = 20
MOST_FIELDS = 60
# Of one file.
MOST_CORRECTIONS = 500
LONGEST_NAME = 80
FIRST_YEAR, LAST_YEAR = 1990, 2100
LAST_ROW = 10_000_000
# How far down a header may be that is named.
LAST_HEADER_ROW = 1000


Makes = Literal["activities", "observations"]
Value = Annotated[Annotated[str, Field(max_length=LONGEST_VALUE)] | int, BeforeValidator(fit_value)]
Cell = Annotated[str, Field(max_length=LONGEST_VALUE)]
Column = Annotated[str, Field(min_length=1, max_length=LONGEST_COLUMN)]


Form = Annotated[str, Field(max_length=LONGEST_COLUMN)]


class FileFormat(Document):
    """How the file is written. What is left out is found out from the file."""

    delimiter: Annotated[
        Annotated[str, Field(min_length=1, max_length=1), AfterValidator(fit_delimiter)] | None,
        Field(description="What parts the cells of CSV. A first line such as `sep=;` in the file comes before it."),
    ] = None
    # In each, a line ends where it ends in ASCII, so that a file can be cut into lines before it is decoded.
    encoding: Annotated[
        Literal["utf-8", "iso-8859-1", "iso-8859-15", "windows-1252"] | None,
        Field(description="Of CSV. A byte order mark in the file, and a `charset` that is sent, come before it."),
    ] = None
    header_row: Annotated[
        Annotated[int, Field(ge=0, le=LAST_HEADER_ROW)] | None,
        Field(
            description=(
                "The number of the row that names the columns, as a spreadsheet program numbers them; 0: there is "
                "none, and columns are named A, B and so on. Left out, the first row with all the columns is it, if "
                f"it is among the first {MOST_TITLE_ROWS}."
            )
        ),
    ] = None
    first_row: Annotated[
        Annotated[int, Field(ge=1, le=LAST_HEADER_ROW)] | None,
        Field(description="Where `headerRow` is 0, the first row that is read: those above it are a title."),
    ] = None
    last_row: Annotated[
        Annotated[int, Field(ge=1, le=LAST_ROW)] | None,
        Field(description="The last row that is read: those below it are sums or remarks. Left out, all are read."),
    ] = None
    sheet: Annotated[
        Annotated[str, Field(min_length=1, max_length=LONGEST_COLUMN)] | None,
        Field(description="Of a workbook. Left out, it is the first visible sheet with all the columns."),
    ] = None
    decimal_sign: Annotated[
        DecimalSign | None,
        Field(
            description=(
                "What comes before the decimals of numbers that are texts; the other sign parts thousands. Left out, "
                "it is found out, and a number such as 1,150 or 2.000, which has two readings, is refused."
            )
        ),
    ] = None


class RowChoice(Document):
    """Rows that are told by what stands in one of their cells."""

    column: Column
    values: Annotated[list[Cell], Field(min_length=1, max_length=MOST_VALUES)]


class ColumnRule(Document):
    """How a cell becomes the value of a field. A cell is trimmed first; case makes no difference in a comparison."""

    column: Annotated[Column, Field(description="The column's name in the row of names.")]
    also_columns: Annotated[
        list[Column],
        Field(
            max_length=MOST_COLUMNS_OF_A_FIELD - 1,
            description="Further columns, for the further {} of the template. If one of the cells is empty, all are.",
        ),
    ] = Field(default_factory=list)
    values: Annotated[
        dict[str, Value], Field(max_length=MOST_VALUES, description="What cells that are listed stand for.")
    ] = Field(default_factory=dict)
    named: Annotated[
        Literal["municipality"] | None,
        Field(description="Reads any other cell as the name of such an area, or as its code."),
    ] = None
    template: Annotated[
        Annotated[str, Field(max_length=LONGEST_VALUE), AfterValidator(fit_template)] | None,
        Field(description="Reads any other cell: it takes the place of {}."),
    ] = None
    as_code: Annotated[
        bool,
        Field(description="Writes what is read as a code: Norra Ängen is norra-angen, in a template 1282-norra-angen."),
    ] = False
    format: Annotated[
        Form | Annotated[list[Form], Field(min_length=1, max_length=MOST_FORMATS)] | None,
        BeforeValidator(fit_formats),
        Field(
            description=(
                "Reads any other cell as a date or time, as strptime does; of several the first that fits. What does "
                f"not fit is refused. {', '.join((*EPOCHS, SPREADSHEET_DAYS, WEEKS))} are forms too; {WEEKS} is the "
                "Monday of `v. 12`. A cell of a workbook that is a date needs none."
            )
        ),
    ] = None
    year: Annotated[
        int | None, Field(ge=FIRST_YEAR, le=LAST_YEAR, description="The year of dates and weeks that carry none.")
    ] = None
    decimal_sign: Annotated[DecimalSign | None, Field(description="As in `format`, for this column alone.")] = None
    when: Annotated[RowChoice | None, Field(description="The field is read in these rows only.")] = None
    unless: Annotated[RowChoice | None, Field(description="The field is not read in these rows.")] = None
    otherwise: Annotated[
        Value | None, Field(description="Stands for what none of these reads. Without it an empty cell states nothing.")
    ] = None

    @model_validator(mode="after")
    def _reads_in_one_way(self) -> Self:
        if sum(way is not None for way in (self.named, self.template, self.format)) > 1:
            raise fault("has several of named, template and format", "Keep one of them.")
        return self

    @model_validator(mode="after")
    def _template_has_a_place_for_each_column(self) -> Self:
        places = 1 if self.template is None else self.template.count("{}")
        if places != 1 + len(self.also_columns):
            raise fault("has another number of {} than columns", "Write {} once for each column.")
        return self

    @property
    def formats(self) -> list[str]:
        """The forms of its dates, in the order in which they are tried."""
        if self.format is None:
            return []
        return [self.format] if isinstance(self.format, str) else self.format


class MappingContent(Document):
    """How a row becomes an activity or an observation."""

    name: Annotated[
        Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] | None,
        Field(description="What people call it."),
    ] = None
    makes: Annotated[Makes, Field(description="What a row becomes.")] = "activities"
    format: FileFormat = FileFormat()
    time_zone: Annotated[
        Annotated[str, AfterValidator(known_zone)], Field(description="The zone of date-times that carry none.")
    ] = "Europe/Stockholm"
    constants: Annotated[
        dict[str, Annotated[Value | float, BeforeValidator(fit_value)]],
        Field(max_length=MOST_FIELDS, description="The same in every row."),
    ] = Field(default_factory=dict)
    skips: Annotated[
        list[RowChoice], Field(max_length=MOST_SKIPS, description="Rows of other things, which are passed over.")
    ] = Field(default_factory=list)
    duplicates: Annotated[
        RowChoice | None,
        Field(description="Activities that the source itself tells to be duplicates: they come in as cancelled."),
    ] = None
    cancels: Annotated[
        list[RowChoice],
        Field(max_length=MOST_SKIPS, description="Activities that any of these tells to be cancelled."),
    ] = Field(default_factory=list)
    without_ids: Annotated[
        bool,
        Field(
            description=(
                "The source has no ids: a row is known again by what stands in the columns that are read. One that is "
                "corrected comes in as another."
            )
        ),
    ] = False
    id_columns: Annotated[
        list[Column],
        Field(
            max_length=MOST_FIELDS,
            description=(
                "With `withoutIds`, the columns by which a row is known again, such as its day and its place: a "
                "correction in another column updates it. Left out, all that are read."
            ),
        ),
    ] = Field(default_factory=list)
    case_numbers: Annotated[
        Annotated[str, Field(min_length=1, max_length=LONGEST_PATTERN), AfterValidator(fit_case_numbers)] | None,
        Field(
            description=(
                "The regular expression that the ids follow which are case numbers: they are never taken for personal "
                "identity numbers."
            )
        ),
    ] = None
    columns: Annotated[
        dict[str, ColumnRule],
        Field(
            min_length=1,
            max_length=MOST_FIELDS,
            description="By field, nested ones with a dot. An observation has `periodType`, `year` and `month` too.",
        ),
    ]

    @property
    def zone(self) -> tzinfo:
        """The zone of date-times that carry none."""
        return ZoneInfo(self.time_zone)

    def is_read(self, row: int) -> bool:
        """Tell whether a row, by its number, is one of the table."""
        first, last = self.format.first_row or 1, self.format.last_row
        return first <= row and (last is None or row <= last)

    @property
    def corrected_rows(self) -> CorrectedRows:
        """What cells of the file hold instead of what is in it: a mapping for several files corrects none."""
        return {}

    @property
    def cancelling(self) -> list[RowChoice]:
        """The choices of rows that come in as cancelled."""
        return [*self.cancels, *([self.duplicates] if self.duplicates else [])]

    def decimal_sign(self, rule: ColumnRule) -> DecimalSign | None:
        """Return what comes before the decimals in a column."""
        return rule.decimal_sign or self.format.decimal_sign

    def table_form(self, charset: str | None) -> TableForm:
        """Return how a file is written; `charset` is the encoding that was sent with it."""
        return TableForm(self.format.delimiter, charset or self.format.encoding, self.format.header_row)


class Correction(Document):
    """What a cell held, and what somebody has written instead."""

    was: Cell
    becomes: Cell


class FileMapping(MappingContent):
    """A mapping as one file is read by it: with the cells of it that were corrected, by their names such as A6."""

    corrections: Annotated[dict[str, Correction], Field(max_length=MOST_CORRECTIONS)] = Field(default_factory=dict)

    @property
    def corrected_rows(self) -> CorrectedRows:
        """What the corrected cells hold now."""
        return rows_by_number((name, one.becomes) for name, one in self.corrections.items())


def nested(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields with dotted names as the objects they stand for."""
    document: dict[str, Any] = {}
    for name, value in fields.items():
        top, _, below = name.partition(".")
        if below:
            document.setdefault(top, {})[below] = value
        else:
            document[top] = value
    return document

"""An import mapping: how a file is written, which rows are chosen, and how a cell becomes a value."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.domain.case_numbers import LONGEST_PATTERN, UnfitPattern, check_pattern
from shared.domain.fields import Document
from shared.domain.moment import EPOCHS, SPREADSHEET_DAYS
from shared.files.numbers import DecimalSign
from shared.files.table import MOST_TITLE_ROWS, TableForm

LONGEST_COLUMN = 200
LONGEST_VALUE = 500
MOST_VALUES = 2000
DIRECTIVES = frozenset("aAbBdHIjmMpSfyYzZ%")
MOST_FORMATS = 10
MOST_COLUMNS_OF_A_FIELD = 5
MOST_SKIPS = 20
MOST_FIELDS = 60
# How far down a header may be that is named.
LAST_HEADER_ROW = 1000


def _fault(reason: str, remedy: str) -> PydanticCustomError:
    return PydanticCustomError("mapping", "{reason}", {"reason": reason, "remedy": remedy})


def _known_zone(name: str) -> str:
    """Return the name of a time zone as it is. Raises PydanticCustomError if it is none."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise _fault("is not a time zone", "Write a name such as Europe/Stockholm.") from None
    return name


def _fit_case_numbers(pattern: str) -> str:
    """Return a pattern of case numbers as it is. Raises PydanticCustomError if it says nothing of their form."""
    try:
        return check_pattern(pattern)
    except UnfitPattern as error:
        raise _fault(str(error), "Write the form of your case numbers, such as [0-9]{6}-[0-9]{4}.") from None


def _fit_delimiter(delimiter: str) -> str:
    if delimiter in '"\r\n\0 ':
        raise _fault("cannot part columns", "Use a comma, a semicolon or a tab.")
    return delimiter


def _fit_template(template: str) -> str:
    if "{}" not in template or template.replace("{}", "").count("{") or template.replace("{}", "").count("}"):
        raise _fault("must hold {} once, where the cell goes", "Write it as 1282-{}.")
    return template


def _fit_format(form: str) -> str:
    if form in EPOCHS or form == SPREADSHEET_DAYS:
        return form
    directives = re.findall(r"%(.?)", form.replace("%%", ""))
    dated = {"d", "Y"} <= set(directives) or {"d", "y"} <= set(directives) or "j" in directives
    if not directives or not set(directives) <= DIRECTIVES or not dated:
        words = ", ".join((*EPOCHS, SPREADSHEET_DAYS))
        remedy = f"Write it with %Y, %m, %d, %H, %M, %S, such as %d/%m/%Y, or one of {words}."
        raise _fault("is not the format of a date", remedy)
    if len(set(directives)) < len(directives):
        raise _fault("has a part twice", "Name each part of the date once.")
    return form


Makes = Literal["activities", "observations"]
Value = Annotated[str, Field(max_length=LONGEST_VALUE)] | int
Cell = Annotated[str, Field(max_length=LONGEST_VALUE)]
Column = Annotated[str, Field(min_length=1, max_length=LONGEST_COLUMN)]


Form = Annotated[str, Field(max_length=LONGEST_COLUMN), AfterValidator(_fit_format)]


class FileFormat(Document):
    """How the file is written. What is left out is found out from the file."""

    delimiter: Annotated[
        Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_fit_delimiter)] | None,
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
        Annotated[str, Field(max_length=LONGEST_VALUE), AfterValidator(_fit_template)] | None,
        Field(description="Reads any other cell: it takes the place of {}."),
    ] = None
    as_code: Annotated[
        bool,
        Field(description="Writes what is read as a code: Norra Ängen is norra-angen, in a template 1282-norra-angen."),
    ] = False
    format: Annotated[
        Form | Annotated[list[Form], Field(min_length=1, max_length=MOST_FORMATS)] | None,
        Field(
            description=(
                "Reads any other cell as a date or time, as strptime does; of several the first that fits. What does "
                f"not fit is refused. {', '.join((*EPOCHS, SPREADSHEET_DAYS))} are forms too. A cell of a workbook "
                "that is a date needs none."
            )
        ),
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
            raise _fault("has several of named, template and format", "Keep one of them.")
        return self

    @model_validator(mode="after")
    def _template_has_a_place_for_each_column(self) -> Self:
        places = 1 if self.template is None else self.template.count("{}")
        if places != 1 + len(self.also_columns):
            raise _fault("has another number of {} than columns", "Write {} once for each column.")
        return self

    @property
    def formats(self) -> list[str]:
        """The forms of its dates, in the order in which they are tried."""
        if self.format is None:
            return []
        return [self.format] if isinstance(self.format, str) else self.format


class MappingContent(Document):
    """How a row becomes an activity or an observation."""

    makes: Annotated[Makes, Field(description="What a row becomes.")] = "activities"
    format: FileFormat = FileFormat()
    time_zone: Annotated[
        Annotated[str, AfterValidator(_known_zone)], Field(description="The zone of date-times that carry none.")
    ] = "Europe/Stockholm"
    constants: Annotated[
        dict[str, Value | float], Field(max_length=MOST_FIELDS, description="The same in every row.")
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
    case_numbers: Annotated[
        Annotated[str, Field(min_length=1, max_length=LONGEST_PATTERN), AfterValidator(_fit_case_numbers)] | None,
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

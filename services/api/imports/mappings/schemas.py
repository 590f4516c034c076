"""Import mappings as the API takes and shows them."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ConfigDict, Field

from services.api.http.schemas import PageOf, Resource, example_page, example_resource
from services.api.imports.mappings.rules import ColumnRule, FileFormat, RowChoice, Value, fit_case_numbers, known_zone
from services.api.imports.record_type import Makes
from shared.domain.case_numbers import LONGEST_PATTERN
from shared.domain.fields import Code, Document, Instant
from shared.files.numbers import DecimalSign
from shared.files.table import TableForm

MOST_SKIPS = 20
MOST_FIELDS = 60


def _example_rule(column: str, **stated: object) -> dict[str, Any]:
    unstated: dict[str, Any] = {
        **dict.fromkeys(("named", "template", "format", "decimalSign", "when", "unless", "otherwise")),
        "alsoColumns": [],
        "values": {},
        "asCode": False,
    }
    return {"column": column, **unstated, **stated}


EXAMPLE: dict[str, Any] = {
    "code": "street-works",
    "makes": "activities",
    "format": {
        "delimiter": ";",
        "encoding": "windows-1252",
        "headerRow": None,
        "sheet": None,
        "decimalSign": ",",
    },
    "timeZone": "Europe/Stockholm",
    "constants": {
        "source": "street-works",
        "type": "graffiti-cleanup",
        "agreement": "landskrona-2015-2016",
        "annex": 4,
        "area": "1282",
    },
    "skips": [{"column": "Sort", "values": ["Papperskorg"]}],
    "duplicates": {"column": "Status", "values": ["Dubblett"]},
    "cancels": [{"column": "Utfall", "values": ["Avvisad"]}],
    "withoutIds": False,
    "caseNumbers": "[0-9]{4}-[0-9]{6}",
    "columns": {
        "externalId": _example_rule("Ärende"),
        "status": _example_rule("Status", values={"Klar": "performed", "Öppen": "planned"}),
        "reported": _example_rule("Inkom", format="%Y%m%d"),
        "completed": _example_rule("Åtgärdat", format="%Y%m%d", unless={"column": "Status", "values": ["Öppen"]}),
    },
}
ENTRY_EXAMPLE = {**EXAMPLE, "revision": 1, "changedAt": "2016-05-02T08:00:01Z"}


class MappingContent(Document):
    """How a row becomes an activity or an observation."""

    makes: Annotated[Makes, Field(description="What a row becomes.")] = "activities"
    format: FileFormat = FileFormat()
    time_zone: Annotated[
        Annotated[str, AfterValidator(known_zone)], Field(description="The zone of date-times that carry none.")
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


class MappingBody(MappingContent):
    """A mapping as a client sends it."""

    code: Annotated[Code | None, Field(description="May be left out; else as in the address.")] = None

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})


class MappingEntry(MappingContent):
    """A mapping as it is kept."""

    code: Code
    revision: int
    changed_at: Instant


class Mapping(MappingEntry, Resource):
    """One mapping."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_resource("import-mappings/street-works", ENTRY_EXAMPLE)]}
    )


class MappingPage(PageOf):
    """A page of mappings, by code."""

    import_mappings: list[MappingEntry]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("import-mappings", "importMappings", ENTRY_EXAMPLE)]}
    )


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

"""Import mappings as the API takes and shows them, and what makes one contradict itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import tzinfo
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from services.api.http.schemas import PageOf, Resource, example_page, example_resource
from services.api.imports.record_type import FIELDS, PERIOD_PARTS, Makes
from shared.domain.errors import Violation
from shared.domain.free_text import faults_in
from shared.intake.fields import Code, Document, Instant
from shared.intake.violations import redacted, violation_of

LONGEST_COLUMN = 200
LONGEST_VALUE = 500
MOST_VALUES = 2000
MOST_FIELDS = 60
DIRECTIVES = frozenset("aAbBdHIjmMpSfyYzZ%")
MOST_SKIPS = 20


def _example_rule(column: str, **stated: object) -> dict[str, Any]:
    unstated: dict[str, Any] = {"values": {}, "named": None, "template": None, "format": None, "otherwise": None}
    return {"column": column, **unstated, **stated}


EXAMPLE: dict[str, Any] = {
    "code": "street-works",
    "makes": "activities",
    "format": {"delimiter": ";", "encoding": "windows-1252"},
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
    "columns": {
        "externalId": _example_rule("Ärende"),
        "status": _example_rule("Status", values={"Klar": "performed", "Öppen": "planned"}),
        "reported": _example_rule("Inkom", format="%Y%m%d"),
        "completed": _example_rule("Åtgärdat", format="%Y%m%d"),
    },
}
ENTRY_EXAMPLE = {**EXAMPLE, "revision": 1, "changedAt": "2016-05-02T08:00:01Z"}


def _fault(reason: str, remedy: str) -> PydanticCustomError:
    return PydanticCustomError("mapping", "{reason}", {"reason": reason, "remedy": remedy})


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise _fault("is not a time zone", "Write a name such as Europe/Stockholm.") from None
    return name


def _fit_delimiter(delimiter: str) -> str:
    if delimiter in '"\r\n\0 ':
        raise _fault("cannot part columns", "Use a comma, a semicolon or a tab.")
    return delimiter


def _fit_template(template: str) -> str:
    if template.count("{}") != 1 or template.replace("{}", "").count("{") or template.replace("{}", "").count("}"):
        raise _fault("must hold {} once, where the cell goes", "Write it as 1282-{}.")
    return template


def _fit_format(form: str) -> str:
    directives = re.findall(r"%(.?)", form.replace("%%", ""))
    dated = {"d", "Y"} <= set(directives) or {"d", "y"} <= set(directives) or "j" in directives
    if not directives or not set(directives) <= DIRECTIVES or not dated:
        raise _fault("is not the format of a date", "Write it with %Y, %m, %d, %H, %M, %S, such as %d/%m/%Y.")
    if len(set(directives)) < len(directives):
        raise _fault("has a part twice", "Name each part of the date once.")
    return form


Value = Annotated[str, Field(max_length=LONGEST_VALUE)] | int
Cell = Annotated[str, Field(max_length=LONGEST_VALUE)]
Column = Annotated[str, Field(min_length=1, max_length=LONGEST_COLUMN)]


class FileFormat(Document):
    """How the file is written."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_fit_delimiter)] = ","
    # In each, a line ends where it ends in ASCII, so that a file can be cut into lines before it is decoded.
    encoding: Literal["utf-8", "iso-8859-1", "iso-8859-15", "windows-1252"] = "utf-8"


class RowChoice(Document):
    """Rows that are told by what stands in one of their cells."""

    column: Column
    values: Annotated[list[Cell], Field(min_length=1, max_length=MOST_VALUES)]


class ColumnRule(Document):
    """How a cell becomes the value of a field. A cell is trimmed first."""

    column: Annotated[Column, Field(description="The column's name in the file's first row.")]
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
    format: Annotated[
        Annotated[str, Field(max_length=LONGEST_COLUMN), AfterValidator(_fit_format)] | None,
        Field(description="Reads any other cell as a date or time, as strptime does. What does not fit is refused."),
    ] = None
    otherwise: Annotated[
        Value | None, Field(description="Stands for what none of these reads. Without it an empty cell states nothing.")
    ] = None

    @model_validator(mode="after")
    def _reads_in_one_way(self) -> Self:
        if sum(way is not None for way in (self.named, self.template, self.format)) > 1:
            raise _fault("has several of named, template and format", "Keep one of them.")
        return self


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


def contradictions(mapping: MappingContent) -> Iterator[Violation]:
    """Yield what is wrong between the parts of a mapping, each of which is sound."""
    unknown = list(_unknown_fields(mapping))
    if unknown:
        yield from unknown
        return
    for field in mapping.constants.keys() & mapping.columns.keys():
        yield Violation(f"columns.{field}", "is a constant as well", "Keep one of them.")
    for group in FIELDS[mapping.makes].required:
        if not any(field in stated for field in group for stated in (mapping.constants, mapping.columns)):
            yield Violation("columns", f"nothing gives '{group[0]}'", "Add a constant or a column for it.")
    yield from _unfit_rules(mapping)
    if mapping.duplicates is not None and mapping.makes != "activities":
        yield Violation("duplicates", "an observation cannot be cancelled", "Put those rows in `skips`.")
    yield from _faulty_constants(mapping)
    yield from faults_in(mapping.model_dump(mode="json", by_alias=True), "import-mappings")


def _unfit_rules(mapping: MappingContent) -> Iterator[Violation]:
    for field, rule in mapping.columns.items():
        if rule.format is not None and field not in FIELDS[mapping.makes].dated:
            yield Violation(f"columns.{field}.format", "the field is no date", "Leave the format out.")
        if rule.named is not None and field != "area":
            yield Violation(f"columns.{field}.named", "the field is no area", "Leave it out.")


def _unknown_fields(mapping: MappingContent) -> Iterator[Violation]:
    fields = FIELDS[mapping.makes]
    remedy = f"Write a field of {fields.noun}; nested ones with a dot."
    for part, names in (("constants", mapping.constants), ("columns", mapping.columns)):
        for name in names:
            if not fields.hold(name):
                yield Violation(redacted(f"{part}.{name}"), f"is not a field of {fields.noun}", remedy)


def _faulty_constants(mapping: MappingContent) -> Iterator[Violation]:
    constants = {field: value for field, value in mapping.constants.items() if field not in PERIOD_PARTS}
    try:
        FIELDS[mapping.makes].body.model_validate(nested(constants))
    except ValidationError as error:
        for fault in error.errors():
            if fault["type"] != "missing":
                yield violation_of(fault, ("constants", *fault["loc"]))


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

"""Import mappings as the API takes and shows them, and what makes one contradict itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import tzinfo
from functools import cache
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from services.api.activities.schemas import ActivityBody, Code, Participants
from services.api.problems import violation_of
from services.api.schemas import Document, Instant, PageOf, Resource, example_page, example_resource
from shared.domain.activity import MOMENT_NAMES
from shared.domain.activity_type import ATTRIBUTE_PATTERN
from shared.domain.errors import Violation
from shared.domain.personal_numbers import holds_personal_number

LONGEST_COLUMN = 200
LONGEST_VALUE = 500
MOST_VALUES = 2000
MOST_FIELDS = 60
DIRECTIVES = frozenset("aAbBdHIjmMpSfyYzZ%")
TIMED_FIELDS = frozenset({*MOMENT_NAMES, "changedAt"})
REQUIRED_FIELDS = ("source", "externalId", "type", "agreement", "area", "status")

EXAMPLE: dict[str, Any] = {
    "code": "street-works",
    "format": {"delimiter": ";", "encoding": "windows-1252"},
    "timeZone": "Europe/Stockholm",
    "constants": {
        "source": "street-works",
        "type": "graffiti-cleanup",
        "agreement": "landskrona-2015-2016",
        "annex": 4,
        "area": "1282",
    },
    "duplicates": {"column": "Status", "values": ["Dubblett"]},
    "columns": {
        "externalId": {"column": "Ärende", "values": {}, "template": None, "format": None, "otherwise": None},
        "status": {
            "column": "Status",
            "values": {"Klar": "performed", "Öppen": "planned"},
            "template": None,
            "format": None,
            "otherwise": None,
        },
        "reported": {"column": "Inkom", "values": {}, "template": None, "format": "%Y%m%d", "otherwise": None},
        "completed": {"column": "Åtgärdat", "values": {}, "template": None, "format": "%Y%m%d", "otherwise": None},
    },
}
ENTRY_EXAMPLE = {**EXAMPLE, "revision": 1, "changedAt": "2016-05-02T08:00:01Z"}


@cache
def known_fields() -> frozenset[str]:
    """Return every field of an activity that a column or a constant can state, attributes aside."""
    fields = {field.alias or name for name, field in ActivityBody.model_fields.items()}
    groups = {f"participants.{field.alias or name}" for name, field in Participants.model_fields.items()}
    return frozenset(fields - {"participants", "attributes"} | groups)


def is_field(name: str) -> bool:
    """Tell whether a name is that of a field, such as `area`, `participants.police` or `attributes.contentKind`."""
    top, _, below = name.partition(".")
    return name in known_fields() or (top == "attributes" and re.fullmatch(ATTRIBUTE_PATTERN, below) is not None)


def _fault(reason: str, remedy: str) -> PydanticCustomError:
    return PydanticCustomError("mapping", "{reason}", {"reason": reason, "remedy": remedy})


def _known_field(name: str) -> str:
    if not is_field(name):
        raise _fault("is not a field of an activity", "Write a name of the activity model; nested ones with a dot.")
    return name


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


FieldName = Annotated[str, AfterValidator(_known_field)]
Value = Annotated[str, Field(max_length=LONGEST_VALUE)] | int
Cell = Annotated[str, Field(max_length=LONGEST_VALUE)]
Column = Annotated[str, Field(min_length=1, max_length=LONGEST_COLUMN)]


class FileFormat(Document):
    """How the file is written."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_fit_delimiter)] = ","
    # In each, a line ends where it ends in ASCII, so that a file can be cut into lines before it is decoded.
    encoding: Literal["utf-8", "iso-8859-1", "iso-8859-15", "windows-1252"] = "utf-8"


class Duplicates(Document):
    """Rows that the source itself tells to be duplicates: they come in as cancelled."""

    column: Column
    values: Annotated[list[Cell], Field(min_length=1, max_length=MOST_VALUES)]


class ColumnRule(Document):
    """How a cell becomes the value of a field. A cell is trimmed first."""

    column: Annotated[Column, Field(description="The column's name in the file's first row.")]
    values: Annotated[
        dict[str, Value], Field(max_length=MOST_VALUES, description="What cells that are listed stand for.")
    ] = Field(default_factory=dict)
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
        if self.template is not None and self.format is not None:
            raise _fault("has both a template and a format", "Keep one of them.")
        return self


class MappingContent(Document):
    """How a row becomes an activity."""

    format: FileFormat = FileFormat()
    time_zone: Annotated[
        Annotated[str, AfterValidator(_known_zone)], Field(description="The zone of date-times that carry none.")
    ] = "Europe/Stockholm"
    constants: Annotated[
        dict[FieldName, Value | float], Field(max_length=MOST_FIELDS, description="The same in every row.")
    ] = Field(default_factory=dict)
    duplicates: Duplicates | None = None
    columns: Annotated[dict[FieldName, ColumnRule], Field(min_length=1, max_length=MOST_FIELDS)]

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
    for field in mapping.constants.keys() & mapping.columns.keys():
        yield Violation(f"columns.{field}", "is a constant as well", "Keep one of them.")
    for field in REQUIRED_FIELDS:
        if field not in mapping.constants and field not in mapping.columns:
            yield Violation("columns", f"nothing gives '{field}'", "Add a constant or a column for it.")
    for field, rule in mapping.columns.items():
        if rule.format is not None and field not in TIMED_FIELDS:
            yield Violation(f"columns.{field}.format", "the field is no date", "Leave the format out.")
    yield from _faulty_constants(mapping)
    for part, content in _parts(mapping):
        if holds_personal_number(content):
            yield Violation(part, "holds a personal identity number", "Remove it; no personal data is ever stored.")


def _parts(mapping: MappingContent) -> Iterator[tuple[str, str]]:
    """Yield each part of a mapping and all that it says, as one text."""
    yield "constants", mapping.model_dump_json(include={"constants"})
    yield "duplicates", mapping.model_dump_json(include={"duplicates"})
    for field, rule in mapping.columns.items():
        yield f"columns.{field}", rule.model_dump_json()


def _faulty_constants(mapping: MappingContent) -> Iterator[Violation]:
    try:
        ActivityBody.model_validate(nested(mapping.constants))
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

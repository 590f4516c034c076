"""Import mappings as the API takes and shows them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.api.http.schemas import PageOf, Resource, example_page, example_resource
from services.api.imports.mappings.content import MappingContent
from shared.domain.fields import Code, Instant


def _example_rule(column: str, **stated: object) -> dict[str, Any]:
    unstated: dict[str, Any] = {
        **dict.fromkeys(("named", "template", "format", "year", "decimalSign", "when", "unless", "otherwise")),
        "alsoColumns": [],
        "values": {},
        "asCode": False,
    }
    return {"column": column, **unstated, **stated}


EXAMPLE: dict[str, Any] = {
    "code": "street-works",
    "name": "Gatukontorets klotterlista",
    "makes": "activities",
    "format": {
        "delimiter": ";",
        "encoding": "windows-1252",
        "headerRow": None,
        "firstRow": None,
        "lastRow": None,
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
    "idColumns": [],
    "caseNumbers": "[0-9]{4}-[0-9]{6}",
    "columns": {
        "externalId": _example_rule("Ärende"),
        "status": _example_rule("Status", values={"Klar": "performed", "Öppen": "planned"}),
        "reported": _example_rule("Inkom", format="%Y%m%d"),
        "completed": _example_rule("Åtgärdat", format="%Y%m%d", unless={"column": "Status", "values": ["Öppen"]}),
    },
}
ENTRY_EXAMPLE = {**EXAMPLE, "revision": 1, "changedAt": "2016-05-02T08:00:01Z"}


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

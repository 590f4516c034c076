"""Areas as the API takes and shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from services.api.http.schemas import PageOf, Resource, Span, example_page, example_resource
from shared.domain.activity_type import CODE_PATTERN
from shared.domain.codes import LONGEST_AREA_CODE, AreaCode
from shared.domain.fields import NOT_BLANK
from shared.facts import areas

Kind = Literal[
    "country",
    "county",
    "municipality",
    "district",
    "place",
    "police-region",
    "police-district",
    "local-police-area",
    "vulnerable-area",
]
LONGEST_NAME = 200
MOST_PARENTS = 200

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), NOT_BLANK]

EXAMPLE: dict[str, Any] = {
    "code": "1282-karlslund",
    "kind": "place",
    "placeKind": "park",
    "name": "Karlslund",
    "nameEn": None,
    "validFrom": "2015-01-01",
    "validTo": None,
    "parents": [{"code": "1282", "validFrom": "2015-01-01", "validTo": None}],
}


class AreaParent(Span):
    """An area that holds this one, and when."""

    code: AreaCode


class AreaBody(Span):
    """An area as a client sends it."""

    code: Annotated[AreaCode | None, Field(description="May be left out; else as in the address.")] = None
    kind: Kind
    place_kind: Annotated[
        Annotated[str, Field(pattern=CODE_PATTERN, max_length=LONGEST_AREA_CODE)] | None,
        Field(description="For a place: school, gym, park and so on."),
    ] = None
    name: Annotated[Name, Field(description="In Swedish.")]
    name_en: Annotated[Name | None, Field(description="In English, where it differs.")] = None
    parents: Annotated[
        list[AreaParent],
        Field(max_length=MOST_PARENTS, default_factory=list, description="All of them, over time."),
    ]

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    def as_area(self, code: str) -> areas.Area:
        """Return the area as it is to be stored."""
        parents = tuple(areas.Parent(parent.code, parent.as_range()) for parent in self.parents)
        return areas.Area(code, self.kind, self.place_kind, self.name, self.name_en, self.as_range(), parents)


class AreaEntry(Span):
    """An area and its direct parents, over time."""

    code: AreaCode
    kind: Kind
    place_kind: str | None
    name: str
    name_en: str | None
    parents: list[AreaParent]


class Area(AreaEntry, Resource):
    """One area."""

    model_config = ConfigDict(json_schema_extra={"examples": [example_resource("areas/1282-karlslund", EXAMPLE)]})


class AreaPage(PageOf):
    """A page of areas, by code."""

    areas: list[AreaEntry]

    model_config = ConfigDict(json_schema_extra={"examples": [example_page("areas", "areas", EXAMPLE)]})

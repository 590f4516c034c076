"""The JSON objects that come in and are answered: names in camelCase, and the types of fields that many have."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

from shared.domain.activity_type import CODE_PATTERN
from shared.domain.matching import trimmed
from shared.domain.moment import Moment, UnreadableMoment, read_moment

YEARS = range(1900, 2200)
LONGEST_CODE = 100

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Document(BaseModel):
    """A JSON object with camelCase names; unknown names are refused, and nothing is converted to fit."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        strict=True,
        extra="forbid",
        frozen=True,
    )


def _day(value: object) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        with suppress(ValueError):
            day = date.fromisoformat(value)
            if day.year in YEARS:
                return day
    remedy = f"Write a date as 2016-03-24, from the years {YEARS[0]} to {YEARS[-1]}."
    raise PydanticCustomError("day", "is not a date that can be kept", {"remedy": remedy})


def _number(value: object) -> Decimal:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    raise PydanticCustomError("number", "is not a number", {"remedy": "Write a number, without quotes."})


def _moment(value: object) -> Moment:
    if isinstance(value, Moment):  # read already, by the rules of a mapping or of a polled source
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("moment", "is not a text", {"remedy": "Write 2016-03-24 or 2016-04-30T22:30:00Z."})
    try:
        return read_moment(value)
    except UnreadableMoment as error:
        # The reasons are texts of ours, without braces, as a template must be.
        raise PydanticCustomError("moment", error.reason, {"remedy": error.remedy}) from error


def _instant(value: object) -> object:
    moment = _moment(value)
    if moment.at is None:
        raise PydanticCustomError("instant", "has no time", {"remedy": "Write it as 2016-03-30T08:00:00Z."})
    return moment.at


MOMENT_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "format": "date", "example": "2016-03-24"},
        {"type": "string", "format": "date-time", "example": "2016-04-30T22:30:00Z"},
    ],
    "description": "A date, or a date-time with zone; its local date in Stockholm counts.",
}

Day = Annotated[
    date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date", "example": "2016-03-24"})
]
"""A plain date in JSON; no text that merely begins like one, and no number."""

Number = Annotated[Decimal, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
"""A JSON number, read as the decimal that the client wrote."""

Instant = Annotated[
    datetime, WithJsonSchema({"type": "string", "format": "date-time", "example": "2016-03-30T08:00:00Z"})
]
"""A point in time, answered in UTC."""

MomentField = Annotated[Moment, BeforeValidator(_moment), WithJsonSchema(MOMENT_SCHEMA)]
"""A date, or a date-time with zone."""

InstantField = Annotated[Instant, BeforeValidator(_instant)]
"""A date-time with zone."""


def _not_blank(text: str) -> str:
    if text and not trimmed(text):
        raise PydanticCustomError("blank", "is blank", {"remedy": "Write a text that can be read."})
    return text


class _NotBlank:
    """Of a text: it has more than blanks and characters that cannot be seen."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(_not_blank, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": r"\S"}


NOT_BLANK = _NotBlank()
"""Stands last in the annotations of a text that must say something."""

DefinedCode = Annotated[str, Field(pattern=CODE_PATTERN, max_length=80)]
"""The code of what clients define: an indicator, an activity type, an agreement, a source."""

Code = Annotated[str, Field(pattern=CODE_PATTERN, max_length=LONGEST_CODE)]
"""The code of an activity type, an agreement or a measure."""

"""What may be asked of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from services.api.values.names import NAMES
from services.api.values.schemas import ValueSelection

Format = Literal["csv", "xlsx", "parquet", "stratsys"]


class FileQuery(ValueSelection):
    """What may be asked of a file."""

    format: Annotated[
        Format | None,
        Field(
            description="csv, xlsx, parquet, or stratsys: lines for Stratsys' import of measures by external codes. "
            "When left out as Accept prefers, else csv."
        ),
    ] = None
    expand: Annotated[
        Literal["names"] | None,
        Field(description=f"`names` adds {', '.join(NAMES)}, each in Swedish and English. Not for stratsys."),
    ] = None
    locale: Annotated[
        Literal["sv", "en"] | None,
        Field(
            description="For people's spreadsheets: headings and words of the language. A csv then begins with a byte "
            "order mark, and in Swedish has semicolons and decimal commas, as Excel expects; an xlsx is always so, in "
            "the language that Accept-Language prefers when this is left out."
        ),
    ] = None
    decimal_sign: Annotated[
        Literal["comma", "point"],
        Field(alias="decimalSign", description="How stratsys' numbers are written: 33,3 or 33.3."),
    ] = "comma"
    complete: Annotated[
        bool, Field(description="Whether to wait until every figure and comparison is there: half a minute at most.")
    ] = False


# Options that mean nothing for the other formats.
MEANT_FOR: Mapping[str, frozenset[Format]] = {
    "expand": frozenset({"csv", "xlsx", "parquet"}),
    "locale": frozenset({"csv", "xlsx"}),
    "decimal_sign": frozenset({"stratsys"}),
}

"""What may be asked of a report."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.api.reports.making import KINDS, Format

LONGEST_CODE = 100


class ReportQuery(BaseModel):
    """What may be asked of a report."""

    model_config = ConfigDict(frozen=True)

    format: Annotated[
        Format | None, Field(description=f"{', '.join(KINDS)}; when left out as Accept prefers, else the first.")
    ] = None
    revision: Annotated[
        int | None, Field(ge=1, le=10**6, description="As the period was closed in the revision with this number.")
    ] = None
    agreement: Annotated[
        str | None,
        Field(max_length=LONGEST_CODE, description="Whose revision it is, by its code; needed where several have one."),
    ] = None
    language: Annotated[
        Literal["sv", "en"] | None, Field(description="sv or en; when left out as Accept-Language prefers, else sv.")
    ] = None

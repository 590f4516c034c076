"""What may be asked of a report."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.api.reports.making import KINDS, Format


class ReportQuery(BaseModel):
    """What may be asked of a report."""

    model_config = ConfigDict(frozen=True)

    format: Annotated[
        Format | None, Field(description=f"{', '.join(KINDS)}; when left out as Accept prefers, else the first.")
    ] = None
    language: Annotated[
        Literal["sv", "en"] | None, Field(description="sv or en; when left out as Accept-Language prefers, else sv.")
    ] = None

"""What may be asked of a chart."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.api.http.schemas import PERIOD_CODES, PERIOD_TYPES, PeriodTypeName
from services.api.values.schemas import ValueSelection

NARROWEST, WIDEST, WIDTH = 320, 2000, 640
LOWEST, HIGHEST, HEIGHT = 240, 1500, 360


class ChartQuery(BaseModel):
    """What may be asked of a chart."""

    model_config = ConfigDict(frozen=True)

    indicator: Annotated[str | None, Field(description="The indicator's code; a chart needs one.")] = None
    slice: Annotated[str, Field(description="A slice of the indicator; `all` is the indicator as a whole.")] = "all"
    area: Annotated[str | None, Field(description="The area's code; a chart needs one.")] = None
    period_type: Annotated[
        PeriodTypeName | None,
        Field(alias="periodType", description=f"{PERIOD_TYPES}; `month` when neither this nor `period` is given."),
    ] = None
    period: Annotated[
        str | None, Field(description="As for the list of values, such as `last-12-months`. Not with `from` or `to`.")
    ] = None
    begins_from: Annotated[
        str | None,
        Field(
            alias="from",
            description=f"Periods that begin with this one or later: {PERIOD_CODES}. When left out, the last 24 "
            "months, 12 quarters, tertials or half-years, or 10 years that there are figures for.",
        ),
    ] = None
    begins_to: Annotated[
        str | None, Field(alias="to", description=f"Periods that begin before this one ends: {PERIOD_CODES}.")
    ] = None
    language: Annotated[
        Literal["sv", "en"] | None, Field(description="sv or en; when left out as Accept-Language prefers, else sv.")
    ] = None
    width: Annotated[int, Field(ge=NARROWEST, le=WIDEST, description="How wide the picture is, in pixels.")] = WIDTH
    height: Annotated[int, Field(ge=LOWEST, le=HIGHEST, description="How high the picture is, in pixels.")] = HEIGHT

    @property
    def selection(self) -> ValueSelection:
        """The list of values that the chart shows."""
        period_type = self.period_type or (None if self.period else "month")
        return ValueSelection.model_validate(
            {
                "indicator": [self.indicator],
                "slice": [self.slice],
                "area": [self.area],
                "periodType": period_type,
                "period": self.period,
                "from": self.begins_from,
                "to": self.begins_to,
            }
        )


class ChartImageQuery(ChartQuery):
    """What may be asked of a chart that comes in several formats."""

    format: Annotated[
        Literal["svg", "png"] | None, Field(description="svg or png; when left out as Accept prefers, else svg.")
    ] = None

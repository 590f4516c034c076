"""The fact of the star: IndicatorValues, a figure in a row, and when its numerators and denominators may be added.

A suppressed figure is NULL in the view, so that it is in every expression, order and aggregate.
"""

from __future__ import annotations

from services.api.odata.model import (
    Additivity,
    Confidential,
    Edm,
    EntitySet,
    Navigation,
    Property,
    Requirement,
)
from shared.read_model.columns import BY_PUBLIC_NAME, ColumnType

_TYPES = {
    ColumnType.TEXT: Edm.STRING,
    ColumnType.DATE: Edm.DATE,
    ColumnType.INTEGER: Edm.INT32,
    ColumnType.NUMBER: Edm.DECIMAL,
    ColumnType.INSTANT: Edm.DATE_TIME_OFFSET,
}


def _published(public_name: str, additive: Additivity = Additivity.NEVER) -> Property:
    """Return a column of the view as a property of the same name."""
    column = BY_PUBLIC_NAME[public_name]
    return Property(public_name, _TYPES[column.type], f"figure.{column.name}", column.nullable, additive)


def _compared(public_name: str, comparison: str, part: str) -> Property:
    """Return a part of a comparison as a property of its own."""
    return Property(public_name, Edm.DECIMAL, f"(figure.comparisons -> '{comparison}' ->> '{part}')::numeric")


def _judged(public_name: str, part: str, edm: Edm = Edm.DECIMAL) -> Property:
    """Return a part of the signal as a property of its own."""
    path = ", ".join(part.split("."))
    cast = {Edm.DECIMAL: "::numeric", Edm.INT32: "::integer", Edm.BOOLEAN: "::boolean", Edm.STRING: ""}[edm]
    return Property(public_name, edm, f"(figure.signal #>> '{{{path}}}'){cast}")


_PROPERTIES = (
    _published("id"),
    _published("indicatorCode"),
    _published("slice"),
    _published("areaCode"),
    Property("areaKind", Edm.STRING, "figure.area_kind", nullable=False),
    _published("periodType"),
    _published("period"),
    _published("periodStart"),
    _published("periodEnd"),
    # What incremental refresh parts the rows by: it never changes.
    Property(
        "periodStartAt", Edm.DATE_TIME_OFFSET, "(figure.period_start::timestamp AT TIME ZONE 'UTC')", nullable=False
    ),
    _published("numerator", Additivity.WITHIN_REQUIREMENTS),
    _published("denominator", Additivity.WITHIN_REQUIREMENTS),
    _published("value"),
    _published("unit"),
    _published("status"),
    _published("finality"),
    _published("leftOut", Additivity.WITHIN_REQUIREMENTS),
    _published("notPlaced", Additivity.WITHIN_REQUIREMENTS),
    _published("monthsArrived"),
    _compared("previousValue", "previousPeriod", "value"),
    _compared("previousChange", "previousPeriod", "change"),
    _compared("previousChangePercent", "previousPeriod", "changePercent"),
    _compared("lastYearValue", "samePeriodLastYear", "value"),
    _compared("lastYearChange", "samePeriodLastYear", "change"),
    _compared("lastYearChangePercent", "samePeriodLastYear", "changePercent"),
    _judged("lastYearChangeLower", "changeFromLastYear.lowerLimit"),
    _judged("lastYearChangeUpper", "changeFromLastYear.upperLimit"),
    # What a chart of a value with its limits needs: no measure has to be written.
    _judged("expectedValue", "expected"),
    _judged("lowerLimit", "lowerLimit"),
    _judged("upperLimit", "upperLimit"),
    _judged("signal", "verdict", Edm.STRING),
    _judged("signalRule", "rule", Edm.STRING),
    _judged("signalPeriods", "periods", Edm.INT32),
    _judged("signalIsProvisional", "isProvisional", Edm.BOOLEAN),
    _judged("signalTextSv", "text.sv", Edm.STRING),
    _judged("signalTextEn", "text.en", Edm.STRING),
    _published("revision"),
    _published("definitionVersion"),
    # What changes are detected by: it moves with every change of the figure, and only then.
    _published("computedAt"),
)

_REQUIREMENTS = (
    Requirement(("indicatorCode", "Indicator/code"), "Different indicators count different things."),
    Requirement(("slice",), "A slice is a part of the indicator as a whole, and would count twice beside it."),
    Requirement(
        ("periodType", "period", "TimePeriod/periodType", "TimePeriod/code"),
        "The months of a tertial or a year would count twice beside it.",
    ),
    Requirement(
        ("areaKind", "areaCode", "Area/kind", "Area/code"),
        "Areas of one kind lie inside those of another, and would count twice beside them.",
    ),
    Requirement(
        ("period", "periodStart", "periodStartAt", "TimePeriod/code"),
        "A state, or places each counted once, cannot be added up over periods.",
        unless="figure.over_time = 'sum'",
    ),
    Requirement(
        ("areaCode", "Area/code"),
        "What was measured for one area, or counts each place, day or week once, cannot be added up over areas.",
        unless="figure.indicator_kind NOT IN ('measured', 'regularity') AND figure.over_time <> 'distinct'",
    ),
)

INDICATOR_VALUES = EntitySet(
    name="IndicatorValues",
    entity="IndicatorValue",
    key=("id",),
    source="served_value AS figure",
    properties=_PROPERTIES,
    navigations=(
        Navigation("Indicator", "Indicators", (("indicatorCode", "code"),)),
        Navigation("Area", "Areas", (("areaCode", "code"),)),
        # Named unlike its property: to Power BI the two would otherwise be one column.
        Navigation("TimePeriod", "Periods", (("period", "code"),)),
    ),
    requirements=_REQUIREMENTS,
    # A sum over areas or months of which some have not reported their observations yet is unknown, too. A share of
    # nothing, 0 of 0, has been reported.
    confidential=Confidential(
        "figure.status = 'suppressed' OR figure.status = 'missing' AND figure.indicator_kind = 'observed' "
        "AND figure.denominator IS NULL",
        ("numerator", "denominator", "value", "notPlaced"),
    ),
)

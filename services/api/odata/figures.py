"""The fact of the star: IndicatorValues, a figure in a row, and when its numerators and denominators may be added.

A suppressed figure is NULL in the SQL of each of its columns, so that it is in every expression, order and aggregate.
"""

from __future__ import annotations

from services.api.odata.model import (
    Additivity,
    Edm,
    EntitySet,
    Navigation,
    Property,
    Requirement,
    Withheld,
)

# A comparison that was made for another figure than the one beside it is not shown.
_SOURCE = """indicator_value AS figure
    JOIN indicator_series AS series ON series.series_id = figure.series_id
    JOIN area ON area.area_id = figure.area_id
    LEFT JOIN comparison ON comparison.series_id = figure.series_id AND comparison.area_id = figure.area_id
        AND comparison.period_type = figure.period_type AND comparison.period_start = figure.period_start
        AND (comparison.numerator, comparison.denominator)
            IS NOT DISTINCT FROM (figure.numerator, figure.denominator)"""

PERIOD = """CASE figure.period_type
    WHEN 'month' THEN left(figure.period_start::text, 7)
    WHEN 'tertial' THEN left(figure.period_start::text, 5)
        || CASE extract(month FROM figure.period_start) WHEN 1 THEN 'T1' WHEN 5 THEN 'T2' ELSE 'T3' END
    ELSE left(figure.period_start::text, 4) END"""
_ID = f"series.indicator_code || '~' || series.slice || '~' || area.code || '~' || lower({PERIOD})"
_LAST_DAY = """(figure.period_start + CASE figure.period_type
    WHEN 'month' THEN interval '1 month' WHEN 'tertial' THEN interval '4 months' ELSE interval '1 year'
    END)::date - 1"""
_VALUE = """CASE WHEN NOT series.is_share THEN figure.numerator
    ELSE round(series.factor * figure.numerator / nullif(figure.denominator, 0), 6) END"""


def _shown(sql: str) -> str:
    return f"CASE WHEN figure.status <> 'suppressed' THEN {sql} END"


def _beside(period: str, part: str) -> str:
    return f"(comparison.beside -> '{period}' ->> '{part}')::numeric"


_PROPERTIES = (
    Property("id", Edm.STRING, _ID, nullable=False),
    Property("indicatorCode", Edm.STRING, "series.indicator_code", nullable=False),
    Property("slice", Edm.STRING, "series.slice", nullable=False),
    Property("areaCode", Edm.STRING, "area.code", nullable=False),
    Property("areaKind", Edm.STRING, "area.kind", nullable=False),
    Property("periodType", Edm.STRING, "figure.period_type", nullable=False),
    Property("period", Edm.STRING, PERIOD, nullable=False),
    Property("periodStart", Edm.DATE, "figure.period_start", nullable=False),
    Property("periodEnd", Edm.DATE, _LAST_DAY, nullable=False),
    # What incremental refresh parts the rows by: it never changes.
    Property(
        "periodStartAt", Edm.DATE_TIME_OFFSET, "(figure.period_start::timestamp AT TIME ZONE 'UTC')", nullable=False
    ),
    Property("numerator", Edm.DECIMAL, _shown("figure.numerator"), additive=Additivity.WITHIN_REQUIREMENTS),
    Property("denominator", Edm.DECIMAL, _shown("figure.denominator"), additive=Additivity.WITHIN_REQUIREMENTS),
    Property("value", Edm.DECIMAL, _shown(_VALUE)),
    Property("unit", Edm.STRING, "series.unit", nullable=False),
    Property("status", Edm.STRING, "figure.status", nullable=False),
    Property("finality", Edm.STRING, "figure.finality", nullable=False),
    Property("leftOut", Edm.INT32, "figure.left_out", nullable=False, additive=Additivity.WITHIN_REQUIREMENTS),
    Property("notPlaced", Edm.DECIMAL, _shown("figure.not_placed"), additive=Additivity.WITHIN_REQUIREMENTS),
    Property("monthsArrived", Edm.INT32, "figure.months_arrived"),
    Property("previousValue", Edm.DECIMAL, _beside("previousPeriod", "value")),
    Property("previousChange", Edm.DECIMAL, _beside("previousPeriod", "change")),
    Property("previousChangePercent", Edm.DECIMAL, _beside("previousPeriod", "changePercent")),
    Property("lastYearValue", Edm.DECIMAL, _beside("samePeriodLastYear", "value")),
    Property("lastYearChange", Edm.DECIMAL, _beside("samePeriodLastYear", "change")),
    Property("lastYearChangePercent", Edm.DECIMAL, _beside("samePeriodLastYear", "changePercent")),
    Property("revision", Edm.INT32, "figure.revision", nullable=False),
    Property("definitionVersion", Edm.INT32, "figure.definition_version", nullable=False),
    # What changes are detected by: it moves with every change of the figure, and only then.
    Property("computedAt", Edm.DATE_TIME_OFFSET, "figure.computed_at", nullable=False),
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
        unless="series.over_time = 'sum'",
    ),
    Requirement(
        ("areaCode", "Area/code"),
        "What was measured for one area, or counts each place once, cannot be added up over areas.",
        unless="series.kind <> 'measured' AND series.over_time <> 'distinct'",
    ),
)

INDICATOR_VALUES = EntitySet(
    name="IndicatorValues",
    entity="IndicatorValue",
    key=("id",),
    source=_SOURCE,
    properties=_PROPERTIES,
    navigations=(
        Navigation("Indicator", "Indicators", (("indicatorCode", "code"),)),
        Navigation("Area", "Areas", (("areaCode", "code"),)),
        # Named unlike its property: to Power BI the two would otherwise be one column.
        Navigation("TimePeriod", "Periods", (("period", "code"),)),
    ),
    requirements=_REQUIREMENTS,
    # A sum over areas or months of which some have not told their observations yet is unknown, too.
    withheld=Withheld(
        "figure.status = 'suppressed' OR figure.status = 'missing' AND series.kind = 'observed'",
        ("numerator", "denominator", "value", "notPlaced"),
    ),
)

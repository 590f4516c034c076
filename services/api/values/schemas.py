"""Indicator values as the API shows them."""

# Over 300 lines: a value with its targets and comparisons, to be read in one piece.

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from services.api.http.responses import DEFAULT_LIMIT, PageLimit, PageNumber
from services.api.http.schemas import (
    PERIOD_CODES,
    PERIOD_TYPES,
    Link,
    Links,
    PageOf,
    PeriodTypeName,
    Resource,
    Text,
    example_page,
    example_resource,
)
from services.api.values.names import NAMES
from services.api.values.queries import MOST_SORTED, SORT_KEYS
from services.api.values.selection import PERIOD_MEANINGS
from shared.catalogue.indicator import Unit
from shared.domain.fields import Day, Document, Instant
from shared.domain.target import ForecastRule, Reason, TargetRule
from shared.domain.target_span import Per
from shared.signals.signal import Lack, Method, Verdict

ValueId = Annotated[str, Path(alias="indicatorValueId", description="A value's `id`.")]

VALUE_ID = "graffiti-cleanups~all~1282~2016-t1"
EXAMPLE: dict[str, Any] = {
    "id": VALUE_ID,
    "indicatorCode": "graffiti-cleanups",
    "areaCode": "1282",
    "periodType": "tertial",
    "period": "2016-T1",
    "periodStart": "2016-01-01",
    "periodEnd": "2016-04-30",
    "numerator": 31,
    "denominator": None,
    "value": 31,
    "leftOut": 0,
    "notPlaced": 31,
    "monthsArrived": None,
    "slice": "all",
    "unit": "count",
    "status": "observed",
    "finality": "preliminary",
    "revision": 2,
    "targets": [
        {
            "rule": "atMost",
            "per": "year",
            "value": 100,
            "judgement": "onCourse",
            "forecast": 93.77,
            "forecastRule": "lastYearsShare",
        }
    ],
    "comparisons": {
        "previousPeriod": {"value": 28, "change": 3, "changePercent": 10.714286},
        "samePeriodLastYear": {"value": 40, "change": -9, "changePercent": -22.5},
        "yearToDate": {"value": 31, "change": -9, "changePercent": -22.5},
        "last12Months": {"value": 94, "change": -20, "changePercent": -17.54386},
        "per100000": 69.784344,
        "latestMeasurement": None,
        "reportingMunicipalities": None,
    },
    "signal": {
        "verdict": "none",
        "rule": "exactCounts",
        "reason": None,
        "months": 4,
        "observed": 31,
        "expected": 37.6,
        "lowerLimit": 19,
        "upperLimit": 60,
        "pValue": 0.371,
        "alpha": 0.003,
        "periods": 24,
        "years": 2,
        "season": "none",
        "dispersion": 1,
        "isProvisional": False,
        "changeFromLastYear": {
            "change": -9,
            "lowerLimit": -26.6,
            "upperLimit": 8.3,
            "text": {
                "sv": "Skillnaden mot samma period året före är −9, troligen mellan −27 och +8. Det är inte säkert att "
                "något har ändrats sedan dess.",
                "en": "The difference from the same period a year earlier is −9, probably between −27 and +8. It is "
                "not certain that anything has changed since then.",
            },
        },
        "text": {
            "sv": "Inom normal variation: 31, normalt 19–60.",
            "en": "Within normal variation: 31, normally 19–60.",
        },
    },
    "definitionVersion": 1,
    "computedAt": "2016-05-02T08:15:30.251904Z",
}


class ValueSelection(BaseModel):
    """Which values may be asked for."""

    model_config = ConfigDict(frozen=True)

    indicator: Annotated[list[str], Field(description="Indicator codes; any when left out.")] = []
    slice: Annotated[
        list[str],
        Field(description="Slices of the indicators; when left out `all`, which is each indicator as a whole."),
    ] = ["all"]
    area: Annotated[list[str], Field(description="Area codes; any when left out.")] = []
    within: Annotated[
        str | None,
        Field(description="The code of an area: values of the places inside it. Sorted by `-value`, a top list."),
    ] = None
    period_type: Annotated[PeriodTypeName | None, Field(alias="periodType", description=f"{PERIOD_TYPES}.")] = None
    period: Annotated[
        str | None,
        Field(
            description=f"The period {PERIOD_CODES}, or one told from today's date in Sweden: "
            + "; ".join(f"`{code}`, {meaning}" for code, meaning in PERIOD_MEANINGS.items())
            + ". Not with `from` or `to`."
        ),
    ] = None
    begins_from: Annotated[
        str | None,
        Field(alias="from", description="Periods that begin with this one or later: 2016-03, 2016-T1, 2016."),
    ] = None
    begins_to: Annotated[
        str | None, Field(alias="to", description="Periods that begin before this one ends: 2016-03, 2016-T1, 2016.")
    ] = None


class ValueQuery(ValueSelection):
    """What may be asked of the list."""

    expand: Annotated[
        Literal["names"] | None,
        Field(description=f"`names` adds {', '.join(NAMES)}, each in Swedish and English."),
    ] = None
    fields: Annotated[str | None, Field(description="The fields to show, with commas between; all when left out.")] = (
        None
    )
    sort: Annotated[
        str | None,
        Field(
            description=f"What to sort by, with commas between: {', '.join(SORT_KEYS)}. A minus before a name puts the "
            f"greatest first; what has no value comes last. For lists of at most {MOST_SORTED:,} values."
        ),
    ] = None
    page: PageNumber = 1
    limit: PageLimit = DEFAULT_LIMIT


class JudgedTarget(Document):
    """A target, and what became of it by the end of the period, or of the target's span where that comes first.

    A period has an entry for each span of the target that it overlaps. The rules `…Before` compare with the same span
    of the year before, or with `baseline`. A name without a value is left out.
    """

    rule: TargetRule
    per: Per
    begins_on: Annotated[
        date | None,
        Field(
            alias="from",
            description="The first day of the span judged; left out, with `to`, where that is the month, tertial or "
            "year of the calendar that `per` says, or the target is for a shorter span.",
        ),
    ] = None
    ends_on: Annotated[date | None, Field(alias="to", description="The last day of the span judged.")] = None
    value: Annotated[float | None, Field(description="The bound, or the lower one of `between`.")] = None
    upper_value: float | None = None
    percent: Annotated[float | None, Field(description="At least so many percent less, or more, than before.")] = None
    tolerance: Annotated[float | None, Field(description="How far the bound may be missed and still be met.")] = None
    per_inhabitants: Annotated[int | None, Field(description="The bounds are per so many inhabitants.")] = None
    baseline: Annotated[
        str | dict[Literal["from", "to"], date] | None,
        Field(description="What is compared with in the place of the year before: a period, or its days."),
    ] = None
    areas: Annotated[list[str] | None, Field(description="The areas that are judged together, by their sum.")] = None
    judgement: Literal["met", "onCourse", "atRisk", "outOfReach", "missed", "notJudged"]
    reason: Annotated[
        Reason | None,
        Field(description="Why it is notJudged; `before…`: of the span that is compared with."),
    ] = None
    forecast: Annotated[float | None, Field(description="The value expected at the end of the target's span.")] = None
    forecast_rule: Annotated[
        ForecastRule | None,
        Field(
            description="How that is forecast: `monthlyCounts`, a negative binomial by level and season of up to three "
            "years before, where two are known; `monthlySums`, a gamma distribution likewise, of costs and hours; "
            "`monthlyShares`, a beta-binomial for the cases to come, of shares; "
            "`lastYearsShare`, the share of the span before that had come by then; "
            "`straightLine`, the share of days passed."
        ),
    ] = None
    forecast_lower: Annotated[
        float | None, Field(description="With a probability of 80 % it ends from here to `forecastUpper`.")
    ] = None
    forecast_upper: float | None = None
    probability: Annotated[
        float | None,
        Field(description="That the target is met. From 2/3 on it is onCourse, below 0.05 outOfReach, else atRisk."),
    ] = None
    forecast_months: Annotated[int | None, Field(description="How many months before the span it rests on.")] = None
    seasonal_naive: Annotated[
        float | None, Field(description="What has come, and the same months of the year before for the rest.")
    ] = None


class Comparison(Document):
    """A figure beside the value: another period's, or that of a longer span that ends with the period.

    Shares change in percentage points and means in their own unit, and not in percent of themselves.
    """

    value: Annotated[float, Field(description="The other period's value, or the longer span's.")]
    change: Annotated[
        float | None,
        Field(description="From the other period to this one, or from the same span a year before; null when unknown."),
    ]
    change_percent: Annotated[
        float | None, Field(description="Null for shares and means, and when the base is 0 or unknown.")
    ]


class Measurement(Document):
    """A figure as it was last published."""

    period: Annotated[str, Field(description=f"{PERIOD_CODES}.")]
    value: float


class ReportingMunicipalities(Document):
    """How many of an area's municipalities the figure is summed from."""

    reporting: Annotated[int, Field(description="Those with an agreement in force in the period.")]
    of: Annotated[int, Field(description="All that lie in the area.")]


class Comparisons(Document):
    """What stands beside a value once its period has ended; null where it is undefined, missing or partial.

    It follows about a second after the figure, or later where a month has ended. Across a change of the area's boundary
    nothing is compared.
    """

    previous_period: Comparison | None
    same_period_last_year: Comparison | None
    year_to_date: Annotated[
        Comparison | None,
        Field(description="From January to the end of the month or tertial. Not for years, states and surveys."),
    ]
    last_12_months: Annotated[
        Comparison | None,
        Field(
            alias="last12Months",
            description="The 12 months that end with the month or tertial. Not for years, states and surveys.",
        ),
    ]
    per_100000: Annotated[
        float | None,
        Field(
            alias="per100000",
            description="By the inhabitants on 31 December before, of the areas summed; not annualised.",
        ),
    ]
    latest_measurement: Annotated[
        Measurement | None, Field(description="Where nothing was measured for the period: what was last.")
    ]
    reporting_municipalities: Annotated[
        ReportingMunicipalities | None, Field(description="For areas above the municipalities.")
    ]


class ChangeFromLastYear(Document):
    """By how much a count or share differs from the same months of the year before, and between what that lies.

    Of counts, those months alone are compared that are known in both years; a share changes in percentage points.
    """

    change: float
    lower_limit: Annotated[
        float,
        Field(
            description="With a confidence of 95 %, the change is from here to the upper limit. Of two counts by "
            "their exact limits, wider where they vary more than by chance; of two shares by Newcombe's method."
        ),
    ]
    upper_limit: float
    text: Annotated[Text, Field(description="The same in a sentence, in Swedish and English.")]


class Signal(Document):
    """Whether a value differs from what was to be expected by more than chance, in the value's unit.

    It is judged by the same area's earlier figures, of three years at most, once its period has ended; a tertial also
    when its first three months have. Of a stable series, fewer than one in a hundred is called a signal in a tertial.
    A suppressed figure has none, and is not among those that others are judged by. It follows seconds after the figure.
    """

    verdict: Annotated[
        Verdict,
        Field(
            description="`fewer` and `more` than expected are signals; of shares and levels they mean lower and higher."
            " `none` is within normal variation, and `tooLittle` cannot be told, for the `reason` given."
        ),
    ]
    rule: Annotated[
        Method,
        Field(
            description="How it was judged: `exactCounts`, an exact test of counts beside a quasi-Poisson model with "
            "season; `exactShares`, Fisher's exact test; `spreadShares`, Laney's p′ chart; `individuals`, an XmR chart "
            "after the season is taken out."
        ),
    ]
    reason: Annotated[
        Lack | None,
        Field(description="`rare`: no number would be too few. `break`: something changed within the period."),
    ]
    months: Annotated[int, Field(description="How many months were judged: those of the period that have figures.")]
    observed: Annotated[float | None, Field(description="What came in these months.")]
    expected: Annotated[float | None, Field(description="What was to be expected in them.")]
    lower_limit: Annotated[
        float | None, Field(description="From here to the upper limit, both included, nothing is called a signal.")
    ]
    upper_limit: float | None
    p_value: Annotated[
        float | None, Field(description="How seldom chance alone is as far from what was expected, either way.")
    ]
    alpha: Annotated[float | None, Field(description="Below this `pValue` it is a signal.")]
    periods: Annotated[int | None, Field(description="How many earlier periods it is judged by.")]
    years: Annotated[float | None, Field(description="From the first of them to the last, in years.")]
    season: Annotated[
        Literal["none", "wave", "sameMonths"] | None,
        Field(description="What was found of the season: none, a wave over the year, or each month by itself."),
    ]
    dispersion: Annotated[
        float | None, Field(description="How many times the variance of chance the earlier figures vary.")
    ]
    is_provisional: Annotated[bool, Field(description="The limits are uncertain: fewer than 12 earlier periods.")]
    change_from_last_year: Annotated[
        ChangeFromLastYear | None,
        Field(description="Null for costs, hours and means, and where the year before is unknown or was another."),
    ] = None
    text: Annotated[Text, Field(description="The same in a sentence, in Swedish and English.")]


_NAMED = Field(description="When asked for by expand=names.")


class Figure(Document):
    """An indicator in an area and a period, without what stands beside it."""

    id: Annotated[str, Field(description="Follows from indicator, slice, area and period, and never changes.")]
    indicator_code: str
    area_code: str
    period_type: PeriodTypeName
    period: Annotated[str, Field(description=f"{PERIOD_CODES}.")]
    period_start: Day
    period_end: Annotated[Day, Field(description="The last day, which belongs to the period.")]
    numerator: float | None
    denominator: Annotated[float | None, Field(description="Null for counts and sums, and when suppressed.")]
    value: Annotated[float | None, Field(description="Numerator by denominator, in the unit; null when missing.")]
    left_out: Annotated[
        int | None,
        Field(
            description="Cases counted apart: not yet due, or not enough is known. Null of areas above one's own where "
            "such figures are closed."
        ),
    ]
    not_placed: Annotated[
        float | None,
        Field(description="How much of the denominator, or else of the numerator, lies in no local police area."),
    ]
    months_arrived: Annotated[
        int | None, Field(description="Of a sum of observations: how many of the period's months have arrived.")
    ]
    slice: Annotated[str, Field(description="Which part of what the indicator counts; `all` is the whole.")]
    unit: Unit
    status: Literal["observed", "zero", "missing", "notApplicable", "suppressed"]
    finality: Literal["preliminary", "final"]
    revision: Annotated[int, Field(description="Grows by one each time the figure, a judgement or its signal changes.")]
    targets: list[JudgedTarget]
    signal: Signal | None
    definition_version: int
    computed_at: Instant


class IndicatorValueEntry(Figure):
    """One figure: an indicator in an area and a period."""

    comparisons: Comparisons
    indicator_name: Annotated[Text | None, _NAMED] = None
    slice_name: Annotated[Text | None, _NAMED] = None
    area_name: Annotated[Text | None, _NAMED] = None
    unit_name: Annotated[Text | None, _NAMED] = None


class ChosenFields(IndicatorValueEntry):
    """One figure with only the fields that the query chose."""

    model_config = ConfigDict(json_schema_extra=lambda schema: schema.pop("required"))


_EXAMPLE_RESOURCE = example_resource(f"indicator-values/{VALUE_ID}", EXAMPLE)
_EXAMPLE_RESOURCE["_links"] |= {
    "activities": {
        "href": f"https://samverkan.example/samverkan/v1/indicator-values/{VALUE_ID}/activities",
        "rel": "activities",
        "method": "GET",
    },
    "notes": {
        "href": "https://samverkan.example/samverkan/v1/notes?indicator=graffiti-cleanups&area=1282&period=2016-T1",
        "rel": "notes",
        "method": "GET",
    },
}


class ValueLinks(Links):
    """The links of one figure: of the four lists of facts, the one that it is made of."""

    activities: Annotated[Link | None, Field(description="The activities that it is made of.")] = None
    places: Annotated[Link | None, Field(description="The places that it is made of.")] = None
    commitments: Annotated[Link | None, Field(description="The commitments that it is made of.")] = None
    observations: Annotated[Link | None, Field(description="The observations that it is made of.")] = None
    notes: Annotated[Link, Field(description="What people have written beside it.")]


class IndicatorValue(IndicatorValueEntry, Resource):
    """One figure, with the links to itself, to what it is made of and to its notes."""

    links: Annotated[ValueLinks, Field(alias="_links")]

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_RESOURCE]})


class IndicatorValuePage(PageOf):
    """A page of figures."""

    indicator_values: list[IndicatorValueEntry] | list[ChosenFields]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page("indicator-values", "indicatorValues", EXAMPLE)]}
    )

"""How complete the data of a period are, annex by annex, as the API shows it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from services.api.agreement_periods.schemas import OF_PERIOD
from services.api.http.schemas import PageOf, Text, example_page
from shared.domain.fields import Day, Document

EXAMPLE: dict[str, Any] = {
    "annex": 7,
    "expectedReports": [{"kind": "visits", "expected": 24, "missing": 1}],
    "missingReports": [
        {
            "kind": "visits",
            "what": {"sv": "Skolbesök", "en": "School visit"},
            "indicator": "school-visits-as-needed",
            "area": "1282-ljungbacksskolan",
            "period": "2016-03",
            "dueOn": "2016-03-31",
        }
    ],
    "lateActivities": [{"reportingDay": "2016-05-10", "activities": 14, "mostDays": 12}],
    "uncertainValues": [{"indicator": "graffiti-started-in-time", "slice": "all"}],
    "sentences": [
        {
            "sv": "1 av 6 skolor har inte rapporterat skolbesök för mars.",
            "en": "1 of 6 schools have reported no school visit for March.",
        }
    ],
}
Kind = Literal["visits", "observation", "commitment", "planned"]


class ExpectedCount(Document):
    """How many reports of a kind were expected, and how many of these are missing."""

    kind: Kind
    expected: int
    missing: int


class MissingReport(Document):
    """Something that was expected, and of which nothing has been reported."""

    kind: Annotated[
        Kind,
        Field(
            description="`visits`: a place's visits in a term month that is over. `observation`: a figure that a "
            "target is judged by, once its reporting day has passed. `commitment`: what became of one that was due. "
            "`planned`: whether what was planned was done."
        ),
    ]
    what: Annotated[Text, Field(description="The activity type, the indicator, or the commitment's wording.")]
    indicator: Annotated[str | None, Field(description="By which indicator's rule it is expected, if by one's.")]
    area: str
    period: Annotated[str, Field(description="Which it is of: an observation's own period, else the month.")]
    due_on: Day


class LateActivities(Document):
    """Activities that arrived after the day by which their tertial is reported."""

    reporting_day: Day
    activities: int
    most_days: Annotated[int, Field(description="How many days late the last of them was.")]


class UncertainValue(Document):
    """A value of the period that rests on so little that chance may have decided it."""

    indicator: str
    slice: str


class AnnexCompleteness(Document):
    """What of an annex's period is missing, late, and rests on little."""

    annex: Annotated[int | None, Field(description="The annex's number; null: the agreement itself.")]
    expected_reports: Annotated[
        list[ExpectedCount],
        Field(description="Of those kinds of which something was expected. Facts that you may not see are left out."),
    ]
    missing_reports: list[MissingReport]
    late_activities: Annotated[
        list[LateActivities],
        Field(description="By reporting day. More than a year late is history, and not told of."),
    ]
    uncertain_values: Annotated[
        list[UncertainValue] | None,
        Field(
            description="Shares whose 95 % interval is wider than 30 percentage points, means of fewer than 30 "
            "answers, counts of fewer than 10 events. Null for a type of period by which the area's year is not shown."
        ),
    ]
    sentences: Annotated[list[Text], Field(description="The same in words.")]


class CompletenessPage(PageOf):
    """A page of an agreement's annexes, each with how complete the data of the period are."""

    annexes: list[AnnexCompleteness]

    model_config = ConfigDict(
        json_schema_extra={"examples": [example_page(f"{OF_PERIOD}/completeness", "annexes", EXAMPLE)]}
    )

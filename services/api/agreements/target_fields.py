"""Fields of a target that say which spans it is about, its own and the one compared with; and examples of targets."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, ValidatorFunctionWrapHandler, WithJsonSchema, WrapValidator
from pydantic_core import PydanticCustomError

from shared.domain.activity import Span
from shared.domain.errors import InvalidTarget
from shared.domain.fields import Day, Document
from shared.domain.target_span import BASELINE_PATTERN, baseline_span

PER_MEANING = (
    "The kind of span that the target is set for; `span` is its own days, from `validFrom` to `validTo`, which must be "
    "whole months; `schoolYear` is 1 August to 31 July. Where the target's days are whole months that such spans fill "
    "evenly, one follows another from `validFrom`: a target per year from April 2017 to March 2018 is judged on these "
    "twelve months. Else they are the calendar's, of which the months in which the target is in force count."
)

BASELINE_MEANING = (
    "What the rules `…Before` compare with in the place of the year before: 2015, 2014-T3, 2015-Q1, 2015-H2, 2015-03, "
    "or whole months from a first day to a last. Of what is counted, as many months as the target's spans have."
)


class BaselineDays(Document):
    """A first and a last day."""

    begins_on: Annotated[Day, Field(alias="from")]
    ends_on: Annotated[Day, Field(alias="to")]

    @property
    def span(self) -> Span:
        """The days from the first to the last."""
        return Span(self.begins_on, self.ends_on)


def _named_or_days(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """Read a named period as its days, so that only these are left."""
    if isinstance(value, str):
        try:
            span = baseline_span(value)
        except InvalidTarget as error:
            (wrong,) = error.violations
            details = {"reason": wrong.reason, "remedy": wrong.remedy}
            raise PydanticCustomError("baseline", "{reason}", details) from error
        value = {"from": span.start.isoformat(), "to": span.end.isoformat()}
    return handler(value)


_DAY_SCHEMA = {"type": "string", "format": "date"}
Baseline = Annotated[
    BaselineDays,
    WrapValidator(_named_or_days),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": BASELINE_PATTERN},
                {
                    "type": "object",
                    "properties": {"from": _DAY_SCHEMA, "to": _DAY_SCHEMA},
                    "required": ["from", "to"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
TARGET_EXAMPLE: dict[str, Any] = {
    "annex": 4,
    "indicator": "graffiti-cleanups",
    "slice": "all",
    "area": "1282",
    "rule": "atMost",
    "value": 100,
    "upperValue": None,
    "per": "year",
    "validFrom": "2016-01-01",
    "validTo": "2016-12-31",
    "wording": "Högst 100 klottersaneringar under året.",
    "percent": None,
    "baseline": None,
    "tolerance": None,
    "perInhabitants": None,
    "areas": [],
}
OWN_SPAN_EXAMPLE: dict[str, Any] = {
    **TARGET_EXAMPLE,
    "rule": "lessThanBefore",
    "value": None,
    "per": "span",
    "validFrom": "2016-04-01",
    "validTo": "2016-09-30",
    "wording": "Minst 10 procent färre klottersaneringar under sommarhalvåret än två år tidigare.",
    "percent": 10,
    "baseline": {"from": "2014-04-01", "to": "2014-09-30"},
}

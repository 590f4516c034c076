"""The fields of a target that say which spans it is about: its own, and the one that it is compared with."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared.domain.activity import Span
from shared.domain.fields import read_day
from shared.domain.target_span import BASELINE_PATTERN

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


def _baseline(value: object) -> str | Span:
    if isinstance(value, str) and re.fullmatch(BASELINE_PATTERN, value, re.ASCII):
        return value
    if isinstance(value, dict) and value.keys() == {"from", "to"}:
        return Span(read_day(value["from"]), read_day(value["to"]))
    remedy = "Write 2015, 2014-T3, 2015-Q1, 2015-H2 or 2015-03, or give from and to."
    raise PydanticCustomError("baseline", "names no period", {"remedy": remedy})


_DAY_SCHEMA = {"type": "string", "format": "date"}
Baseline = Annotated[
    str | Span,
    PlainValidator(_baseline),
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

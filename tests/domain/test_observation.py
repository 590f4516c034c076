"""What an observation must say, and must not, before it is recorded."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.domain.activity import Span
from shared.domain.observation import INHABITANTS, Observable, Observation, check
from shared.domain.period import Period, PeriodType

TODAY = date(2016, 5, 10)
ALWAYS = Span(date.min, date.max)
CRIMES = Observable((PeriodType.MONTH, PeriodType.YEAR), by_code=True, adds_up=True, is_whole=True)
COST = Observable((PeriodType.MONTH, PeriodType.YEAR), adds_up=True)
SURVEY = Observable(tuple(PeriodType), is_share=True)
MONTHLY = Observable((PeriodType.MONTH, PeriodType.YEAR), adds_up=True, is_share=True)
OF_FEW = replace(MONTHLY, is_whole=True)
SCORE = replace(MONTHLY, is_share=False, is_mean=True, between=(Decimal(1), Decimal(5)))
ONE_SCORE = replace(SCORE, adds_up=False)

CRIME = Observation(
    "brå", "crimes", "13197", "1282", Period.parse("2016-03"), Decimal(31), None, "observed", "preliminary"
)
ANSWER = replace(CRIME, measure="safe", code="", numerator=Decimal(70), denominator=Decimal(100))


def fields(
    observation: Observation, observable: Observable | None, area: Span | None = ALWAYS, today: date = TODAY
) -> list[str]:
    return [fault.field for fault in check(observation, observable, area, today)]


def test_a_sound_observation_passes() -> None:
    assert fields(CRIME, CRIMES) == fields(ANSWER, SURVEY) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": "Anna 19121212-1212"}, "source"),
        ({"source": "a\0b"}, "source"),
        ({"code": ""}, "code"),
        ({"period": Period.parse("2016-T1")}, "period"),
        ({"period": Period.parse("2016-06")}, "period"),
        ({"period": Period.parse("2016-05"), "finality": "final"}, "finality"),
        ({"period": Period.parse("2015")}, "finality"),
        ({"numerator": None}, "numerator"),
        ({"numerator": Decimal("3.5")}, "numerator"),
        ({"denominator": Decimal(3)}, "denominator"),
        ({"status": "confidential"}, "numerator"),
    ],
)
def test_what_is_wrong_is_told_with_its_field(change: dict[str, Any], field: str) -> None:
    assert fields(replace(CRIME, **change), CRIMES) == [field]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "0864"}, "code"),
        ({"denominator": None}, "denominator"),
        ({"denominator": Decimal(0)}, "denominator"),
        ({"numerator": Decimal(101)}, "numerator"),
        ({"numerator": None}, "numerator"),
    ],
)
def test_a_share_is_a_part_of_a_whole(change: dict[str, Any], field: str) -> None:
    assert fields(replace(ANSWER, **change), SURVEY) == [field]


def test_a_month_that_has_not_ended_may_be_preliminary_and_a_final_year_is_a_figure() -> None:
    assert fields(replace(CRIME, period=Period.parse("2016-05")), CRIMES) == []
    assert fields(replace(CRIME, period=Period.parse("2015"), finality="final"), CRIMES) == []


def test_a_survey_is_final_when_it_is_published_also_before_its_period_has_ended() -> None:
    assert fields(replace(ANSWER, period=Period.parse("2016"), finality="final"), SURVEY) == []


def test_a_cost_may_have_fractions() -> None:
    assert fields(replace(CRIME, code="", numerator=Decimal("1200.50")), COST) == []


def test_inhabitants_are_counted_by_year() -> None:
    people = replace(CRIME, measure="population", code="", finality="final", period=Period.parse("2015"))
    assert fields(people, INHABITANTS) == []
    assert fields(replace(people, period=Period.parse("2015-12")), INHABITANTS) == ["period"]


@pytest.mark.parametrize("status", ["missing", "confidential", "notApplicable"])
def test_a_status_may_stand_for_the_figure(status: str) -> None:
    assert fields(replace(CRIME, status=status, numerator=None), CRIMES) == []


def test_an_area_must_exist_in_the_period() -> None:
    assert fields(CRIME, CRIMES, area=None) == ["area"]
    assert fields(CRIME, CRIMES, area=Span(date(2016, 4, 1), date.max)) == ["area"]
    assert fields(CRIME, CRIMES, area=Span(date.min, date(2016, 2, 29))) == ["area"]
    assert fields(CRIME, CRIMES, area=Span(date(2016, 3, 31), date.max)) == []


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = replace(CRIME, source="19121212-1212", numerator=None)
    assert fields(wrong, None, area=None) == ["source", "area", "measure", "numerator"]


@pytest.mark.parametrize(
    ("observable", "numerator", "denominator", "field"),
    [
        (MONTHLY, "24", "120", None),
        (MONTHLY, "23.5", "120", None),
        (MONTHLY, "24", None, "denominator"),
        (MONTHLY, "0", "0", None),
        (MONTHLY, "1", "0", "denominator"),
        (MONTHLY, "121", "120", "numerator"),
        (OF_FEW, "23.5", "120", "numerator"),
        (OF_FEW, "23", "120.5", "denominator"),
        (SCORE, "546", "130", None),
        (SCORE, "130", "130", None),
        (SCORE, "650", "130", None),
        (SCORE, "129.9", "130", "numerator"),
        (SCORE, "650.1", "130", "numerator"),
        (SCORE, "0", "0", None),
        (SCORE, "4.2", None, "denominator"),
        (ONE_SCORE, "0", "0", "denominator"),
        (replace(SCORE, between=None), "9000", "130", None),
    ],
)
def test_generality_e8_what_adds_up_has_both_its_parts(
    observable: Observable, numerator: str, denominator: str | None, field: str | None
) -> None:
    month = replace(
        CRIME, code="", numerator=Decimal(numerator), denominator=None if denominator is None else Decimal(denominator)
    )
    assert fields(month, observable) == ([field] if field else [])

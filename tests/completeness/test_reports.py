"""Sums of what is missing and late equal their parts, whatever there is; and what is said of them."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from shared.completeness.reports import (
    Completeness,
    ExpectedReport,
    LateReports,
    LittleValue,
    count_missing,
    each_once,
    lateness_of,
    shares_of,
)
from shared.completeness.sentences import sums_in_words
from shared.domain.activity_type import Wording
from shared.domain.period import Period, PeriodType
from shared.domain.reporting_day import reporting_day_of
from shared.domain.wording import NO_BREAK_SPACE, Language
from shared.expectations.expectation import Expectation, ExpectationKind, ExpectedPlace
from tests.extent import sample_of

YEAR = Period.parse("2016")
VISIT = Wording(sv="Skolbesök", en="School visit")


def visit(month: int, *, is_missing: bool, place_kind: str = "school", number: int = 0) -> ExpectedReport:
    """Return the report that a school is to make for a month."""
    day = Period(PeriodType.MONTH, date(2016, month, 1)).end
    place = ExpectedPlace(f"1282-school-{number}", f"Skola {number}", frozenset({1}))
    expectation = Expectation(ExpectationKind.VISITS, f"{number}/{month}", VISIT, place, None, day, day)
    return ExpectedReport(expectation, is_missing, "school-visits-as-needed", ("school-visit",), place_kind)


def observation(code: str, name: str = "Kostnad för skadegörelse") -> ExpectedReport:
    """Return an observation that is missing."""
    period = Period.parse(code)
    place = ExpectedPlace("1282", "Landskrona", frozenset({1}))
    subject = Wording(sv=name, en="Cost of vandalism")
    expectation = Expectation(
        ExpectationKind.OBSERVATION, code, subject, place, None, period.end, period.end, period=period
    )
    return ExpectedReport(expectation, is_missing=True, indicator=name)


def drawn(seed: int) -> Completeness:
    """Return what is missing and late in a year, at random."""
    chance = random.Random(seed)
    visits = [visit(chance.randint(1, 12), is_missing=chance.random() < 0.4) for _ in range(chance.randint(0, 60))]
    codes = [f"2016-{chance.randint(1, 12):02}" for _ in range(chance.randint(0, 5))] + ["2016-T2", "2016"]
    late = [
        LateReports(
            "a", 1, "school-visit", date(2016, chance.randint(1, 12), 1), chance.randint(1, 9), chance.randint(1, 99)
        )
        for _ in range(chance.randint(0, 20))
    ]
    return Completeness((*visits, *map(observation, codes)), tuple(late))


@pytest.mark.parametrize("seed", sample_of(range(100), 10))
@pytest.mark.parametrize("type_", [PeriodType.MONTH, PeriodType.QUARTER, PeriodType.TERTIAL, PeriodType.HALF_YEAR])
def test_the_year_s_sums_are_those_of_its_parts_and_of_what_is_of_longer_periods(seed: int, type_: PeriodType) -> None:
    of_year = drawn(seed).of(YEAR)
    periods = [Period(type_, date(2016, month, 1)) for month in range(1, 13, type_.month_count)]
    parts = [of_year.of(period) for period in periods]
    # A tertial lies in no quarter or half-year, and the year in none of all.
    without_part = [one for one in of_year.expected if type_.month_count % one.period.type.month_count]
    assert without_part
    for is_counted in (lambda _: True, lambda one: one.is_missing):
        in_parts = sum(sum(map(is_counted, part.expected)) for part in parts)
        assert sum(map(is_counted, of_year.expected)) == in_parts + sum(map(is_counted, without_part))
    late = sum(one.number for one in lateness_of(of_year.late))
    assert late == sum(one.number for part in parts for one in lateness_of(part.late))
    assert late == sum(one.number for one in of_year.late)
    assert sum(share.missing for share in shares_of(of_year.expected).values()) == len(of_year.missing)


def test_each_thing_is_in_the_period_that_holds_its_own() -> None:
    everything = Completeness((observation("2016-T2"), observation("2016"), visit(5, is_missing=True)))
    assert [len(everything.of(Period.parse(code)).expected) for code in ("2016", "2016-T2", "2016-T1", "2016-05")] == [
        3,
        2,
        0,
        1,
    ]


def planned(day: date, number: int = 0) -> ExpectedReport:
    """Return a visit to a school that was planned and of which nothing has been heard."""
    place = ExpectedPlace(f"1282-school-{number}", f"Skola {number}", frozenset({1}))
    expectation = Expectation(ExpectationKind.PLANNED, f"{day}/{number}", VISIT, place, None, day, day)
    return ExpectedReport(expectation, is_missing=True, activity_types=("school-visit",))


def test_what_two_indicators_expect_is_one_report() -> None:
    by_others = [replace(visit(3, is_missing=True), indicator="own-visits"), visit(3, is_missing=True)]
    assert each_once(by_others) == by_others[:1]
    assert (
        len(each_once([visit(3, is_missing=True), visit(4, is_missing=True), visit(3, is_missing=True, number=1)])) == 3
    )
    other_types = replace(visit(3, is_missing=True), activity_types=("foot-patrol",))
    assert count_missing([*by_others, other_types]) == 2
    assert count_missing([visit(3, is_missing=False), visit(3, is_missing=False)]) == 0

    cost = replace(observation("2016-03"), observes=("vandalism-cost",))
    assert count_missing([cost, replace(cost, indicator="own-cost")]) == 1
    assert count_missing([cost, replace(cost, observes=("repair-cost",))]) == 2
    assert count_missing([cost, replace(observation("2016-04"), observes=("vandalism-cost",))]) == 2


def test_a_planned_visit_is_the_one_that_its_school_lacks() -> None:
    lacking = visit(3, is_missing=True)
    assert count_missing([lacking, planned(date(2016, 3, 10))]) == 1
    assert count_missing([lacking, planned(date(2016, 3, 10)), planned(date(2016, 3, 17))]) == 2
    for elsewhere in (planned(date(2016, 4, 10)), planned(date(2016, 3, 10), number=1)):
        assert count_missing([lacking, elsewhere]) == 2
    assert count_missing([visit(3, is_missing=False), planned(date(2016, 3, 10))]) == 1


def test_what_arrived_late_is_told_by_the_reporting_day_of_its_tertial() -> None:
    late = [
        LateReports("a", 1, "walk", date(2016, month, 1), number, 3 * number)
        for month, number in ((4, 2), (1, 5), (12, 1))
    ]
    assert lateness_of(late) == ((7, date(2016, 5, 10), 15), (1, date(2017, 1, 10), 3))
    first = date(2015, 12, 28)
    for day in (first + timedelta(days=number) for number in range(400)):
        assert reporting_day_of(day) > Period.containing(PeriodType.TERTIAL, day).end


def said(*expected: ExpectedReport, language: Language = Language.SV, **others: object) -> list[str]:
    """Return the sentences."""
    words = sums_in_words(Completeness(expected, **others), language)  # type: ignore[arg-type]  # as they are written
    return [one.replace(NO_BREAK_SPACE, " ") for one in words]


def test_who_has_not_reported_is_told_by_month() -> None:
    march = [visit(3, is_missing=number < 2, number=number) for number in range(12)]
    april = [visit(4, is_missing=number < 1, number=number) for number in range(12)]
    assert said(*march) == ["2 av 12 skolor har inte rapporterat skolbesök för mars."]
    assert said(*april, *march) == ["2 av 12 skolor har inte rapporterat skolbesök för mars, 1 av 12 för april."]
    assert said(*march, language=Language.EN) == ["2 of 12 schools have reported no school visit for March."]
    assert said(visit(3, is_missing=True, place_kind="office")) == ["En plats har inte rapporterat skolbesök för mars."]
    mixed = (visit(3, is_missing=True), visit(3, is_missing=False, place_kind="gym"))
    assert said(*mixed) == ["1 av 2 platser har inte rapporterat skolbesök för mars."]
    many = [visit(month, is_missing=True) for month in range(1, 6)]
    assert said(*many) == ["Ingen av 5 månadsrapporter om skolbesök har kommit in."]
    assert said(*many[1:3]) == ["En skola har inte rapporterat skolbesök för februari, mars."]
    assert said(visit(3, is_missing=False)) == []


def test_figures_that_have_not_arrived_are_named() -> None:
    assert said(observation("2016-03"), observation("2016-04")) == [
        "Inget av 2 mätvärden har kommit in: Kostnad för skadegörelse (mars, april)."
    ]
    several = [observation("2016", name) for name in ("A", "B", "C", "D")]
    assert said(*several) == ["Inget av 4 mätvärden har kommit in: A (2016), B (2016), C (2016) med flera."]


def commitment(number: int, *, is_missing: bool) -> ExpectedReport:
    """Return a commitment whose day has passed."""
    place = ExpectedPlace("1282", "Landskrona", frozenset({1}))
    day = date(2016, 8, 31)
    what = Expectation(ExpectationKind.COMMITMENT, f"promise-{number}", VISIT, place, None, day, day)
    return ExpectedReport(what, is_missing)


def test_one_and_all_are_told_as_people_say_it() -> None:
    assert said(observation("2016-03")) == ["Ett mätvärde har inte kommit in: Kostnad för skadegörelse (mars)."]
    one, other, third = (commitment(number, is_missing=number < 2) for number in range(3))
    assert said(one) == ["Ett åtagande som skulle vara klart har inte följts upp."]
    assert said(one, other) == ["Inget av 2 åtaganden som skulle vara klara har följts upp."]
    assert said(one, other, third) == ["2 av 3 åtaganden som skulle vara klara har inte följts upp."]
    assert said(one, language=Language.EN) == ["One commitment that was due has not been followed up."]


def test_late_and_few_are_told_in_so_many_words() -> None:
    late = [LateReports("a", 1, "walk", date(2016, 4, 1), 14, 12)]
    assert said(late=late) == ["14 aktiviteter kom in efter den 10 maj 2016, som mest 12 dagar för sent."]
    one = [LateReports("a", 1, "walk", date(2016, 4, 1), 1, 1)]
    assert said(late=one) == ["En aktivitet kom in efter den 10 maj 2016, 1 dag för sent."]
    assert said(late=one, language=Language.EN) == ["One activity arrived after 10 May 2016, 1 day late."]
    assert said(little=[LittleValue(("a", "all"), "A", YEAR)]) == ["Ett värde har litet underlag."]

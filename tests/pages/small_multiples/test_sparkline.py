"""A small chart: what it draws of values, where, and what it writes in the place of those that are not there."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree  # type: ignore[import-untyped]  # it tells no types

from services.api.pages.small_multiples.sparkline import BASE, TOP, WIDTH, Sparkline, rounded_up
from services.api.values.charts.chart_data import ChartSubject, ChartValue
from shared.catalogue.loader import shipped_catalogue
from shared.domain.period import Period, PeriodType
from shared.domain.wording import Language

if TYPE_CHECKING:
    from collections.abc import Sequence

COUNT, SHARE, COST = "graffiti-cleanups", "graffiti-started-in-time", "vandalism-cost"
FIRST = Period(PeriodType.TERTIAL, date(2015, 1, 1))
NO_BREAK, THIN = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"


def values_of(*numbers: Decimal | int | str | None, **fields: Any) -> list[ChartValue]:
    """Return values of tertials from 2015 on; a text is the status of a value that is not there."""
    figures, period = [], FIRST
    for one in numbers:
        status = one if isinstance(one, str) else None if one is None else "observed"
        value = None if isinstance(one, str) or one is None else Decimal(one)
        figures.append(ChartValue(period, status, "preliminary", value, None, value, **fields))
        period = period.next()
    return figures


def drawn(
    indicator: str, figures: Sequence[ChartValue], closed: Sequence[Period] = (), label: str = "x"
) -> etree._Element:
    definition = shipped_catalogue().indicators[indicator]
    subject = ChartSubject("Namn", "Landskrona", "antal", definition, figures[0].period.type, figures)
    return etree.fromstring(Sparkline(subject, closed, Language.SV).svg(label))


def path(svg: etree._Element, kind: str) -> str:
    return "".join(one.get("d") for one in svg.iter("path") if one.get("class") == kind)


def words(svg: etree._Element) -> list[str]:
    return [one.text for one in svg.iter("text")]


def test_bars_are_as_high_as_values_and_the_scale_says_its_end() -> None:
    svg = drawn(COUNT, values_of(30, 35, 8, 1, 20, 40))
    tops = [float(one) for one in re.findall(r"V([\d.]+)h", path(svg, "amounts"))]
    assert [round((BASE - one) / (BASE - TOP) * 40) for one in tops] == [30, 35, 8, 1, 20, 40]
    assert words(svg) == ["40", "2015", "2016"]


def test_zeros_are_written_since_a_bar_of_no_height_is_not_seen() -> None:
    svg = drawn(COUNT, values_of(0, 0, 0, 0))
    assert path(svg, "amounts") == ""
    assert words(svg) == ["1", "0", "0", "0", "0", "2015", "2016"]


def test_why_a_value_is_not_there_is_said_once_for_periods_in_a_row() -> None:
    svg = drawn(COUNT, [*values_of(None, "missing", 5, "suppressed", "notApplicable", "notApplicable")])
    assert words(svg) == ["5", "saknas", "dolt", ".", ".", "2015", "2016"]


def test_a_value_in_another_unit_has_a_word_and_no_height() -> None:
    figures = [*values_of(9_000, unit="percent"), *values_of(5, 8, unit="SEK")[1:]]
    svg = drawn(COST, figures)
    assert path(svg, "amounts").count("M") == 1
    assert words(svg)[:2] == ["8", "annan enhet"]


def test_a_word_runs_upwards_where_periods_are_narrow() -> None:
    svg = drawn(COUNT, values_of(*[5] * 8, "suppressed", *[5] * 6, "missing"))
    upward = [one.text for one in svg.iter("text") if one.get("transform")]
    assert upward == ["dolt", "saknas"]


def test_a_hidden_value_has_no_number_in_it() -> None:
    # As the view serves it: without its parts.
    svg = drawn(SHARE, values_of(50, "suppressed", 75))
    assert path(svg, "trend").count("M") == 2, "the line breaks where there is no value"
    assert len([*svg.iter("circle")]) == 2


def test_a_share_is_drawn_on_the_whole_by_a_line_with_points() -> None:
    svg = drawn(SHARE, values_of(50, 100, 0))
    assert [float(one.get("cy")) for one in svg.iter("circle")] == [(BASE + TOP) / 2, TOP, BASE]
    assert words(svg) == [f"100{NO_BREAK}%", "2015"]


@pytest.mark.parametrize(("indicator", "number"), [(SHARE, 66), (COUNT, 66), (COST, 1_234_567)])
def test_a_single_value_is_seen(indicator: str, number: int) -> None:
    svg = drawn(indicator, values_of(number))
    assert bool(path(svg, "amounts")) != bool([*svg.iter("circle")])


def test_a_cost_has_its_scale_in_whole_numbers() -> None:
    assert words(drawn(COST, values_of(1_234_567)))[0] == f"1{THIN}500{THIN}000"


def test_years_are_written_below_their_bars() -> None:
    figures = [
        ChartValue(Period(PeriodType.YEAR, date(year, 1, 1)), "observed", "final", Decimal(3), None, Decimal(3))
        for year in (2015, 2016)
    ]
    svg = drawn(COUNT, figures)
    below = [(one.text, float(one.get("x"))) for one in svg.iter("text") if one.get("class") == "centred"]
    assert below == [("2015", WIDTH / 4), ("2016", WIDTH * 3 / 4)]


def judged(verdict: str, months: int = 4) -> dict[str, Any]:
    return {"signal": {"verdict": verdict, "lowerLimit": 10, "upperLimit": 20, "months": months}}


@pytest.mark.parametrize(("verdict", "number", "tip"), [("more", 30, -8), ("fewer", 2, 8), ("none", 15, None)])
def test_a_deviation_has_a_triangle_that_points_to_where(verdict: str, number: int, tip: int | None) -> None:
    svg = drawn(COUNT, values_of(number, **judged(verdict)))
    tips = [int(one) for one in re.findall(r"l-4 (-?\d+)z", path(svg, "deviation-mark"))]
    assert tips == ([] if tip is None else [tip])
    assert path(svg, "interval").count("M") == 1
    assert path(svg, "interval-edge").count("M") == 2


def test_limits_of_a_part_of_the_period_are_not_drawn() -> None:
    svg = drawn(COUNT, values_of(30, **judged("more", months=2)))
    assert path(svg, "interval") + path(svg, "deviation-mark") == ""


def test_a_target_for_such_periods_is_a_line_and_one_for_the_year_is_not() -> None:
    target = {"rule": "atMost", "value": 20, "judgement": "met"}
    svg = drawn(COUNT, values_of(10, 10, targets=[{**target, "per": "tertial"}]))
    assert path(svg, "target-line") == path(svg, "target-edge")
    assert {float(one) for one in re.findall(r"M[\d.]+ ([\d.]+)h", path(svg, "target-line"))} == {TOP}
    assert path(drawn(COUNT, values_of(10, 10, targets=[{**target, "per": "year"}])), "target-line") == ""


def test_closed_periods_have_a_thick_base_line() -> None:
    svg = drawn(COUNT, values_of(10, 10, 10, 10), [FIRST, FIRST.next()])
    assert path(svg, "closed-mark") == f"M0 {BASE + 1}h60M60 {BASE + 1}h60"


def test_what_is_read_aloud_may_have_any_signs() -> None:
    label = "\"Gård\" & <torg> 'x'"
    svg = drawn(COUNT, values_of(1), label=label)
    assert (svg.get("role"), svg.get("aria-label")) == ("img", label)


@pytest.mark.parametrize(
    ("highest", "end"),
    [
        (0, 0),
        (-3, 0),
        (1, 1),
        (1.2, 1.5),
        (7, 8),
        (9.5, 10),
        (35, 40),
        (100, 100),
        (101, 150),
        (0.07, 0.08),
        (3e6, 3e6),
    ],
)
def test_a_scale_ends_at_a_number_of_few_digits(highest: float, end: float) -> None:
    assert rounded_up(highest) == pytest.approx(end)


def test_a_limit_far_above_all_values_leaves_these_their_height() -> None:
    signal = {"verdict": "none", "lowerLimit": 0, "upperLimit": 1500, "months": 4}
    svg = drawn(COUNT, values_of(31, 39, signal=signal))
    assert words(svg)[0] == "80"
    assert path(svg, "interval-edge").count("M") == 2, "the upper limit is beyond the scale"
    assert path(svg, "interval").count("M") == 2

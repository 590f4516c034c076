"""What a chart looks like, by its SVG alone: round numbers, names with room, what is explained, nothing outside."""

from __future__ import annotations

import re
import struct
from base64 import b64decode
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]  # it tells no types

from services.api.values.charts.axes import round_numbers
from services.api.values.charts.chart_data import ChartSubject, ChartValue, unit_of
from services.api.values.charts.render_process import draw
from services.api.values.charts.svg import compose
from shared.catalogue.loader import shipped_catalogue
from shared.domain.period import Period, PeriodType
from shared.domain.wording import Language
from tests.extent import amount

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CATALOGUE = shipped_catalogue()
TARGET = {"rule": "atMost", "value": 30, "judgement": "atRisk"}
GAPS = ("missing", "suppressed", "notApplicable", None)
SVG = "{http://www.w3.org/2000/svg}"


def _figures(
    values: Sequence[int | None],
    period_type: str = "month",
    limits: tuple[float, float] | None = None,
    deviations: Mapping[int, str] | None = None,
    first: date = date(2013, 1, 1),
) -> list[ChartValue]:
    """Return values period by period, with a target for each and the limits of normal variation."""
    period, figures = Period(PeriodType(period_type), first), []
    for at, value in enumerate(values):
        signal: Mapping[str, Any] | None = limits and {
            "lowerLimit": limits[0],
            "upperLimit": limits[1],
            "months": period.type.month_count,
            "verdict": (deviations or {}).get(at, "none"),
        }
        figures.append(
            ChartValue(period, GAPS[at % len(GAPS)])
            if value is None
            else ChartValue(
                period,
                "observed",
                "final" if at < 2 else "preliminary",
                Decimal(value),
                None,
                Decimal(value),
                ({**TARGET, "per": period_type},),
                signal=signal,
            )
        )
        period = period.next()
    return figures


def _drawn(
    figures: Sequence[ChartValue],
    period_type: str = "month",
    indicator: str = "graffiti-cleanups",
    name: str = "Klottersaneringar",
    width: int = 640,
    language: Language = Language.SV,
) -> etree._Element:
    subject = ChartSubject(name, "Landskrona", "antal", CATALOGUE.indicators[indicator], period_type, figures)
    return etree.fromstring(compose(subject, language, width, 360).svg)


def _parts(svg: etree._Element, name: str) -> list[etree._Element]:
    return svg.xpath(f".//*[@class='{name}']/*")


def _words(svg: etree._Element) -> list[str]:
    return ["".join(one.itertext()) for one in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("highest", "is_whole", "expected"),
    [
        (43.2, False, [0, 10, 20, 30, 40]),
        (1.0, True, [0, 1]),
        (2.16, True, [0, 1, 2]),
        (1.0, False, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (100, False, [0, 20, 40, 60, 80, 100]),
        (2_592_000, True, [0, 500_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000]),
    ],
)
def test_the_scale_has_round_numbers(highest: float, expected: list[float], *, is_whole: bool) -> None:
    assert round_numbers(highest, is_whole=is_whole) == pytest.approx(expected)


def test_each_period_is_named_where_there_is_room_and_each_year_once() -> None:
    named = _words(_drawn(_figures([5, 6, 7, 8, 9, 10], "tertial"), "tertial"))
    assert [word for word in named if word in {"T1", "T2", "T3"}] == ["T1", "T2", "T3", "T1", "T2", "T3"]
    assert [word for word in named if word in {"2013", "2014"}] == ["2013", "2014"]


def test_of_many_periods_the_first_of_each_year_stay() -> None:
    named = _words(_drawn(_figures([5] * 116, first=date(2013, 5, 1))))
    assert [word for word in named if word.startswith("20") and len(word) == 4] == [
        str(year) for year in range(2014, 2023)
    ]
    assert {word for word in named if word.isalpha() and len(word) == 3} == {"jan", "mål"}
    two_years = _words(_drawn(_figures([5] * 24)))
    assert two_years.count("jan") == 2


def test_limits_are_one_band_and_a_gap_parts_it() -> None:
    svg = _drawn(_figures([5, 9, 40, None, 7, 2], limits=(3, 20), deviations={2: "more", 5: "fewer"}))
    assert len(svg.xpath(".//*[@class='interval']")) == 2
    assert len(_parts(svg, "limits")) == 2 * 5
    tips = [[float(place.split(",")[1]) for place in one.get("points").split()] for one in _parts(svg, "deviations")]
    assert [tip < base for tip, base, _ in tips] == [True, False]
    assert {"normalt intervall", "tydlig avvikelse", "slutligt", "preliminärt", "mål"} <= {*_words(svg)}


def test_a_target_is_one_line_as_long_as_it_is_the_same() -> None:
    figures = _figures([5, 9, 40, 6])
    assert len(_parts(_drawn(figures), "targets")) == 1
    other = ChartValue(figures[2].period, targets=({**TARGET, "per": "month", "value": 10},))
    assert len(_parts(_drawn([*figures[:2], other, figures[3]]), "targets")) == 3


def test_what_is_not_there_is_not_explained() -> None:
    plain = [ChartValue(one.period, "observed", "preliminary", one.value, None, one.value) for one in _figures([3, 4])]
    words = {*_words(_drawn(plain))}
    assert "preliminärt" in words
    assert not {"normalt intervall", "tydlig avvikelse", "slutligt", "mål"} & words


def _in_two_units() -> ChartSubject:
    """Return the cost of vandalism whose first two values were frozen as a share, with what was normal of it then."""
    figures = _figures([5_000, 9_000, 40, 60], limits=(3, 2_000_000))
    units = ["percent", "percent", "SEK", "SEK"]
    figures = [replace(one, unit=unit) for one, unit in zip(figures, units, strict=True)]
    return ChartSubject("Kostnad", "Landskrona", "kronor", CATALOGUE.indicators["vandalism-cost"], "month", figures)


def test_values_of_one_unit_alone_are_on_the_axis_and_all_are_read_aloud() -> None:
    subject = _in_two_units()
    svg = etree.fromstring(compose(subject, Language.SV, 640, 360).svg)
    assert len(_parts(svg, "bars")) == 2
    # Nor are their limits: on an axis up to two millions the bars would have no height.
    assert subject.in_one_unit.figures[0].limits is None
    assert _words(svg).count("annan enhet") == 2
    description = subject.description(Language.SV)
    assert "januari 2013: 5 000 % (annan enhet: procent)".replace(" ", "") in "".join(description.split())
    assert description.count("annan enhet") == 2
    assert "other unit: percent" in subject.description(Language.EN)


def test_the_axis_has_the_unit_of_the_definition_unless_no_value_has_it() -> None:
    definition, figures = CATALOGUE.indicators["vandalism-cost"], [*_in_two_units().figures]
    assert unit_of(figures, definition) == "SEK"
    assert unit_of(figures[:2], definition) == "percent"
    assert unit_of([], definition) == unit_of([ChartValue(figures[0].period)], definition) == "SEK"
    former = ChartSubject("x", "x", "procent", definition.in_unit("percent"), "month", figures[:2])
    assert len(_parts(etree.fromstring(compose(former, Language.SV, 640, 360).svg), "points")) == 2
    assert "annan enhet" not in former.description(Language.SV)


@settings(max_examples=amount(60, 600), deadline=None)
@given(
    st.lists(st.none() | st.integers(0, 10**7), max_size=60),
    st.sampled_from(["month", "quarter", "tertial", "year"]),
    st.sampled_from(["graffiti-cleanups", "graffiti-started-in-time", "vandalism-cost"]),
    st.integers(320, 1200),
    st.sampled_from([*Language]),
)
def test_nothing_is_drawn_outside(
    values: list[int | None], period_type: str, indicator: str, width: int, language: Language
) -> None:
    figures = _figures(values, period_type, limits=(2, 10**6), deviations={0: "more"})
    svg = _drawn(figures, period_type, indicator, width=width, language=language)
    assert len(_parts(svg, "bars")) + len(_parts(svg, "points")) == sum(one is not None for one in values)
    for one in svg.iter():
        for key, most in (("x", width), ("x1", width), ("x2", width), ("y", 360), ("y1", 360), ("y2", 360)):
            if not (one.getparent() is not None and one.getparent().get("class") == "symbol"):
                assert 0 <= float(one.get(key) or 0) <= most, etree.tostring(one)


@pytest.mark.parametrize("name", ["شارع المدينة", "中文街道", "😀 Жизнь", "<b>&amp;</b> \x01", "A" * 300])
def test_a_name_in_any_script_is_drawn_as_png(name: str) -> None:
    svg = etree.tostring(_drawn(_figures([1, 2, 3]), name=name), encoding="unicode")
    picture = b64decode(draw(svg)["drawn"])
    assert struct.unpack(">II", picture[16:24]) == (1280, 720)
    # Boxes in the place of letters would look alike.
    other = draw(svg.replace("ش", "ب").replace("中", "国").replace("Ж", "Я").replace("&amp;", "&lt;"))
    assert b64decode(other["drawn"]) != picture or name.startswith("A")


def test_a_heading_that_is_too_long_leaves_a_plot() -> None:
    subject = ChartSubject("Mål " * 90, "Landskrona", "antal", CATALOGUE.indicators["graffiti-cleanups"], "month", [])
    figures = _figures([3, 4])
    svg = compose(replace(subject, figures=figures), Language.SV, 320, 240).svg
    heights = [float(one) for one in re.findall(r' height="([^"]*)"', svg.decode())]
    assert len(heights) > 3
    assert min(heights) >= 0


def test_what_is_no_svg_is_refused() -> None:
    assert "refused" in draw("<svg>")

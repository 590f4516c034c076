"""A chart as a Vega-Lite specification: what it shows, layer by layer.

Those who see no difference between red and green can distinguish the colours, and nothing depends on colour alone:
what is preliminary is lighter with an outline, a target is dashed, a gap says why it is one. What is within normal
variation is a band behind the values, and a value that clearly deviates has a triangle that points to where.
"""

# Over 300 lines: all layers of a chart, which share its scales and words.

from __future__ import annotations

import json
from decimal import Decimal
from math import ceil
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from services.api.values.charts.labels import WORDS, label, legend_of_gaps, mark, target_texts, written
from shared.domain.target_wording import is_level_of
from shared.domain.wording import PERCENT, TERTIALS, Language

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from services.api.values.charts.chart_data import Subject

Json = dict[str, Any]

DARK, LIGHT, WHITE, TARGET, INK, GRID = "#1b4f8a", "#bcd4ee", "#ffffff", "#b3400a", "#222222", "#dddddd"
FONT = "Arial, Liberation Sans, Helvetica, sans-serif"
BAND, BAND_EDGE = "#ececec", "#8a8a8a"
DASHES = [7, 4]
TRIANGLES = {"more": "triangle-up", "fewer": "triangle-down"}
TRIANGLE_SIZE, ABOVE_VALUE = 70, -24
# Two dashes and what parts them, squared, as sizes of symbols are.
LENGTH_OF_DASHES = 320
# How many pixels a letter takes on average: of the title, of other lines, of a value at its bar or point.
TITLE_LETTER, LETTER, VALUE_LETTER = 8.9, 6.6, 6.5
# Left and right of the heading.
MARGINS = 28
# How high a row of the legend is, and how wide what is beside its word.
LEGEND_ROW, LEGEND_SYMBOL = 20, 38
MOST_TICKS = 6
HEADROOM = 1.08

_CONFIG: Json = {
    "font": FONT,
    "title": {
        "anchor": "start",
        "frame": "bounds",
        "offset": 10,
        "color": INK,
        "subtitleColor": INK,
        "fontSize": 15,
        "subtitleFontSize": 12,
        "subtitlePadding": 5,
    },
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "domainColor": INK,
        "tickColor": INK,
        "gridColor": GRID,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
    },
    "legend": {
        "labelColor": INK,
        "labelFontSize": 11,
        "symbolSize": 130,
        "orient": "top",
        "title": None,
        "offset": 16,
        "layout": {"top": {"margin": 20}},
    },
    "view": {"stroke": None},
}


def specification(subject: Subject, language: Language, width: int, height: int, *, is_titled: bool = True) -> Json:
    """Return the whole specification, of a chart `width` by `height` pixels large with all that belongs to it.

    Without its title, unit and targets in words where they are said around it.
    """
    title, subtitle = _heading(subject, language, width) if is_titled else ([], [])
    legend_rows = _legend_rows(subject, language, width)
    around = _around(subject, language, len(title), len(subtitle), legend_rows)
    inner, inside = width - around["left"] - around["right"], height - around["top"] - around["bottom"]
    return {
        "width": inner,
        "height": inside,
        # The space around is measured here: to let the library fit it in takes as long again as drawing it.
        "autosize": "none",
        "padding": around,
        "background": WHITE,
        **({"title": {"text": title, "subtitle": subtitle}} if title else {}),
        "layer": [*_layers(subject, language, inner, inside)],
        "resolve": {"scale": {"fill": "independent", "stroke": "independent"}},
        "config": _config(legend_rows),
    }


def _heading(subject: Subject, language: Language, width: int) -> tuple[list[str], list[str]]:
    texts = [subject.measured(language), *target_texts(subject.figures, subject.definition, language)]
    return _lines([subject.title], (width - MARGINS) / TITLE_LETTER), _lines(texts, (width - MARGINS) / LETTER)


def _config(legend_rows: int) -> Json:
    """Return the configuration; legends that do not fit beside each other stand below each other."""
    if legend_rows <= 1:
        return _CONFIG
    layout = {"top": {"margin": LEGEND_ROW / 4, "direction": "vertical"}}
    return {**_CONFIG, "legend": {**_CONFIG["legend"], "layout": layout}}


def _legend_rows(subject: Subject, language: Language, width: float) -> int:
    """Return how many rows the legends above the plot take: one, or one each where that is too wide."""
    words, figures = WORDS[language], subject.figures
    present = {
        words["interval"]: any(figure.limits for figure in figures),
        " ".join({words[str(figure.finality)] for figure in figures if figure.value is not None}): True,
        words["target"]: any(_targets(subject, language)),
        words["deviation"]: any(figure.deviation for figure in figures),
    }
    explained = [word for word, is_present in present.items() if word and is_present]
    needed = sum(LEGEND_SYMBOL + LETTER * len(word) for word in explained)
    return len(explained) if needed > width - MARGINS else min(len(explained), 1)


def _lines(texts: Sequence[str], letters: float) -> list[str]:
    return [line for text in texts for line in wrap(text, int(letters))]


def _around(
    subject: Subject, language: Language, title_lines: int, subtitle_lines: int, legend_rows: int
) -> dict[str, float]:
    """Return how many pixels title and legends, and the numbers and periods of the axes, take on each side."""
    highest = written(Decimal(str(_top(subject))), subject.definition, language)
    top = 14 + 19 * title_lines + 15 * subtitle_lines
    bottom = 38 if subject.period_type != "year" else 24
    return {
        "left": 20 + LETTER * len(highest.partition("," if language is Language.SV else ".")[0]),
        "right": 12,
        "top": top + (44 + LEGEND_ROW * (max(legend_rows, 1) - 1) if _has_legend(subject) else 8),
        "bottom": bottom + (20 if subject.figures and _legend_below(subject, language) else 0),
    }


def _has_legend(subject: Subject) -> bool:
    """Whether there is a value, or the line of a target, to be explained above the plot."""
    return any(figure.value is not None for figure in subject.figures) or any(_targets(subject, Language.SV))


def _layers(subject: Subject, language: Language, width: float, height: float) -> Iterator[Json]:
    if not any(figure.value is not None for figure in subject.figures):
        middle = {"x": {"value": width / 2}, "y": {"value": height / 2}}
        words = {"text": {"value": WORDS[language]["noValues"]}}
        yield _over([{}], {"type": "text", "fontSize": 14, "color": INK}, {**middle, **words})
    if subject.figures:
        yield from _plot(subject, language, width)


def _plot(subject: Subject, language: Language, width: float) -> Iterator[Json]:
    place = _place(subject, language)
    figures = [*_figures(subject, language)]
    if intervals := [*_intervals(subject, language)]:
        yield from _band(intervals, place, language)
    if figures:
        yield from _marks(figures, place, subject, language)
    if targets := [*_targets(subject, language)]:
        yield _over(
            targets,
            {"type": "rule", "strokeDash": DASHES, "strokeWidth": 2},
            {
                "x": {**place["x"], "bandPosition": 0},
                "x2": {"field": "period", "bandPosition": 1},
                "y": {**place["y"], "field": "level"},
                "stroke": _legend(
                    "target",
                    {WORDS[language]["target"]: TARGET},
                    symbolType="stroke",
                    symbolDash=DASHES,
                    symbolSize=LENGTH_OF_DASHES,
                ),
            },
        )
    if _have_room(figures, width, len(subject.figures)):
        yield from _value_labels(figures, place, crosses_lines=subject.is_line or bool(targets))
    if deviations := [one for one in figures if one["deviation"]]:
        yield from _triangles(deviations, place, language)
    if gaps := [*_gaps(subject, language)]:
        yield _over(
            gaps,
            {"type": "text", "fontSize": 11, "color": INK, **_turn(gaps, width / len(subject.figures))},
            {"x": place["x"], "y": {"value": "height"}, "text": {"field": "mark"}},
        )


def _band(intervals: Sequence[Json], place: Json, language: Language) -> Iterator[Json]:
    """Yield what is within normal variation: a band, and a line on each side of it."""
    across = {"x": {**place["x"], "bandPosition": 0}, "x2": {"field": "period", "bandPosition": 1}}
    upwards = {"y": {**place["y"], "field": "lower"}, "y2": {"field": "upper"}}
    filled = _legend(
        "interval",
        {WORDS[language]["interval"]: BAND},
        symbolType="square",
        symbolStrokeColor=BAND_EDGE,
        symbolStrokeWidth=1,
    )
    yield _over(intervals, {"type": "rect"}, {**across, **upwards, "fill": filled})
    for side in ("lower", "upper"):
        edge = {"type": "rule", "color": BAND_EDGE, "strokeWidth": 1}
        yield _over(intervals, edge, {**across, "y": {**place["y"], "field": side}})


def _triangles(deviations: Sequence[Json], place: Json, language: Language) -> Iterator[Json]:
    """Yield a triangle above each value that clearly deviates: it points up where there was more, down where fewer."""
    shapes = {"field": "deviation", "type": "nominal", "legend": None, "scale": _range(TRIANGLES)}
    legend = _legend("marked", {WORDS[language]["deviation"]: INK}, symbolType="triangle-up")
    mark = {"type": "point", "filled": True, "opacity": 1, "size": TRIANGLE_SIZE, "yOffset": ABOVE_VALUE}
    yield _over(deviations, mark, {**place, "shape": shapes, "fill": legend})


def _range(values: Mapping[str, str]) -> Json:
    return {"domain": [*values], "range": [*values.values()]}


def _marks(figures: Sequence[Json], place: Json, subject: Subject, language: Language) -> Iterator[Json]:
    """Yield the bars, or the line and its points."""
    if subject.is_line:
        yield _over(figures, {"type": "line", "color": DARK}, {**place, "detail": {"field": "run"}})
    shape = {"type": "point", "size": 55} if subject.is_line else {"type": "bar", "width": {"band": 0.7}}
    light = WHITE if subject.is_line else LIGHT
    outlined = {**shape, "stroke": DARK, "strokeWidth": 1.5}
    yield _over(figures, outlined, {**place, "fill": _finality(figures, light, language)})


def _turn(gaps: Sequence[Json], room: float) -> Json:
    """Return how words stand in the places of values: along the axis, or upwards where they would run together."""
    if max(len(gap["mark"]) for gap in gaps) * VALUE_LETTER <= room:
        return {"dy": -8}
    return {"angle": -90, "align": "left", "baseline": "middle", "dx": 4}


def _over(rows: Sequence[Json], mark: Json, encoding: Json) -> Json:
    return {"data": {"values": rows}, "mark": mark, "encoding": encoding}


def _place(subject: Subject, language: Language) -> Json:
    """Return the positional encoding: the period along, the value upwards."""
    figures, labels = subject.figures, {}
    for position, figure in enumerate(figures):
        begins_year = position == 0 or figures[position - 1].period.start.year != figure.period.start.year
        year = [str(figure.period.start.year)] if begins_year and subject.period_type != "year" else []
        labels[figure.period.code] = [label(figure.period, language), *year]
    along = {
        "title": _legend_below(subject, language),
        "labelAngle": 0,
        "labelExpr": f"({json.dumps(labels)})[datum.value]",
        "labelOverlap": True,
    }
    top = _top(subject)
    is_whole = subject.definition.unit in {"count", "days"}
    ticks = min(MOST_TICKS, ceil(top)) if is_whole else MOST_TICKS
    upwards = {"title": None, "tickCount": ticks, "format": ",.3~f"}
    if subject.definition.unit == "percent":
        upwards["labelExpr"] = f"datum.label + '{PERCENT[language]}'"
    return {
        "x": {
            "field": "period",
            "type": "ordinal",
            "axis": along,
            "scale": {"type": "band", "domain": [*labels], "paddingInner": 0, "paddingOuter": 0},
        },
        "y": {"field": "value", "type": "quantitative", "axis": upwards, "scale": {"domain": [0, top], "nice": False}},
    }


def _top(subject: Subject) -> float:
    """Return where the scale ends: at the whole of a share, the most of a mean, or a little above the highest value."""
    heights = [float(figure.value) for figure in subject.figures if figure.value is not None]
    heights += [line["level"] for line in _targets(subject, Language.SV)]
    heights += [one["upper"] for one in _intervals(subject, Language.SV)]
    highest = max(heights, default=0.0)
    if subject.definition.unit == "percent" and highest <= subject.definition.factor:
        return subject.definition.factor
    observes = subject.definition.observes
    if observes is not None and observes.between is not None and highest <= observes.between[1]:
        return observes.between[1]
    return HEADROOM * highest or 1.0


def _legend_below(subject: Subject, language: Language) -> str | None:
    """Return what is explained below the axis: what tertials are, and words in the places of values."""
    tertials = [TERTIALS[language]] if subject.period_type == "tertial" else []
    gaps = legend_of_gaps((figure.gap for figure in subject.figures if figure.value is None), language)
    return "; ".join([*tertials, *gaps]) or None


def _figures(subject: Subject, language: Language) -> Iterator[Json]:
    """Yield the values; `run` tells which follow one another without a gap."""
    for position, figure in enumerate(subject.figures):
        if figure.value is not None:
            before = [earlier.value is None for earlier in subject.figures[:position]]
            yield {
                "period": figure.period.code,
                "value": float(figure.value),
                "written": written(figure.value, subject.definition, language),
                "finality": WORDS[language][str(figure.finality)],
                "run": sum(before),
                "deviation": figure.deviation,
                "marked": WORDS[language]["deviation"],
            }


def _intervals(subject: Subject, language: Language) -> Iterator[Json]:
    """Yield from where to where each period's value would be within normal variation."""
    for figure in subject.figures:
        if figure.limits is not None:
            lower, upper = map(float, figure.limits)
            words = {"interval": WORDS[language]["interval"]}
            yield {"period": figure.period.code, "lower": max(lower, 0.0), "upper": upper, **words}


def _gaps(subject: Subject, language: Language) -> Iterator[Json]:
    for figure in subject.figures:
        if figure.value is None:
            yield {"period": figure.period.code, "mark": mark(figure.gap, language)}


def _targets(subject: Subject, language: Language) -> Iterator[Json]:
    """Yield the lines of targets for periods of just this length, or for a figure that does not grow with its period.

    A target for a year's sum would mean nothing next to a month's figure.
    """
    grows = subject.definition.over_time != "last" and not subject.definition.is_share
    for figure in subject.figures:
        for target in figure.targets:
            if is_level_of(target, subject.period_type) or (not grows and is_level_of(target)):
                for level in filter(None, (target.get("value"), target.get("upperValue"))):
                    yield {"period": figure.period.code, "level": level, "target": WORDS[language]["target"]}


def _finality(figures: Sequence[Json], light: str, language: Language) -> Json:
    words, present = WORDS[language], {figure["finality"] for figure in figures}
    colours = {words["final"]: DARK, words["preliminary"]: light}
    used = {word: colour for word, colour in colours.items() if word in present}
    return _legend("finality", used, symbolType="square", symbolStrokeColor=DARK, symbolStrokeWidth=1.5)


def _legend(field: str, colours: Mapping[str, str], **look: object) -> Json:
    return {"field": field, "type": "nominal", "scale": _range(colours), "legend": look}


def _have_room(figures: Sequence[Json], width: float, places: int) -> bool:
    longest = max((len(figure["written"]) for figure in figures), default=0)
    return bool(figures) and longest * VALUE_LETTER <= width / places


def _value_labels(figures: Sequence[Json], place: Json, *, crosses_lines: bool) -> Iterator[Json]:
    """Yield the written values, on a white edge where lines would make them hard to read."""
    for edge in ({"stroke": WHITE, "strokeWidth": 5}, {}) if crosses_lines else ({},):
        mark = {"type": "text", "dy": -10, "fontSize": 11, "color": INK, **edge}
        yield _over(figures, mark, {**place, "text": {"field": "written"}})

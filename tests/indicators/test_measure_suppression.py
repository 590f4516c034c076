"""All series of a measure hide few persons together: whoever knows them all can tell none of the figures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from services.indicators.compute.measure_suppression import Served, without_few
from shared.catalogue.observed import Edge, Observed, ObservedFigure, Spot, Tree, figures_of
from shared.domain.activity import Span
from shared.domain.period import Period, periods_of
from tests.indicators.attacker import Attacker
from tests.indicators.observing import TEXT, definition

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from shared.catalogue.indicator import IndicatorDefinition

ALWAYS = Span(date.min, date.max)
COUNTY, NORTH, SOUTH, EAST = 1, 2, 3, 4
TOWNS = (NORTH, SOUTH, EAST)
TREE = Tree([Edge(COUNTY, "county", town, "municipality", ALWAYS) for town in TOWNS])
MONTHS = ("2016-01", "2016-02")
THRESHOLD = 5


def by_codes(*codes: str) -> IndicatorDefinition:
    """Return a definition that counts these codes, or without any what has no code."""
    listed = {"source": "x", "entries": [{"code": code} for code in codes]}
    observes = {"measure": "persons", **({"codes": listed} if codes else {})}
    return definition(observes=observes, suppress_below=THRESHOLD)


def seen(area: int, period: str, number: int, code: str = "") -> Observed:
    return Observed(code, Spot(area, Period.parse(period)), Decimal(number), None, "observed", "final")


def served(
    series: Sequence[tuple[IndicatorDefinition, Collection[int]]], observations: Sequence[Observed]
) -> list[dict[Spot, ObservedFigure]]:
    """Return what each series shows, in the areas that it is for."""
    unhidden = []
    for one, areas in series:
        figures = figures_of(one, observations, TREE, periods_of(2016), [])
        unhidden.append(Served(one, {spot: figure for spot, figure in figures.items() if spot.area_id in areas}))
    return without_few(unhidden, observations, TREE, periods_of(2016), THRESHOLD)


def hidden(figures: Mapping[Spot, ObservedFigure]) -> set[tuple[int, str]]:
    return {(spot.area_id, spot.period.code) for spot, figure in figures.items() if figure.status == "suppressed"}


EVERYWHERE = (COUNTY, *TOWNS)


def test_another_series_of_the_same_figures_hides_the_same() -> None:
    """Trials D5."""
    rows = [seen(town, month, number) for month in MONTHS for town, number in zip(TOWNS, (2, 9, 20), strict=True)]
    everywhere, in_one = served([(by_codes(), EVERYWHERE), (by_codes(), (SOUTH,))], rows)
    assert hidden(everywhere) >= {(NORTH, "2016-01"), (NORTH, "2016-02")}
    assert hidden(in_one) == {one for one in hidden(everywhere) if one[0] == SOUTH}
    assert hidden(in_one)
    assert all(figure.numerator is None for figure in in_one.values() if figure.status == "suppressed")


def test_what_two_code_lists_differ_by_is_not_told() -> None:
    """Trials D5: 9 of both codes, 6 of the first; so 3 of the second, which is shown nowhere."""
    rows = [seen(NORTH, "2016-01", 6, "0001"), seen(NORTH, "2016-01", 3, "0002")]
    both, first = served([(by_codes("0001", "0002"), TOWNS), (by_codes("0001"), (NORTH,))], rows)
    assert hidden(both) | hidden(first)
    alone, disjoint = served([(by_codes("0001"), TOWNS), (by_codes("0002"), TOWNS)], rows)
    assert (hidden(alone), hidden(disjoint)) == (set(), {(NORTH, "2016-01")})
    (enough,) = served([(by_codes("0001", "0002"), TOWNS)], rows)
    assert hidden(enough) == set()


def test_a_code_that_nobody_reported_counts_as_none() -> None:
    rows = [seen(NORTH, "2016-01", 6, "0001"), seen(NORTH, "2016-02", 6, "0001"), seen(NORTH, "2016-02", 8, "0002")]
    both, first = served([(by_codes("0001", "0002"), TOWNS), (by_codes("0001"), TOWNS)], rows)
    assert (hidden(both), hidden(first)) == (set(), set())


LISTS: list[tuple[tuple[str, ...], ...]] = [
    (("0001", "0002"), ("0001",)),
    (("0001", "0002"), ("0002", "0003")),
    (("0001", "0002", "0003"), ("0002",), ("0003",)),
]


@pytest.mark.parametrize("seed", range(24))
def test_whoever_knows_every_figure_of_every_series_tells_none(seed: int) -> None:
    """Trials D5: the attacker is given all that is served, and definitions of their own in one municipality."""
    random = Random(seed)
    lists = random.choice(LISTS)
    codes = sorted({code for one in lists for code in one})
    rows = [
        seen(town, month, random.choice((0, 1, 3, 4, 6, 9)), code)
        for town in TOWNS[: random.randint(1, 2)]
        for month in MONTHS[:1]
        for code in codes
    ]
    series = [(by_codes(*one), EVERYWHERE if number == 0 else (NORTH,)) for number, one in enumerate(lists)]
    truth: dict[Any, int] = {(row.spot.area_id, row.code): int(row.numerator or 0) for row in rows}
    sums, visible = [], set()
    for number, (figures, one) in enumerate(zip(served(series, rows), lists, strict=True)):
        for spot, figure in figures.items():
            parts = [(spot.area_id, code) for code in one]
            if spot.period.code == MONTHS[0] and all(part in truth for part in parts):
                key = (number, spot.area_id)
                truth[key] = sum(truth[part] for part in parts)
                sums.append((key, parts))
                if figure.numerator is not None:
                    visible.add(key)
    assert Attacker(truth, visible, sums, THRESHOLD).known_figures() == set()


IN_PERCENT = definition(unit="percent", denominator=TEXT, observes={"measure": "persons"}, suppress_below=THRESHOLD)
MEAN = definition(unit="mean", denominator=TEXT, observes={"measure": "persons"}, suppress_below=THRESHOLD)


def share(area: int, period: str, number: int, of: int) -> Observed:
    return seen(area, period, number)._replace(denominator=Decimal(of))


@pytest.mark.parametrize(("number", "of", "is_hidden"), [
    (3, 20, True), (17, 20, True), (0, 3, True), (3, 3, True), (0, 20, False), (20, 20, False), (5, 10, False),
    (0, 0, False),
])  # fmt: skip
def test_generality_e8_a_share_hides_few_of_either_side(number: int, of: int, is_hidden: bool) -> None:
    (figures,) = served([(IN_PERCENT, EVERYWHERE)], [share(NORTH, "2016-01", number, of)])
    assert hidden(figures) == ({(NORTH, "2016-01")} if is_hidden else set())
    assert all(figure.denominator is None for figure in figures.values() if figure.status == "suppressed")


def test_generality_e8_a_mean_hides_few_answers() -> None:
    (figures,) = served([(MEAN, EVERYWHERE)], [share(NORTH, "2016-01", 8, 2), share(SOUTH, "2016-01", 30, 9)])
    assert hidden(figures) == {(NORTH, "2016-01")}


@pytest.mark.parametrize("seed", range(8))
def test_generality_e8_whoever_knows_every_share_tells_no_few(seed: int) -> None:
    """Neither of those who are counted nor of those who are not."""
    random = Random(seed)
    rows = []
    for town in TOWNS:
        number, rest = (random.choice((0, 1, 3, 4, 6, 9, 20)) for _ in range(2))
        rows.append(share(town, MONTHS[0], number, number + rest))
    (figures,) = served([(IN_PERCENT, EVERYWHERE)], rows)
    month = Period.parse(MONTHS[0])
    visible = {area for area in EVERYWHERE if figures[Spot(area, month)].numerator is not None}
    counted = {row.spot.area_id: int(row.numerator or 0) for row in rows}
    others = {row.spot.area_id: int(row.denominator or 0) - int(row.numerator or 0) for row in rows}
    for truth in (counted, others):
        truth[COUNTY] = sum(truth.values())
        assert not any(0 < truth[area] < THRESHOLD for area in visible)
        assert Attacker(truth, visible, [(COUNTY, TOWNS)], THRESHOLD).known_figures() == set()

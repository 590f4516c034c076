"""Whoever knows all figures above that are shown, and those of one area, can tell no other municipality's figure.

The attacker knows every figure that is shown of every series of a kind, and that no figure is less than nothing, and
reckons with whole numbers (`ledger`). The worlds are small and sparse, have counties of one municipality, police areas
across counties, and series that count the same of fewer municipalities, as an own definition does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

import pytest

from services.indicators.compute import above_protection
from services.indicators.compute.above_protection import (
    TERTIALS,
    YEAR,
    Hierarchy,
    Months,
    Served,
    is_served,
    served_above,
)
from tests.extent import amount, sample_of
from tests.tenancy.ledger import Cell, Ledger

pytestmark = [pytest.mark.slow]

MONTHS: tuple[Months, ...] = tuple((month,) for month in YEAR)
QUARTERS: tuple[Months, ...] = tuple(YEAR[first : first + 3] for first in range(0, 12, 3))
HALF_YEARS: tuple[Months, ...] = (YEAR[:6], YEAR[6:])
SPANS = (*MONTHS, *QUARTERS, *TERTIALS, *HALF_YEARS, YEAR)
GIVEN = (*MONTHS, *TERTIALS, YEAR)
COUNTRY = 1000


@dataclass(frozen=True)
class World:
    """What happened in which municipality and month, and which of them are in which areas, and report which series."""

    areas: Mapping[int, frozenset[int]]
    truth: Mapping[Cell, int]
    reporters: Mapping[int, frozenset[int]]
    sides: tuple[str, ...]

    @classmethod
    def drawn(cls, random: Random) -> World:
        municipalities = range(1, random.randint(6, 14))
        areas = {COUNTRY: frozenset(municipalities)}
        for first in (100, 200):
            parts = random.randint(2, 4)
            places = {one: first + random.randrange(parts) for one in municipalities}
            for code in {*places.values()}:
                areas[code] = frozenset(one for one, place in places.items() if place == code)
        numbers = random.choice(((0, 0, 0, 0, 1, 2), (0, 1, 2, 3), (0, 3, 9, 20), (0,) * 15 + (1,)))
        sides = random.choice((("counted",), ("counted", "others")))
        truth = {
            _cell(one, month, side): random.choice(numbers)
            for one in municipalities
            for month in YEAR
            for side in sides
        }
        reporters = {
            number: frozenset(one for one in municipalities if random.random() < chance)
            for number, chance in enumerate(random.choice(((1.0,), (0.8, 0.8), (1.0, 0.6), (1.0, 1.0, 0.9))))
        }
        return cls(areas, truth, reporters, sides)

    def amounts(self) -> dict[int, dict[Months, dict[int, tuple[Decimal, ...]]]]:
        return {
            number: {
                months: {
                    one: tuple(Decimal(self.total([one], months, side)) for side in self.sides) for one in reporters
                }
                for months in GIVEN
            }
            for number, reporters in self.reporters.items()
        }

    def total(self, municipalities: Sequence[int], months: Months, side: str) -> int:
        return sum(self.truth[_cell(one, month, side)] for one in municipalities for month in months)

    def read(self, served: Mapping[int, Served]) -> Iterator[tuple[frozenset[int], Months]]:
        """Yield the municipalities of each figure that is shown, and its months."""
        for number, reporters in self.reporters.items():
            for area_id, municipalities in self.areas.items():
                for months in SPANS:
                    if is_served(served[number], area_id, months):
                        yield municipalities & reporters, months

    def attacked(self, served: Mapping[int, Served], own: frozenset[int]) -> set[tuple[int, Months, str]]:
        """Return what a reader with figures of their own can tell of others."""
        ledger = Ledger([*self.truth])
        for municipalities, months in self.read(served):
            for side in self.sides:
                cells = [_cell(one, month, side) for one in municipalities for month in months]
                total = self.total([*municipalities], months, side)
                ledger.learn("above", cells, total, total)
        for one in own:
            for cell in self.truth:
                if cell[0] == str(one):
                    ledger.learn("own", [cell], self.truth[cell], self.truth[cell])
        others = frozenset[int]().union(*self.reporters.values()) - own
        figures = {
            (one, months, side): frozenset(_cell(one, month, side) for month in months)
            for one in others
            for months in GIVEN
            for side in self.sides
        }
        return ledger.pinned(figures, self.truth, {"above", "own"})

    def readers(self) -> list[frozenset[int]]:
        return [frozenset(), *(frozenset({one}) for one in self.areas[COUNTRY]), *self.areas.values()]


def _cell(municipality: int, month: int, side: str) -> Cell:
    return str(municipality), str(month), "", side


def _found_out(seed: int) -> set[object]:
    world = World.drawn(Random(seed))
    served = served_above(world.amounts(), Hierarchy(world.areas, [*world.areas.values()]))
    return {(own, *found) for own in world.readers() for found in world.attacked(served, own)}


@pytest.mark.parametrize("seed", range(amount(3, 300)))
def test_no_figure_of_another_municipality_follows_from_what_is_shown_above(seed: int) -> None:
    assert _found_out(seed) == set()


def _of_three(patch: pytest.MonkeyPatch) -> None:
    """Three that report are enough, whatever they have."""
    patch.setattr(
        above_protection._Classes, "_keeps_secret", lambda _, municipalities, *__: len(municipalities) > 2
    )  # a mutant


def _with_one_other(patch: pytest.MonkeyPatch) -> None:
    """It is enough that one other has something."""
    patch.setattr(above_protection, "LEAST_HOLDERS", 1)
    patch.setattr(above_protection, "LEAST_TOTAL", 1)


def _from_the_public(patch: pytest.MonkeyPatch) -> None:
    """Nobody is thought to know figures of their own."""
    classes = above_protection._Classes  # a mutant
    patch.setattr(classes, "_keeps_secret", classes._are_several)


@pytest.mark.parametrize("weaken", sample_of([_of_three, _with_one_other, _from_the_public], 3))
def test_where_less_is_kept_secret_something_follows(
    weaken: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    weaken(monkeypatch)
    assert any(_found_out(seed) for seed in range(6)), weaken.__doc__


def test_most_is_shown_where_much_happens_in_many_municipalities() -> None:
    areas = {COUNTRY: frozenset(range(1, 25)), **{100 + n: frozenset(range(1 + 6 * n, 7 + 6 * n)) for n in range(4)}}
    truth = {_cell(one, month, "counted"): 5 + one % 3 for one in areas[COUNTRY] for month in YEAR}
    world = World(areas, truth, {0: areas[COUNTRY]}, ("counted",))
    (served,) = served_above(world.amounts(), Hierarchy(areas, [*areas.values()])).values()
    assert all(is_served(served, area_id, months) for area_id in areas for months in SPANS)

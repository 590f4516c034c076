"""Judges a window of a series: signal or noise.

How rare a figure must be by chance to be called a signal is set so that a series in which nothing changes is called one
in at most one tertial of a hundred, all tests of the tertial together (its four months, its first three months and all
of it), and a doubling is found soon: `ALPHAS`, by the simulation in tests/benchmarks/signals.py.

No rule for runs or trends is applied beside: with the quietest, nine in a row on one side (Nelson 1984, rule 2), twice
as many stable series are called signals. A lasting change is found by the longer windows.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from shared.signals.exact import accepted_counts
from shared.signals.normal import LevelModel, ShareModel
from shared.signals.seasons import LEAST_SEASONS, CountModel
from shared.signals.series import MOST_SEASONS, QUARTER, Kind, Series, Window
from shared.signals.shape import Shape
from shared.signals.signal import Lack, Method, Past, Signal, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shared.signals.exact import Tails
    from shared.signals.limits import Array

LEAST_PERIODS: Final = 3
"""With fewer periods before, nothing is judged."""
FIRM_PERIODS: Final = 12
"""With fewer periods before, limits are provisional (NHSRplotthedots, Making Data Count)."""
RARE: Final = 2.0
"""Where fewer are expected, that there were few says nothing."""
MONTHS_OF_YEAR: Final = 12
# Up to two months, three months, and four or more: set for the months of a tertial, its first three and all of it
# together. Counts and shares go by steps, and seldom use up what they may.
ALPHAS: Final[Mapping[Kind, tuple[float, float, float]]] = {
    Kind.COUNT: (0.001, 0.008, 0.003),
    Kind.SHARE: (0.001, 0.007, 0.003),
    Kind.LEVEL: (0.001, 0.007, 0.003),
}
METHODS: Final[Mapping[Kind, Method]] = {
    Kind.COUNT: Method.COUNTS,
    Kind.SHARE: Method.SHARES,
    Kind.LEVEL: Method.LEVELS,
}


def alpha_of(kind: Kind, months: float) -> float:
    """Return below which p-value a window of so many months is a signal."""
    short, quarter, long = ALPHAS[kind]
    if months < QUARTER:
        return short
    return quarter if months == QUARTER else long


class _Task(NamedTuple):
    """Series of one kind and shape that are judged at once: what they all have in common."""

    kind: Kind
    season_length: int
    first: int
    """The place in its year of the first period of the past."""
    past: range
    window: Window
    known: tuple[bool, ...]
    """Of levels, which periods of the past are known; of others it does not matter."""
    judged: tuple[bool, ...]
    """Which periods of the window are known."""

    @property
    def alpha(self) -> float:
        return alpha_of(self.kind, sum(self.judged) * MONTHS_OF_YEAR / self.season_length)

    @property
    def offset(self) -> int:
        """How far the window is from the start of the past."""
        return self.window.start - self.past.start

    def past_of(self, periods: Array, shape: int, dispersion: float) -> Past:
        return Past(int(np.sum(periods > 0)), len(self.past) / self.season_length, Shape(shape), float(dispersion))


def judge(series: Series, window: Window) -> Signal:
    """Judge the window by what came before it, since the last break. Raises ValueError for a window past the end."""
    return judge_all([series], window)[0]


def judge_all(many: Sequence[Series], window: Window) -> list[Signal]:
    """Judge the same window of many series; what can be computed together is. Raises ValueError as `judge` does."""
    signals: list[Signal] = [Signal(Verdict.TOO_LITTLE, METHODS[series.kind]) for series in many]
    tasks: dict[_Task, list[int]] = defaultdict(list)
    for number, series in enumerate(many):
        if window.stop > len(series.values):
            raise ValueError("the window ends after the series")
        lack = _lack(series, window)
        if lack is None:
            tasks[_task(series, window)].append(number)
        else:
            signals[number] = replace(signals[number], lack=lack, is_provisional=True)
    for task, numbers in tasks.items():
        judge_kind = {Kind.COUNT: _judge_counts, Kind.SHARE: _judge_shares, Kind.LEVEL: _judge_levels}[task.kind]
        for number, signal in zip(numbers, judge_kind(task, [many[one] for one in numbers]), strict=True):
            signals[number] = signal
    return signals


def _task(series: Series, window: Window) -> _Task:
    past = _past(series, window)
    known = tuple(_is_known(series, place) for place in past) if series.kind is Kind.LEVEL else ()
    judged = tuple(_is_known(series, place) for place in range(window.start, window.stop))
    first = (series.first + past.start) % series.season_length
    return _Task(series.kind, series.season_length, first, past, window, known, judged)


def _past(series: Series, window: Window) -> range:
    stop = window.past_stop
    since = max((place for place in series.breaks if place <= stop), default=0)
    return range(max(since, stop - MOST_SEASONS * series.season_length, 0), stop)


def _lack(series: Series, window: Window) -> Lack | None:
    if not any(_is_known(series, place) for place in range(window.start, window.stop)):
        return Lack.NO_FIGURE
    if any(window.past_stop < place < window.stop for place in series.breaks):
        return Lack.BREAK
    known = sum(_is_known(series, place) for place in _past(series, window))
    return Lack.FEW_PERIODS if known < LEAST_PERIODS else None


def _is_known(series: Series, place: int) -> bool:
    of = None if series.denominators is None else series.denominators[place]
    return series.values[place] is not None and (series.denominators is None or bool(of))


def _judge_counts(task: _Task, many: Sequence[Series]) -> list[Signal]:
    counts, exposure = _rows(many, task.past)
    observed, judged = _rows(many, range(task.window.start, task.window.stop))
    expected = CountModel(counts, exposure, task.season_length, task.first).expect(task.offset, judged)
    total = observed.sum(axis=1)
    limits = accepted_counts(expected.tails, task.alpha, expected.mean)
    called = _called(task, (total, expected.mean), limits, expected.tails(total))
    rests_on = zip(exposure, expected.shape, expected.dispersion, strict=True)
    signals = [_resting_on(signal, task.past_of(*of)) for signal, of in zip(called, rests_on, strict=True)]
    return [_unless_rare(signal) for signal in signals]


def _judge_shares(task: _Task, many: Sequence[Series]) -> list[Signal]:
    numerators, denominators = _shares(many, task.past)
    model = ShareModel(numerators, denominators)
    above, below = (part.sum(axis=1) for part in _shares(many, range(task.window.start, task.window.stop)))
    lower, upper = accepted_counts(lambda count: model.tails(count, below), task.alpha, model.share * below)
    limits = lower / below, np.minimum(upper, below) / below
    called = _called(task, (above / below, model.share), limits, model.tails(above, below))
    of_spread = [replace(signal, method=Method.SPREAD_SHARES) for signal in called]
    return [
        _resting_on(spread if is_spread else signal, task.past_of(periods, Shape.LEVEL, deviation**2))
        for signal, spread, is_spread, periods, deviation in zip(
            called, of_spread, model.is_spread, denominators, model.spread, strict=True
        )
    ]


def _judge_levels(task: _Task, many: Sequence[Series]) -> list[Signal]:
    values, is_known = _rows(many, task.past)
    periods = np.flatnonzero(task.known)
    model = LevelModel(values[:, periods], periods, len(task.past), task.season_length, task.first)
    observed, judged = _rows(many, range(task.window.start, task.window.stop))
    mean, length = observed.sum(axis=1) / judged.sum(axis=1), task.window.stop - task.window.start
    tails, limits = model.tails(mean, task.offset, length), model.accepted(task.offset, length, task.alpha)
    called = _called(task, (mean, model.expect(task.offset, length)[0]), limits, tails)
    season = Shape.SAME if model.seasons >= LEAST_SEASONS else Shape.SMOOTH
    shapes = [season if is_seasonal else Shape.LEVEL for is_seasonal in model.is_seasonal]
    return [
        _resting_on(signal, task.past_of(row, shape, 1.0))
        for signal, row, shape in zip(called, is_known, shapes, strict=True)
    ]


def _called(task: _Task, figures: tuple[Array, Array], limits: tuple[Array, Array], tails: Tails) -> list[Signal]:
    """Say of each figure, beside the expected one, whether it is a signal: by how likely one so far is by chance."""
    columns = (*figures, *limits, tails.fewer, tails.more)
    return [
        _call(task, *(float(part) for part in row))
        for row in zip(*(np.broadcast_to(column, figures[0].shape) for column in columns), strict=True)
    ]


def _call(task: _Task, observed: float, expected: float, lower: float, upper: float, *tails: float) -> Signal:
    fewer, more = tails
    p_value = min(1.0, 2 * min(fewer, more))
    verdict = Verdict.NONE if p_value >= task.alpha else Verdict.FEWER if fewer < more else Verdict.MORE
    return Signal(verdict, METHODS[task.kind], observed, expected, lower, upper, p_value, task.alpha)


def _resting_on(signal: Signal, past: Past) -> Signal:
    return replace(signal, past=past, is_provisional=past.periods < FIRM_PERIODS)


def _unless_rare(signal: Signal) -> Signal:
    """Say too little of a figure that could not have been too low; one that is too high is a signal all the same."""
    if signal.verdict is Verdict.NONE and (signal.expected or 0.0) < RARE:
        return replace(signal, verdict=Verdict.TOO_LITTLE, lack=Lack.RARE)
    return signal


def _rows(many: Sequence[Series], places: range) -> tuple[Array, Array]:
    """Return the values as rows, with 0 where one is unknown, and rows of 1 and 0 for known and unknown."""
    values = np.array([[series.values[place] for place in places] for series in many], dtype=np.float64)
    is_known = ~np.isnan(values)
    return np.where(is_known, values, 0.0), is_known.astype(np.float64)


def _shares(many: Sequence[Series], places: range) -> tuple[Array, Array]:
    """Return numerators and denominators as rows, with 0 of 0 where one is unknown."""
    below = [[(series.denominators or ())[place] for place in places] for series in many]
    denominators = np.array(below, dtype=np.float64)
    numerators = np.array([[series.values[place] for place in places] for series in many], dtype=np.float64)
    is_known = ~np.isnan(numerators) & ~np.isnan(denominators)
    return np.where(is_known, numerators, 0.0), np.where(is_known, denominators, 0.0)

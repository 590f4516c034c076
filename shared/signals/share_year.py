"""What a year's share will come to: how many cases are to come, and how many of them will count.

Cases are forecast as sums are, by level and season. How many of them count is beta-binomial: so a share goes by steps,
and one that must be 100 % is out of reach once a case has failed. Its level is learnt as that of counts is
(`year_model`), on the scale of odds: how the months differ, as far as that is more than chance, from the years before;
how this year differs from them by what has come of it, under each of `SPREADS` as likely as all years make it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy import special  # type: ignore[import-untyped]  # it tells no types

from shared.signals.forecast import forecast_sums
from shared.signals.limits import array, product
from shared.signals.year_ends import BARELY, COVERAGE
from shared.signals.year_model import YearsBefore, YearSoFar, columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.domain.target import Cases
    from shared.signals.limits import Array

YEAR: Final = 12
SPREADS: Final = np.array([0.05, 0.2, 0.4, 0.8])
"""How far the shares of years may lie from each other, as standard deviations of the logarithm of their odds."""
BELIEFS: Final = np.array([0.35, 0.25, 0.2, 0.2])
"""How likely each is before anything is known: so that intervals hold what they say, by tests/benchmarks/shares.py."""
QUANTILES: Final = tuple((place + 0.5) / 11 for place in range(11))
"""By these of the number of cases to come the share is forecast, each as likely."""
MOST_STEPS: Final = 2000
"""With more cases to come, a share is as good as continuous: so many quantiles of it are taken."""
STEPS: Final = 400
NARROWEST: Final = 1e-6
"""No share is believed to be nearer to 0 or 1."""
LEAST_KNOWN: Final = 0.1
"""What is not known at all counts as so many cases."""
MOST_KNOWN: Final = 1e7


@dataclass(frozen=True, slots=True)
class SharesBefore:
    """What came before the year, of many series: rows are series, columns the months of whole years.

    `counts` are numerators, `cases` denominators.
    """

    counts: Array
    cases: Array


@dataclass(frozen=True, slots=True)
class SharesSoFar:
    """What has come of the year, of many series: rows are series, columns all the months of the year.

    `ended` is 1 for a month that is known and has ended: what has come of the others is a part of them.
    """

    counts: Array
    cases: Array
    ended: Array


@dataclass(frozen=True, slots=True)
class ShareEnds:
    """How a year's share may end, of one series: shares in order, and how likely it ends with that or less."""

    shares: Array
    cumulative: Array
    mean: float

    def at_most(self, share: float) -> float:
        """How likely the year ends with at most that share."""
        return self._until(share, "right")

    def below(self, share: float) -> float:
        """How likely the year ends with less than that share."""
        return self._until(share, "left")

    def interval(self, coverage: float = COVERAGE) -> tuple[float, float]:
        """Return the narrowest interval that the year ends in with this probability; the mean is in it."""
        before = np.concatenate(([0.0], self.cumulative[:-1]))
        starts = np.flatnonzero(before <= 1 - coverage + BARELY)
        stops = np.minimum(np.searchsorted(self.cumulative, before[starts] + coverage - BARELY), len(self.shares) - 1)
        best = np.argmin(self.shares[stops] - self.shares[starts])
        return min(float(self.shares[starts[best]]), self.mean), max(float(self.shares[stops[best]]), self.mean)

    def _until(self, share: float, side: str) -> float:
        place = int(np.searchsorted(self.shares, share, side=side))  # type: ignore[call-overload]  # left or right
        return float(self.cumulative[place - 1]) if place else 0.0


class _Level(NamedTuple):
    """The share of what is to come by each of `SPREADS`: mean, how many cases it is known as by, and how likely."""

    mean: Array
    known: Array
    weights: Array


class ShareYearModel:
    """How the months differ, as far as that is more than chance (empirical Bayes), and how far years do."""

    def __init__(self, before: SharesBefore) -> None:
        counts, cases = before.counts, before.cases
        months = np.arange(cases.shape[1])
        places = months % YEAR
        self.years = cases.shape[1] // YEAR
        of_place, of_year = columns(places, YEAR), columns(months // YEAR, self.years)
        share = ((counts.sum(axis=1) + 0.5) / (cases.sum(axis=1) + 1))[:, np.newaxis]
        known = product(cases, of_place)
        raw = np.divide(product(counts, of_place), known, out=np.repeat(share, YEAR, axis=1), where=known > 0)
        self.dispersion = self._dispersion(before, raw[:, places], of_year)
        chance = self.dispersion[:, np.newaxis] * share * (1 - share)
        squares = np.sum(known * (raw - share) ** 2, axis=1, keepdims=True)
        total = np.maximum(known.sum(axis=1, keepdims=True), 1)
        freedom = np.maximum((known > 0).sum(axis=1, keepdims=True) - 1, 0)
        scale = np.maximum(total - np.sum(known**2, axis=1, keepdims=True) / total, 1)
        spread = np.maximum(squares - freedom * chance, 0) / scale
        believed = spread * known / np.maximum(spread * known + chance, BARELY)
        self.shares = np.clip(share + believed * (raw - share), NARROWEST, 1 - NARROWEST)
        self.variances = spread * (1 - believed)
        expected = product(cases * self.shares[:, places], of_year)
        self._of_pooled = self.dispersion / np.maximum(total * share * (1 - share), BARELY)[:, 0]
        self._evidence = self._evidence_of_years(product(counts, of_year), expected, product(cases, of_year))

    def level(self, year: SharesSoFar, to_come: Array) -> _Level:
        """Learn this year's share from what has come, and return that of the cases to come in each month."""
        counts, cases = year.counts.sum(axis=1)[:, np.newaxis], year.cases.sum(axis=1)[:, np.newaxis]
        usual, unsure = self._expect(year.cases)
        of_level = SPREADS**2 * (1 + 1 / self.years) + self._of_pooled[:, np.newaxis]
        prior = of_level + unsure / (usual * (1 - usual)) ** 2
        known = _known_as(usual, usual**2 * (1 - usual) ** 2 * prior)
        phi = self.dispersion[:, np.newaxis]
        above, below = known * usual + counts / phi, known * (1 - usual) + (cases - counts) / phi
        logs = np.log(BELIEFS) + self._evidence + _likelihood(above, below, known, usual)
        weights = np.exp(logs - logs.max(axis=1, keepdims=True))
        learnt = np.clip(above / (above + below), NARROWEST, 1 - NARROWEST)
        # What is off by the season of these months says nothing of others.
        carried = of_level / prior
        of_level = carried**2 / (learnt * (1 - learnt) * (above + below + 1)) + of_level * (1 - carried)
        rest, unsure = self._expect(to_come)
        mean = special.expit(special.logit(rest) + carried * (special.logit(learnt) - special.logit(usual)))
        mean = np.clip(mean, NARROWEST, 1 - NARROWEST)
        variance = mean**2 * (1 - mean) ** 2 * of_level + unsure
        return _Level(mean, _known_as(mean, variance), weights / weights.sum(axis=1, keepdims=True))

    def _expect(self, cases: Array) -> tuple[Array, Array]:
        """Return the share of so many cases of each month by the years before, and its variance by the season."""
        total = np.maximum(cases.sum(axis=1, keepdims=True), BARELY)
        weight = np.where(cases.any(axis=1, keepdims=True), cases / total, 1 / cases.shape[1])
        variance = np.sum(weight**2 * self.variances, axis=1, keepdims=True)
        return np.sum(weight * self.shares, axis=1, keepdims=True), variance

    def _dispersion(self, before: SharesBefore, raw: Array, of_year: Array) -> Array:
        """How much more than by chance the months vary beside their season and their year."""
        variance = raw * (1 - raw)
        off = product(before.counts - before.cases * raw, of_year)
        off = off / np.maximum(product(before.cases * variance, of_year), BARELY)
        fitted = np.clip(raw + product(off, of_year.T) * variance, 0, 1)
        chance = before.cases * fitted * (1 - fitted)
        squares = np.where(chance > 0, (before.counts - before.cases * fitted) ** 2 / np.maximum(chance, BARELY), 0.0)
        freedom = (before.cases > 0).sum(axis=1) - YEAR - (self.years - 1)
        return np.where(freedom > 0, np.maximum(squares.sum(axis=1) / np.maximum(freedom, 1), 1.0), 1.0)

    def _evidence_of_years(self, counts: Array, expected: Array, cases: Array) -> Array:
        """Return the log-likelihood of each of `SPREADS` by how the years before differ; their mean is not known."""
        if self.years == 1:
            return np.zeros((len(counts), len(SPREADS)))
        usual = np.clip(expected / np.maximum(cases, 1), NARROWEST, 1 - NARROWEST)[:, :, np.newaxis]
        known = _known_as(usual, usual**2 * (1 - usual) ** 2 * SPREADS**2 * (1 - 1 / self.years))
        phi = self.dispersion[:, np.newaxis, np.newaxis]
        above = known * usual + counts[:, :, np.newaxis] / phi
        below = known * (1 - usual) + (cases - counts)[:, :, np.newaxis] / phi
        return np.asarray(_likelihood(above, below, known, usual).sum(axis=1))


def forecast_share(
    before: Sequence[Cases], so_far: Sequence[Cases | None], running: Cases | None = None
) -> ShareEnds | None:
    """Forecast a year by its months that have ended and one that runs, and by those of whole years before.

    A month among those that have ended without a figure is expected as one to come.
    """
    come = [month or (0.0, 0.0) for month in (*so_far, running)][:YEAR]
    counts, cases = array([*come, *[(0.0, 0.0)] * (YEAR - len(come))]).T
    ended = array([float(number < len(so_far) and so_far[number] is not None) for number in range(YEAR)])
    counts_before, cases_before = array(before).T
    [ends] = forecast_shares(
        SharesBefore(counts_before[np.newaxis], cases_before[np.newaxis]),
        SharesSoFar(counts[np.newaxis], cases[np.newaxis], ended[np.newaxis]),
    )
    return ends


def forecast_shares(before: SharesBefore, year: SharesSoFar) -> list[ShareEnds | None]:
    """Forecast many series of shares at once; None of one without a case before and to come."""
    known = int(np.max(np.flatnonzero(np.any(year.ended, axis=0)), initial=-1)) + 1
    rest = 1 - year.ended
    cases = forecast_sums(
        YearsBefore(before.cases, np.ones_like(before.cases), YEAR),
        YearSoFar((year.cases * year.ended)[:, :known], year.ended[:, :known], rest),
    )
    shape, scale = cases.gamma()
    begun = (year.cases * rest).sum(axis=1)
    numbers = [
        np.maximum(np.rint(np.where(cases.mean > 0, special.gammaincinv(shape, one) * scale, 0) - begun), 0)
        for one in QUANTILES
    ]
    usual = product(before.cases, columns(np.arange(before.cases.shape[1]) % YEAR, YEAR))
    level = ShareYearModel(before)
    to_come = level.level(year, np.maximum(usual / level.years * rest - year.cases * rest, 0))
    totals = zip(year.counts.sum(axis=1), year.cases.sum(axis=1), strict=True)
    return [
        _ends(so_far, np.stack(numbers, axis=1)[row], _Level(*(part[row] for part in to_come)), level.dispersion[row])
        for row, so_far in enumerate(totals)
    ]


def _ends(so_far: tuple[float, float], numbers: Array, level: _Level, dispersion: float) -> ShareEnds | None:
    """Put together how a series may end, by each number of cases to come and each spread of years."""
    counts, cases = so_far
    shares, weights = [], []
    for number in numbers:
        if cases + number == 0:
            continue
        for mean, known, likely in zip(*level, strict=True):
            above, probabilities = _to_come(int(number), float(mean), float(known), float(dispersion))
            shares.append((counts + above) / (cases + number))
            weights.append(likely * probabilities)
    if not shares:
        return None
    all_shares, all_weights = np.concatenate(shares), np.concatenate(weights)
    order = np.argsort(all_shares, kind="stable")
    cumulative = np.cumsum(all_weights[order])
    mean = float(np.sum(all_shares * all_weights) / cumulative[-1])
    return ShareEnds(all_shares[order], cumulative / cumulative[-1], mean)


def _to_come(number: int, mean: float, known: float, dispersion: float) -> tuple[Array, Array]:
    """Return how many of so many cases may count, and how likely each is: beta-binomial, by how alike cases are."""
    alike = min(1 / (known + 1) + (dispersion - 1) / max(number - 1, 1), 1 - NARROWEST)
    known = min(max(1 / alike - 1, LEAST_KNOWN), MOST_KNOWN)
    if number > MOST_STEPS:
        known = number / (1 + (number - 1) / (known + 1)) - 1
        places = (np.arange(STEPS) + 0.5) / STEPS
        return number * special.betaincinv(mean * known, (1 - mean) * known, places), np.full(STEPS, 1 / STEPS)
    counts = np.arange(number + 1.0)
    choose = special.gammaln(number + 1) - special.gammaln(counts + 1) - special.gammaln(number - counts + 1)
    above, below = mean * known, (1 - mean) * known
    logs = choose + special.betaln(counts + above, number - counts + below) - special.betaln(above, below)
    return counts, np.exp(logs)


def _known_as(share: Array, variance: Array) -> Array:
    """Return of how many cases a share with this variance would be known."""
    return np.clip(share * (1 - share) / np.maximum(variance, BARELY**2) - 1, LEAST_KNOWN, MOST_KNOWN)


def _likelihood(above: Array, below: Array, known: Array, usual: Array) -> Array:
    """Return how likely cases are of a share that is known as that of so many: the logarithm of that."""
    return np.asarray(special.betaln(above, below) - special.betaln(known * usual, known * (1 - usual)))

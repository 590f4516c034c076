"""The series that signals are judged by: figures of the read model as series of equal periods, and their windows.

A count, a sum or a share that adds up is judged by its months: so are its tertials, years and other periods. What does
not add up, such as places visited or a survey, is judged by the periods of the same type before. A state is not judged:
that a school has a contact officer is no matter of chance.

Only what is shown counts: a figure that is hidden is unknown here, so that limits tell nothing of it, and a period is
not judged where one of its months is hidden.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from services.indicators.compute.judgeable import Judgeable, is_countable
from shared.domain.period import Period, PeriodType
from shared.signals.record import PERCENT_UNIT, Measured, is_stored, stored
from shared.signals.series import MOST_SEASONS, QUARTER, Kind, Series, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Row

    from shared.signals.intervals import Difference
    from shared.signals.signal import Signal

YEARS_BACK: Final = MOST_SEASONS
"""So many years before a period decide what is expected of it."""
MONTHS: Final = 12
SERVED: Final = frozenset({"observed", "zero"})
# What is counted as it is reported: empty months before the first report say nothing.
_COUNTED: Final = frozenset({"count", "sum", "days", "distinct"})
_UNITS_COUNTED: Final = frozenset({"count", "days"})

Key = tuple[PeriodType, date]


class Judged(NamedTuple):
    """What was found of a value: its signal, or none; `inputs` says what it rests on, None where it is not judged."""

    series_id: int
    area_id: int
    period_type: str
    period_start: date
    numerator: Any
    denominator: Any
    inputs: int | None
    signal: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Known:
    """What a stored signal was made for."""

    numerator: Any
    denominator: Any
    inputs: int


@dataclass
class Subject:
    """A series in an area: its rows, what broke it, and the signals that are stored."""

    about: Row[Any]
    origin: int
    """The year that the series begin with."""
    last: int
    """The year that they end with."""
    as_of: date
    rows: dict[Key, Row[Any]] = field(default_factory=dict)
    stored: dict[Key, Known] = field(default_factory=dict)

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """What its figures are judged as: the first that fits a window and what that rests on."""
        about = self.about
        if about.kind == "measured":
            return (Kind.LEVEL,)
        if about.is_share:
            return (Kind.SHARE, Kind.LEVEL) if about.unit == PERCENT_UNIT else (Kind.LEVEL,)
        return (Kind.COUNT, Kind.LEVEL) if about.unit in _UNITS_COUNTED else (Kind.LEVEL,)

    def adds_up(self, kind: Kind) -> bool:
        """Whether the months of a longer period tell its figure, as one of a kind."""
        is_mean = self.about.is_share and kind is Kind.LEVEL
        return self.about.over_time == "sum" and not is_mean and self.about.kind != "measured"

    def series(self, of: PeriodType, kind: Kind) -> Judgeable:
        """Return the figures of its periods of a type as a series of a kind."""
        if (of, kind) not in self._series:
            self._series[of, kind] = self._made(of, kind)
        return self._series[of, kind]

    def period_at(self, of: PeriodType, day: date) -> int:
        """Return the place of the period of a type that a day is in."""
        return ((day.year - self.origin) * MONTHS + day.month - 1) // of.month_count

    @cached_property
    def _series(self) -> dict[tuple[PeriodType, Kind], Judgeable]:
        return {}

    def _made(self, of: PeriodType, kind: Kind) -> Judgeable:
        length = MONTHS // of.month_count
        periods = (self.last - self.origin + 1) * length
        values: list[float | None] = [None] * periods
        denominators: list[float | None] = [None] * periods
        hidden, uncountable = set(), set()
        for (period_type, start), row in self.rows.items():
            place = self.period_at(of, start)
            if period_type is not of or not 0 <= place < periods:
                continue
            if row.status == "suppressed":
                hidden.add(place)
            if row.status not in SERVED or not self._tells(Period(period_type, start)):
                continue
            if not is_countable(row, kind):
                uncountable.add(place)
            else:
                values[place] = float(row.numerator if kind is not Kind.LEVEL else row.value)
                denominators[place] = float(row.denominator or 0)
        breaks = {self._place_after(of, day) for day in self.about.break_days}
        first = self._first(of, periods)
        series = Series(
            kind,
            tuple(values),
            tuple(denominators) if kind is Kind.SHARE else None,
            season_length=length,
            breaks=tuple(sorted({place for place in {*breaks, first} if 0 <= place < periods})),
        )
        return Judgeable(series, frozenset(breaks), first, frozenset(hidden), frozenset(uncountable))

    def _first(self, of: PeriodType, none: int) -> int:
        """Return the place of the first figure there is, however much of the series has been read."""
        figure = (self.about.first_figures or {}).get(of)
        starts = [date.fromisoformat(figure) if figure else None]
        starts += [self.about.first_report] if self.about.kind in _COUNTED else []
        return max(self.period_at(of, start) for start in starts if start) if all(starts) else none

    def _place_after(self, of: PeriodType, day: date) -> int:
        """Return the place of the first period that begins on the day or later."""
        place = self.period_at(of, day)
        return place if Period.containing(of, day).start == day else place + 1

    def _tells(self, period: Period) -> bool:
        """Whether a period's figure tells what is usual: it has ended, was reported, and nothing changed within it."""
        if period.end >= self.as_of or any(period.start < day <= period.end for day in self.about.break_days):
            return False
        if self.about.kind not in _COUNTED:
            return True
        first = self.about.first_report
        return first is not None and period.end >= first


@dataclass(frozen=True, slots=True)
class _Task:
    """A row that is judged, by a window of a series."""

    subject: Subject
    row: Row[Any]
    of: PeriodType
    kind: Kind
    window: Window

    @property
    def judgeable(self) -> Judgeable:
        return self.subject.series(self.of, self.kind)

    @property
    def measured(self) -> Measured:
        return Measured(self.kind, self.subject.about.unit)

    @property
    def inputs(self) -> int:
        return self.judgeable.inputs(self.window, self.subject.about.unit)


def judged(subjects: Iterable[Subject], first: date, until: date, *, afresh: bool = False) -> list[Judged]:
    """Return the rows from a day to before another whose stored signal is not what it should be.

    Rows whose figures are those that the stored signal was made of are not judged again, unless `afresh`.
    """
    from shared.signals.judging import judge_all  # noqa: PLC0415  it takes a second to load; commands need not wait

    tasks: dict[tuple[PeriodType, Window], list[tuple[_Task, int]]] = defaultdict(list)
    found: list[Judged] = []
    for subject in subjects:
        for row in subject.rows.values():
            if row.is_fixed or not first <= row.period_start < until:
                continue
            key = (PeriodType(row.period_type), row.period_start)
            task = _task(subject, row)
            if task is None:
                if key in subject.stored:
                    found.append(_judged(subject, row, None, None))
                continue
            inputs = task.inputs
            if afresh or subject.stored.get(key) != Known(row.numerator, row.denominator, inputs):
                tasks[task.of, task.window].append((task, inputs))
    for (_, window), of_window in tasks.items():
        signals = judge_all([task.judgeable.series for task, _ in of_window], window)
        for (task, inputs), signal in zip(of_window, signals, strict=True):
            found.extend(_outcome(task, inputs, signal))
    return found


def is_current(one: Judged, subject: Subject | None) -> bool:
    """Tell whether what was found of a value still holds of its series, as that was read since; None: it is gone."""
    row = None if subject is None else subject.rows.get((PeriodType(one.period_type), one.period_start))
    if subject is None or row is None or row.is_fixed:
        return False
    task = _task(subject, row)
    inputs = None if task is None else task.inputs
    return (row.numerator, row.denominator, inputs) == (one.numerator, one.denominator, one.inputs)


def _outcome(task: _Task, inputs: int, signal: Signal) -> Iterator[Judged]:
    subject, row = task.subject, task.row
    if not is_stored(signal):
        if (PeriodType(row.period_type), row.period_start) in subject.stored:
            yield _judged(subject, row, inputs, None)
        return
    known = sum(value is not None for value in task.judgeable.series.values[task.window.start : task.window.stop])
    months = known * task.of.month_count
    times = known if task.kind is Kind.LEVEL and task.of.value != row.period_type else 1
    yield _judged(subject, row, inputs, stored(signal, task.measured, months, times, _from_last_year(task, signal)))


def _from_last_year(task: _Task, signal: Signal) -> Difference | None:
    """Return by how much a count or share differs from the same months of the year before, with its interval."""
    from shared.signals.comparison import compare_with_year_before  # noqa: PLC0415  as in `judged`

    dispersion = signal.past.dispersion if signal.past is not None and task.kind is Kind.COUNT else 1.0
    return compare_with_year_before(task.judgeable.series, task.window, dispersion)


def _judged(subject: Subject, row: Row[Any], inputs: int | None, signal: dict[str, Any] | None) -> Judged:
    key = (subject.about.series_id, subject.about.area_id, row.period_type, row.period_start)
    return Judged(*key, row.numerator, row.denominator, inputs, signal)


def _task(subject: Subject, row: Row[Any]) -> _Task | None:
    """Return how a row is judged; None where it is not."""
    if row.status not in SERVED or (subject.about.over_time == "last" and subject.about.kind != "measured"):
        return None
    period = Period(PeriodType(row.period_type), row.period_start)
    for kind in subject.kinds:
        of = PeriodType.MONTH if subject.adds_up(kind) else period.type
        judgeable, window = subject.series(of, kind), _window(subject, period, of, kind)
        if window is None or not judgeable.is_judged(window):
            return None
        if judgeable.is_countable(window):
            return _Task(subject, row, of, kind, window)
    return None


def _window(subject: Subject, period: Period, of: PeriodType, kind: Kind) -> Window | None:
    """Return what is judged of a period; None of one that runs."""
    start = subject.period_at(of, period.start)
    ended = period.type.month_count // of.month_count
    if period.end >= subject.as_of:
        ended = subject.period_at(of, subject.as_of) - start
        # Of a tertial that runs, its first three months are judged as soon as they have ended.
        if period.type is not PeriodType.TERTIAL or of is not PeriodType.MONTH or ended != QUARTER:
            return None
    return Window(start, start + ended, _since(subject.series(of, kind), period, of, start))


def _since(judgeable: Judgeable, period: Period, of: PeriodType, start: int) -> int | None:
    """Return the place of the first period that is no longer past: of a month, the first of its tertial."""
    if not (period.type is of is PeriodType.MONTH):
        return None
    tertial = start - (period.start.month - 1) % PeriodType.TERTIAL.month_count
    return max(tertial, judgeable.last_break(start))


def wanted_years(years: Sequence[int]) -> tuple[int, int]:
    """Return the first and the last year of what rests on the figures of some years."""
    return min(years), max(years) + YEARS_BACK

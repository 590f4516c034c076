"""In which forms a column writes its dates, and whether these can be read in more than one way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from services.api.imports.proposals.vocabulary import FIRST_YEAR
from shared.domain.moment import SPREADSHEET_DAYS, WEEKS, UnreadableMoment, is_without_year, read_formatted
from shared.domain.period import STOCKHOLM
from shared.files.cells import DateCell, NumberCell, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from shared.files.cells import Cell

DAY_FIRST, MONTH_FIRST, YEAR_FIRST, ONLY = "dayFirst", "monthFirst", "yearFirst", "only"
# Of years that a sheet of activities can be about.
_YEARS_AHEAD = 2
_SOME_YEAR: Final = 2016  # with a 29 February
_MOST_EXAMPLES: Final = 3
_LAST_TYPED_BOTH_WAYS: Final = 12


class _Shape(NamedTuple):
    """How a text looks, with the forms by which it can be read: by the order of its parts."""

    pattern: re.Pattern[str]
    forms: Mapping[str, str]


def _numeric(pattern: str, mark: str, **forms: str) -> _Shape:
    written = re.compile(pattern.replace("/", re.escape(mark)), re.ASCII)
    return _Shape(written, {order: form.replace("/", mark) for order, form in forms.items()})


_MONTH: Final = r"[a-zåäö]{3,10}\.?"
_SHAPES: Final = (
    *(_numeric(r"\d{4}/\d{1,2}/\d{1,2}", mark, only="%Y/%m/%d") for mark in "-/."),
    *(_numeric(r"\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d{2}", mark, only="%Y/%m/%d %H:%M") for mark in "-/."),
    *(_numeric(r"\d{1,2}/\d{1,2}/\d{4}", mark, dayFirst="%d/%m/%Y", monthFirst="%m/%d/%Y") for mark in "-/."),
    *(
        _numeric(r"\d{1,2}/\d{1,2}/\d{2}", mark, dayFirst="%d/%m/%y", yearFirst="%y/%m/%d", monthFirst="%m/%d/%y")
        for mark in "-/."
    ),
    *(_numeric(r"\d{1,2}/\d{1,2} \d{4}", mark, dayFirst="%d/%m %Y", monthFirst="%m/%d %Y") for mark in "-/."),
    *(_numeric(r"\d{1,2}/\d{1,2}", mark, dayFirst="%d/%m", monthFirst="%m/%d") for mark in "-/."),
    _Shape(re.compile(r"(?:19|20)\d{6}", re.ASCII), {ONLY: "%Y%m%d"}),
    _Shape(re.compile(r"\d{6}", re.ASCII), {YEAR_FIRST: "%y%m%d", DAY_FIRST: "%d%m%y"}),
    _Shape(re.compile(r"[2-5]\d{4}", re.ASCII), {ONLY: SPREADSHEET_DAYS}),
    _Shape(re.compile(rf"\d{{1,2}} {_MONTH} \d{{4}}", re.IGNORECASE), {ONLY: "%d %b %Y"}),
    _Shape(re.compile(rf"\d{{1,2}} {_MONTH}", re.IGNORECASE), {ONLY: "%d %b"}),
    _Shape(re.compile(rf"\d{{1,2}}-{_MONTH}-\d{{2}}", re.IGNORECASE), {ONLY: "%d-%b-%y"}),
    _Shape(
        re.compile(r"(?:\d{4}[ -]*)?(?:v|vecka|week|w|wk)\.? ?\d{1,2}(?:[ ,/-]+\d{4})?", re.IGNORECASE), {ONLY: WEEKS}
    ),
)
_WEEK_NUMBER: Final = _Shape(re.compile(r"\d{1,2}", re.ASCII), {ONLY: WEEKS})


@dataclass(frozen=True, slots=True)
class DateReading:
    """One way to read a column's dates: the forms, and what some of its cells mean by them."""

    order: str
    forms: tuple[str, ...]
    examples: tuple[tuple[str, date], ...]


@dataclass(frozen=True, slots=True)
class DateGuess:
    """How a column's dates can be read: in one way for sure, or in several of which a person knows which is meant.

    `unreadable` are cells that are no date; `share` is how much of the column are dates. `is_mixed` where a spreadsheet
    program may have taken days for months: what it made dates of has no day after the twelfth, what it left all have.
    """

    readings: tuple[DateReading, ...]
    is_sure: bool
    needs_year: bool
    uses_weeks: bool
    share: float
    unreadable: tuple[Cell, ...]
    is_mixed: bool = False

    def by(self, order: str) -> DateReading | None:
        """Return the reading of an order of parts."""
        return next((reading for reading in self.readings if reading.order == order), None)


def guess_dates(
    cells: Mapping[Cell, int], today: date, year: int | None = None, *, are_weeks: bool = False
) -> DateGuess:
    """Return how cells, with how many there are of each, can be dates; `are_weeks` where the column says so."""
    year = year or _SOME_YEAR
    typed = [cell for cell in cells if isinstance(cell, DateCell)]
    shapes = (_WEEK_NUMBER, *_SHAPES) if are_weeks else _SHAPES
    by_shape: dict[int, list[Cell]] = {}
    unreadable: list[Cell] = []
    for cell in cells:
        if isinstance(cell, DateCell):
            continue
        at = _shape_of(cell, shapes)
        if at is None or not _orders(shapes[at], [cell], year, today):
            unreadable.append(cell)
        else:
            by_shape.setdefault(at, []).append(cell)
    common = {at: _orders(shapes[at], found, year, today) for at, found in by_shape.items()}
    # Where no order will do for all, some cells are not read by whichever is chosen.
    orders = {at: found or _orders_of_some(shapes[at], by_shape[at], year, today) for at, found in common.items()}
    readings = tuple(_readings(by_shape, orders, shapes, year))
    forms = {form for reading in readings for form in reading.forms}
    total = sum(cells.values())
    known = total - sum(cells[cell] for cell in unreadable)
    is_mixed = _is_mixed(typed, by_shape, shapes)
    return DateGuess(
        readings,
        len(readings) <= 1 and not is_mixed and all(common.values()),
        any(map(is_without_year, forms)) or _has_bare_week(by_shape, shapes),
        WEEKS in forms,
        known / total if total else 0.0,
        tuple(unreadable),
        is_mixed,
    )


def _shape_of(cell: Cell, shapes: Sequence[_Shape]) -> int | None:
    if not isinstance(cell, str | NumberCell):
        return None
    text = text_of(cell).strip()
    return next((at for at, shape in enumerate(shapes) if shape.pattern.fullmatch(text)), None)


def _orders(shape: _Shape, cells: Iterable[Cell], year: int, today: date) -> list[str]:
    """Return the orders of parts by which all cells of a shape are days of a year that a sheet can be about."""
    found = []
    for order, form in shape.forms.items():
        days = [_day(cell, form, year) for cell in cells]
        if all(day is not None and FIRST_YEAR <= day.year <= today.year + _YEARS_AHEAD for day in days):
            found.append(order)
    return found


def _orders_of_some(shape: _Shape, cells: Iterable[Cell], year: int, today: date) -> list[str]:
    return [*dict.fromkeys(order for cell in cells for order in _orders(shape, [cell], year, today))]


def _day(cell: Cell, form: str, year: int) -> date | None:
    try:
        return read_formatted(text_of(cell).strip(), form, STOCKHOLM, year).on
    except UnreadableMoment:
        return None


def _readings(
    by_shape: Mapping[int, list[Cell]], orders: Mapping[int, list[str]], shapes: Sequence[_Shape], year: int
) -> list[DateReading]:
    """Return each way to read all shapes: in one order of day and month, where one will do for all of them."""
    several = [found for at, found in orders.items() if ONLY not in shapes[at].forms]
    wanted = [*dict.fromkeys(order for found in several for order in found)]
    common = [order for order in wanted if all(order in found for found in several)]
    readings: dict[tuple[str, ...], DateReading] = {}
    for order in common or wanted or [ONLY]:
        forms, examples = [], []
        for at, cells in by_shape.items():
            form = shapes[at].forms[order if order in orders[at] else orders[at][0]]
            forms.append(form)
            if ONLY not in shapes[at].forms:
                days = [(text_of(cell), _day(cell, form, year)) for cell in cells]
                examples += [(text, day) for text, day in days if day is not None][:_MOST_EXAMPLES]
        if forms:
            # A number is a day of a spreadsheet's where it is nothing else.
            forms = [*dict.fromkeys(sorted(forms, key=lambda form: form == SPREADSHEET_DAYS))]
            readings.setdefault(tuple(forms), DateReading(order, tuple(forms), tuple(examples)))
    return [*readings.values()]


def _has_bare_week(by_shape: Mapping[int, list[Cell]], shapes: Sequence[_Shape]) -> bool:
    weeks = [text_of(cell) for at, cells in by_shape.items() if WEEKS in shapes[at].forms.values() for cell in cells]
    return any(not re.search(r"\d{4}", week) for week in weeks)


def _is_mixed(typed: Sequence[DateCell], by_shape: Mapping[int, list[Cell]], shapes: Sequence[_Shape]) -> bool:
    """Tell whether typed dates may have their day and month exchanged, as a program in American English does it."""
    texts = [text_of(cell) for at, cells in by_shape.items() if MONTH_FIRST in shapes[at].forms for cell in cells]
    if not typed or not texts:
        return False
    firsts = [int(re.split(r"[-/.]", text)[0]) for text in texts]
    return all(cell.value.day <= _LAST_TYPED_BOTH_WAYS for cell in typed) and all(
        first > _LAST_TYPED_BOTH_WAYS for first in firsts
    )

"""Comparisons of a series worked out month by month, as a second opinion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from shared.domain.period import Period, PeriodType
from tests.indicators.stored_values import ValueRow, changed


def periods_between(first: date, last: date) -> list[Period]:
    periods = []
    for kind in PeriodType:
        period = Period.containing(kind, first)
        while period.end < last:
            periods.append(period)
            period = period.next()
    return periods


def compared_slowly(put: Mapping[str, ValueRow], code: str, *, is_share: bool) -> dict[str, Any]:
    """Return a value's comparisons with spans and periods, each looked up and added up by itself."""
    period = Period.parse(code)
    own = _value([put[code]], is_share=is_share)
    last_year = Period(period.type, period.start.replace(year=period.start.year - 1))
    comparisons = {}
    for name, base in (("previousPeriod", period.previous()), ("samePeriodLastYear", last_year)):
        value = _value([put.get(base.code)], is_share=is_share)
        if value is not None:
            comparisons[name] = _change(value, own, value, is_share=is_share)
    for name, months in (("yearToDate", period.end.month), ("last12Months", 12)):
        span, before = (
            _value([put.get(month) for month in _months_until(end, months)], is_share=is_share)
            for end in (period.end, last_year.end)
        )
        if span is not None and period.type is not PeriodType.YEAR:
            comparisons[name] = _change(span, span, before, is_share=is_share)
    return comparisons


def _months_until(day: date, number: int) -> list[str]:
    months = [day.replace(day=1)]
    while len(months) < number:
        months.append((months[-1] - timedelta(1)).replace(day=1))
    return [Period(PeriodType.MONTH, month).code for month in months]


def _value(figures: Sequence[ValueRow | None], *, is_share: bool) -> Decimal | None:
    if any(one is None or one[2] == "suppressed" or (one[2] == "missing" and not is_share) for one in figures):
        return None
    numerator = sum(one[0] or 0 for one in figures if one)
    denominator = sum(one[1] or 0 for one in figures if one)
    if not is_share:
        return Decimal(numerator)
    return 100 * Decimal(numerator) / denominator if denominator else None


def _change(value: Decimal, own: Decimal | None, base: Decimal | None, *, is_share: bool) -> dict[str, float | None]:
    change = None if own is None or base is None else own - base
    percent = None if is_share or change is None or not base else round(float(100 * change / base), 6)
    return changed(round(float(value), 6), None if change is None else round(float(change), 6), percent)

"""Several areas that a target is for together: their figures as one."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from services.indicators.compute.target_inputs import Around, SetTarget, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Row


def members(subject: Subject, target: SetTarget) -> tuple[Subject, ...]:
    """Return the subjects whose figures together are judged by the target."""
    return tuple(Subject(subject.series_id, area_id) for area_id in target.areas) or (subject,)


class _Row(NamedTuple):
    """What the rows of several areas are together."""

    period_type: str
    period_start: date
    numerator: Decimal | None
    denominator: Decimal | None
    status: str


def rows_together(rows: Mapping[Subject, Sequence[Row[Any]]], together: Sequence[Subject]) -> Iterable[Any]:
    """Return the rows of one subject, or the sums of several."""
    if len(together) == 1:
        return rows.get(together[0], ())
    periods: dict[tuple[str, date], list[Row[Any]]] = defaultdict(list)
    for member in together:
        for row in rows.get(member, ()):
            periods[row.period_type, row.period_start].append(row)
    is_observed = any(row.is_observed for of_period in periods.values() for row in of_period)
    return [
        _summed(*period, of_period, is_whole=not is_observed or len(of_period) == len(together))
        for period, of_period in periods.items()
    ]


def _summed(period_type: str, start: date, rows: Sequence[Row[Any]], *, is_whole: bool) -> _Row:
    """Return the sum of several areas' rows. Of what is observed, each must have come; nothing is known beside hidden.

    Of what is counted, an area without a row has added nothing, and one whose figure is unknown is left out.
    """
    if any(row.status == "suppressed" for row in rows):
        return _Row(period_type, start, None, None, "suppressed")
    counted = [row for row in rows if row.status in {"observed", "zero"}]
    is_known = len(counted) == len(rows)
    if not counted or (rows[0].is_observed and not (is_known and is_whole)):
        is_applicable = any(row.status != "notApplicable" for row in rows)
        return _Row(period_type, start, None, None, "missing" if is_applicable else "notApplicable")
    numerator = sum((row.numerator for row in counted), Decimal(0))
    if counted[0].denominator is not None:
        return _Row(period_type, start, numerator, sum((row.denominator for row in counted), Decimal(0)), "observed")
    empty = "zero" if is_known else "missing"
    return _Row(period_type, start, numerator, None, "observed" if numerator else empty)


def around_together(around: Mapping[Subject, Around], together: Sequence[Subject]) -> Around:
    """Return what lies around several areas together: all of them are needed, and one that reports is enough."""
    if len(together) == 1:
        return around[together[0]]
    all_around = [around[member] for member in together]
    whole = Around(first_report=min((one.first_report for one in all_around if one.first_report), default=None))
    for one in all_around:
        whole.unreported |= one.unreported
        for span, months in one.new_places.items():
            for month, places in months.items():
                whole.new_places[span][month] = whole.new_places[span].get(month, 0) + places
    for year in set.intersection(*(set(one.inhabitants) for one in all_around)):
        whole.inhabitants[year] = sum((one.inhabitants[year] for one in all_around), Decimal(0))
    return whole

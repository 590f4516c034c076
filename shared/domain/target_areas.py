"""Several areas that a target is for together: their figures as one."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.domain.target_inputs import Around

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date


class _Row(NamedTuple):
    """What the rows of several areas are together."""

    period_type: str
    period_start: date
    numerator: Decimal | None
    denominator: Decimal | None
    status: str


def rows_together(of_areas: Sequence[Sequence[Any]]) -> Iterable[Any]:
    """Return the rows of one area, or the sums of several."""
    if len(of_areas) == 1:
        return of_areas[0]
    periods: dict[tuple[str, date], list[Any]] = defaultdict(list)
    for rows in of_areas:
        for row in rows:
            periods[row.period_type, row.period_start].append(row)
    is_observed = any(row.is_observed for of_period in periods.values() for row in of_period)
    return [
        _summed(*period, of_period, is_whole=not is_observed or len(of_period) == len(of_areas))
        for period, of_period in periods.items()
    ]


def _summed(period_type: str, start: date, rows: Sequence[Any], *, is_whole: bool) -> _Row:
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


def around_together(all_around: Sequence[Around]) -> Around:
    """Return what lies around several areas together: all of them are needed, and one that reports is enough."""
    if len(all_around) == 1:
        return all_around[0]
    whole = Around(first_report=min((one.first_report for one in all_around if one.first_report), default=None))
    for one in all_around:
        whole.unreported |= one.unreported
        for span, months in one.new_places.items():
            for month, places in months.items():
                whole.new_places[span][month] = whole.new_places[span].get(month, 0) + places
    for year in set.intersection(*(set(one.inhabitants) for one in all_around)):
        whole.inhabitants[year] = sum((one.inhabitants[year] for one in all_around), Decimal(0))
    return whole

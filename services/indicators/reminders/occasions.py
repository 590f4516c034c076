"""On which days people are written to, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from shared.domain.period import Period, PeriodType
from shared.domain.reporting_day import last_reporting_day, next_reporting_day

if TYPE_CHECKING:
    from collections.abc import Iterator

BEFORE, AFTER = timedelta(days=7), timedelta(days=1)
LASTS = timedelta(days=3)
"""A worker, or a mail server, may be away on the day itself; later than this nobody is written to any more."""
DAY_OF_MONTH = 3
"""On which a month's figures are sent: what was done on its last days has mostly been reported."""


class OccasionKind(StrEnum):
    """Why people are written to."""

    BEFORE = "before"
    AFTER = "after"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why people are written to; `day` is the reporting day, or the first of the month that is over."""

    kind: OccasionKind
    day: date

    @property
    def code(self) -> str:
        """What a message is noted by: a person gets one on each occasion."""
        return f"{self.kind}/{self.day}"


def occasions(today: date) -> Iterator[Occasion]:
    """Yield those that there are on a day."""
    coming, passed = next_reporting_day(today), last_reporting_day(today)
    if coming - BEFORE <= today < coming - BEFORE + LASTS:
        yield Occasion(OccasionKind.BEFORE, coming)
    if passed + AFTER <= today < passed + AFTER + LASTS:
        yield Occasion(OccasionKind.AFTER, passed)
    if DAY_OF_MONTH <= today.day < DAY_OF_MONTH + LASTS.days:
        yield Occasion(OccasionKind.MONTH, Period.containing(PeriodType.MONTH, today).previous().start)

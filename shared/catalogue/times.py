"""What a definition says of times: limits, hours and weekdays, where a day ends, and what is to happen how often.

All are by the clock of Stockholm. An activity whose time is not known, though the definition asks for it, is left out
and counted apart.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from shared.domain.activity_type import Definition, MomentName

# A time of the day, written with quotes: YAML reads 18:00 as a number.
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTES_AN_HOUR = 60


class TimeLimit(NamedTuple):
    """How long a case may take: so many working days after the day of the report, or minutes after its time."""

    working_days: int | None
    minutes: int | None


class Deadline(Definition):
    """A time limit in working days, hours or minutes: `by` must come within so many after `after`.

    Where `by` is unknown, `else_by` within the limit proves the case in time; outside the limit it proves nothing,
    and the case is left out and counted apart, like one without `after` and one that is not yet due. A limit in hours
    or minutes needs the time of the report; it is over when its day is.
    """

    after: Literal["reported"]
    by: MomentName
    else_by: MomentName | None = None
    working_days: Annotated[int | None, Field(ge=1, le=250)] = None
    hours: Annotated[int | None, Field(ge=1, le=2400)] = None
    minutes: Annotated[int | None, Field(ge=1, le=10_000)] = None

    @property
    def limit(self) -> TimeLimit:
        """How long it may take."""
        return TimeLimit(self.working_days, self.minutes or (self.hours and self.hours * MINUTES_AN_HOUR))


class SelectedTimes(Definition):
    """When the activities selected began, and how long they took at least.

    Hours may go over midnight: what begins at 00:30 is then of the weekday before.
    """

    weekdays: tuple[Weekday, ...] = ()
    from_time: Annotated[ClockTime | None, Field(alias="from")] = None
    to_time: Annotated[ClockTime | None, Field(alias="to")] = None
    at_least_minutes: Annotated[int | None, Field(ge=1, le=1440)] = None

    @property
    def is_over_midnight(self) -> bool:
        """Whether the hours begin on one day and end on the next."""
        return self.from_time is not None and self.to_time is not None and self.to_time < self.from_time

    @property
    def selects_times(self) -> bool:
        """Whether anything is said of times at all."""
        return bool(self.weekdays or self.from_time or self.to_time or self.at_least_minutes)


class Regularity(Definition):
    """So many activities at least in each day, week (ISO 8601) or month; a week is of the month of its Thursday."""

    each: Literal["day", "week", "month"]
    at_least: Annotated[int, Field(ge=1)]

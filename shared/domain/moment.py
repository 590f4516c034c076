"""When something happened: a day in Stockholm and, when the source gives it, the exact time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Final

from shared.domain.errors import DateOutsideCalendar
from shared.domain.period import local_date
from shared.domain.working_days import CALENDAR_FIRST, CALENDAR_LAST

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?P<zone>Z|[+-]\d{2}:\d{2})?", re.ASCII)


class UnreadableMoment(Exception):
    """A text is no date and no date-time of the calendar; `reason` and `remedy` never repeat it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Moment:
    """A local date in Stockholm, and the exact time in UTC when the source gave one."""

    on: date
    at: datetime | None = None

    def is_before(self, other: Moment) -> bool:
        """Compare times when both are known, else local dates."""
        if self.at is not None and other.at is not None:
            return self.at < other.at
        return self.on < other.on


# A source repeats the same few thousand days; an exact time is rarely met twice, and pushes out little.
@lru_cache(maxsize=20_000)
def read_moment(text: str, zone: tzinfo | None = None) -> Moment:
    """Read `2016-03-24`, or a date-time by RFC 3339; `zone` is that of a date-time which carries none.

    Raises:
        UnreadableMoment: it is neither, lies outside the calendar, or has no zone and none is given.

    """
    try:
        if _DAY.fullmatch(text):
            return moment_on(date.fromisoformat(text))
        found = _TIME.fullmatch(text.upper())
        if found:
            return _moment_at(datetime.fromisoformat(found[0]), zone)
    except ValueError:
        pass
    raise UnreadableMoment("is neither a date nor a date-time", "Write 2016-03-24 or 2016-04-30T22:30:00Z.")


def read_formatted(text: str, form: str, zone: tzinfo | None = None) -> Moment:
    """Read a text in a form of `strptime`; without an hour in the form it is a plain date.

    Raises:
        UnreadableMoment: it is not of that form, lies outside the calendar, or has no zone and none is given.

    """
    try:
        # The zone, if any, is set below.
        read = datetime.strptime(text, form)  # noqa: DTZ007
    except ValueError:
        raise UnreadableMoment(f"is not of the form {form}", "Mend the value, or the mapping's format.") from None
    has_time = any(directive in form for directive in ("%H", "%I", "%c", "%X"))
    return _moment_at(read, zone) if has_time else moment_on(read.date())


def moment_on(day: date) -> Moment:
    """Return the moment known by its day alone. Raises UnreadableMoment outside the calendar."""
    if not CALENDAR_FIRST <= day <= CALENDAR_LAST:
        raise _outside()
    return Moment(day)


def _moment_at(time: datetime, zone: tzinfo | None) -> Moment:
    if time.tzinfo is None:
        if zone is None:
            raise UnreadableMoment("has a time but no zone", "End it with Z or an offset, as 2016-04-30T22:30:00Z.")
        time = time.replace(tzinfo=zone)
    try:
        return Moment(moment_on(local_date(time)).on, time.astimezone(UTC))
    except (OverflowError, DateOutsideCalendar):
        raise _outside() from None


def _outside() -> UnreadableMoment:
    span = f"{CALENDAR_FIRST} to {CALENDAR_LAST}"
    return UnreadableMoment("lies outside the calendar", f"Give a day within {span}.")

"""When something happened: a day in Stockholm and, when the source gives it, the exact time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from shared.domain.errors import DateOutsideCalendar, Unreadable
from shared.domain.period import local_date
from shared.domain.working_days import CALENDAR_FIRST, CALENDAR_LAST

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?P<zone>Z|[+-]\d{2}:\d{2})?", re.ASCII)
# As people and other programs write them; the year comes first, so that each has one reading.
_WRITTEN: Final = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"(?:(?:T|,? ?KL\.? ?| ) ?(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"(?: ?(?P<zone>Z|UTC|[+-]\d{2}(?::?\d{2})?))?)?",
    re.ASCII,
)
# Forms that count from a day instead of writing one: so many of them are a second.
EPOCHS: Final = {"epochSeconds": 1, "epochMilliseconds": 1000}
# How a spreadsheet program numbers the days.
SPREADSHEET_DAYS: Final = "spreadsheetDays"
_SPREADSHEET_ZERO: Final = datetime(1899, 12, 30)  # noqa: DTZ001  it knows no zone
_COUNT: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII)
# The Monday of a week: 12, v. 12, vecka 12 2016, 2016-W12. A year that is written comes before the one that is given.
WEEKS: Final = "isoWeek"
_WEEK: Final = re.compile(
    r"(?:(?P<first>\d{4})[ -]*)?(?:(?:v|vecka|week|w|wk)\.? ?)?(?P<week>\d{1,2})(?:[ ,/-]+(?P<last>\d{4}))?",
    re.ASCII | re.IGNORECASE,
)
# What `strptime` passes over, and takes the time for one of another zone.
_ZONES: Final = {"UTC": "+0000", "GMT": "+0000", "CET": "+0100", "CEST": "+0200"}
_ZONE_NAME: Final = re.compile(rf"\b({'|'.join(_ZONES)})\b", re.IGNORECASE)
_DIGITS_ALONE: Final = re.compile(r"(?:%[YymdHMS]){2,}")
# As `strptime` has them, by how Swedish writes them.
_MONTHS: Final = {
    name: english
    for names, english in (
        *(("jan januari", "Jan"), ("feb februari", "Feb"), ("mar mars", "Mar"), ("apr april", "Apr"), ("maj", "May")),
        *(("jun juni", "Jun"), ("jul juli", "Jul"), ("aug augusti", "Aug"), ("sep sept september", "Sep")),
        *(("okt oktober", "Oct"), ("nov november", "Nov"), ("dec december", "Dec")),
    )
    for name in names.split()
}
_MONTH_NAME: Final = re.compile(rf"\b({'|'.join(_MONTHS)})\b\.?", re.IGNORECASE)


class UnreadableMoment(Unreadable):
    """A text is no date and no date-time of the calendar."""


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
    """Read `2016-03-24`, or a date-time by RFC 3339.

    With a `zone`, that of a date-time which carries none, the text comes from another program or a person, and may be
    `2016-03-29 18:00`, `2016-09-12 18.00` or `2016-03-29T18:00+0200` as well.

    Raises:
        UnreadableMoment: it is neither, lies outside the calendar, or has no zone and none is given.

    """
    try:
        if _DAY.fullmatch(text):
            return moment_on(date.fromisoformat(text))
        found = _TIME.fullmatch(text.upper())
        if found:
            return _moment_at(datetime.fromisoformat(found[0]), zone)
        written = _WRITTEN.fullmatch(text.upper()) if zone else None
        if written:
            return _as_written(written, zone)
    except ValueError:
        pass
    raise UnreadableMoment("is neither a date nor a date-time", "Write 2016-03-24 or 2016-04-30T22:30:00Z.")


def _as_written(found: re.Match[str], zone: tzinfo | None) -> Moment:
    """Return the moment of a match of `_WRITTEN`. Raises ValueError where there is no such day or time."""
    on = date(int(found["year"]), int(found["month"]), int(found["day"]))
    if found["hour"] is None:
        return moment_on(on)
    at = datetime.combine(on, time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0)))
    return _moment_at(at.replace(tzinfo=_zone_of(found["zone"])), zone)


def _zone_of(written: str | None) -> tzinfo | None:
    """Return the zone of an offset such as Z, +02, +0200 or +02:00."""
    if written is None:
        return None
    if written in {"Z", "UTC"}:
        return UTC
    return datetime.strptime(f"{written.replace(':', ''):0<5}", "%z").tzinfo


def read_formatted(
    text: str, forms: str | Sequence[str], zone: tzinfo | None = None, year: int | None = None
) -> Moment:
    """Read a text in the first that fits of some forms of `strptime`; without an hour in it it is a plain date.

    The words of `EPOCHS`, `SPREADSHEET_DAYS` and `WEEKS` are forms too. `%b` reads the names of months in Swedish as
    well, whole or shortened. `year` is that of dates and weeks that carry none.

    Raises:
        UnreadableMoment: it is of none of the forms, lies outside the calendar, or has no zone and none is given.

    """
    forms = [forms] if isinstance(forms, str) else forms
    for form in forms:
        try:
            if form in EPOCHS or form == SPREADSHEET_DAYS:
                return _counted(text, form, zone)
            if form == WEEKS:
                return moment_on(_monday(text, year))
            read = _by_form(text, form, year)
        except (ValueError, OverflowError):
            continue
        has_time = any(directive in form for directive in ("%H", "%I", "%c", "%X"))
        return _moment_at(read, zone) if has_time else moment_on(read.date())
    raise UnreadableMoment(f"is not of the form {' or '.join(forms)}", "Mend the value, or the mapping's format.")


def is_without_year(form: str) -> bool:
    """Tell whether dates of a form say no year."""
    return form != WEEKS and "%" in form and not any(directive in form for directive in ("%Y", "%y", "%c", "%x"))


def _by_form(text: str, form: str, year: int | None) -> datetime:
    """Return what a text says by a form of `strptime`. Raises ValueError where it is not of that form."""
    if "%b" in form:
        text = _MONTH_NAME.sub(lambda found: _MONTHS[found[1].lower()], text)
    if "%Z" in form:
        text, form = _ZONE_NAME.sub(lambda found: _ZONES[found[1].upper()], text), form.replace("%Z", "%z")
    if _DIGITS_ALONE.fullmatch(form) and len(text) != 2 * form.count("%") + 2 * form.count("%Y"):
        # Where nothing parts them, 42430 would be 30 April 2042.
        raise ValueError
    if is_without_year(form):
        # Read with its year: else a 29 February would be one of 1900, which is none.
        text, form = f"{_stated(year)} {text}", f"%Y {form}"
    # The zone, if any, is set where it is read.
    return datetime.strptime(text, form)  # noqa: DTZ007


def _monday(text: str, year: int | None) -> date:
    found = _WEEK.fullmatch(text.strip())
    if found is None:
        raise ValueError
    written = found["first"] or found["last"]
    return date.fromisocalendar(int(written) if written else _stated(year), int(found["week"]), 1)


def _stated(year: int | None) -> int:
    if year is None:
        raise ValueError
    return year


def moment_of(value: date, zone: tzinfo) -> Moment:
    """Return the moment of a cell that holds a date, or a date and a time of the zone.

    Raises UnreadableMoment outside the calendar.
    """
    return _moment_at(value, zone) if isinstance(value, datetime) else moment_on(value)


def _counted(text: str, form: str, zone: tzinfo | None) -> Moment:
    """Return the moment so many seconds, milliseconds or days after the one that they are counted from."""
    if not _COUNT.fullmatch(text):
        raise ValueError
    count = float(text)
    if form in EPOCHS:
        return _moment_at(datetime.fromtimestamp(count / EPOCHS[form], UTC), zone)
    at = _SPREADSHEET_ZERO + timedelta(seconds=round(count * 86_400))
    return moment_on(at.date()) if count.is_integer() else _moment_at(at, zone)


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

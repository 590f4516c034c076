"""The graffiti figures worked out straight from Chicago's list, as a second opinion on what the service answers.

It shares no mapping, period or calendar code with the project: every rule is written out here a second time.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

MUNICIPALITY = "9901"
COUNT = "graffiti-cleanups"
IN_TIME = "graffiti-started-in-time"
POLICE_REPORTED = "graffiti-police-reported-in-time"

Key = tuple[str, str, str]
"""Indicator code, area code, period code."""

Figure = tuple[int, int | None, int]
"""Numerator, denominator (None for a count), and how many cases are counted apart."""


@dataclass(frozen=True)
class Request:
    """One graffiti request as the list has it."""

    area: str
    duplicate: bool
    created: date
    completed: date | None


def expected(csv_path: Path) -> dict[Key, Figure]:
    """Return every figure that is more than an empty one, for each place and the whole, each month, tertial and year.

    Racist and sexist graffiti do not appear: the list does not state content, and the rest is ordinary. Nor do
    participants: a cleanup has none. No request was reported to the police, as far as the list says.
    """
    cleanups: Counter[tuple[str, str]] = Counter()
    in_time: Counter[tuple[str, str]] = Counter()
    judged: Counter[tuple[str, str]] = Counter()
    apart: Counter[tuple[str, str]] = Counter()
    undated: Counter[tuple[str, str]] = Counter()
    reported: Counter[tuple[str, str]] = Counter()
    for request in requests(csv_path):
        # A duplicate is cancelled. What is done on no known day is counted apart in the period of its report.
        if request.duplicate:
            continue
        if request.completed is not None:
            cleanups.update(_cells(request, request.completed))
        reported_in = list(_cells(request, request.created))
        if request.completed is None:
            undated.update(reported_in)
        reported.update(reported_in)
        # The list has no start. A completion by the deadline proves a start in time; a later one proves nothing.
        if request.completed is not None and request.completed <= two_working_days_after(request.created):
            in_time.update(reported_in)
            judged.update(reported_in)
        else:
            apart.update(reported_in)
    figures: dict[Key, Figure] = {
        (COUNT, *cell): (cleanups[cell], None, undated[cell]) for cell in cleanups.keys() | undated.keys()
    }
    figures |= {(POLICE_REPORTED, *cell): (0, count, 0) for cell, count in reported.items()}
    for cell in judged.keys() | apart.keys():
        figures[IN_TIME, *cell] = (in_time[cell], judged[cell], apart[cell])
    return figures


def requests(csv_path: Path) -> list[Request]:
    """Read the list. Where a request number occurs twice, its last row is the one that counts."""
    by_number: dict[str, Request] = {}
    with csv_path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            district = row["Police District"]
            by_number[row["Service Request Number"]] = Request(
                area=MUNICIPALITY if district in ("", "0") else f"{MUNICIPALITY}-district-{district}",
                duplicate=row["Status"].endswith("- Dup"),
                created=_american(row["Creation Date"]),
                completed=_american(row["Completion Date"]) if row["Completion Date"] else None,
            )
    return list(by_number.values())


def two_working_days_after(day: date) -> date:
    """Return the second day after this one that is a working day in Sweden."""
    remaining = 2
    while remaining:
        day += timedelta(days=1)
        if day.weekday() < 5 and not _is_swedish_holiday(day):
            remaining -= 1
    return day


def easter(year: int) -> date:
    """Return Easter Sunday, by Gauss's rule with the constants of 1900 to 2099 and its two exceptions."""
    lunar = (19 * (year % 19) + 24) % 30
    weekly = (2 * (year % 4) + 4 * (year % 7) + 6 * lunar + 5) % 7
    if lunar == 29 and weekly == 6:
        return date(year, 4, 19)
    if lunar == 28 and weekly == 6 and year % 19 > 10:
        return date(year, 4, 18)
    return date(year, 3, 22) + timedelta(days=lunar + weekly)


def _is_swedish_holiday(day: date) -> bool:
    """Tell whether a Monday to Friday is free since 2005: a public holiday, or an eve that the law makes a Sunday."""
    if (day.month, day.day) in {(1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31)}:
        return True
    if day.month == 6 and day.weekday() == 4 and 19 <= day.day <= 25:  # Midsummer Eve
        return True
    # Good Friday, Easter Monday, Ascension Day
    return (day - easter(day.year)).days in {-2, 1, 39}


def _cells(request: Request, day: date) -> Iterator[tuple[str, str]]:
    """Every area and period that this request counts in on that day."""
    for area in {request.area, MUNICIPALITY}:
        yield area, f"{day.year}-{day.month:02d}"
        yield area, f"{day.year}-T{1 if day.month < 5 else 2 if day.month < 9 else 3}"
        yield area, f"{day.year}"


def _american(text: str) -> date:
    return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007 - dates without a time, in no zone

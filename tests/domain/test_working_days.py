"""Working days, and what is due by them. The second opinion on holidays is written from the laws."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import DateOutsideCalendar
from shared.domain.working_days import CALENDAR_FIRST, CALENDAR_LAST, calendar, due_on, is_working_day

ONE_DAY = timedelta(days=1)

# Monday to Friday without work, read off printed calendars.
WEEKDAYS_OFF = {
    1990: "01-01 04-13 04-16 05-01 05-24 06-04 06-22 12-24 12-25 12-26 12-31",
    2004: "01-01 01-06 04-09 04-12 05-20 05-31 06-25 12-24 12-31",
    2005: "01-06 03-25 03-28 05-05 06-06 06-24 12-26",
    2015: "01-01 01-06 04-03 04-06 05-01 05-14 06-19 12-24 12-25 12-31",
    2016: "01-01 01-06 03-25 03-28 05-05 06-06 06-24 12-26",
    2024: "01-01 03-29 04-01 05-01 05-09 06-06 06-21 12-24 12-25 12-26 12-31",
}


def every_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


def easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian reckoning."""
    century, in_century = divmod(year, 100)
    golden = year % 19
    correction = century - century // 4 - (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + correction + 15) % 30
    to_sunday = (32 + 2 * (century % 4) + 2 * (in_century // 4) - epact - in_century % 4) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def weekdays_off_by_law(year: int) -> set[date]:
    sunday = easter(year)
    midsummer_eve = next(day for day in every_day(date(year, 6, 19), date(year, 6, 25)) if day.weekday() == 4)
    off = {date(year, month, day) for month, day in ((1, 1), (1, 6), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31))}
    off |= {sunday - 2 * ONE_DAY, sunday + ONE_DAY, sunday + 39 * ONE_DAY, midsummer_eve}
    off.add(date(year, 6, 6) if year >= 2005 else sunday + 50 * ONE_DAY)
    return {day for day in off if day.weekday() < 5}


def weekdays_off(year: int) -> set[date]:
    days = every_day(date(year, 1, 1), date(year, 12, 31))
    return {day for day in days if day.weekday() < 5 and not is_working_day(day)}


@pytest.fixture(scope="module")
def ordinals() -> dict[date, int]:
    return {day: ordinal for day, ordinal, _ in calendar()}


@pytest.fixture(scope="module")
def working_days() -> list[date]:
    return [day for day, _, is_working in calendar() if is_working]


@pytest.mark.parametrize(("year", "expected"), WEEKDAYS_OFF.items())
def test_the_weekdays_off_are_those_of_the_printed_calendar(year: int, expected: str) -> None:
    assert weekdays_off(year) == {date.fromisoformat(f"{year}-{day}") for day in expected.split()}


@pytest.mark.parametrize("year", range(CALENDAR_FIRST.year, CALENDAR_LAST.year + 1))
def test_the_weekdays_off_are_those_of_the_laws(year: int) -> None:
    assert weekdays_off(year) == weekdays_off_by_law(year)


def test_no_saturday_or_sunday_is_a_working_day() -> None:
    weekends = [day for day in every_day(CALENDAR_FIRST, CALENDAR_LAST) if day.weekday() >= 5]

    assert not any(map(is_working_day, weekends))


@pytest.mark.parametrize(
    "day",
    [
        date(2016, 3, 24),  # Maundy Thursday
        date(2015, 4, 30),  # Walpurgis Night
        date(2016, 5, 6),  # the day after Ascension
        date(2017, 1, 5),  # Twelfth Night
        date(2015, 10, 30),  # the eve of All Saints
        date(2016, 12, 23),
        date(2016, 2, 29),
        date(2001, 6, 6),  # the national day, before it was a holiday
        date(2005, 5, 16),  # Whit Monday, when it no longer was
    ],
)
def test_a_day_that_only_custom_keeps_is_a_working_day(day: date) -> None:
    assert is_working_day(day)


@pytest.mark.parametrize(
    ("day", "number", "due"),
    [
        (date(2016, 3, 24), 2, date(2016, 3, 30)),  # over Easter
        (date(2016, 3, 24), 1, date(2016, 3, 29)),
        (date(2016, 3, 25), 2, date(2016, 3, 30)),  # known on a holiday
        (date(2016, 3, 26), 2, date(2016, 3, 30)),  # on a Saturday
        (date(2016, 3, 29), 2, date(2016, 3, 31)),
        (date(2016, 6, 22), 2, date(2016, 6, 27)),  # over Midsummer Eve
        (date(2015, 12, 23), 2, date(2015, 12, 29)),  # over Christmas Eve
        (date(2015, 12, 30), 2, date(2016, 1, 5)),  # over New Year's Eve
        (date(2016, 1, 5), 1, date(2016, 1, 7)),
        (date(2016, 2, 26), 1, date(2016, 2, 29)),
        (date(2016, 2, 26), 2, date(2016, 3, 1)),
        (date(2015, 2, 27), 1, date(2015, 3, 2)),
        (date(2016, 10, 28), 1, date(2016, 10, 31)),  # over the day of 25 hours
    ],
)
def test_due_is_the_nth_working_day_after(day: date, number: int, due: date) -> None:
    assert due_on(day, number) == due


@pytest.mark.parametrize("day", [date(2016, 3, 24), date(2016, 3, 25), date(2016, 3, 27)])
def test_within_no_working_days_is_by_the_end_of_the_day_itself(day: date) -> None:
    assert due_on(day, 0) == day


def test_nothing_is_due_before_it_is_known() -> None:
    with pytest.raises(ValueError, match="negative"):
        due_on(date(2016, 3, 24), -1)


@pytest.mark.parametrize("day", [date(1989, 12, 31), date(2080, 1, 1), date(2100, 2, 28), date.min, date.max])
def test_a_day_outside_the_calendar_is_refused(day: date) -> None:
    with pytest.raises(DateOutsideCalendar, match="1990-01-01 to 2079-12-31"):
        is_working_day(day)
    with pytest.raises(DateOutsideCalendar):
        due_on(day, 0)


def test_a_due_day_past_the_calendar_is_refused() -> None:
    assert due_on(date(2079, 12, 28), 1) == date(2079, 12, 29)
    with pytest.raises(DateOutsideCalendar):
        due_on(date(2079, 12, 29), 1)


def test_the_calendar_counts_working_days() -> None:
    rows = list(calendar())

    assert [day for day, _, _ in rows] == every_day(CALENDAR_FIRST, CALENDAR_LAST)
    assert rows[:5] == [
        (date(1990, 1, 1), 0, False),
        (date(1990, 1, 2), 1, True),
        (date(1990, 1, 3), 2, True),
        (date(1990, 1, 4), 3, True),
        (date(1990, 1, 5), 4, True),
    ]
    assert sum(is_working for day, _, is_working in rows if day.year == 2016) == 253
    assert rows[-1][1] == sum(is_working for _, _, is_working in rows)


@given(day=st.dates(CALENDAR_FIRST, date(2078, 12, 31)), number=st.integers(1, 200))
def test_due_is_the_working_day_with_the_ordinal_so_much_higher(
    ordinals: dict[date, int], working_days: list[date], day: date, number: int
) -> None:
    assert due_on(day, number) == working_days[ordinals[day] + number - 1]


@given(day=st.dates(CALENDAR_FIRST, date(2078, 12, 31)), number=st.integers(0, 60))
def test_due_agrees_with_counting_day_by_day(day: date, number: int) -> None:
    due = due_on(day, number)
    between = every_day(day + ONE_DAY, due)

    assert sum(map(is_working_day, between)) == number
    assert due == day or is_working_day(due)

"""Periods, and the local date that decides which of them a moment belongs to."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import DateOutsideCalendar, InvalidPeriod
from shared.domain.period import STOCKHOLM, Period, PeriodType, local_date, periods_of, today
from shared.domain.working_days import CALENDAR_FIRST, CALENDAR_LAST

MONTH, TERTIAL, YEAR = PeriodType.MONTH, PeriodType.TERTIAL, PeriodType.YEAR

days = st.dates(CALENDAR_FIRST, CALENDAR_LAST)
period_types = st.sampled_from(PeriodType)
periods = st.builds(Period.containing, period_types, days)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_late_evening_in_april_by_utc_is_may_in_stockholm_hence_the_second_tertial() -> None:
    day = local_date(utc("2016-04-30T22:30:00"))

    assert day == date(2016, 5, 1)
    assert Period.containing(TERTIAL, day) == Period.parse("2016-T2")


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2016-12-31T22:59:59", date(2016, 12, 31)),  # winter time is an hour ahead
        ("2016-12-31T23:00:00", date(2017, 1, 1)),
        ("2016-06-30T21:59:59", date(2016, 6, 30)),  # summer time two
        ("2016-06-30T22:00:00", date(2016, 7, 1)),
        ("2016-02-28T23:00:00", date(2016, 2, 29)),  # a leap day
        ("2016-02-29T22:59:59", date(2016, 2, 29)),
        ("2016-02-29T23:00:00", date(2016, 3, 1)),
        ("2000-02-28T23:00:00", date(2000, 2, 29)),
    ],
)
def test_a_month_begins_at_midnight_in_stockholm(moment: str, day: date) -> None:
    assert local_date(utc(moment)) == day


@pytest.mark.parametrize(
    ("first", "last", "day", "hours"),
    [
        ("2016-03-26T23:00:00", "2016-03-27T21:59:59", date(2016, 3, 27), 23),
        ("2016-10-29T22:00:00", "2016-10-30T22:59:59", date(2016, 10, 30), 25),
        (
            "2024-03-30T23:00:00",
            "2024-03-31T21:59:59",
            date(2024, 3, 31),
            23,
        ),  # the change falls on the month's last day
        ("2021-10-30T22:00:00", "2021-10-31T22:59:59", date(2021, 10, 31), 25),
    ],
)
def test_a_day_when_the_clocks_change_is_whole_and_an_hour_short_or_long(
    first: str, last: str, day: date, hours: int
) -> None:
    second = timedelta(seconds=1)

    assert local_date(utc(first)) == local_date(utc(last)) == day
    assert local_date(utc(first) - second) == day - timedelta(days=1)
    assert local_date(utc(last) + second) == day + timedelta(days=1)
    assert utc(last) + second - utc(first) == timedelta(hours=hours)


def test_the_hour_that_comes_twice_is_told_apart_by_fold_and_stays_on_its_day() -> None:
    summer, winter = (datetime(2016, 10, 30, 2, 30, fold=fold, tzinfo=STOCKHOLM) for fold in (0, 1))

    assert summer.astimezone(UTC) == utc("2016-10-30T00:30:00")
    assert winter.astimezone(UTC) == utc("2016-10-30T01:30:00")
    assert local_date(summer) == local_date(winter) == date(2016, 10, 30)


def test_the_zone_a_moment_is_told_in_does_not_matter() -> None:
    tokyo = timezone(timedelta(hours=9))

    assert local_date(datetime(2016, 5, 1, 7, 30, tzinfo=tokyo)) == date(2016, 5, 1)
    assert local_date(datetime(2016, 5, 1, 6, 59, tzinfo=tokyo)) == date(2016, 4, 30)


def test_a_moment_without_a_zone_has_no_local_date() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        local_date(datetime(2016, 5, 1, 12, 0))  # noqa: DTZ001 - the fault


@pytest.mark.parametrize(
    "moment", [datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), datetime.max.replace(tzinfo=UTC)]
)
def test_a_moment_at_the_edge_of_time_is_refused_by_name(moment: datetime) -> None:
    with pytest.raises(DateOutsideCalendar):
        local_date(moment)


def test_today_is_the_date_in_stockholm() -> None:
    before = local_date(datetime.now(UTC))

    assert before <= today() <= local_date(datetime.now(UTC))


@pytest.mark.parametrize(
    ("code", "period_type", "start", "end"),
    [
        ("2016-03", MONTH, date(2016, 3, 1), date(2016, 3, 31)),
        ("2016-02", MONTH, date(2016, 2, 1), date(2016, 2, 29)),
        ("2015-02", MONTH, date(2015, 2, 1), date(2015, 2, 28)),
        ("2000-02", MONTH, date(2000, 2, 1), date(2000, 2, 29)),
        ("2016-12", MONTH, date(2016, 12, 1), date(2016, 12, 31)),
        ("2016-T1", TERTIAL, date(2016, 1, 1), date(2016, 4, 30)),
        ("2016-T2", TERTIAL, date(2016, 5, 1), date(2016, 8, 31)),
        ("2016-T3", TERTIAL, date(2016, 9, 1), date(2016, 12, 31)),
        ("2016", YEAR, date(2016, 1, 1), date(2016, 12, 31)),
        ("1990-01", MONTH, CALENDAR_FIRST, date(1990, 1, 31)),
        ("2079", YEAR, date(2079, 1, 1), CALENDAR_LAST),
    ],
)
def test_a_code_names_a_period_with_its_first_and_last_day(
    code: str, period_type: PeriodType, start: date, end: date
) -> None:
    period = Period.parse(code)

    assert (period.type, period.start, period.end, period.code) == (period_type, start, end, code)


@pytest.mark.parametrize(
    "code",
    [
        *("", "16", "2016-3", "2016-00", "2016-13", "2016-T0", "2016-T4", "2016-t1", "2016-T", "2016T1", "201603"),
        *(
            "2016-03-01",
            "2016-Q5",
            "2016-H3",
            "2016-q1",
            "2016-W05",
            "latest",
            " 2016",
            "2016\n",
            "2016-03 ",
            "-2016",
            "+2016",
        ),
        *("0000", "1989", "1989-12", "2080", "2080-T1", "2100-02", "9999"),
        *("２０１６", "٢٠١٦-٠٣", "2016–03"),
    ],
)
def test_anything_else_is_no_code_and_the_refusal_says_what_is(code: str) -> None:
    with pytest.raises(InvalidPeriod) as refusal:
        Period.parse(code)

    (violation,) = refusal.value.violations
    assert violation.field == "period"
    for known in ("2016-03", "2016-T1", "1990 to 2079"):
        assert known in violation.remedy
    assert refusal.value.slug() == "invalid-period"


def test_a_refusal_does_not_echo_what_was_sent() -> None:
    with pytest.raises(InvalidPeriod) as refusal:
        Period.parse("850709-9805")

    assert "9805" not in repr((refusal.value.detail, refusal.value.violations))


@pytest.mark.parametrize(
    ("period_type", "start"),
    [
        (MONTH, date(2016, 3, 2)),
        (TERTIAL, date(2016, 2, 1)),
        (TERTIAL, date(2016, 4, 1)),
        (YEAR, date(2016, 5, 1)),
        (MONTH, date(1989, 12, 1)),
        (YEAR, date(2080, 1, 1)),
    ],
)
def test_no_period_starts_in_the_midst_of_one_or_outside_the_calendar(period_type: PeriodType, start: date) -> None:
    with pytest.raises(InvalidPeriod):
        Period(period_type, start)


@pytest.mark.parametrize("day", [date(1989, 12, 31), date(2080, 1, 1), date(2100, 2, 28), date.min, date.max])
@pytest.mark.parametrize("period_type", PeriodType)
def test_a_day_outside_the_calendar_is_in_no_period(period_type: PeriodType, day: date) -> None:
    with pytest.raises(InvalidPeriod):
        Period.containing(period_type, day)


@pytest.mark.parametrize("period_type", PeriodType)
def test_nothing_comes_before_the_first_period_or_after_the_last(period_type: PeriodType) -> None:
    with pytest.raises(InvalidPeriod):
        Period.containing(period_type, CALENDAR_FIRST).previous()
    with pytest.raises(InvalidPeriod):
        Period.containing(period_type, CALENDAR_LAST).next()


def test_periods_follow_each_other_across_the_year() -> None:
    assert Period.parse("2016-12").next() == Period.parse("2017-01")
    assert Period.parse("2016-T3").next() == Period.parse("2017-T1")
    assert Period.parse("2016-T1").previous() == Period.parse("2015-T3")
    assert Period.parse("2016").previous() == Period.parse("2015")


@pytest.mark.parametrize("code", ["2016-02", "2016-T1", "2016"])
def test_the_year_before_has_the_same_period(code: str) -> None:
    assert Period.parse(code).year_before() == Period.parse(code.replace("2016", "2015"))
    assert Period.parse(code.replace("2016", str(CALENDAR_FIRST.year))).year_before() is None


def test_a_tertial_has_four_months_and_a_year_twelve() -> None:
    assert Period.parse("2016-T2").months() == tuple(date(2016, month, 1) for month in (5, 6, 7, 8))
    assert Period.parse("2016").months() == tuple(date(2016, month, 1) for month in range(1, 13))
    assert Period.parse("2016-03").months() == (date(2016, 3, 1),)


def test_periods_sort_by_type_then_by_time() -> None:
    in_order = [Period.parse(code) for code in ("2015-12", "2016-01", "2015-T3", "2016-T1", "2015", "2016")]

    assert sorted([*in_order[3:], *in_order[:3]]) == in_order


@given(periods)
def test_a_period_is_the_one_its_code_names(period: Period) -> None:
    assert Period.parse(period.code) == period


@given(period_types, days)
def test_a_period_contains_the_day_it_was_found_by(period_type: PeriodType, day: date) -> None:
    period = Period.containing(period_type, day)

    assert period.start <= day <= period.end
    assert period == Period.containing(period_type, period.start) == Period.containing(period_type, period.end)


@given(periods.filter(lambda period: period.end < CALENDAR_LAST))
def test_the_next_period_begins_the_day_after_and_leads_back(period: Period) -> None:
    assert period.next().start == period.end + timedelta(days=1)
    assert period.next().previous() == period
    assert period < period.next()


@given(periods)
def test_the_months_of_a_period_make_it_up(period: Period) -> None:
    months = [Period(MONTH, first) for first in period.months()]

    assert (months[0].start, months[-1].end) == (period.start, period.end)
    assert all(earlier.next() == later for earlier, later in pairwise(months))


def test_a_year_has_its_months_then_its_tertials_then_itself() -> None:
    codes = [period.code for period in periods_of(2016)]

    assert codes == [*(f"2016-{month:02}" for month in range(1, 13)), "2016-T1", "2016-T2", "2016-T3", "2016"]


@pytest.mark.parametrize(("period_type", "number"), [(MONTH, 90 * 12), (TERTIAL, 90 * 3), (YEAR, 90)])
def test_periods_share_out_the_days_of_the_calendar(period_type: PeriodType, number: int) -> None:
    period = Period.containing(period_type, CALENDAR_FIRST)
    every = [period]
    while period.end < CALENDAR_LAST:
        period = period.next()
        every.append(period)

    assert len(every) == number
    assert sum((period.end - period.start).days + 1 for period in every) == (CALENDAR_LAST - CALENDAR_FIRST).days + 1

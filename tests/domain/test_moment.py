"""Dates and times as people and other programs write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.domain.moment import UnreadableMoment, read_formatted, read_moment

STOCKHOLM = ZoneInfo("Europe/Stockholm")
AT = datetime(2016, 3, 29, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2016-03-29 18:00",
            "2016-03-29T18:00",
            "2016-03-29 18.00",
            "2016-03-29 kl. 18.00",
            "2016-03-29, kl 18:00:00",
        ),
        *("2016-03-29T18:00+02:00", "2016-03-29T18:00+0200", "2016-03-29T18:00+02", "2016-03-29T16:00Z"),
        *("2016-03-29 18:00:00 +0200", "2016-03-29T16:00:00.000Z", "2016-03-29 16:00 UTC", "2016-03-29t16:00:00z"),
        *("2016/03/29 18:00", "2016.03.29 18.00", "2016-3-29 18:00", "2016-03-29 18:00:00,5", "2016-03-29 18.00.00"),
    ],
)
def test_a_time_is_read_in_every_form(text: str) -> None:
    """Trials B3: without a zone it is in that of the mapping, or of the source."""
    moment = read_moment(text, STOCKHOLM)
    assert (moment.on, moment.at and moment.at.replace(microsecond=0)) == (date(2016, 3, 29), AT)


@pytest.mark.parametrize("text", ["2016-03-29", "2016/03/29", "2016.03.29", "2016-3-29"])
def test_a_day_stays_a_day(text: str) -> None:
    """Trials B3."""
    moment = read_moment(text, STOCKHOLM)
    assert (moment.on, moment.at) == (date(2016, 3, 29), None)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "29/03/2016",
            "03/04/2016",
            "29.3.2016",
            "16-03-29",
            "2016-03",
            "2016-13-01",
            "2016-02-30",
            "2016-03-29T",
        ),
        *(
            "2016-03-29 25:00",
            "2016-03-29 18:60",
            "2016-03-29 18",
            "2016-03-29 +02:00",
            "2016-03/29",
            "2016-03-29 6 pm",
        ),
        *(
            "i tisdags",
            "42453",
            "1459267200",
            "0001-01-01",
            "9999-12-31T23:59:59Z",
            "2016-03-29 18:00 CET",
            "२०१६-०३-२९",
        ),
    ],
)
def test_what_is_no_date_or_could_be_another_is_refused(text: str) -> None:
    with pytest.raises(UnreadableMoment):
        read_moment(text, STOCKHOLM)


@pytest.mark.parametrize("text", ["2016-03-29 18:00", "2016-03-29T18:00+0200", "2016/03/29", "2016-3-29"])
def test_without_a_zone_to_take_only_the_standard_form_is_read(text: str) -> None:
    with pytest.raises(UnreadableMoment):
        read_moment(text)


@pytest.mark.parametrize(
    ("text", "forms", "on", "at"),
    [
        ("29/03/2016", ["%Y%m%d", "%d/%m/%Y"], date(2016, 3, 29), None),
        ("20160329", ["%Y%m%d", "%d/%m/%Y"], date(2016, 3, 29), None),
        ("29/03/2016 18.00", ["%d/%m/%Y", "%d/%m/%Y %H.%M"], date(2016, 3, 29), AT),
        ("1459267200", ["epochSeconds"], date(2016, 3, 29), AT),
        ("1459267200000", ["epochMilliseconds"], date(2016, 3, 29), AT),
        ("42458", ["spreadsheetDays"], date(2016, 3, 29), None),
        ("42458.75", ["spreadsheetDays"], date(2016, 3, 29), AT),
        # `strptime` passes over the names of zones.
        ("29/03/2016 16:00 UTC", ["%d/%m/%Y %H:%M %Z"], date(2016, 3, 29), AT),
        ("29/03/2016 18:00 cest", ["%d/%m/%Y %H:%M %Z"], date(2016, 3, 29), AT),
        ("31/03/2016 22:30 GMT", ["%d/%m/%Y %H:%M %Z"], date(2016, 4, 1), datetime(2016, 3, 31, 22, 30, tzinfo=UTC)),
    ],
)
def test_several_forms_are_tried_in_their_order(text: str, forms: list[str], on: date, at: datetime | None) -> None:
    """Trials B3 and B26."""
    moment = read_formatted(text, forms, STOCKHOLM)
    assert (moment.on, moment.at) == (on, at)


@pytest.mark.parametrize("text", ["", "x", "1e9", "9" * 15, "-1", "1459267200x", "2016-03-29"])
@pytest.mark.parametrize("form", ["epochSeconds", "epochMilliseconds", "spreadsheetDays"])
def test_a_count_outside_the_calendar_is_refused(text: str, form: str) -> None:
    with pytest.raises(UnreadableMoment):
        read_formatted(text, [form], STOCKHOLM)


@pytest.mark.parametrize(
    ("text", "form", "on"),
    [
        ("29/3", "%d/%m", date(2016, 3, 29)),
        ("29/2", "%d/%m", date(2016, 2, 29)),
        ("3 maj", "%d %b", date(2016, 5, 3)),
        ("12 oktober 2015", "%d %b %Y", date(2015, 10, 12)),
        ("1 aug. 2015", "%d %b %Y", date(2015, 8, 1)),
        ("v. 12", "isoWeek", date(2016, 3, 21)),
        ("Vecka 12", "isoWeek", date(2016, 3, 21)),
        ("12", "isoWeek", date(2016, 3, 21)),
        ("2015-W01", "isoWeek", date(2014, 12, 29)),
        ("v 53 2015", "isoWeek", date(2015, 12, 28)),
    ],
)
def test_a_date_without_a_year_has_the_one_that_is_given(text: str, form: str, on: date) -> None:
    assert read_formatted(text, form, STOCKHOLM, 2016).on == on


@pytest.mark.parametrize(
    ("text", "form", "year"),
    [
        ("29/3", "%d/%m", None),
        ("29/2", "%d/%m", 2015),
        ("v. 12", "isoWeek", None),
        ("v. 53", "isoWeek", 2016),
        ("v. 0", "isoWeek", 2016),
        ("3 majs", "%d %b", 2016),
        # Not 30 April 2042.
        ("42430", "%y%m%d", 2016),
        ("2016311", "%Y%m%d", 2016),
        ("29/3/2016 18:00 EST", "%d/%m/%Y %H:%M %Z", None),
        ("29/3/2016 18:00", "%d/%m/%Y %H:%M %Z", None),
    ],
)
def test_what_is_no_day_of_the_year_is_refused(text: str, form: str, year: int | None) -> None:
    with pytest.raises(UnreadableMoment):
        read_formatted(text, form, STOCKHOLM, year)

"""What people write in a form is read as they mean it: numbers, days, times over midnight, and the nights of clocks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.api.pages.forms import Form
from services.api.pages.reporting.reading import corrected, filled_in_of, local_day
from shared.catalogue.loader import shipped_catalogue
from shared.facts.activities import ActivityFact
from tests.pages.reporting.judging import filled, form, judged, reading_of


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1250", 1250.0),
        ("1 250,50", 1250.5),
        ("1\N{NO-BREAK SPACE}250,5", 1250.5),
        ("1\N{NARROW NO-BREAK SPACE}250.50", 1250.5),
        ("0", 0.0),
        ("0,01", 0.01),
    ],
)
def test_a_cost_is_read_as_people_write_it(written: str, number: float) -> None:
    activity, faults = reading_of(filled(cost=written))
    assert (activity["cost"], faults) == (number, [])
    fact = judged(filled(cost=written))
    assert isinstance(fact, ActivityFact)
    assert fact.activity.cost == Decimal(str(number))


@pytest.mark.parametrize("written", ["1e9", "1E400", "١٢", "1.250,50", "1,2,3", "NaN", "Infinity", "12 kr", "9" * 40])
def test_what_is_no_number_is_said_so(written: str) -> None:
    activity, faults = reading_of(filled(cost=written, count=written, attributes__hours=written))
    assert {fault.field for fault in faults} == {"cost", "count", "attributes.hours"}
    assert not {"cost", "count"} & activity.keys()


def test_hours_and_whole_numbers_keep_what_was_written() -> None:
    activity, faults = reading_of(
        filled(attributes__hours="4,5", attributes__number="1 200", participants__police="0", count="62")
    )
    assert faults == []
    assert activity["attributes"] == {"choice": "one", "hours": "4.5", "number": "1200"}
    assert (activity["participants"], activity["count"]) == ({"residents": 21, "police": 0}, 62)


@pytest.mark.parametrize(
    ("fields", "start", "end"),
    [
        ({}, "2026-04-12", None),
        ({"start_time": "18:00"}, "2026-04-12T16:00:00+00:00", None),
        ({"start_time": "9.30", "end_time": "11.00"}, "2026-04-12T07:30:00+00:00", "2026-04-12T09:00:00+00:00"),
        ({"start_time": "22:00", "end_time": "02:00"}, "2026-04-12T20:00:00+00:00", "2026-04-13T00:00:00+00:00"),
        ({"end": "2026-04-13"}, "2026-04-12", "2026-04-13"),
        # The clocks go forward at two, and back at three: that hour is there twice, and the first is meant.
        (
            {"start": "2026-03-28", "start_time": "22:00", "end_time": "03:00"},
            "2026-03-28T21:00:00+00:00",
            "2026-03-29T01:00:00+00:00",
        ),
        ({"start": "2025-10-26", "start_time": "02:30"}, "2025-10-26T00:30:00+00:00", None),
    ],
)
def test_days_and_times_are_of_stockholm(fields: dict[str, str], start: str, end: str | None) -> None:
    activity, faults = reading_of(filled(**fields))
    assert (activity["start"], activity.get("end"), faults) == (start, end, [])


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_outside_the_calendar_breaks_nothing(day: str) -> None:
    _, faults = reading_of(filled(start=day, start_time="00:00", end_time="23:59"))
    assert [fault.reason for fault in faults] == ["lies outside the calendar"]


def test_items_are_open_or_done_and_empty_rows_are_none() -> None:
    activity, _ = reading_of(filled(attributes__items=["Lampa", "", "Buske"], attributes__items__done=["2"]))
    assert activity["attributes"]["items"] == [
        {"item": "Lampa", "state": "open"},
        {"item": "Buske", "state": "done"},
    ]


def test_what_is_stored_fills_the_form_in_and_comes_back_the_same() -> None:
    entry: dict[str, Any] = {
        "source": "bus",
        "externalId": "7",
        "agreement": "agreement",
        "commitment": "light",
        "commitments": ["more"],
        "status": "performed",
        "start": "2026-04-12T16:00:23Z",
        "end": date(2026, 4, 12),
        "reported": None,
        "policeReported": None,
        "completed": None,
        "participants": {"residents": 21},
        "attributes": {"choice": "one", "items": [{"item": "Lampa", "state": "done"}], "number": "3"},
        "cost": 1200.5,
        "count": 2,
        "note": "Kallt",
    }
    values = filled_in_of(entry)
    assert (values["cost"], values["count"], values["start-time"]) == ("1200,50", "2", "18:00")
    items = values.pop("attributes.items")
    fields = [*values.items(), *(("attributes.items", one["item"]) for one in items), ("attributes.items.done", "0")]
    activity, faults = reading_of(Form(fields))
    again = corrected(entry, activity | {"agreement": "agreement"}, form())
    assert faults == []
    assert again | {"type": "", "count": 2} == {
        **{name: value for name, value in entry.items() if value is not None},
        "end": "2026-04-12",
        "type": "",
        "participants": {"residents": 21},
    }
    moved = corrected(entry, activity | {"agreement": "another"}, form())
    assert "commitment" not in moved


def test_a_case_keeps_the_time_that_its_form_does_not_have() -> None:
    cleanup = shipped_catalogue().activity_types["graffiti-cleanup"]
    entry: dict[str, Any] = {
        **dict.fromkeys(("end", "policeReported", "completed", "commitment", "cost", "note")),
        "source": "bus",
        "externalId": "7",
        "agreement": "a",
        "commitments": [],
        "status": "performed",
        "participants": {},
        "attributes": {},
        "count": 1,
        "reported": "2026-04-12T21:30:00Z",
        "start": "2026-04-12T22:30:00Z",
    }
    assert local_day(entry["start"]) == date(2026, 4, 13)
    values = filled_in_of(entry)
    fields = {field.name for field in form(cleanup).fields}
    sent = {name: value for name, value in values.items() if name in fields} | {"start": "2026-04-14"}
    activity, _ = reading_of(Form([*sent.items()]), cleanup)
    again = corrected(entry, activity, form(cleanup))
    assert (again["reported"], again["start"]) == ("2026-04-12T21:30:00Z", "2026-04-14")

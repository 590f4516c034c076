"""What of a service request becomes an activity, and what never does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from shared.connectors.service_requests import Translation, Untranslatable, translate
from shared.domain.activity import Activity
from shared.domain.pulled_source import PulledSource
from shared.intake.activities import read
from tests.connectors.conftest import request

CONTENT: dict[str, Any] = {
    "url": "https://open311.example.se/v2",
    "agreement": "landskrona-2015-2016",
    "services": {
        "klotter": {"type": "graffiti-cleanup", "annex": 4, "attributes": {"contentKind": "ordinary"}},
        "nedskräpning": {"type": "dumped-waste-removal", "annex": 4},
    },
    "areas": {"byAddressId": {"a-7": "1282-park"}, "byZipcode": {"26131": "1282-karlslund"}, "otherwise": "1282"},
    "cancelledNotes": ["dubblett"],
    "since": "2016-01-01",
}


def source(**fields: Any) -> PulledSource:
    return PulledSource.model_validate(CONTENT | fields)


def made(asked: PulledSource | None = None, **fields: Any) -> Translation:
    return translate(request(1, **fields), asked or source(), "city-311")


def activity(asked: PulledSource | None = None, **fields: Any) -> Activity:
    translation = made(asked, **fields)
    draft = read(translation.document, translation.faults)
    assert not draft.faults
    return draft.activity


def test_an_open_request_is_planned_without_a_start() -> None:
    planned = activity()
    assert (planned.source, planned.external_id, planned.status) == ("city-311", "r-1", "planned")
    assert (planned.type, planned.agreement, planned.annex) == ("graffiti-cleanup", "landskrona-2015-2016", 4)
    assert planned.attributes == {"contentKind": "ordinary"}
    assert list(planned.moments) == ["reported"]
    assert (planned.moments["reported"].on, planned.changed_at) == (
        date(2016, 3, 24),
        datetime(2016, 3, 24, 7, tzinfo=UTC),
    )


def test_a_closed_one_is_performed_and_was_completed_when_it_last_changed() -> None:
    performed = activity(status="Closed", updated_datetime="2016-03-29T23:30:00Z")
    assert performed.status == "performed"
    assert performed.moments["completed"].on == date(2016, 3, 30)
    assert performed.changed_at == datetime(2016, 3, 29, 23, 30, tzinfo=UTC)


def test_a_duplicate_is_cancelled() -> None:
    assert activity(status="closed", status_notes="Stängt: DUBBLETT av 17").status == "cancelled"


def test_words_of_its_own_can_be_told() -> None:
    own = source(statuses={"åtgärdat": "performed", "avvisat": "cancelled"})
    assert activity(own, status="Avvisat").status == "cancelled"


@pytest.mark.parametrize(
    ("fields", "area"),
    [
        ({"address_id": "a-7"}, "1282-park"),
        ({"address_id": 7, "zipcode": "261 31"}, "1282-karlslund"),
        ({"zipcode": 26131}, "1282-karlslund"),
        ({"zipcode": None}, "1282"),
    ],
)
def test_it_is_placed_by_its_address_or_zip_code(fields: dict[str, Any], area: str) -> None:
    assert activity(**fields).area == area


def test_nothing_is_kept_of_what_people_wrote_or_where_they_live() -> None:
    translation = str(made(status_notes="Ring Anna"))
    for secret in ("Anna", "0701234567", "Storgatan", "55.87", "12.83", "pictures", "261", "a-1"):
        assert secret not in translation


def test_a_time_without_a_zone_is_of_the_sources_own() -> None:
    assert activity(requested_datetime="2016-07-01T00:30:00").moments["reported"].at == datetime(
        2016, 6, 30, 22, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"status": "väntar på Anna"}, "status"),
        ({"status": None}, "status"),
        ({"requested_datetime": "i tisdags"}, "reported"),
        ({"updated_datetime": 20160324}, "changedAt"),
        ({"updated_datetime": 20160324, "status": "closed"}, "completed"),
        ({"requested_datetime": "0001-01-01T00:00:00Z"}, "reported"),
    ],
)
def test_what_cannot_be_understood_is_told_and_not_repeated(fields: dict[str, Any], field: str) -> None:
    translation = made(**fields)
    assert [fault.field for fault in translation.faults] == [field]
    assert translation.document.get(field) is None
    assert not any(str(value) in str(translation) for value in fields.values() if value not in {None, "closed"})


def test_a_service_that_was_not_asked_for_is_no_activity() -> None:
    with pytest.raises(Untranslatable) as refusal:
        made(service_code="hål i gatan")
    assert refusal.value.violation.field == "service_code"
    assert "gatan" not in str(refusal.value.violation)


def test_a_request_in_no_area_that_is_listed_has_none() -> None:
    placed = source(areas={"byZipcode": {"26131": "1282"}})
    assert [fault.field for fault in made(placed, zipcode="99999").faults] == ["area"]


@pytest.mark.parametrize(
    "fields",
    [
        {"since": "2016-13-01"},
        {"since": 7},
        {"since": "2016-01-01T00:00:00Z"},
        {"services": {}},
        {"timeZone": "Mars/Olympus"},
        {"intervalMinutes": 0},
        {"intervalMinutes": "15"},
        {"statuses": {"open": "perhaps"}},
        {"apiKey": "x"},
    ],
)
def test_a_source_that_cannot_be_read_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        source(**fields)

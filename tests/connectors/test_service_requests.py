"""What of a service request becomes an activity, and what never does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from shared.connectors.service_requests import Translation, Untranslatable, translate
from shared.domain.activity import Activity, check_texts
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


@pytest.mark.parametrize("key", ["26131", "261 31", "SE-261 31", "S-26131", " 26131 ", "261\u00a031"])
@pytest.mark.parametrize(
    "sent", ["26131", "261 31", 26131, 26131.0, "SE-26131", "se 261 31", " 261\u202f31", "２６１３１"]
)
def test_a_postcode_is_compared_however_either_side_writes_it(key: str, sent: object) -> None:
    """trials A4"""
    placed = source(areas={"byZipcode": {key: "1282-karlslund"}, "otherwise": "1282"})
    translation = made(placed, zipcode=sent, address_id=None)
    assert translation.document["area"] == "1282-karlslund"
    assert not translation.is_placed_otherwise


@pytest.mark.parametrize("sent", ["a-7", "A-7", " a-7", "a-7\u200b"])
def test_an_address_is_compared_alike_too(sent: str) -> None:
    """trials A4"""
    assert activity(address_id=sent).area == "1282-park"


@pytest.mark.parametrize("zipcode", [None, "", "99999", "261 3", 2613, []])
def test_what_falls_to_otherwise_is_noted_where_there_are_lists(zipcode: object) -> None:
    """trials A4"""
    translation = made(zipcode=zipcode)
    assert (translation.document["area"], translation.is_placed_otherwise) == ("1282", True)
    assert [note.field for note in translation.settled] == ["area"]
    assert not made(source(areas={"otherwise": "1282"}), zipcode=zipcode).is_placed_otherwise


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        *[("Klar", sent) for sent in ("Klar", "klar", "KLAR", " klar ", "Kla\u00adr")],
        *[("A\u030atga\u0308rdat", sent) for sent in ("Åtgärdat", "åtgärdat", "A\u030aTGA\u0308RDAT")],
        ("Ej  åtgärdas", "ej åtgärdas"),
        ("Under\u00a0arbete", "Under arbete"),
    ],
)
def test_a_status_word_is_compared_however_either_side_writes_it(key: str, sent: str) -> None:
    """trials B2"""
    assert activity(source(statuses={key: "cancelled"}), status=sent).status == "cancelled"
    assert activity(source(statuses={sent: "cancelled"}), status=key).status == "cancelled"


@pytest.mark.parametrize(
    ("key", "sent"), [("Klotter", "klotter"), ("klotter", " KLOTTER"), ("7", 7), ("nedskräpning", "nedskra\u0308pning")]
)
def test_a_service_code_is_compared_alike_too(key: str, sent: object) -> None:
    """trials B2"""
    services = {key: {"type": "graffiti-cleanup", "annex": 4}}
    assert activity(source(services=services), service_code=sent).type == "graffiti-cleanup"


@pytest.mark.parametrize("word", ["Dubblett", "DUBBLETT", "dub\u00adblett", "dubblett av"])
def test_the_words_of_notes_are_compared_alike_too(word: str) -> None:
    """trials B2"""
    listed = source(cancelledNotes=[word])
    assert activity(listed, status="closed", status_notes="Stängt:  dubblett  av 17").status == "cancelled"


@pytest.mark.parametrize(
    ("field", "lists"),
    [
        ("statuses", {"Klar": "performed", "klar": "cancelled"}),
        ("areas", {"byZipcode": {"261 31": "1282", "26131": "1282-park"}}),
        ("areas", {"byAddressId": {"A": "1282", "a": "1282-park"}}),
        ("services", {"a": {"type": "graffiti-cleanup"}, "A": {"type": "safety-walk"}}),
    ],
)
def test_one_word_that_means_two_things_is_refused(field: str, lists: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="the same key twice"):
        source(**{field: lists})


@pytest.mark.parametrize(
    ("reported", "closed", "completed", "is_settled"),
    [
        ("2016-03-29T10:00:02+02:00", "2016-03-29T10:00:00+02:00", datetime(2016, 3, 29, 8, 0, 2, tzinfo=UTC), True),
        ("2016-03-29T23:59:00+02:00", "2016-03-29T00:01:00+02:00", datetime(2016, 3, 29, 21, 59, tzinfo=UTC), True),
        ("2016-03-29T22:30:00Z", "2016-03-29T22:00:00Z", datetime(2016, 3, 29, 22, 30, tzinfo=UTC), True),
        ("2016-03-29T10:00:00+02:00", "2016-03-29T10:00:00+02:00", datetime(2016, 3, 29, 8, tzinfo=UTC), False),
        ("2016-03-29T10:00:00+02:00", "2016-03-28T23:00:00+02:00", datetime(2016, 3, 28, 21, tzinfo=UTC), False),
        ("2016-03-29T00:01:00+02:00", "2016-03-28T23:59:00+02:00", datetime(2016, 3, 28, 21, 59, tzinfo=UTC), False),
        ("2016-03-29", "2016-03-29T23:00:00+02:00", datetime(2016, 3, 29, 21, tzinfo=UTC), False),
    ],
)
def test_closed_before_its_report_on_the_same_day_is_at_the_report(
    reported: str, closed: str, completed: datetime, is_settled: bool
) -> None:
    """trials B4: another day is for the judge of all activities to refuse"""
    translation = made(status="closed", requested_datetime=reported, updated_datetime=closed)
    assert translation.document["completed"].at == completed
    assert [note.field for note in translation.settled] == ["completed"] * is_settled


def test_a_case_number_is_one_where_the_source_says_so() -> None:
    """trials B5"""
    translation = made(service_request_id="850709-9805")
    asked = source(caseNumbers=r"\d{6}-\d{4}")
    for pattern, faults in ((None, ["externalId"]), (asked.case_numbers, [])):
        draft = read(translation.document, translation.faults, pattern)
        assert [fault.field for fault in check_texts(draft.activity)] == faults


def test_nothing_is_kept_of_what_people_wrote_or_where_they_live() -> None:
    translation = str(made(status_notes="Ring Anna"))
    for secret in ("Anna", "0701234567", "Storgatan", "55.87", "12.83", "pictures", "261", "a-1"):
        assert secret not in translation


def test_a_time_without_a_zone_is_of_the_sources_own() -> None:
    assert activity(requested_datetime="2016-07-01T00:30:00").moments["reported"].at == datetime(
        2016, 6, 30, 22, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "written",
    [
        *("2016-03-29 18:00", "2016-03-29T18:00", "2016-03-29 18.00", "2016-03-29T18:00:00", "2016-03-29 18:00:00.000"),
        *("2016-03-29T18:00+02:00", "2016-03-29T18:00:00+0200", "2016-03-29 18:00 +02", "2016-03-29T16:00Z"),
        *("2016-03-29t18:00:00+02:00", "2016-03-29 16:00 UTC", "2016/03/29 18:00"),
    ],
)
def test_a_date_time_is_read_in_the_forms_that_servers_write(written: str) -> None:
    """trials B3"""
    closed = activity(status="closed", requested_datetime="2016-03-24", updated_datetime=written)
    assert closed.moments["completed"].at == datetime(2016, 3, 29, 16, tzinfo=UTC)


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
        {"caseNumbers": ".*"},
        {"caseNumbers": "("},
    ],
)
def test_a_source_that_cannot_be_read_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        source(**fields)

"""The attributes of an activity: choices, references and lists of items, as the type of the activity has them."""

from datetime import date
from typing import Any

import pytest

from shared.domain.activity import Activity, AttributeValue, check
from shared.domain.activity_type import ActivityType
from shared.domain.moment import Moment

TODAY = date(2016, 6, 1)
NAME = {"sv": "Namn", "en": "Name"}
TYPE = ActivityType.model_validate(
    {
        "code": "round",
        "name": NAME,
        "description": NAME,
        "moments": ["start"],
        "attributes": {
            "outcome": {"kind": "choice", "name": NAME, "values": {"yes": NAME, "no": NAME}, "required": True},
            "follows": {"kind": "reference", "name": NAME},
            "containers": {"kind": "number", "name": NAME},
            "hours": {"kind": "hours", "name": NAME},
            "list": {
                "kind": "items",
                "name": NAME,
                "excludedBy": "follows",
                "exclusion": {"sv": "Ändra den förras.", "en": "Change the former's."},
            },
        },
    }
)


def faults_of(attributes: dict[str, AttributeValue], status: str = "performed") -> list[tuple[str, str]]:
    start = {"start": Moment(date(2016, 4, 1))}
    activity = Activity("test", "1", "round", "agreement", 1, "1282", status, start, attributes=attributes)
    return [(fault.field, fault.remedy) for fault in check(activity, TYPE, None, TODAY)]


def items(*texts: str) -> list[dict[str, str]]:
    return [{"item": text, "state": "open"} for text in texts]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"follows": "spring"},
        {"list": []},
        {"list": items("Trasig lampa")},
        {"containers": "0"},
        {"containers": "41"},
        {"hours": "4.5"},
    ],
    ids=["none", "text", "0", "1", "no number", "number", "hours"],
)
def test_what_the_type_takes_is_taken(more: dict[str, Any]) -> None:
    assert faults_of({"outcome": "yes"} | more) == []


def test_what_is_required_must_be_stated_once_it_is_performed() -> None:
    assert faults_of({}) == [("attributes.outcome", "A performed round needs it.")]
    assert faults_of({}, "planned") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("outcome", "maybe"), ("outcome", items("yes")), ("follows", items("spring")), ("list", "Trasig lampa")),
        *(("containers", text) for text in ("", "-1", "4,5", "1e3", "many", "1 000", "٤", "9999999999")),
        ("containers", items("12")),
        *(("hours", text) for text in ("4,5", "-1", "1000", "four", "1e1", "4.12345", " 4")),
    ],
)
def test_a_value_of_another_kind_is_refused(name: str, value: list[dict[str, str]] | str) -> None:
    given: dict[str, AttributeValue] = {"outcome": "yes", name: value}
    assert [field for field, _ in faults_of(given)] == [f"attributes.{name}"]


def test_an_attribute_that_another_excludes_is_refused_with_what_to_do_instead() -> None:
    assert faults_of({"outcome": "yes", "follows": "spring", "list": items("Häck")}) == [
        ("attributes.list", "Change the former's.")
    ]


@pytest.mark.parametrize("text", ["Ring 850709-9805", "Trasig\0lampa"])
def test_no_item_holds_a_personal_number_or_a_nul(text: str) -> None:
    attributes: dict[str, AttributeValue] = {"outcome": "yes", "list": items("Klippt häck", text)}
    assert [field for field, _ in faults_of(attributes)] == ["attributes.list[1].item"]

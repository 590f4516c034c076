"""X-Sent-By names who is behind a request, in either order of its parts."""

from __future__ import annotations

import pytest

from shared.domain.errors import Violation
from shared.domain.sent_by import read_sent_by

UUID = "81471222-5798-11e9-ae24-57fa13b361e1"


def refusal_of(header: str) -> Violation:
    """Return the one thing that is wrong with a header."""
    found = read_sent_by(header)
    assert isinstance(found, list)
    (fault,) = found
    return fault


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("type=adAccount; joe01doe", "type=adAccount; joe01doe"),
        ("joe01doe; type=adAccount", "type=adAccount; joe01doe"),
        ("joe01doe;Type = adAccount", "type=adAccount; joe01doe"),
        (f"type=partyId; {UUID}", f"type=partyId; {UUID}"),
        ("type=system; Verksamhetssystem Öst", "type=system; Verksamhetssystem Öst"),
    ],
)
def test_both_orders_are_read_as_one(header: str, read: str) -> None:
    assert read_sent_by(header) == read


@pytest.mark.parametrize(
    "header",
    ["", "joe01doe", "type=adAccount", "type=adAccount;", ";joe01doe", "type=; joe01doe", "type=a; b; c", "a; b",
     "type=a; type=b", "type=a; joe\tdoe", f"type=a; {'x' * 300}", "type=två ord; x"],
)  # fmt: skip
def test_another_form_is_refused_with_the_right_one(header: str) -> None:
    fault = refusal_of(header)
    assert fault.field == "X-Sent-By"
    assert "type=adAccount; joe01doe" in fault.remedy


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ("19121212-1212", "holds a personal identity number"),
        ("anna.andersson@example.se", "holds an e-mail address"),
        ("070-174 06 05", "holds a telephone number"),
    ],
)
def test_personal_data_is_refused(who: str, reason: str) -> None:
    fault = refusal_of(f"type=adAccount; {who}")
    assert fault.reason == reason
    assert who not in fault.remedy

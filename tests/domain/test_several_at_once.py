"""Several activities reported at once, and what shipped types demand: generality E5 and E7."""

from datetime import date

import pytest

from shared.catalogue.loader import shipped_catalogue
from shared.domain.activity import Activity, check
from shared.domain.moment import read_moment

TYPES = shipped_catalogue().activity_types
TODAY = date(2026, 11, 29)
AT_ONCE = sorted(code for code, kind in TYPES.items() if kind.takes_count)
ONE_BY_ONE = sorted(TYPES.keys() - set(AT_ONCE))


def faults(code: str, count: int, **days: str) -> list[str]:
    """Return the fields that are refused of a performed activity of the type."""
    moments = {name: read_moment(day) for name, day in days.items()}
    kind = TYPES[code]
    participants = {kind.participant_groups[0]: 1} if kind.participant_groups else {}
    attributes = {name: next(iter(one.values)) for name, one in kind.attributes.items() if one.required}
    activity = Activity(
        *("test", None, code, "a", None, "1282", "performed", moments, participants),
        attributes=attributes,  # type: ignore[arg-type]  # texts alone
        count=count,
    )
    return [violation.field for violation in check(activity, kind, None, TODAY)]


@pytest.mark.parametrize("code", AT_ONCE)
def test_generality_e7_several_are_reported_at_once(code: str) -> None:
    assert faults(code, start="2019-03-31", count=62) == []


@pytest.mark.parametrize("code", ONE_BY_ONE)
def test_generality_e7_of_other_types_each_is_reported_by_itself(code: str) -> None:
    assert faults(code, start="2019-03-31", count=62) == ["count"]
    assert faults(code, start="2019-03-31", count=1) == []


@pytest.mark.parametrize(
    ("start", "end", "count", "refused"),
    [
        ("2019-01-01", "2019-12-31", 303, ["end"]),  # a year's total pretends no month
        ("2019-01-31", "2019-02-28", 2, ["end"]),
        ("2018-12-01", "2019-12-01", 2, ["end"]),  # the same month of another year
        ("2019-01-31T22:00:00+01:00", "2019-02-01T03:00:00+01:00", 2, []),  # a shift over midnight
        ("2019-01-01", "2019-01-31", 62, []),
        ("2019-01-01", "2019-12-31", 1, []),
    ],
)
def test_generality_e7_a_total_is_of_one_month(start: str, end: str, count: int, refused: list[str]) -> None:
    assert faults("traffic-check", start=start, end=end, count=count) == refused


def test_generality_e5_a_shipped_type_demands_only_what_an_activity_is_nothing_without() -> None:
    """A walk states who came, as a shift does; the result of a test purchase is what it is made for."""
    required = {(code, name) for code, kind in TYPES.items() for name, one in kind.attributes.items() if one.required}
    assert required == {("tobacco-test-purchase", "outcome")}
    assert {code for code, kind in TYPES.items() if kind.participants_required} == {"safety-walk", "volunteer-shift"}

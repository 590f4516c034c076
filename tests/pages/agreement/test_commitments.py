"""What becomes of a commitment, in words; nothing is said of what has been done where the visitor may not see it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.api.pages.agreement.commitments import line_of
from shared.domain.wording import NO_BREAK_SPACE, Language

DUE, BEFORE, AFTER = date(2016, 9, 30), date(2016, 6, 1), date(2016, 10, 1)
DECIDED = {"area": "1282", "fulfilledOn": date(2016, 9, 19)}
DECIDED_LATE = {"area": "1282", "fulfilledOn": date(2016, 11, 8)}


def entry(*done: tuple[int, bool], **changes: Any) -> dict[str, Any]:
    """Return a commitment in as many areas as there are pairs: how often it was done there, and if that is enough."""
    areas = ["1282", "1282-karlslund"][: len(done)]
    return {
        "agreement": "landskrona-2015-2016",
        "code": "light",
        "annex": 4,
        "promise": False,
        "party": "Staden",
        "parties": [],
        "wording": "Parken får ljus.",
        "wordingEn": None,
        "times": 2,
        "areas": areas,
        "dueOn": DUE,
        "recurrence": None,
        "fulfilledBy": "activities",
        "selection": None,
        "withdrawnOn": None,
        "decisions": [],
        "status": None,
        "followUps": [],
        "progress": [
            {"area": area, "done": times, "fulfilled": enough}
            for area, (times, enough) in zip(areas, done, strict=True)
        ],
        **changes,
    }


@pytest.mark.parametrize(
    ("given", "today", "said"),
    [
        (entry((2, True)), AFTER, ("Uppfyllt", "2 av 2 gjorda")),
        (entry((3, True)), AFTER, ("Uppfyllt", "3 gjorda, 2 behövdes")),
        (entry((0, True), decisions=[DECIDED], fulfilledBy="decision"), AFTER, ("Uppfyllt den 19 september 2016", "")),
        # By a decision in one area and by activities in the other there is no day of it all.
        (entry((0, True), (2, True), decisions=[DECIDED]), AFTER, ("Uppfyllt", "2 av 2 uppfyllda")),
        # Of what recurs a decision is for the span in which it was taken.
        (
            entry(
                (0, True),
                decisions=[DECIDED],
                recurrence="month",
                progress=[{"area": "1282", "dueOn": DUE, "done": 0, "fulfilled": True}],
            ),
            AFTER,
            ("Uppfyllt den 19 september 2016", "0 av 2 gjorda"),
        ),
        (entry((0, False)), BEFORE, ("Pågår", "0 av 2 gjorda")),
        (entry((0, False), status="paused"), BEFORE, ("Pausat", "0 av 2 gjorda")),
        (entry((1, False)), AFTER, ("Delvis uppfyllt", "1 av 2 gjorda")),
        (entry((2, True), (0, False)), AFTER, ("Delvis uppfyllt", "1 av 2 uppfyllda")),
        (entry((0, False)), AFTER, ("Inte uppfyllt", "0 av 2 gjorda")),
        (entry((0, False), fulfilledBy="decision", decisions=[DECIDED_LATE]), AFTER, ("Inte uppfyllt i tid", "")),
        (entry((0, False), withdrawnOn=BEFORE), AFTER, ("Återtaget den 1 juni 2016", "0 av 2 gjorda")),
        (entry((0, False), withdrawnOn=AFTER), AFTER, ("Inte uppfyllt", "0 av 2 gjorda")),
        (entry((2, True), areas=["1282", "1282-karlslund"]), AFTER, ("Visas bara för den som ser platserna", "")),
        (entry(areas=["1282-karlslund"]), AFTER, ("Visas bara för den som ser platserna", "")),
    ],
)
def test_what_has_become_of_it_is_said(given: dict[str, Any], today: date, said: tuple[str, str]) -> None:
    line = line_of(given, 2016, today, Language.SV)
    assert line is not None
    assert (line.state_text.replace(NO_BREAK_SPACE, " "), line.done) == said


def test_what_was_due_in_an_earlier_year_is_left_out() -> None:
    assert line_of(entry((2, True)), 2017, AFTER, Language.SV) is None

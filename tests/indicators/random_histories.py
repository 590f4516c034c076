"""Random histories: what a small world begins with, and what may happen to it then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hypothesis import strategies as st

from shared.domain.activity import Span
from shared.domain.period import RHYTHMS
from shared.domain.role import RoleSpan
from shared.domain.term import Term
from tests.indicators import world as w
from tests.indicators.histories import (
    IDS,
    Agree,
    Crash,
    Erase,
    Event,
    Pass,
    Report,
    RollUp,
    Sweep,
    agreements,
    checks,
    graffiti,
    lives,
    meetings,
    moves,
    office_days,
    trainings,
    visits,
    walks,
)
from tests.indicators.other_events import MENTOR, OTHER_EVENTS, Define, DefineShared, Roles, Terms, promises
from tests.indicators.world import Annex

_TWO_YEARS = Span(date(2015, 1, 1), date(2016, 12, 31))
# What a history may begin with: an agreement by quarters and half-years, and a school with all that schools can have.
AT_WORK: Sequence[Event] = (
    Define(("school",), (w.LANDSKRONA, w.HELSINGBORG)),
    DefineShared((w.LANDSKRONA, w.HELSINGBORG), 1),
    Agree(
        "one",
        _TWO_YEARS,
        (w.LANDSKRONA, w.HELSINGBORG),
        tuple(
            Annex(theme, _TWO_YEARS)
            for theme in ("contact-officers", "school-social-police", "safety-walks", "visible-police")
        ),
        RHYTHMS,
    ),
    Roles(
        w.ALFA,
        (
            RoleSpan(MENTOR, date(2015, 11, 1), date(2016, 8, 31), None),
            RoleSpan("contact-officer", date(2015, 12, 1), None, 1),
            RoleSpan("contact-officer-school", date(2016, 2, 1), None, None),
        ),
    ),
    Terms(w.LANDSKRONA, (Term("Våren", Span(date(2016, 1, 11), date(2016, 6, 10))),)),
    Report("f0", "school-visit", w.ALFA, "performed", {"start": -25}),
    Report("f1", "collaboration-meeting", w.GROUP, "performed", {"start": -12}, {}, {"coordinatorPresent": "yes"}),
)

FACTS = st.one_of(
    *(graffiti(), graffiti(), visits(), visits(), walks(), trainings(), meetings(), office_days()),
    *(checks(), checks()),
    st.builds(Erase, IDS),
)
CHANGES = st.one_of(
    *(moves(), lives(), agreements(), agreements()),
    st.builds(Pass, st.one_of(st.integers(1, 4), st.integers(5, 150))),
)
WORK = st.sampled_from([Sweep(), Sweep(), Sweep(), RollUp(), RollUp(), Crash()])


def histories(longest: int) -> st.SearchStrategy[list[Event]]:
    """Return stories of up to so many events."""
    # Each of the kinds within these is as likely as another.
    events = st.one_of(WORK, CHANGES, OTHER_EVENTS, *(promises() for _ in range(6)), FACTS)
    return st.lists(events, min_size=longest // 2, max_size=longest)


# What no one has defined, agreed on or begun, little can be said of.
BEGINNINGS: Sequence[Sequence[Event]] = ((), AT_WORK, AT_WORK)
DAYS: Sequence[date] = (date(2016, 1, 4), date(2016, 3, 29), date(2016, 5, 1), date(2016, 12, 28))

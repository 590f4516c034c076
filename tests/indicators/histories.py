"""What can happen to a small world, each event complete in itself, and how it is brought about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from hypothesis import strategies as st
from psycopg.types.range import DateRange

from shared.domain.activity import Span
from shared.domain.period import RHYTHMS, PeriodType
from shared.domain.target import TargetRule
from shared.domain.target_span import Per
from shared.facts.areas import Area
from tests.indicators import world as w
from tests.indicators.other_events import OtherEvent
from tests.indicators.world import Annex, Goal, World, spot


@dataclass(frozen=True)
class Report:
    """An activity is sent, new or as a correction. Days are counted from today; what is performed is never ahead."""

    external_id: str
    activity_type: str
    area: str
    status: str
    days: dict[str, int]
    participants: dict[str, int] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    commitments: tuple[str, ...] = ()
    # How many were reported at once.
    count: int = 1

    async def happen(self, world: World) -> None:
        last = 0 if self.status == "performed" else 400
        moments = {name: world.as_of + timedelta(min(days, last)) for name, days in self.days.items()}
        await world.record_for(
            self.commitments,
            self.external_id,
            self.activity_type,
            self.area,
            status=self.status,
            participants=self.participants,
            attributes=self.attributes,
            count=self.count,
            **moments,
        )


@dataclass(frozen=True)
class Erase:
    """An activity is deleted."""

    external_id: str

    async def happen(self, world: World) -> None:
        await world.erase(self.external_id)


@dataclass(frozen=True)
class Move:
    """Areas get other parents, or begin or end on other days."""

    areas: tuple[Area, ...]

    async def happen(self, world: World) -> None:
        await world.put(*self.areas)


@dataclass(frozen=True)
class Agree:
    """An agreement is put, changed, or shortened to next to nothing."""

    code: str
    valid: Span
    areas: tuple[str, ...]
    annexes: tuple[Annex, ...]
    rhythms: tuple[PeriodType, ...] = ()

    async def happen(self, world: World) -> None:
        await world.agree(self.code, self.valid, self.areas, *self.annexes, rhythms=self.rhythms)


@dataclass(frozen=True)
class Pass:
    """Days pass."""

    days: int

    async def happen(self, world: World) -> None:
        world.as_of += timedelta(self.days)


@dataclass(frozen=True)
class Sweep:
    """The worker looks once."""

    async def happen(self, world: World) -> None:
        await world.sweep()


@dataclass(frozen=True)
class RollUp:
    """The pass for the levels above runs."""

    async def happen(self, world: World) -> None:
        await world.roll_up()


@dataclass(frozen=True)
class Crash:
    """A worker has done everything but commit, and dies."""

    async def happen(self, world: World) -> None:
        await world.crash()


Event: TypeAlias = Report | Erase | Move | Agree | OtherEvent | Pass | Sweep | RollUp | Crash

IDS = st.sampled_from([f"f{number}" for number in range(8)])
_GROUPS = st.dictionaries(
    st.sampled_from(["residents", "pupils", "police", "municipality", "volunteers"]), st.integers(0, 25), max_size=3
)
_BACK = st.one_of(st.integers(-9, 0), st.integers(-400, 3))
_STATUSES = st.sampled_from(["performed", "performed", "performed", "planned", "cancelled"])
_EVERYWHERE = st.sampled_from(w.AREAS)
_DAYS = st.dates(date(2015, 12, 20), date(2017, 1, 10))
_SCHOOLS = st.sampled_from([w.ALFA, w.BETA, w.GAMMA])


@st.composite
def graffiti(draw: st.DrawFn) -> Report:
    status = draw(_STATUSES)
    reported, start, completed = draw(_BACK), draw(st.integers(0, 7)), draw(st.integers(0, 7))
    days = {"reported": reported, "start": reported + start, "completed": reported + max(start, completed)}
    gone = draw(st.sets(st.sampled_from(["reported", "start", "completed"]), max_size=3 if status == "planned" else 2))
    days = {name: day for name, day in days.items() if name not in gone}
    if status != "performed" and not days:
        days = {"reported": reported}
    kind = draw(st.sampled_from([{}, {"contentKind": "racist"}, {"contentKind": "ordinary"}]))
    return Report(draw(IDS), "graffiti-cleanup", draw(_EVERYWHERE), status, days, {}, kind)


@st.composite
def walks(draw: st.DrawFn) -> Report:
    follows = draw(st.sampled_from([{}, {}, {"followsUp": "spring"}]))
    days = {"start": draw(_BACK)}
    return Report(draw(IDS), "safety-walk", draw(_EVERYWHERE), draw(_STATUSES), days, draw(_GROUPS), follows)


@st.composite
def visits(draw: st.DrawFn) -> Report:
    named = draw(st.sampled_from([(), ("visits",), ("walks", "visits")]))
    start = {"start": draw(_BACK)}
    return Report(draw(IDS), "school-visit", draw(_SCHOOLS), draw(_STATUSES), start, draw(_GROUPS), {}, named)


@st.composite
def trainings(draw: st.DrawFn) -> Report:
    return Report(draw(IDS), "training", draw(_EVERYWHERE), draw(_STATUSES), {"start": draw(_BACK)}, draw(_GROUPS))


@st.composite
def checks(draw: st.DrawFn) -> Report:
    """Return checks of which several may have been reported at once, somewhere."""
    where, start = draw(_EVERYWHERE), {"start": draw(_BACK)}
    return Report(draw(IDS), "traffic-check", where, draw(_STATUSES), start, count=draw(st.integers(1, 3)))


@st.composite
def meetings(draw: st.DrawFn) -> Report:
    present = {"coordinatorPresent": draw(st.sampled_from(["yes", "yes", "no"]))}
    return Report(draw(IDS), "collaboration-meeting", w.GROUP, draw(_STATUSES), {"start": draw(_BACK)}, {}, present)


@st.composite
def office_days(draw: st.DrawFn) -> Report:
    return Report(draw(IDS), "mobile-office-day", w.OFFICE, draw(_STATUSES), {"start": draw(_BACK)}, draw(_GROUPS))


@st.composite
def moves(draw: st.DrawFn) -> Move:
    day = draw(_DAYS)
    upwards: dict[str, list[tuple[Any, ...]]] = {
        w.ALFA: [
            (w.LANDSKRONA,),
            (w.HELSINGBORG,),
            ((w.LANDSKRONA, None, day), (w.STOCKHOLM, day, None)),
            ((w.LANDSKRONA, None, day), (w.HELSINGBORG, day, None)),
            (w.NORTH,),
            (w.NORTH, (w.SOUTH, day, None)),
            ((w.LANDSKRONA, day, None),),
        ],
        w.BETA: [(w.NORTH, w.SOUTH), ((w.NORTH, None, day), (w.SOUTH, day, None)), (w.ALFA,), (w.LANDSKRONA,)],
        w.GAMMA: [(w.HELSINGBORG,), ((w.HELSINGBORG, None, day), (w.SOUTH, day, None)), (w.STOCKHOLM,)],
        w.GROUP: [((w.LANDSKRONA, None, day), (w.HELSINGBORG, day, None)), (w.HELSINGBORG,), (w.NORTH,)],
        w.OFFICE: [((w.HELSINGBORG, None, day), (w.LANDSKRONA, day, None)), (w.STOCKHOLM,)],
        w.NORTH: [(w.LANDSKRONA,), (w.SKANE,), ((w.LANDSKRONA, None, day), (w.SKANE, day, None))],
        w.HELSINGBORG: [(w.SKANE,), (w.STOCKHOLM_COUNTY,), ((w.SKANE, None, day), (w.STOCKHOLM_COUNTY, day, None))],
    }
    code = draw(st.sampled_from(sorted(upwards)))
    kind = {w.NORTH: "district", w.HELSINGBORG: "municipality"}.get(code, "place")
    return Move((spot(code, *draw(st.sampled_from(upwards[code])), kind=kind),))


@st.composite
def lives(draw: st.DrawFn) -> Move:
    """An area begins or ends, or does neither any more."""
    first, following = draw(st.one_of(st.none(), _DAYS)), draw(st.one_of(st.none(), _DAYS))
    return Move((replace(draw(st.sampled_from(w.PLAIN)), valid=DateRange(first, following)),))


_LISTED = ("school-visits/all", "graffiti-cleanups/all", "groups-met-coordinator/all")
# What a target may say besides: many of these are refused of one rule or indicator and taken of another.
_COMPARED: Sequence[dict[str, Any]] = (
    *({}, {}, {}, {"percent": Decimal(20)}, {"tolerance": Decimal(1)}),
    *({"baseline": "2014"}, {"baseline": "2014-T3"}, {"baseline": "2014-03"}),
)
_FIXED: Sequence[dict[str, Any]] = ({}, {}, {"tolerance": Decimal(1)}, {"per_inhabitants": 1000})


# The days of an annex within those of its agreement, and of a target within those of its annex.
_PARTS = (None, None, None, Span(date(2016, 2, 1), date(2016, 4, 30)), Span(date(2016, 2, 10), date(2016, 5, 31)))


def _part_of(whole: Span, part: Span | None) -> Span:
    return part if part is not None and part.first in whole and part.last in whole else whole


@st.composite
def agreements(draw: st.DrawFn) -> Agree:
    first = draw(st.sampled_from([date(2015, 1, 1), date(2015, 7, 1), date(2016, 1, 1), date(2016, 3, 15)]))
    last = draw(st.sampled_from([date(2016, 3, 31), date(2016, 6, 10), date(2016, 12, 31), date(2017, 5, 31)]))
    valid = draw(st.sampled_from([Span(first, last), Span(first, last), Span(date(2012, 1, 1), date(2012, 1, 1))]))
    areas = draw(
        st.sampled_from([(w.LANDSKRONA,), (w.HELSINGBORG,), (w.LANDSKRONA, w.HELSINGBORG), (w.NORTH, w.SOUTH)])
    )
    targeted = draw(st.sampled_from([*areas, w.ALFA, w.NORTH]) if w.LANDSKRONA in areas else st.sampled_from(areas))
    rule = draw(st.sampled_from([rule for rule in TargetRule if rule is not TargetRule.BETWEEN]))
    value = None if rule.endswith("Before") else Decimal(draw(st.integers(0, 4)))
    per = draw(st.sampled_from(list(Per)))
    together = draw(st.sampled_from([(), (), areas, (w.LANDSKRONA, w.STOCKHOLM), (w.NORTH, w.HELSINGBORG)]))
    given = draw(st.sampled_from(_COMPARED if value is None else _FIXED))
    annexed = _part_of(valid, draw(st.sampled_from(_PARTS)))
    given = given | {"areas": together if len(together) > 1 else ()}
    given = given | {"valid": _part_of(annexed, draw(st.sampled_from(_PARTS)))}
    themes = {
        "attractive-city": ("graffiti-cleanups", "graffiti-started-in-time", w.VANDALISM_COST),
        "contact-officers": ("school-visits", "schools-visited"),
        "safety-walks": ("safety-walks-reaching-20", "safety-walk-participants"),
        "school-social-police": ("groups-met-coordinator",),
        "visible-police": (w.CHECKS, w.WEEKS_CHECKED),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(themes)), min_size=1, max_size=2, unique=True))
    code = draw(st.sampled_from([None, None, "own"]))
    listed = draw(st.sampled_from([None, None, _LISTED, ("commitments-fulfilled/annex",)]))
    annexes = tuple(
        Annex(
            theme,
            annexed,
            tuple(Goal(indicator, targeted, rule, value, per, **given) for indicator in themes[theme]),
            code if theme == chosen[0] else None,
            listed if theme == chosen[-1] else None,
        )
        for theme in chosen
    )
    rhythms = draw(st.sampled_from([(), (), RHYTHMS, RHYTHMS[:1]]))
    return Agree(draw(st.sampled_from(["one", "two"])), valid, areas, annexes, rhythms)

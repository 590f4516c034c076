"""What can happen to a small world besides activities: definitions, roles, terms, commitments and observations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from hypothesis import strategies as st

from shared.catalogue.municipal_definitions import MODELS, DefinitionKind
from shared.db.locks import share_area_hierarchy
from shared.domain.activity import Span
from shared.domain.commitment import Commitment, Decision, FulfilledBy
from shared.domain.observation import Observation
from shared.domain.period import Period, PeriodType
from shared.domain.recurrence import Every, Recurrence
from shared.domain.role import RoleSpan
from shared.domain.selected_activities import SelectedActivities
from shared.domain.term import Term
from shared.facts.commitments import put_commitment
from shared.facts.municipal_definitions import SentDefinition, put_municipal_definition
from shared.facts.observations import ObservationFact, record_observation
from shared.facts.roles import put_roles
from shared.facts.terms import put_terms
from tests.indicators import world as w
from tests.indicators.world import World

MENTOR, WITH_MENTOR = "mentor", "places-with-mentor"
LAMPS = "lamps"
OWN_WITHOUT_OPINION = ("own-lamps", "own-weeks")
_WORDS = {"sv": "x", "en": "x"}
_COUNTED: dict[str, Any] = {"name": _WORDS, "definition": _WORDS, "numerator": _WORDS, "direction": "none"}


@dataclass(frozen=True)
class Define:
    """Municipalities define a role of their own, and an indicator of the places that have it, or define that anew."""

    place_kinds: tuple[str, ...]
    owner: tuple[str, ...] = (w.LANDSKRONA,)

    async def happen(self, world: World) -> None:
        state = {"unit": "count", "kind": "state", "of": {"placeKinds": self.place_kinds}, "holds": {"role": MENTOR}}
        await _define(world, DefinitionKind.ROLE, self.owner, {"code": MENTOR, "name": _WORDS})
        await _define(world, DefinitionKind.INDICATOR, self.owner, {"code": WITH_MENTOR, **_COUNTED, **state})


@dataclass(frozen=True)
class DefineShared:
    """Municipalities or their county define what is told of them and in which weeks they check, or share it further."""

    owner: tuple[str, ...]
    at_least: int

    async def happen(self, world: World) -> None:
        lamps = {"code": "own-lamps", "unit": "count", "kind": "observed", "observes": {"measure": LAMPS}}
        weeks = {
            "code": "own-weeks",
            "unit": "percent",
            "denominator": _WORDS,
            "kind": "regularity",
            "activityTypes": ["traffic-check"],
            "recurs": {"each": "week", "atLeast": self.at_least},
        }
        for said in (lamps, weeks):
            await _define(world, DefinitionKind.INDICATOR, self.owner, _COUNTED | said)


async def _define(world: World, kind: DefinitionKind, owner: tuple[str, ...], said: dict[str, Any]) -> None:
    named = {"area": owner[0]} if len(owner) == 1 else {f"areas[{index}]": code for index, code in enumerate(owner)}
    content = MODELS[kind].model_validate({"version": 1, **said})
    async with world.engine.begin() as connection:
        upload = SentDefinition(kind, said["code"], named, content)
        await put_municipal_definition(connection, world.definitions, upload, world.as_of)


@dataclass(frozen=True)
class Roles:
    """An area's roles are put anew."""

    area: str
    roles: tuple[RoleSpan, ...]

    async def happen(self, world: World) -> None:
        async with world.engine.begin() as connection:
            await share_area_hierarchy(connection)
            catalogue = await world.definitions.current(connection)
            await put_roles(connection, self.area, self.roles, catalogue, world.as_of)


@dataclass(frozen=True)
class Terms:
    """A municipality's terms are put anew."""

    municipality: str
    terms: tuple[Term, ...]

    async def happen(self, world: World) -> None:
        async with world.engine.begin() as connection:
            await put_terms(connection, self.municipality, self.terms, world.as_of)


@dataclass(frozen=True)
class Promise:
    """A commitment is made, changed or withdrawn; its days are counted from today."""

    code: str
    areas: tuple[str, ...]
    times: int
    due_in: int
    withdrawn: bool
    # In so many of its areas, 45 days ago.
    decided: int
    each_area: bool = False
    every: Every | None = None
    begun: int = 70
    selection: SelectedActivities | None = None

    def _recurrence(self, today: date) -> Recurrence | None:
        """Begin before today, so that some spans are over."""
        if self.every is None:
            return None
        return Recurrence(self.every, today - timedelta(self.begun), today + timedelta(abs(self.due_in)))

    async def happen(self, world: World) -> None:
        decisions = tuple(Decision(area, world.as_of - timedelta(45)) for area in self.areas[: self.decided])
        commitment = Commitment(
            agreement="facts",
            code=self.code,
            annex=None,
            is_promise=self.code == "visits" or self.times > 1,
            party="Staden",
            wording="Vi gör det.",
            wording_en=None,
            times=self.times,
            areas=self.areas,
            due_on=None if self.every else world.as_of + timedelta(self.due_in),
            withdrawn_on=world.as_of if self.withdrawn else None,
            decisions=() if self.every else decisions,
            is_each_area=self.each_area,
            recurrence=self._recurrence(world.as_of),
            fulfilled_by=FulfilledBy.SELECTION if self.selection else FulfilledBy.ACTIVITIES,
            selection=self.selection,
        )
        async with world.engine.begin() as connection:
            await put_commitment(connection, commitment, world.as_of, world.catalogue.activity_types)


@dataclass(frozen=True)
class Observe:
    """A figure comes from elsewhere."""

    measure: str
    area: str
    period: Period
    figure: int | None
    is_final: bool

    async def happen(self, world: World) -> None:
        observation = Observation(
            source="story",
            measure=self.measure,
            code="",
            area=self.area,
            period=self.period,
            numerator=None if self.figure is None else Decimal(self.figure),
            denominator=Decimal(100) if self.figure is not None and self.measure == w.FEELS_SAFE else None,
            status="missing" if self.figure is None else "observed",
            finality="final" if self.is_final else "preliminary",
        )
        async with world.engine.begin() as connection:
            await record_observation(connection, ObservationFact(observation, world.ids[self.area]))


OtherEvent: TypeAlias = Define | DefineShared | Roles | Terms | Promise | Observe

_SCHOOLS = st.sampled_from([w.ALFA, w.BETA, w.GAMMA])
_DAYS = st.dates(date(2015, 12, 1), date(2017, 2, 28))


@st.composite
def roles(draw: st.DrawFn) -> Roles:
    first = draw(_DAYS)
    last = draw(st.one_of(st.none(), st.integers(0, 200).map(lambda days: first + timedelta(days))))
    later = [] if last is None else [RoleSpan("contact-officer", last + timedelta(40), None, draw(st.integers(0, 2)))]
    spans = (
        *draw(st.sampled_from([(), (RoleSpan(MENTOR, first, last, None),)])),
        RoleSpan("contact-officer", first, last, draw(st.integers(0, 2))),
        *later,
        RoleSpan("contact-officer-school", draw(_DAYS), None, None),
    )
    return Roles(draw(_SCHOOLS), spans[: draw(st.integers(0, len(spans)))])


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    first = draw(st.dates(date(2015, 12, 20), date(2016, 2, 20)))
    spring = Term("Våren", Span(first, draw(st.dates(date(2016, 4, 1), date(2016, 6, 20)))))
    autumn = Term("Hösten", Span(draw(st.dates(date(2016, 8, 10), date(2016, 9, 20))), date(2016, 12, 20)))
    drawn = draw(st.sampled_from([(spring, autumn), (spring,), (autumn,), ()]))
    return Terms(draw(st.sampled_from([w.LANDSKRONA, w.HELSINGBORG])), drawn)


def promises() -> st.SearchStrategy[Promise]:
    """Return promises; another object each time, since `one_of` takes each once only."""
    return st.builds(
        Promise,
        code=st.sampled_from(["visits", "walks"]),
        areas=st.sampled_from(
            [
                (w.LANDSKRONA,),
                (w.ALFA, w.BETA),
                (w.HELSINGBORG, w.LANDSKRONA),
                (w.ALFA, w.BETA, w.GAMMA),
                (w.LANDSKRONA, w.NORTH, w.ALFA),
            ]
        ),
        times=st.integers(1, 3),
        due_in=st.one_of(st.integers(-40, 5), st.integers(-200, 200)),
        withdrawn=st.sampled_from([False, False, False, True]),
        decided=st.sampled_from([0, 1, 3]),
        each_area=st.sampled_from([False, False, True]),
        every=st.sampled_from([None, None, None, None, *Every]),
        begun=st.sampled_from([70, 70, 200, 400]),
        selection=st.sampled_from(
            [
                None,
                SelectedActivities(("school-visit", "training"), {}),
                SelectedActivities(("graffiti-cleanup",), {"contentKind": ("racist", "ordinary")}),
                SelectedActivities(("safety-walk", "training"), {}, date(2015, 11, 1), date(2016, 4, 20)),
            ]
        ),
    )


_MONTHS = st.integers(0, 16).map(lambda ahead: Period(PeriodType.MONTH, date(2015 + ahead // 12, ahead % 12 + 1, 1)))
_YEARS = st.sampled_from([Period(PeriodType.YEAR, date(year, 1, 1)) for year in (2014, 2015, 2016)])
observations = st.one_of(
    st.builds(
        Observe,
        measure=st.just(w.VANDALISM_COST),
        area=st.sampled_from([w.LANDSKRONA, w.LANDSKRONA, w.NORTH, w.SOUTH, w.SKANE]),
        period=_MONTHS,
        figure=st.one_of(st.integers(0, 9), st.none()),
        is_final=st.booleans(),
    ),
    st.builds(
        Observe,
        measure=st.just(w.FEELS_SAFE),
        area=st.sampled_from([w.LANDSKRONA, w.HELSINGBORG, w.SKANE]),
        period=_YEARS,
        figure=st.integers(0, 100),
        is_final=st.booleans(),
    ),
    st.builds(
        Observe,
        measure=st.just(LAMPS),
        area=st.sampled_from([w.LANDSKRONA, w.HELSINGBORG, w.HELSINGBORG, w.SKANE]),
        period=st.one_of(_MONTHS, _MONTHS, _YEARS),
        figure=st.one_of(st.integers(0, 9), st.none()),
        is_final=st.booleans(),
    ),
)
_BOTH = (w.LANDSKRONA, w.HELSINGBORG)
DEFINITIONS = st.one_of(
    st.builds(
        Define,
        st.sampled_from([("school",), ("school", "collaboration-area")]),
        st.sampled_from([(w.LANDSKRONA,), _BOTH, _BOTH]),
    ),
    st.builds(DefineShared, st.sampled_from([(w.LANDSKRONA,), _BOTH, _BOTH, (w.SKANE,)]), st.integers(1, 2)),
)
OTHER_EVENTS = st.one_of(roles(), roles(), terms(), observations, DEFINITIONS)

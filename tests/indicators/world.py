"""A small world for tests: three municipalities, two districts, three schools, and what can happen to them."""

# Over 300 lines: all that the tests of the worker begin with, and what they ask of it.

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import UUID

from psycopg.types.range import DateRange
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.indicators.compute import signals
from services.indicators.compute.comparisons import compare
from services.indicators.compute.figures_above import FiguresAboveKeeper
from services.indicators.compute.rebuild import RebuildDifferences, rebuild, verify
from services.indicators.compute.recompute import recompute
from services.indicators.compute.rollup import roll_up
from services.indicators.compute.signals import judge_signals
from services.indicators.compute.sweep import sweep
from shared.catalogue.loader import Catalogue
from shared.catalogue.times import TimeLimit
from shared.db.locks import change_area_hierarchy, figures_in_snapshot, second_in_snapshot
from shared.domain import agreement
from shared.domain.activity import Activity, References, Span
from shared.domain.agreement import SetTarget
from shared.domain.followed import Followed
from shared.domain.moment import Moment
from shared.domain.period import Period, PeriodType
from shared.domain.target import TargetRule
from shared.domain.target_span import Per
from shared.facts.activities import ActivityFact, RecordedActivity, erase, record
from shared.facts.agreements import put_agreement
from shared.facts.areas import Area, Parent, put_areas
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.facts.marks import ripe_scopes
from shared.facts.series import put_series
from tests.indicators.story_catalogue import story_catalogue

ALWAYS = DateRange(None, None)
LONG = Span(date(2010, 1, 1), date(2029, 12, 31))
LANDSKRONA, HELSINGBORG, STOCKHOLM = "1282", "1283", "0180"
SKANE, STOCKHOLM_COUNTY, SWEDEN = "12", "01", "SE"
SOUTH_REGION, STOCKHOLM_REGION = "police-region-syd", "police-region-stockholm"
NORTH, SOUTH = "1282-north", "1282-south"
CLEANUPS, IN_TIME, HATEFUL = "graffiti-cleanups", "graffiti-started-in-time", "hateful-graffiti-started-in-time"
VISITS, VISITED, VISITS_AS_NEEDED = "school-visits", "schools-visited", "school-visits-as-needed"
WALKS, WALKERS, REACHING_20 = "safety-walks", "safety-walk-participants", "safety-walks-reaching-20"
CHECKS, WEEKS_CHECKED = "traffic-checks", "weeks-checked"
VANDALISM_COST, FEELS_SAFE = "vandalism-cost", "feels-safe-outdoors"
GROUPS_MET, OFFICE_DAYS = "groups-met-coordinator", "mobile-office-days"
ALFA, BETA, GAMMA = "1282-alfa", "1282-beta", "1283-gamma"
GROUP, OFFICE = "1282-group", "1282-office"
AREAS = (
    *(LANDSKRONA, HELSINGBORG, STOCKHOLM, SKANE, STOCKHOLM_COUNTY, SWEDEN, NORTH, SOUTH, ALFA, BETA, GAMMA),
    *(GROUP, OFFICE),
)

# (indicator, area, period) as people write them: ("graffiti-cleanups", "1282", "2016-T1").
Key = tuple[str, str, str]
# numerator, denominator, left out
Figure = tuple[Any, Any, int]


def spot(
    code: str,
    *parents: str | tuple[str, date | None, date | None],
    kind: str = "place",
    first: date | None = None,
    following: date | None = None,
) -> Area:
    """Describe a place, or an area of another kind; a parent is a code, or a code with its first and next day."""
    place_kind = {GROUP: "collaboration-area", OFFICE: "police-office"}.get(code, "school") if kind == "place" else None
    spans = [parent if isinstance(parent, tuple) else (parent, None, None) for parent in parents]
    edges = tuple(Parent(name, DateRange(begins, ends)) for name, begins, ends in spans)
    return Area(code, kind, place_kind, code, None, DateRange(first, following), edges)


PLAIN = (
    spot(STOCKHOLM_COUNTY, SWEDEN, (STOCKHOLM_REGION, date(2015, 1, 1), None), kind="county"),
    spot(LANDSKRONA, SKANE, kind="municipality"),
    spot(HELSINGBORG, SKANE, kind="municipality"),
    spot(STOCKHOLM, STOCKHOLM_COUNTY, kind="municipality"),
    spot(NORTH, LANDSKRONA, kind="district"),
    spot(SOUTH, LANDSKRONA, kind="district"),
    spot(ALFA, LANDSKRONA),
    spot(BETA, NORTH, SOUTH),
    spot(GAMMA, HELSINGBORG),
    spot(GROUP, LANDSKRONA),
    spot(OFFICE, LANDSKRONA),
)


@dataclass(frozen=True, slots=True)
class Goal:
    """A target as a story gives it."""

    indicator: str
    area: str
    rule: TargetRule
    value: Decimal | None = None
    per: Per = Per.YEAR
    percent: Decimal | None = None
    tolerance: Decimal | None = None
    per_inhabitants: int | None = None
    baseline: str | None = None
    # Several areas together, in the place of the one.
    areas: tuple[str, ...] = ()
    # Other days than those of the annex.
    valid: Span | None = None

    def set_by(self, number: int, annex: Span) -> SetTarget:
        """Return the target as an annex sets it."""
        return SetTarget(
            number,
            self.indicator,
            None if self.areas else self.area,
            self.rule,
            self.value,
            None,
            self.per,
            self.valid or annex,
            None,
            percent=self.percent,
            tolerance=self.tolerance,
            per_inhabitants=self.per_inhabitants,
            baseline=self.baseline,
            areas=self.areas,
        )


@dataclass(frozen=True, slots=True)
class Annex:
    """An annex as a story gives it."""

    theme: str
    valid: Span
    goals: tuple[Goal, ...] = ()
    code: str | None = None
    # What it follows, as "trainings/all"; None: its theme's list.
    listed: tuple[str, ...] | None = None

    @property
    def indicators(self) -> tuple[Followed, ...] | None:
        return None if self.listed is None else tuple(Followed(*one.split("/")) for one in self.listed)


YEAR_2016 = Span(date(2016, 1, 1), date(2016, 12, 31))
ATTRACTIVE = Annex("attractive-city", YEAR_2016)
SCHOOLS = Annex("contact-officers", YEAR_2016)


@dataclass
class World:
    """Writes facts as the API would, lets the worker's code run, and reads the figures."""

    engine: AsyncEngine
    catalogue: Catalogue = field(default_factory=story_catalogue)
    ids: dict[str, int] = field(default_factory=dict)
    as_of: date = date(2016, 12, 30)
    agreement_id: int = 0
    figures_above: FiguresAboveKeeper | None = None
    midnight: asyncio.Lock = field(default_factory=asyncio.Lock)
    _current: tuple[Catalogue, CatalogueInForce] | None = None

    async def begin(self) -> World:
        """Put the areas, the series, and one agreement without annexes that all facts belong to."""
        await self.forget()
        async with self.engine.begin() as connection:
            await put_series(connection, self.catalogue, self.as_of)
            ids = text("SELECT code, area_id FROM area WHERE code = ANY(:codes)")
            rows = await connection.execute(ids, {"codes": list(AREAS)})
            self.ids = {row.code: row.area_id for row in rows}
        await self.agree("facts", LONG, [SWEDEN])
        async with self.engine.begin() as connection:
            one = await connection.execute(text("SELECT agreement_id FROM agreement WHERE code = 'facts'"))
            self.agreement_id = one.scalar_one()
        return self

    def fact(
        self,
        external_id: str,
        activity_type: str,
        area: str,
        *,
        status: str = "performed",
        participants: Mapping[str, int] | None = None,
        attributes: Mapping[str, str] | None = None,
        version: int | None = None,
        changed_at: Any = None,
        row: int | None = None,
        source: str = "story",
        count: int = 1,
        **moments: date | None,
    ) -> ActivityFact:
        """Return an activity as it comes out of the checks."""
        activity = Activity(
            source,
            external_id,
            activity_type,
            "facts",
            None,
            area,
            status,
            {name: Moment(day) for name, day in moments.items() if day is not None},
            participants=dict(participants or {}),
            attributes=dict(attributes or {}),
            count=count,
            version=version,
            changed_at=changed_at,
        )
        setting = References(self.agreement_id, LONG, None, self.ids[area], "school", (LONG,), (LONG,))
        return ActivityFact(activity, self.catalogue.activity_types[activity_type], setting, row)

    @property
    def deadlines(self) -> Mapping[str, Sequence[TimeLimit]]:
        """Return the time limits of every activity type."""
        return self.catalogue.deadlines

    async def record(self, external_id: str, activity_type: str, area: str, **fields: Any) -> RecordedActivity:
        """Record one activity, new or corrected, in a transaction of its own."""
        async with self.engine.begin() as connection:
            return await self.record_with(connection, self.fact(external_id, activity_type, area, **fields))

    async def record_for(self, commitments: Sequence[str], *named: str, **fields: Any) -> RecordedActivity:
        """Record one activity in the same way, for those of the commitments that there are."""
        fact = self.fact(*named, **fields)
        async with self.engine.begin() as connection:
            await change_area_hierarchy(connection)  # else one may be made meanwhile
            rows = await connection.execute(_COMMITMENTS, {"codes": list(commitments)})
            setting = replace(fact.setting, commitment_ids=tuple(rows.scalars()))
            return await self.record_with(connection, replace(fact, setting=setting))

    async def record_with(self, connection: AsyncConnection, fact: ActivityFact) -> RecordedActivity:
        return await record(connection, fact, self.deadlines, self.as_of)

    async def erase(self, external_id: str) -> bool:
        """Delete an activity if it is there."""
        async with self.engine.begin() as connection:
            found = await connection.execute(
                text("SELECT activity_id FROM activity WHERE external_id = :id"), {"id": external_id}
            )
            activity_id: UUID | None = found.scalar_one_or_none()
            return activity_id is not None and await erase(connection, activity_id, self.as_of)

    async def put(self, *areas: Area) -> None:
        """Put areas."""
        async with self.engine.begin() as connection:
            await put_areas(connection, areas)

    async def agree(
        self, code: str, valid: Span, areas: Sequence[str], *annexes: Annex, rhythms: tuple[PeriodType, ...] = ()
    ) -> None:
        """Put an agreement as it is now to be."""
        targets = tuple(
            goal.set_by(number, annex.valid) for number, annex in enumerate(annexes, 1) for goal in annex.goals
        )
        parts = tuple(
            agreement.Annex(number, annex.theme, "x", None, annex.valid, "", (), (), (), annex.code, annex.indicators)
            for number, annex in enumerate(annexes, 1)
        )
        whole = agreement.Agreement(code, "x", None, (), valid, None, tuple(areas), rhythms, parts, targets)
        async with self.engine.begin() as connection:
            await put_agreement(connection, self.definitions, whole, self.as_of)

    @property
    def definitions(self) -> CatalogueInForce:
        """The catalogue, as the worker holds it."""
        if self._current is None or self._current[0] is not self.catalogue:
            self._current = (self.catalogue, CatalogueInForce(self.catalogue))
        return self._current[1]

    def clock(self) -> date:
        """Tell the world's day."""
        return self.as_of

    async def sweep(self) -> None:
        """Let a worker look once."""
        await sweep(self.engine, self.definitions, self.clock, seconds=30)

    async def roll_up(self) -> None:
        """Let the pass for the levels above run once."""
        async with self.engine.begin() as connection:
            await roll_up(connection, self.definitions, self.clock, self.figures_above)
            await compare(connection, self.clock)
        await judge_signals(self.engine.begin, self.clock)

    async def crash(self) -> None:
        """Let a worker do everything but commit."""
        async with self.engine.connect() as connection:
            await recompute(connection, self.definitions, await ripe_scopes(connection, self.as_of, 64), self.clock)
            await roll_up(connection, self.definitions, self.clock)
            await compare(connection, self.clock)
            await judge_signals(lambda: nullcontext(connection), self.clock)
            await connection.rollback()

    async def forget(self) -> None:
        """Return to a world where nothing has happened yet."""
        async with self.engine.begin() as connection:
            if (await connection.execute(_IS_CLOSED)).scalar_one():
                await connection.execute(text("TRUNCATE closed_value, closed_definition, closed_note"))
            for table in _HAPPENED:
                await connection.execute(text(f"DELETE FROM {table}"))
            await put_areas(connection, PLAIN)

    async def settle(self, as_of: date | None = None) -> None:
        """Let the worker's code run until nothing is left to do as of the day.

        Signals are judged many at a time: how many does not matter to them, and few take three times as long.
        """
        self.as_of = as_of or self.as_of
        for _ in range(40):
            await self.sweep()
            with patch.object(signals, "MOST_YEARS", signals.MOST_AT_ONCE):
                await self.roll_up()
            async with self.engine.begin() as connection:
                left = (await connection.execute(_LEFT, {"as_of": self.as_of})).one()
            if not left.marks and not left.rollups and not left.comparisons and not left.signals:
                return
        raise AssertionError(f"never quiet: {left}")

    async def figures(self, *, only: str | None = None) -> dict[Key, Figure]:
        """Return the read model, or one indicator of it."""
        async with self.engine.begin() as connection:
            rows = await connection.execute(_FIGURES)
            return {
                (row.indicator_code, row.code, period(row.period_type, row.period_start)): (
                    row.numerator,
                    row.denominator,
                    row.left_out,
                )
                for row in rows
                if only in (None, row.indicator_code)
            }

    async def figure(self, indicator: str, area: str, code: str) -> Figure | None:
        """Return one figure, or None where there is no row."""
        return (await self.figures(only=indicator)).get((indicator, area, code))

    async def existing_figure(self, indicator: str, area: str, code: str) -> Figure:
        """Return one figure, of which there must be a row."""
        found = await self.figure(indicator, area, code)
        assert found is not None, (indicator, area, code)
        return found

    async def column(self, name: str, indicator: str, area: str, code: str) -> Any:
        """Return another column of one value."""
        async with self.engine.begin() as connection:
            rows = await connection.execute(_FIGURES)
            for row in rows.mappings():
                if (row["indicator_code"], row["code"]) == (indicator, area) and code == period(
                    row["period_type"], row["period_start"]
                ):
                    return row[name]
        raise AssertionError(f"no value of {indicator} for {area} in {code}")

    async def rebuild(self) -> RebuildDifferences:
        """Make everything afresh, by two connections."""
        async with figures_in_snapshot(self.engine) as first, second_in_snapshot(self.engine, first) as second:
            return await rebuild(first, await self.definitions.current(first), self.as_of, second=second)

    async def verify(self) -> RebuildDifferences:
        """Return what a rebuild would change."""
        async with figures_in_snapshot(self.engine) as connection:
            return await verify(connection, await self.definitions.current(connection), self.as_of)


def period(kind: str, start: date) -> str:
    """Write a period as people do."""
    return Period(PeriodType(kind), start).code


_HAPPENED = (
    *("closed_area_period", "later_value", "agreement_period_step", "ready_annex", "agreement_period"),
    *("activity", "target", "commitment", "annex", "reporting", "area_role", "term_span"),
    *("term_month", "observation", "municipal_definition", "day_rollover", "comparison", "comparison_mark"),
    *("signal", "signal_mark", "indicator_note", "note_removal", "series_break"),
    *(
        "fact_removal",
        "area_rhythm",
        "dirty_mark",
        "rollup_mark",
        "postponed_scope",
        "cell",
        "ancestor_set_total",
        "indicator_value",
    ),
    "agreement_area USING agreement WHERE agreement.agreement_id = agreement_area.agreement_id AND code <> 'facts'",
    "agreement WHERE code <> 'facts'",
    "indicator_series WHERE defining_area_ids IS NOT NULL",
)
# What reads a table is planned anew once that has been truncated.
_IS_CLOSED = text(
    """SELECT EXISTS (SELECT FROM closed_value) OR EXISTS (SELECT FROM closed_definition)
           OR EXISTS (SELECT FROM closed_note)"""
)
_COMMITMENTS = text("SELECT commitment_id FROM commitment WHERE code = ANY(:codes)")
_LEFT = text(
    """SELECT (SELECT count(*) FROM dirty_mark WHERE ripens_on <= :as_of) AS marks,
              (SELECT count(*) FROM rollup_mark) AS rollups, (SELECT count(*) FROM comparison_mark) AS comparisons,
              (SELECT count(*) FROM signal_mark) AS signals,
              (SELECT count(*) FROM postponed_scope) AS postponed"""
)
_FIGURES = text(
    """SELECT indicator_code, code, indicator_value.*
       FROM indicator_value JOIN indicator_series USING (series_id) JOIN area USING (area_id)"""
)

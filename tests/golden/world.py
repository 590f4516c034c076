"""What every case begins with (world.yaml), and how the facts of a stage go in: through the real checks and writers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import yaml
from psycopg.types.range import DateRange
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.catalogue.loader import Catalogue, shipped_catalogue
from shared.domain import activity as domain_activity
from shared.domain import agreement as domain_agreement
from shared.domain import commitment as domain_commitment
from shared.domain import followed as domain_followed
from shared.domain import observation as domain_observation
from shared.domain.activity import MOMENT_NAMES, Span
from shared.domain.commitment import FulfilledBy
from shared.domain.period import Period
from shared.domain.recurrence import Recurrence
from shared.domain.role import RoleSpan
from shared.domain.selected_activities import SelectedActivities
from shared.domain.term import Term as DomainTerm
from shared.facts import activities, areas, commitments, observations, roles, terms
from shared.facts.agreements import put_agreement
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.facts.references import Reference, find_references
from tests.golden import case
from tests.golden.case import (
    HERE,
    Activity,
    Agreement,
    Annex,
    Area,
    CasePart,
    Commitment,
    Followed,
    Observation,
    Parent,
    Role,
    Stage,
    Target,
    Term,
)

_ID = text("SELECT area_id FROM area WHERE code = :code")
_ACTIVITY = text("SELECT activity_id FROM activity WHERE external_id = :external_id")


class World(CasePart):
    """Areas and agreements that are there in every case, and one performed activity of every type."""

    areas: tuple[Area, ...]
    agreements: tuple[Agreement, ...]
    besides: tuple[Activity, ...]


@cache
def the_world() -> World:
    """Return world.yaml."""
    return World.model_validate(yaml.load((HERE / "world.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader))


async def begin(connection: AsyncConnection) -> None:
    """Put the areas and agreements of the world."""
    await _put_areas(connection, the_world().areas)
    for agreement in the_world().agreements:
        await _put_agreement(connection, shipped_catalogue(), agreement, date(2016, 12, 31))


def besides(activity_types: Iterable[str]) -> Stage:
    """Return an activity of each of the other types: the near misses of every indicator made of activities."""
    others = tuple(one for one in the_world().besides if one.type not in activity_types)
    return Stage(activities=others)


@dataclass(frozen=True)
class Teller:
    """Writes the facts of a stage as of its day."""

    connection: AsyncConnection
    catalogue: Catalogue

    async def tell(self, stage: Stage) -> None:
        """Write all facts of a stage. Raises AssertionError where a check would refuse one."""
        await _put_areas(self.connection, stage.areas)
        for agreement in stage.agreements:
            await _put_agreement(self.connection, self.catalogue, agreement, stage.as_of)
        await self._put_terms(stage.terms, stage.as_of)
        await self._put_roles(stage.roles, stage.as_of)
        for commitment in stage.commitments:
            await commitments.put_commitment(
                self.connection, _commitment(commitment), stage.as_of, self.catalogue.activity_types
            )
        await self._record(stage.activities, stage.as_of)
        for external_id in stage.erased:
            found = await self.connection.execute(_ACTIVITY, {"external_id": external_id})
            assert await activities.erase(self.connection, found.scalar_one(), stage.as_of)
        for observation in stage.observations:
            await self._observe(observation)

    async def _put_terms(self, entry: Iterable[Term], today: date) -> None:
        by_area: dict[str, list[DomainTerm]] = defaultdict(list)
        for term in entry:
            by_area[term.area].append(DomainTerm(f"from {term.valid_from}", Span(term.valid_from, term.valid_to)))
        for code, spans in by_area.items():
            await terms.put_terms(self.connection, code, spans, today)

    async def _put_roles(self, entry: Iterable[Role], today: date) -> None:
        by_area: dict[str, list[RoleSpan]] = defaultdict(list)
        for role in entry:
            by_area[role.area].append(RoleSpan(role.role, role.valid_from, role.valid_to, role.need))
        for code, spans in by_area.items():
            await roles.put_roles(self.connection, code, spans, self.catalogue, today)

    async def _record(self, entry: Iterable[Activity], today: date) -> None:
        references = {_reference(activity) for activity in entry}
        known = await find_references(self.connection, references)
        limits = self.catalogue.deadlines
        for activity in entry:
            content, activity_type = _activity(activity), self.catalogue.activity_types[activity.type]
            setting = known.of(_reference(activity))
            assert not isinstance(setting, list), (activity.id, setting)
            assert not domain_activity.check(content, activity_type, setting, today), activity.id
            await activities.record(
                self.connection, activities.ActivityFact(content, activity_type, setting), limits, today
            )

    async def _observe(self, entry: Observation) -> None:
        area_id = (await self.connection.execute(_ID, {"code": entry.area})).scalar_one()
        content = domain_observation.Observation(
            entry.source,
            entry.measure,
            entry.code,
            entry.area,
            Period.parse(entry.period),
            entry.numerator,
            entry.denominator,
            entry.status,
            entry.finality,
        )
        await observations.record_observation(self.connection, observations.ObservationFact(content, area_id))


async def _put_areas(connection: AsyncConnection, entry: Iterable[Area]) -> None:
    await areas.put_areas(connection, [_area(area) for area in entry])


def _area(entry: Area) -> areas.Area:
    parents = [Parent(code=parent) if isinstance(parent, str) else parent for parent in entry.parents]
    edges = tuple(areas.Parent(parent.code, _range(parent.valid_from, parent.valid_to)) for parent in parents)
    valid = _range(entry.valid_from, entry.valid_to)
    return areas.Area(entry.code, entry.kind, entry.place_kind, entry.code, None, valid, edges)


def _range(first: date | None, last: date | None) -> DateRange:
    return DateRange(first, last and last + timedelta(days=1))


async def _put_agreement(connection: AsyncConnection, catalogue: Catalogue, entry: Agreement, today: date) -> None:
    whole = Span(entry.valid_from, entry.valid_to)
    annexes = tuple(_annex(annex, whole) for annex in entry.annexes)
    content = domain_agreement.Agreement(
        entry.code,
        entry.code,
        None,
        (),
        whole,
        None,
        entry.areas,
        entry.rhythms,
        annexes,
        tuple(_target(target, whole) for target in entry.targets),
        tuple(_followed(one) for one in entry.indicators),
    )
    await put_agreement(connection, CatalogueInForce(catalogue), content, today)


def _annex(entry: Annex, whole: Span) -> domain_agreement.Annex:
    valid = Span(entry.valid_from or whole.first, entry.valid_to or whole.last)
    listed = None if entry.indicators is None else tuple(_followed(one) for one in entry.indicators)
    return domain_agreement.Annex(
        entry.number, entry.theme, entry.theme, None, valid, "", (), (), (), entry.code, listed
    )


def _followed(entry: Followed) -> domain_followed.Followed:
    return domain_followed.Followed(entry.indicator, entry.slice)


def _target(entry: Target, whole: Span) -> domain_agreement.SetTarget:
    return domain_agreement.SetTarget(
        annex=entry.annex,
        indicator=entry.indicator,
        area=entry.area,
        rule=entry.rule,
        value=entry.value,
        upper_value=entry.upper_value,
        per=entry.per,
        valid=Span(entry.valid_from or whole.first, entry.valid_to or whole.last),
        wording=None,
        slice=entry.slice,
        percent=entry.percent,
        tolerance=entry.tolerance,
        per_inhabitants=entry.per_inhabitants,
        baseline=entry.baseline,
        areas=entry.areas,
    )


def _reference(entry: Activity) -> Reference:
    return entry.agreement, entry.annex, entry.area, entry.commitment, entry.commitments


def _activity(entry: Activity) -> domain_activity.Activity:
    moments = (entry.start, entry.end, entry.reported, entry.police_reported, entry.completed)
    return domain_activity.Activity(
        "golden",
        entry.id,
        entry.type,
        entry.agreement,
        entry.annex,
        entry.area,
        entry.status,
        {name: moment for name, moment in zip(MOMENT_NAMES, moments, strict=True) if moment is not None},
        participants=entry.participants,
        attributes=entry.attributes,
        count=entry.count,
        commitment=entry.commitment,
        commitments=entry.commitments,
    )


def _commitment(entry: Commitment) -> domain_commitment.Commitment:
    return domain_commitment.Commitment(
        entry.agreement,
        entry.code,
        entry.annex,
        entry.promise,
        "golden",
        entry.code,
        None,
        entry.times,
        entry.areas,
        entry.due_on,
        entry.withdrawn_on,
        tuple(domain_commitment.Decision(decision.area, decision.fulfilled_on) for decision in entry.decisions),
        is_each_area=entry.each_area,
        recurrence=_recurrence(entry.recurrence),
        fulfilled_by=FulfilledBy.SELECTION if entry.selection else FulfilledBy.ACTIVITIES,
        selection=_selected(entry.selection),
    )


def _recurrence(entry: case.Recurrence | None) -> Recurrence | None:
    return None if entry is None else Recurrence(entry.every, entry.first, entry.until)


def _selected(entry: case.Selection | None) -> SelectedActivities | None:
    if entry is None:
        return None
    return SelectedActivities(entry.activity_types, entry.attributes, entry.first, entry.to)

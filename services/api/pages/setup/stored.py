"""What a municipality has of all that a template can say: to name it, to count it, and to tell what would change."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import text

from services.api.agreements import queries as agreements
from services.api.commitments import queries as commitments
from services.api.http.responses import Page
from shared.db.access import may_administer
from shared.db.codes import get_agreement_id
from shared.db.territories import FiguresAbove, acting_for
from shared.domain.errors import UnknownArea
from shared.domain.role import RoleSpan
from shared.facts.areas import Area, find_areas
from shared.facts.roles import codes_around
from shared.facts.terms import find_terms
from shared.people import people

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.domain.term import Term
    from shared.people.people import InvitedPerson

# In the order in which they are shown.
PARTS: Final = ("agreement", "annexes", "targets", "commitments", "places", "roles", "terms", "people")
_ALL: Final = Page(1, 10_000)
_LENGTH_OF_KEY: Final = 16
# What is counted while people report says nothing of what was promised.
_COUNTED_MEANWHILE: Final = frozenset({"progress", "dueOn", "status"})

_MUNICIPALITIES = text(
    """SELECT area_id, code, name FROM area
       WHERE kind = 'municipality' AND (upper(valid) <= CAST(:today AS date)) IS NOT TRUE ORDER BY name_sort_key"""
)
_INSIDE = text(
    """SELECT DISTINCT code FROM area_closure JOIN area ON area.area_id = descendant_id
       WHERE ancestor_id = :area_id AND descendant_id <> :area_id ORDER BY code"""
)
# Those that are about the municipality and about nothing else: others are not one municipality's to replace.
_AGREEMENTS = text(
    """SELECT code FROM agreement JOIN agreement_area USING (agreement_id)
       GROUP BY code HAVING array_agg(area_id) = ARRAY[CAST(:area_id AS integer)] ORDER BY code"""
)
_ROLES = text(
    """SELECT area.code, role, lower(area_role.valid) AS first, upper(area_role.valid) - 1 AS last, need
       FROM area_role JOIN area USING (area_id) WHERE area.code = ANY(:codes) ORDER BY 1, 2, 3"""
)
_TAKEN = text(
    "SELECT code FROM area WHERE code LIKE :beginning UNION SELECT code FROM agreement WHERE code LIKE :alike"
)


class MunicipalityInSetup(NamedTuple):
    """A municipality that somebody sets up."""

    area_id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of a municipality; agreements whole, with their commitments by code."""

    municipality: MunicipalityInSetup
    around: frozenset[str]
    areas: Mapping[str, Area]
    agreements: Mapping[str, Mapping[str, Any]]
    commitments: Mapping[str, Mapping[str, Mapping[str, Any]]]
    roles: Mapping[str, tuple[RoleSpan, ...]]
    terms: tuple[Term, ...]
    people: tuple[InvitedPerson, ...]

    @property
    def latest(self) -> Mapping[str, Any] | None:
        """The agreement that ends last."""
        return max(self.agreements.values(), key=lambda one: str(one["validTo"]), default=None)

    @property
    def digest(self) -> str:
        """What is another text when anything of it is other."""
        content = [self.items(part) for part in PARTS]
        return hashlib.sha256(orjson.dumps([[*map(repr, one.items())] for one in content])).hexdigest()

    def items(self, part: str) -> dict[Hashable, object]:
        """Return what there is of a part: each by what it is known by, with all that is said of it."""
        found: dict[Hashable, object] = {}
        for code, agreement in self.agreements.items():
            if part == "agreement":
                left_out = {"annexes", "targets"}
                found[code] = {name: value for name, value in agreement.items() if name not in left_out}
            elif part == "annexes":
                found |= {(code, one["number"]): one for one in agreement["annexes"]}
            elif part == "targets":
                found |= {(code, *known_by(one)): one for one in agreement["targets"]}
            elif part == "commitments":
                found |= {(code, name): one for name, one in self.commitments[code].items()}
        match part:
            case "places":
                found = {code: _comparable(area) for code, area in self.areas.items()}
            case "roles":
                found = {(code, one.role, one.first): one for code, roles in self.roles.items() for one in roles}
            case "terms":
                found = {one.days.first: one for one in self.terms}
            case "people":
                found = {
                    (one.email.casefold(), given.role, given.area, given.annex): (one.name, given, area)
                    for one in self.people
                    for given, area in zip(one.roles, one.area_names, strict=True)
                }
        return found


def key_of(known_by: Hashable) -> str:
    """Return what an address has for a thing of a part, by what that is known by."""
    return hashlib.sha256(repr(known_by).encode()).hexdigest()[:_LENGTH_OF_KEY]


def known_by(target: Mapping[str, Any]) -> tuple[Hashable, ...]:
    """Return what a target of an agreement is known by."""
    names = ("annex", "indicator", "slice", "area", "rule", "per", "validFrom")
    return (*(target[name] for name in names), *target["areas"])


def _comparable(area: Area) -> tuple[object, ...]:
    """Return all of an area; a span without an end has several spellings."""
    parents = sorted((one.code, str(one.valid.lower), str(one.valid.upper)) for one in area.parents)
    return area.kind, area.place_kind, area.name, area.name_en, area.valid.lower, area.valid.upper, parents


async def municipalities(connection: AsyncConnection, today: date) -> list[MunicipalityInSetup]:
    """Return those that the visitor administers, by name."""
    rows = await connection.execute(_MUNICIPALITIES, {"today": today})
    return [MunicipalityInSetup(*row) for row in rows if may_administer(row.area_id)]


async def municipality_with(connection: AsyncConnection, code: str, today: date) -> MunicipalityInSetup:
    """Return one of them by its code.

    Raises:
        UnknownArea: there is none that the visitor administers.
    """
    for one in await municipalities(connection, today):
        if one.code == code:
            return one
    raise UnknownArea("You administer no municipality with this code.")


async def around(connection: AsyncConnection, municipality: MunicipalityInSetup) -> frozenset[str]:
    """Return the codes of a municipality and of what it lies in."""
    return await codes_around(connection, municipality.area_id)


async def taken_codes(connection: AsyncConnection, beginnings: tuple[str, str]) -> frozenset[str]:
    """Return the codes of areas and of agreements, anybody's, that begin so."""
    areas, others = (beginning.replace("_", "\\_") + "%" for beginning in beginnings)
    return frozenset((await connection.execute(_TAKEN, {"beginning": areas, "alike": others})).scalars())


async def stored_of(
    connection: AsyncConnection, municipality: MunicipalityInSetup, listed: Iterable[InvitedPerson]
) -> Stored:
    """Return what is stored of a municipality; of the people that are listed, those with a role in it."""
    area = {"area_id": municipality.area_id}
    inside = (await connection.execute(_INSIDE, area)).scalars().all()
    codes = (await connection.execute(_AGREEMENTS, area)).scalars().all()
    whole = {code: entry for code in codes if (entry := await agreements.find(connection, code)) is not None}
    roles: dict[str, tuple[RoleSpan, ...]] = {}
    for row in await connection.execute(_ROLES, {"codes": [*inside]}):
        roles[row.code] = (*roles.get(row.code, ()), RoleSpan(row.role, row.first, row.last, row.need))
    own = {municipality.code, *inside}
    return Stored(
        municipality=municipality,
        around=await around(connection, municipality),
        areas=await find_areas(connection, inside),
        agreements=whole,
        commitments={code: await _commitments(connection, code) for code in whole},
        roles=roles,
        terms=tuple(await find_terms(connection, municipality.area_id)),
        people=tuple(one for one in listed if any(given.area in own for given in one.roles)),
    )


async def listed_people(
    connection: AsyncConnection, municipality: MunicipalityInSetup, today: date
) -> list[InvitedPerson]:
    """Return the people of a municipality as who administers it sees them, and leave the transaction as it was."""
    savepoint = await connection.begin_nested()
    try:
        async with acting_for(connection, municipality.area_id, today, FiguresAbove.OPEN):
            return await connection.run_sync(people.listed)
    finally:
        await savepoint.rollback()


async def _commitments(connection: AsyncConnection, agreement: str) -> dict[str, Mapping[str, Any]]:
    agreement_id = await get_agreement_id(connection, agreement)
    found: dict[str, Mapping[str, Any]] = {}
    for entry in await commitments.entries(connection, agreement_id, None, _ALL):
        # One that recurs is due at the end of each span; another on the day that was given.
        left_out = _COUNTED_MEANWHILE if entry["recurrence"] else _COUNTED_MEANWHILE - {"dueOn"}
        found[entry["code"]] = {name: value for name, value in entry.items() if name not in left_out}
    return found

"""What the made-up activities happen in: places, agreements with every annex, roles, terms and commitments."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psycopg.types.range import DateRange
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.catalogue.indicator import THEMES
from shared.facts.areas import Area, Parent, put_areas
from shared.facts.reporting import refresh_reporting
from shared.facts.terms import derive_term_months

SEED = 1282
YEARS = 10
PLACE_KINDS = (
    *("school", "school", "school", "school", "park", "park", "park"),
    *("square", "station", "gym", "collaboration-area", "police-office"),
)
# Role, kind of area, how many areas in ten have it, and how many visits a month it needs.
ROLES = (
    ("contact-officer-school", "school", 7, None),
    ("contact-officer", "school", 5, 2),
    ("contact-person", "school", 5, None),
    ("online-abuse-plan", "school", 4, None),
    ("certified-prodis", "gym", 3, None),
    ("works-by-prodis", "gym", 5, None),
    ("active-collaboration-group", "collaboration-area", 7, None),
    ("open-to-public", "police-office", 8, None),
)
# Month and day.
TERMS = {"Vårterminen": ((1, 8), (6, 12)), "Höstterminen": ((8, 18), (12, 20))}


@dataclass(frozen=True, slots=True)
class WorldSize:
    """How many municipalities have an agreement, each with all ten annexes, and how many places lie in them.

    Figures of places are most of all figures: they follow from the number of places more than from that of activities.
    """

    municipalities: int
    places: int

    @classmethod
    def of(cls, activities: int) -> WorldSize:
        """Return the world of so many activities: a quick run has the small one."""
        return LARGE if activities >= LARGE_FROM else SMALL

    @property
    def vulnerable_areas(self) -> int:
        """How many vulnerable areas lie in the municipalities."""
        return self.places // 200


LARGE_FROM = 1_000_000
LARGE = WorldSize(municipalities=97, places=4_000)
SMALL = WorldSize(municipalities=6, places=200)


@dataclass(frozen=True, slots=True)
class Place:
    """Where activities happen: a place, or a municipality as a whole; and the agreement that covers it."""

    area_id: int
    code: str
    kind: str
    agreement_id: int
    agreement: str

    @property
    def municipality(self) -> str:
        """The code of the municipality it lies in, which every place's begins with."""
        return self.code[:4]


def first_day(today: date) -> date:
    """The first of the ten years: the last one is the year before this."""
    return date(today.year - YEARS, 1, 1)


def last_day(today: date) -> date:
    """The last of the ten years."""
    return date(today.year - 1, 12, 31)


async def make_world(connection: AsyncConnection, size: WorldSize, today: date) -> None:
    """Add the places, and for each of the municipalities an agreement that covers the ten years and this one."""
    municipalities = list((await connection.execute(_MUNICIPALITIES, {"number": size.municipalities})).scalars())
    await _make_places(connection, size, municipalities)
    years = {"first": first_day(today), "next": date(today.year + 1, 1, 1)}
    await connection.execute(_AGREEMENTS, years | {"municipalities": municipalities})
    for statement in (_AGREEMENT_AREAS, _ANNEXES, _COMMITMENTS, _COMMITMENT_AREAS):
        await connection.execute(statement, years | {"themes": list(THEMES)})
    roles, kinds, tenths, needs = (list(column) for column in zip(*ROLES, strict=True))
    given = {"roles": roles, "kinds": kinds, "tenths": tenths, "needs": needs}
    await connection.execute(_ROLES, given | {"first": first_day(today)})
    await connection.execute(_SITUATIONAL_PICTURES, years)
    await connection.execute(_TERMS, _terms(today))
    await derive_term_months(connection)
    await refresh_reporting(connection)


async def find_places(connection: AsyncConnection) -> list[Place]:
    """Return every place and municipality, those of one municipality together."""
    return [Place(*row) for row in await connection.execute(_PLACES)]


async def _make_places(connection: AsyncConnection, size: WorldSize, municipalities: Sequence[str]) -> None:
    chance = random.Random(SEED)
    weights = _weights(municipalities)
    homes = [*municipalities, *chance.choices(municipalities, weights, k=size.places - len(municipalities))]
    await put_areas(connection, [_place(number, home) for number, home in enumerate(homes)])
    vulnerable = chance.choices(municipalities, weights, k=size.vulnerable_areas)
    await put_areas(connection, [_vulnerable(number, home) for number, home in enumerate(vulnerable)])


def _weights(municipalities: Sequence[str]) -> list[float]:
    """Return how large municipalities are relative to each other: a few are far larger than most."""
    return [1 / (rank + 10) for rank in range(len(municipalities))]


def _place(number: int, municipality: str) -> Area:
    always: DateRange = DateRange(None, None)
    kind = PLACE_KINDS[number % len(PLACE_KINDS)]
    code = f"{municipality}-{kind}-{number}"
    return Area(code, "place", kind, f"Plats {number}", None, always, (Parent(municipality, always),))


def _vulnerable(number: int, municipality: str) -> Area:
    always: DateRange = DateRange(None, None)
    code = f"{municipality}-vulnerable-{number}"
    return Area(code, "vulnerable-area", None, f"Område {number}", None, always, (Parent(municipality, always),))


def _terms(today: date) -> dict[str, list[object]]:
    terms = [
        (f"{name} {year}", date(year, *first), date(year, *last))
        for year in range(first_day(today).year, today.year + 1)
        for name, (first, last) in TERMS.items()
    ]
    names, firsts, lasts = zip(*terms, strict=True)
    return {"names": list(names), "firsts": list(firsts), "lasts": list(lasts)}


_MUNICIPALITIES = text("SELECT code FROM area WHERE kind = 'municipality' ORDER BY md5(code) LIMIT :number")
_AGREEMENTS = text(
    """INSERT INTO agreement (code, title, valid)
       SELECT 'agreement-' || code, name, daterange(:first, :next) FROM area
       WHERE code = ANY(:municipalities) ORDER BY code"""
)
_AGREEMENT_AREAS = text(
    """INSERT INTO agreement_area (agreement_id, area_id)
       SELECT agreement_id, area_id FROM agreement JOIN area ON agreement.code = 'agreement-' || area.code"""
)
_ANNEXES = text(
    """INSERT INTO annex (agreement_id, number, theme, code, title, valid)
       SELECT agreement_id, number, theme, theme, theme, daterange(:first, :next)
       FROM agreement, unnest(CAST(:themes AS text[])) WITH ORDINALITY AS annex(theme, number)"""
)
# One a year of each annex, those of the first to the public. Two in three are fulfilled by a decision.
_COMMITMENTS = text(
    """INSERT INTO commitment (agreement_id, annex_number, code, is_promise, party, wording, times, due_on)
       SELECT agreement_id, number, to_char(year, '"of-"YYYY-') || number, number = 1, 'Kommunen', theme, 1,
              (year + interval '11 months')::date
       FROM annex CROSS JOIN generate_series(CAST(:first AS date), CAST(:next AS date) - 1, interval '1 year') AS year
       ORDER BY agreement_id, number, year"""
)
_COMMITMENT_AREAS = text(
    """INSERT INTO commitment_area (commitment_id, area_id, decided_on)
       SELECT commitment_id, area_id, CASE WHEN commitment_id % 3 > 0 THEN due_on - 10 END
       FROM commitment JOIN agreement_area USING (agreement_id)"""
)
# They begin one after the other over five years, so that states change.
_ROLES = text(
    """INSERT INTO area_role (area_id, role, valid, need)
       SELECT area_id, role,
              daterange((:first + interval '1 month' * (abs(hashtext(code || role)) % 60))::date, NULL), need
       FROM unnest(CAST(:roles AS text[]), CAST(:kinds AS text[]), CAST(:tenths AS integer[]),
                   CAST(:needs AS smallint[])) AS given(role, place_kind, tenths, need)
       JOIN area USING (place_kind)
       WHERE abs(hashtext(role || code)) % 10 < tenths"""
)
# A situational picture counts for a year, and is renewed after 14 months.
_SITUATIONAL_PICTURES = text(
    """INSERT INTO area_role (area_id, role, valid)
       SELECT area_id, 'situational-picture', daterange(day::date, (day + interval '14 months')::date)
       FROM area
       CROSS JOIN generate_series(CAST(:first AS date), CAST(:next AS date) - 1, interval '14 months') AS day
       WHERE kind = 'vulnerable-area'"""
)
_TERMS = text(
    """INSERT INTO term_span (area_id, valid, name)
       SELECT area_id, daterange(first, last, '[]'), term.name
       FROM area, unnest(CAST(:names AS text[]), CAST(:firsts AS date[]), CAST(:lasts AS date[]))
                  AS term(name, first, last)
       WHERE kind = 'municipality'"""
)
_PLACES = text(
    """SELECT area.area_id, area.code, coalesce(place_kind, kind), agreement_id, agreement.code
       FROM area JOIN agreement_area ON agreement_area.area_id = area.municipality_id
         JOIN agreement USING (agreement_id)
       ORDER BY area.code"""
)

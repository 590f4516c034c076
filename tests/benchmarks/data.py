"""A plausible database, the same every time: ten years of made-up activities in all of Sweden's municipalities."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import orjson
from psycopg.types.range import DateRange
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.copy import copy_rows
from shared.facts.areas import Area, Parent, put_areas
from shared.facts.reporting import refresh_reporting

SEED = 1282
SOURCE = "made-up"
YEARS = 10
PLACES = 12_000
PLACE_KINDS = ("school", "school", "park", "square", "station", "gym")
# Annex number and theme; what an activity type belongs to, how common it is, and where it happens.
ANNEXES = {3: "safety-walks", 4: "attractive-city", 6: "drug-free-gyms", 7: "contact-officers"}
GRAFFITI, VISIT, WALK, TRAINING = "graffiti-cleanup", "school-visit", "safety-walk", "training"
SHARES = {GRAFFITI: 60, VISIT: 25, WALK: 10, TRAINING: 5}
ANNEX_OF = {GRAFFITI: 4, VISIT: 7, WALK: 3, TRAINING: 6}
KINDS_OF = {
    GRAFFITI: ("school", "park", "square", "station"),
    VISIT: ("school",),
    WALK: ("park", "square", "station"),
    TRAINING: ("municipality",),
}
STATUSES = ("performed",) * 94 + ("cancelled",) * 4 + ("planned",) * 2
CONTENTS = ("ordinary",) * 90 + ("racist",) * 7 + ("sexist",) * 3
LONGEST_WAIT = 6

COLUMNS = (
    "source",
    "external_id",
    "activity_type",
    "agreement_id",
    "annex_number",
    "area_id",
    "status",
    "reported_on",
    "start_on",
    "period_on",
    "participants_residents",
    "participants_pupils",
    "participants_police",
    "participants_municipality",
    "attributes",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where activities happen: a place, or a municipality as a whole; and the agreement that covers it."""

    area_id: int
    code: str
    kind: str
    agreement_id: int
    agreement: str


@dataclass(frozen=True, slots=True)
class MadeUp:
    """One activity; `participants` are residents, pupils, police and municipality."""

    external_id: str
    type: str
    place: Place
    status: str
    reported: date | None
    start: date
    participants: tuple[int | None, int | None, int | None, int | None]
    content: str | None

    @property
    def row(self) -> tuple[object, ...]:
        """The activity in the order of COLUMNS."""
        return (
            SOURCE,
            self.external_id,
            self.type,
            self.place.agreement_id,
            ANNEX_OF[self.type],
            self.place.area_id,
            self.status,
            self.reported,
            self.start,
            self.start,
            *self.participants,
            orjson.dumps({"contentKind": self.content} if self.content else {}).decode(),
        )


def first_day(today: date) -> date:
    """The first of the ten years: the last one is the year before this."""
    return date(today.year - YEARS, 1, 1)


def last_day(today: date) -> date:
    """The last of the ten years."""
    return date(today.year - 1, 12, 31)


async def make_surroundings(connection: AsyncConnection, today: date) -> None:
    """Add the places, and for every municipality an agreement that covers the ten years and this one."""
    chance = random.Random(SEED)
    municipalities = list((await connection.execute(_MUNICIPALITIES)).scalars())
    homes = municipalities + chance.choices(municipalities, _sizes(municipalities), k=PLACES - len(municipalities))
    await put_areas(connection, [_place(number, home) for number, home in enumerate(homes)])
    parameters = {"first": first_day(today), "next": date(today.year + 1, 1, 1)}
    await connection.execute(_AGREEMENTS, parameters)
    await connection.execute(_AGREEMENT_AREAS)
    await connection.execute(_ANNEXES, parameters | {"numbers": list(ANNEXES), "themes": list(ANNEXES.values())})
    await refresh_reporting(connection)


async def copy_activities(connection: AsyncConnection, number: int, today: date) -> None:
    """Store `number` activities by COPY, past the API: nothing is marked, so a rebuild must follow."""
    activities = make_activities(await find_places(connection), number, today)
    await copy_rows(connection, "activity", COLUMNS, (activity.row for activity in activities))


async def find_places(connection: AsyncConnection) -> list[Place]:
    """Return every place and municipality, those of one municipality beside each other."""
    return [Place(*row) for row in await connection.execute(_PLACES)]


def make_activities(places: Sequence[Place], number: int, today: date) -> Iterator[MadeUp]:
    """Yield activities, more in large municipalities (they have more places) than in small ones."""
    chance = random.Random(SEED)
    first = first_day(today)
    days = (last_day(today) - first).days - LONGEST_WAIT
    at = {kind: [place for place in places if place.kind in kinds] for kind, kinds in KINDS_OF.items()}
    kinds = chance.choices(list(SHARES), list(SHARES.values()), k=number)
    for index, kind in enumerate(kinds):
        day = first + timedelta(days=int(days * chance.random()))
        wait = int(LONGEST_WAIT * chance.random() ** 2)
        place = at[kind][int(len(at[kind]) * chance.random())]
        status = STATUSES[int(100 * chance.random())]
        yield MadeUp(
            f"{index:07}",
            kind,
            place,
            status,
            day if kind == GRAFFITI else None,
            day + timedelta(days=wait),
            _participants(kind, chance),
            CONTENTS[int(100 * chance.random())] if kind == GRAFFITI else None,
        )


def _participants(kind: str, chance: random.Random) -> tuple[int | None, int | None, int | None, int | None]:
    if kind == VISIT:
        return None, int(30 * chance.random()), 1, None
    if kind == WALK:
        return int(50 * chance.random()), None, 2, 3
    if kind == TRAINING:
        return int(20 * chance.random()), 25, 1, 1
    return None, None, None, None


def _sizes(municipalities: Sequence[str]) -> list[float]:
    """Return how large municipalities are beside each other: a few are far larger than most."""
    return [1 / (rank + 10) for rank in range(len(municipalities))]


def _place(number: int, municipality: str) -> Area:
    always: DateRange = DateRange(None, None)
    kind = PLACE_KINDS[number % len(PLACE_KINDS)]
    code = f"{municipality}-{kind}-{number}"
    return Area(code, "place", kind, f"Plats {number}", None, always, (Parent(municipality, always),))


_MUNICIPALITIES = text("SELECT code FROM area WHERE kind = 'municipality' ORDER BY md5(code)")
_AGREEMENTS = text(
    """INSERT INTO agreement (code, title, valid)
       SELECT 'agreement-' || code, name, daterange(:first, :next) FROM area
       WHERE kind = 'municipality' ORDER BY code"""
)
_AGREEMENT_AREAS = text(
    """INSERT INTO agreement_area (agreement_id, area_id)
       SELECT agreement_id, area_id FROM agreement JOIN area ON agreement.code = 'agreement-' || area.code"""
)
_ANNEXES = text(
    """INSERT INTO annex (agreement_id, number, theme, title, valid)
       SELECT agreement_id, number, theme, theme, daterange(:first, :next)
       FROM agreement, unnest(CAST(:numbers AS integer[]), CAST(:themes AS text[])) AS annex(number, theme)"""
)
_PLACES = text(
    """SELECT area.area_id, area.code, coalesce(place_kind, kind), agreement_id, agreement.code
       FROM area JOIN agreement_area ON agreement_area.area_id = area.home_id JOIN agreement USING (agreement_id)
       ORDER BY area.code"""
)

"""Where something happened: a place by its name, as it is typed, among those where the person reports."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from shared.db.area_nesting import AREAS_INSIDE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.pages.texts import Translate

# A page has so many to choose from; who reports in more areas types a name, and is offered those like it.
MOST_OFFERED = 400
MOST_NEAR = 8
_IN_FORCE = "area.valid @> CAST(:day AS date)"
_PLACES = text(
    f"""SELECT area.area_id, area.code, area.name, area.kind, area.place_kind, municipality.name AS municipality
        FROM area LEFT JOIN area AS municipality ON municipality.area_id = area.municipality_id
        WHERE {_IN_FORCE}
          AND area.area_id IN ({AREAS_INSIDE})
          AND CASE WHEN cardinality(CAST(:kinds AS text[])) > 0 THEN area.place_kind = ANY(:kinds)
                   ELSE :every_kind
                        OR area.kind IN ('place', 'district', 'municipality', 'vulnerable-area', 'local-police-area')
              END
        ORDER BY (area.kind = 'place') DESC, area.name_sort_key, area.code"""
)

_ONE = text(
    """SELECT area.area_id, area.code, area.name, area.kind, area.place_kind, municipality.name AS municipality
       FROM area LEFT JOIN area AS municipality ON municipality.area_id = area.municipality_id
       WHERE area.code = :code"""
)
_HAS_ENDED = text(
    """SELECT EXISTS (SELECT FROM area JOIN area_closure ON descendant_id = area.area_id
                      WHERE ancestor_id = ANY(:areas) AND lower(area.name) = lower(:name)
                        AND upper(area.valid) <= CAST(:day AS date))"""
)


@dataclass(frozen=True, slots=True)
class ReportingPlace:
    """A place or area that can be reported on; `label` tells it from others of the same name."""

    area_id: int
    code: str
    name: str
    label: str
    place_kind: str | None = None


@dataclass(frozen=True, slots=True)
class ReportingPlaces:
    """Those where a person reports, in the order in which they are offered."""

    all: tuple[ReportingPlace, ...]

    @property
    def offered(self) -> Sequence[ReportingPlace]:
        """Those that a page offers, while a name is typed."""
        return self.all if len(self.all) <= MOST_OFFERED else ()

    @property
    def only(self) -> ReportingPlace | None:
        """The one place that there is to choose."""
        return self.all[0] if len(self.all) == 1 else None

    def with_one(self, place: ReportingPlace) -> ReportingPlaces:
        """Return these with one more."""
        return ReportingPlaces((*self.all, place))

    def by_code(self, code: str) -> ReportingPlace | None:
        """Return the place with a code."""
        return next((place for place in self.all if place.code == code), None)

    def named(self, typed: str) -> list[ReportingPlace]:
        """Return the places that are called so: by their whole label, else by their name."""
        wanted = _plain(typed)
        return [place for place in self.all if _plain(place.label) == wanted] or [
            place for place in self.all if _plain(place.name) == wanted
        ]

    def near(self, typed: str) -> list[ReportingPlace]:
        """Return the places whose names hold what is typed, or are much like it."""
        wanted = _plain(typed)
        holding = [place for place in self.all if wanted and wanted in _plain(place.label)]
        names = {_plain(place.label): place for place in self.all} | {_plain(place.name): place for place in self.all}
        alike = [names[name] for name in get_close_matches(wanted, names, MOST_NEAR, 0.6)]
        return [*dict.fromkeys((*holding, *alike))][:MOST_NEAR]


async def places_of(
    connection: AsyncConnection,
    areas: Collection[int],
    kinds: Collection[str],
    day: date,
    t: Translate,
    *,
    every_kind: bool = False,
) -> ReportingPlaces:
    """Return the places in some areas on a day that have one of some kinds; where no kind is asked for, areas too.

    With `every_kind` these are also those in which nothing happens by itself, such as counties.
    """
    asked = {"areas": [*areas], "kinds": [*kinds], "day": day, "every_kind": every_kind}
    rows = (await connection.execute(_PLACES, asked)).mappings().all()
    same_names: dict[str, int] = {}
    for row in rows:
        same_names[_plain(row["name"])] = same_names.get(_plain(row["name"]), 0) + 1
    return ReportingPlaces(
        tuple(
            ReportingPlace(
                row["area_id"],
                row["code"],
                row["name"],
                _label(row, t, is_one=same_names[_plain(row["name"])] == 1),
                row["place_kind"],
            )
            for row in rows
        )
    )


async def place_with_code(connection: AsyncConnection, code: str, t: Translate) -> ReportingPlace:
    """Return a place that a stored activity names, whether or not it is still there."""
    row = (await connection.execute(_ONE, {"code": code})).mappings().one()
    return ReportingPlace(row["area_id"], row["code"], row["name"], _label(row, t, is_one=True))


async def has_ended(connection: AsyncConnection, areas: Collection[int], name: str, day: date) -> bool:
    """Tell whether a place in some areas was called so, and has ended by a day."""
    asked = {"areas": [*areas], "name": " ".join(name.split()), "day": day}
    return bool((await connection.execute(_HAS_ENDED, asked)).scalar_one())


def _label(row: Mapping[Any, Any], t: Translate, *, is_one: bool) -> str:
    name: str = row["name"]
    kind = kind_in_words(row["place_kind"] or row["kind"], t)
    if is_one and row["kind"] in {"place", "municipality"}:
        return name
    further = [part for part in (kind, row["municipality"]) if part and not is_one] or [kind]
    return f"{name} ({', '.join(part for part in further if part)})" if any(further) else name


def kind_in_words(kind: str, t: Translate) -> str:
    """Return what a kind of place or area is called; a municipality's own kinds have no word here."""
    key = f"kind.{kind}"
    return t(key) if t.knows(key) else ""


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())

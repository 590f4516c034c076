"""A plausible database, the same every time: ten years of made-up activities in all of Sweden's municipalities."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db.copy import copy_rows
from tests.benchmarks.activity_profiles import PROFILES, ActivityProfile, Items
from tests.benchmarks.fixture_world import SEED, Place, find_places, first_day, last_day

T = TypeVar("T")

SOURCE = "made-up"
STATUSES = ("performed",) * 94 + ("cancelled",) * 4 + ("planned",) * 2
LONGEST_WAIT = 6
HOURS = (12, 15)
GROUPS = ("residents", "pupils", "parents", "principals", "municipality", "police", "volunteers", "businesses")
COLUMNS = (
    "source",
    "external_id",
    "activity_type",
    "agreement_id",
    "annex_number",
    "area_id",
    "status",
    "reported_on",
    "police_reported_on",
    "start_on",
    "start_at",
    "end_on",
    "end_at",
    "period_on",
    *(f"participants_{group}" for group in GROUPS),
    "attributes",
)


@dataclass(frozen=True, slots=True)
class SyntheticActivity:
    """One activity; `participants` are in the order of GROUPS, `times` its beginning and end if it has them."""

    external_id: str
    type: str
    place: Place
    annex: int
    status: str
    reported: date | None
    police_reported: date | None
    start: date
    times: tuple[datetime, datetime] | None
    participants: Sequence[int | None]
    attributes: Mapping[str, str | Items]

    @property
    def row(self) -> tuple[object, ...]:
        """The activity in the order of COLUMNS."""
        start_at, end_at = self.times or (None, None)
        return (
            SOURCE,
            self.external_id,
            self.type,
            self.place.agreement_id,
            self.annex,
            self.place.area_id,
            self.status,
            self.reported,
            self.police_reported,
            self.start,
            start_at,
            self.start if end_at else None,
            end_at,
            self.start,
            *self.participants,
            orjson.dumps(self._content).decode(),
        )

    @property
    def document(self) -> dict[str, object]:
        """The activity as it is sent, but for its source."""
        begin, end = self.times or (self.start, None)
        moments = {"reported": self.reported, "policeReported": self.police_reported, "start": begin, "end": end}
        return {
            "externalId": self.external_id,
            "type": self.type,
            "agreement": self.place.agreement,
            "annex": self.annex,
            "area": self.place.code,
            "status": self.status,
            **{name: moment.isoformat() for name, moment in moments.items() if moment},
            "participants": {
                group: number for group, number in zip(GROUPS, self.participants, strict=True) if number is not None
            },
            "attributes": self._content,
        }

    @property
    def _content(self) -> dict[str, object]:
        return {
            name: value if isinstance(value, str) else [{"item": item, "state": state} for state, item in items(value)]
            for name, value in self.attributes.items()
        }


def items(done_of_all: Items) -> list[tuple[str, str]]:
    """Return state and text of each thing to do: so many are done, of so many."""
    done, number = done_of_all
    return [("done" if index < done else "open", f"Punkt {index}") for index in range(number)]


async def copy_activities(connection: AsyncConnection, number: int, today: date) -> None:
    """Store `number` activities by COPY, past the API: nothing is marked, so a rebuild must follow."""
    activities = make_activities(await find_places(connection), number, today)
    await copy_rows(connection, "activity", COLUMNS, (activity.row for activity in activities))


def make_activities(places: Sequence[Place], number: int, today: date) -> Iterator[SyntheticActivity]:
    """Yield activities, more in large municipalities (they have more places) than in small ones."""
    chance = random.Random(SEED)
    first = first_day(today)
    days = (last_day(today) - first).days - LONGEST_WAIT
    at = places_by_type(places)
    for index, activity_type in enumerate(types(number, chance)):
        day = first + timedelta(days=int(days * chance.random()))
        yield make_activity(f"{index:07}", activity_type, _one_of(at[activity_type], chance), day, chance)


def types(number: int, chance: random.Random) -> list[str]:
    """Return the types of so many activities, each as common as it is."""
    return chance.choices(list(PROFILES), [profile.share for profile in PROFILES.values()], k=number)


def places_by_type(places: Sequence[Place]) -> dict[str, list[Place]]:
    """Return where activities of each type happen."""
    return {name: [place for place in places if place.kind in profile.kinds] for name, profile in PROFILES.items()}


def make_activity(
    external_id: str, activity_type: str, place: Place, day: date, chance: random.Random
) -> SyntheticActivity:
    """Return an activity that was reported on a day, or took place a few days after it."""
    profile = PROFILES[activity_type]
    start = _soon_after(day, chance)
    return SyntheticActivity(
        external_id,
        activity_type,
        place,
        _one_of(profile.annexes, chance),
        _one_of(STATUSES, chance),
        day if profile.is_reported else None,
        _soon_after(day, chance) if profile.is_reported else None,
        start,
        _times(start) if profile.has_times else None,
        _participants(profile, chance),
        {name: _one_of(values, chance) for name, values in profile.attributes.items()},
    )


def _one_of(choices: Sequence[T], chance: random.Random) -> T:
    # `random.choice` takes several times as long.
    return choices[int(len(choices) * chance.random())]


def _soon_after(day: date, chance: random.Random) -> date:
    return day + timedelta(days=int(LONGEST_WAIT * chance.random() ** 2))


def _times(day: date) -> tuple[datetime, datetime]:
    first, last = (datetime(day.year, day.month, day.day, hour, tzinfo=UTC) for hour in HOURS)
    return first, last


def _participants(profile: ActivityProfile, chance: random.Random) -> list[int | None]:
    most = profile.participants
    return [int(most[group] * chance.random()) if group in most else None for group in GROUPS]

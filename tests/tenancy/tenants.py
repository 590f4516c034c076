"""Who asks: holders of keys of Landskrona, of what holds it, of what crosses or lies beside it; and who has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

import httpx
from sqlalchemy import NullPool, create_engine, text

from services.api.http.routing import BASE
from shared.db import keys
from shared.db.keys import COUNTRY, KeyScope

OWN, OTHER, COUNTY = "1282", "1284", "12"
AGREEMENTS = {OWN: "landskrona-2015-2016", OTHER: "hoganas-2016"}
OVERLAPPING, SIBLING = "local-police-area-landskrona", "local-police-area-hoganas"


class Caller(StrEnum):
    """Who asks for what is Landskrona's."""

    NOBODY = "no credential"
    BAD = "a bad one"
    EXPIRED = "an expired one"
    LESSER = "Landskrona, with a lesser scope"
    OTHER = "another municipality"
    SIBLING = "a police area beside it"
    ELSEWHERE = "an administrator of another county"
    OVERLAPPING = "a police area that holds it"
    COUNTY = "the county above"
    COUNTRY = "an administrator of the country"
    OWN = "Landskrona itself"


STRANGERS = (Caller.NOBODY, Caller.BAD, Caller.EXPIRED)
OUTSIDE = (Caller.OTHER, Caller.SIBLING, Caller.ELSEWHERE)
INSIDE = (Caller.OVERLAPPING, Caller.COUNTY, Caller.COUNTRY, Caller.OWN)
_AREAS = {
    Caller.OTHER: OTHER,
    Caller.SIBLING: SIBLING,
    Caller.ELSEWHERE: "14",
    Caller.OVERLAPPING: OVERLAPPING,
    Caller.COUNTY: COUNTY,
    Caller.COUNTRY: COUNTRY,
    Caller.OWN: OWN,
}


_YEAR = {"validFrom": "2016-01-01", "validTo": "2016-12-31"}
_AGREEMENT = {
    "code": AGREEMENTS[OTHER],
    "title": "Höganäs",
    "areas": [OTHER],
    "parties": ["Höganäs kommun", "Polisen"],
    **_YEAR,
    "annexes": [{"number": 3, "theme": "safety-walks", "title": "Trygghetsvandringar", **_YEAR}],
}


_EXPIRE = text(
    """UPDATE api_key SET expires_at = :at FROM api_key_hash AS made
       WHERE made.key_id = api_key.key_id AND key_hash = :hash"""
)


@dataclass(slots=True)
class Tenants:
    """Keys by who holds them."""

    database_url: str
    keys: dict[Caller, str] = field(default_factory=dict)
    lesser: dict[KeyScope, str] = field(default_factory=dict)

    def issue(self) -> None:
        """Make the keys of all that can have one; each may administer, but for the lesser ones."""
        for caller, area in _AREAS.items():
            self.keys[caller] = self.key(area)
        self.keys[Caller.EXPIRED] = self.key(OWN, expires_at=datetime.now(UTC) - timedelta(days=1))
        self.keys[Caller.BAD] = f"{keys.PREFIX}{'x' * (len(self.keys[Caller.OWN]) - len(keys.PREFIX))}"
        for lesser, scope in pairwise(KeyScope):
            self.lesser[scope] = self.key(OWN, scope=lesser)

    def key(
        self,
        *areas: str,
        scope: KeyScope = KeyScope.ADMINISTER,
        owner: str | None = None,
        expires_at: datetime | None = None,
    ) -> str:
        """Return a new key for areas."""
        with create_engine(self.database_url, poolclass=NullPool).begin() as connection:
            key = keys.create(connection, "test", [scope], areas, owner=owner)
            # None is made that has ended already.
            connection.execute(_EXPIRE, {"at": expires_at, "hash": keys.hash_of(key)})
            return key

    def headers(self, caller: Caller, scope: KeyScope | None = None) -> Mapping[str, str]:
        """Return what a caller sends of itself; `scope` is what the operation asks for."""
        if caller is Caller.NOBODY:
            return {}
        key = self.lesser[scope or KeyScope.READ] if caller is Caller.LESSER else self.keys[caller]
        return {"Authorization": f"Bearer {key}"}


async def put_neighbours(client: httpx.AsyncClient) -> None:
    """Put Landskrona and a municipality beside it, with a park, into a police area each."""
    await _put(client, OVERLAPPING, "local-police-area", "Lokalpolisområde Landskrona", "police-region-syd")
    await _put(client, SIBLING, "local-police-area", "Lokalpolisområde Höganäs", "police-region-syd")
    await _put(client, OWN, "municipality", "Landskrona", COUNTY, OVERLAPPING)
    await _put(client, OTHER, "municipality", "Höganäs", COUNTY, SIBLING)
    await _put(client, "1284-kulla", "place", "Kullaparken", OTHER, placeKind="park")
    (await client.put(f"{BASE}/agreements/{AGREEMENTS[OTHER]}", json=_AGREEMENT)).raise_for_status()


async def _put(client: httpx.AsyncClient, code: str, kind: str, name: str, *parents: str, **more: str) -> None:
    """Put an area; a municipality is there, and lies in its county, from always."""
    since = {parent: None if parent == COUNTY else "2015-01-01" for parent in parents}
    body = {
        "kind": kind,
        "name": name,
        "validFrom": None if kind == "municipality" else "2015-01-01",
        "parents": [{"code": parent, "validFrom": first} for parent, first in since.items()],
        **more,
    }
    (await client.put(f"{BASE}/areas/{code}", json=body)).raise_for_status()

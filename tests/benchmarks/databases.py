"""The databases of our own code: the world without activities, with so many of them, and with their figures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cli import migrations
from shared.catalogue.loader import Catalogue
from shared.db import keys
from shared.db.keys import COUNTRY, KeyScope
from shared.facts.series import put_series
from tests.benchmarks import activities, fixture_world, read_model
from tests.benchmarks.database import Database
from tests.benchmarks.database_cache import DatabaseCache
from tests.benchmarks.fixture_world import Place, WorldSize
from tests.benchmarks.servers import OURS

DATA = OURS.root / "shared"
# What is generated, and what is left to a worker.
SEEDS = ("activities", "activity_profiles", "fixture_world", "read_model", "replica")
SEED_FILES = [Path(__file__).with_name(f"{name}.py") for name in SEEDS]
IDENTITY_LENGTH = 12


class Databases:
    """Those of one world, each made when it is first asked for; none of them may be written to."""

    def __init__(
        self, cache: DatabaseCache, size: WorldSize, catalogue: Catalogue, today: date, tell: Callable[[str], None]
    ) -> None:
        self._cache = cache
        self._size = size
        self._catalogue = catalogue
        self._today = today
        self._tell = tell
        self._identity = identity(size, today)

    def world(self) -> Database:
        """Return the one with places, agreements and all that activities need."""
        return self._stored("world", 0, self._make_world)

    def facts(self, size: int) -> Database:
        """Return the one with so many activities, and no figures of them."""
        return self._stored("facts", size, lambda: self._make_facts(size))

    def figures(self, size: int) -> Database:
        """Return the one with the figures too, and the comparisons of a few indicators."""
        return self._stored("figures", size, lambda: self._make_figures(size))

    def places(self) -> list[Place]:
        """Return where activities take place."""
        return self.world().with_connection(fixture_world.find_places)

    def _stored(self, kind: str, size: int, make: Callable[[], Database]) -> Database:
        name = f"{kind}_{size}_{self._identity}"
        return self._cache.find(name) or self._cache.store(make(), name)

    def _make_world(self) -> Database:
        self._tell(f"making {self._size.places} places and {self._size.municipalities} agreements")
        made = self._cache.begin()
        migrations.upgrade(made.url)

        async def fill(connection: AsyncConnection) -> None:
            await fixture_world.make_world(connection, self._size, self._today)
            await put_series(connection, self._catalogue, self._today)

        made.with_connection(fill)
        made.run("VACUUM (ANALYZE)")
        with create_engine(made.url, poolclass=NullPool).begin() as connection:
            return replace(made, key=keys.create(connection, "benchmarks", [KeyScope.ADMINISTER], [COUNTRY]))

    def _make_facts(self, size: int) -> Database:
        made = self._cache.begin(self.world())
        self._tell(f"making {size} activities")
        made.with_connection(lambda connection: activities.copy_activities(connection, size, self._today))
        made.run("VACUUM (ANALYZE)")
        return made

    def _make_figures(self, size: int) -> Database:
        made = self._cache.begin(self.facts(size))
        self._tell(f"making the figures of {size} activities")
        read_model.fill(made, self._catalogue, self._today)
        return made


def identity(size: WorldSize, today: date) -> str:
    """Return a digest of what the databases follow from: the seed, the migrations, and the data that ships."""
    head = ScriptDirectory.from_config(migrations.configuration("")).get_current_head()
    digest = hashlib.sha256(f"{identity_of_seed(size, today)} {head}".encode())
    for file in (*sorted(DATA.rglob("*.yaml")), *sorted(DATA.rglob("*.csv"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:IDENTITY_LENGTH]


def identity_of_seed(size: WorldSize, today: date) -> str:
    """Return a digest of what is generated, whatever code computes figures of it."""
    digest = hashlib.sha256(f"{size} {fixture_world.first_day(today)}".encode())
    for file in SEED_FILES:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:IDENTITY_LENGTH]

"""What routes ask for by name: a connection, the catalogue, today's date."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Request
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.auth import KeyRing
from services.api.nudge import Nudge
from shared.catalogue.loader import Catalogue
from shared.db.locks import share_structure
from shared.domain.period import today
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Equipment:
    """What the app holds for as long as it runs; in `app.state.equipment`."""

    settings: Settings
    catalogue: CatalogueInForce
    engine: AsyncEngine
    # Other connections, each statement on its own: a read needs no BEGIN and no ROLLBACK, and waits for no import.
    reading: AsyncEngine
    # For the read model alone.
    figures: AsyncConnectionPool
    # For what clients compose themselves: it only reads, and is stopped when it takes too long.
    feed: AsyncConnectionPool
    keys: KeyRing
    nudge: Nudge
    # What resources remember, or share out, by its class: nothing here knows a resource.
    _singletons: dict[type[Any], object] = field(default_factory=dict)

    def singleton(self, kind: type[T]) -> T:
        """Return the one object of a class that this app has; it is made when it is first asked for."""
        found = self._singletons.get(kind)
        if found is None:
            found = self._singletons[kind] = kind()
        return cast("T", found)


def equipment(request: Request) -> Equipment:
    """Return what the app holds."""
    held: Equipment = request.app.state.equipment
    return held


async def transaction(request: Request) -> AsyncIterator[AsyncConnection]:
    """Yield a connection; what was done on it is committed before the answer leaves, and then the worker is nudged."""
    held = equipment(request)
    async with held.engine.begin() as connection:
        yield connection
    held.nudge.nudge()


async def reading(request: Request) -> AsyncIterator[AsyncConnection]:
    """Yield a connection for SELECTs."""
    async with equipment(request).reading.connect() as connection:
        yield connection


async def current_day() -> date:
    """Return today's date in Stockholm."""
    return today()


# Scope "function": the default would commit after the answer, which then has promised too much.
Connection = Annotated[AsyncConnection, Depends(transaction, scope="function")]
Reading = Annotated[AsyncConnection, Depends(reading, scope="function")]
Today = Annotated[date, Depends(current_day)]


async def definitions_in_force(request: Request, connection: Reading) -> Catalogue:
    """Return the definitions, those that municipalities have just added among them."""
    return await equipment(request).catalogue.current(connection)


async def definitions_held(request: Request, connection: Connection) -> Catalogue:
    """Return the definitions, which stay so until the transaction ends: for what is recorded by them."""
    await share_structure(connection)
    return await equipment(request).catalogue.current(connection)


Definitions = Annotated[Catalogue, Depends(definitions_in_force, scope="function")]
DefinitionsHeld = Annotated[Catalogue, Depends(definitions_held, scope="function")]

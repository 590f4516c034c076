"""What the app holds, and what routes ask of it by name: a connection, the catalogue, today's date."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Request
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.http.accounts import AccountSignIn
from services.api.http.auth import KeyRing
from services.api.http.rate_limits import RateLimits
from services.api.http.sessions import Sessions
from services.api.http.slots import ClientLocks, Slots
from shared import redis
from shared.catalogue.loader import Catalogue
from shared.db.access import FULL_ACCESS, acting
from shared.db.actor import current_actor
from shared.db.clock import DatabaseClock
from shared.db.locks import share_area_hierarchy
from shared.facts.catalogue_in_force import CatalogueInForce
from shared.settings import Settings
from shared.wakeup import CHANNEL

SECONDS_A_BURST_LASTS = 0.01
SECONDS_BEFORE_NEXT_TRY = 1.0
SECONDS_TO_ANSWER = 1.0

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Wakeup:
    """Asks the worker for a sweep, in the background and at most once per burst of changes."""

    def __init__(self, redis_url: str) -> None:
        self._redis = redis.client(redis_url, SECONDS_TO_ANSWER)
        self._wanted = asyncio.Event()
        self._stopping = asyncio.Event()
        self._is_down = False

    def wakeup(self) -> None:
        """Ask for figures afresh; call after the commit. Returns at once and never fails."""
        self._wanted.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Pass requests on while inside."""
        passing_on = asyncio.create_task(self._run(), name="wakeup")
        yield
        # Asked to stop, not cancelled: the Redis client can swallow a cancellation that comes while it sends.
        self._stopping.set()
        self._wanted.set()
        await passing_on

    async def _run(self) -> None:
        async with self._redis:
            while await self._wanted.wait() and not self._stopping.is_set():
                # Cleared before the message is sent: a change that commits meanwhile asks anew.
                self._wanted.clear()
                await self._pause(await self._pass_on())

    async def _pass_on(self) -> float:
        """Send the message and return how many seconds to wait before the next."""
        try:
            await self._redis.publish(CHANNEL, b"")
        except Exception as error:  # noqa: BLE001  whatever it is, it must not be the last wakeup
            self._tell_down(error)
            self._wanted.set()
            return SECONDS_BEFORE_NEXT_TRY
        self._is_down = False
        return SECONDS_A_BURST_LASTS

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    def _tell_down(self, error: Exception) -> None:
        if not self._is_down:
            text = "Redis cannot be used: %s. Figures follow when the worker looks by itself."
            logger.warning(text, redis.reason(error))
        self._is_down = True


@dataclass(frozen=True, slots=True)
class Resources:
    """The app's resources for as long as it runs; in `app.state.resources`."""

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
    sessions: Sessions
    # The ways to sign in by an account elsewhere, by the code of its issuer.
    accounts: Mapping[str, AccountSignIn]
    clock: DatabaseClock
    rate_limits: RateLimits
    # What takes as long as its client does.
    uploads: Slots
    files: Slots
    feed_answers: Slots
    wakeup: Wakeup
    # What resources remember, or share out, by its class: nothing here knows a resource.
    _singletons: dict[type[Any], object] = field(default_factory=dict)

    def singleton(self, kind: type[T]) -> T:
        """Return the one object of a class that this app has; it is made when it is first asked for."""
        found = self._singletons.get(kind)
        if found is None:
            found = self._singletons[kind] = kind()
        return cast("T", found)


def resources_of(request: Request) -> Resources:
    """Return the resources of the app."""
    resources: Resources = request.app.state.resources
    return resources


async def transaction(request: Request) -> AsyncIterator[AsyncConnection]:
    """Yield a connection; what was done on it is committed before the answer leaves, and then the worker is woken."""
    resources = resources_of(request)
    async with resources.engine.begin() as connection:
        yield connection
    resources.wakeup.wakeup()


class StructureLocks:
    """What who changes the structure waits for: another change of the same client's, then anybody's."""

    def __init__(self) -> None:
        self.clients = ClientLocks()
        self.change = asyncio.Lock()


async def structure_transaction(request: Request) -> AsyncIterator[AsyncConnection]:
    """Yield a connection as `transaction` does, on which areas, agreements and definitions can be changed.

    What follows from such a change concerns others' facts too, so it sees them all: whoever asks for it first sees that
    the caller may change what the request names (`services.api.http.authority`), and answers with nothing else.

    PostgreSQL lets one change in after the other. They wait here, each client's for each other first: those that waited
    there would have all connections, and come before whoever asks later to report an activity. A route names this one
    before others of its connections: whoever waits holds none.
    """
    resources, actor = resources_of(request), current_actor.get()
    async with AsyncExitStack() as stack:
        locks = resources.singleton(StructureLocks)
        await stack.enter_async_context(locks.clients.of(actor.id if actor else ""))
        await stack.enter_async_context(locks.change)
        with acting(FULL_ACCESS):
            connection = await stack.enter_async_context(resources.engine.begin())
        yield connection
    resources.keys.areas_changed()
    resources.wakeup.wakeup()


# For who has to do what takes long before the transaction begins.
changing_structure = asynccontextmanager(structure_transaction)


async def reading(request: Request) -> AsyncIterator[AsyncConnection]:
    """Yield a connection for SELECTs."""
    async with resources_of(request).reading.connect() as connection:
        yield connection


async def current_day(request: Request) -> date:
    """Return today's date in Stockholm, by PostgreSQL's clock."""
    return resources_of(request).clock()


async def release(reading: AsyncConnection) -> None:
    """Release the connection of a request that reads no more: what follows may take longer than others wait for one."""
    await reading.close()


# Scope "function": the default would commit after the answer, which then has promised too much.
Connection = Annotated[AsyncConnection, Depends(transaction, scope="function")]
StructureConnection = Annotated[AsyncConnection, Depends(structure_transaction, scope="function")]
Reading = Annotated[AsyncConnection, Depends(reading, scope="function")]
Today = Annotated[date, Depends(current_day)]


async def definitions_in_force(request: Request, connection: Reading) -> Catalogue:
    """Return the definitions, those that municipalities have just added among them."""
    return await resources_of(request).catalogue.current(connection)


async def locked_definitions(request: Request, connection: Connection) -> Catalogue:
    """Return the definitions, locked until the transaction ends: for what is recorded by them."""
    await share_area_hierarchy(connection)
    return await resources_of(request).catalogue.current(connection)


async def locked_structure_definitions(request: Request, connection: StructureConnection) -> Catalogue:
    """Return the definitions, locked until the transaction ends: for what is changed by them."""
    return await locked_definitions(request, connection)


Definitions = Annotated[Catalogue, Depends(definitions_in_force, scope="function")]
LockedDefinitions = Annotated[Catalogue, Depends(locked_definitions, scope="function")]
LockedStructureDefinitions = Annotated[Catalogue, Depends(locked_structure_definitions, scope="function")]

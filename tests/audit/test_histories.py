"""Histories of concurrent writers, sealers, killed processes and removals verify until something is done to them."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url, text

from shared.audit.removal import remove_payloads
from shared.audit.sealing import seal
from shared.audit.verification import Verified, verify
from shared.db.actor import Actor
from shared.db.engine import build_engine
from tests.audit.bystander import HALF_DONE
from tests.audit.tampering import TAMPERING
from tests.audit.trail import seal_all
from tests.audit.writers import Writer
from tests.extent import IS_LONG, TIMES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sqlalchemy.ext.asyncio import AsyncEngine

WRITERS, SEALERS = 3, 2
HISTORIES = range(100 * TIMES if IS_LONG else 1)
_YOUNG = text(
    """SELECT number FROM audit_entry
       WHERE number > (SELECT coalesce(max(number), 0) FROM audit_entry WHERE address = 'audit-entries')
       ORDER BY number"""
)
ARCHIVIST = Actor("commands/audit", "samverkan audit")

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]


@pytest.mark.parametrize("seed", HISTORIES)
async def test_a_history_verifies_and_whatever_is_done_to_it_is_found(
    seed: int, fresh_database: Callable[[], str], administer: Callable[[str], None]
) -> None:
    url, chance = fresh_database(), random.Random(seed)
    engine = build_engine(url, connections=WRITERS + SEALERS + 2)
    try:
        await seal_all(engine)
        began = await _sealed(engine)
        writers = [Writer(engine, number, chance) for number in range(WRITERS)]
        removed = await _write_while_others_seal(engine, url, writers, chance)
        await seal_all(engine)
        await _refuse_to_differ(engine, writers, began, lacking=removed)
        for kind, statements in TAMPERING.items():
            await _tamper(engine, kind, statements, chance)
        assert (await _verified(engine)).finding is None
    finally:
        await engine.dispose()
        administer(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


async def _write_while_others_seal(engine: AsyncEngine, url: str, writers: list[Writer], chance: random.Random) -> int:
    """Let all work at once; return how many entries have lost what they said."""
    is_over, removed = asyncio.Event(), 0
    sealing = [asyncio.create_task(_keep_sealing(engine, is_over)) for _ in range(SEALERS)]
    writing = asyncio.gather(*(writer.run(chance.randint(4, 10)) for writer in writers))
    for work in chance.sample(("write", "seal"), 2):
        async with _killed(work, url):
            await asyncio.sleep(chance.random() * 0.05)
        if chance.random() < 0.5:
            async with engine.begin() as connection:
                removed += await remove_payloads(connection, datetime.now(UTC), ARCHIVIST)
    await writing
    # What is written now keeps its payload.
    await asyncio.gather(*(writer.run(3) for writer in writers))
    is_over.set()
    await asyncio.gather(*sealing)
    return removed


async def _keep_sealing(engine: AsyncEngine, is_over: asyncio.Event) -> None:
    while not is_over.is_set():
        async with engine.begin() as connection:
            await seal(connection)
        await asyncio.sleep(0.005)


@asynccontextmanager
async def _killed(work: str, url: str) -> AsyncIterator[None]:
    """Have another process do half of something, and kill it afterwards."""
    command = (sys.executable, "-m", "tests.audit.bystander", work, url)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == HALF_DONE
    yield
    process.send_signal(signal.SIGKILL)
    await process.wait()


async def _refuse_to_differ(engine: AsyncEngine, writers: list[Writer], began: int, *, lacking: int) -> None:
    """See that the trail has each write that was committed once, and no other; and that its numbers have no gap."""
    verified = await _verified(engine)
    assert verified.finding is None
    assert verified.without_payload == lacking
    async with engine.connect() as connection:
        statement = text(
            "SELECT actor, operation, address FROM audit_entry WHERE number > :began AND address <> 'audit-entries'"
        )
        entries = Counter(map(tuple, await connection.execute(statement, {"began": began})))
        numbers = (await connection.execute(text("SELECT number FROM audit_seal ORDER BY number"))).scalars().all()
    committed = Counter(one for writer in writers for one in writer.committed)
    assert entries <= committed
    # Those that are gone are at most those that were removed, some of which were there from the start.
    assert (committed - entries).total() <= lacking
    assert lacking or entries == committed
    assert numbers == [*range(1, verified.head.number + 1)]


async def _tamper(engine: AsyncEngine, kind: str, statements: tuple[str, ...], chance: random.Random) -> None:
    """Do something to an entry that keeps its payload, see that it is found there, and take it back.

    Were the entry of a removal tampered with, the first fault would be that older ones lack their payload.
    """
    async with engine.connect() as connection, connection.begin() as transaction:
        entries = (await connection.execute(_YOUNG)).scalars().all()
        number = chance.choice(entries[:-1])
        for statement in statements:
            await connection.execute(text(statement.replace('"revision":', '"revision"\\:')), {"number": number})
        finding = (await verify(connection)).finding
        assert finding is not None, kind
        assert number <= finding.number <= entries[-1] + 1, kind
        if "in between" in kind or "added" not in kind:
            assert finding.number <= number + 1, kind
        assert finding.fault.value == kind.partition(":")[0] or "moved up" in kind, (kind, finding)
        await transaction.rollback()


async def _verified(engine: AsyncEngine) -> Verified:
    async with engine.connect() as connection:
        return await verify(connection)


async def _sealed(engine: AsyncEngine) -> int:
    return (await _verified(engine)).head.number

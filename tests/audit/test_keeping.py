"""What becomes of the trail: it is sealed once, verified by a command, and loses what old entries said."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from services.cli.main import app
from services.indicators.audit import AuditTrail
from shared.audit.sealing import Head, find_head, seal
from shared.audit.verification import EntryFault, verify
from tests.audit.trail import last_written, seal_all, written_since
from tests.audit.writers import INSERT

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


async def write(engine: AsyncEngine, *codes: str) -> None:
    """Write an import mapping by each code."""
    async with engine.begin() as connection:
        for code in codes:
            await connection.execute(INSERT, {"code": code, "content": "{}"})


async def head_of(engine: AsyncEngine) -> Head:
    async with engine.connect() as connection:
        return await find_head(connection)


async def test_nothing_is_sealed_before_what_may_still_come_before_it(engine: AsyncEngine) -> None:
    await seal_all(engine)
    head = await head_of(engine)
    async with engine.connect() as slow, slow.begin():
        await slow.execute(INSERT, {"code": "early", "content": "{}"})
        await write(engine, "late")
        async with engine.begin() as connection:
            assert await seal(connection) == 0
    await write(engine, "later")
    await seal_all(engine)
    async with engine.connect() as connection:
        statement = text("SELECT address FROM audit_entry WHERE number > :number ORDER BY number")
        sealed = (await connection.execute(statement, {"number": head.number})).scalars().all()
    assert sealed == ["import-mappings/early", "import-mappings/late", "import-mappings/later"]


async def test_one_seals_at_a_time(engine: AsyncEngine) -> None:
    await seal_all(engine)
    await write(engine, "one-at-a-time")
    async with engine.begin() as first, engine.begin() as second:
        await first.execute(text("SELECT FROM audit_head FOR UPDATE"))
        assert await seal(second) == 0
    await seal_all(engine)


async def test_the_worker_seals_logs_the_end_once_a_day_and_removes_what_is_old(
    engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    await seal_all(engine)
    await write(engine, "kept-for-a-day")
    trail = AuditTrail(days=1)
    with caplog.at_level(logging.INFO, logger="services.indicators.audit"):
        for _ in range(2):
            async with engine.begin() as connection:
                await connection.execute(text("UPDATE audit_entry SET recorded_at = recorded_at - interval '2 days'"))
                await trail.keep(connection)
    (line,) = caplog.messages
    assert line.startswith("the audit trail ends at ")
    async with engine.connect() as connection:
        left = (
            await connection.execute(text("SELECT address FROM audit_entry WHERE address <> 'audit-entries'"))
        ).scalars()
        assert [*left] == ["import-mappings/kept-for-a-day"]
        seals = (await connection.execute(text("SELECT count(*) FROM audit_seal"))).scalar_one()
    assert seals == (await head_of(engine)).number


async def test_commands_verify_and_remove(
    engine: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    await seal_all(engine)
    async with engine.begin() as connection:  # a test before has changed times
        await connection.execute(text("DELETE FROM audit_entry"))
        await connection.execute(text("DELETE FROM audit_seal"))
        await connection.execute(text("UPDATE audit_head SET number = 0, hash = ''"))
    await write(engine, "first", "second")
    await seal_all(engine)
    noted = await head_of(engine)
    code, said = await samverkan("audit", "verify", "--head", str(noted))
    assert (code, said[0]) == (0, "All 2 entries are as they were sealed.")
    assert said[-1] == f"The trail ends at {noted}"
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert (await samverkan("audit", "remove", "--before", f"{tomorrow:%Y-%m-%d}"))[0] == 2
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE audit_entry SET after = '{}' WHERE number = 2"))
    code, said = await samverkan("audit", "verify")
    assert (code, said[0].startswith("Entry 2, of 20"), said[0].endswith("as it was sealed.")) == (1, True, True)
    assert "was changed" in said[0]


async def samverkan(*arguments: str) -> tuple[int, list[str]]:
    """Run a command, and return its exit code and what it says. It has a loop of its own, and so needs a thread."""
    result = await asyncio.to_thread(CliRunner().invoke, app, [*arguments])
    return result.exit_code, result.output.splitlines()


async def test_another_chain_than_the_one_that_was_noted_is_found(engine: AsyncEngine) -> None:
    await write(engine, "noted")
    await seal_all(engine)
    head = await head_of(engine)
    async with engine.connect() as connection:
        for noted, fault in (
            (Head(head.number, b"\0" * 32), EntryFault.CHANGED),
            (Head(head.number + 1, head.hash), EntryFault.REMOVED),
        ):
            finding = (await verify(connection, noted)).finding
            assert finding is not None
            assert finding.fault is fault or finding.number <= 2  # an entry that a test before has changed


async def test_a_key_s_life_is_told_without_the_key(
    engine: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    before = await last_written(engine)
    _, lines = await samverkan("keys", "create", "--name", "a system", "--scope", "read", "--area", "1282")
    (key,) = (line for line in lines if line.startswith("smv_"))
    entry, grant = await written_since(engine, before)
    assert (await samverkan("keys", "revoke", entry.after["key_id"]))[0] == 0
    *_, revoked = await written_since(engine, before)
    assert [(one.actor, one.operation, one.resource) for one in (entry, grant, revoked)] == [
        ("commands/keys", "created", "api-clients"),
        ("commands/keys", "created", "api-clients/grants"),
        ("commands/keys", "changed", "api-clients"),
    ]
    assert revoked.before["revoked_at"] is None
    assert revoked.after["revoked_at"] is not None
    assert key not in f"{entry} {revoked}"

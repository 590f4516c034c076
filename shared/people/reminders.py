"""Whether people are written to: noted once for each occasion, and switched off by a link that needs no sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from psycopg import AsyncConnection as Psycopg
    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.db.signing import Signer

_PURPOSE = "no-reminders"
_UUID_BYTES = 16
_NOTE = text(
    """INSERT INTO reminder (person_id, occasion, subjects) VALUES (:person_id, :occasion, :subjects)
       ON CONFLICT DO NOTHING RETURNING person_id"""
)
_NOTE_SENT = text("UPDATE reminder SET sent_at = now() WHERE person_id = :person_id AND occasion = :occasion")
_FORGET = text("DELETE FROM reminder WHERE person_id = :person_id AND occasion = :occasion")
_NOTED = text("SELECT person_id FROM reminder WHERE occasion = :occasion")
_LATEST = text(
    """SELECT subject, max(sent_at) AS sent_at FROM reminder CROSS JOIN unnest(subjects) AS subject
       WHERE subjects && CAST(:subjects AS text[]) AND sent_at IS NOT NULL GROUP BY 1"""
)


async def note(connection: AsyncConnection, person_id: UUID, occasion: str, subjects: Sequence[str]) -> bool:
    """Note that a person is about to be written to; tell whether that is so for the first time on the occasion."""
    noted = {"person_id": person_id, "occasion": occasion, "subjects": [*subjects]}
    return (await connection.execute(_NOTE, noted)).one_or_none() is not None


async def note_sent(connection: AsyncConnection, person_id: UUID, occasion: str) -> None:
    """Note that the message was taken by the mail server."""
    await connection.execute(_NOTE_SENT, {"person_id": person_id, "occasion": occasion})


async def forget(connection: AsyncConnection, person_id: UUID, occasion: str) -> None:
    """Let the message be sent later: it certainly was not sent."""
    await connection.execute(_FORGET, {"person_id": person_id, "occasion": occasion})


async def noted_on(connection: AsyncConnection, occasion: str) -> set[UUID]:
    """Return the people who have been written to on an occasion."""
    return set((await connection.execute(_NOTED, {"occasion": occasion})).scalars())


async def last_sent(connection: AsyncConnection, subjects: Collection[str]) -> dict[str, datetime]:
    """Return when somebody was last reminded of each of these, of those whose people the caller may see."""
    rows = await connection.execute(_LATEST, {"subjects": [*subjects]})
    return {row.subject: row.sent_at for row in rows}


def switch_token(signer: Signer, person_id: UUID) -> str:
    """Return what lets whoever has it switch a person's reminders off, and nothing else."""
    return person_id.hex + signer.sign(_PURPOSE, person_id.bytes).hex()


def person_of_token(signer: Signer, token: str) -> UUID | None:
    """Return whose token it is; None if it is none of ours."""
    try:
        content = bytes.fromhex(token)
    except ValueError:
        return None
    person, signature = content[:_UUID_BYTES], content[_UUID_BYTES:]
    return UUID(bytes=person) if signer.has_signed(_PURPOSE, person, signature) else None


async def switch_off(connection: Psycopg[object], person_id: UUID) -> None:
    """Write to a person no more, but to sign in."""
    await connection.execute(b"SELECT switch_reminders_off(%s)", (person_id,))

"""Signs what clients bring back unchanged, such as cursors: what bears another signature was not made here."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from shared.db.tables import cursor_secret

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

SIGNATURE_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs by a secret that all processes share."""

    secret: bytes

    def sign(self, purpose: str, content: bytes) -> bytes:
        """Return the signature of a content, which holds for one purpose."""
        return hmac.digest(self.secret, purpose.encode() + b"\0" + content, "sha256")[:SIGNATURE_BYTES]

    def has_signed(self, purpose: str, content: bytes, signature: bytes) -> bool:
        """Tell whether a signature is ours."""
        return hmac.compare_digest(self.sign(purpose, content), signature)


async def read_signer(connection: AsyncConnection) -> Signer:
    """Read the secret."""
    return Signer((await connection.execute(select(cursor_secret.c.secret))).scalar_one())


class SignerInUse:
    """Holds the signer of a process, which reads the secret once."""

    def __init__(self) -> None:
        self._signer: Signer | None = None

    async def of(self, engine: AsyncEngine) -> Signer:
        """Return the signer; the database is asked the first time, by a connection of its own."""
        if self._signer is None:
            async with engine.connect() as connection:
                return await self.on(connection)
        return self._signer

    async def on(self, connection: AsyncConnection) -> Signer:
        """Return the signer to who has a connection already: who waits for a second one may wait for another such."""
        if self._signer is None:
            self._signer = await read_signer(connection)
        return self._signer

"""All that is stored about an agreement, read with the caller's access, and sent."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from services.api.http.authority import require_authority_over_agreement
from services.api.http.files import place_for_file
from shared.disclosure.archive import pieces_of_archive

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from services.api.http.dependencies import Resources


async def pieces_of(resources: Resources, code: str, client: str) -> AsyncGenerator[bytes]:
    """Yield the archive as of one moment, first an empty piece, once there is something to send.

    Raises:
        OutsideAreas: the caller does not administer all areas of the agreement.
        UnknownAgreement: no agreement has the code.
        NotReady: too many files are being sent.
    """
    with place_for_file(resources, client):
        async with resources.reading.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            await require_authority_over_agreement(connection, code)
            async with aclosing(pieces_of_archive(connection, code)) as pieces:
                async for piece in pieces:
                    yield piece

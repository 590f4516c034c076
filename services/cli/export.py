"""`samverkan export`: all that is stored about an agreement, as a file to hand out."""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing
from pathlib import Path
from typing import IO, Annotated

import typer

from services.cli.database import migrated_database
from services.cli.errors import CommandError
from shared.db.engine import build_engine
from shared.disclosure.archive import pieces_of_archive
from shared.domain.errors import UnknownAgreement


class ExportFailed(CommandError):
    """The archive cannot be written, or there is nothing to write it of."""


def export(
    agreement: Annotated[str, typer.Argument(help="The agreement's code.")],
    file: Annotated[Path, typer.Argument(help="The ZIP file to write.")],
) -> None:
    """Write all that is stored about an agreement to a ZIP file: facts, figures, reports of imports, the audit trail.

    Its README says what each file is, in Swedish and English. Nothing of other areas is in it, and no secret; but free
    text and figures of few persons are: examine it before you hand it out.
    """
    try:
        # Nobody else may read what is not examined yet.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ExportFailed(f"{file} cannot be made: {error.strerror}. Name another file.") from None
    is_whole = False
    try:
        with os.fdopen(descriptor, "wb") as archive, migrated_database() as url:
            asyncio.run(_write(url, agreement, archive))
        is_whole = True
    except UnknownAgreement as error:
        raise ExportFailed(error.detail) from None
    finally:
        if not is_whole:
            file.unlink()
    print(f"{file} has all about {agreement}. Its README.md says what the files are, and how many lines each has.")


async def _write(url: str, agreement: str, archive: IO[bytes]) -> None:
    engine = build_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            async with aclosing(pieces_of_archive(connection, agreement)) as pieces:
                async for piece in pieces:
                    archive.write(piece)
    finally:
        await engine.dispose()

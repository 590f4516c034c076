"""Forms that send a file, as multipart: taken from who is signed in, on the pages that ask for one, up to a size."""

from __future__ import annotations

import errno
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from services.api.http.dependencies import resources_of
from services.api.http.problems import BodyTooLarge, MalformedBody, NotReady
from services.api.http.slots import NoSlot
from services.api.pages.forms import LARGEST_FORM, MOST_FIELDS, Form, form_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from starlette.requests import Request

MULTIPART = "multipart/form-data"
LARGEST_FILE = 20 * 1024 * 1024
"""In bytes; a workbook of 100 000 rows has about a fifth of it."""


class TakesFile:
    """Marks a route, as one of its dependencies, whose form may send a file."""

    def __call__(self) -> None:
        """Do nothing: it is looked for before the form is read."""


@asynccontextmanager
async def reading_file(request: Request, client: str) -> AsyncIterator[Form]:
    """Yield what a form has sent, with at most one file, which is closed afterwards.

    Raises:
        BodyTooLarge: the file is larger than `LARGEST_FILE`.
        MalformedBody: it is no form.
        NotReady: too many files are being received, or there is no room for one more.
    """
    slots = resources_of(request).uploads
    try:
        with slots.taken_by(client):
            data = await _parsed(request)
    except NoSlot:
        raise NotReady("Other files are being received. Send it again in a while.", (), {"Retry-After": "10"}) from None
    try:
        # A browser sends a file without name or content where none was chosen.
        chosen = {name: value for name, value in data.multi_items() if isinstance(value, UploadFile) and value.filename}
        texts = [(name, value) for name, value in data.multi_items() if isinstance(value, str)]
        yield form_of(texts, chosen)
    finally:
        await data.close()


async def _parsed(request: Request) -> FormData:
    parser = MultiPartParser(
        request.headers, _bounded(request), max_files=1, max_fields=MOST_FIELDS, max_part_size=LARGEST_FORM
    )
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise MalformedBody("What was sent is no form in UTF-8.") from error
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise NotReady("There is no room for the file at the moment. Send it again later.", ()) from error


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > LARGEST_FILE + LARGEST_FORM:
            raise BodyTooLarge(f"A file may have up to {LARGEST_FILE} bytes.")
        yield piece

"""Files that are made while they are sent: few at once, so that other requests find connections."""

from __future__ import annotations

import logging
from contextlib import ExitStack, aclosing, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import StreamingResponse

from services.api.http.problems import NotReady
from services.api.http.slots import NoSlot
from shared.db.engine import is_unavailable, log_failure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping

    from starlette.types import Receive, Scope, Send

    from services.api.http.dependencies import Resources

_NO_HEADERS: Mapping[str, str] = {}

logger = logging.getLogger(__name__)


def attachment(name: str, ending: str) -> str:
    """Return the header of a file to keep: its name in letters that every system has, and its own (RFC 6266)."""
    words = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name.lower())
    plain = words.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{quote(words)}.{ending}"


@contextmanager
def place_for_file(resources: Resources, client: str) -> Iterator[None]:
    """Take one of the places for files that are being sent, of which a client has fewer.

    Raises:
        NotReady: there is none now.
    """
    with ExitStack() as opened:
        try:
            opened.enter_context(resources.files.taken_by(client))
        except NoSlot:
            raise NotReady("Other files are being sent. Ask again in a minute.", (), {"Retry-After": "60"}) from None
        yield


class FileInPieces(StreamingResponse):
    """A file that is made while it is sent. When the client has gone, so has the query."""

    def __init__(
        self, pieces: AsyncGenerator[bytes], media_type: str, name: str, more: Mapping[str, str] = _NO_HEADERS
    ) -> None:
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
            **more,
        }
        super().__init__(pieces, headers=headers, media_type=media_type)
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file; to HEAD only what is said of it, without making it."""
        if scope["method"] != "HEAD":
            await super().__call__(scope, receive, send)
            return
        await self._pieces.aclose()
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def stream_response(self, send: Send) -> None:
        """Send the pieces, and end what makes them however that ends.

        When PostgreSQL goes meanwhile the file has no end: so the client sees that it is not whole.
        """
        async with aclosing(self._pieces):
            try:
                await super().stream_response(send)
            except Exception as error:
                if not is_unavailable(error):
                    raise
                log_failure(logger, "the file that was being sent", error)

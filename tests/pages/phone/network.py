"""A network between a phone and the service that fails as it is set to: a small proxy of TCP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto
from threading import Thread
from typing import Self
from urllib.parse import urlsplit


class Fault(Enum):
    """What becomes of a connection."""

    NONE = auto()
    # Nobody is reached.
    AWAY = auto()
    # What is sent arrives, and the answer does not: the service has been killed in between.
    NO_ANSWER = auto()


class Network:
    """Passes connections on to the service; every other request fails while it flaps."""

    def __init__(self) -> None:
        self.fault = Fault.NONE
        self.is_flapping = False
        self._service = ("127.0.0.1", 0)
        self._requests = 0
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._pass_on, "127.0.0.1", 0), self._loop
        ).result()
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def lead_to(self, address: str) -> None:
        """Name the service."""
        parts = urlsplit(address)
        self._service = (str(parts.hostname), int(parts.port or 0))

    async def _stop(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _pass_on(self, phone: asyncio.StreamReader, to_phone: asyncio.StreamWriter) -> None:
        """Pass one request and its answer on; a phone makes another connection for the next."""
        async with _closing(to_phone):
            request = await _message(phone)
            # Only now: a browser makes connections before it needs them.
            self._requests += 1
            fault = Fault.AWAY if self.is_flapping and self._requests % 2 else self.fault
            if fault is Fault.AWAY:
                return
            service, to_service = await asyncio.open_connection(*self._service)
            async with _closing(to_service):
                to_service.write(request)
                answer = await service.read(-1)
            if fault is not Fault.NO_ANSWER:
                to_phone.write(answer)
                await to_phone.drain()


@asynccontextmanager
async def _closing(connection: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close a connection afterwards, also where it broke or the network ends, and wait until it is closed."""
    with suppress(OSError):
        try:
            with suppress(asyncio.IncompleteReadError):
                yield
        finally:
            connection.close()
            await connection.wait_closed()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Read a whole request, and have the service close the connection after its answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    length = next((int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:")), 0)
    body = await reader.readexactly(length) if length else b""
    return b"\r\n".join([lines[0], b"Connection: close", *lines[1:-2]]) + b"\r\n\r\n" + body

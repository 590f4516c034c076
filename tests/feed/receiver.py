"""A receiver of webhooks as a real HTTP server on 127.0.0.1, which behaves as well or as badly as the test asks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook

Behaviour = Callable[["Receiver", "Call", asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Call:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def message(self) -> Any:
        return json.loads(self.body)

    @property
    def message_id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """Keeps what it got, and answers by the next of its behaviours, or as it should when there is none left."""

    port: int = 0
    calls: list[Call] = field(default_factory=list)
    behaviours: list[Behaviour] = field(default_factory=list)
    server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def changes(self) -> list[Call]:
        """Return the messages of changes, each attempt by itself."""
        return [call for call in self.calls if call.message["type"] == "indicator-values.changed"]

    def values(self) -> dict[str, Any]:
        """Return what one has who applies all messages in the order in which they came."""
        values: dict[str, Any] = {}
        for call in self.calls:
            if call.message["type"] == "indicator-values.restarted":
                values.clear()
            for change in call.message["data"].get("changes", ()):
                if change["change"] == "removed":
                    values.pop(change["id"], None)
                else:
                    values[change["id"]] = change["indicatorValue"]
        return values

    def verify(self, secret: str) -> None:
        """Check every signature, as a receiver would."""
        for call in self.calls:
            Webhook(secret).verify(call.body, call.headers)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            request, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = (await reader.readexactly(int(headers["content-length"]))).decode()
            call = Call(request.split()[1], headers, body)
            self.calls.append(call)
            await (self.behaviours.pop(0) if self.behaviours else well)(self, call, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def reply(status: int, body: str = "", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


async def well(_receiver: Receiver, call: Call, writer: asyncio.StreamWriter) -> None:
    """Take the message; return a challenge's token."""
    token = call.message["data"].get("token")
    writer.write(reply(200, json.dumps({"token": token})))
    await writer.drain()


def answering(status: int, body: str = "", **headers: str) -> Behaviour:
    async def answer(_receiver: Receiver, _call: Call, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(status, body, **headers))
        await writer.drain()

    return answer


async def cut(_receiver: Receiver, _call: Call, writer: asyncio.StreamWriter) -> None:
    """Close the connection in the middle of the answer's head."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    await writer.drain()


def waiting(event: asyncio.Event) -> Behaviour:
    """Answer only when something has happened."""

    async def wait(receiver: Receiver, call: Call, writer: asyncio.StreamWriter) -> None:
        await event.wait()
        await well(receiver, call, writer)

    return wait


async def dribble(_receiver: Receiver, _call: Call, writer: asyncio.StreamWriter) -> None:
    """Send the head, and then a byte now and then, without end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def flood(_receiver: Receiver, _call: Call, writer: asyncio.StreamWriter) -> None:
    """Send more than anyone should read."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x" * 65536)
        await writer.drain()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver meanwhile."""
    receiver = Receiver()
    receiver.server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = receiver.server.sockets[0].getsockname()[1]
    yield receiver
    receiver.server.close()

"""A light client: asks for pages over a few kept-alive connections, as fast as they are answered. A process of its own.

It reads a `Load` as JSON from standard input, and writes how many answers came in a second to standard output.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import cast

import uvloop

CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Load:
    """What to ask for in turn, where, with which key, and for how long."""

    host: str
    port: int
    key: str
    paths: Sequence[str]
    seconds: float


class Connection(asyncio.Protocol):
    """Sends a request, waits for the whole answer, and sends the next, until the time is up."""

    def __init__(self, requests: Iterator[bytes], until: float) -> None:
        self.answers = 0
        self.done = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._until = until
        self._received = bytearray()
        self._length = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        """Collect an answer; once it is whole, ask again."""
        self._received += data
        if not self._length:
            self._length = length_of_answer(self._received)
        if self._length and len(self._received) >= self._length:
            self.answers += 1
            self._received.clear()
            self._length = 0
            if time.perf_counter() < self._until:
                self._transport.write(next(self._requests))
            else:
                self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell that the server ended the connection too early."""
        if not self.done.done():
            self.done.set_exception(error or ConnectionResetError("the server closed the connection"))


def length_of_answer(received: bytes | bytearray) -> int:
    """Return how many bytes an answer has with its head; 0 while the head is not there."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = bytes(received[:end]).lower()
    if b" 200 " not in head[:20] and b" 201 " not in head[:20]:
        raise RuntimeError(f"the server refuses: {bytes(received[:2000])!r}")
    _, _, length = head.partition(b"content-length: ")
    return end + 4 + int(length.partition(b"\r\n")[0])


def request(method: str, path: str, host: str, key: str, body: bytes = b"") -> bytes:
    """Return a request as it goes over the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nAccept: application/json\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


def answers_a_second(load: Load) -> float:
    """Run the load in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.load"]
    done = subprocess.run(command, input=json.dumps(asdict(load)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stdout)


async def _run(load: Load) -> float:
    requests = itertools.cycle([request("GET", path, load.host, load.key) for path in load.paths])
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    made = [
        await loop.create_connection(lambda: Connection(requests, started + load.seconds), load.host, load.port)
        for _ in range(CONNECTIONS)
    ]
    await asyncio.gather(*(connection.done for _, connection in made))
    seconds = time.perf_counter() - started
    for transport, _ in made:
        transport.close()
    return sum(connection.answers for _, connection in made) / seconds


if __name__ == "__main__":
    sys.stdout.write(str(uvloop.run(_run(Load(**json.load(sys.stdin))))))

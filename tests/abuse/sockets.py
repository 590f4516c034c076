"""Raw connections, for what no client of HTTP would send."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.abuse.service import Service, on_this_machine

ATTACKER = 66


@contextmanager
def connected(service: Service, last: int = ATTACKER, *, seconds: float = 20) -> Iterator[socket.socket]:
    """Yield a connection from an address of its own."""
    connection = connect(service, last, seconds=seconds)
    with connection:
        yield connection


def connect(service: Service, last: int = ATTACKER, *, seconds: float = 20) -> socket.socket:
    """Return a connection, to be closed."""
    source = on_this_machine(last)
    return socket.create_connection((service.host, service.port), seconds, (source, 0) if source else None)


def status_of(answer: bytes) -> int | None:
    """Return the status of an answer, or None if the connection was closed without one."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


def exchange(service: Service, sent: bytes, last: int = ATTACKER) -> bytes:
    """Send bytes on a connection of their own, and return all that comes until the server closes or is silent."""
    with connected(service, last, seconds=5) as connection:
        with suppress(OSError):  # it may be refused before all is sent
            connection.sendall(sent)
        return received(connection)


def received(connection: socket.socket) -> bytes:
    """Return all that comes until the server closes or is silent."""
    whole = bytearray()
    with suppress(OSError):
        while piece := connection.recv(65536):
            whole += piece
            if whole.startswith(b"HTTP/1.1 ") and _is_whole(bytes(whole)):
                break
    return bytes(whole)


def seconds_until_closed(connection: socket.socket, most: float) -> float:
    """Return how long the server leaves a connection open, whatever it says meanwhile."""
    started_at = time.monotonic()
    connection.settimeout(most)
    with suppress(ConnectionError):
        while connection.recv(65536):
            pass
    return time.monotonic() - started_at


def request(path: str = "/health/live", headers: dict[str, str] | None = None, method: str = "GET") -> bytes:
    """Return a request without a body."""
    fields = {"Host": "samverkan.example", **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(end) and bool(lengths) and len(body) >= int(lengths[0])

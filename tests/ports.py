"""A TCP port for a server that must be named its port."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

# Below those that systems give to connections, and to servers that ask for any port.
PORTS = range(15_000, 32_000)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing uses.

    Until the server starts, no connection gets it, nor does a server that asks for any port.
    """
    while True:
        port = random.SystemRandom().choice(PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port

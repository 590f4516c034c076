"""The API as a process: `python -m services.api.server`. Its server bounds what clients may send and hold."""

from __future__ import annotations

import argparse
import gc
import logging
import resource
from functools import partial
from typing import TYPE_CHECKING, Any

import uvicorn

from services.api.http.connections import Connections
from services.api.http.protocol import BoundedProtocol
from shared.settings import Settings, settings_at_start

if TYPE_CHECKING:
    from fastapi import FastAPI

SECONDS_FOR_OPEN_REQUESTS = 5
# What the process opens beside its clients' connections: those to PostgreSQL and Redis, files, and what is being read.
OTHER_FILES = 200

logger = logging.getLogger(__name__)


def main() -> None:
    """Serve until a signal stops it."""
    parser = argparse.ArgumentParser(prog="python -m services.api.server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen at")
    arguments = parser.parse_args()
    settings = settings_at_start()
    gc.disable()  # what is imported and built stays: to search it for garbage takes a sixth of the start
    from services.api.app import create_app  # noqa: PLC0415

    app = create_app(settings, serves_metrics=True)
    keep_collections_short()
    gc.enable()
    uvicorn.Server(configuration(app, settings, arguments.host, arguments.port)).run()


def configuration(app: FastAPI, settings: Settings, host: str = "127.0.0.1", port: int = 0) -> uvicorn.Config:
    """Return how the app is served; a port of 0 is any that is free."""
    limits = settings.limits
    limits = limits.model_copy(update={"connections": min(limits.connections, _most_connections(limits.connections))})
    protocol: Any = partial(BoundedProtocol, Connections(limits, settings.trusted_proxies))
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=protocol,
        ws="none",
        log_config=None,  # its lines are those of the process
        access_log=False,
        server_header=False,
        forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
        timeout_graceful_shutdown=SECONDS_FOR_OPEN_REQUESTS,
    )


def keep_collections_short() -> None:
    """Spare what there is now from collections: each stopped all answers for 0.15 s."""
    gc.collect()
    gc.freeze()


def _most_connections(wanted: int) -> int:
    """Return how many connections the system lets the process have, once it has asked for as many as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + OTHER_FILES
    if soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    possible = max(soft - OTHER_FILES, 1)
    if possible < wanted:
        logger.warning("the system allows %s open files: there may be %s connections", soft, possible)
    return possible


if __name__ == "__main__":
    main()

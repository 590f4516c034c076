"""A running service, for the commands that speak to one."""

import time
from collections.abc import Iterator
from threading import Thread

import pytest
import uvicorn

from services.api.app import create_app
from shared.settings import Settings


@pytest.fixture
def service_url(database_url: str, redis_url: str) -> Iterator[str]:
    settings = Settings(database_url=database_url, redis_url=redis_url, log_level="warning")
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_level="warning", ws="none"))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()

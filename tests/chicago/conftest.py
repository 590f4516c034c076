"""The whole service as `samverkan up` runs it, with data of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine

from services.cli import client
from services.cli.background_service import Running, running
from services.cli.serve import Address
from shared.db import keys
from shared.db.keys import COUNTRY, KeyScope
from tests.ports import free_port

SECONDS = 90


class RunningService:
    """A running service, and what a person does with it."""

    def __init__(self, service: Running, key: str, environment: dict[str, str]) -> None:
        self.api = client.connect(service.base_url, key)
        self._environment = {**environment, "SAMVERKAN_URL": service.base_url, "SAMVERKAN_KEY": key}

    def import_activities(self, file: Path, *options: str | Path) -> dict[str, Any]:
        """Run `samverkan import` and return the report that the service then has."""
        command = [sys.executable, "-m", "services.cli.main", "import", str(file), *map(str, options)]
        subprocess.run(command, env=self._environment, check=True, capture_output=True, timeout=SECONDS)
        (latest,) = self.api.get("/activity-imports", params={"limit": 1}).json()["activityImports"]
        return latest

    def settled_values(self, areas: list[str]) -> Iterator[dict[str, Any]]:
        """Yield every unsliced figure of the areas, once nothing waits to be computed."""
        deadline = time.monotonic() + SECONDS
        ready = self.api.base_url.copy_with(path="/health/ready")
        while self.api.get(ready).json()["oldestMarkSeconds"] is not None:
            assert time.monotonic() < deadline, "the figures are not computed"
            time.sleep(0.1)
        query: dict[str, Any] = {"area": areas, "limit": 1000, "page": 1}
        while True:
            page = self.api.get("/indicator-values", params=query).raise_for_status().json()
            yield from (value for value in page["indicatorValues"] if value["slice"] == "all")
            if query["page"] >= page["_meta"]["totalPages"]:
                return
            query["page"] += 1


@pytest.fixture
def running_service(tmp_path: Path) -> Iterator[RunningService]:
    environment = {**os.environ, "SAMVERKAN_DATA": str(tmp_path), "DATABASE_URL": "", "REDIS_URL": ""}
    with running(Address("127.0.0.1", free_port()), environment) as service:
        with create_engine(service.database_url, poolclass=NullPool).begin() as connection:
            key = keys.create(connection, "test", [KeyScope.ADMINISTER], [COUNTRY])
        started = RunningService(service, key, environment)
        yield started
        started.api.close()

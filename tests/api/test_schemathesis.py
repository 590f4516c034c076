"""Whatever the specification lets a client send, and much that it does not, is answered as the specification says.

Schemathesis makes its requests from the specification that a running service shows, over Landskrona's year: the
examples, the limits of every schema from both sides, and random data. It is a search: `make test-long` does it.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.api.http.routing import BASE
from shared.db.keys import KeyScope
from shared.settings import Settings
from tests.api.exchanges import REQUESTS, Exchanges
from tests.conftest import served
from tests.extent import ONLY_LONG, TIMES

# Each documented answer is compared with the specification by `test_examples.py`, and each answer that any test gets.
pytestmark = ONLY_LONG

ROOT = Path(__file__).parents[2]
CONFIGURATION = Path(__file__).with_name("schemathesis.toml").read_text(encoding="utf-8")


@pytest.fixture
def key(api_keys: Mapping[KeyScope, str]) -> str:
    return api_keys[KeyScope.ADMINISTER]


@pytest.fixture
def address(year_database: Callable[[], str], redis_url: str) -> Iterator[str]:
    """Serve the year, and return where."""
    with served(Settings(database_url=year_database(), redis_url=redis_url, log_level="error")) as address:
        yield f"{address}{BASE}"


@pytest.mark.timeout(3600)
def test_the_service_keeps_to_its_specification(address: str, key: str, tmp_path: Path) -> None:
    document, parameters = asyncio.run(_described(address, key))
    run = _schemathesis(tmp_path, address, key, document, _drawn() + parameters)
    assert run.returncode == 0, run.stdout + run.stderr


def test_an_answer_that_breaks_the_specification_is_found(address: str, key: str, tmp_path: Path) -> None:
    document = httpx.get(f"{address}/openapi.json", timeout=60).json()
    document["paths"] = {"/api-info": document["paths"]["/api-info"]}
    document["components"]["schemas"]["ApiInfo"]["required"].append("left out")
    run = _schemathesis(tmp_path, address, key, document, CONFIGURATION)
    assert run.returncode == 1
    assert '"left out" is a required property' in run.stdout


def _schemathesis(
    directory: Path, address: str, key: str, document: dict[str, Any], configuration: str
) -> subprocess.CompletedProcess[str]:
    """Ask a service by a specification, and return how that went."""
    (directory / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    (directory / "schemathesis.toml").write_text(configuration, encoding="utf-8")
    program = Path(sys.executable).with_name("schemathesis")
    return subprocess.run(
        [program, "--config-file", "schemathesis.toml", "run", "openapi.json", "--url", address, "--no-color"],
        cwd=directory,
        env={**os.environ, "SAMVERKAN_KEY": key, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


async def _described(address: str, key: str) -> tuple[dict[str, Any], str]:
    """Return what the service says of itself, with parameters that lead to what is there; the same as configuration.

    One of each resource is made that gets a random id.
    """
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=address.removesuffix(BASE), headers=headers, timeout=60) as client:
        exchanges = Exchanges(client, [asked for asked in REQUESTS if "keep" in asked])
        async for exchange in exchanges.run():
            assert exchange.answer.is_success
        document = (await client.get(f"{BASE}/openapi.json")).json()
    known: dict[str, list[object]] = {}
    for operation in (operation for item in document["paths"].values() for operation in item.values()):
        for name, value in _sent(operation["operationId"], exchanges.ids):
            for parameter in operation.get("parameters", []):
                if parameter["name"] == name:
                    parameter["example"] = value
                    if parameter["in"] == "path" and value not in known.setdefault(name, []):
                        known[name].append(value)
    return document, "".join(_dictionary(name, values) for name, values in known.items())


def _drawn() -> str:
    """Return the configuration with the number of random requests of an operation."""
    as_written = "max-examples = 5"
    assert as_written in CONFIGURATION
    return CONFIGURATION.replace(as_written, f"max-examples = {5 * TIMES}")


def _sent(operation_id: str, ids: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """Yield the parameters of an operation's requests in the table."""
    for asked in REQUESTS:
        if asked["operation"] == operation_id:
            for name, value in {**asked.get("query", {}), **asked.get("path", {})}.items():
                yield name, ids.get(value.removeprefix("$"), value) if isinstance(value, str) else value


def _dictionary(name: str, values: list[object]) -> str:
    return f"""
[dictionaries.{name}]
values = {json.dumps(values)}
[parameters."path.{name}"]
dictionary = "{name}"
probability = 1.0
"""

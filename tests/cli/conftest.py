"""The command in this process, and a running service for the commands that speak to one."""

from collections.abc import Callable, Iterator
from functools import cache

import psycopg
import pytest
from sqlalchemy import make_url
from typer.main import get_command
from typer.testing import CliRunner, Result

from services.cli.main import app
from shared.settings import Settings
from tests.conftest import served


@pytest.fixture(scope="session", autouse=True)
def _commands_built_once() -> Iterator[None]:
    """Keep the tree of commands, which is the same for each call: to build it takes as long as a short command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.testing._get_command", cache(get_command))
        yield


@pytest.fixture
def service_url(settings: Settings) -> Iterator[str]:
    with served(settings) as url:
        yield url


@pytest.fixture
def samverkan(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return what runs the command in this process."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def connection_to(url: str) -> psycopg.Connection:
    return psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))

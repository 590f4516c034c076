"""A running service, for the commands that speak to one."""

from collections.abc import Iterator
from functools import cache

import pytest
from typer.main import get_command

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

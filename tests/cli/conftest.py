"""A running service, for the commands that speak to one."""

from collections.abc import Iterator

import pytest

from shared.settings import Settings
from tests.conftest import served


@pytest.fixture
def service_url(settings: Settings) -> Iterator[str]:
    with served(settings) as url:
        yield url

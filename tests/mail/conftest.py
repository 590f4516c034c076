from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.api.conftest import landskrona_database  # noqa: F401  a fixture
from tests.mail.mail_server import MailServer, mail_server


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture(scope="session")
def new_database(landskrona_database: Callable[[], str]) -> Callable[[], str]:  # noqa: F811  the fixture
    return landskrona_database

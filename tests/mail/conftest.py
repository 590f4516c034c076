from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.mail.mail_server import MailServer, mail_server


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture(scope="session")
def new_database(landskrona_database: Callable[[], str]) -> Callable[[], str]:
    return landskrona_database

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import make_url

from tests.api.conftest import landskrona_database  # noqa: F401  a fixture
from tests.mail.mail_server import MailServer, mail_server


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def database_url(landskrona_database: Callable[[], str], administer: Callable[[str], None]) -> Iterator[str]:  # noqa: F811  the fixture
    url = landskrona_database()
    yield url
    administer(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

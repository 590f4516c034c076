"""All pages, as people of each role meet them: the site is walked through once, and each page kept as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser
from sqlalchemy import NullPool, create_engine, text

from services.cli.client import connect
from services.cli.demo import DATA
from services.cli.demo_continuation import send_continuation
from shared.db import keys
from shared.db.keys import KeyScope
from shared.domain.period import today
from shared.domain.person import PersonRole
from shared.settings import Settings
from tests.conftest import served
from tests.pages.links import link_for
from tests.pages.whole.set_up import set_up
from tests.pages.whole.walk import Seen, distinct, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# What is there where somebody has turned it on, connected it or sent it.
OWNER = "(SELECT area_id FROM area WHERE code = '1282')"
FILLED = (
    f"INSERT INTO promise_page (area_id) SELECT {OWNER}",
    f"UPDATE file_import SET owner_area_id = {OWNER}",
    f"""INSERT INTO pulled_source (owner_area_id, code, content, failure, failures_in_a_row) VALUES
        ({OWNER}, 'felanmalan', '{{"url": "https://felanmalan.example", "isPaused": false}}', 'timedOut', 2)""",
    f"INSERT INTO webhook (owner_area_id, url, secret) VALUES ({OWNER}, 'https://intranat.example/hook', 'x')",
)
SIGN_IN = """\
signIn:
  - {code: kommunen, name: Landskrona stad, issuer: "http://127.0.0.1:9", clientId: samverkan, area: "1282"}
"""


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    return year_database()


@pytest.fixture(scope="module")
def address(
    database_url: str, redis_url: str, api_keys: Mapping[KeyScope, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Serve the demo's data, with its continuation: what is due today is on the pages.

    People can sign in by an account, too, whose issuer may not be reached.
    """
    issuers = tmp_path_factory.mktemp("issuers") / "issuers.yaml"
    issuers.write_text(SIGN_IN, encoding="utf-8")
    settings = Settings(database_url=database_url, redis_url=redis_url, log_level="warning", token_issuers=issuers)
    with served(settings) as address:
        with connect(address, api_keys[KeyScope.ADMINISTER]) as client:
            send_continuation(client, DATA, today())
        with create_engine(database_url, poolclass=NullPool).begin() as connection:
            for statement in FILLED:
                connection.execute(text(statement))
            keys.create(connection, "Gatukontorets felanmälan", [KeyScope.REPORT], ["1282"])
        yield address


@pytest.fixture(scope="module")
def pages(browser: Browser, address: str, database_url: str) -> list[Seen]:
    """Return every page and state that is found, in both languages."""
    roles = (PersonRole.REPORTER, PersonRole.ADMINISTRATOR)
    links = {role: [link_for(database_url, address, role) for _ in ("sv", "en")] for role in roles}
    used = link_for(database_url, address, PersonRole.READER)
    walked = walk(browser, address, {**links, PersonRole.READER: [used, used]})
    administrators = [link_for(database_url, address, PersonRole.ADMINISTRATOR, area) for area in ("SE", "1284")]
    return [*distinct([*walked, *set_up(browser, address, *administrators)])]

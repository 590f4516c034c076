"""A file whose sending is interrupted by PostgreSQL: `trials G1`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx
import pytest
from sqlalchemy import NullPool, create_engine

from services.api.http.routing import BASE
from shared.db.keys import KeyScope
from shared.settings import Settings
from tests.conftest import served

END_SESSIONS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE datname = current_database() AND application_name = 'samverkan figures'"""


def test_a_file_that_cannot_be_finished_is_cut_off_and_the_next_is_whole(
    year_database: Callable[[], str],
    redis_url: str,
    api_keys: Mapping[KeyScope, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    url = year_database()
    headers = {"Authorization": f"Bearer {api_keys[KeyScope.READ]}"}
    with (
        served(Settings(database_url=url, redis_url=redis_url, log_level="warning")) as address,
        httpx.Client(base_url=address + BASE, headers=headers, timeout=30) as client,
    ):
        with client.stream("GET", "/indicator-value-files") as answer:
            pieces = answer.iter_raw()
            assert answer.status_code == 200
            next(pieces)
            with create_engine(url, poolclass=NullPool).connect() as connection:
                connection.exec_driver_sql(END_SESSIONS)
            with pytest.raises(httpx.RemoteProtocolError):
                for _ in pieces:
                    pass
        assert client.get("/indicator-value-files").status_code == 200
    assert "the file that was being sent failed: PostgreSQL cannot be asked now" in caplog.text
    assert not any(record.exc_info for record in caplog.records)

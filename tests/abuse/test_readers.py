"""Clients who ask for much and never read it: trials C10 and its siblings."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import NullPool, create_engine, text

from services.api.http.routing import BASE
from shared.db.keys import KeyScope
from tests.abuse.conftest import LIMITS, ServiceWith, WithNeighbours
from tests.abuse.service import Service, on_this_machine
from tests.abuse.sockets import ATTACKER, request
from tests.api.read_model import Value, put_values
from tests.extent import sample_of

MANY = text(
    """INSERT INTO indicator_value (series_id, area_id, period_type, period_start, numerator, left_out, status)
       SELECT series_id, area_id, 'month', start, 5, 0, 'observed'
       FROM generate_series('2010-01-01'::date, '2019-12-01', '1 month') AS start, indicator_series, area
       WHERE NOT is_share LIMIT 40000"""
)
IN_USE = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
)
FILE = f"{BASE}/indicator-value-files?format="
# Each is larger than what lies between a server and a client who does not read.
LARGE = (f"{FILE}csv", f"{FILE}xlsx", f"{FILE}parquet", "/samverkan/odata/v1/IndicatorValues", f"{BASE}/changes")


@pytest.fixture(scope="module")
def full_service(service_with: ServiceWith) -> Iterator[Service]:
    with service_with(LIMITS.model_copy(update={"unsent_bytes": 2**20})) as service:
        put_values(service.database_url, [Value("graffiti-cleanups", "2009-12", 1)])
        with create_engine(service.database_url, poolclass=NullPool).begin() as connection:
            connection.execute(MANY)
        yield service


def test_four_who_never_read_block_no_file(full_service: Service, neighbours: WithNeighbours) -> None:
    """trials C10: 503 for 98 s."""
    with full_service.client(KeyScope.ADMINISTER, seconds=60) as anyone:
        size = len(anyone.get("/indicator-value-files?format=csv").content)
    with neighbours(full_service) as report, ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(_ask_and_never_read(full_service, f"{FILE}csv"))
        time.sleep(0.3)
        with full_service.client(KeyScope.REPORT, seconds=60) as other:
            whole = other.get("/indicator-value-files?format=csv")
            assert whole.status_code == 200
            assert len(whole.content) == size > 4 * 2**20
        deadline = time.monotonic() + LIMITS.answer_piece_seconds + 8
        while (left := _in_use(full_service)) > 1:
            assert time.monotonic() < deadline, f"{left} connections to the database are still held"
            time.sleep(0.1)
        with full_service.client(KeyScope.READ, seconds=60) as same:
            assert same.get("/indicator-value-files?format=csv&limit=1").status_code in {200, 400}
            assert same.get("/indicator-value-files?format=csv").status_code == 200
    report.assert_unharmed(mib=600)


@pytest.mark.parametrize("path", sample_of(LARGE, 5))
def test_nobody_waits_for_who_does_not_read(path: str, full_service: Service, neighbours: WithNeighbours) -> None:
    """trials C10: every kind of large answer, by thirty at once."""
    with neighbours(full_service) as report, ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(_ask_and_never_read(full_service, path))
        time.sleep(1)
    report.assert_unharmed(mib=900)


def _ask_and_never_read(service: Service, path: str) -> socket.socket:
    """Return a connection that asks and never reads; little fits between the two."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    if source := on_this_machine(ATTACKER):
        connection.bind((source, 0))
    connection.connect((service.host, service.port))
    connection.sendall(request(path, service.headers(KeyScope.READ)))
    return connection


def _in_use(service: Service) -> int:
    with create_engine(service.database_url, poolclass=NullPool).connect() as connection:
        count: int = connection.execute(IN_USE).scalar_one()
    return count

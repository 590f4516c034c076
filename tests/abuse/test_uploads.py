"""Clients who are slow to send a file hold nothing that others need: trials C4 and its siblings."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from socket import socket

import pytest
from sqlalchemy import NullPool, create_engine, text

from services.api.http.routing import BASE
from shared.db.keys import KeyScope
from tests.abuse.conftest import LIMITS, WithNeighbours
from tests.abuse.service import Service
from tests.abuse.sockets import connect, received, request, status_of
from tests.extent import ONLY_LONG

HEADER = "source,externalId,type,agreement,annex,area,status,start,participants.residents\n"
ROW = "test,upload-{},safety-walk,landskrona-2015-2016,3,1282-karlslund,performed,2016-04-12,21\n"
# What is waited for is not the database; those who post beside have it for some milliseconds.
IN_TRANSACTION = text(
    """SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'
       AND clock_timestamp() - state_change > interval '0.8 s'"""
)


def upload(service: Service, *, length: int, prefer: str = "respond-async") -> bytes:
    """Return the head of an import."""
    headers = {"Content-Type": "text/csv", "Content-Length": str(length), "Prefer": prefer}
    return request(f"{BASE}/activity-imports", {**service.headers(KeyScope.REPORT), **headers}, "POST")


@pytest.mark.parametrize(
    ("prefer", "begun"),
    [
        pytest.param("respond-async", b"", id="kept, head", marks=ONLY_LONG),
        pytest.param("respond-async", HEADER.encode() * 30_000, id="kept, megabytes"),
        pytest.param("wait=10", b"", id="at once, head"),
        pytest.param("wait=10", HEADER.encode(), id="at once, line", marks=ONLY_LONG),
    ],
)
def test_ten_who_never_send_their_file_hinder_nobody(
    prefer: str, begun: bytes, service: Service, neighbours: WithNeighbours
) -> None:
    """trials C4: each held a connection of the pool where keys are looked up, and every request was 500."""
    with neighbours(service) as report, ExitStack() as stack:
        half = [stack.enter_context(connect(service)) for _ in range(10)]
        for connection in half:
            connection.sendall(upload(service, length=10_000_000, prefer=prefer))
        places = Counter(_refused_at_once(connection) for connection in half)
        for connection in half[: LIMITS.uploads_per_key]:
            connection.sendall(begun)
        time.sleep(1)
        assert _in_transaction(service) == []
        for connection in half:
            assert status_of(received(connection)) in {408, 503, None}
    report.assert_unharmed(mib=600)
    assert places[True] == 10 - LIMITS.uploads_per_key, "a key has only so many places"


def test_a_file_is_taken_when_the_slow_ones_have_gone(service: Service) -> None:
    """trials C4: whole, and imported as before."""
    with service.client(KeyScope.REPORT) as client:
        file = (HEADER + ROW.format("once")).encode()
        headers = {"Content-Type": "text/csv", "Prefer": "respond-async"}
        accepted = client.post("/activity-imports", content=file, headers=headers)
        assert accepted.status_code == 202, accepted.text
        deadline = time.monotonic() + 20
        while (report := client.get(f"/activity-imports/{accepted.json()['id']}").json())["endedAt"] is None:
            assert time.monotonic() < deadline, report
            time.sleep(0.05)
    assert (report["status"], report["created"] + report["updated"] + report["unchanged"]) == ("completed", 1)


def _refused_at_once(connection: socket) -> bool:
    connection.settimeout(0.3)
    try:
        return status_of(connection.recv(65536)) == 503
    except TimeoutError:
        return False
    finally:
        connection.settimeout(20)


def _in_transaction(service: Service) -> list[str]:
    """Return what is waited for with a transaction open."""
    with create_engine(service.database_url, poolclass=NullPool).connect() as connection:
        return [*connection.execute(IN_TRANSACTION).scalars()]

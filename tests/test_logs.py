"""What is logged repeats nothing of what was sent, and no secret: trials D4."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.logs import TALKATIVE, DiscreetFormatter, JsonLines, TextLines, json_line
from tests.log_guard import FORBIDDEN, LOGS, LogGuard

SENT = "Anna såg vem det var"
# A service's log at its loudest, while it sends to an address that is a secret, and then fails over what it got.
PROCESS = """
import asyncio, logging, sys
from ipaddress import ip_network
from shared.logs import start_log
start_log("debug", sys.argv[1])
import httpx
from shared.connectors.fetching import Fetcher, NotFetched
from shared.connectors.outgoing import Sender

async def answer(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\n[]")
    await writer.drain()
    writer.close()

async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook-of-a-secret?token=of-a-secret"
    here = (ip_network("127.0.0.1"),)
    secret = "whsec_b2YtYS1zZWNyZXQtb2YtYS1zZWNyZXQtb2YtYQ=="
    assert (await Sender(here).send(address, "m", "{}", [secret])).failure is None
    assert await Fetcher(here).get(httpx.URL(address)) == b"[]"
    server.close()

asyncio.run(main())
logging.getLogger("uvicorn.error").info("uvicorn has no lines of its own")
try:
    int("Anna såg vem det var")
except ValueError:
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_process_logs_an_address_or_the_text_of_an_error(form: str) -> None:
    """trials D4"""
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", PROCESS, form]
    root = Path(__file__).parents[1]
    run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, cwd=root)
    assert run.returncode == 0, run.stderr
    output = run.stdout + run.stderr
    assert "uvicorn has no lines of its own" in output
    is_json = [line.startswith("{") for line in run.stderr.splitlines()]
    assert all(is_json) if form == "json" else not any(is_json)
    assert output.count("builtins.ValueError") == 1
    assert 'File "<string>", line' in output.replace('\\"', '"')
    for part in ("secret", "hook-of", "token", SENT, "whsec_"):
        assert part not in output


def faults() -> list[tuple[str, Exception]]:
    return [
        ("builtins.ValueError", ValueError(f"invalid literal: {SENT}")),
        ("builtins.KeyError", KeyError(SENT)),
        ("builtins.ExceptionGroup", ExceptionGroup("several", [ValueError(SENT)])),
    ]


@pytest.mark.parametrize(("kind", "fault"), faults(), ids=lambda value: value if isinstance(value, str) else "")
def test_an_error_is_logged_by_place_and_kind_with_what_it_comes_from(kind: str, fault: Exception) -> None:
    error = RuntimeError(SENT)
    error.__cause__ = fault
    record = logging.LogRecord("x", logging.ERROR, "", 0, "it failed", (), (type(error), error, None))
    line = DiscreetFormatter("%(message)s").format(record)
    assert line.splitlines()[0] == "it failed"
    assert line.splitlines()[-1] == "builtins.RuntimeError"
    assert kind in line
    assert SENT not in line


def record_of(error: Exception | None = None, trace: str | None = None) -> logging.LogRecord:
    info = None if error is None else (type(error), error, None)
    record = logging.LogRecord("services.x", logging.WARNING, "", 0, "it is %s", ("late",), info)
    record.created, record.msecs = 1456838930.0625, 62.5
    if trace:
        record.trace = trace
    return record


def test_a_line_has_its_time_level_logger_and_trace() -> None:
    """trials G10"""
    beginning = "2016-03-01T13:28:50.062Z WARNING services.x"
    assert TextLines().format(record_of()) == f"{beginning} [-]: it is late"
    assert TextLines().format(record_of(trace="0af7")) == f"{beginning} [0af7]: it is late"


def test_a_line_of_json_is_one_object() -> None:
    """trials G10"""
    entry = {"time": "2016-03-01T13:28:50.062Z", "level": "warning", "logger": "services.x", "message": "it is late"}
    assert json.loads(JsonLines().format(record_of())) == entry
    assert json.loads(JsonLines().format(record_of(trace="0af7"))) == {**entry, "trace": "0af7"}
    line = JsonLines().format(record_of(ValueError(SENT)))
    assert "\n" not in line
    assert json.loads(line) == {**entry, "error": "builtins.ValueError"}


def test_every_program_of_up_writes_objects() -> None:
    line = JsonLines().format(record_of())
    assert json.loads(json_line("api", line)) == {"process": "api", **json.loads(line)}
    for plain in ("LOG:  checkpoint starting", "[1]", ""):
        entry = json.loads(json_line("postgres", plain))
        assert (entry["process"], entry["message"]) == ("postgres", plain)
        assert entry["time"].endswith("Z")


def test_the_fault_of_a_model_does_not_repeat_its_input() -> None:
    with pytest.raises(ValueError, match="1 validation error") as raised:
        TypeAdapter(int).validate_python(SENT)
    assert SENT in str(raised.value)
    info = (raised.type, raised.value, raised.tb)
    assert SENT not in DiscreetFormatter().formatException(info)


def wait_for_line(part: str) -> None:
    """Return when a program's line with this part has come, or will not come any more."""
    deadline = time.monotonic() + 5
    while not any(part in line for line in LOGS.lines()) and time.monotonic() < deadline:
        time.sleep(0.02)


async def test_a_database_error_is_logged_by_its_state_here_and_there(engine: AsyncEngine) -> None:
    """trials D4: its text, details and statement repeat values."""
    twice = text(
        """WITH made AS (INSERT INTO api_key (name) VALUES (:name) RETURNING key_id)
           INSERT INTO api_key_hash (key_hash, key_id) SELECT :hash, key_id FROM made, generate_series(1, 2)"""
    )
    with pytest.raises(DBAPIError) as raised:
        async with engine.begin() as connection:
            await connection.execute(twice, {"name": SENT, "hash": b"Anna-such-a-key"})
    assert b"Anna-such-a-key".hex() in str(raised.value)
    line = DiscreetFormatter().formatException((raised.type, raised.value, raised.tb))
    assert "(23505)" in line
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError):
            await connection.execute(text(f"SELECT '{SENT}'::text, no_such_column"))
    await asyncio.to_thread(wait_for_line, "no_such_column")
    of_server = [one for one in LOGS.lines() if one.startswith("postgres: ")]
    assert any("duplicate key value" in one for one in of_server)
    for said in (line, *of_server):
        assert SENT not in said
        assert b"Anna-such-a-key".hex() not in said


@pytest.mark.parametrize("name", TALKATIVE)
def test_libraries_only_warn(name: str) -> None:
    """Also in a process that has no log of its own: whoever sends or fetches has them quiet."""
    importlib.import_module("shared.connectors.outgoing")
    assert logging.getLogger(name).getEffectiveLevel() >= logging.WARNING


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (f"key smv_{'x' * 43}", "an API key"),
        ("secret whsec_bWFkZSB1cCwgYW5kIG5vdCBhbnlvbmUncyBzZWNyZXQ=", "a webhook's secret"),
        ("to postgresql://me:secret@host/name", "a user and password"),
        ("GET https://host.example/v2?api_key=1", "the query of an address"),
        ("for 19850709-9805", "a personal identity number of the tests"),
        ("mail to anna@example.se", "an e-mail address"),
        ("HTTP Request: POST http://127.0.0.1/x", "an address that was asked"),
        ("Authorization: Bearer abcdefghij", "an authorization"),
        ("refused: eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "an access token"),
        (f"refused: {SENT}, twice", "a text that was sent"),
    ],
)
def test_the_guard_of_this_run_finds_what_it_is_for(line: str, what: str) -> None:
    guard = LogGuard()
    guard.sent("application/json; charset=utf-8", f'{{"note": "{SENT}"}}'.encode())
    guard.take("worker", "INFO services.indicators.worker: nothing of interest, at http://127.0.0.1:8000/x")
    assert [*guard.findings()] == []
    guard.take("worker", line)
    assert [found.partition(" in a log")[0] for found in guard.findings()] == [what]


def test_the_guard_reads_files_and_this_process(tmp_path: Path) -> None:
    guard = LogGuard()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "up.log").write_text(f"12:00:00 api │ {SENT}\n")
    guard.sent("text/csv", f"id;note\n1;{SENT}\n".encode())
    guard.take_files(tmp_path)
    assert len([*guard.findings()]) == 1
    guard.handle(logging.makeLogRecord({"name": "services.api", "msg": "%s", "args": (SENT,), "levelname": "INFO"}))
    assert len([*guard.findings()]) == 2
    assert len(FORBIDDEN) == 9

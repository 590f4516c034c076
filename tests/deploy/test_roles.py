"""The roles that `deploy/postgres/roles` makes in the database of the compose file, and the service that uses them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psycopg
import pytest
from psycopg import errors

from services.cli import cluster, embedded
from services.cli.data_directory import DataDirectory
from services.cli.wheels import postgres_program
from tests.data_in_memory import PREFIX, folder_in_memory
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
ROLES = {
    # Whether it is a superuser, sees all rows, may make databases, and may make roles.
    cluster.ROLE: (False, True, False, False),
    cluster.API_LOGIN: (False, False, False, False),
    cluster.WORKER_LOGIN: (False, True, False, False),
}
PASSWORD_FILES = {
    "DATABASE_PASSWORD_FILE": "postgres_service",
    "SAMVERKAN_API_PASSWORD_FILE": "postgres_api",
    "SAMVERKAN_WORKER_PASSWORD_FILE": "postgres_worker",
}
# As the container has it: a file system that cannot be written, and a folder in memory.
MOUNT = 'mount -o remount,bind,ro / && mount -t tmpfs tmpfs "$TMPDIR" && exec "$@"'
READ_ONLY = ("unshare", "--mount", "sh", "-euc", MOUNT, "sh")

pytestmark = [pytest.mark.server, pytest.mark.long]


@dataclass(frozen=True)
class Compose:
    """What the compose file has: a PostgreSQL with an empty database, and secrets. Its superuser is SUPERUSER."""

    directory: DataDirectory
    secrets: Path

    def make_roles(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script, whose container has the superuser's name and the folder of secrets in its environment."""
        programs = Path(postgres_program("psql", self.directory)).parent
        return subprocess.run(
            [str(ROOT / "deploy" / "postgres" / "roles")],
            env={
                "PATH": f"{programs}:{os.environ['PATH']}",
                "PGHOST": str(self.directory.sockets),
                "POSTGRES_USER": cluster.SUPERUSER,
                "SECRETS": str(self.secrets),
                "HAND_OVER": str(ROOT / "services" / "cli" / "hand_over.sql"),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def connect(self, role: str) -> psycopg.Connection:
        password = (self.secrets / f"postgres_{role.removeprefix('samverkan_')}").read_text().strip()
        return psycopg.connect(
            host=str(self.directory.sockets), user=role, password=password, dbname=cluster.DATABASE, autocommit=True
        )

    def environment(self, redis_url: str) -> dict[str, str]:
        """Return what the compose file gives the service."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("SAMVERKAN_")},
            "DATABASE_URL": f"postgresql://{cluster.ROLE}@/{cluster.DATABASE}?host={self.directory.sockets}",
            "REDIS_URL": redis_url,
            **{variable: str(self.secrets / name) for variable, name in PASSWORD_FILES.items()},
        }


@pytest.fixture
def compose(tmp_path: Path) -> Iterator[Compose]:
    shutil.copy(ROOT / "deploy" / "make-secrets", tmp_path)
    subprocess.run([str(tmp_path / "make-secrets")], check=True)
    secrets = tmp_path / "secrets"
    for role in ("service", "api", "worker"):
        (secrets / f"postgres_{role}").write_text(f"it's {role}, a p@ss/word\n")
    with TemporaryDirectory(prefix=PREFIX, dir=folder_in_memory()) as path:
        directory = DataDirectory(Path(path) / "data")
        server = embedded.postgres(directory, {**embedded.POSTGRES_SETTINGS, "shared_buffers": "32MB"})
        with directory.locked(), embedded.running(replace(server, complete=lambda: None)):  # no role of ours is there
            (secrets / "postgres_superuser").write_text(directory.password("superuser").read_text())
            with cluster.superuser(directory) as connection:
                connection.execute(f"CREATE DATABASE {cluster.DATABASE}")
            yield Compose(directory, secrets)


def test_the_roles_may_do_what_they_must_and_no_more(compose: Compose) -> None:
    with cluster.superuser(compose.directory, cluster.DATABASE) as connection:
        connection.execute("CREATE TABLE made_before ()")
        for superuser in (cluster.SUPERUSER, "postgres"):  # the script of a new file on a database of an older one
            done = compose.make_roles(POSTGRES_USER=superuser)
            assert done.returncode == 0, done.stdout + done.stderr
        rights = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = ANY(%s)",
            [[*ROLES]],
        )
        assert {name: tuple(rest) for name, *rest in rights} == ROLES
    for role in ROLES:
        with compose.connect(role) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute("COPY (SELECT 1) TO PROGRAM 'cat'")
    with compose.connect(cluster.ROLE) as connection:
        connection.execute("DROP TABLE made_before")


def test_without_a_password_no_role_is_made(compose: Compose) -> None:
    for name in ("postgres_superuser", "postgres_service", "postgres_api", "postgres_worker"):
        secret = compose.secrets / name
        password = secret.read_text()
        secret.write_text("")
        done = compose.make_roles()
        secret.write_text(password)
        assert (done.returncode, f"{name} holds no password" in done.stderr) == (1, True), done.stderr
        with cluster.superuser(compose.directory) as connection:
            assert connection.execute("SELECT FROM pg_roles WHERE rolname = ANY(%s)", [[*ROLES]]).fetchall() == []


def test_the_service_works_without_a_superuser(compose: Compose, redis_url: str, tmp_path: Path) -> None:
    """Commands and migrations log in as the database's owner, the API and the worker each by their own role."""
    assert compose.make_roles().returncode == 0
    environment = compose.environment(redis_url)
    samverkan(environment, "migrate")
    key = samverkan(environment, "keys", "create", "--name", "test", "--scope", "read", "--area", "SE").strip()
    headers = {"Authorization": f"Bearer {key}"}
    with served(environment, tmp_path) as url, httpx.Client(headers=headers, timeout=30) as client:
        for path in ("areas", "indicator-value-charts?indicator=foot-patrols&area=1282&periodType=month"):
            answer = client.get(f"{url}/samverkan/v1/{path}")
            assert answer.status_code == httpx.codes.OK, answer.text
        deadline = time.monotonic() + 30
        while (state := client.get(f"{url}/health/ready").json())["status"] != "ready":
            assert time.monotonic() < deadline, state
            time.sleep(0.2)
        samverkan(environment, "doctor")
        with cluster.superuser(compose.directory) as connection:
            sessions = connection.execute(
                "SELECT usename, application_name FROM pg_stat_activity WHERE datname = %s", [cluster.DATABASE]
            ).fetchall()
    assert {role for role, _ in sessions} == {cluster.API_LOGIN, cluster.WORKER_LOGIN}
    assert ("samverkan_api", "samverkan reading") in sessions
    assert ("samverkan_worker", "samverkan computing") in sessions


def samverkan(environment: Mapping[str, str], *arguments: str) -> str:
    """Run a command and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "services.cli.main", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def served(environment: Mapping[str, str], folder: Path) -> Iterator[str]:
    """Run `samverkan up` meanwhile and yield its address; where a test may mount, nothing but memory can be written."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log, memory = folder / "log", folder / "memory"
    memory.mkdir()
    variables = {**environment, "TMPDIR": str(memory)}
    command = [sys.executable, "-m", "services.cli.main", "up", "--port", str(port)]
    if shutil.which("unshare") and subprocess.run([*READ_ONLY, "true"], env=variables, check=False).returncode == 0:
        command = [*READ_ONLY, *command]
    with log.open("wb") as output, subprocess.Popen(command, cwd=ROOT, env=variables, stderr=output) as process:
        try:
            deadline = time.monotonic() + 60
            while not is_up(url):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            yield url
        finally:
            process.terminate()
            ended = process.wait(60)
    assert ended == 0, log.read_text()
    assert "Traceback" not in log.read_text()


def is_up(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/health/live", timeout=2, verify=False).status_code == httpx.codes.OK
    return False

"""The image and the compose file, as far as they can be tried without Docker: `trials G9`."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]  # it tells no types
import pytest
import yaml

from services.cli import accounts, cluster, embedded
from services.cli.child_process import identity
from shared.settings import Settings
from tests.extent import IS_LONG
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ACCOUNT = "daemon"
# A version of at least three parts, or two where the project has no more; a name of what it is built on; its digest.
EXACT = re.compile(r"(?:\$\{[A-Z]+_IMAGE:-)?[a-z/]+:\d+\.\d+(\.\d+)?(-[a-z0-9.]+)*(@sha256:[0-9a-f]{64})?\}?")
# Docker publishes the digests of its own library alone.
WITHOUT_DIGEST = {"${VALKEY_IMAGE:-valkey/valkey"}
# Only the embedded one has a socket alone; how much memory there is, the machine says.
OF_EMBEDDED_ALONE = {"listen_addresses", "unix_socket_permissions"}
OF_COMPOSE_ALONE = {"shared_buffers", "effective_cache_size"}
# The image has no compiled modules; to compile them all anew takes each process seconds.
LEFT_OUT = shutil.ignore_patterns("__pycache__") if IS_LONG else None


def instructions(name: str) -> list[str]:
    """Return what the Dockerfile says after an instruction, each time."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{name} (.+)$", joined, re.MULTILINE)


def test_hadolint_finds_nothing() -> None:
    program = Path(sys.executable).with_name("hadolint")
    found = program if program.exists() else shutil.which("hadolint")
    assert found, "`make .venv/installed-test` installs it"
    done = subprocess.run([found, str(DEPLOY / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_caddy_takes_its_file() -> None:
    caddy = shutil.which("caddy")
    if caddy is None:
        pytest.skip("Caddy is not installed")
    command = [caddy, "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_image_is_of_an_exact_version() -> None:
    images = [line.partition("=")[2] for line in instructions("ARG")]
    images += [service["image"] for service in SERVICES.values() if "image" in service]
    assert len(images) == 4
    assert [image for image in images if not EXACT.fullmatch(image)] == []
    assert {image.rsplit(":", 1)[0] for image in images if "@sha256:" not in image} == WITHOUT_DIGEST


def test_every_container_has_a_health_check_a_bounded_log_no_capability_and_a_read_only_root() -> None:
    for name, service in SERVICES.items():
        assert "healthcheck" in service or ("build" in service and instructions("HEALTHCHECK")), name
        assert service["restart"] == "always"
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert name == "caddy" or "cap_add" not in service
        assert service["logging"]["options"]["max-size"]


def test_no_container_but_the_proxy_runs_as_root() -> None:
    """Caddy is root, with the capability to bind the ports below 1024 alone: its volumes are root's."""
    assert [name for name, service in SERVICES.items() if "image" in service and "user" not in service] == ["caddy"]
    assert SERVICES["caddy"]["cap_add"] == ["NET_BIND_SERVICE"]
    assert [account for account in instructions("USER") if account != "0"] == ["10001", "10001"]
    assert instructions("USER")[-1] == "10001"


def test_no_password_is_in_an_environment_or_a_command() -> None:
    secrets = {*COMPOSE["secrets"]}
    for name, service in SERVICES.items():
        assert {*service.get("secrets", ())} <= secrets
        for variable, value in service.get("environment", {}).items():
            assert "PASSWORD" not in variable or value.startswith("/run/secrets/"), (name, variable)
            assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), (name, variable)
    assert SERVICES["samverkan"]["environment"]["DATABASE_URL"].startswith(f"postgresql://{cluster.ROLE}@")
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8")


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]
    assert COMPOSE["networks"]["servers"]["internal"] is True
    assert {"postgres", "valkey"} == {name for name, one in SERVICES.items() if one["networks"] == ["servers"]}
    assert "reverse_proxy samverkan:8000" in (DEPLOY / "Caddyfile").read_text(encoding="utf-8")


def test_postgresql_has_the_settings_of_the_embedded_one() -> None:
    program, *options = SERVICES["postgres"]["command"]
    assert program == "postgres"
    assert {*options[::2]} == {"-c"}
    given = dict(option.split("=", 1) for option in options[1::2])
    expected = {name: value for name, value in embedded.POSTGRES_SETTINGS.items() if name not in OF_EMBEDDED_ALONE}
    assert {name: value for name, value in given.items() if name not in OF_COMPOSE_ALONE} == expected
    arguments = SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]
    assert "--auth=scram-sha-256" in arguments
    assert "--builtin-locale=C.UTF-8" in arguments
    assert f"postgres:{cluster.POSTGRES_VERSION}." in SERVICES["postgres"]["image"]


def test_valkey_has_the_settings_of_the_embedded_one() -> None:
    script = SERVICES["valkey"]["command"][-1]
    for name in ("save", "loglevel", "maxmemory", "maxmemory-policy"):
        assert f"{name} {embedded.VALKEY_SETTINGS[name]}\\n" in script
    assert "requirepass %s" in script


def test_what_compose_gives_the_service_are_settings(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("p@ss/word\n")
    environment = {
        name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value)
        for name, value in SERVICES["samverkan"]["environment"].items()
        if not value.startswith("/run/secrets/")
    }
    files = {f"{name}_PASSWORD_FILE": str(tmp_path / "secret") for name in ("DATABASE", "REDIS")}
    read = Settings.from_environment({**environment, **files})
    assert read.public_url == "https://localhost"
    subnet = COMPOSE["networks"]["proxy"]["ipam"]["config"][0]["subnet"]
    assert subnet == SERVICES["samverkan"]["environment"]["SAMVERKAN_TRUSTED_PROXIES"]


def test_passwords_are_made_once(tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "make-secrets", tmp_path)
    made: list[dict[str, str]] = []
    for _ in range(2):
        subprocess.run([str(tmp_path / "make-secrets")], check=True)
        made.append({path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()})
    assert made[0] == made[1]
    assert {*made[0]} == {*COMPOSE["secrets"]}
    assert all(len(password) >= 40 for password in made[0].values())
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


@pytest.fixture
def layout() -> Iterator[Path]:
    """Lay the image out in a folder: the code, which is root's, and the data folder, which is the account's."""
    if os.geteuid() != 0:
        pytest.skip("only root can lay it out")
    with TemporaryDirectory(prefix="samverkan-image-") as path:
        root = Path(path)
        root.chmod(0o755)
        code = root / instructions("WORKDIR")[0].lstrip("/")
        for copied in instructions("COPY(?! --from)"):
            *sources, target = copied.split()
            for source in sources:
                destination = code / (target if (ROOT / source).is_dir() else source)
                destination.parent.mkdir(parents=True, exist_ok=True)
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, destination, ignore=LEFT_OUT)
                else:
                    shutil.copy(ROOT / source, destination)
        home = root / "var/lib/samverkan"
        home.mkdir(parents=True)
        os.chown(home, pwd.getpwnam(ACCOUNT).pw_uid, pwd.getpwnam(ACCOUNT).pw_gid)
        home.chmod(0o700)
        yield root


@pytest.fixture
def interpreter() -> Iterator[Path]:
    """Have this very Python where every account may run it; its own folder is often closed to others.

    It is mounted for reading alone, in a folder that is removed only where it is empty: what removes a folder with all
    that is in it goes on into what is mounted there, and once did so where `umount` had found it busy.
    """
    program = Path(os.path.realpath(sys.executable))
    prefix = program.parents[1]  # of what is run, not of a link to it
    place = Path(mkdtemp(prefix="samverkan-python-"))
    place.chmod(0o755)
    command = ["mount", "--bind", "--options", "ro", str(prefix), str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        place.rmdir()
        pytest.skip("only where the test may mount a folder")
    yield place / program.relative_to(prefix)
    subprocess.run(["umount", "--lazy", str(place)], check=True)
    place.rmdir()


@pytest.mark.server
@pytest.mark.long
@pytest.mark.timeout(120)
@pytest.mark.parametrize("account", [ACCOUNT, "root"] if IS_LONG else [ACCOUNT])
def test_the_default_command_starts_and_no_service_is_root(layout: Path, interpreter: Path, account: str) -> None:
    """As the image's account, which owns nothing but its data; and as root, as people do who use no image."""
    program, *arguments = json.loads(instructions("CMD")[-1])
    assert program == "samverkan"
    code = layout / instructions("WORKDIR")[0].lstrip("/")
    before = sorted(path.relative_to(code) for path in code.rglob("*"))
    port = free_port()
    variables = dict(pair.split("=", 1) for line in instructions("ENV") for pair in line.split())
    environment = {
        **variables,
        "PATH": os.environ["PATH"],
        "SAMVERKAN_DATA": str(layout / variables["SAMVERKAN_DATA"].lstrip("/")),
        "LD_LIBRARY_PATH": str(interpreter.parents[1] / "lib"),
        "PYTHONPATH": ":".join((str(code), *(path for path in sys.path if path.endswith("site-packages")))),
    }
    command = [str(interpreter), "-m", "services.cli.main", *arguments, "--port", str(port)]
    log = layout / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=code,
            env=environment,
            stdout=output,
            stderr=output,
            **identity(None if account == "root" else account),
        )
    try:
        deadline = time.monotonic() + 60
        while not is_ready(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        started = psutil.Process(process.pid).children(recursive=True)
        assert {child.username() for child in started} == {"nobody" if account == "root" else account}
        assert any("services.api.server" in child.cmdline() for child in started)
    finally:
        process.terminate()
        ended = process.wait(30)
    assert ended == 0, log.read_text()
    assert "Traceback" not in log.read_text()
    assert "the services run as root" not in log.read_text()
    assert sorted(path.relative_to(code) for path in code.rglob("*")) == before


def test_where_services_must_be_root_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(accounts, "LOWEST_FREE_PORT", Path("/nowhere"))
    assert accounts.service_account(443, lambda _name, line: said.append(line)) is None
    assert "port 443 is for root alone" in said[0]


def is_ready(port: int) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=2, verify=False).status_code == httpx.codes.OK
    return False

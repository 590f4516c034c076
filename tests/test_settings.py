"""Every setting: what it takes, what it refuses, and that it says so, without its value, when a process starts."""

import os
import re
import subprocess
import sys
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path
from typing import Any

import certifi
import pytest
from redis.connection import parse_url
from sqlalchemy import make_url

from shared.environment import UnusableSettings
from shared.settings import OF_COMMANDS, DatabaseSettings, Settings, unknown_variables

ROOT = Path(__file__).parents[1]
NEEDED = {"DATABASE_URL": "postgresql://host/name", "REDIS_URL": "redis://host"}

# Variable, text, field, what is made of it.
TAKEN = [
    ("SAMVERKAN_SMTP_HOST", "", None),
    ("SAMVERKAN_SMTP_PORT", "25", 25),
    ("SAMVERKAN_SMTP_PORT", "", 587),
    ("SAMVERKAN_SMTP_TLS", " None ", "none"),
    ("SAMVERKAN_SMTP_TLS", "", "starttls"),
    ("SAMVERKAN_SMTP_USER", "samverkan", "samverkan"),
    ("SAMVERKAN_SMTP_PASSWORD_FILE", __file__, Path(__file__)),
    ("SAMVERKAN_SMTP_SENDER", "samverkan@example.se", "samverkan@example.se"),
    ("SAMVERKAN_SMTP_SENDER", "", None),
    ("DATABASE_URL", "postgresql://me:pa%20ss@host:5433/name", "postgresql+psycopg://me:pa%20ss@host:5433/name"),
    ("DATABASE_URL", "postgres://host/name", "postgresql+psycopg://host/name"),
    ("DATABASE_URL", "postgresql+psycopg://me@/name?host=/run/it", "postgresql+psycopg://me@/name?host=/run/it"),
    ("REDIS_URL", "redis://:secret@host:6380/1", "redis://:secret@host:6380/1"),
    ("REDIS_URL", "rediss://host", "rediss://host"),
    ("REDIS_URL", "unix:///run/valkey.sock", "unix:///run/valkey.sock"),
    ("SAMVERKAN_PUBLIC_URL", "https://samverkan.example.se/", "https://samverkan.example.se"),
    ("SAMVERKAN_PUBLIC_URL", " http://[::1]:8080/under/path ", "http://[::1]:8080/under/path"),
    ("SAMVERKAN_PUBLIC_URL", "", "http://127.0.0.1:8000"),
    ("SAMVERKAN_LOG_LEVEL", "WARNING", "warning"),
    ("SAMVERKAN_LOG_LEVEL", " debug ", "debug"),
    ("SAMVERKAN_LOG_LEVEL", "", "info"),
    ("SAMVERKAN_LOG_FORMAT", " JSON", "json"),
    ("SAMVERKAN_LOG_FORMAT", "", "text"),
    (
        "SAMVERKAN_CORS_ORIGINS",
        "https://Intranet.example.se, http://localhost:8080 ,",
        ("https://intranet.example.se", "http://localhost:8080"),
    ),
    ("SAMVERKAN_CORS_ORIGINS", " , ", ()),
    ("SAMVERKAN_CORS_ORIGINS", "", ()),
    *[("SAMVERKAN_ODATA_BASIC", text, True) for text in ("1", "true", "TRUE", "yes", " on ")],
    *[("SAMVERKAN_ODATA_BASIC", text, False) for text in ("", "0", "false", "No", "off")],
    ("SAMVERKAN_TRUSTED_NETWORKS", "10.20.0.0/16, 127.0.0.1,::1", ("10.20.0.0/16", "127.0.0.1/32", "::1/128")),
    ("SAMVERKAN_TRUSTED_NETWORKS", "", ()),
    ("SAMVERKAN_TRUSTED_PROXIES", "10.20.0.0/16,::1", ("10.20.0.0/16", "::1/128")),
    ("SAMVERKAN_TRUSTED_PROXIES", "", ("127.0.0.1/32", "::1/128")),
    ("SAMVERKAN_TRUSTED_CAS", certifi.where(), Path(certifi.where())),
    ("SAMVERKAN_TRUSTED_CAS", "", None),
    ("SAMVERKAN_METRICS_ADDRESS", "", IPv4Address("127.0.0.1")),
    ("SAMVERKAN_METRICS_ADDRESS", "::", IPv6Address("::")),
    ("SAMVERKAN_METRICS_PORT", "9100", 9100),
    ("SAMVERKAN_METRICS_PORT", "", 9464),
    ("SAMVERKAN_WORKER_METRICS_PORT", "0", 0),
    ("SAMVERKAN_WORKER_METRICS_PORT", "", 9465),
    ("SAMVERKAN_FIGURES_ABOVE", " Closed ", "closed"),
    ("SAMVERKAN_FIGURES_ABOVE", "", "open"),
    ("SAMVERKAN_CONTACT_DETAILS", " Mark ", "mark"),
    ("SAMVERKAN_CONTACT_DETAILS", "", "refuse"),
    ("SAMVERKAN_TOKEN_ISSUERS", __file__, Path(__file__)),
    ("SAMVERKAN_TOKEN_ISSUERS", "", None),
    ("DATABASE_PASSWORD_FILE", "", None),
    ("REDIS_PASSWORD_FILE", "", None),
]

REFUSED = [
    ("SAMVERKAN_SMTP_HOST", ["smtp example", "smtp/25"]),
    ("SAMVERKAN_SMTP_PORT", ["smtp", "65536", "0"]),
    ("SAMVERKAN_SMTP_TLS", ["ssl", "1"]),
    ("SAMVERKAN_SMTP_USER", ["x" * 201]),
    ("SAMVERKAN_SMTP_PASSWORD_FILE", ["/nowhere/password", "/", "/dev/null"]),
    ("SAMVERKAN_SMTP_SENDER", ["samverkan", "a@b\nBcc: c@d", "a@b, c@d"]),
    ("DATABASE_PASSWORD_FILE", ["/nowhere/password", "/", "/dev/null"]),
    (
        "DATABASE_URL",
        ["", "name", "mysql://host/name", "postgresql+asyncpg://host/name", "postgresql://host:port/name"],
    ),
    ("REDIS_PASSWORD_FILE", ["/nowhere/password", "/", "/dev/null"]),
    ("REDIS_URL", ["", "host:6379", "http://host", "redis://host:port", "redis://host:70000"]),
    (
        "SAMVERKAN_PUBLIC_URL",
        ["samverkan.example.se", "ftp://host", "https://", "https://me@host", "https://host?a", "https://host:x"],
    ),
    ("SAMVERKAN_LOG_LEVEL", ["loud", "trace", "10"]),
    ("SAMVERKAN_LOG_FORMAT", ["yaml", "1"]),
    (
        "SAMVERKAN_CORS_ORIGINS",
        ["*", "null", "intranet.example.se", "https://host/", "https://host/path", "https://a.se https://b.se"],
    ),
    ("SAMVERKAN_ODATA_BASIC", ["2", "ja", "enabled"]),
    ("SAMVERKAN_TRUSTED_NETWORKS", ["10.20.0.1/16", "10.20", "intranet", "10.0.0.0/8;127.0.0.1"]),
    ("SAMVERKAN_TRUSTED_PROXIES", ["*", "10.20.0.1/16", "proxy"]),
    ("SAMVERKAN_TRUSTED_CAS", ["/nowhere/ca.pem", __file__, "/", "/dev/null"]),
    ("SAMVERKAN_METRICS_ADDRESS", ["localhost", "127.0.0.1:9464", "0"]),
    ("SAMVERKAN_METRICS_PORT", ["-1", "65536", "metrics"]),
    ("SAMVERKAN_WORKER_METRICS_PORT", ["70000", "9465/metrics"]),
    ("SAMVERKAN_TOKEN_ISSUERS", ["/nowhere/issuers.yaml", "/", "/dev/null"]),
    ("SAMVERKAN_FIGURES_ABOVE", ["shut", "1", "open,closed"]),
    ("SAMVERKAN_CONTACT_DETAILS", ["hide", "1", "refuse,mark"]),
]


def test_a_password_is_read_from_a_file_whatever_is_in_it(tmp_path: Path) -> None:
    secret = "p@ss/w:rd?%#å "
    (tmp_path / "password").write_text(f"{secret.strip()}\n", encoding="utf-8")
    given = {
        "DATABASE_URL": "postgresql://user@host:5433/name?sslmode=require",
        "REDIS_URL": "rediss://worker:old@host:6380/1",
        "DATABASE_PASSWORD_FILE": str(tmp_path / "password"),
        "REDIS_PASSWORD_FILE": str(tmp_path / "password"),
    }
    read = Settings.from_environment(given)
    url = make_url(read.database_url)
    assert (url.username, url.password, url.port) == ("user", secret.strip(), 5433)
    assert url.query == {"sslmode": "require"}
    assert DatabaseSettings.from_environment(given).database_url == read.database_url
    redis = _read_redis(read.redis_url)
    assert (redis["username"], redis["password"], redis["port"], redis["db"]) == ("worker", secret.strip(), 6380, 1)
    unix = _read_redis(Settings.from_environment({**given, "REDIS_URL": "unix:///run/valkey.sock"}).redis_url)
    assert (unix["path"], unix["password"]) == ("/run/valkey.sock", secret.strip())


def _read_redis(url: str) -> dict[str, Any]:
    return parse_url(url)  # type: ignore[no-untyped-call]  # the library's


def field_of(variable: str) -> str:
    return variable.removeprefix("SAMVERKAN_").lower()


@pytest.mark.parametrize(("variable", "text", "made"), TAKEN)
def test_a_setting_is_read(variable: str, text: str, made: Any) -> None:
    read = getattr(Settings.from_environment({**NEEDED, variable: text}), field_of(variable))
    assert read == (tuple(map(ip_network, made)) if variable.endswith(("NETWORKS", "PROXIES")) else made)


@pytest.mark.parametrize(("variable", "text"), [(name, text) for name, texts in REFUSED for text in texts])
def test_a_wrong_value_is_refused_with_what_is_allowed_and_without_itself(variable: str, text: str) -> None:
    with pytest.raises(UnusableSettings) as refused:
        Settings.from_environment({**NEEDED, variable: text})

    allowed = Settings.variables()[variable]
    fault = "cannot be used as it is" if text else "is not set"
    assert str(refused.value) == f"{variable} {fault}. It must be {allowed}."
    assert refused.value.__context__ is None, "a traceback would show the value"


def test_every_setting_is_tried() -> None:
    for tried in ({variable for variable, _, _ in TAKEN}, {variable for variable, _ in REFUSED}):
        assert tried == set(Settings.variables())


def test_all_wrong_values_are_named_at_once() -> None:
    wrong = {variable: texts[-1] for variable, texts in REFUSED}
    with pytest.raises(UnusableSettings) as refused:
        Settings.from_environment(wrong)
    assert [line.split()[0] for line in str(refused.value).splitlines()] == list(wrong)


def test_a_mail_server_needs_a_sender() -> None:
    given = {**NEEDED, "SAMVERKAN_SMTP_HOST": "smtp.example.se"}
    with pytest.raises(UnusableSettings, match=r"^SAMVERKAN_SMTP_SENDER .* needed with SAMVERKAN_SMTP_HOST\.$"):
        Settings.from_environment(given)
    read = Settings.from_environment({**given, "SAMVERKAN_SMTP_SENDER": "samverkan@example.se"})
    assert read.smtp_host == "smtp.example.se"


def test_arguments_are_not_mixed_with_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMVERKAN_CORS_ORIGINS", "https://intranet.example.se")
    settings = Settings(database_url="postgresql://host/name", redis_url="redis://host")
    assert settings.cors_origins == ()
    assert "//host" not in repr(settings), "an address may hold a password"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SAMVERKAN_LOGLEVEL", "SAMVERKAN_LOG_LEVEL"),
        ("SAMVERKAN_ORIGINS", "SAMVERKAN_CORS_ORIGINS"),
        ("SAMVERKAN_TRUSTED_NETWORK", "SAMVERKAN_TRUSTED_NETWORKS"),
        ("samverkan_data", "SAMVERKAN_DATA"),
    ],
)
def test_a_name_that_means_nothing_is_named_with_the_nearest(name: str, meant: str) -> None:
    environment = {**NEEDED, "SAMVERKAN_DATA": "x", "SAMVERKAN_KEY": "x", "SAMVERKAN_URL": "x", name: "x"}
    assert unknown_variables(environment) == {name: f"{name} is no setting and has no effect. Is {meant} meant?"}


def test_a_name_near_none_is_named_with_all() -> None:
    [line] = unknown_variables({"SAMVERKAN_XYZZY": "x"}).values()
    assert all(name in line for name in (*Settings.variables(), *OF_COMMANDS))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["services.cli.main", "up", "--port", "1"], 2),
        (["services.indicators.worker"], 1),
        (["services.api.server", "--port", "1"], 1),
    ],
)
def test_a_process_names_all_that_is_wrong_when_it_starts_and_shows_no_traceback(
    command: list[str], code: int, tmp_path: Path
) -> None:
    wrong = {"SAMVERKAN_LOG_LEVEL": "loud", "DATABASE_URL": "mysql://me:secret@host", "SAMVERKAN_LOGLEVEL": "info"}
    ended = subprocess.run(
        [sys.executable, "-m", *command],
        env={**os.environ, "REDIS_URL": "redis://host", "SAMVERKAN_DATA": str(tmp_path), **wrong},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    output = ended.stdout + ended.stderr
    assert ended.returncode == code, output
    for name in wrong:
        assert len(re.findall(rf"\b{name} (cannot|is no setting)", output)) == 1, output
    assert "secret" not in output
    assert "Traceback" not in output


@pytest.mark.slow
def test_a_command_refuses_what_is_no_database(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "services.cli.main", "migrate"],
        env={**os.environ, "DATABASE_URL": "name", "SAMVERKAN_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr.split(".")[0]) == (2, "samverkan: DATABASE_URL cannot be used as it is")


def test_every_setting_is_documented() -> None:
    documented = (ROOT / "deploy" / "settings.md").read_text(encoding="utf-8")
    missing = [name for name in (*Settings.variables(), *OF_COMMANDS) if f"`{name}`" not in documented]
    assert missing == []

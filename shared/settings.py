"""The settings of a process of Samverkan: environment variables, read once, when it starts."""

import logging
import os
import re
import ssl
from collections.abc import Mapping
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, unquote, urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_settings import NoDecode
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from shared import redis
from shared.db.territories import FiguresAbove
from shared.domain.contact_details import ContactPolicy
from shared.environment import PREFIX, AnyCase, FromEnvironment, ReadableFile, UnusableSettings, content_of
from shared.limits import Limits
from shared.logs import LogForm
from shared.mail.settings import MailSettings

DRIVER = "postgresql+psycopg://"
API_PASSWORD_FILE, WORKER_PASSWORD_FILE = f"{PREFIX}API_PASSWORD_FILE", f"{PREFIX}WORKER_PASSWORD_FILE"
OF_COMMANDS = (API_PASSWORD_FILE, f"{PREFIX}DATA", f"{PREFIX}KEY", f"{PREFIX}URL", WORKER_PASSWORD_FILE)
"""Variables that commands alone read: a directory, and what a command that asks the API needs."""

_PUBLIC_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?", re.ASCII)
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", re.ASCII)
_REDIS_SCHEMES = ("redis", "rediss", "unix")


def with_driver(database_url: str) -> str:
    """Name the psycopg driver in a URL written the way other PostgreSQL clients write it.

    Raises:
        ValueError: it is no URL of a PostgreSQL server.
    """
    for scheme in ("postgresql://", "postgres://"):
        if database_url.startswith(scheme):
            database_url = DRIVER + database_url.removeprefix(scheme)
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise ValueError("is no URL") from error
    if not database_url.startswith(DRIVER):
        raise ValueError("is not of PostgreSQL")
    try:
        make_conninfo(**{name: value for name, value in url.query.items() if isinstance(value, str)})
    except ProgrammingError as error:
        raise ValueError("has an option that PostgreSQL does not know") from error
    return database_url


def _redis_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in _REDIS_SCHEMES or (parts.port or 1) < 1:  # the port raises ValueError unless it is a number
        raise ValueError("is not of Redis")
    try:
        redis.refuse_unknown_options(url)
    except (TypeError, ValueError) as error:
        raise ValueError("has an option that Redis does not know") from error
    return url


def _public_url(url: str) -> str:
    if not _PUBLIC_URL.fullmatch(url) or (urlsplit(url).port or 1) < 1:
        raise ValueError("is no address of the web")
    return url.rstrip("/")


def _origin(origin: str) -> str:
    if not _ORIGIN.fullmatch(origin.lower()):
        raise ValueError("is no origin")
    return origin.lower()


def _certificates(path: Path | None) -> Path | None:
    """Return the path of a file of certificates. Raises ValueError if nothing can be trusted by it."""
    if path is not None:
        try:
            ssl.create_default_context(cafile=str(path))
        except OSError as error:  # an SSLError is one too
            raise ValueError("has no certificates") from error
    return path


def _entries(listed: Any) -> Any:  # noqa: ANN401  (a validator is given whatever there is)
    """Return the entries of a comma list; what is no text is taken as it is."""
    return tuple(entry.strip() for entry in listed.split(",") if entry.strip()) if isinstance(listed, str) else listed


DatabaseUrl = Annotated[str, AfterValidator(with_driver)]
_CommaList = (NoDecode, BeforeValidator(_entries))


_METRICS_PORT = "a port from 1 to 65535 that nothing else listens on, or 0 for no metrics"
_POSTGRES = "the address of a PostgreSQL server, such as postgresql://user:password@host/database"


class _PasswordOfDatabase(FromEnvironment):
    """A password of DATABASE_URL in a file: nothing in it has to be encoded, and no list of variables shows it."""

    database_password_file: ReadableFile = Field(
        default=None, alias="DATABASE_PASSWORD_FILE", description="a readable file with the password of DATABASE_URL"
    )

    @field_validator("database_url", mode="after", check_fields=False)
    @classmethod
    def _with_password(cls, url: str | None, info: ValidationInfo) -> str | None:
        path = info.data.get("database_password_file")
        if url is None or path is None:
            return url
        return make_url(url).set(password=content_of(path)).render_as_string(hide_password=False)


class DatabaseSettings(_PasswordOfDatabase):
    """What a command needs that works on the database itself; with no URL the embedded one is meant."""

    database_url: DatabaseUrl | None = Field(default=None, alias="DATABASE_URL", description=_POSTGRES, repr=False)


class Settings(_PasswordOfDatabase, MailSettings):
    """What the API and the worker need. Built by entry points and handed on; no module reads it when imported.

    `database_url` names the psycopg driver. `public_url` is where clients reach the API, without a slash at its end:
    links in answers start with it. `log_level` is a name of the logging module in lower case. `cors_origins` are those
    whose pages may read answers in a browser: scheme, host and port as the browser sends them. With `odata_basic` the
    OData feed takes a key as a password too. `trusted_networks` may be reached though they are not public, and what
    answers there, or anywhere, may have its certificate from one of `trusted_cas`, a file. `token_issuers` is a file of
    those whose access tokens are taken beside keys. `figures_above` says which figures above its own area a
    client sees. `contact_details` says what becomes of free text with an e-mail
    address or telephone number. What `trusted_proxies` say of whom they ask for is believed. `limits` has variables of
    its own.
    """

    database_url: DatabaseUrl = Field(alias="DATABASE_URL", description=_POSTGRES, repr=False)
    redis_password_file: ReadableFile = Field(
        default=None, alias="REDIS_PASSWORD_FILE", description="a readable file with the password of REDIS_URL"
    )
    redis_url: Annotated[str, AfterValidator(_redis_url)] = Field(
        alias="REDIS_URL",
        description="the address of a Redis or Valkey server, such as redis://host:6379",
        repr=False,
    )
    public_url: Annotated[str, AfterValidator(_public_url)] = Field(
        default="http://127.0.0.1:8000",
        description="an http or https address without user, query or fragment, such as https://samverkan.example.se",
    )
    log_level: Annotated[Literal["critical", "error", "warning", "info", "debug"], AnyCase] = Field(
        default="info", description="critical, error, warning, info or debug"
    )
    log_format: Annotated[LogForm, AnyCase] = Field(default="text", description="text or json")
    cors_origins: Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], *_CommaList] = Field(
        default=(),
        description="origins such as https://intranet.example.se, with scheme and host, without path, "
        "and a comma between two",
    )
    odata_basic: Annotated[bool, AnyCase] = Field(
        default=False, description="1, true, yes or on; or 0, false, no or off"
    )
    trusted_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], *_CommaList] = Field(
        default=(), description="networks such as 10.20.0.0/16, or single addresses, with a comma between two"
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], *_CommaList] = Field(
        default=(IPv4Network("127.0.0.1"), IPv6Network("::1")),
        description="networks such as 10.20.0.0/16, or single addresses, with a comma between two",
    )
    trusted_cas: Annotated[Path | None, AfterValidator(_certificates)] = Field(
        default=None, description="a readable file of certificates in PEM, such as /etc/samverkan/municipal-ca.pem"
    )
    metrics_address: IPv4Address | IPv6Address = Field(
        default=IPv4Address("127.0.0.1"), description="an address of this machine, or 0.0.0.0 for all that it has"
    )
    metrics_port: int = Field(default=9464, ge=0, le=65535, description=_METRICS_PORT)
    worker_metrics_port: int = Field(default=9465, ge=0, le=65535, description=_METRICS_PORT)
    token_issuers: ReadableFile = Field(
        default=None, description="a readable file in YAML, such as /etc/samverkan/issuers.yaml; see deploy/oidc.md"
    )
    figures_above: Annotated[FiguresAbove, AnyCase] = Field(
        default=FiguresAbove.OPEN,
        description="open, or closed to show above one's own area only what tells no municipality's figure",
    )
    contact_details: Annotated[ContactPolicy, AnyCase] = Field(
        default="refuse", description="refuse, or mark to store the text with [e-post] or [telefon] in their place"
    )
    limits: Limits = Field(default_factory=Limits)

    @field_validator("redis_url", mode="after")
    @classmethod
    def _with_redis_password(cls, url: str, info: ValidationInfo) -> str:
        path = info.data.get("redis_password_file")
        if path is None:
            return url
        parts = urlsplit(url)
        place = parts.netloc.rpartition("@")[2]
        user = quote(unquote(parts.username or ""), safe="")
        return parts._replace(netloc=f"{user}:{quote(content_of(path), safe='')}@{place}").geturl()


def unknown_variables(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables that begin as ours do and mean nothing, each with a line that names the nearest one."""
    unknown = {}
    variables = (*Settings.variables(), *OF_COMMANDS)
    known = {name.removeprefix(PREFIX): name for name in (*variables, *Limits.variables())}
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name not in known.values():
            near = get_close_matches(name.upper().removeprefix(PREFIX), known, n=1)
            hint = f" Is {known[near[0]]} meant?" if near else f" There are {', '.join(variables)}."
            unknown[name] = f"{name} is no setting and has no effect.{hint}"
    return unknown


def settings_at_start() -> Settings:
    """Return the settings of a process that is a service: unknown variables are logged; unusable ones end it."""
    for line in unknown_variables().values():
        logging.getLogger(__name__).warning(line)
    try:
        return Settings.from_environment()
    except UnusableSettings as error:
        raise SystemExit(str(error)) from None

"""What a process of Samverkan needs to know about its surroundings."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Self

DRIVER = "postgresql+psycopg://"
PUBLIC_URL = "http://127.0.0.1:8000"
LOG_LEVEL = "info"
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", re.ASCII)


class MissingSetting(Exception):
    """An environment variable that has no default is not set."""


class UnusableSetting(Exception):
    """An environment variable is set to what it cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Built by entry points and handed on; no module reads the environment when imported.

    `database_url` names the psycopg driver. `public_url` is where clients reach the API, without a slash at its end:
    links in answers start with it. `log_level` is a name of the logging module in lower case. `cors_origins` are those
    whose pages may read answers in a browser: scheme, host and port as the browser sends them. With `odata_basic` the
    OData feed takes a key as a password too. `trusted_networks` may be reached though they are not public.
    """

    database_url: str
    redis_url: str
    public_url: str = PUBLIC_URL
    log_level: str = LOG_LEVEL
    cors_origins: tuple[str, ...] = ()
    odata_basic: bool = False
    trusted_networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read DATABASE_URL, REDIS_URL and what begins with SAMVERKAN_.

        Raises:
            MissingSetting: DATABASE_URL or REDIS_URL is not set.
            UnusableSetting: SAMVERKAN_CORS_ORIGINS names what is no origin, or SAMVERKAN_TRUSTED_NETWORKS no network.
        """
        for name in ("DATABASE_URL", "REDIS_URL"):
            if not environment.get(name):
                raise MissingSetting(f"{name} is not set. `samverkan up` sets it; or point it at a server of your own.")
        return cls(
            database_url=with_driver(environment["DATABASE_URL"]),
            redis_url=environment["REDIS_URL"],
            public_url=environment.get("SAMVERKAN_PUBLIC_URL", PUBLIC_URL).rstrip("/"),
            log_level=environment.get("SAMVERKAN_LOG_LEVEL", LOG_LEVEL).lower(),
            cors_origins=_origins(environment.get("SAMVERKAN_CORS_ORIGINS", "")),
            odata_basic=environment.get("SAMVERKAN_ODATA_BASIC", "") == "1",
            trusted_networks=_networks(environment.get("SAMVERKAN_TRUSTED_NETWORKS", "")),
        )


def with_driver(database_url: str) -> str:
    """Name the psycopg driver in a URL written the way other PostgreSQL clients write it."""
    for scheme in ("postgresql://", "postgres://"):
        if database_url.startswith(scheme):
            return DRIVER + database_url.removeprefix(scheme)
    return database_url


def _origins(listed: str) -> tuple[str, ...]:
    """Return the origins of a comma list; every origin there is, `*`, is none of them."""
    origins = tuple(origin.strip().lower() for origin in listed.split(",") if origin.strip())
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise UnusableSetting(
                f"SAMVERKAN_CORS_ORIGINS names '{origin}'. Write origins such as https://intranet.example.se, "
                "with scheme and host, without path, and a comma between two."
            )
    return origins


def _networks(listed: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks of a comma list; a single address is a network of one."""
    try:
        return tuple(ip_network(network.strip()) for network in listed.split(",") if network.strip())
    except ValueError as error:
        raise UnusableSetting(
            f"SAMVERKAN_TRUSTED_NETWORKS: {error}. Write networks such as 10.20.0.0/16, with a comma between two."
        ) from error

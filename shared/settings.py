"""What a process of Samverkan needs to know about its surroundings."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

DRIVER = "postgresql+psycopg://"
PUBLIC_URL = "http://127.0.0.1:8000"
LOG_LEVEL = "info"


class MissingSetting(Exception):
    """An environment variable that has no default is not set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Built by entry points and handed on; no module reads the environment when imported.

    `database_url` names the psycopg driver. `public_url` is where clients reach the API, without a slash at its end:
    links in answers start with it. `log_level` is a name of the logging module in lower case.
    """

    database_url: str
    redis_url: str
    public_url: str = PUBLIC_URL
    log_level: str = LOG_LEVEL

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read DATABASE_URL, REDIS_URL, SAMVERKAN_PUBLIC_URL and SAMVERKAN_LOG_LEVEL.

        Raises:
            MissingSetting: DATABASE_URL or REDIS_URL is not set.
        """
        for name in ("DATABASE_URL", "REDIS_URL"):
            if not environment.get(name):
                raise MissingSetting(f"{name} is not set. `samverkan up` sets it; or point it at a server of your own.")
        return cls(
            database_url=with_driver(environment["DATABASE_URL"]),
            redis_url=environment["REDIS_URL"],
            public_url=environment.get("SAMVERKAN_PUBLIC_URL", PUBLIC_URL).rstrip("/"),
            log_level=environment.get("SAMVERKAN_LOG_LEVEL", LOG_LEVEL).lower(),
        )


def with_driver(database_url: str) -> str:
    """Name the psycopg driver in a URL written the way other PostgreSQL clients write it."""
    for scheme in ("postgresql://", "postgres://"):
        if database_url.startswith(scheme):
            return DRIVER + database_url.removeprefix(scheme)
    return database_url

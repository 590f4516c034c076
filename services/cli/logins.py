"""By which role of PostgreSQL the API and the worker log in: each by its own, which owns nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import make_url

from services.cli.cluster import API_LOGIN, WORKER_LOGIN, password_of
from services.cli.data_directory import DataDirectory
from shared.environment import UnusableSettings
from shared.settings import API_PASSWORD_FILE, WORKER_PASSWORD_FILE, Settings

PASSWORD_FILES = {API_LOGIN: API_PASSWORD_FILE, WORKER_LOGIN: WORKER_PASSWORD_FILE}


def settings_of(
    role: str, settings: Settings, embedded_in: DataDirectory | None, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Return the settings with which a role logs in to the embedded PostgreSQL, or to that of DATABASE_URL.

    There it takes a file with the role's password. Without one the service logs in as commands do; policies hold for
    the API all the same, since its sessions take on its role.

    Raises:
        UnusableSettings: the file cannot be read, or is empty.
    """
    if embedded_in is not None:
        password = password_of(embedded_in, role)
    elif path := environment.get(PASSWORD_FILES[role]):
        password = _content(PASSWORD_FILES[role], Path(path))
    else:
        return settings
    url = make_url(settings.database_url).set(username=role, password=password)
    return settings.model_copy(update={"database_url": url.render_as_string(hide_password=False)})


def _content(variable: str, path: Path) -> str:
    try:
        password = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UnusableSettings(f"{variable} names a file that cannot be read: {error.strerror}.") from error
    if not password:
        raise UnusableSettings(f"{variable} names a file that is empty. Write the password of the role into it.")
    return password

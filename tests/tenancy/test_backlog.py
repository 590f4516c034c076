"""Health tells of all that waits, whoever asks the database: nothing of it is hidden by a policy."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import psycopg
from sqlalchemy import make_url

from services.cli import cluster
from services.cli.data_directory import DataDirectory
from shared.db.engine import PoolKind, build_engine
from shared.operation.backlog import read_backlog


async def test_the_api_s_own_login_sees_the_whole_backlog(
    owner: psycopg.Connection, data_directory: DataDirectory, server_url: str
) -> None:
    url = make_url(server_url).set(database=owner.info.dbname)
    password = cluster.password_of(data_directory, cluster.API_LOGIN)
    found = []
    for login in (url, url.set(username=cluster.API_LOGIN, password=password)):
        engine = build_engine(login.render_as_string(hide_password=False), PoolKind.HEALTH, connections=1)
        async with engine.connect() as connection:
            backlog = asdict(await read_backlog(connection, date(2016, 12, 31)))
        await engine.dispose()
        found.append({name: value for name, value in backlog.items() if not name.endswith("_seconds")})
    assert found[0] == found[1]
    assert found[0]["figure_marks"] > 0

"""Landskrona's year 2016, brought up to date on one day, and its people, each with a browser of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.today import let_today_be
from tests.landskrona.loading import AS_OF
from tests.pages.agreement.conftest import visiting  # noqa: F401  a fixture

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI


@pytest.fixture(scope="module")
def database_url(year_database: Callable[[], str]) -> str:
    return year_database()


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    let_today_be(app, AS_OF)
    return app

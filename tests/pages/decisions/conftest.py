"""Landskrona and its agreement, without activities, on a day of its second spring."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from tests.api.today import let_today_be
from tests.pages.due.conftest import new_database  # noqa: F401  a fixture

if TYPE_CHECKING:
    from fastapi import FastAPI

TODAY = date(2016, 5, 20)


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    let_today_be(app, TODAY)
    return app

"""Which day an app takes for today."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from fastapi import FastAPI

from shared.db.clock import DatabaseClock


def let_today_be(app: FastAPI, day: date) -> None:
    """Have the routes of an app take a day for today: its clock is not the one that PostgreSQL is asked for."""
    noon = datetime.combine(day, time(12), UTC).timestamp()
    app.state.resources = replace(app.state.resources, clock=DatabaseClock(lambda: noon))

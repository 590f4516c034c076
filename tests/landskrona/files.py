"""The demo's files as plain rows, read without the project's own code."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import yaml

DATA = Path(__file__).parents[2] / "shared" / "data" / "landskrona"
STOCKHOLM = ZoneInfo("Europe/Stockholm")
ACTIVITY_FILES = (
    "activities-2015.csv",
    "activities-2016.csv",
    "activities-2016-police.csv",
    "activities-2016-municipality.csv",
    # Replaces what it names again.
    "corrections-2016.csv",
)


class Activity(NamedTuple):
    """A row of the files, its moments as local dates."""

    external_id: str
    type: str
    annex: int | None
    commitment: str | None
    area: str
    status: str
    days: dict[str, date]
    hours: float | None
    people: dict[str, int]
    attributes: dict[str, str]

    @property
    def is_performed(self) -> bool:
        """Whether it counts at all."""
        return self.status == "performed"


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def document(name: str) -> Any:
    """Return what a YAML file holds."""
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


def activities() -> list[Activity]:
    """Return every activity of both years, as it is after the corrections."""
    latest = {row["externalId"]: row for name in ACTIVITY_FILES for row in rows(name)}
    return [_activity(row) for row in latest.values()]


def _activity(row: dict[str, str]) -> Activity:
    moments = ("start", "end", "reported", "policeReported", "completed")
    given = {name: row[name] for name in moments if row.get(name)}
    return Activity(
        row["externalId"],
        row["type"],
        int(row["annex"]) if row["annex"] else None,
        row.get("commitment") or None,
        row["area"],
        row["status"],
        {name: _local(written) for name, written in given.items()},
        _hours(given.get("start", ""), given.get("end", "")),
        {name.partition(".")[2]: int(number) for name, number in row.items() if "participants." in name and number},
        {name.partition(".")[2]: value for name, value in row.items() if "attributes." in name and value},
    )


def _local(written: str) -> date:
    if "T" not in written:
        return date.fromisoformat(written)
    return datetime.fromisoformat(written).astimezone(STOCKHOLM).date()


def _hours(start: str, end: str) -> float | None:
    if "T" not in start or "T" not in end:
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() / 3600

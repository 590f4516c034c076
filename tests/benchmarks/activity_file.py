"""Activities as a CSV file, the way a client of /activity-imports sends them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date

from tests.benchmarks.activities import GROUPS, SOURCE, SyntheticActivity, items
from tests.benchmarks.activity_profiles import PROFILES, Items

_ATTRIBUTES = tuple(sorted({name for profile in PROFILES.values() for name in profile.attributes}))
_HEADER = (
    "source",
    "externalId",
    "type",
    "agreement",
    "annex",
    "area",
    "status",
    "reported",
    "policeReported",
    "start",
    "end",
    *(f"participants.{group}" for group in GROUPS),
    *(f"attributes.{name}" for name in _ATTRIBUTES),
)


def csv_file(activities: Iterable[SyntheticActivity]) -> bytes:
    """Return the file's content."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_HEADER)
    for one in activities:
        start, end = one.times or (one.start, None)
        named = (SOURCE, one.external_id, one.type, one.place.agreement, one.annex, one.place.code, one.status)
        moments = (one.reported, one.police_reported, _moment(start), _moment(end))
        attributes = (_attribute(one.attributes.get(name)) for name in _ATTRIBUTES)
        writer.writerow((*named, *moments, *one.participants, *attributes))
    return text.getvalue().encode()


def _moment(moment: date | None) -> str | None:
    return moment.isoformat() if moment else None


def _attribute(value: str | Items | None) -> str | None:
    return " | ".join(f"{state}: {item}" for state, item in items(value)) if isinstance(value, tuple) else value

"""How long an outside system asks to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

LONGEST_WAIT = timedelta(days=1)


def retry_after(response: httpx.Response) -> timedelta | None:
    """Return how long an answer asks us to wait, in either of the header's forms; at most a day."""
    told = response.headers.get("retry-after", "").strip()
    if response.status_code not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE} or not told:
        return None
    if told.isascii() and told.isdigit():
        return timedelta(seconds=min(int(told[:9]), LONGEST_WAIT.total_seconds()))
    try:
        wait = parsedate_to_datetime(told).astimezone(UTC) - datetime.now(UTC)
    except (ValueError, OverflowError):
        return None
    return min(max(wait, timedelta()), LONGEST_WAIT)

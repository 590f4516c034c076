"""Revisions as ETags: a change must name the one that it builds on, so that none is lost."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

from services.api.problems import MissingPrecondition
from shared.domain.errors import StaleRevision

IfMatch = Annotated[str | None, Header(description='The ETag that the change builds on, such as "3".')]


def etag(revision: int) -> str:
    """Return a revision as an ETag."""
    return f'"{revision}"'


def refuse_stale(if_match: str | None, revision: int) -> None:
    """Refuse a change that does not build on the revision that is kept.

    Whatever compresses an answer makes its ETag a weak one, here or in a gateway. It names the same revision still.

    Raises:
        MissingPrecondition: it does not say what it builds on.
        StaleRevision: it builds on another revision.

    """
    if if_match is None:
        raise MissingPrecondition("Send the ETag that was read in the header If-Match, so that no change is lost.")
    if if_match.strip() != "*" and etag(revision) not in [
        tag.strip().removeprefix("W/") for tag in if_match.split(",")
    ]:
        raise StaleRevision("It has changed since this ETag was read. Read it again, then change it.")

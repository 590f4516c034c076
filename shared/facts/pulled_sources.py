"""The only writer of pulled sources: what they are, who reads one now, and how far it has been read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from shared.domain.pulled_source import PulledSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from shared.domain.errors import Violation

# A reader that has not been heard of for so long is dead.
LEASE = timedelta(minutes=10)
LONGEST_BACK_OFF = timedelta(days=1)
MOST_REMARKS = 20
OUTCOMES = ("created", "updated", "unchanged", "outdated", "refused")


@dataclass(frozen=True, slots=True)
class ClaimedSource:
    """A source that this process alone may read now."""

    owner_area_id: int
    code: str
    lease: UUID
    source: PulledSource
    position: datetime | None


@dataclass(slots=True)
class Tally:
    """What a run has brought: requests by what became of them, and remarks on some, each once."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    # Requests that no list of places has.
    placed_otherwise: int = 0
    remarks: dict[tuple[str, str, str, str], int] = field(default_factory=dict)

    def refuse(self, violation: Violation) -> None:
        """Count a reason for which a request is refused."""
        self._remark(violation, "refused", 1)

    def settle(self, violation: Violation, count: int = 1) -> None:
        """Count what was settled for requests that are taken all the same."""
        self._remark(violation, "taken", count)

    def _remark(self, violation: Violation, outcome: str, count: int) -> None:
        """Count a remark; of many different ones only the first are listed."""
        remark = (violation.field, violation.reason, violation.remedy, outcome)
        if remark in self.remarks or len(self.remarks) < MOST_REMARKS:
            self.remarks[remark] = self.remarks.get(remark, 0) + count

    def as_document(self) -> dict[str, Any]:
        """Return the tally as it is stored and served."""
        remarks = [
            {"field": name, "reason": reason, "remedy": remedy, "outcome": outcome, "count": count}
            for (name, reason, remedy, outcome), count in self.remarks.items()
        ]
        return {**self.counts, "placedOtherwise": self.placed_otherwise, "remarks": remarks}


# What has changed is read from its beginning again: another place or service may have been left out before.
_PUT = text(
    """INSERT INTO pulled_source AS stored (code, content, due_at) VALUES (:code, :content, :due_at)
       ON CONFLICT (owner_area_id, code) DO UPDATE
       SET content = excluded.content, revision = stored.revision + 1, changed_at = clock_timestamp(), position = NULL,
           due_at = excluded.due_at, lease = NULL, lease_until = NULL, failures_in_a_row = 0
       WHERE stored.content IS DISTINCT FROM excluded.content
       RETURNING old.code IS NULL"""
).bindparams(bindparam("content", type_=JSONB))
# Where it has been read to stays.
_PAUSE = text(
    """UPDATE pulled_source
       SET content = content || jsonb_build_object('isPaused', CAST(:is_paused AS boolean)),
           revision = revision + 1, changed_at = clock_timestamp(),
           due_at = CASE WHEN NOT :is_paused THEN clock_timestamp() END,
           lease = NULL, lease_until = NULL, failures_in_a_row = 0
       WHERE code = :code AND owner_area_id = acting_owner()
         AND CAST(content ->> 'isPaused' AS boolean) IS DISTINCT FROM :is_paused"""
)
_FORGET = text("DELETE FROM pulled_source WHERE code = :code AND owner_area_id = acting_owner() RETURNING code")
_CLAIM = text(
    """UPDATE pulled_source
       SET lease = :lease, lease_until = clock_timestamp() + CAST(:lease_duration AS interval),
           started_at = clock_timestamp()
       WHERE (owner_area_id, code) = (
           SELECT owner_area_id, code FROM pulled_source
           WHERE due_at <= clock_timestamp() AND (lease IS NULL OR lease_until < clock_timestamp())
             AND owner_area_id <> ALL(CAST(:busy AS integer[]))
           ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING owner_area_id, code, content, position"""
)
_HOLD = text(
    """UPDATE pulled_source SET lease_until = clock_timestamp() + CAST(:lease_duration AS interval)
       WHERE code = :code AND lease = :lease RETURNING code"""
)
_ADVANCE = text(
    """UPDATE pulled_source SET position = greatest(position, :position)
       WHERE code = :code AND lease = :lease"""
)
_SUCCEED = text(
    """UPDATE pulled_source
       SET lease = NULL, lease_until = NULL, ended_at = clock_timestamp(), succeeded_at = clock_timestamp(),
           failure = NULL, failures_in_a_row = 0, tally = :tally,
           due_at = clock_timestamp() + CAST(:interval AS interval)
       WHERE code = :code AND lease = :lease"""
).bindparams(bindparam("tally", type_=JSONB))
_FAIL = text(
    """UPDATE pulled_source
       SET lease = NULL, lease_until = NULL, ended_at = clock_timestamp(), failure = :failure,
           failures_in_a_row = failures_in_a_row + 1, tally = :tally,
           due_at = clock_timestamp() + greatest(CAST(:retry_after AS interval),
                    least(CAST(:interval AS interval) * 2 ^ least(failures_in_a_row, 20), CAST(:longest AS interval)))
       WHERE code = :code AND lease = :lease"""
).bindparams(bindparam("tally", type_=JSONB))
_RELEASE = text("""UPDATE pulled_source SET lease = NULL, lease_until = NULL WHERE code = :code AND lease = :lease""")


async def put_source(connection: AsyncConnection, code: str, source: PulledSource, now: datetime) -> bool:
    """Keep a source, to be read from its beginning at once unless it is paused; return whether it is new."""
    content: Mapping[str, Any] = source.model_dump(mode="json", by_alias=True)
    parameters = {"code": code, "content": content, "due_at": None if source.is_paused else now}
    return bool((await connection.execute(_PUT, parameters)).scalar_one_or_none())


async def pause_source(connection: AsyncConnection, code: str, *, is_paused: bool) -> None:
    """Read a source no more, or go on where it was; one that is so already stays as it is."""
    await connection.execute(_PAUSE, {"code": code, "is_paused": is_paused})


async def delete_source(connection: AsyncConnection, code: str) -> bool:
    """Remove a source; what it has brought stays. False when there is none."""
    return (await connection.execute(_FORGET, {"code": code})).one_or_none() is not None


async def claim(connection: AsyncConnection, busy: Sequence[int] = ()) -> ClaimedSource | None:
    """Take the source that has been due longest, if any, for this process alone; those of `busy` owners wait."""
    lease = uuid4()
    parameters = {"lease": lease, "lease_duration": LEASE, "busy": list(busy)}
    row = (await connection.execute(_CLAIM, parameters)).one_or_none()
    if row is None:
        return None
    return ClaimedSource(row.owner_area_id, row.code, lease, PulledSource.model_validate(row.content), row.position)


async def hold(connection: AsyncConnection, claimed: ClaimedSource) -> bool:
    """Keep hold of a source until the transaction ends and a while longer; False when it has been changed or taken."""
    parameters = {"code": claimed.code, "lease": claimed.lease, "lease_duration": LEASE}
    return (await connection.execute(_HOLD, parameters)).one_or_none() is not None


async def advance(connection: AsyncConnection, claimed: ClaimedSource, position: datetime) -> None:
    """Write down up to when all requests have been read."""
    await connection.execute(_ADVANCE, {"code": claimed.code, "lease": claimed.lease, "position": position})


async def succeed(connection: AsyncConnection, claimed: ClaimedSource, tally: Tally) -> None:
    """End a run; the next one begins after the source's interval."""
    interval = timedelta(minutes=claimed.source.interval_minutes)
    parameters = {"code": claimed.code, "lease": claimed.lease, "tally": tally.as_document(), "interval": interval}
    await connection.execute(_SUCCEED, parameters)


async def fail(
    connection: AsyncConnection, claimed: ClaimedSource, tally: Tally, failure: str, retry_after: timedelta | None
) -> None:
    """End a run that got no further; the next one waits twice as long each time, and as long as the source asks."""
    parameters = {"code": claimed.code, "lease": claimed.lease, "tally": tally.as_document(), "failure": failure}
    parameters |= {"interval": timedelta(minutes=claimed.source.interval_minutes), "longest": LONGEST_BACK_OFF}
    await connection.execute(_FAIL, parameters | {"retry_after": retry_after or timedelta()})


async def release(connection: AsyncConnection, claimed: ClaimedSource) -> None:
    """Let go of a source in the middle of a run: another goes on with it at once."""
    await connection.execute(_RELEASE, {"code": claimed.code, "lease": claimed.lease})

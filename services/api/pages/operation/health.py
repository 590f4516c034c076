"""Whether the service works, in plain words: workers, what waits to be computed, and what cannot be found out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.heartbeat import alive
from shared.operation.backlog import SECONDS_BEHIND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from services.api.pages.texts import Translate
    from shared.heartbeat import Beat
    from shared.operation.watch import DatabaseState

_UNITS = ((86400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))


@dataclass(frozen=True, slots=True)
class HealthSentence:
    """One thing that works or does not, in a sentence."""

    text: str
    is_wrong: bool = False


def findings(database: DatabaseState, beats: Sequence[Beat] | None, t: Translate) -> Iterator[HealthSentence]:
    """Yield what was found of the database, the workers and the values."""
    if database.fault is not None:
        yield HealthSentence(t("health.database.away"), is_wrong=True)
    elif not database.is_migrated:
        yield HealthSentence(t("health.database.old"), is_wrong=True)
    else:
        yield HealthSentence(t("health.database"))
    yield _of_workers(beats, t)
    if database.fault is None and database.is_migrated:
        yield _of_values(database, t)


def _of_workers(beats: Sequence[Beat] | None, t: Translate) -> HealthSentence:
    if beats is None:
        return HealthSentence(t("health.redis.away"), is_wrong=True)
    working = alive(beats)
    if working:
        return HealthSentence(t("health.worker", age=duration(min(beat.age for beat in working), t)))
    if beats:
        return HealthSentence(
            t("health.worker.silent", age=duration(min(beat.age for beat in beats), t)), is_wrong=True
        )
    return HealthSentence(t("health.worker.unheard"), is_wrong=True)


def _of_values(database: DatabaseState, t: Translate) -> HealthSentence:
    if database.backlog is None:
        return HealthSentence(t("health.values.unknown"), is_wrong=True)
    seconds = database.backlog.oldest_mark_seconds
    if seconds is None:
        return HealthSentence(t("health.values"))
    is_behind = seconds >= SECONDS_BEHIND
    key = "health.values.behind" if is_behind else "health.values.soon"
    return HealthSentence(t(key, age=duration(seconds, t)), is_wrong=is_behind)


def duration(seconds: float, t: Translate) -> str:
    """Return how long something lasted, in its largest unit: `3 minuter`."""
    size, unit = next((one for one in _UNITS if seconds >= one[0]), _UNITS[-1])
    return t(f"duration.{unit}", n=max(1, int(seconds // size)))

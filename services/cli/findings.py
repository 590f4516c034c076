"""What `samverkan doctor` makes of what it has found: what is well, what to keep an eye on, and what to mend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from shared.heartbeat import alive
from shared.operation.backlog import SECONDS_BEHIND
from shared.version import SOFTWARE_VERSION

if TYPE_CHECKING:
    from datetime import timedelta

    from shared.heartbeat import Beat
    from shared.operation.backlog import Backlog
    from shared.operation.watch import DatabaseState

LEAST_VERSION = 18
GIGABYTE = 2**30
LEAST_SPACE, LITTLE_SPACE = GIGABYTE, 5 * GIGABYTE
SECONDS_APART, SECONDS_TOO_FAR_APART = 2.0, 60.0
SECONDS_TOO_FAR_BEHIND = 600.0
SECONDS_OF_COMPARISONS = 3600.0
MUCH_IN_USE = 0.8


class Health(Enum):
    """How a part is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "FAULT"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """How one part of the service is; a remedy unless it is well."""

    part: str
    verdict: Health
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What PostgreSQL says of itself and of who asks."""

    version: int
    encoding: str
    fsync: bool
    synchronous_commit: str
    most_sessions: int
    sessions: int
    is_superuser: bool
    owns_tables: bool
    sees_all: bool
    clock_ahead: timedelta


def ok(part: str, text: str) -> Diagnosis:
    """Return that a part is well."""
    return Diagnosis(part, Health.OK, text)


def warning(part: str, text: str, remedy: str) -> Diagnosis:
    """Return what is to be kept an eye on."""
    return Diagnosis(part, Health.WARNING, text, remedy)


def fault(part: str, text: str, remedy: str) -> Diagnosis:
    """Return what is to be mended."""
    return Diagnosis(part, Health.FAULT, text, remedy)


def of_disk(free: int, total: int) -> Diagnosis:
    """Judge the disk of the data folder."""
    text = f"{free / GIGABYTE:.1f} of {total / GIGABYTE:.1f} GB are free"
    remedy = "Free space on the disk of SAMVERKAN_DATA: PostgreSQL stops when it is full."
    if free < LEAST_SPACE:
        return fault("disk", text, remedy)
    return warning("disk", text, remedy) if free < LITTLE_SPACE else ok("disk", text)


def of_state(state: DatabaseState) -> Iterator[Diagnosis]:
    """Judge whether the database takes writes, and has its tables."""
    if state.fault is not None:
        yield fault("database", state.fault.value.reason, state.fault.value.remedy)
        return
    yield ok("database", "takes writes")
    if state.is_migrated:
        yield ok("migrations", "all are applied")
    else:
        yield fault("migrations", "the tables are not those of this version", "Run `samverkan migrate`.")


def of_database(facts: DatabaseFacts) -> Iterator[Diagnosis]:
    """Judge what PostgreSQL says of itself."""
    if facts.version < LEAST_VERSION:
        yield fault("version", f"PostgreSQL {facts.version}", f"Upgrade it to {LEAST_VERSION} or newer.")
    else:
        yield ok("version", f"PostgreSQL {facts.version}")
    if facts.encoding != "UTF8":
        yield fault(
            "encoding", facts.encoding, "Make a database with ENCODING 'UTF8', and move the data there by a backup."
        )
    else:
        yield ok("encoding", f"{facts.encoding}; sessions are in UTC")
    yield _of_durability(facts)
    yield _of_role(facts)
    text = f"{facts.sessions} of {facts.most_sessions} are in use"
    if facts.sessions > MUCH_IN_USE * facts.most_sessions:
        yield warning("sessions", text, "Raise PostgreSQL's max_connections, or run fewer processes.")
    else:
        yield ok("sessions", text)
    yield of_clock(facts.clock_ahead.total_seconds())


def _of_durability(facts: DatabaseFacts) -> Diagnosis:
    if not facts.fsync:
        return fault("durability", "fsync is off: a power failure may ruin all data", "Turn PostgreSQL's fsync on.")
    if facts.synchronous_commit == "off":
        remedy = "Turn PostgreSQL's synchronous_commit on."
        return warning("durability", "synchronous_commit is off: a power failure loses answered writes", remedy)
    return ok("durability", "what is answered is on the disk")


def _of_role(facts: DatabaseFacts) -> Diagnosis:
    if not facts.owns_tables:
        return fault(
            "role",
            "the account of DATABASE_URL does not own the tables",
            "Make it their owner, or name the account that is: migrations change them.",
        )
    if not facts.sees_all:
        remedy = "As a superuser: ALTER ROLE … BYPASSRLS. Without it migrations and `verify` see no facts."
        return fault("role", "policies hide rows from the account of DATABASE_URL", remedy)
    if facts.is_superuser:
        remedy = "Name an account in DATABASE_URL that owns this database and nothing else."
        return warning("role", "the account of DATABASE_URL is a superuser", remedy)
    return ok("role", "owns the tables, and is no superuser")


def of_clock(seconds: float) -> Diagnosis:
    """Judge how far the database's clock is ahead of this machine's."""
    text = f"the database's is {abs(seconds):.1f} s {'ahead' if seconds > 0 else 'behind'}"
    if abs(seconds) < SECONDS_APART:
        return ok("clocks", text)
    remedy = "Set both by the same time server (NTP): figures turn with the day."
    return (fault if abs(seconds) > SECONDS_TOO_FAR_APART else warning)("clocks", text, remedy)


def of_workers(beats: list[Beat] | None) -> Iterator[Diagnosis]:
    """Judge Redis, and the workers that are heard of there."""
    if beats is None:
        remedy = "See that Redis or Valkey runs at the address of REDIS_URL, and takes its password."
        yield fault("redis", "does not answer: figures wait until it does", remedy)
        return
    yield ok("redis", "answers")
    living = alive(beats)
    if not living:
        last = min((beat.age for beat in beats), default=None)
        text = "none is heard of" if last is None else f"none has been heard of for {last:.0f} s"
        yield fault("worker", text, "See that the worker runs, as `samverkan up` has it, and read its log.")
        return
    others = sorted({beat.version for beat in living} - {SOFTWARE_VERSION})
    if others:
        remedy = "Restart the service, so that all of it is of one version."
        yield warning("worker", f"runs version {', '.join(others)}; this is {SOFTWARE_VERSION}", remedy)
    else:
        yield ok("worker", f"{len(living)} alive, heard of {min(beat.age for beat in living):.0f} s ago")


def of_backlog(backlog: Backlog | None) -> Iterator[Diagnosis]:
    """Judge what waits and what has failed."""
    if backlog is None:
        remedy = "Ask again; if it lasts, see whether a session of PostgreSQL holds locks for long."
        yield warning("figures", "how far they are behind could not be found out in time", remedy)
        return
    yield _of_figures(backlog.oldest_mark_seconds or 0.0)
    age = backlog.oldest_comparison_mark_seconds or 0.0
    if age > SECONDS_OF_COMPARISONS:
        yield warning("comparisons", f"are {age:.0f} s behind", "See that the worker runs, and read its log.")
    else:
        yield ok("comparisons", f"{backlog.comparison_marks} wait")
    age = backlog.oldest_signal_mark_seconds or 0.0
    if age > SECONDS_OF_COMPARISONS:
        yield warning("signals", f"are {age:.0f} s behind", "See that the worker runs, and read its log.")
    else:
        yield ok("signals", f"{backlog.signal_marks} wait")
    counted = (
        ("recomputation", backlog.postponed_scopes, "failed and wait", "Read the worker's log for the reason."),
        (
            "sources",
            backlog.failing_sources,
            "could not be read",
            "GET /pulled-sources says why; mend the source, or pause it.",
        ),
        (
            "webhooks",
            backlog.webhooks.get("paused", 0),
            "are paused",
            "GET /webhooks says why; resume it once its receiver answers.",
        ),
    )
    for part, number, what, remedy in counted:
        yield warning(part, f"{number} {what}", remedy) if number else ok(part, f"none {what}")


def _of_figures(age: float) -> Diagnosis:
    if age <= SECONDS_BEHIND:
        return ok("figures", f"are {age:.0f} s behind the reports")
    remedy = "See that the worker runs, and read its log."
    return (fault if age > SECONDS_TOO_FAR_BEHIND else warning)(
        "figures", f"are {age:.0f} s behind the reports", remedy
    )

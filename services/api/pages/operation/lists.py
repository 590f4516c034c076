"""Sources, subscriptions and imports as an administrator reads them: what they are, and what went well or wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from services.api.http.responses import Page
from services.api.imports import queries as imports
from services.api.pages.faults import refusal_text
from services.api.pulled_sources import queries as sources
from services.api.webhooks import queries as webhooks
from shared.domain.errors import Violation
from shared.domain.period import STOCKHOLM
from shared.domain.wording import NO_BREAK_SPACE, Language
from shared.wording.dates import date_in_words
from shared.wording.refusals import in_swedish, label

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

    from services.api.imports.mappings.content import Makes
    from services.api.pages.texts import Translate

# More sources and subscriptions than a page lists, nobody has.
ALL_OF_THEM = Page(1, 1000)
IMPORTS_OF_A_PAGE, REMARKS_OF_A_PAGE = 20, 100
_COUNTS = ("created", "updated", "unchanged", "superseded", "outdated", "refused", "skipped", "removed")


@dataclass(frozen=True, slots=True)
class Connected:
    """A source or a subscription: what it is called, where it is, its state, and what is to be known of that.

    `form` is where the form is sent that pauses or resumes it; empty where that is not the visitor's to say.
    """

    name: str
    host: str
    state: str
    is_wrong: bool
    details: tuple[str, ...]
    is_paused: bool
    form: str


@dataclass(frozen=True, slots=True)
class ImportLine:
    """An import: when it began, its state, and how many rows became what."""

    import_id: UUID
    started: str
    state: str
    is_wrong: bool
    rows: int
    counts: tuple[str, ...]
    refused: int
    failure: str
    is_trial: bool
    remarks_left_out: int


@dataclass(frozen=True, slots=True)
class RemarkLine:
    """A row that is not stored as it was sent: its number in the file, the field, and why and what to do."""

    row: int
    field: str
    outcome: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """In which words lists are made."""

    t: Translate
    language: Language

    def moment(self, written: str | datetime | None) -> str:
        """Return an instant on the clock of the wall: `3 maj 2026 kl. 14.30`; an empty text for none."""
        if written is None:
            return ""
        instant = datetime.fromisoformat(written) if isinstance(written, str) else written
        local = instant.astimezone(STOCKHOLM)
        day = date_in_words(local.date(), self.language)
        time = f"{local:%H.%M}" if self.language is Language.SV else f"{local:%H:%M}"
        return self.t("operation.moment", day=day, time=time).replace("kl. ", f"kl.{NO_BREAK_SPACE}")

    def failure(self, code: str | None) -> str:
        """Return why another system could not be reached, in words; those of another version by a general one."""
        key = f"failure.{code}"
        return self.t(key) if self.t.knows(key) else self.t("failure.other")


async def sources_of(connection: AsyncConnection, words: Words) -> list[Connected]:
    """Return the sources that are read, by code."""
    return [
        _source(one, words, is_own=is_own) for one, is_own in await sources.entries_with_own(connection, ALL_OF_THEM)
    ]


def _source(entry: Mapping[str, Any], words: Words, *, is_own: bool) -> Connected:
    t, state = words.t, entry["state"]
    failure, tally = state["failure"], state["tally"]
    if entry["isPaused"]:
        said = t("source.paused")
    elif state["isRunning"]:
        said = t("source.running")
    elif failure:
        said = t("source.failed", n=state["failuresInARow"] or 1)
    else:
        said = t("source.works") if state["succeededAt"] else t("source.waiting")
    details = [words.failure(failure)] if failure else []
    details.append(
        t("source.read", moment=words.moment(state["succeededAt"])) if state["succeededAt"] else t("source.neverRead")
    )
    if failure and state["dueAt"]:
        details.append(t("operation.next", moment=words.moment(state["dueAt"])))
    if tally and any(tally[name] for name in ("created", "updated", "refused")):
        details.append(t("source.tally", new=tally["created"], changed=tally["updated"], refused=tally["refused"]))
        details += [_remark_of_source(one, words) for one in tally["remarks"] if one["outcome"] == "refused"]
    form = f"/drift/kallor/{entry['code']}/paus" if is_own else ""
    # What failed before it was paused is no fault any more.
    is_wrong = bool(failure) and not entry["isPaused"]
    return Connected(
        entry["code"], _host(entry["url"]), said, is_wrong, tuple(details), is_paused=entry["isPaused"], form=form
    )


def _remark_of_source(remark: Mapping[str, Any], words: Words) -> str:
    text = refusal_text(Violation(remark["field"], remark["reason"], remark["remedy"]), words.language)
    return words.t("source.refused", n=remark["count"], text=text)


async def subscriptions_of(connection: AsyncConnection, words: Words) -> list[Connected]:
    """Return the subscriptions, the oldest first, each with its latest attempt."""
    found = []
    for one in await webhooks.entries(connection, ALL_OF_THEM):
        latest = await webhooks.deliveries(connection, one["id"], Page(1, 1))
        found.append(_subscription(one, latest[0] if latest else None, words))
    return found


def _subscription(entry: Mapping[str, Any], latest: Mapping[str, Any] | None, words: Words) -> Connected:
    t = words.t
    details = []
    failed = latest is not None and latest["outcome"] in {"failed", "interrupted"}
    if latest is None:
        details.append(t("subscription.nothingSent"))
    elif failed:
        details.append(t("subscription.failed", moment=words.moment(latest["attemptedAt"])))
        details.append(words.failure(latest["error"]))
        if latest["nextAttemptAt"]:
            details.append(t("operation.next", moment=words.moment(latest["nextAttemptAt"])))
    else:
        details.append(t("subscription.sent", moment=words.moment(latest["attemptedAt"])))
    reason = f"subscription.because.{entry['reason']}"
    if t.knows(reason):
        details.insert(0, t(reason))
    elif entry["reason"] and not failed:
        details.append(words.failure(entry["reason"]))
    name = entry["description"] or _host(entry["url"])
    is_paused = entry["status"] == "paused"
    state, form = t(f"subscription.{entry['status']}"), f"/drift/prenumerationer/{entry['id']}/paus"
    is_wrong = failed and not is_paused
    return Connected(name, _host(entry["url"]), state, is_wrong, tuple(details), is_paused=is_paused, form=form)


def _host(url: str) -> str:
    """Return the part of an address that says whose it is; more of it may be a secret."""
    return urlsplit(url).hostname or ""


async def imports_of(connection: AsyncConnection, makes: Makes, number: int, words: Words) -> list[ImportLine]:
    """Return a page of the imports of activities or observations, the latest first, and one more if there is one."""
    page = Page(number, IMPORTS_OF_A_PAGE)
    found = await imports.entries(connection, makes, page)
    return [import_line(one, words) for one in found]


def import_line(entry: Mapping[str, Any], words: Words) -> ImportLine:
    """Return an import in words."""
    t, failure = words.t, entry["failure"] or ""
    return ImportLine(
        entry["id"],
        words.moment(entry["startedAt"]),
        t(f"import.{entry['status']}"),
        entry["status"] in {"failed", "interrupted"} or entry["refused"] > 0,
        entry["rows"],
        tuple(t(f"import.count.{name}", n=entry[name]) for name in _COUNTS if entry.get(name)),
        entry["refused"],
        in_swedish(failure) if words.language is Language.SV else failure,
        entry["dryRun"],
        entry["remarksLeftOut"],
    )


async def remarks_of(connection: AsyncConnection, import_id: UUID, number: int, words: Words) -> list[RemarkLine]:
    """Return a page of what is said of an import's rows."""
    page = Page(number, REMARKS_OF_A_PAGE)
    found = await imports.remarks(connection, import_id, page.limit, page.offset)
    return [
        RemarkLine(
            one["row"],
            label(one["field"], words.language) or "",
            words.t(f"import.outcome.{one['outcome']}"),
            refusal_text(Violation(one["field"], one["reason"], one["remedy"]), words.language),
        )
        for one in found
    ]

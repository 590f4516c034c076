"""What the parties have committed themselves to, and what has become of it in a year."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from services.api.commitments import queries
from services.api.pages.texts import translator
from shared.domain.follow_up import FollowUpStatus
from shared.domain.wording import Language
from shared.wording.dates import date_in_words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class CommitmentLine:
    """A commitment, by whom, by when, and what has become of it.

    `state` is fulfilled, notFulfilled, ongoing or withdrawn. `decided_on` is when it was decided to be fulfilled or was
    withdrawn; `done` is how much has been done, in words; `said` is what was said last when it was followed up.
    """

    text: str
    parties: str
    is_promise: bool
    due_on: date
    state: str
    state_text: str
    decided_on: date | None
    done: str
    said: str


async def commitments_of(
    connection: AsyncConnection,
    annexes: Collection[tuple[str | None, int | None]],
    year: int,
    today: date,
    language: Language,
) -> Mapping[tuple[str | None, int | None], Sequence[CommitmentLine]]:
    """Return the commitments of agreements that fall due in a year or later, by annex."""
    codes = {agreement for agreement, _ in annexes if agreement is not None}
    found: dict[tuple[str | None, int | None], list[CommitmentLine]] = defaultdict(list)
    for entry in await queries.entries_of(connection, codes) if codes else ():
        line = _line(entry, year, today, language)
        if line is not None:
            found[entry["agreement"], entry["annex"]].append(line)
    return {key: sorted(lines, key=lambda one: (one.due_on, one.text)) for key, lines in found.items()}


def _line(entry: Mapping[str, Any], year: int, today: date, language: Language) -> CommitmentLine | None:
    """Return a commitment; of one that recurs, what fell due in the year."""
    if entry["dueOn"].year < year:
        return None
    progress = [{"dueOn": entry["dueOn"], **one} for one in entry["progress"]]
    of_year = [one for one in progress if one["dueOn"].year == year] or progress
    due_on = max((one["dueOn"] for one in of_year), default=entry["dueOn"])
    state = _state(entry, of_year, due_on, today)
    decided_on = entry["withdrawnOn"] if state == "withdrawn" else None
    if state == "fulfilled":
        decided_on = max((one["fulfilledOn"] for one in entry["decisions"]), default=None)
    t = translator(language)
    day = date_in_words(decided_on, language) if decided_on else ""
    is_followed_up = state == "ongoing" and entry["status"] is not None
    state_text = t(f"commitment.status.{entry['status']}") if is_followed_up else t(f"commitment.{state}")
    follow_up = max(entry["followUps"], key=lambda one: one["notedOn"], default=None)
    return CommitmentLine(
        entry["wordingEn"] or entry["wording"] if language is Language.EN else entry["wording"],
        ", ".join(entry["parties"] or [entry["party"]]),
        entry["promise"],
        due_on,
        state,
        t("commitment.on", state=state_text, day=day) if day else state_text,
        decided_on,
        _done(entry, of_year, language),
        (follow_up and follow_up["text"]) or "",
    )


def _state(entry: Mapping[str, Any], progress: Sequence[Mapping[str, Any]], due_on: date, today: date) -> str:
    withdrawn_on: date | None = entry["withdrawnOn"]
    if withdrawn_on is not None and withdrawn_on <= today:
        return "withdrawn"
    if progress and all(one["fulfilled"] for one in progress):
        return "fulfilled"
    has_ended = due_on < today or entry["status"] == FollowUpStatus.CANCELLED
    return "notFulfilled" if has_ended else "ongoing"


def _done(entry: Mapping[str, Any], progress: Sequence[Mapping[str, Any]], language: Language) -> str:
    """Return how much of it has been done, where that can be counted."""
    t = translator(language)
    if len(progress) > 1:
        fulfilled = sum(one["fulfilled"] for one in progress)
        return t("commitment.parts", fulfilled=fulfilled, of=len(progress))
    if not progress or entry["fulfilledBy"] == "decision" or (entry["times"] == 1 and not progress[0]["done"]):
        return ""
    return t("commitment.times", done=progress[0]["done"], of=entry["times"])

"""What the parties have committed themselves to, and what has become of it in a year."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from services.api.commitments import queries
from services.api.pages.decisions.content import MARK, TAKE_BACK, takes_decision
from services.api.pages.texts import translator
from shared.domain.commitment_state import CommitmentPart, CommitmentState, decided_day, state_of
from shared.domain.wording import Language
from shared.wording.dates import date_in_words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection


class DecisionLink(NamedTuple):
    """What somebody can decide on a commitment, by the key of its text, and where, within the agreement's pages."""

    text: str
    path: str


@dataclass(frozen=True, slots=True)
class CommitmentLine:
    """A commitment, by whom, by when, and what has become of it.

    `state` is None where how much has been done at one of its places is not the visitor's to see. `done` is
    how much has been done, in words; `said` is what was said last when it was followed up. `decision` is what
    who coordinates the `agreement` can decide: that it is done, or not after all.
    """

    text: str
    parties: str
    is_promise: bool
    due_on: date
    state: CommitmentState | None
    state_text: str
    done: str
    said: str
    agreement: str
    decision: DecisionLink | None


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
        line = line_of(entry, year, today, language)
        if line is not None:
            found[entry["agreement"], entry["annex"]].append(line)
    return {key: sorted(lines, key=lambda one: (one.due_on, one.text)) for key, lines in found.items()}


def line_of(entry: Mapping[str, Any], year: int, today: date, language: Language) -> CommitmentLine | None:
    """Return a commitment of the API in words, of one that recurs what is due in the year; None if all is past."""
    if entry["dueOn"].year < year:
        return None
    parts = _parts(entry)
    parts = [one for one in parts if one.due_on.year == year] or parts
    due_on = max((one.due_on for one in parts), default=entry["dueOn"])
    state = state_of(parts, entry["withdrawnOn"], today) if parts else None
    decided_on = entry["withdrawnOn"] if state is CommitmentState.WITHDRAWN else None
    if state is CommitmentState.FULFILLED:
        decided_on = decided_day(parts)
    t = translator(language)
    day = date_in_words(decided_on, language) if decided_on else ""
    is_followed_up = state is CommitmentState.PENDING and entry["status"] is not None
    state_text = t(f"commitment.status.{entry['status']}" if is_followed_up else f"commitment.{state or 'hidden'}")
    follow_up = queries.newest(entry["followUps"])
    return CommitmentLine(
        entry["wordingEn"] or entry["wording"] if language is Language.EN else entry["wording"],
        ", ".join(entry["parties"] or [entry["party"]]),
        entry["promise"],
        due_on,
        state,
        t("commitment.on", state=state_text, day=day) if day else state_text,
        _done(entry, parts, language),
        (follow_up and follow_up["text"]) or "",
        entry["agreement"],
        _decision(entry, state),
    )


def _decision(entry: Mapping[str, Any], state: CommitmentState | None) -> DecisionLink | None:
    codes = {"agreement": entry["agreement"], "commitment": entry["code"]}
    if state in {CommitmentState.FULFILLED, CommitmentState.LATE, CommitmentState.WITHDRAWN}:
        return DecisionLink("decision.takeBack", TAKE_BACK.format(**codes)) if entry["decisions"] else None
    return DecisionLink("decision.mark", MARK.format(**codes)) if state and takes_decision(entry) else None


def _parts(entry: Mapping[str, Any]) -> list[CommitmentPart]:
    """Return a commitment's parts; none where one of them is not the visitor's to see."""
    if {one["area"] for one in entry["progress"]} != {*entry["areas"]}:
        return []
    decided = queries.decided_days(entry)
    return [
        CommitmentPart(due_on, one["done"], decided.get((one["area"], due_on)), is_fulfilled=one["fulfilled"])
        for one in entry["progress"]
        for due_on in [one.get("dueOn", entry["dueOn"])]
    ]


def _done(entry: Mapping[str, Any], parts: Sequence[CommitmentPart], language: Language) -> str:
    """Return how much of it has been done, where that can be counted."""
    t = translator(language)
    if len(parts) > 1:
        return t("commitment.parts", fulfilled=sum(one.is_fulfilled for one in parts), of=len(parts))
    if not parts or entry["fulfilledBy"] == "decision" or (entry["times"] == 1 and not parts[0].done):
        return ""
    key = "commitment.moreTimes" if parts[0].done > entry["times"] else "commitment.times"
    return t(key, done=parts[0].done, of=entry["times"])

"""The five things to know, which are on the first page: chosen by a rule that the report itself states.

There are kinds of things, in an order. First one of each kind is taken, then another of each, until there are five; of
a kind in the order of the annexes and their rows. So no kind takes all places, and nobody has chosen by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from shared.domain.commitment_state import CommitmentState
from shared.domain.period import PeriodType
from shared.domain.wording import capitalized
from shared.report.deviations import deviation_in_words, screened
from shared.report.grid import share_in_words
from shared.report.wording import isolated, translator, without_stop
from shared.wording.dates import date_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shared.annex_tables.reading import YearTables
    from shared.annex_tables.rows import TableRow, TableTarget
    from shared.report.content import AnnexReport, Commitment
    from shared.wording.translation import Translate

MOST: Final = 5
"""How many there are at most."""


class FindingKind(StrEnum):
    """What a thing to know is about, in the order in which they are taken."""

    MISSED = "missed"
    """A target that was not reached."""
    DEVIATES = "deviates"
    """A value that clearly differs from what was to be expected, even though so many are judged at once."""
    BROKEN = "broken"
    """A commitment that was not fulfilled in time."""
    OUT_OF_REACH = "outOfReach"
    """A target that is not expected to be reached."""
    AT_RISK = "atRisk"
    """A target that may not be reached."""
    LATE = "late"
    """Something that has not been reported in time, or a target that cannot be judged for want of a value."""
    MET = "met"
    """A target that was reached."""
    ON_COURSE = "onCourse"
    """A target that is likely to be reached."""


# What became of a target in several spans is the first of these that is among them.
_WORST_FIRST: Final = ("missed", "outOfReach", "atRisk", "notJudged", "onCourse", "met")


@dataclass(frozen=True, slots=True)
class Finding:
    """A thing to know, in words, and under which annex more is said of it."""

    kind: FindingKind
    text: str
    annex: str


def findings_in(annexes: Sequence[AnnexReport], tables: YearTables) -> tuple[Finding, ...]:
    """Return the things to know, in the order in which they are chosen."""
    by_kind: dict[FindingKind, list[Finding]] = {kind: [] for kind in FindingKind}
    for one in _all(annexes, tables):
        if one.text not in {other.text for other in by_kind[one.kind]}:
            by_kind[one.kind].append(one)
    rounds = max((len(found) for found in by_kind.values()), default=0)
    chosen = [found[place] for place in range(rounds) for found in by_kind.values() if place < len(found)][:MOST]
    return tuple(sorted(chosen, key=lambda one: [*FindingKind].index(one.kind)))


def _all(annexes: Sequence[AnnexReport], tables: YearTables) -> Iterator[Finding]:
    say = translator(tables.language)
    clear = {(row.indicator, row.slice) for row in screened(row for annex in annexes for row in annex.rows).clear}
    for annex in annexes:
        for row in annex.rows:
            if row.signal is not None and (row.indicator, row.slice) in clear:
                yield Finding(FindingKind.DEVIATES, deviation_in_words(row, row.signal, tables.language), annex.title)
            for target in row.targets:
                yield from _of_target(annex.title, row, target, tables)
        for commitment in annex.commitments:
            is_due = commitment.due_on <= tables.period.end
            if is_due and commitment.state in {CommitmentState.LATE, CommitmentState.MISSED}:
                yield Finding(FindingKind.BROKEN, _broken(commitment, tables, say), annex.title)
        if late := [one for one in annex.expected if one.is_late]:
            yield Finding(FindingKind.LATE, say("finding.late", n=len(late), first=late[0].what), annex.title)
        elif annex.missing_reports:
            yield Finding(FindingKind.LATE, annex.missing_reports, annex.title)


def _of_target(annex: str, row: TableRow, target: TableTarget, tables: YearTables) -> Iterator[Finding]:
    judgements = {outcome.judgement for outcome in target.outcomes}
    worst = next((one for one in _WORST_FIRST if one in judgements), None)
    cell, say = row.cells[-1], translator(tables.language)
    said = {"name": isolated(row.name), "heading": tables.target_heading, "asked": target.asked}
    if worst == "notJudged":
        # Within a year much is still to come, such as a survey of the autumn.
        if cell.status == "missing" and tables.period.type is PeriodType.YEAR:
            yield Finding(FindingKind.LATE, say("finding.notJudged", **said), annex)
    elif worst is not None:
        text = say("finding.target", value=_value(row, target, tables), **said)
        forecast = next(one.forecast for one in target.outcomes if one.judgement == worst)
        text += f" {capitalized(forecast)}." if forecast else ""
        yield Finding(FindingKind(worst), text, annex)


def _value(row: TableRow, target: TableTarget, tables: YearTables) -> str:
    """Return what a target is compared with: for a target of the year the year so far, where that is known."""
    cell, say = row.cells[-1], translator(tables.language)
    if target.is_yearly and tables.has_year_to_date and row.year_to_date.text:
        return say("finding.yearToDate", value=row.year_to_date.text)
    share, before = share_in_words(cell, tables.language), row.last_year.text
    value = cell.text or say("finding.noValue")
    value = say("finding.share", value=value, share=share) if share else value
    return say("finding.before", value=value, before=before) if before else value


def _broken(commitment: Commitment, tables: YearTables, say: Translate) -> str:
    day = date_in_words(commitment.due_on, tables.language)
    said = {"text": isolated(without_stop(commitment.text)), "outcome": without_stop(commitment.outcome)}
    return say("finding.commitment", **said, day=day)

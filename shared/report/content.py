"""What a report says: words and figures, and nothing of how they look. Every figure is one of `shared.annex_tables`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from shared.annex_tables.reading import YearTables
    from shared.annex_tables.rows import TableRow
    from shared.domain.commitment_state import CommitmentState
    from shared.domain.wording import Language
    from shared.report.findings import Finding


@dataclass(frozen=True, slots=True)
class Commitment:
    """A commitment, by whom and when, and what has become of it; `state` is None where that is not the reader's."""

    text: str
    parties: str
    is_promise: bool
    due_on: date
    state: CommitmentState | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Comment:
    """What was written about a value: of which indicator and period, in words, and when.

    `is_after_closing` where it was written or changed after the period was closed; `is_former` as it was at that time,
    where it has been changed or removed since.
    """

    indicator: str
    period: str
    noted_on: date
    text: str
    is_after_closing: bool = False
    is_former: bool = False


@dataclass(frozen=True, slots=True)
class MissingReport:
    """Something that was to be reported and is not, by when and by whom."""

    what: str
    when: str
    who: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of a row: what is above it, what is read aloud in its place, and itself as SVG or PNG."""

    title: str
    description: str
    picture: bytes


@dataclass(frozen=True, slots=True)
class AnnexReport:
    """An annex: what it is for, its values, what was promised, what is missing and what was written.

    `missing` are the names of the rows without a value in the period. Purpose and goals are in Swedish, as agreed on.
    """

    title: str
    purpose: str
    goals: tuple[str, ...]
    rows: tuple[TableRow, ...]
    charts: tuple[Chart, ...]
    commitments: tuple[Commitment, ...]
    missing: tuple[str, ...]
    expected: tuple[MissingReport, ...]
    comments: tuple[Comment, ...]
    # Whether those who read it may see comments and what is expected.
    is_own: bool = True
    # In sentences: what is missing, late or rests on little.
    gaps: tuple[str, ...] = ()
    # In a sentence: which reports are missing, if any are. Commitments that are not followed up are seen by themselves.
    missing_reports: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A report on an area's period, annex by annex.

    `changed_at` is when the last of its values came to be what it is: two reports of the same values are alike.
    """

    language: Language
    area: str
    tables: YearTables
    agreements: tuple[str, ...]
    changed_at: datetime
    findings: tuple[Finding, ...]
    judgements: tuple[tuple[str, int], ...]
    annexes: tuple[AnnexReport, ...]
    # How many rows have no chart, for want of room.
    left_out_charts: int = 0
    # What the words and signs in the tables mean.
    legend: tuple[str, ...] = field(default=())
    # Whether the period is closed, and each revision with what has come since, in words.
    closing_state: tuple[str, ...] = ()
    revisions: tuple[str, ...] = ()

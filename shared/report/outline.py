"""The sentences of a report that stand in no table: its first page, its annexes' remarks and its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.domain.period import local_date
from shared.report.deviations import limits_in_words, screening_of, signals_in_words
from shared.report.findings import MOST
from shared.report.wording import isolated, period_with_months, translator, without_stop
from shared.wording.dates import date_in_words, period_in_words

if TYPE_CHECKING:
    from shared.report.content import AnnexReport, Comment, Commitment, MissingReport, Report
    from shared.wording.translation import Translate

METHOD: Final = ("values", "zero", "people", "targets", "change")
"""What is said at the end of how values are made, by the keys of the texts, before limits and findings."""


@dataclass(frozen=True, slots=True)
class AnnexOutline:
    """The sentences about an annex; each list is empty where there is nothing to say."""

    signals: tuple[str, ...]
    commitments: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    comments: tuple[tuple[str, str], ...]
    no_comments: str
    charts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """The sentences of a report: `findings` are a heading and what is said beneath it."""

    title: str
    subtitle: str
    about: tuple[str, ...]
    findings_heading: str
    findings: tuple[tuple[str, str, str], ...]
    judgements: tuple[str, ...]
    annexes: tuple[AnnexOutline, ...]
    method: tuple[str, ...]
    # How many deviate, how many would by chance, and which stand out; empty where nothing was judged.
    screening: tuple[str, ...]
    definitions: tuple[tuple[str, str], ...]


def outline_of(report: Report) -> Outline:
    """Return the sentences of a report in its language."""
    say, language, period = translator(report.language), report.language, report.tables.period
    rows = [row for annex in report.annexes for row in annex.rows]
    about = (
        say("agreements", titles=", ".join(map(without_stop, report.agreements))),
        say("changed", day=date_in_words(local_date(report.changed_at), language)),
        *report.closing_state,
    )
    return Outline(
        say("title", area=isolated(report.area), period=period_with_months(period, language)),
        say("subtitle"),
        about,
        say("findings.five" if len(report.findings) == MOST else "findings"),
        tuple((say(f"kind.{one.kind}"), one.text, one.annex) for one in report.findings),
        tuple(f"{number} {say(f'judged.{judgement}', n=number)}" for judgement, number in report.judgements),
        tuple(_annex(one, report, say) for one in report.annexes),
        (
            *(say(f"method.{key}") for key in METHOD),
            *filter(None, [limits_in_words(rows, language)]),
            say("method.findings"),
        ),
        screening_of(rows, language),
        _definitions(report),
    )


def _annex(annex: AnnexReport, report: Report, say: Translate) -> AnnexOutline:
    no_comments = "" if annex.comments else say("noComments" if annex.is_own else "notOwn")
    return AnnexOutline(
        tuple(signals_in_words(annex.rows, report.language)),
        tuple(_commitment(one, report, say) for one in annex.commitments),
        tuple(_missing(annex, report, say)),
        tuple(_comment(one, report, say) for one in annex.comments),
        no_comments,
        tuple(one.title for one in annex.charts),
    )


def _commitment(commitment: Commitment, report: Report, say: Translate) -> tuple[str, str]:
    """Return what was promised, and by whom, when and what has become of it."""
    promised = say("promise", text=without_stop(commitment.text)) if commitment.is_promise else commitment.text
    due = say("due", day=date_in_words(commitment.due_on, report.language))
    return promised, f"{without_stop(commitment.outcome)}. {due} {without_stop(commitment.parties)}."


def _missing(annex: AnnexReport, report: Report, say: Translate) -> list[str]:
    period = period_in_words(report.tables.period, report.language)
    said = [*annex.gaps, *(_expected(one) for one in annex.expected)]
    if annex.missing:
        return [say("missingValues", period=period, names="; ".join(map(isolated, annex.missing))), *said]
    return [say("allHaveValues", period=period), *said] if annex.rows else said


def _expected(expected: MissingReport) -> str:
    parts = (expected.what, expected.when, expected.who)
    return " ".join(f"{without_stop(one)}." for one in parts if one)


def _comment(comment: Comment, report: Report, say: Translate) -> tuple[str, str]:
    day = date_in_words(comment.noted_on, report.language)
    key = "commentOn.former" if comment.is_former else "commentOn.late" if comment.is_after_closing else "commentOn"
    return say(key, indicator=isolated(comment.indicator), period=comment.period, day=day), comment.text


def _definitions(report: Report) -> tuple[tuple[str, str], ...]:
    """Return each indicator of the tables once, with its definition."""
    rows = {row.indicator: row for annex in reversed(report.annexes) for row in reversed(annex.rows)}
    return tuple((row.name, row.definition) for row in reversed(rows.values()))

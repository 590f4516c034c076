"""The report as a PDF that is read aloud well and stored for long: PDF/UA-1 and PDF/A-2a in one.

It is set by a program of its own (`shared.report.typesetting`): that takes a second of one core, and what could go
wrong in a library that draws letters ends that program alone. All texts reach it as data; none is read as markup.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

import orjson

from shared.report.grid import grid_of
from shared.report.outline import outline_of
from shared.report.wording import translator

if TYPE_CHECKING:
    from shared.report.content import AnnexReport, Report
    from shared.report.outline import AnnexOutline

SECONDS: Final = 60.0
"""A report of all that ships takes about one."""
COMMAND: Final = (sys.executable, "-m", "shared.report.typesetting")
# Words that the template puts between what varies.
_WORDS: Final = (
    "contents",
    "purpose",
    "values",
    "signals",
    "screening",
    "commitments",
    "missing",
    "comments",
    "charts",
    "judgements",
    "method",
    "method.replaced",
    "revisions",
    "legend",
    "definitions",
    "findings.none",
)


class NotSet(Exception):
    """The program that sets a report died, took too long, or refused it; the text says which."""


def pdf_of(report: Report) -> bytes:
    """Return the report as a PDF. The same report gives the same bytes.

    Raises:
        NotSet: there is none.
    """
    try:
        done = subprocess.run(  # noqa: S603  ours
            COMMAND, input=orjson.dumps(template_data(report)), capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise NotSet(f"it took more than {SECONDS:.0f} seconds") from error
    if done.returncode:
        raise NotSet(f"it ended with {done.returncode}: {done.stderr.decode(errors='replace')[-500:]}")
    return done.stdout


def template_data(report: Report) -> dict[str, Any]:
    """Return what the template shows, as JSON has it."""
    say, outline, changed = translator(report.language), outline_of(report), report.changed_at.astimezone(UTC)
    left_out = [say("leftOutCharts", n=report.left_out_charts)] if report.left_out_charts else []
    return {
        "language": report.language.value,
        "title": outline.title,
        "subtitle": outline.subtitle,
        "about": outline.about,
        "date": [changed.year, changed.month, changed.day, changed.hour, changed.minute, changed.second],
        "findingsHeading": outline.findings_heading,
        "findings": outline.findings,
        "judgements": outline.judgements,
        "annexes": [_annex(annex, said, report) for annex, said in zip(report.annexes, outline.annexes, strict=True)],
        "method": [*outline.method, *left_out],
        "screening": outline.screening,
        "revisions": report.revisions,
        "legend": report.legend,
        "definitions": outline.definitions,
        "words": {name: say(name) for name in _WORDS} | {"page": say("page", page="\0", pages="\0").split("\0")},
    }


def _annex(annex: AnnexReport, said: AnnexOutline, report: Report) -> dict[str, Any]:
    grid = grid_of(annex.rows, report.tables)
    return {
        "title": annex.title,
        "purpose": annex.purpose,
        "goals": annex.goals,
        "headings": grid.headings,
        "numbers": grid.numbers,
        "rows": [[[cell.text, cell.small] for cell in row] for row in grid.rows],
        "signals": said.signals,
        "commitments": said.commitments,
        "missing": said.missing,
        "comments": said.comments,
        "noComments": said.no_comments,
        "charts": [
            {"title": chart.title, "description": chart.description, "picture": chart.picture.decode()}
            for chart in annex.charts
        ],
    }

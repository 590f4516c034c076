"""The report as one HTML document: nothing in it is fetched, it runs nothing, and it prints on A4."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.domain.wording import speakable
from shared.report.grid import grid_of
from shared.report.outline import outline_of
from shared.report.wording import translator

if TYPE_CHECKING:
    from shared.report.content import Report

_TEMPLATES = Path(__file__).parent / "templates"


def html_of(report: Report) -> bytes:
    """Return the report as HTML, its charts as SVG in it. What is in a text is text, whatever it looks like."""
    context = {
        "report": report,
        "outline": outline_of(report),
        "t": translator(report.language),
        "grid_of": lambda rows: grid_of(rows, report.tables),
        "picture": lambda drawn: f"data:image/svg+xml;base64,{b64encode(drawn).decode()}",
        "style": _style(),
    }
    return speakable(_environment().get_template("report.html").render(context)).encode()


@cache
def content_policy() -> str:
    """Return the policy that the document keeps: its own style, its own pictures, and no more."""
    digest = b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'"


@cache
def _style() -> str:
    return (_TEMPLATES / "report.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

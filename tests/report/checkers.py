"""Two programs that know nothing of each other, and what they find wrong with a PDF.

One knows PDF/UA-1 and PDF/A-2a, the other PDF/UA-1. No other that knows PDF/A-2 comes as a package: PDFBox's Preflight,
which Debian has, knows PDF/A-1b alone, and objects to what PDF/A-2 allows; pdfluent reads escaped letters of a string
as others, and misses a language or an output intent that is taken away; those that ask veraPDF do not bring it.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import outloud  # type: ignore[import-untyped]  # it tells no types
import page as page_validation
import pikepdf

if TYPE_CHECKING:
    from page import ValidationFailure


def faults_by_page_validation(pdf: bytes, *profiles: str) -> list[str]:
    """Return what page-validation finds, by PDF/UA-1 and PDF/A-2a unless others are named."""
    reports = [page_validation.validate_pdf_bytes(pdf, profile=one) for one in profiles or ("pdfua1", "pdfa2a")]
    found = [one for report in reports for one in report.failures if not _is_misread(one, pdf)]
    return [f"{one.rule_id}: {one.message}" for one in found]


def _is_misread(failure: ValidationFailure, pdf: bytes) -> bool:
    """Whether a stream's last byte, a carriage return, was taken for a part of the line's end that follows it."""
    if not failure.rule_id.endswith("STREAM-LENGTH-001") or failure.object_id is None:
        return False
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        stream = opened.get_object(failure.object_id.object_number, failure.object_id.generation)
        return stream.read_raw_bytes().endswith(b"\r")


def faults_by_outloud(pdf: bytes) -> list[str]:
    """Return what outloud finds."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        Path(file.name).write_bytes(pdf)
        found = outloud.check(file.name)
    assert found.error is None
    return [f"{one.rule}: {one.message}" for one in found.findings if one.severity == "error"]

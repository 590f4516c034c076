"""Three programs that know nothing of each other, and what they find wrong with a PDF.

One knows PDF/UA-1 and PDF/A-2a, one PDF/UA-1, and one PDF/A-2b, which is level A but for tags, language and other texts
for pictures. The last takes what it does not know for a fault, and is asked about a copy without that. Of others that
come as packages, PDFBox's Preflight, which Debian has, knows PDF/A-1b alone, and objects to what PDF/A-2 allows;
pdfluent reads escaped letters of a string as others, and misses a language or an output intent that is taken away;
those that ask veraPDF do not bring it.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import outloud  # type: ignore[import-untyped]  # it tells no types
import page as page_validation
import pikepdf
from pikepdf import Array, Dictionary, Pdf, pdfa

if TYPE_CHECKING:
    from page import ValidationFailure

_KNOWN_METADATA = ("{http://purl.org/dc/elements/1.1/}", "{http://ns.adobe.com/xap/1.0/}")


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


def faults_by_pikepdf(pdf: bytes) -> list[str]:
    """Return what pikepdf finds, by PDF/A-2b."""
    with Pdf.open(io.BytesIO(pdf)) as opened:
        _leave_out_what_is_unknown(opened)
        found = pdfa.check(opened, "2b").findings
    return [f"{one.rule} {one.where}: {one.message}" for one in found]


def _leave_out_what_is_unknown(opened: Pdf) -> None:
    """Leave out what PDF/A-2 allows, and pikepdf does not know.

    That is a destination in an object of its own, the list of a font's characters, which is optional, and metadata of
    level A, of PDF/UA, and of more than title, author and dates.
    """
    for one in opened.objects:
        if isinstance(one, Dictionary):
            if isinstance(one.get("/Dest"), Array):
                one["/Dest"] = Array([*one["/Dest"]])
            if "/CIDSet" in one:
                del one["/CIDSet"]
    with opened.open_metadata() as metadata:
        known = {name: metadata[name] for name in metadata if name.startswith(_KNOWN_METADATA)}
        part = metadata["pdfaid:part"]
    del opened.Root["/Metadata"]
    with opened.open_metadata(set_pikepdf_as_editor=False) as metadata:
        for name, value in known.items():
            metadata[name] = value
        metadata["pdfaid:part"] = part
        metadata["pdfaid:conformance"] = "B"

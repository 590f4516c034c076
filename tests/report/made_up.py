"""Reports that somebody has made up: of any names and texts, without a database."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from shared.annex_tables.lines import Section, TableLine, TableValue
from shared.annex_tables.reading import tables_of
from shared.catalogue.loader import shipped_catalogue
from shared.domain.activity_type import Wording
from shared.domain.commitment_state import CommitmentState
from shared.domain.wording import Language
from shared.report.content import AnnexReport, Chart, Comment, Commitment, MissingReport, Report
from shared.report.findings import findings_in
from shared.signals.record import Measured, stored
from shared.signals.series import Kind
from shared.signals.shape import Shape
from shared.signals.signal import Method, Past, Signal, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shared.annex_tables.reading import YearTables

PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="48" height="25" viewBox="0 0 48 25">'
    b'<rect width="20" height="10" fill="#1b4f8a"/><text x="2" y="20" font-family="Arial" font-size="6">T1</text></svg>'
)


def _png() -> bytes:
    """Return a picture of one pixel."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(2))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


PNG = _png()
CHANGED = datetime(2016, 5, 3, 12, 30, tzinfo=UTC)
ALPHA = 0.003
_FORECAST = {
    "forecastRule": "monthlyCounts",
    "forecast": 103.4,
    "forecastLower": 95,
    "forecastUpper": 112,
    "probability": 0.3,
}
_TARGET = {"rule": "atMost", "value": 100, "per": "year", "judgement": "met"}


def value_of(number: int | None, status: str = "observed", judgement: str | None = None) -> TableValue:
    """Return a value of a period, with a target of the year that is judged so, by a forecast where it is to come."""
    targets: list[dict[str, Any]] = [] if judgement is None else [{**_TARGET, "judgement": judgement}]
    if judgement in {"onCourse", "atRisk", "outOfReach"}:
        targets[0] |= _FORECAST
    known = None if number is None else Decimal(number)
    return TableValue(known, None, known, 0, status, "preliminary", None, targets, None)


def signal_of(number: int, p_value: float) -> Mapping[str, Any]:
    """Return what is served of a tertial's number where 9 to 17 would be normal, deviating below a p-value of 0.003."""
    verdict = (Verdict.FEWER if number < 9 else Verdict.MORE) if p_value < ALPHA else Verdict.NONE
    past = Past(24, 2.0, Shape.SMOOTH, 1.0)
    signal = Signal(verdict, Method.COUNTS, number, 13, 9, 17, p_value=p_value, alpha=ALPHA, past=past)
    return stored(signal, Measured(Kind.COUNT, "count"), 4)


def tables_with(
    names: Sequence[str],
    judgements: Sequence[str | None] = (),
    language: Language = Language.SV,
    p_values: Sequence[float | None] = (),
) -> YearTables:
    """Return the tables of a year with a row for each name: a number, two words in the place of one, and the year.

    The number is judged where it has a p-value.
    """
    definition = shipped_catalogue().indicators["safety-walks"]
    hidden, missing = value_of(None, "suppressed"), value_of(None, "missing")
    lines = []
    for at, name in enumerate(names):
        named = definition.model_copy(update={"name": Wording(sv=name, en=name), "code": f"walks-{at}"})
        first, p_value = value_of(3 + at), p_values[at] if at < len(p_values) else None
        if p_value is not None:
            first = first._replace(signal=signal_of(3 + at, p_value))
        year = value_of(1200 + at, judgement=judgements[at] if at < len(judgements) else None)
        lines.append(TableLine(name, named, (first, hidden, missing, year)))
    return tables_of([Section("Bilaga 1: Trygghetsvandringar", lines, "a", 1, 1)], 2016, language)


def report_with(
    names: Sequence[str],
    text: str = "Det gick bra.",
    judgements: Sequence[str | None] = (),
    language: Language = Language.SV,
    picture: bytes = PICTURE,
    p_values: Sequence[float | None] = (),
) -> Report:
    """Return a report of rows of these names, whose other texts are all this one."""
    tables = tables_with(names, judgements, language, p_values)
    annex = AnnexReport(
        tables.tables[0].title,
        text,
        (text, text),
        tables.tables[0].rows,
        tuple(Chart(name, f"{text} 3, 4", picture) for name in names[:2]),
        (Commitment(text, text, True, date(2016, 3, 31), CommitmentState.MISSED, text),),
        (text,),
        (MissingReport(text, text, text, is_late=True),),
        (Comment(names[0], "2016", date(2016, 5, 2), text),),
    )
    findings = findings_in([annex], tables)
    return Report(language, names[0], tables, (text,), CHANGED, findings, (("met", 1),), (annex,), 0, tables.legend())

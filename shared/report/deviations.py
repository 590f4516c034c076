"""What a report says of its signals: the sentence of each row, and what all of them are together beside chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.report.wording import isolated, translator
from shared.signals.record import measured_by, signal_of
from shared.signals.screening import Screening, screen
from shared.signals.sentences import clear_in_words, method_in_words, screening_in_words
from shared.signals.signal import Signal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shared.annex_tables.rows import RowSignal, TableRow
    from shared.domain.wording import Language


@dataclass(frozen=True, slots=True)
class Screened:
    """The rows of a report that were judged, each once, their signals, and what these are together."""

    rows: tuple[TableRow, ...]
    signals: tuple[Signal, ...]
    screening: Screening

    @property
    def clear(self) -> tuple[TableRow, ...]:
        """The rows that stand out from chance."""
        return tuple(self.rows[place] for place in self.screening.clear)


def screened(rows: Iterable[TableRow]) -> Screened:
    """Return what the signals of rows are together; a row that two annexes have counts once."""
    judged: dict[tuple[str, str], tuple[TableRow, Signal]] = {}
    for row in rows:
        if row.signal is not None:
            record = row.signal.record
            judged.setdefault((row.indicator, row.slice), (row, signal_of(record, measured_by(record, row.unit))))
    signals = tuple(signal for _, signal in judged.values())
    return Screened(tuple(row for row, _ in judged.values()), signals, screen(signals))


def deviation_in_words(row: TableRow, signal: RowSignal, language: Language) -> str:
    """Return the sentence of a row, with its name and period."""
    return translator(language)("signalOf", name=isolated(row.name), period=signal.period, text=signal.text)


def signals_in_words(rows: Sequence[TableRow], language: Language) -> Iterator[str]:
    """Yield what is said of an annex's rows: each that deviates, then the names of those that do not.

    Nothing where none was judged; of those that were not, the ones that have a value are named.
    """
    if not any(row.signal for row in rows):
        return
    for row in rows:
        if row.signal is not None and row.signal.is_deviation:
            yield deviation_in_words(row, row.signal, language)
    normal = [row for row in rows if row.signal is not None and not row.signal.is_deviation]
    not_judged = [row for row in rows if row.signal is None and row.cells[-1].value is not None]
    for key, named in (("signalsNormal", normal), ("signalsNotJudged", not_judged)):
        if named:
            names = "; ".join(dict.fromkeys(isolated(row.name) for row in named))
            yield translator(language)(key, names=names)


def screening_of(rows: Iterable[TableRow], language: Language) -> tuple[str, ...]:
    """Return in sentences how many deviate, how many would by chance, and which stand out; nothing of none judged."""
    found = screened(rows)
    if not found.rows:
        return ()
    said = screening_in_words(found.screening, language)
    if not found.screening.signals:
        return (said,)
    names = [f"{isolated(row.name)}, {row.signal.period}" for row in found.clear if row.signal]
    return said, clear_in_words(names, language)


def limits_in_words(rows: Iterable[TableRow], language: Language) -> str:
    """Return how the limits of a report are made, by the methods that it has; nothing where it has none."""
    methods = dict.fromkeys(method_in_words(signal.method, language) for signal in screened(rows).signals)
    return translator(language)("method.signals", methods="; ".join(methods)) if methods else ""

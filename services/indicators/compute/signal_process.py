"""Has signals judged by a process of its own, which yields the processor to whoever else wants it.

In a thread of the worker, judging would make the sweep wait for each turn of the interpreter, and beside it for the
processor. Run as `python -m services.indicators.compute.signal_process` it is that process: it reads subjects from its
standard input, a line of JSON for a lot, writes what differs to its standard output, and ends with its input, hence
with the worker.
"""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import orjson

from services.indicators.compute.signal_series import Judged, Known, Subject, judged
from shared.domain.period import PeriodType
from shared.line_process import LineProcess, answer_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Row

MODULE: Final = "services.indicators.compute.signal_process"
NICENESS: Final = 10
"""Low: what wakes up for a figure takes the processor at once. Not the lowest: on a full machine it still gets on."""
SECONDS_TO_JUDGE: Final = 30.0
"""One that hangs is ended: other signals wait. What it is given at a time takes a third of a second of a core."""
# What JSON has no type for.
_NUMBERS: Final = frozenset({"numerator", "denominator", "value", "judged_numerator", "judged_denominator"})
_DAYS: Final = frozenset({"period_start", "first_report"})


class SignalProcess:
    """The process."""

    def __init__(self) -> None:
        self._process = LineProcess(MODULE)

    def start(self) -> None:
        """Start it, so that its libraries are there by the time something is judged."""
        self._process.start()

    async def judged(self, subjects: Sequence[Subject], first: date, until: date) -> list[Judged]:
        """Return what `signal_series.judged` does.

        Raises:
            ProcessEnded: the process died, and has said why, or took too long.
        """
        answer = await self._process.ask(_asked(subjects, first, until), SECONDS_TO_JUDGE)
        return [Judged(**_typed(one)) for one in orjson.loads(answer)]

    def close(self) -> None:
        """End the process, if there is one."""
        self._process.close()


def _asked(subjects: Sequence[Subject], first: date, until: date) -> bytes:
    lot = [
        {
            "about": _named(one.about),
            "span": (one.origin, one.last, one.as_of),
            "rows": [_named(row) for row in one.rows.values()],
        }
        for one in subjects
    ]
    return orjson.dumps((first, until, lot), default=str)


def _named(row: Row[Any]) -> dict[str, Any]:
    return dict(zip(row._fields, row, strict=True))


def _subjects(lot: Iterable[Mapping[str, Any]]) -> Iterable[Subject]:
    for one in lot:
        about: Any = SimpleNamespace(**_typed(one["about"]))
        about.break_days = [date.fromisoformat(day) for day in about.break_days]
        origin, last, as_of = one["span"]
        subject = Subject(about, origin, last, date.fromisoformat(as_of))
        for each in one["rows"]:
            row: Any = SimpleNamespace(**_typed(each))
            key = (PeriodType(row.period_type), row.period_start)
            subject.rows[key] = row
            if row.inputs is not None:
                subject.stored[key] = Known(row.judged_numerator, row.judged_denominator, row.inputs)
        yield subject


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its numbers and days as they were."""
    typed = dict(row)
    for name in row.keys() & (_NUMBERS | _DAYS):
        if typed[name] is not None:
            typed[name] = Decimal(typed[name]) if name in _NUMBERS else date.fromisoformat(typed[name])
    return typed


def main() -> None:
    """Judge until the input ends."""
    os.nice(NICENESS)
    from shared.signals import judging  # noqa: F401, PLC0415  it takes a second, and the worker need not wait

    answer_lines(_answer)


def _answer(line: bytes) -> bytes:
    first, until, lot = orjson.loads(line)
    found = judged(_subjects(lot), date.fromisoformat(first), date.fromisoformat(until))
    return orjson.dumps([one._asdict() for one in found], default=str)


if __name__ == "__main__":
    main()

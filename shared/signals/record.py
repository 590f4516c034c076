"""A signal as it is stored and served: numbers in the figure's unit, and the sentence in both languages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from shared.domain.wording import Language
from shared.signals.sentences import COUNTS, SHARES, FigureStyle, difference_in_words, signal_in_words
from shared.signals.series import Kind
from shared.signals.shape import Shape
from shared.signals.signal import Lack, Method, Past, Signal, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.signals.intervals import Difference

DIGITS: Final = 9
"""Significant digits of a number that is stored: more would tell how a sum was ordered."""
PER_CENT: Final = 100
PERCENT_UNIT: Final = "percent"
_SHAPES: Final = {Shape.LEVEL: "none", Shape.SMOOTH: "wave", Shape.SAME: "sameMonths"}
_UNITS: Final[Mapping[str, Mapping[Language, str]]] = {
    "SEK": {Language.SV: "kr", Language.EN: "SEK"},
    "hours": {Language.SV: "timmar", Language.EN: "hours"},
}
_LEVEL_DECIMALS: Final[Mapping[str, int]] = {"SEK": 0, "hours": 0}


@dataclass(frozen=True, slots=True)
class Measured:
    """What a series' figures are: their kind by the methods, and the unit that they are served in."""

    kind: Kind
    unit: str

    @property
    def is_per_cent(self) -> bool:
        """Whether figures are served in percent."""
        return self.unit == PERCENT_UNIT

    def style(self, language: Language) -> FigureStyle:
        """Return how its figures are written."""
        if self.is_per_cent:
            return SHARES
        if self.kind is Kind.COUNT:
            return COUNTS
        unit = _UNITS.get(self.unit, {}).get(language, "")
        return FigureStyle(Kind.LEVEL, _LEVEL_DECIMALS.get(self.unit, 1), unit)


def is_stored(signal: Signal) -> bool:
    """Whether a signal says anything: it was judged, or there is a reason that is not mere lack of figures."""
    return signal.p_value is not None or signal.lack is Lack.BREAK


def stored(
    signal: Signal, measured: Measured, months: int, times: float = 1.0, difference: Difference | None = None
) -> dict[str, Any]:
    """Return a signal as it is stored: what was judged are `months` months, and a mean counts so many `times`.

    A level that adds up is judged by its mean a month, and stored by its sum. `difference` is that from the same months
    of the year before.
    """
    possible = _possible(_times(signal, times), measured)
    # Shares are from 0 to 1 where they are judged; what was published in percent is not.
    factor = PER_CENT if measured.kind is Kind.SHARE else 1
    in_words = possible if factor > 1 or not measured.is_per_cent else _times(possible, 1 / PER_CENT)
    numbers = {
        "observed": possible.observed,
        "expected": possible.expected,
        "lowerLimit": possible.lower,
        "upperLimit": possible.upper,
    }
    past = possible.past
    return {
        "verdict": possible.verdict.value,
        "rule": possible.method.value,
        "reason": possible.lack and possible.lack.value,
        "months": months,
        **{name: None if number is None else _rounded(number * factor) for name, number in numbers.items()},
        "pValue": possible.p_value if possible.p_value is None else _rounded(possible.p_value),
        "alpha": possible.alpha,
        "periods": past and past.periods,
        "years": past and _rounded(past.seasons),
        "season": past and _SHAPES[past.shape],
        "dispersion": past and _rounded(past.dispersion),
        "isProvisional": possible.is_provisional,
        "changeFromLastYear": difference and _change(difference, measured, factor),
        "text": {
            language.value: signal_in_words(in_words, measured.style(language), language) for language in Language
        },
    }


def _change(difference: Difference, measured: Measured, factor: int) -> dict[str, Any]:
    return {
        "change": _rounded(difference.estimate * factor),
        "lowerLimit": _rounded(difference.lower * factor),
        "upperLimit": _rounded(difference.upper * factor),
        "text": {
            language.value: difference_in_words(difference, measured.style(language), language) for language in Language
        },
    }


def signal_of(record: Mapping[str, Any], measured: Measured) -> Signal:
    """Return the signal of a stored one, its shares from 0 to 1 again."""
    factor = PER_CENT if measured.kind is Kind.SHARE else 1
    names = {"observed": "observed", "expected": "expected", "lower": "lowerLimit", "upper": "upperLimit"}
    numbers = {own: None if record[name] is None else record[name] / factor for own, name in names.items()}
    shapes = {name: shape for shape, name in _SHAPES.items()}
    past = (
        None
        if record["periods"] is None
        else Past(record["periods"], record["years"], shapes[record["season"]], record["dispersion"])
    )
    return Signal(
        Verdict(record["verdict"]),
        Method(record["rule"]),
        **numbers,
        p_value=record["pValue"],
        alpha=record["alpha"],
        past=past,
        is_provisional=record["isProvisional"],
        lack=Lack(record["reason"]) if record["reason"] else None,
    )


def measured_by(record: Mapping[str, Any], unit: str) -> Measured:
    """Return what the figures of a stored signal are, by the method that judged them and their unit."""
    kinds = {Method.COUNTS: Kind.COUNT, Method.LEVELS: Kind.LEVEL}
    return Measured(kinds.get(Method(record["rule"]), Kind.SHARE), unit)


def _times(signal: Signal, times: float) -> Signal:
    if times == 1:
        return signal
    numbers = {name: getattr(signal, name) for name in ("observed", "expected", "lower", "upper")}
    return replace(signal, **{name: number and number * times for name, number in numbers.items()})


def _possible(signal: Signal, measured: Measured) -> Signal:
    """Return the signal with limits of what can be: a limit below 0, of what is never below, says no more than 0.

    So does one above 100 % of what is never above.
    """
    if measured.kind is not Kind.LEVEL or signal.lower is None or signal.upper is None:
        return signal
    figures = (signal.observed or 0, signal.expected or 0)
    is_within = measured.is_per_cent and max(figures) <= PER_CENT
    return replace(
        signal,
        lower=signal.lower if min(figures) < 0 else max(signal.lower, 0.0),
        upper=min(signal.upper, PER_CENT) if is_within else signal.upper,
    )


def _rounded(number: float) -> float:
    return float(f"{number:.{DIGITS}g}")

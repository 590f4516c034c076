"""Signals and comparisons in words that a council understands, the same wherever they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.domain.wording import MINUS, NO_BREAK_SPACE, PERCENT, number
from shared.signals.screening import FALSE_DISCOVERIES
from shared.signals.series import Kind
from shared.signals.shape import Shape
from shared.signals.signal import Lack, Verdict
from shared.wording.translation import translator_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shared.domain.wording import Language
    from shared.signals.funnel import Funnel, FunnelPoint
    from shared.signals.intervals import Difference
    from shared.signals.screening import Screening
    from shared.signals.signal import Method, Signal

TEXTS = Path(__file__).parent / "texts"
_translator = partial(translator_in, TEXTS)
FINER: Final = 3
"""So many decimals more are written where a figure would else seem to be within limits that it is outside."""


@dataclass(frozen=True, slots=True)
class FigureStyle:
    """How a figure is written: with so many decimals and its unit, such as kr; a share in percent."""

    kind: Kind
    decimals: int = 0
    unit: str = ""

    def written(self, value: float, language: Language, decimals: int, *, has_unit: bool = True) -> str:
        """Return the figure in the language. Raises ValueError for a number of decimals below 0."""
        if decimals < 0:
            raise ValueError("a figure has no negative decimals")
        scaled = round(Decimal(repr(value)) * (100 if self.kind is Kind.SHARE else 1), decimals)
        sign = MINUS if scaled < 0 else ""
        unit = PERCENT[language] if self.kind is Kind.SHARE else f"{NO_BREAK_SPACE}{self.unit}" if self.unit else ""
        return f"{sign}{number(abs(scaled), language)}{unit if has_unit else ''}"


COUNTS: Final = FigureStyle(Kind.COUNT)
SHARES: Final = FigureStyle(Kind.SHARE, decimals=1)


def signal_in_words(signal: Signal, style: FigureStyle, language: Language) -> str:
    """Return whether a figure differs from what was to be expected, and what was; if uncertain, why."""
    say = _translator(language)
    if signal.verdict is Verdict.TOO_LITTLE:
        return say(f"lack.{signal.lack}", **_figures(signal, style, language))
    key = "signal.none" if signal.verdict is Verdict.NONE else f"signal.{signal.verdict}.{style.kind}"
    sentences = [say(key, **_figures(signal, style, language))]
    if signal.is_provisional and signal.past is not None:
        sentences.append(say("provisional", n=signal.past.periods))
    return " ".join(sentences)


def basis_in_words(signal: Signal, language: Language) -> str:
    """Return what a signal rests on; nothing where it could not be judged."""
    if signal.past is None:
        return ""
    key = "basis.level" if signal.past.shape is Shape.LEVEL else "basis.season"
    return _translator(language)(key, n=signal.past.periods)


def method_in_words(method: Method, language: Language) -> str:
    """Return the name of a method."""
    return _translator(language)(f"method.{method}")


def difference_in_words(difference: Difference, style: FigureStyle, language: Language) -> str:
    """Return how a period differs from the same a year before, with the interval; a signal tells if it deviates."""
    say = _translator(language)
    ends = {"estimate": difference.estimate, "lower": difference.lower, "upper": difference.upper}
    written = {name: _signed(value, style, language) for name, value in ends.items()}
    if style.kind is Kind.SHARE:
        written["estimate"] = say("points", number=written["estimate"])
        written["upper"] = say("points", number=written["upper"])
    return say("difference.clear" if difference.is_clear else "difference.unclear", **written)


def screening_in_words(screening: Screening, language: Language) -> str:
    """Return how many of a report's indicators deviate, and how many would by chance."""
    say = _translator(language)
    if screening.signals == 1 < screening.judged:
        found = say("screening.single", number=screening.judged)
    elif screening.signals:
        found = say("screening.some", n=screening.judged, signals=screening.signals)
    else:
        found = say("screening.none", n=screening.judged)
    expected = round(screening.by_chance)
    return f"{found} {say('chance', n=expected) if expected else say('chance.few')}"


def clear_in_words(names: Sequence[str], language: Language) -> str:
    """Return which deviations stand out though so many were judged, by their names."""
    say = _translator(language)
    if not names:
        return say("clear.none")
    return say("clear", n=len(names), names="; ".join(names), share=round(100 * FALSE_DISCOVERIES))


def area_in_words(name: str, count: int, of: int, point: FunnelPoint, language: Language) -> str:
    """Return how an area outside the limits differs from the others of its kind."""
    shares = {"observed": point.value, "lower": point.lower, "upper": point.upper}
    written = {key: SHARES.written(value, language, SHARES.decimals) for key, value in shares.items()}
    parts = {key: number(Decimal(value), language) for key, value in {"count": count, "of": of}.items()}
    return _translator(language)(f"between.{point.verdict}", name=name, **written, **parts)


def funnel_in_words(funnel: Funnel, language: Language) -> str:
    """Return what all areas come to together, and that none differs where none does."""
    say = _translator(language)
    common = SHARES.written(funnel.common, language, SHARES.decimals)
    together = say("between.all", number=len(funnel.points), common=common)
    is_even = all(point.verdict is Verdict.NONE for point in funnel.points)
    return f"{together} {say('between.none')}" if is_even else together


def _figures(signal: Signal, style: FigureStyle, language: Language) -> Mapping[str, str]:
    """Write the figures of a signal with as many decimals as it takes to tell a figure from its limits."""
    if signal.observed is None or signal.expected is None or signal.lower is None or signal.upper is None:
        return {}
    decimals = style.decimals
    if signal.is_signal and style.kind is not Kind.COUNT:
        limit = signal.upper if signal.verdict is Verdict.MORE else signal.lower
        finer = range(decimals, decimals + FINER + 1)
        pairs = ((one, _rounded(signal.observed, style, one), _rounded(limit, style, one)) for one in finer)
        decimals = next((one for one, figure, bound in pairs if figure != bound), finer[-1])
    # The lower limit has the unit of the upper, as in 9–17 kr.
    return {
        "observed": style.written(signal.observed, language, decimals),
        "lower": style.written(signal.lower, language, decimals, has_unit=False),
        "upper": style.written(signal.upper, language, decimals),
        "expected": style.written(signal.expected, language, decimals + (signal.lack is Lack.RARE)),
    }


def _rounded(value: float, style: FigureStyle, decimals: int) -> float:
    return round(value, decimals + 2 * (style.kind is Kind.SHARE))


def _signed(value: float, style: FigureStyle, language: Language) -> str:
    written = style.written(value, language, style.decimals, has_unit=style.kind is not Kind.SHARE)
    return f"+{written}" if _rounded(value, style, style.decimals) > 0 else written

"""The words of a chart, in Swedish and English, and how they are put together."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from shared.domain.period import Period, PeriodType
from shared.domain.wording import REASONS, TARGETS, Language, number, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from services.api.values.charts.chart_data import ChartValue
    from shared.catalogue.indicator import IndicatorDefinition

# The mark where there is no figure, so that an empty place is never taken for a zero.
MARKS = {"missing": "–", "suppressed": "×", "notApplicable": "·"}

WORDS = {
    Language.SV: {
        "bars": "Stapeldiagram",
        "line": "Linjediagram",
        "month": "per månad",
        "tertial": "per tertial",
        "year": "per år",
        "final": "slutligt",
        "preliminary": "preliminärt",
        "allPreliminary": "Alla siffror är preliminära.",
        "missing": "saknas",
        "suppressed": "dolt, rör få personer",
        "notApplicable": "ej tillämpligt",
        "none": "Det finns inga siffror att visa.",
        "of": "{numerator} av {denominator}",
        "target": "mål",
        "targetMonth": "Mål för månaden: {rule}",
        "targetTertial": "Mål för tertialet: {rule}",
        "targetYear": "Mål för året: {rule}",
        "judged": "{target} ({period}: {judgement})",
        **TARGETS[Language.SV],
        "lessThanBefore": "lägre än {before}",
        "moreThanBefore": "högre än {before}",
        "notBelowBefore": "inte lägre än {before}",
        "beforeMonth": "samma månad året före",
        "beforeTertial": "samma tertial året före",
        "beforeYear": "året före",
    },
    Language.EN: {
        "bars": "Bar chart",
        "line": "Line chart",
        "month": "by month",
        "tertial": "by tertial",
        "year": "by year",
        "final": "final",
        "preliminary": "preliminary",
        "allPreliminary": "All figures are preliminary.",
        "missing": "missing",
        "suppressed": "hidden, about few persons",
        "notApplicable": "not applicable",
        "none": "There are no figures to show.",
        "of": "{numerator} of {denominator}",
        "target": "target",
        "targetMonth": "Target for the month: {rule}",
        "targetTertial": "Target for the tertial: {rule}",
        "targetYear": "Target for the year: {rule}",
        "judged": "{target} ({period}: {judgement})",
        **TARGETS[Language.EN],
        "lessThanBefore": "lower than {before}",
        "moreThanBefore": "higher than {before}",
        "notBelowBefore": "not lower than {before}",
        "beforeMonth": "the same month of the year before",
        "beforeTertial": "the same tertial of the year before",
        "beforeYear": "the year before",
    },
}
_MONTHS = {
    Language.SV: "januari februari mars april maj juni juli augusti september oktober november december",
    Language.EN: "January February March April May June July August September October November December",
}
MONTHS = {language: names.split() for language, names in _MONTHS.items()}


# What no XML may hold: what draws gives up on it, and a name from outside may have it.
_UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def speakable(text: str) -> str:
    """Return a text from outside as it can stand in a picture."""
    return _UNSPEAKABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def label(period: Period, language: Language) -> str:
    """Return what stands below a period's place on the axis, its year not among it."""
    match period.type:
        case PeriodType.MONTH:
            return MONTHS[language][period.start.month - 1][:3]
        case PeriodType.TERTIAL:
            return period.code[-2:]
        case PeriodType.YEAR:
            return period.code


def spoken(period: Period, language: Language) -> str:
    """Return a period as it is read aloud."""
    match period.type:
        case PeriodType.MONTH:
            return f"{MONTHS[language][period.start.month - 1]} {period.start.year}"
        case PeriodType.TERTIAL:
            return f"tertial {period.code[-1]} {period.start.year}"
        case PeriodType.YEAR:
            return period.code


def written(value: Decimal, definition: IndicatorDefinition, language: Language) -> str:
    """Return a value as it stands beside its bar or point."""
    return percent(value, language) if definition.is_share else number(round(value, 2), language)


def target_texts(figures: Sequence[ChartValue], definition: IndicatorDefinition, language: Language) -> Iterator[str]:
    """Yield each target of the last period that has any, and what has become of it by then."""
    judged = next((figure for figure in reversed(figures) if figure.targets), None)
    for target in judged.targets if judged else ():
        text = WORDS[language]["judged"].format(
            target=_target_text(target, definition, language),
            period=judged.period.code if judged else "",
            judgement=_judgement_text(target, language),
        )
        yield text


def _judgement_text(target: Mapping[str, Any], language: Language) -> str:
    judgement = WORDS[language][target["judgement"]]
    return f"{judgement}, {REASONS[language][target['reason']]}" if "reason" in target else judgement


def _target_text(target: Mapping[str, Any], definition: IndicatorDefinition, language: Language) -> str:
    words = WORDS[language]
    levels = {
        name: written(Decimal(str(target.get(name) or 0)), definition, language) for name in ("value", "upperValue")
    }
    per = target["per"].capitalize()
    return words[f"target{per}"].format(rule=words[target["rule"]].format(**levels, before=words[f"before{per}"]))


def sentence(figure: ChartValue, definition: IndicatorDefinition, language: Language, *, tells_finality: bool) -> str:
    """Return one period's figure as it is read aloud."""
    words, period = WORDS[language], spoken(figure.period, language)
    if figure.value is None:
        return f"{period}: {words[figure.gap]}."
    text = written(figure.value, definition, language)
    if definition.is_share and figure.numerator is not None and figure.denominator is not None:
        parts = {"numerator": figure.numerator, "denominator": figure.denominator}
        text += f" ({words['of'].format(**{name: number(part, language) for name, part in parts.items()})})"
    return f"{period}: {text}{', ' + words[str(figure.finality)] if tells_finality else ''}."

"""The words of a chart, in Swedish and English, and how they are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.api.values.names import name_of_unit
from shared.domain.period import Period, PeriodType
from shared.domain.target_wording import judgement, named_target, rule, targets_of_period
from shared.domain.wording import (
    PERCENT,
    WITHOUT_VALUE,
    Language,
    in_language,
    number,
    rounded,
    short_period,
    value_text,
)
from shared.wording.dates import period_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from services.api.values.charts.chart_data import ChartValue
    from shared.catalogue.indicator import IndicatorDefinition

WORDS = {
    Language.SV: {
        "bars": "Stapeldiagram",
        "line": "Linjediagram",
        "month": "per månad",
        "quarter": "per kvartal",
        "tertial": "per tertial",
        "halfYear": "per halvår",
        "year": "per år",
        "final": "slutligt",
        "preliminary": "preliminärt",
        "allPreliminary": "Alla värden är preliminära.",
        **WITHOUT_VALUE[Language.SV],
        "few": "dolt: för få personer",
        "nothingApplies": ". inte aktuellt",
        "none": "Det finns inga värden att visa.",
        "noValues": "Inga värden",
        "otherUnit": "annan enhet",
        "of": "{numerator} av {denominator}",
        "target": "mål",
        "normally": "normalt {lower}–{upper}",
        "interval": "normalt intervall",
        "deviation": "tydlig avvikelse",
        "more": "fler än väntat",
        "fewer": "färre än väntat",
        "higher": "högre än väntat",
        "lower": "lägre än väntat",
        "break": "ny startpunkt",
        "breakIn": "Ny startpunkt: {month}.",
        "judged": "{target}. Bedömning {period}: {judgement}.",
    },
    Language.EN: {
        "bars": "Bar chart",
        "line": "Line chart",
        "month": "by month",
        "quarter": "by quarter",
        "tertial": "by tertial",
        "halfYear": "by half-year",
        "year": "by year",
        "final": "final",
        "preliminary": "preliminary",
        "allPreliminary": "All values are preliminary.",
        **WITHOUT_VALUE[Language.EN],
        "few": "hidden: too few people",
        "nothingApplies": ". not applicable",
        "none": "There are no values to show.",
        "noValues": "No values",
        "otherUnit": "other unit",
        "of": "{numerator} of {denominator}",
        "target": "target",
        "normally": "normally {lower}–{upper}",
        "interval": "normal interval",
        "deviation": "clear deviation",
        "more": "more than expected",
        "fewer": "fewer than expected",
        "higher": "higher than expected",
        "lower": "lower than expected",
        "break": "new starting point",
        "breakIn": "New starting point: {month}.",
        "judged": "{target}. Judgement {period}: {judgement}.",
    },
}
# From here on a limit is written without decimals, below with two at most.
MANY = 100


def label(period: Period, language: Language) -> str:
    """Return what stands below a period's place on the axis, its year not among it."""
    if period.type is PeriodType.YEAR:
        return period.code
    return short_period(period.type, period.start.month, language)


def target_texts(figures: Sequence[ChartValue], definition: IndicatorDefinition, language: Language) -> Iterator[str]:
    """Yield each target of the last period that has any, and what has become of it by then."""
    of_periods = ((figure, [*targets_of_period(figure.targets)]) for figure in reversed(figures))
    judged, targets = next((one for one in of_periods if one[1]), (None, ()))
    if judged is None:
        return
    meant = definition.in_unit(judged.unit)
    for target in targets:
        asked = rule(target, meant.unit, language)
        yield WORDS[language]["judged"].format(
            target=named_target(target, asked, language),
            period=period_in_words(judged.period, language),
            judgement=judgement(target, language),
        )


def break_texts(figures: Sequence[ChartValue], language: Language) -> Iterator[str]:
    """Yield from which months on values are compared with none before."""
    for figure in figures:
        if figure.break_on is not None:
            month = period_in_words(Period(PeriodType.MONTH, figure.break_on), language)
            yield WORDS[language]["breakIn"].format(month=month)


def mark(gap: str, language: Language) -> str:
    """Return what is written where there is no value: a word, so that an empty place is never taken for a zero."""
    return "." if gap == "notApplicable" else WORDS[language][gap]


def legend_of_gaps(gaps: Iterable[str], language: Language) -> Iterator[str]:
    """Yield what the marks mean that do not say so themselves."""
    explained = {"suppressed": "few", "notApplicable": "nothingApplies"}
    return (WORDS[language][explained[gap]] for gap in dict.fromkeys(gaps) if gap in explained)


def sentence(figure: ChartValue, axis: IndicatorDefinition, language: Language, *, tells_finality: bool) -> str:
    """Return one period's figure as it is read aloud; it names its unit where that is not the one of the axis."""
    words, period = WORDS[language], period_in_words(figure.period, language)
    definition = axis.in_unit(figure.unit)
    if figure.value is None:
        return f"{period}: {words['few' if figure.gap == 'suppressed' else figure.gap]}."
    text = value_text(figure.value, definition.unit, language)
    if definition.unit == "percent" and figure.numerator is not None and figure.denominator is not None:
        parts = {"numerator": figure.numerator, "denominator": figure.denominator}
        text += f" ({words['of'].format(**{name: number(part, language) for name, part in parts.items()})})"
    if definition.unit != axis.unit:
        text += f" ({words['otherUnit']}: {in_language(name_of_unit(definition.unit), language)})"
    said = [text, *_against_expected(figure, definition, language)]
    return f"{period}: {', '.join([*said, words[str(figure.finality)]] if tells_finality else said)}."


def _against_expected(figure: ChartValue, definition: IndicatorDefinition, language: Language) -> Iterator[str]:
    """Yield what would be normal of a figure, and whether it clearly is not."""
    if figure.limits is None:
        return
    if figure.deviation is not None:
        of_level = {"more": "higher", "fewer": "lower"}
        word = figure.deviation if definition.unit in {"count", "days"} else of_level[figure.deviation]
        yield WORDS[language][word]
    coarse = (rounded(limit, 0 if abs(limit) >= MANY else 2) for limit in figure.limits)
    lower, upper = (value_text(limit, definition.unit, language) for limit in coarse)
    yield WORDS[language]["normally"].format(lower=lower.removesuffix(PERCENT[language]), upper=upper)

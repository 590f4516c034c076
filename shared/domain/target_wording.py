"""The words of targets and judgements as people read them, in Swedish and English."""

# Over 300 lines: every phrase for a target, to be read in one piece.

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from shared.domain.wording import MONTHS, PERCENT, Language, number, number_in_unit, rounded

# What became of a target: in a sentence, and where there is little room.
JUDGEMENTS = {
    Language.SV: {
        "met": "nått",
        "onCourse": "på väg att nås",
        "atRisk": "riskerar att inte nås",
        "outOfReach": "bedöms inte kunna nås",
        "missed": "inte nått",
        "notJudged": "inte bedömt",
    },
    Language.EN: {
        "met": "met",
        "onCourse": "on track to be met",
        "atRisk": "at risk of not being met",
        "outOfReach": "not expected to be met",
        "missed": "not met",
        "notJudged": "not judged",
    },
}
SHORT_JUDGEMENTS = {
    Language.SV: {**JUDGEMENTS[Language.SV], "onCourse": "på väg", "atRisk": "risk", "outOfReach": "nås inte"},
    Language.EN: {**JUDGEMENTS[Language.EN], "onCourse": "on track", "atRisk": "at risk", "outOfReach": "out of reach"},
}
# What a judged target says of what is expected.
FORECAST_NAMES = (
    *("forecast", "forecastRule", "forecastLower", "forecastUpper", "probability", "forecastMonths"),
    "seasonalNaive",
)
# What a year is expected to come to, by the rule of the forecast.
FORECASTS = {
    Language.SV: {
        "monthlyCounts": "helårsprognos {lower}–{upper}; sannolikhet {probability}",
        "monthlySums": "helårsprognos {lower}–{upper}; sannolikhet {probability}",
        "monthlyShares": "helårsprognos {lower}–{upper}{percent}; sannolikhet {probability}",
        "lastYearsShare": "prognos {forecast}, i samma takt som året före",
        "straightLine": "prognos {forecast}, i jämn takt",
    },
    Language.EN: {
        "monthlyCounts": "full-year forecast {lower}–{upper}; probability {probability}",
        "monthlySums": "full-year forecast {lower}–{upper}; probability {probability}",
        "monthlyShares": "full-year forecast {lower}–{upper}{percent}; probability {probability}",
        "lastYearsShare": "forecast {forecast}, at the pace of the year before",
        "straightLine": "forecast {forecast}, at an even pace",
    },
}
# What a target asks for: a phrase for each rule, by span where the rule looks back, of what is counted (färre, fler)
# apart from levels (lägre, högre). Whole phrases: words put together say the wrong thing sooner or later.
RULES: dict[Language, dict[str, str | dict[str, str]]] = {
    Language.SV: {
        "atMost": "högst {value}",
        "atLeast": "minst {value}",
        "between": "mellan {value} och {upperValue}",
        "lessThanBefore": {
            "month": "lägre än samma månad året före",
            "tertial": "lägre än samma tertial året före",
            "year": "lägre än året före",
            "other": "lägre än {before}",
        },
        "lessThanBefore counted": {
            "month": "färre än samma månad året före",
            "tertial": "färre än samma tertial året före",
            "year": "färre än året före",
            "other": "färre än {before}",
        },
        "moreThanBefore": {
            "month": "högre än samma månad året före",
            "tertial": "högre än samma tertial året före",
            "year": "högre än året före",
            "other": "högre än {before}",
        },
        "moreThanBefore counted": {
            "month": "fler än samma månad året före",
            "tertial": "fler än samma tertial året före",
            "year": "fler än året före",
            "other": "fler än {before}",
        },
        "notBelowBefore": {
            "month": "minst lika högt som samma månad året före",
            "tertial": "minst lika högt som samma tertial året före",
            "year": "minst lika högt som året före",
            "other": "minst lika högt som {before}",
        },
        "notBelowBefore counted": {
            "month": "minst lika många som samma månad året före",
            "tertial": "minst lika många som samma tertial året före",
            "year": "minst lika många som året före",
            "other": "minst lika många som {before}",
        },
        "lessThanBefore percent": "minst {percent} lägre än {before}",
        "lessThanBefore percent counted": "minst {percent} färre än {before}",
        "moreThanBefore percent": "minst {percent} högre än {before}",
        "moreThanBefore percent counted": "minst {percent} fler än {before}",
        "notAboveBefore": "högst lika högt som {before}",
        "notAboveBefore counted": "högst lika många som {before}",
    },
    Language.EN: {
        "atMost": "at most {value}",
        "atLeast": "at least {value}",
        "between": "between {value} and {upperValue}",
        "lessThanBefore": {
            "month": "lower than the same month last year",
            "tertial": "lower than the same tertial last year",
            "year": "lower than the year before",
            "other": "lower than {before}",
        },
        "lessThanBefore counted": {
            "month": "fewer than the same month last year",
            "tertial": "fewer than the same tertial last year",
            "year": "fewer than the year before",
            "other": "fewer than {before}",
        },
        "moreThanBefore": {
            "month": "higher than the same month last year",
            "tertial": "higher than the same tertial last year",
            "year": "higher than the year before",
            "other": "higher than {before}",
        },
        "moreThanBefore counted": {
            "month": "more than the same month last year",
            "tertial": "more than the same tertial last year",
            "year": "more than the year before",
            "other": "more than {before}",
        },
        "notBelowBefore": {
            "month": "at least the level of the same month last year",
            "tertial": "at least the level of the same tertial last year",
            "year": "at least the previous year's level",
            "other": "at least the level of {before}",
        },
        "notBelowBefore counted": {
            "month": "at least as many as the same month last year",
            "tertial": "at least as many as the same tertial last year",
            "year": "at least as many as the year before",
            "other": "at least as many as {before}",
        },
        "lessThanBefore percent": "at least {percent} lower than {before}",
        "lessThanBefore percent counted": "at least {percent} fewer than {before}",
        "moreThanBefore percent": "at least {percent} higher than {before}",
        "moreThanBefore percent counted": "at least {percent} more than {before}",
        "notAboveBefore": "at most the level of {before}",
        "notAboveBefore counted": "at most as many as {before}",
    },
}
# What a rule compares with, of each kind of span.
BEFORE = {
    Language.SV: {
        "month": "samma månad året före",
        "quarter": "samma kvartal året före",
        "tertial": "samma tertial året före",
        "halfYear": "samma halvår året före",
        "year": "året före",
        "schoolYear": "läsåret före",
        "span": "samma månader före målets period",
    },
    Language.EN: {
        "month": "the same month last year",
        "quarter": "the same quarter last year",
        "tertial": "the same tertial last year",
        "halfYear": "the same half-year last year",
        "year": "the year before",
        "schoolYear": "the school year before",
        "span": "the same months before the target's span",
    },
}
# What is added to what a target asks for.
WITH = {
    Language.SV: {
        "perInhabitants": "{rule} per {number} invånare",
        "tolerance": "{rule}, med en marginal på {tolerance}",
        "points": "procentenheter",
        "areas": "{rule}, för {number} områden tillsammans",
    },
    Language.EN: {
        "perInhabitants": "{rule} per {number} inhabitants",
        "tolerance": "{rule}, with a margin of {tolerance}",
        "points": "percentage points",
        "areas": "{rule}, for {number} areas together",
    },
}
# The span of a target, and what it asks for.
TARGETS = {
    Language.SV: {
        "month": "Mål för månaden: {rule}",
        "quarter": "Mål för kvartalet: {rule}",
        "tertial": "Mål för tertialet: {rule}",
        "halfYear": "Mål för halvåret: {rule}",
        "year": "Mål för året: {rule}",
        "schoolYear": "Mål för läsåret: {rule}",
        "span": "Mål för hela perioden: {rule}",
        "named": "Mål för {span}: {rule}",
    },
    Language.EN: {
        "month": "Target for the month: {rule}",
        "quarter": "Target for the quarter: {rule}",
        "tertial": "Target for the tertial: {rule}",
        "halfYear": "Target for the half-year: {rule}",
        "year": "Target for the year: {rule}",
        "schoolYear": "Target for the school year: {rule}",
        "span": "Target for the whole span: {rule}",
        "named": "Target for {span}: {rule}",
    },
}
# The same, of a target that several spans of a year have.
TARGETS_PER = {
    Language.SV: {
        "month": "Mål per månad: {rule}",
        "quarter": "Mål per kvartal: {rule}",
        "tertial": "Mål per tertial: {rule}",
        "halfYear": "Mål per halvår: {rule}",
    },
    Language.EN: {
        "month": "Target per month: {rule}",
        "quarter": "Target per quarter: {rule}",
        "tertial": "Target per tertial: {rule}",
        "halfYear": "Target per half-year: {rule}",
    },
}
# Why a target is not judged.
REASONS = {
    Language.SV: {
        "longerThanSpan": "perioden är längre än den som målet gäller",
        "notBegun": "perioden har inte börjat",
        "missing": "värdet saknas",
        "monthsMissing": "värden saknas för någon månad",
        "suppressed": "värdet är dolt",
        "notApplicable": "värdet är inte aktuellt",
        "beforeMissing": "värdet för året före saknas",
        "beforePartial": "värden saknas för någon månad året före",
        "beforeSuppressed": "värdet för året före är dolt",
        "beforeNotApplicable": "värdet för året före är inte aktuellt",
        "beforeZero": "värdet för året före är 0",
        "populationMissing": "uppgift om antalet invånare saknas",
    },
    Language.EN: {
        "longerThanSpan": "the period is longer than the one that the target is for",
        "notBegun": "the period has not begun",
        "missing": "the value is missing",
        "monthsMissing": "the value of some month is missing",
        "suppressed": "the value is hidden",
        "notApplicable": "the value is not applicable",
        "beforeMissing": "the value of the year before is missing",
        "beforePartial": "the value of some month of the year before is missing",
        "beforeSuppressed": "the value of the year before is hidden",
        "beforeNotApplicable": "the value of the year before is not applicable",
        "beforeZero": "the value of the year before is 0",
        "populationMissing": "the number of inhabitants is unknown",
    },
}
# The same, where it compares with a span that it names.
REASONS_BY_BASELINE = {
    Language.SV: {
        "beforeMissing": "värdet att jämföra med saknas",
        "beforePartial": "värden att jämföra med saknas för någon månad",
        "beforeSuppressed": "värdet att jämföra med är dolt",
        "beforeNotApplicable": "värdet att jämföra med är inte aktuellt",
        "beforeZero": "värdet att jämföra med är 0",
    },
    Language.EN: {
        "beforeMissing": "the value to compare with is missing",
        "beforePartial": "the value to compare with is missing for some month",
        "beforeSuppressed": "the value to compare with is hidden",
        "beforeNotApplicable": "the value to compare with is not applicable",
        "beforeZero": "the value to compare with is 0",
    },
}


_COUNTED = frozenset({"count", "days", "hours"})


def rule(target: Mapping[str, Any], unit: str, language: Language) -> str:
    """Return what a target asks for, its levels as they were set."""
    phrases, per = RULES[language], target["per"]
    key = f"{target['rule']} percent" if "percent" in target else target["rule"]
    counted = f"{key} counted"
    phrase = phrases[counted if unit in _COUNTED and counted in phrases else key]
    if not isinstance(phrase, str):
        phrase = phrase.get(per if "baseline" not in target else "other", phrase["other"])
    numbers = {name: Decimal(str(target[name])) for name in ("value", "upperValue") if name in target}
    levels = {name: number_in_unit(level, unit, language) for name, level in numbers.items()}
    percent = f"{number(Decimal(str(target.get('percent', 0))), language)}{PERCENT[language]}"
    asked = phrase.format(percent=percent, before=_before(target, language), **levels)
    return _with(asked, target, unit, language)


def _before(target: Mapping[str, Any], language: Language) -> str:
    baseline = target.get("baseline")
    if baseline is None:
        return BEFORE[language][target["per"]]
    return baseline if isinstance(baseline, str) else span_in_words(baseline, language)


def _with(asked: str, target: Mapping[str, Any], unit: str, language: Language) -> str:
    """Add what widens a target or says what it is for."""
    words = WITH[language]
    if "perInhabitants" in target:
        asked = words["perInhabitants"].format(rule=asked, number=number(Decimal(target["perInhabitants"]), language))
    if "tolerance" in target:
        tolerance = Decimal(str(target["tolerance"]))
        points = f" {words['points']}" if unit == "percent" else ""
        asked = words["tolerance"].format(rule=asked, tolerance=f"{number(tolerance, language)}{points}")
    if "areas" in target:
        asked = words["areas"].format(rule=asked, number=len(target["areas"]))
    return asked


def span_in_words(days: Mapping[str, str], language: Language) -> str:
    """Return whole months, from a first day to a last, as they are read: april 2017–mars 2018."""
    first, last = (date.fromisoformat(days[name]) for name in ("from", "to"))
    names = MONTHS[language]
    end = f"{names[last.month - 1]} {last.year}"
    if (first.year, first.month) == (last.year, last.month):
        return end
    beginning = names[first.month - 1] if first.year == last.year else f"{names[first.month - 1]} {first.year}"
    return f"{beginning}–{end}"


def targets_of_period(targets: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield the targets that belong with a period: those for a shorter span belong with periods of that length."""
    return (target for target in targets if target.get("reason") != "longerThanSpan")


def named_target(target: Mapping[str, Any], asked: str, language: Language) -> str:
    """Return what a target asks for, with the span that it is for."""
    if "from" in target:
        return TARGETS[language]["named"].format(span=span_in_words(target, language), rule=asked)
    return TARGETS[language][target["per"]].format(rule=asked)


def judgement(target: Mapping[str, Any], language: Language) -> str:
    """Return what became of a target, and why there is no judgement where there is none."""
    judged = JUDGEMENTS[language][target["judgement"]]
    if "reason" not in target:
        return judged
    reasons = REASONS[language] | (REASONS_BY_BASELINE[language] if "baseline" in target else {})
    return f"{judged}, {reasons[target['reason']]}"


def is_level_of(target: Mapping[str, Any], period_type: str | None = None) -> bool:
    """Tell whether the bounds of a target are levels of the very figure: in its unit, of this area alone.

    With a type of period, also whether they are for just such a period of the calendar.
    """
    if "perInhabitants" in target or "areas" in target:
        return False
    return period_type is None or (target["per"] == period_type and "from" not in target)


def forecast_in_words(judged: Mapping[str, Any], language: Language) -> str:
    """Return what is expected at the end of the span of a target, and by which rule; nothing where it is settled."""
    if judged["judgement"] not in {"onCourse", "atRisk", "outOfReach"} or "forecastRule" not in judged:
        return ""
    names = {"forecast": "forecast", "lower": "forecastLower", "upper": "forecastUpper"}
    numbers = {own: _whole(judged[name], language) for own, name in names.items() if name in judged}
    likely = f"{_whole(100 * judged.get('probability', 0), language)}{PERCENT[language]}"
    words = FORECASTS[language][judged["forecastRule"]]
    return words.format(**numbers, percent=PERCENT[language], probability=likely)


def _whole(value: float, language: Language) -> str:
    return number(rounded(Decimal(str(value)), 0), language)

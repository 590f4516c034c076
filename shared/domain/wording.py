"""Words and numbers as people read them, in Swedish and English."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from shared.domain.activity_type import ActivityType, Attribute, Wording

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
# A narrow space that no line breaks at, as numbers are grouped in both languages.
THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"


class Language(StrEnum):
    """A language that people are answered in."""

    SV = "sv"
    EN = "en"


PERCENT = {Language.SV: f"{NO_BREAK_SPACE}%", Language.EN: "%"}

# What became of a target: in a sentence, and where there is little room.
JUDGEMENTS = {
    Language.SV: {
        "met": "nått",
        "onCourse": "på väg att nås",
        "atRisk": "riskerar att inte nås",
        "missed": "inte nått",
        "notJudged": "inte bedömt",
    },
    Language.EN: {
        "met": "met",
        "onCourse": "on track to be met",
        "atRisk": "at risk of not being met",
        "missed": "not met",
        "notJudged": "not judged",
    },
}
SHORT_JUDGEMENTS = {
    Language.SV: {**JUDGEMENTS[Language.SV], "onCourse": "på väg", "atRisk": "risk"},
    Language.EN: {**JUDGEMENTS[Language.EN], "onCourse": "on track", "atRisk": "at risk"},
}
# Why there is no value. A dash would be read as zero, which it means in official statistics.
WITHOUT_VALUE = {
    Language.SV: {"missing": "saknas", "suppressed": "dolt", "notApplicable": "inte aktuellt"},
    Language.EN: {"missing": "missing", "suppressed": "hidden", "notApplicable": "not applicable"},
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
        },
        "lessThanBefore counted": {
            "month": "färre än samma månad året före",
            "tertial": "färre än samma tertial året före",
            "year": "färre än året före",
        },
        "moreThanBefore": {
            "month": "högre än samma månad året före",
            "tertial": "högre än samma tertial året före",
            "year": "högre än året före",
        },
        "moreThanBefore counted": {
            "month": "fler än samma månad året före",
            "tertial": "fler än samma tertial året före",
            "year": "fler än året före",
        },
        "notBelowBefore": {
            "month": "minst lika högt som samma månad året före",
            "tertial": "minst lika högt som samma tertial året före",
            "year": "minst lika högt som året före",
        },
        "notBelowBefore counted": {
            "month": "minst lika många som samma månad året före",
            "tertial": "minst lika många som samma tertial året före",
            "year": "minst lika många som året före",
        },
    },
    Language.EN: {
        "atMost": "at most {value}",
        "atLeast": "at least {value}",
        "between": "between {value} and {upperValue}",
        "lessThanBefore": {
            "month": "lower than the same month last year",
            "tertial": "lower than the same tertial last year",
            "year": "lower than the year before",
        },
        "lessThanBefore counted": {
            "month": "fewer than the same month last year",
            "tertial": "fewer than the same tertial last year",
            "year": "fewer than the year before",
        },
        "moreThanBefore": {
            "month": "higher than the same month last year",
            "tertial": "higher than the same tertial last year",
            "year": "higher than the year before",
        },
        "moreThanBefore counted": {
            "month": "more than the same month last year",
            "tertial": "more than the same tertial last year",
            "year": "more than the year before",
        },
        "notBelowBefore": {
            "month": "at least the level of the same month last year",
            "tertial": "at least the level of the same tertial last year",
            "year": "at least the previous year's level",
        },
        "notBelowBefore counted": {
            "month": "at least as many as the same month last year",
            "tertial": "at least as many as the same tertial last year",
            "year": "at least as many as the year before",
        },
    },
}
# The span of a target, and what it asks for.
TARGETS = {
    Language.SV: {
        "month": "Mål för månaden: {rule}",
        "tertial": "Mål för tertialet: {rule}",
        "year": "Mål för året: {rule}",
    },
    Language.EN: {
        "month": "Target for the month: {rule}",
        "tertial": "Target for the tertial: {rule}",
        "year": "Target for the year: {rule}",
    },
}
PERIODS = {
    Language.SV: {
        "quarter": "kvartal {number} {year}",
        "tertial": "tertial {number} {year}",
        "halfYear": "halvår {number} {year}",
    },
    Language.EN: {
        "quarter": "quarter {number} {year}",
        "tertial": "tertial {number} {year}",
        "halfYear": "half-year {number} {year}",
    },
}
TERTIALS = {
    Language.SV: "T1 = jan–apr, T2 = maj–aug, T3 = sep–dec",
    Language.EN: "T1 = Jan–Apr, T2 = May–Aug, T3 = Sep–Dec",
}
_COUNTED = frozenset({"count", "days", "hours"})


def rule(target: Mapping[str, Any], unit: str, written: Callable[[Decimal], str], language: Language) -> str:
    """Return what a target asks for; `written` writes its levels."""
    phrases = RULES[language]
    counted = f"{target['rule']} counted"
    phrase = phrases[counted if unit in _COUNTED and counted in phrases else target["rule"]]
    if not isinstance(phrase, str):
        return phrase[target["per"]]
    levels = {name: target.get(name) for name in ("value", "upperValue")}
    return phrase.format(**{name: "" if at is None else written(Decimal(str(at))) for name, at in levels.items()})


def judgement(target: Mapping[str, Any], language: Language) -> str:
    """Return what became of a target, and why there is no judgement where there is none."""
    judged = JUDGEMENTS[language][target["judgement"]]
    return f"{judged}, {REASONS[language][target['reason']]}" if "reason" in target else judged


# å, ä and ö come after z, as these do in ASCII; other accents count last. The database's function has the same table.
_LETTERS = str.maketrans(
    "ÅåÄäÆæÖöØøÉéÈèÊêËëÁáÀàÂâÃãÍíÌìÎîÏïÓóÒòÔôÕõÚúÙùÛûÜüÝýŸÿÇçÑñ",
    "{{||||}}}}eeeeeeeeaaaaaaaaiiiiiiiioooooooouuuuuuyyyyyyccnn",
)


def name_sort_key(name: str) -> str:
    """Return what names are sorted by, in Swedish order."""
    plain = unicodedata.normalize("NFC", name).translate(_LETTERS)
    return "".join(letter.lower() if letter.isascii() else letter for letter in plain) + "\x01" + name


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
    },
}


def in_language(wording: Wording, language: Language) -> str:
    """Return the text in the language."""
    return wording.sv if language is Language.SV else wording.en


def number(value: Decimal, language: Language) -> str:
    """Return a number as the language writes it, thousands parted by a thin space."""
    written = f"{value.normalize():,f}" if value else "0"
    whole, _, decimals = written.replace(",", THIN_SPACE).partition(".")
    point = "," if language is Language.SV else "."
    return f"{whole}{point}{decimals}" if decimals else whole


def percent(value: Decimal, language: Language) -> str:
    """Return a share with one decimal. No line is broken before the sign; English has no space there."""
    return f"{number(round(value, 1), language)}{PERCENT[language]}"


def name_of_slice(
    whole: str,
    name: Wording | None,
    attributes: Mapping[str, Iterable[str]],
    activity_type: ActivityType,
    language: Language,
) -> str:
    """Return the name of a part of an indicator: the whole's, with the part's own or the attributes that select it."""
    if name is not None:
        return f"{whole}, {in_language(name, language)}"
    choices = [_name_of_choice(activity_type.attributes[code], values, language) for code, values in attributes.items()]
    return f"{whole}, {', '.join(choices)}"


def _name_of_choice(attribute: Attribute, values: Iterable[str], language: Language) -> str:
    chosen = ", ".join(in_language(attribute.values[value], language) for value in values)
    return f"{in_language(attribute.name, language).lower()}: {chosen}"

"""The words and numbers of the tables, in Swedish and English."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from shared.domain.wording import MINUS, TARGETS, Language, in_language, number

if TYPE_CHECKING:
    from shared.catalogue.indicator import IndicatorDefinition

MISSING, SUPPRESSED, NOT_APPLICABLE = "–", "×", "·"


WORDS = {
    Language.SV: {
        "annex": "Bilaga {number}: {title}",
        "beyond": "Utöver bilagorna, och totalt",
        "indicator": "Indikator",
        "target": "Mål för året",
        "judgement": "Nått?",
        "change": "Ändring",
        "inAll": "{name}, totalt",
        "SEK": "kr",
        "points": "p.e.",
        **TARGETS[Language.SV],
        "lessThanBefore": "lägre än året före",
        "moreThanBefore": "högre än året före",
        "notBelowBefore": "inte lägre än året före",
        "months": "{arrived}/{of} mån",
        "missing": f"{MISSING} saknas: inget har kommit in, eller det finns inget att räkna en andel av",
        "suppressed": f"{SUPPRESSED} dolt: talet rör få personer, eller skulle röja ett sådant tal",
        "notApplicable": f"{NOT_APPLICABLE} ej tillämpligt",
        "leftOut": "+n: så många fall till står utanför, för att tiden inte har gått ut eller uppgifter saknas",
        "preliminary": "p preliminärt: källan kan komma att ändra talet",
        "arrived": "n/m mån: bara så många av periodens månader har kommit in",
        "none": "Inga siffror för {area} {year}.",
    },
    Language.EN: {
        "annex": "Annex {number}: {title}",
        "beyond": "Beyond the annexes, and in total",
        "indicator": "Indicator",
        "target": "Year's target",
        "judgement": "Met?",
        "change": "Change",
        "inAll": "{name}, in total",
        "SEK": "SEK",
        "points": "pp",
        **TARGETS[Language.EN],
        "lessThanBefore": "lower than the year before",
        "moreThanBefore": "higher than the year before",
        "notBelowBefore": "not lower than the year before",
        "months": "{arrived}/{of} mths",
        "missing": f"{MISSING} missing: nothing has arrived, or there is nothing to take a share of",
        "suppressed": f"{SUPPRESSED} hidden: it is about few persons, or would give such a figure away",
        "notApplicable": f"{NOT_APPLICABLE} not applicable",
        "leftOut": "+n: so many more cases stand outside, since their time is not up or too little is known",
        "preliminary": "p preliminary: its source may yet change the figure",
        "arrived": "n/m mths: only so many of the period's months have arrived",
        "none": "No figures for {area} in {year}.",
    },
}


def change(comparison: dict[str, Any] | None, language: Language, *, is_share: bool) -> str:
    """Return how a figure differs from the year before: a share in points, all else in per cent of it."""
    changed = comparison and comparison["change" if is_share else "changePercent"]
    if changed is None:
        return MISSING
    rounded = round(Decimal(str(changed)), 1)
    sign = MINUS if rounded < 0 else "+" if rounded > 0 else "±"
    unit = WORDS[language]["points"] if is_share else "%"
    return f"{sign}{number(abs(rounded), language)} {unit}"


def target(definition: IndicatorDefinition, evaluated_target: dict[str, Any], language: Language) -> str:
    """Return what a target asks for, in the indicator's unit."""
    unit = "\N{NO-BREAK SPACE}%" if definition.is_share else ""
    values = {name: Decimal(str(evaluated_target.get(name, 0))) for name in ("value", "upperValue")}
    bounds = {name: f"{number(value, language)}{unit}" for name, value in values.items()}
    return WORDS[language][evaluated_target["rule"]].format(**bounds)


def name_with_unit(definition: IndicatorDefinition, language: Language) -> str:
    """Return the indicator's name, with its unit where the figures do not show it."""
    written = in_language(definition.name, language)
    if definition.unit_name:
        return f"{written} ({in_language(definition.unit_name, language)})"
    return f"{written} ({WORDS[language]['SEK']})" if definition.unit == "SEK" else written

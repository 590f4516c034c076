"""The words and numbers of the tables, in Swedish and English."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from shared.catalogue.indicator import FACTORS
from shared.domain.target_wording import SHORT_JUDGEMENTS
from shared.domain.wording import (
    MINUS,
    PERCENT,
    TERTIALS,
    WITHOUT_VALUE,
    Language,
    in_language,
    number,
    rounded,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.catalogue.indicator import IndicatorDefinition

WORDS = {
    Language.SV: {
        "annex": "Bilaga {number}: {title}",
        "beyond": "Indikatorer utan bilaga, och totaler",
        "indicator": "Indikator",
        "target": "Mål för året",
        "targets": "Mål",
        "judgement": "Bedömning",
        "change": "Förändring",
        "unchanged": "oförändrat",
        "year": "Hela året",
        "deviates": "Tydlig avvikelse",
        "inAll": "{name}, totalt",
        "SEK": "kr",
        "mean": "medelvärde",
        "points": "%-enh.",
        **SHORT_JUDGEMENTS[Language.SV],
        "months": "{arrived}/{of} mån",
        "tertials": TERTIALS[Language.SV],
        "missing": "saknas: inget har rapporterats, eller så finns det inget att räkna andelen på",
        "suppressed": (
            "dolt: värdet bygger på så få personer att någon skulle kunna kännas igen, eller skulle avslöja ett "
            "sådant värde"
        ),
        "notApplicable": ". inte aktuellt: kan inte förekomma",
        "leftOut": (
            "+n: ytterligare n ärenden räknas inte ännu, för att tidsgränsen inte har passerat eller för att en "
            "uppgift saknas"
        ),
        "preliminary": "* preliminärt: källan kan ändra värdet",
        "arrived": "n/m mån: värdet saknas, eftersom uppgifter har kommit in för bara n av periodens m månader",
        "pointsLegend": "%-enh.: procentenheter",
        "interval": "{lower} till {upper}",
        "intervalOfNumber": "{lower} till {upper} st",
        "intervalLegend": (
            "−25 till −5: så mycket har antalet, eller andelen i procentenheter, troligen ändrats, med hänsyn till "
            "slumpen; är ena talet minus och det andra plus är det inte säkert att något har förändrats"
        ),
        "isLittle": "litet underlag",
        "isAbsent": "{missing} saknas",
        "isAbsentOf": "{missing} av {expected} saknas",
        "isLate": "{number} kom in sent",
        "little": "litet underlag: värdet bygger på så få fall eller svar att slumpen kan ha avgjort det",
        "absent": "n av m saknas: n av de m rapporter som väntades har inte kommit in",
        "late": "n kom in sent: n av aktiviteterna kom in efter dagen då perioden skulle vara rapporterad",
        "littleMark": "° litet underlag: så få fall eller svar att slumpen kan ha avgjort värdet",
        "absentMark": "? ofullständigt: en del av de rapporter som väntades har inte kommit in",
        "lateMark": "† sent: en del kom in efter dagen då perioden skulle vara rapporterad",
    },
    Language.EN: {
        "annex": "Annex {number}: {title}",
        "beyond": "Indicators without an annex, and totals",
        "indicator": "Indicator",
        "target": "Year's target",
        "targets": "Target",
        "judgement": "Judgement",
        "change": "Change",
        "unchanged": "unchanged",
        "year": "The whole year",
        "deviates": "Clear deviation",
        "inAll": "{name}, in total",
        "SEK": "SEK",
        "mean": "mean",
        "points": "pp",
        **SHORT_JUDGEMENTS[Language.EN],
        "months": "{arrived}/{of} mths",
        "tertials": TERTIALS[Language.EN],
        "missing": "missing: nothing was reported, or there is nothing to take a share of",
        "suppressed": (
            "hidden: so few people that someone could be identified, or the value would give such a value away"
        ),
        "notApplicable": ". not applicable: cannot occur",
        "leftOut": (
            "+n: n more cases are not counted yet, because the time limit has not passed or something is unknown"
        ),
        "preliminary": "* preliminary: the source may change the value",
        "arrived": "n/m mths: missing, since only n of the period's m months have arrived",
        "pointsLegend": "pp: percentage points",
        "interval": "{lower} to {upper}",
        "intervalOfNumber": "{lower} to {upper} in number",
        "intervalLegend": (
            "−25 to −5: the number, or the share in percentage points, has probably changed by that much, allowing for "
            "chance; where one is minus and the other plus, it is not certain that anything has changed"
        ),
        "isLittle": "few cases",
        "isAbsent": "{missing} missing",
        "isAbsentOf": "{missing} of {expected} missing",
        "isLate": "{number} late",
        "little": "few cases: the value rests on so few cases or answers that chance may have decided it",
        "absent": "n of m missing: n of the m reports that were expected have not arrived",
        "late": "n late: n of the activities arrived after the day by which the period was to be reported",
        "littleMark": "° few cases: so few cases or answers that chance may have decided the value",
        "absentMark": "? incomplete: some of the reports that were expected have not arrived",
        "lateMark": "† late: some arrived after the day by which the period was to be reported",
    },
}


def without_value(status: str, language: Language) -> str:
    """Return the word in the place of a value; what cannot occur is a point, which the legend explains."""
    return "." if status == "notApplicable" else WITHOUT_VALUE[language].get(status, WITHOUT_VALUE[language]["missing"])


def changed_by(comparison: Mapping[str, Any], unit: str) -> Decimal | None:
    """Return by how much a value differs from the year before: a share or mean in its unit, all else in per cent."""
    changed = comparison["change" if unit in FACTORS else "changePercent"]
    return None if changed is None else Decimal(str(changed))


def change(comparison: Mapping[str, Any], language: Language, unit: str) -> str:
    """Return in words how a value differs from the year before."""
    changed = changed_by(comparison, unit)
    if changed is None:
        return WITHOUT_VALUE[language]["missing"]
    displayed = displayed_change(changed, unit)
    if not displayed:
        return WORDS[language]["unchanged"]
    points = f"\N{NO-BREAK SPACE}{WORDS[language]['points']}"
    sign = {"percent": points, "mean": ""}.get(unit, PERCENT[language])
    return f"{MINUS if displayed < 0 else '+'}{number(abs(displayed), language)}{sign}"


def displayed_change(changed: Decimal, unit: str) -> Decimal:
    """Return a change from the year before, as `changed_by` has it, as precisely as it is shown."""
    return rounded(changed, 2 if unit == "mean" else 1)


def interval(changed: Mapping[str, Any], language: Language, unit: str) -> str:
    """Return in words between what a change from the year before lies: of a share in points, as the change itself is.

    Of a number so many: the change itself is in per cent, so that this says what it is of.
    """
    ends = {name: _signed(changed[f"{name}Limit"], unit, language) for name in ("lower", "upper")}
    return WORDS[language]["interval" if unit == "percent" else "intervalOfNumber"].format(**ends)


def _signed(value: float, unit: str, language: Language) -> str:
    displayed = rounded(Decimal(str(value)), 1 if unit == "percent" else 0)
    sign = MINUS if displayed < 0 else "+" if displayed else ""
    return f"{sign}{number(abs(displayed), language)}"


def name_with_unit(definition: IndicatorDefinition, language: Language) -> str:
    """Return the indicator's name, with its unit where the figures do not show it."""
    written = in_language(definition.name, language)
    if definition.unit_name:
        return f"{written} ({in_language(definition.unit_name, language)})"
    return f"{written} ({WORDS[language][definition.unit]})" if definition.unit in {"SEK", "mean"} else written

"""Words and numbers as people read them, in Swedish and English."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from shared.domain.activity_type import ActivityType, Attribute, Wording
from shared.domain.period import PeriodType

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
# A narrow space that no line breaks at, as numbers are grouped in both languages.
THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"


class Language(StrEnum):
    """A language that people are answered in."""

    SV = "sv"
    EN = "en"


# No line is broken before the sign; English has no space there.
PERCENT = {Language.SV: f"{NO_BREAK_SPACE}%", Language.EN: "%"}

# Why there is no value. A dash would be read as zero, which it means in official statistics.
WITHOUT_VALUE = {
    Language.SV: {"missing": "saknas", "suppressed": "dolt", "notApplicable": "inte aktuellt"},
    Language.EN: {"missing": "missing", "suppressed": "hidden", "notApplicable": "not applicable"},
}
_MONTHS = {
    Language.SV: "januari februari mars april maj juni juli augusti september oktober november december",
    Language.EN: "January February March April May June July August September October November December",
}
MONTHS = {language: names.split() for language, names in _MONTHS.items()}
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
SHORT_PERIODS = {
    Language.SV: {"quarter": "kv {number}", "tertial": "T{number}", "halfYear": "H{number}"},
    Language.EN: {"quarter": "Q{number}", "tertial": "T{number}", "halfYear": "H{number}"},
}
TERTIALS = {
    Language.SV: "T1 = jan–apr, T2 = maj–aug, T3 = sep–dec",
    Language.EN: "T1 = Jan–Apr, T2 = May–Aug, T3 = Sep–Dec",
}


# What no XML may hold: programs give up on it, and a name from outside may have it.
_UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def speakable(text: str) -> str:
    """Return a text from outside as it can stand in a picture or a document."""
    return _UNSPEAKABLE.sub("\N{REPLACEMENT CHARACTER}", text)


# å, ä and ö come after z, as these do in ASCII; other accents count last. The database's function has the same table.
_LETTERS = str.maketrans(
    "ÅåÄäÆæÖöØøÉéÈèÊêËëÁáÀàÂâÃãÍíÌìÎîÏïÓóÒòÔôÕõÚúÙùÛûÜüÝýŸÿÇçÑñ",
    "{{||||}}}}eeeeeeeeaaaaaaaaiiiiiiiioooooooouuuuuuyyyyyyccnn",
)


def name_sort_key(name: str) -> str:
    """Return what names are sorted by, in Swedish order."""
    plain = unicodedata.normalize("NFC", name).translate(_LETTERS)
    return "".join(letter.lower() if letter.isascii() else letter for letter in plain) + "\x01" + name


def capitalized(text: str) -> str:
    """Return a text with a capital first; what follows stays as it is."""
    return text[:1].upper() + text[1:]


def in_language(wording: Wording, language: Language) -> str:
    """Return the text in the language."""
    return wording.sv if language is Language.SV else wording.en


def number(value: Decimal, language: Language) -> str:
    """Return a number as the language writes it, thousands parted by a thin space."""
    written = f"{value.normalize():,f}" if value else "0"
    whole, _, decimals = written.replace(",", THIN_SPACE).partition(".")
    point = "," if language is Language.SV else "."
    return f"{whole}{point}{decimals}" if decimals else whole


def rounded(value: Decimal, decimals: int) -> Decimal:
    """Return a number with so many decimals, of which a half goes up: as people, charts and spreadsheets round."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


# What is a quotient is displayed with so many decimals at most; all else with those that it was reported with.
_MOST_DECIMALS = {"percent": 1, "mean": 2, "hours": 2}


def as_displayed(value: Decimal, unit: str) -> Decimal:
    """Return a value in a unit as precisely as it is shown to people."""
    return rounded(value, _MOST_DECIMALS[unit]) if unit in _MOST_DECIMALS else value


def value_text(value: Decimal, unit: str, language: Language) -> str:
    """Return a value as it is shown to people, in charts and tables alike."""
    return number_in_unit(as_displayed(value, unit), unit, language)


def number_in_unit(value: Decimal, unit: str, language: Language) -> str:
    """Return a number with all its decimals, as targets are set; a share in percent, with the sign."""
    return f"{number(value, language)}{PERCENT[language] if unit == 'percent' else ''}"


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


def short_period(period_type: PeriodType, first_month: int, language: Language) -> str:
    """Return the short name of a part of a year: jan, kv 1, T1, H1."""
    if period_type is PeriodType.MONTH:
        return MONTHS[language][first_month - 1][:3]
    number = (first_month - 1) // period_type.month_count + 1
    return SHORT_PERIODS[language][period_type].format(number=number)

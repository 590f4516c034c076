"""Words and numbers as people read them, in Swedish and English."""

import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum

from shared.domain.activity_type import ActivityType, Attribute, Wording

# A narrow space that no line breaks at, as numbers are grouped in both languages.
THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"


class Language(StrEnum):
    """A language that people are answered in."""

    SV = "sv"
    EN = "en"


# Judgements of targets, and the rules that need no word of what came before.
TARGETS = {
    Language.SV: {
        "met": "nått",
        "onCourse": "på väg",
        "atRisk": "i fara",
        "missed": "ej nått",
        "notJudged": "ej bedömt",
        "atMost": "högst {value}",
        "atLeast": "minst {value}",
        "between": "mellan {value} och {upperValue}",
    },
    Language.EN: {
        "met": "met",
        "onCourse": "on course",
        "atRisk": "at risk",
        "missed": "missed",
        "notJudged": "not judged",
        "atMost": "at most {value}",
        "atLeast": "at least {value}",
        "between": "between {value} and {upperValue}",
    },
}


# å, ä and ö come after z, as these do in ASCII; other accents count last. The database's function has the same table.
_LETTERS = str.maketrans(
    "ÅåÄäÆæÖöØøÉéÈèÊêËëÁáÀàÂâÃãÍíÌìÎîÏïÓóÒòÔôÕõÚúÙùÛûÜüÝýŸÿÇçÑñ",
    "{{||||}}}}eeeeeeeeaaaaaaaaiiiiiiiioooooooouuuuuuyyyyyyccnn",
)


def name_sort_key(name: str) -> str:
    """Return what names are sorted by, in Swedish order."""
    plain = unicodedata.normalize("NFC", name).translate(_LETTERS)
    return "".join(letter.lower() if letter.isascii() else letter for letter in plain) + "\x01" + name


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
    """Return a share with one decimal."""
    return f"{number(round(value, 1), language)} %"


def name_of_slice(
    whole: str, attributes: Mapping[str, Iterable[str]], activity_type: ActivityType, language: Language
) -> str:
    """Return the name of a part of an indicator: the whole's, with the attributes that select the part."""
    choices = [_name_of_choice(activity_type.attributes[name], values, language) for name, values in attributes.items()]
    return f"{whole}, {', '.join(choices)}"


def _name_of_choice(attribute: Attribute, values: Iterable[str], language: Language) -> str:
    chosen = ", ".join(in_language(attribute.values[value], language) for value in values)
    return f"{in_language(attribute.name, language).lower()}: {chosen}"

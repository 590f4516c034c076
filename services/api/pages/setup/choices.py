"""What there is to choose from in the template, by names for people: from the catalogue, and from lists of ours.

A name is read in either language, whichever language the template was made in.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Final

from services.api.pages.texts import texts, translator
from services.api.values.names import THEME_NAMES, names_of
from shared.catalogue.indicator import THEMES
from shared.domain.activity_type import Wording
from shared.domain.follow_up import FollowUpStatus
from shared.domain.followed import ANNEX, WHOLE
from shared.domain.matching import folded
from shared.domain.person import PersonRole
from shared.domain.recurrence import Every
from shared.domain.target import TargetRule
from shared.domain.target_span import Per
from shared.domain.wording import Language, capitalized, in_language, name_sort_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from shared.catalogue.loader import Catalogue

# What a rule is called that compares by percent, behind the rule's own code.
BY_PERCENT: Final = " percent"
YES, NO = "yes", "no"
_RULES = (
    *TargetRule,
    *(f"{rule}{BY_PERCENT}" for rule in (TargetRule.LESS_THAN_BEFORE, TargetRule.MORE_THAN_BEFORE)),
)
# Of these, words have keys in the texts.
_FIXED: Final[Mapping[str, tuple[str, Iterable[str]]]] = {
    "counted": ("setup.counted.", (WHOLE, ANNEX)),
    "rule": ("setup.rule.", _RULES),
    "per": ("setup.per.", Per),
    "yesNo": ("setup.", (YES, NO)),
    "every": ("setup.every.", Every),
    "status": ("setup.status.", FollowUpStatus),
    "personRole": ("role.", PersonRole),
}
# Kinds of areas that lie in a municipality and are no places.
AREA_KINDS: Final = ("district", "vulnerable-area")
_NOT_INSIDE: Final = frozenset(
    {"country", "county", "municipality", "police-region", "police-district", "local-police-area"}
)
_KIND = "kind."


class TemplateChoices:
    """The lists of the template for a municipality."""

    def __init__(self, catalogue: Catalogue, around: Collection[str]) -> None:
        """Make them of the definitions in force; `around` are the codes of the municipality and what it lies in."""
        self.catalogue = catalogue
        self._names = {language: _names(catalogue, around, language) for language in Language}
        self._codes = {
            source: {
                folded(name): code for language in Language for code, name in self._names[language][source].items()
            }
            for source in self._names[Language.SV]
        }

    def names(self, source: str, language: Language) -> Mapping[str, str]:
        """Return the names of a list by code, in the order in which they are offered."""
        return self._names[language][source]

    def sources(self) -> Iterable[str]:
        """Return which lists there are."""
        return self._codes

    def code(self, source: str, name: str) -> str | None:
        """Return the code of what is called so in either language; None if nothing is."""
        return self._codes[source].get(folded(name))


def _names(catalogue: Catalogue, around: Collection[str], language: Language) -> dict[str, dict[str, str]]:
    t, in_words = translator(language), partial(in_language, language=language)
    fixed = {source: {str(code): t(f"{prefix}{code}") for code in codes} for source, (prefix, codes) in _FIXED.items()}
    types = {
        code: in_words(kind.name)
        for code, kind in catalogue.activity_types.items()
        if code not in catalogue.type_owners or catalogue.type_owners[code].has(around)
    }
    return fixed | {
        "theme": {theme: capitalized(in_words(THEME_NAMES[theme])) for theme in THEMES},
        "series": _series(catalogue, around, language),
        "activityType": _with_numbers(types),
        "role": _with_numbers({code: in_words(role.name) for code, role in catalogue.roles_in(around).items()}),
        "placeKind": _kinds(catalogue, types, language),
    }


def _series(catalogue: Catalogue, around: Collection[str], language: Language) -> dict[str, str]:
    """Return the indicators, each with its parts behind it; what single annexes have of them is chosen otherwise."""
    found = {}
    for code, definition in catalogue.indicators.items():
        if code in catalogue.owners and not catalogue.owners[code].has(around):
            continue
        whole = in_language(definition.name, language)
        found[f"{code}/{WHOLE}"] = whole
        for part, selected in definition.slices_by_code.items():
            if selected.annex_code is None and part != WHOLE:
                named = names_of(catalogue, code, part, Wording(sv=code, en=code))["sliceName"]
                found[f"{code}/{part}"] = f"{whole}: {in_language(named, language)}"
    return _with_numbers(found)


def _kinds(catalogue: Catalogue, types: Iterable[str], language: Language) -> dict[str, str]:
    """Return the kinds of places and areas in a municipality: those that have a name, and those that types ask for."""
    named = {key.removeprefix(_KIND): name for key, name in texts(language).items() if key.startswith(_KIND)}
    inside = {code: name for code, name in named.items() if code not in _NOT_INSIDE}
    asked = {kind for code in types for kind in catalogue.activity_types[code].place_kinds}
    further = {kind: kind.replace("-", " ") for kind in asked - named.keys()}
    return _with_numbers({kind: capitalized(name) for kind, name in (inside | further).items()})


def _with_numbers(names: Mapping[str, str]) -> dict[str, str]:
    """Return names in their order, those that several have with a number."""
    times = Counter(map(folded, names.values()))
    numbers: Counter[str] = Counter()
    found = {}
    for code, name in sorted(names.items(), key=lambda one: name_sort_key(one[1])):
        numbers[folded(name)] += 1
        found[code] = f"{name} ({numbers[folded(name)]})" if times[folded(name)] > 1 else name
    return found

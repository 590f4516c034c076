"""Titles, details, reasons and remedies of refusals in Swedish, beside the English that they are raised with.

A refusal is raised in English, where its words are read with the rule that they are about. Each text has a key in
`en.yaml`, and `sv.yaml` has the Swedish under the same key. `{name}` stands for what varies. A refusal that was stored
years ago, such as a remark on an imported row, is found in the same way.

To add a text: raise it in English, then write it under a new key into both tables. A test names what lacks a key.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE, LABEL = "title-{slug}", "label-{name}"
# Names, that are found by their keys alone.
_NAMES = ("title-", "label-")
_HERE = Path(__file__).parent
_PLACE_IN_LIST = re.compile(r"\[\d+\]")
_PLACE = re.compile(r"\{(\w+)\}")
# Words of ours that are put into texts, and what joins codes and days in them.
_WORDS = {
    "week": "vecka",
    "month": "månad",
    "quarter": "kvartal",
    "tertial": "tertial",
    "halfYear": "halvår",
    "year": "år",
    "activities": "aktiviteter",
    "commitments": "åtaganden",
    "observations": "mätvärden",
    "no participants": "inga deltagare",
    "no attributes": "inga egenskaper",
    "the beginning": "början",
    "further notice": "tills vidare",
}
_JOINTS = {" to ": " till ", " or ": " eller ", " and ": " och "}


class _Template(NamedTuple):
    """An English text with places for what varies, how it begins and ends, and the Swedish one."""

    begins: str
    ends: str
    pattern: re.Pattern[str]
    places: tuple[str, ...]
    swedish: str


@cache
def texts(language: str) -> Mapping[str, str]:
    """Return the table of a language, `sv` or `en`: the texts by key."""
    # The loader in C: the first refusal waits for it.
    table: dict[str, str] = yaml.load((_HERE / f"{language}.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return table


def title(slug: str, language: str) -> str:
    """Return the title of a condition, by its slug such as `unknown-area`; its own words where none is written."""
    return texts(language).get(TITLE.format(slug=slug)) or slug.replace("-", " ").capitalize()


def label(field: str, language: str) -> str | None:
    """Return what a form calls a field, by its path such as `participants.police`; None for one that no form has."""
    path, table = _PLACE_IN_LIST.sub("", field), texts(language)
    return table.get(LABEL.format(name=path)) or table.get(LABEL.format(name=path.rpartition(".")[2]))


@lru_cache(maxsize=10_000)
def in_swedish(english: str) -> str:
    """Return a text in Swedish; one without a key, such as another service's, stays as it is."""
    whole, templates = _tables()
    if english in whole:
        return whole[english]
    for template in templates:
        # Few begin and end alike: the others cost no match.
        if english.startswith(template.begins) and english.endswith(template.ends):
            matched = template.pattern.fullmatch(english)
            if matched:
                return _filled(template, matched.groups())
    return english


@lru_cache(maxsize=1000)
def key_of(english: str) -> str | None:
    """Return the key of a text; None for one without. Of several that it may be, it is the one with most letters."""
    found = [key for key, _, pattern in _patterns() if pattern.fullmatch(english)]
    return found[0] if found else None


@cache
def _patterns() -> tuple[tuple[str, int, re.Pattern[str]], ...]:
    """Return the keys of texts with how many letters each gives, and a pattern of it; most letters first."""
    patterns = []
    for key, known in texts("en").items():
        if not key.startswith(_NAMES):
            parts = [_unescaped(part) for part in _PLACE.split(known)[::2]]
            pattern = re.compile("(.*?)".join(map(re.escape, parts)), re.DOTALL)
            patterns.append((key, sum(map(len, parts)), pattern))
    return tuple(sorted(patterns, key=lambda one: -one[1]))


@cache
def _tables() -> tuple[Mapping[str, str], tuple[_Template, ...]]:
    """Return the whole texts, and the templates, the most of whose letters are given first."""
    whole, templates, swedish = {}, [], texts("sv")
    for key, english in texts("en").items():
        if key.startswith(_NAMES):
            continue
        if _PLACE.search(english):
            templates.append(_template(english, swedish[key]))
        else:
            whole[_unescaped(english)] = _unescaped(swedish[key])
    templates.sort(key=lambda template: -len(_PLACE.sub("", template.pattern.pattern)))
    return whole, tuple(templates)


def _template(english: str, swedish: str) -> _Template:
    parts = [_unescaped(part) for part in _PLACE.split(english)[::2]]
    pattern = re.compile("(.*?)".join(map(re.escape, parts)), re.DOTALL)
    return _Template(parts[0], parts[-1], pattern, tuple(_PLACE.findall(english)), swedish)


def _filled(template: _Template, found: tuple[str, ...]) -> str:
    """Return the Swedish text with what was found; a name that stands twice takes the first, then the second."""
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in zip(template.places, found, strict=True):
        values[name].append(_word(value))
    parts = _PLACE.split(template.swedish)
    for at in range(1, len(parts), 2):
        named = values[parts[at]]
        parts[at] = named.pop(0) if len(named) > 1 else named[0]
    return _unescaped("".join(parts))


def _word(value: str) -> str:
    for english, swedish in _JOINTS.items():
        value = value.replace(english, swedish)
    return _WORDS.get(value, value)


def _unescaped(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}")

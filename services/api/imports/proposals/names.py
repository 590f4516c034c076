"""Which place, type or value a word of a sheet means: the one that is called so, or some that are called alike."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from shared.domain.matching import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST_NEAR: Final = 6
_LIKE: Final = 0.72
# Shorter names lie in too many others.
_LONG_ENOUGH: Final = 4
_LONG_WORD: Final = 6


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word means: a code for sure, or the codes that it may mean, the likeliest first."""

    code: str | None
    near: tuple[str, ...] = ()


class NameIndex:
    """Codes by what they are called; a code may have several names, and a name several codes."""

    def __init__(self, named: Iterable[tuple[str, str]]) -> None:
        """Take pairs of a name and a code."""
        self._codes: dict[str, list[str]] = {}
        for name, code in named:
            codes = self._codes.setdefault(_key(name), [])
            if code not in codes:
                codes.append(code)

    def know(self, word: str) -> bool:
        """Tell whether just one code is called so."""
        return len(self._codes.get(_key(word), ())) == 1

    def find(self, word: str) -> Meaning:
        """Return what a word means."""
        wanted = _key(word)
        found = self._codes.get(wanted, [])
        if len(found) == 1:
            return Meaning(found[0])
        if found:
            return Meaning(None, tuple(found))
        return Meaning(None, tuple(self._near(wanted)))

    def _near(self, wanted: str) -> Sequence[str]:
        alike = get_close_matches(wanted, self._codes, MOST_NEAR, _LIKE)
        holding = [
            name
            for name in self._codes
            if len(wanted) >= _LONG_ENOUGH and len(name) >= _LONG_ENOUGH and (wanted in name or name in wanted)
        ]
        codes = [code for name in (*alike, *holding) for code in self._codes[name]]
        return [*dict.fromkeys(codes)][:MOST_NEAR]


def named_in(text: str, names: Mapping[str, str]) -> list[str]:
    """Return the codes whose names, by name, begin a word or words of a text: Klottersaneringar 2015."""
    spoken = f" {_key(text)}"
    found = [(len(name), code) for name, code in names.items() if f" {_key(name)}" in spoken]
    longest = max((length for length, _ in found), default=0)
    return [*dict.fromkeys(code for length, code in found if length == longest)]


def hinted_in(text: str, names: Mapping[str, str]) -> list[str]:
    """Return the codes whose names begin as a long word of a text does: Klotter 2015."""
    words = [word for word in _key(text).split() if len(word) >= _LONG_WORD]
    return [*dict.fromkeys(code for name, code in names.items() if any(map(_key(name).startswith, words)))]


def _key(name: str) -> str:
    """Return a name as it is compared: Upplands-Bro is Upplands Bro."""
    return folded(name).replace("-", " ").replace("_", " ")

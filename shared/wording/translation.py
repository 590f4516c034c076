"""Tables of texts in Swedish and English, one file for each language, with the same keys in both.

`{name}` stands for what varies. A text that depends on a number `n` has the keys `….one` and `….other`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Translate:
    """Finds the texts of a language by their keys."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with what varies in its places."""
        if "n" in values:
            key = f"{key}.{'one' if values['n'] == 1 else 'other'}"
        return self._texts[key].format(**values)

    def knows(self, key: str) -> bool:
        """Tell whether there is a text with a key."""
        return key in self._texts


@cache
def texts_in(folder: Path, language: str) -> Mapping[str, str]:
    """Return the texts of a language by key, from the table in a folder."""
    table: dict[str, str] = yaml.load((folder / f"{language}.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return table


@cache
def translator_in(folder: Path, language: str) -> Translate:
    """Return what finds the texts of a language, from the table in a folder."""
    return Translate(texts_in(folder, language))
